### Infobereich, Dialoge und Benachrichtigungen. Was auch das Fenster sagt, ist in common.ftl.

## Tray: the state of an account, in its tooltip and at the top of its menu

tray-tooltip-line = { $account }: { $state }
tray-tooltip-empty = Noch kein Konto
tray-frozen = angehalten, der Bildschirm ist gesperrt
tray-left = noch { $time }
tray-left-declared = noch { $time }, vom Anbieter begrenzt ({ $source })
tray-signed-in = angemeldet
tray-waiting = wartet im Browser auf Sie
tray-removing = wird in wenigen Sekunden entfernt
tray-not-signed-in = nicht angemeldet
tray-signed-out = abgemeldet
# $reason is one of the texts ended-… in common.ftl.
tray-signed-out-because = abgemeldet: { $reason }
tray-needs-attention = braucht Ihre Aufmerksamkeit

## Tray: the menu

tray-sign-in-to = Bei { $account } anmelden
tray-watch-again = Wieder im Browser beobachten
# Ends what a program was allowed.
tray-stop = { $program } stoppen
tray-stop-for = { $program } stoppen ({ $account })
tray-copy-command = Befehl kopieren
tray-open = Abide öffnen
tray-settings = Einstellungen
tray-quit = Beenden

## The question “Keep session?”. An underscore stands before the letter that presses a button.

# $count is the number $seconds as it is shown, because it is drawn in another way.
question-one = { $seconds ->
    [one] Ihre Sitzung bei { $provider } läuft in { $count } Sekunde ab. Möchten Sie sie behalten?
   *[other] Ihre Sitzung bei { $provider } läuft in { $count } Sekunden ab. Möchten Sie sie behalten?
}
question-one-fixed = { $seconds ->
    [one] Ihre Sitzung bei { $provider } läuft in { $count } Sekunde ab.
   *[other] Ihre Sitzung bei { $provider } läuft in { $count } Sekunden ab.
}
question-many = Diese Sitzungen laufen bald ab. Möchten Sie sie behalten?
question-many-fixed = Diese Sitzungen laufen bald ab. Sie lassen sich nicht verlängern.
question-note-idle = Die Sitzung „{ $account }“ wurde eine Weile nicht genutzt. Ja verlängert sie bis { $until }.
question-note-longest = Die Sitzung „{ $account }“ hat ihre längste Dauer fast erreicht. Ja verlängert sie höchstens bis { $until }.
question-note-provider = Der Anbieter beendet die Sitzung „{ $account }“, wenn sie nicht genutzt wird. Ja verlängert sie bis { $until }.
# $reason is one of the texts cannot-be-kept-… in common.ftl.
question-note-fixed = Die Sitzung „{ $account }“ lässt sich nicht verlängern: { $reason }
question-note-many-fixed = Melden Sie sich danach neu an.
question-note-all = Ja verlängert alle, Nein meldet Sie von allen ab. Einzeln geht es im Menü des Infobereichs.
question-note-some = Ja verlängert alle, bei denen das möglich ist, Nein meldet Sie von allen ab. Einzeln geht es im Menü des Infobereichs.
question-line-extended = verlängert
question-line-ended = beendet
question-line-fixed = { $time }, nicht verlängerbar
# For a screen reader.
question-line-aloud = { $account }, { $provider }: { $state }.
question-continues = { $count ->
    [one] Ihre Sitzung besteht weiter.
   *[other] Ihre Sitzungen bestehen weiter.
}
question-ended = { $count ->
    [one] Ihre Sitzung ist beendet.
   *[other] Ihre Sitzungen sind beendet.
}
question-answered = Alle Fragen sind beantwortet.
question-yes = _Ja
question-yes-means = { $count ->
    [one] Ja, Sitzung behalten
   *[other] Ja, alle behalten
}
question-no = _Nein
question-no-means = { $count ->
    [one] Nein, abmelden
   *[other] Nein, von allen abmelden
}
question-ok = _OK
question-ok-means = Verstanden
question-ring = Ein Ring: die verbleibende Zeit

## The consent dialog: may this program use the account? $kind is what asks.

consent-title = { $kind ->
    [terminal] Eines Ihrer Terminals bittet um Zugriff
    [forwarder] Ein Programm hinter { $program } bittet um Zugriff
    [script] { $program } mit { $script } bittet um Zugriff
    [background] { $program } (im Hintergrund) bittet um Zugriff
   *[program] { $program } bittet um Zugriff
}
consent-access = { $kind ->
    [terminal] Eines Ihrer Terminals möchte Ihren Zugriff auf { $provider } nutzen.
    [forwarder] Ein Programm hinter { $program } möchte Ihren Zugriff auf { $provider } nutzen.
    [script] { $program } mit { $script } möchte Ihren Zugriff auf { $provider } nutzen.
    [background] { $program } (im Hintergrund) möchte Ihren Zugriff auf { $provider } nutzen.
   *[program] { $program } möchte Ihren Zugriff auf { $provider } nutzen.
}
consent-target-access = { $kind ->
    [terminal] Eines Ihrer Terminals möchte { $targets } in Ihrem Namen nutzen.
    [forwarder] Ein Programm hinter { $program } möchte { $targets } in Ihrem Namen nutzen.
    [script] { $program } mit { $script } möchte { $targets } in Ihrem Namen nutzen.
    [background] { $program } (im Hintergrund) möchte { $targets } in Ihrem Namen nutzen.
   *[program] { $program } möchte { $targets } in Ihrem Namen nutzen.
}
consent-targets-and = { $before } und { $last }
# A program, and the one that started it.
consent-started-by-chain = { $program }, von { $starter }
# For a screen reader.
consent-fact-aloud = { $label }: { $value }.
consent-span-title = Für wie lange
consent-targets-title = Für diese APIs
consent-less = Um weniger oder für kürzere Zeit zu erlauben, antworten Sie mit `abide approve` oder im Fenster.
consent-also-title = Es möchte außerdem
consent-also-api = { $targets } ({ $account })
consent-also-access = Ihren Zugang zu { $provider } ({ $account })
consent-also-scopes = { $what }: { $scopes }
consent-also-all = Ihre Antwort gilt für alles.
consent-others = { $count ->
    [one] Danach kommt noch eine Frage.
   *[other] Danach kommen noch { $count } Fragen.
}
consent-explanation-title = Warum werde ich gefragt?
consent-explanation = { $because ->
    [new] Sie haben diesem Programm dieses Konto nicht erlaubt. Mit einem Token kann ein Programm in Ihrem Namen handeln, bis das Token abläuft. Sie erlauben hier nicht mehr, als Sie sehen.
    [changed] Sie haben eine andere Version dieses Programms erlaubt. Mit einem Token kann ein Programm in Ihrem Namen handeln, bis das Token abläuft. Sie erlauben hier nicht mehr, als Sie sehen.
    [wider] Sie haben diesem Programm weniger erlaubt, als es jetzt verlangt. Mit einem Token kann ein Programm in Ihrem Namen handeln, bis das Token abläuft. Sie erlauben hier nicht mehr, als Sie sehen.
    [account_changed] Sie haben diesem Programm ein anderes Konto dieses Namens erlaubt, bei einem anderen Anbieter oder mit einem anderen Client. Mit einem Token kann ein Programm in Ihrem Namen handeln, bis das Token abläuft. Sie erlauben hier nicht mehr, als Sie sehen.
   *[ended] Was Sie diesem Programm erlaubt haben, ist abgelaufen. Mit einem Token kann ein Programm in Ihrem Namen handeln, bis das Token abläuft. Sie erlauben hier nicht mehr, als Sie sehen.
}
consent-explanation-digest = SHA-256 der Datei: { $digest }.
consent-allow = _Erlauben
consent-allow-means = Dieses Programm bekommt ein Token
consent-allow-once = Dieses Mal erlauben
# $span is one of the texts span-… in common.ftl.
consent-allow-longer = Erlauben: { $span }
consent-deny = _Ablehnen
consent-deny-means = Kein Token für dieses Programm

## Notifications

notice-signed-in = Sie sind angemeldet
notice-signed-in-body = { $user } bei { $provider }. Abide fragt Sie, bevor die Sitzung endet.
notice-sign-in-failed = Die Anmeldung bei { $provider } ist fehlgeschlagen
notice-keep = { $count ->
    [one] Sitzung behalten?
   *[other] Sitzungen behalten?
}
notice-keep-body = Ihre Sitzung bei { $provider } endet in { $time }. Möchten Sie sie behalten?
notice-ends-soon = { $count ->
    [one] Ihre Sitzung endet bald
   *[other] Ihre Sitzungen enden bald
}
# $reason is one of the texts cannot-be-kept-… in common.ftl.
notice-ends-soon-body = Ihre Sitzung bei { $provider } endet in { $time }: { $reason }
# A line for each of several sessions.
notice-question-line = { $account } · { $provider } endet in { $time }.
notice-question-line-fixed = { $account } · { $provider } endet in jedem Fall in { $time }.
notice-choice-keep = { $count ->
    [one] Behalten
   *[other] Alle behalten
}
notice-choice-sign-out-of-all = Von allen abmelden
notice-reminder = { $count ->
    [one] Ihre Sitzung endet demnächst
   *[other] Ihre Sitzungen enden demnächst
}
notice-reminder-longest = Die Sitzung „{ $account }“ bei { $provider } erreicht in { $time } ihre längste Dauer. Melden Sie sich jetzt neu an, um ohne Unterbrechung weiterzuarbeiten.
notice-reminder-provider = { $provider } beendet die Sitzung „{ $account }“ in { $time }. Melden Sie sich jetzt neu an, um ohne Unterbrechung weiterzuarbeiten.
notice-remind-at = Erinnern um { $time }
notice-step-up = { $program } braucht eine stärkere Anmeldung
notice-step-up-body = Melden Sie sich im Browser neu bei { $provider } an. Ihre Sitzung besteht in jedem Fall weiter.
notice-sign-in-again-body = { $provider } stellt keine neuen Tokens aus. Melden Sie sich neu bei { $provider } an, damit Ihre Apps neue Tokens bekommen. Ihre Sitzung bleibt bestehen.
# $error is a sentence in English.
notice-sign-in-again-why = { $error } Melden Sie sich neu bei { $provider } an, damit Ihre Apps neue Tokens bekommen. Ihre Sitzung bleibt bestehen.
notice-code-caught = Abide hat diese Anmeldung nicht gestartet
notice-code-caught-body = Ihr Browser hat einen Code aus einer Anmeldung übergeben, die ein anderes Programm oder eine andere Person gestartet hat. Abide hat nichts herausgegeben. Geben Sie die Adresse dieser Seite an niemanden weiter.
notice-newer = Version { $version } von Abide ist verfügbar
notice-newer-body = Installieren Sie sie so, wie Sie diese Version installiert haben.
notice-continues = Ihre Sitzung besteht weiter
notice-you-are-back = Sie sind zurück: Ihre Sitzung bei { $provider } besteht weiter.
notice-app-has-used-it = Eine App hat gerade Ihre Sitzung bei { $provider } genutzt.
notice-old-tokens = Alte Tokens gelten noch
notice-abide-only = Sie sind nur bei Abide abgemeldet
notice-abide-only-body = Sie sind bei Abide abgemeldet, aber { $provider } akzeptiert die alten Tokens noch. Melden Sie sich auch dort ab, wenn andere diesen Computer nutzen.
notice-ended = Sie sind abgemeldet
# $reason is one of the texts ended-… in common.ftl.
notice-ended-body = Ihre Sitzung bei { $provider } ist beendet: { $reason }. Wählen Sie „Anmelden“, wenn Sie sie wieder brauchen.
notice-account-removed = Ihre Sitzung bei { $provider } ist beendet: { $reason }.
notice-no-tray = Abide kann sein Symbol im Infobereich nicht zeigen
notice-no-tray-body = Dieser Desktop zeigt keine Symbole im Infobereich, deshalb hat Abide sein Fenster geöffnet. Fragen und Erinnerungen erscheinen weiterhin.
# The text below it is an error in English.
notice-refused = Das konnte Abide nicht tun

## A link that asks for something that no link can ask for.

link-refused = Dieser Link kann nicht verwendet werden
link-refused-body = Der Link ist unvollständig oder verlangt etwas, das ein Link nicht verlangen darf. Es wurde nichts hinzugefügt. Fragen Sie die Person, von der Sie den Link haben.

## The dialog when Abide cannot start. An $error is in English.

start-failed = Abide kann nicht starten
start-no-home = Ihr persönlicher Ordner ist nicht bekannt: Setzen Sie HOME und starten Sie Abide neu.
start-no-threads = Das System lässt keine weiteren Threads zu: { $error }.
start-no-desktop = Der Desktop lässt es nicht zu: { $error }.

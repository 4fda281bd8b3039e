### Die Texte des Fensters.
### Two asterisks mark what stands out, backticks mark what is typed or is in a file.

## Pages and what is on many of them

pages = Seiten
page-accounts = Konten
page-tools = Werkzeuge
# Behind the name of the page, for screen readers.
page-tools-questions = , { $n ->
    [one] { $n } Frage
   *[other] { $n } Fragen
}
page-activity = Aktivität
page-settings = Einstellungen
page-help = Hilfe
page-add = Konto hinzufügen

action-back = Zurück
action-remove = Entfernen
set-by-administrator = Von Ihrem Administrator festgelegt.
window-failed = Abide hat nicht geantwortet. Schließen Sie dieses Fenster und öffnen Sie es über den Infobereich neu.

## Lines to copy: the name of the button before and after

copy = Kopieren
copy-done = Kopiert
copy-said = Kopiert.
copy-selected = Der Text ist markiert: Kopieren Sie ihn mit Strg+C oder ⌘C.
copy-curl-label = curl-Befehl kopieren
copy-curl-copied = curl-Befehl kopiert
copy-run-label = run-Befehl kopieren
copy-run-copied = run-Befehl kopiert
copy-program-label = Befehl für ein Programm kopieren
copy-program-copied = Befehl für ein Programm kopiert
copy-key-label = Befehl für einen Schlüssel kopieren
copy-key-copied = Befehl für einen Schlüssel kopiert
copy-doctor-label = doctor-Befehl kopieren
copy-doctor-copied = doctor-Befehl kopiert
copy-help-label = help-Befehl kopieren
copy-help-copied = help-Befehl kopiert
copy-redirect-label = Redirect-URI { $uri } kopieren
copy-redirect-copied = Redirect-URI { $uri } kopiert
copy-logout-redirect-label = Redirect-URI nach dem Abmelden { $uri } kopieren
copy-logout-redirect-copied = Redirect-URI nach dem Abmelden { $uri } kopiert

## Times

time-just-now = gerade eben
time-ago = vor { $time }

# A time of day alone, then as it stands in a sentence.
moment-alone = { $time }
moment-alone-tomorrow = morgen, { $time }
moment-alone-yesterday = gestern, { $time }
moment-alone-day = { $day }, { $time }
moment-at = um { $time }
moment-at-tomorrow = morgen um { $time }
moment-at-yesterday = gestern um { $time }
moment-at-day = am { $day } um { $time }
moment-until = bis { $time }
moment-until-tomorrow = bis morgen um { $time }
moment-until-yesterday = bis gestern um { $time }
moment-until-day = bis { $day }, { $time }
# At the beginning of a sentence.
moment-since = Seit { $time }
moment-since-tomorrow = Seit morgen um { $time }
moment-since-yesterday = Seit gestern um { $time }
moment-since-day = Seit { $day }, { $time }
moment-on = am { $date }

day-today = Heute
day-yesterday = Gestern
day-of-week = { $weekday }, { $day }
date-and-time = { $date }, { $time }

## The state of an account

state-signed_out = Sie sind nicht angemeldet.
state-authorizing = Weiter geht es im Browser.
state-ended = Abgemeldet.
state-ended-why = Abgemeldet: { $reason }.
state-ended-when = Abgemeldet { $ago }.
state-ended-when-why = Abgemeldet { $ago }: { $reason }.

# Each begins with what stands out.
left-frozen = **Angehalten: Der Bildschirm ist gesperrt.** Apps bekommen kein Token, bis Sie ihn entsperren. Noch { $time }.
left-sign-in = **Melden Sie sich neu an.** { $provider } verlangt es; noch { $time }.
left-idle = **Noch { $time }**, wenn die Sitzung nicht genutzt wird.
left-idle-most = **Noch { $time }**, wenn die Sitzung nicht genutzt wird; längstens { $until }.
left-absolute = **Noch { $time }**. Das ist die längste Dauer.
left-absolute-most = **Noch { $time }**, { $until }. Das ist die längste Dauer.
left-provider = **Noch { $time }** bis zum Limit des Anbieters.
left-provider-most = **Noch { $time }** bis zum Limit des Anbieters; längstens { $until }.
left-declared = **Noch { $time }**. Der Anbieter beendet diese Sitzung { $at } ({ $source }).
left-declared-renewed = **Noch { $time }**. Der Anbieter beendet diese Sitzung { $at }, wenn sie nicht erneuert wird ({ $source }).
left-access_token = **Noch { $time }**, bis das Zugriffstoken abläuft. Melden Sie sich danach neu an.
left-exact = Noch { $time } ({ $limit }), endet { $at }

# What to do after an end.
after-idle_timeout = Melden Sie sich neu an. Wenn Abide Sie zu früh abmeldet, wählen Sie in den Einstellungen eine längere Zeit.
after-absolute_timeout = Melden Sie sich für eine neue Sitzung an.
after-provider_timeout = Melden Sie sich neu an. Nur Ihr Anbieter kann dieses Limit ändern.
after-access_token_expired = Melden Sie sich neu an. Bitten Sie Ihren Anbieter um Erneuerungstokens (Offline-Zugriff), um länger angemeldet zu bleiben.
after-provider_logout = Melden Sie sich neu an, wenn Sie die Sitzung brauchen.
after-refresh_rejected = Melden Sie sich neu an. Wenn das oft geschieht, fragen Sie Ihren Anbieter, wie lange seine Sitzungen dauern.
after-answer_refused = Melden Sie sich neu an. Wenn es wieder geschieht, sagen Sie es der Verwaltung Ihres Anbieters.
after-screen_locked = Melden Sie sich neu an. In den Einstellungen steht, was ein gesperrter Bildschirm bewirkt.
provider-end-sign-out-there = Melden Sie sich auch dort ab, wenn andere diesen Computer nutzen.

## What a screen reader says after a change

said-provider = { $account }: { $text }
said-frozen = { $account }: angehalten, solange der Bildschirm gesperrt ist.
said-thawed = { $account }: nicht mehr angehalten.
said-signed_out = { $account }: Sie sind nicht angemeldet.
said-authorizing = { $account }: Weiter geht es im Browser.
said-extended = { $account }: Ihre Sitzung wurde verlängert.
said-signed-in = { $account }: angemeldet.
said-signed-in-as = { $account }: angemeldet als { $user }.
said-ended = { $account }: abgemeldet.
said-ended-why = { $account }: abgemeldet: { $reason }.
said-added = Das Konto { $account } wurde hinzugefügt.
said-renamed = Der Titel { $account } wurde gespeichert.
said-moved = { $account } ist jetzt Nummer { $n } von { $count }.
said-removing = { $account } wird in wenigen Sekunden entfernt. Sie können das rückgängig machen.
said-kept = { $account } bleibt erhalten.
said-consent = { $request } Antworten Sie auf der Seite Werkzeuge.

## The card of an account

demo-host = Demo auf diesem Computer
demo-running = Auf diesem Computer läuft ein Demo-Anbieter. Melden Sie sich als **alice** mit dem Passwort **demo** an.
card-signed-in = Angemeldet
card-signed-in-as = Angemeldet als { $user }
card-advice = { $provider } beendet seine Sitzung, bevor Ihre Leerlaufzeit um ist. Stellen Sie eine Leerlaufzeit von höchstens { $time } ein.
card-change-settings = Einstellungen ändern
card-change-settings-of = Einstellungen von { $account } ändern
card-reminder-absolute = Diese Sitzung erreicht { $when } ihre längste Dauer. Sie lässt sich nicht verlängern. Melden Sie sich jetzt neu an, um ohne Unterbrechung weiterzuarbeiten.
card-reminder-provider = { $provider } beendet diese Sitzung { $when }. Sie lässt sich nicht verlängern. Melden Sie sich jetzt neu an, um ohne Unterbrechung weiterzuarbeiten.
card-remind-at = Erinnern { $when }
card-sign-in-now = Jetzt neu anmelden
card-remove = { $account } entfernen
card-removing = Abide entfernt dieses Konto in wenigen Sekunden. Bis dahin ändert sich nichts.
card-removing-signed-in = Abide entfernt dieses Konto in wenigen Sekunden und meldet Sie ab. Bis dahin ändert sich nichts.
card-undo = Rückgängig: { $account } behalten
manage = Verwalten
manage-of = Verwalten: { $account }
manage-title = Titel
manage-title-hint = Wird statt des Namens gezeigt. Befehle und Apps verwenden weiterhin den Namen { $account }.
manage-save = Titel speichern
manage-up = Nach oben
manage-up-of = Nach oben: { $account }
manage-down = Nach unten
manage-down-of = Nach unten: { $account }
card-layers = Die Sitzungen dahinter
card-terminal = Im Terminal verwenden
card-terminal-curl = Eine Anfrage mit diesem Konto senden:
card-token-renewed = Abide erneuert das Token, solange Sie angemeldet sind.
card-token-left = Dieses Token gilt noch { $time }. Melden Sie sich danach neu an.

## The three sessions behind an account

timeline-now = jetzt
timeline-signals = Wie Abide vom Ende erfährt:
timeline-open-tab = Tab neu öffnen
timeline-open-tab-of = Tab neu öffnen: { $account }

layer-application = Ihre Sitzung in Abide
layer-provider = Ihre Sitzung bei { $name }
layer-identity_provider = Ihre Anmeldung bei { $name }
layer-since = { $since }.
layer-since-unknown = Beginn unbekannt.
layer-ended = Sie ist beendet.
layer-ended-at = Beendet { $at }.
layer-ends-idle = Endet { $at }, wenn sie nicht genutzt wird.
layer-ends-idle-latest = Endet { $at }, wenn sie nicht genutzt wird, spätestens { $latest }.
layer-ends-provider = Endet { $at }, wenn der Anbieter sie nicht erneuert.
layer-ends-provider-latest = Endet { $at }, wenn der Anbieter sie nicht erneuert, spätestens { $latest }.
layer-ends-absolute = Endet { $at }. Das ist die längste Dauer.
layer-ends-access_token = Endet { $at }, mit dem Zugriffstoken: Der Anbieter hat kein Erneuerungstoken ausgestellt.
layer-ends-renewed = Endet { $at }, wenn sie nicht erneuert wird.
layer-ends-declared = Der Anbieter beendet diese Sitzung { $at } ({ $source }).
layer-ends-declared-renewed = Der Anbieter beendet diese Sitzung { $at }, wenn sie nicht erneuert wird ({ $source }).
layer-ends-declared-renewed-latest = Der Anbieter beendet diese Sitzung { $at }, wenn sie nicht erneuert wird ({ $source }), spätestens { $latest }.
layer-end-unknown = Ende unbekannt.
layer-unknown = Zustand unbekannt.
layer-tested = Von Abide nach dem Ende geprüft.
layer-tested-ended = Die Tokens Ihrer Sitzung gelten dort nicht mehr.
layer-tested-goes_on = Die Tokens Ihrer Sitzung gelten dort noch.

evidence-own_limits = Von Abide gemessen.
evidence-id_token = Bei der Anmeldung erfahren.
evidence-id_token-ago = Bei der Anmeldung { $ago } erfahren.
evidence-refresh = Bei der Erneuerung erfahren.
evidence-refresh-ago = Bei der Erneuerung { $ago } erfahren.
evidence-browser = Vom Tab im Browser gemeldet.
evidence-browser-ago = Vom Tab im Browser { $ago } gemeldet.
evidence-asked = Abide hat den Anbieter gefragt.
evidence-asked-ago = Abide hat den Anbieter { $ago } gefragt.
evidence-told = Der Anbieter hat Abide benachrichtigt.
evidence-told-ago = Der Anbieter hat Abide { $ago } benachrichtigt.
evidence-nothing = Der Anbieter teilt es nicht mit.

identity-with = Mit { $methods }.
identity-with-at = Mit { $methods } { $at }.
identity-at = Angemeldet { $at }. Verfahren unbekannt.
identity-unknown = Verfahren unbekannt.
identity-until = Sie bleiben dort { $until } angemeldet.

# How the user signed in (RFC 8176), after "With".
method-pwd = Passwort
method-pin = PIN-Code
method-otp = Einmalcode
method-sms = Textnachricht
method-tel = Telefonanruf
method-hwk = Sicherheitsschlüssel
method-swk = Schlüssel auf Ihrem Gerät
method-pop = eigenem Schlüssel
method-sc = Chipkarte
method-face = Gesichtserkennung
method-fpt = Fingerabdruck
method-iris = Iris-Scan
method-retina = Netzhaut-Scan
method-vbm = Stimmerkennung
method-geo = Standort
method-kba = Sicherheitsfragen
method-mca = zweitem Kanal
method-rba = Risikoprüfung
method-user = Anwesenheitsprüfung
method-wia = Windows-Anmeldung
method-phr = Schutz gegen Phishing
method-phrh = Schutz gegen Phishing in Hardware
method-level = Stufe { $level }
method-several = mehreren Faktoren
method-another = weiterem Faktor
method-at-level = { $methods } ({ $level })

# By what Abide learns that the provider's session has ended, and how well it works.
signal-iframe = Browser-Tab
signal-refresh = Erneuerungen
signal-introspection = Token-Introspection
signal-userinfo = UserInfo-Abfrage
signal-frontchannel = Front-Channel-Abmeldung
signal-backchannel = Back-Channel-Abmeldung
signal-events = Sicherheitsereignisse
signal-state-waiting = wartet
signal-state-none = noch kein Signal
signal-state-works = funktioniert
signal-state-works-last = funktioniert, letztes Signal { $ago }
signal-state-blocked = blockiert: Der Browser verbirgt das Cookie des Anbieters vor diesem Tab
signal-state-closed = geschlossen oder angehalten
signal-state-unclear = unklar: Der Anbieter sagt nicht, wer angemeldet ist
signal-state-failed = fehlgeschlagen
signal-state-failed-code = fehlgeschlagen: { $code }
signal-state-not_offered = vom Anbieter nicht angeboten

## What the provider says about the user

claims-title = Was { $provider } über Sie sagt
claims-none = Der Anbieter hat keine Angaben gesendet.
claims-none-mapped = Der Anbieter hat keine der Angaben gesendet, die in diesem Konto genannt sind.
claims-from-sign-in = Von Ihrer Anmeldung.
claims-read = Gelesen { $ago }.
claims-mapped = Die Namen sind in diesem Konto festgelegt.
claim-yes = ja
claim-no = nein
claim-empty = leer
claim-time-ago = { $time } ({ $ago })

## The question whether to keep the session

question-expires = Ihre Sitzung bei **{ $provider }** läuft in **{ $time }** ab.
question-expires-account = Ihre Sitzung bei **{ $provider }** ({ $account }) läuft in **{ $time }** ab.
question-expires-seconds = Ihre Sitzung bei **{ $provider }** läuft in **{ $n }** { $n ->
    [one] Sekunde
   *[other] Sekunden
} ab.
question-expires-seconds-account = Ihre Sitzung bei **{ $provider }** ({ $account }) läuft in **{ $n }** { $n ->
    [one] Sekunde
   *[other] Sekunden
} ab.
question-cannot = Sie lässt sich nicht verlängern.
question-yes = Ja, behalten
question-yes-of = Ja, behalten: { $account }
question-yes-all = Ja, alle behalten
question-yes-some = Ja, alle behalten, bei denen es geht
question-no = Nein, abmelden
question-no-of = Nein, abmelden: { $account }
question-ok-of = OK: { $account }
question-why-not = Sie lässt sich nicht verlängern: { $why }
question-reason-idle = Die Sitzung wurde eine Weile nicht genutzt. Ja verlängert sie { $until }; jede Nutzung verlängert sie weiter.
question-reason-idle-minutes = Die Sitzung wurde seit { $minutes ->
    [one] { $minutes } Minute
   *[other] { $minutes } Minuten
} nicht genutzt. Ja verlängert sie { $until }; jede Nutzung verlängert sie weiter.
question-reason-absolute = Die Sitzung hat ihre längste Dauer fast erreicht. Ja verlängert sie { $until }.
question-reason-access_token = Das Zugriffstoken läuft bald ab. Ja verlängert die Sitzung { $until }.
question-reason-provider = Das Limit des Anbieters ist fast erreicht. Ja verlängert die Sitzung { $until }.

## The page of the accounts, and the first start

accounts-demo = Die Demo
accounts-own = Haben Sie einen eigenen Anbieter?
accounts-notes = Hinweise zum neuen Konto

welcome = Willkommen bei Abide
welcome-what = Sie melden sich einmal im Browser an. Abide hält die Sitzung aufrecht, zeigt, wie lange sie dauert, und gibt Tokens an die Apps, denen Sie es erlauben.
welcome-begin = Wie möchten Sie beginnen?
welcome-provider = Mit Ihrem Anbieter
welcome-provider-hint = Wählen Sie ihn aus einer Liste und geben Sie ein oder zwei Werte ein.
welcome-provider-go = Anbieter wählen
welcome-address = Mit einer Adresse
welcome-address-hint = Ihr Administrator hat Ihnen die Adresse des Anbieters gegeben.
welcome-address-go = Adresse eingeben
welcome-demo = Mit der Demo
welcome-demo-hint = Auf diesem Computer läuft ein Demo-Anbieter. Melden Sie sich als **alice** mit dem Passwort **demo** an.
welcome-demo-continue = Weiter geht es im Browser. Melden Sie sich als **alice** mit dem Passwort **demo** an.
welcome-demo-go = Demo ausprobieren
welcome-close = Sie können dieses Fenster schließen: Abide läuft weiter. Um es wieder zu öffnen, klicken Sie auf den Ring im Infobereich oder starten Sie Abide noch einmal.
picture-sign-in = Anmelden
picture-app = App

## The page that adds an account

add-link = Ein Link bittet Sie, ein Konto bei **{ $host }** hinzuzufügen.
add-link-hint = Jede Seite und jede Nachricht kann einen solchen Link enthalten. Fahren Sie nur fort, wenn Sie ihn erwartet haben, zum Beispiel von Ihrem Administrator. Es wird nichts hinzugefügt, bevor Sie „Hinzufügen und anmelden“ wählen.
add-choose = Wählen Sie Ihren Anbieter
add-or-address = Oder geben Sie die Adresse ein
add-enter-address = Geben Sie die Adresse Ihres Anbieters ein
add-address = Adresse Ihres Anbieters
add-address-hint = Die Issuer-URL, oder Ihre E-Mail-Adresse, wenn deren Domain den Anbieter nennt. Fragen Sie Ihren Administrator oder sehen Sie in der Dokumentation des Anbieters nach.
add-address-missing = Geben Sie die Adresse des Anbieters ein, zum Beispiel { $example }.
add-look-up = Suchen
add-looking = Suche läuft…
add-notes = Hinweise zu diesem Anbieter
add-form = Wie sieht die Adresse aus?
add-form-address = Adresse:
add-value-missing = Geben Sie einen Wert für „{ $name }“ ein.
add-enter = Geben Sie ein: { $forms }.
add-enter-or = , oder{ " " }
add-issuer = Die Issuer-URL.
add-found = { $provider } gefunden
add-developers = Für Entwickler
add-client = Woher kennt der Anbieter Abide?
add-client-itself = Abide registriert sich selbst
add-client-itself-hint = Sie brauchen nichts vom Anbieter.
add-client-given = Ich habe eine Client-ID
add-client-given-hint = Abide ist dort bereits registriert.
add-token = Datei mit dem ersten Zugriffstoken
add-token-example = /home/ihr-name/token.txt
add-token-hint = Der vollständige Pfad der Datei. Das Token bekommen Sie vom Administrator des Anbieters.
add-register = Abide beim Anbieter registrieren
add-register-how = Das ist nur einmal nötig; vielleicht macht es Ihr Administrator. Wählen Sie eine **native** Anwendung (oder **Desktop**, **öffentlich**) und geben Sie ein:
add-redirect = Redirect-URI
add-redirects = Alle Redirect-URIs
add-logout-redirect = Redirect-URI nach dem Abmelden
add-logout-redirects = Alle Redirect-URIs nach dem Abmelden
add-client-id = Client-ID
add-client-id-hint = Der Anbieter zeigt sie nach der Registrierung an.
add-client-missing = Geben Sie die Client-ID ein, die Sie vom Anbieter haben.
add-secret = Der Anbieter hat mir ein Client-Secret gegeben
add-secret-file = Datei mit dem Client-Secret
add-secret-example = /home/ihr-name/secret.txt
add-secret-hint = Speichern Sie das Secret in einer Datei, die nur Sie lesen können, und geben Sie den vollständigen Pfad ein.
add-name = Name des Kontos
add-name-hint = Ein kurzer Name, der sich im Terminal leicht tippen lässt.
add-tested = Abide prüft das beim Anbieter, bevor das Konto gespeichert wird.
add-not-tested = Dieser Anbieter kann die Client-ID nur bei einer Anmeldung prüfen. Ob sie stimmt, zeigt die Anmeldung.
add-and-sign-in = Hinzufügen und anmelden
add-testing = Prüfung läuft…
add-another = Anderer Anbieter

name-empty = Geben Sie dem Konto einen Namen, zum Beispiel „arbeit“.
name-long = Verwenden Sie höchstens { $most } Zeichen.
name-letters = Verwenden Sie nur Kleinbuchstaben von a bis z, Ziffern, „-“ und „_“.
name-taken = Ein Konto namens „{ $name }“ gibt es schon. Wählen Sie einen anderen Namen.

# The parts of an address that the user fills in.
blank-APPLICATION = Anwendung
blank-HOST = Server
blank-INSTANCE = Instanz
blank-ORG = Organisation
blank-PROJECT = Projekt
blank-REALM = Bereich (Realm)
blank-REGION = Region (Standort)
blank-SERVER-ID = ID des Servers
blank-TENANT = Mandant (Tenant)
blank-TENANT-ID = ID des Mandanten (Tenant)
blank-YOUR-DOMAIN = Ihre Domain
blank-YOUR-GITLAB = Ihr GitLab
blank-YOUR-ZITADEL = Ihr ZITADEL

# What a provider offers, and what it does not.
offers-renewal = Erneuert die Sitzung ohne neue Anmeldung.
offers-renewal-perhaps = Erneuert Sitzungen vielleicht. Abide fragt danach.
lacks-renewal = Erneuert keine Sitzungen. Wenn das Token abläuft, melden Sie sich neu an.
offers-logout = Beim Abmelden kann auch die Sitzung beim Anbieter enden.
lacks-logout = Beim Abmelden endet nur die Sitzung in Abide. Beim Anbieter bleiben Sie angemeldet.
offers-revocation = Tokens werden ungültig, wenn Sie sich abmelden.
lacks-revocation = Tokens gelten, bis sie ablaufen. Abide löscht sie, wenn Sie sich abmelden.
offers-tab = Ein Tab im Browser kann bemerken, dass Sie sich beim Anbieter abmelden.
offers-notices = Kann Abide benachrichtigen, wenn Sie sich beim Anbieter abmelden. Das muss eingerichtet werden.
lacks-notices = Dass Sie sich beim Anbieter abgemeldet haben, erfährt Abide bei der nächsten Erneuerung.
offers-device = Anmeldung mit einem anderen Gerät: Sie können sich mit dem Telefon anmelden.
lacks-device = Keine Anmeldung mit einem anderen Gerät: Sie brauchen einen Browser auf diesem Computer.
offers-par = Vorab gesendete Anfragen (PAR): Nichts von der Anfrage geht durch den Browser.
lacks-par = Keine vorab gesendeten Anfragen (PAR): Der Browser überträgt die Anfrage.
offers-dpop = DPoP: Tokens können an diesen Computer gebunden werden. Schalten Sie es in der Konfiguration ein.
lacks-dpop = Kein DPoP: Wer ein Token hat, kann es verwenden.
offers-registration = Registrierung: Abide kann sich selbst registrieren.
lacks-registration = Keine Registrierung: Sie registrieren Abide selbst.

## The page of the settings

settings-language = Sprache
settings-language-system = Wie das System
settings-updates = Neuere Versionen
settings-updates-off = Nicht danach suchen
settings-updates-notify = Mich benachrichtigen
settings-updates-install = Installieren
settings-updates-what = Einmal am Tag fragt Abide { $server } nach der neuesten Version. Dieser Server sieht die Adresse Ihres Netzwerks und sonst nichts über Sie.
settings-updates-package = Ihr System installiert neuere Versionen dieses Pakets. Abide sagt Ihnen nur, dass es eine gibt.
settings-updates-none = Dieser Build von Abide sucht nicht nach neueren Versionen.
settings-updates-newer = Version { $version } ist verfügbar.
settings-updates-unreachable = Der Server war nicht erreichbar oder hat nicht wie erwartet geantwortet. Abide versucht es morgen wieder.
settings-updates-not_signed = Die Antwort des Servers ist nicht von den Herstellern von Abide signiert. Es wurde nichts installiert.
settings-updates-damaged = Die neuere Version ist beschädigt angekommen. Es wurde nichts installiert.
settings-updates-would_not_start = Die neuere Version würde auf diesem Computer nicht starten. Es wurde nichts installiert.
settings-updates-not_written = Die Datei von Abide kann in ihrem Ordner nicht ersetzt werden. Es wurde nichts installiert.
settings-no-account = Es gibt noch kein Konto. Einstellungen gehören zu einem Konto.
settings-account = Konto „{ $account }“ bei { $provider }
settings-advice = { $provider } beendet seine Sitzung, bevor Ihre Leerlaufzeit um ist.
settings-take-advice = Auf { $time } stellen
settings-limits = Wie lange die Sitzung dauert
settings-activity = Was als Nutzung zählt
settings-on_lock = Wenn der Bildschirm gesperrt ist
settings-provider = Ihr Anbieter
settings-watch = Wie Abide erfährt, dass die Sitzung beim Anbieter beendet ist
settings-watch-hint = Jede Erneuerung zeigt es. Dazwischen:
settings-save = Speichern
settings-saving = Wird gespeichert…
settings-saved = Gespeichert. Die Einstellungen gelten jetzt.
settings-not-a-duration = Das ist keine Dauer. Schreiben Sie sie so: 15 min oder 1 h 30 min.

setting-end_after = Abmelden nach
setting-end_after-hint = Wenn so lange keine App die Sitzung nutzt, werden Sie abgemeldet. Standard: 15 min.
setting-warn_after = „Sitzung behalten?“ fragen nach
setting-warn_after-hint = Wenn so lange keine App die Sitzung nutzt, fragt Abide, ob Sie sie behalten möchten. Standard: 12 min.
setting-absolute = Längste Dauer
setting-absolute-hint = Nach dieser Zeit müssen Sie sich neu anmelden, auch wenn die Sitzung genutzt wird. Standard: 12 h.
setting-poll = Beim Anbieter nachfragen alle
setting-poll-hint = Wie oft der Tab und Abide prüfen. Mindestens zwei Sekunden. Standard: 1 min.
setting-activity-requests = Eine App fragt nach einem Token
setting-activity-requests-hint = Der Standard, für die meisten: Solange Ihre Apps arbeiten, bleiben Sie angemeldet. Aber eine App, die alle paar Minuten von selbst fragt, hält die Sitzung auch, wenn Sie gegangen sind.
setting-activity-input = Sie nutzen Tastatur oder Maus
setting-activity-input-hint = Für gemeinsam genutzte Computer, und wo Regeln Ihre Anwesenheit verlangen: Apps allein verlängern die Sitzung nicht. Abide erfährt, wann Sie zuletzt etwas eingegeben haben, aber nicht, was.
setting-activity-both = Eines von beiden
setting-activity-both-hint = Für lange Aufgaben neben der eigenen Arbeit: Das Spätere zählt.
setting-on_lock-freeze = Apps bekommen kein Token, bis Sie ihn entsperren
setting-on_lock-freeze-hint = Der Standard, für die meisten. Die Zeit läuft weiter. Eine Aufgabe, die ein Token braucht, muss es später erneut versuchen.
setting-on_lock-keep = Es ändert sich nichts
setting-on_lock-keep-hint = Für Aufgaben, die laufen, während Sie weg sind: Sie bekommen weiter Tokens.
setting-on_lock-end = Sie werden abgemeldet
setting-on_lock-end-hint = Für gemeinsam genutzte Computer und strenge Regeln: Nach jeder Pause melden Sie sich neu an.
setting-remind = Vor Ablauf der längsten Dauer erinnern
setting-remind-hint = Wenn drei Viertel der Zeit um sind, frühestens einen Tag vor dem Ende. Sie können sich dann gleich neu anmelden: Die Sitzung besteht, bis die neue beginnt.
setting-remind_provider = Vor einem festen Ende des Anbieters erinnern
setting-remind_provider-hint = Dasselbe für ein Ende, das der Anbieter gesetzt hat und das nichts verlängert.
setting-claims = Angaben des Anbieters über Sie aktualisieren
setting-claims-hint = Abide liest sie bei der Anmeldung und bei jeder Erneuerung, wenn der Anbieter das ermöglicht. Standard: ein.
setting-provider_logout = Beim Abmelden auch beim Anbieter abmelden
setting-provider_logout-hint = Der Browser öffnet die Abmeldeseite des Anbieters, wenn es eine gibt. Die Antwort Nein auf die Frage zählt als Abmelden. Standard: aus.
setting-revoke = Tokens widerrufen, wenn die Sitzung endet
setting-revoke-hint = Der Anbieter akzeptiert sie dann nicht mehr. Ist er nicht erreichbar, versucht Abide es später erneut. Standard: ein.

way-iframe = Ein Tab im Browser passt auf
way-iframe-hint = Der Tab der Anmeldung bleibt offen und prüft, ob Sie dort noch angemeldet sind. Manche Browser verhindern das; dann zeigt Abide es an.
way-asks = Abide fragt den Anbieter regelmäßig
way-asks-hint = Abide fragt, ob Ihr Token noch gilt. Dazu ist kein Browser nötig, aber nicht jeder Anbieter antwortet.
way-frontchannel = Die Abmeldeseite des Anbieters benachrichtigt Abide
way-frontchannel-hint = Wenn Sie sich dort abmelden, ruft diese Seite Abide auf diesem Computer auf. Die Adresse muss beim Anbieter registriert sein.
way-backchannel = Der Server des Anbieters benachrichtigt Abide
way-backchannel-hint = Er braucht eine Adresse, unter der er diesen Computer erreicht.
way-events = Abide holt Sicherheitsereignisse ab
way-events-hint = Abide holt sie regelmäßig von der Adresse, die in der Konfiguration steht.

refused-end_after_too_short = Geben Sie mindestens zwei Sekunden ein.
refused-warn_after_not_before_end = Geben Sie weniger ein als bei „{ $setting }“, und mehr als null.
refused-absolute_too_short = Geben Sie mindestens so viel ein wie bei „{ $setting }“.
refused-absolute_too_long = Geben Sie höchstens zehn Jahre ein.
refused-poll_too_short = Geben Sie mindestens zwei Sekunden ein.

## The page of the tools: apps that ask for tokens

consent-request = **{ $who }** möchte Ihren Zugriff auf { $provider } nutzen.
consent-request-targets = **{ $who }** möchte { $targets } in Ihrem Namen nutzen.
ask-span = Wie lange Ihre Antwort gilt
ask-less = Weniger erlauben
ask-targets = Für diese APIs
ask-scopes = Was es tun darf
ask-nothing = Wählen Sie mindestens eines, oder lehnen Sie ab.
ask-others = { $n ->
    [one] Dieselbe Antwort auf ihre andere Frage
   *[other] Dieselbe Antwort auf ihre { $n } anderen Fragen
}
ask-asked = Gefragt { $ago }.
ask-closed = Die App wartet nicht mehr auf eine Antwort.

tools-asked = { $n ->
    [one] { $n } App wartet auf Ihre Antwort
   *[other] { $n } Apps warten auf Ihre Antwort
}
tools-now = Im Moment
tools-kept = Bis Sie es widerrufen
tools-allowed = Erlaubt
tools-denied = Abgelehnt
tools-stop = Stoppen
tools-stop-of = Stoppen: { $program }
tools-stopped = { $program }: gestoppt.
tools-remove-of = Entfernen: { $program }
tools-revoke = Widerrufen
tools-revoke-of = Widerrufen: { $program }
tools-revoked = { $program } bekommt keine Tokens, bis Sie es wieder erlauben.
tools-may-ask = { $program } darf wieder fragen.
tools-undo = Rückgängig
tools-key = Client-Schlüssel
tools-chart-of = { $chart }: Aktivität von { $program } anzeigen
tools-policy = Vom Administrator festgelegt
tools-policy-hint = Nur Ihr Administrator kann das ändern.
tools-empty = Noch hat keine App gefragt
tools-empty-hint = Wenn eine App nach einem Token fragt, fragt Abide zuerst Sie. Ihre Antworten stehen dann hier, und Sie können sie zurücknehmen.
tools-try = Probieren Sie es im Terminal:
tools-connect = Eine andere App verbinden

recipe-curl = Eine Anfrage mit einem Token senden:
recipe-run = Ein Programm mit dem Token in `ABIDE_TOKEN` starten:
recipe-program = Ein Programm ohne Frage erlauben:
recipe-key = Einen Schlüssel für ein Programm in einem Container erstellen:

# How long an answer holds that ends by itself.
span-ends-once = Für eine Anfrage
span-ends-run = Bis { $program } endet
span-ends-terminal = Bis das Terminal geschlossen wird
span-ends-agent = Für alles, was { $program } startet
span-ends-session = Bis Sie abgemeldet sind
span-ends-script = Für 30 Tage
span-ends-always = Bis Sie es widerrufen

grant-tokens = { $n ->
    [one] { $n } Token ausgegeben
   *[other] { $n } Tokens ausgegeben
}
grant-no-tokens = Noch keine Tokens
grant-target-account = { $target } ({ $account })
# { $count } is one of the two above.
grant-gets = { $count } für { $target }.
grant-gets-used = { $count } für { $target }, zuletzt { $ago }.
grant-denies = Bekommt keine Tokens für { $target }.
grant-allows = Bekommt Tokens für { $target }.
grant-allows-with = Bekommt Tokens für { $target }, mit { $account }.
# After "for", then after "with".
grant-every-account = jedes Konto
grant-account = das Konto { $account }
grant-with-every-account = jedem Konto
grant-with-account = dem Konto { $account }
grant-may = Darf { $scopes }.
grant-label = Ist angeblich: { $labels }.
grant-until = { $span }.
grant-until-most = { $span }, höchstens { $time }.
grant-allowed-since = Erlaubt { $at }.
grant-denied-since = Abgelehnt { $at }.
grant-ends = Endet { $at }.
grant-ends-now = Endet jetzt.
grant-unused = Noch nicht verwendet.
grant-used = { $count }, zuletzt { $ago }.
grant-chart = { $count } { $days ->
    [one] am letzten Tag
   *[other] in den letzten { $days } Tagen
}

## The page of the activity: the record

kind-tokens = Ausgegebene Tokens
kind-refusals = Ablehnungen
kind-sessions = Anmeldungen und Sitzungen
kind-questions = Fragen
kind-changes = Änderungen
kind-abide = Abide selbst

activity-search = Alle Tage durchsuchen
activity-what = Was
activity-everything = Alles
activity-all-accounts = Alle Konten
activity-day-before = Der Tag davor
activity-day-after = Der Tag danach
activity-not-found = Nichts gefunden für „{ $words }“.
activity-nothing = An diesem Tag wurde nichts aufgezeichnet.
activity-nothing-of-kind = An diesem Tag wurde nichts dieser Art aufgezeichnet.
activity-unread = { $n ->
    [one] { $n } Zeile wird nicht angezeigt, weil sie geändert wurde, nachdem Abide sie geschrieben hat.
   *[other] { $n } Zeilen werden nicht angezeigt, weil sie geändert wurden, nachdem Abide sie geschrieben hat.
} Prüfen Sie das Protokoll.
activity-earlier = Frühere Zeilen anzeigen
activity-further = Weiter zurück suchen
activity-reached = Durchsucht zurück bis: { $when }.

record = Das Protokoll
record-hint = Es bleibt auf diesem Computer, nur Sie können es lesen, und es enthält keine Tokens. Jede Zeile ist an die vorige gebunden.
record-verify = Prüfen
record-verifying = Prüfung läuft…
record-export = Exportieren
record-exporting = Export läuft…
record-saved = { $n ->
    [one] { $n } Zeile
   *[other] { $n } Zeilen
} gespeichert in `{ $file }`.
record-unread = { $n ->
    [one] { $n } Zeile wurde ausgelassen, weil sie geändert wurde, nachdem Abide sie geschrieben hat.
   *[other] { $n } Zeilen wurden ausgelassen, weil sie geändert wurden, nachdem Abide sie geschrieben hat.
}
record-missing = { $n ->
    [one] { $n } Ereignis konnte nicht aufgezeichnet werden.
   *[other] { $n } Ereignisse konnten nicht aufgezeichnet werden.
}
record-more = { $n ->
    [one] { $n } weiterer Befund
   *[other] { $n } weitere Befunde
}: Führen Sie `abide audit verify` aus.

verdict-empty = Noch ist nichts aufgezeichnet.
verdict-ok = Das Protokoll ist so, wie Abide es geschrieben hat: Zeilen { $first } bis { $last }.
verdict-bad = Das Protokoll ist nicht so, wie Abide es geschrieben hat.

finding-line_changed = Zeile { $line } wurde geändert.
finding-not_a_line = { $file }, Zeile { $line } der Datei: Das ist keine Zeile des Protokolls.
finding-line_missing = Zeile { $line } fehlt.
finding-lines_missing = Die Zeilen { $line } bis { $to } fehlen.
finding-out_of_order = Zeile { $line } steht an der falschen Stelle.
finding-not_linked = Zeile { $line } gehört nicht zur Zeile davor.
finding-not_as_sealed = Zeile { $line } ist nicht die Zeile, die Abide geschrieben hat.
finding-wrong_file = { $file }: Die Datei beginnt nicht mit der Zeile, die ihr Name nennt.
finding-broken_at_start = Abide hat festgestellt (Zeile { $line }), dass das Protokoll nicht mehr so war wie zuvor.
finding-unknown = Etwas anderes stimmt nicht.

# Who asked, if it has no name: as the subject of a sentence, after "of", as the object.
caller-app-subject = Eine App
caller-app-of = einer App
caller-app-object = einer App
caller-command-subject = Der Befehl abide
caller-command-of = dem Befehl abide
caller-command-object = dem Befehl abide
caller-unknown-subject = Eine unbekannte App
caller-unknown-of = einer unbekannten App
caller-unknown-object = einer unbekannten App

event-token_served = { $caller } hat ein Token bekommen
event-token_refused = { $caller } hat kein Token bekommen
event-claims_served = { $caller } hat gelesen, was der Anbieter über Sie sagt
event-request_refused = Eine Anfrage von { $caller } wurde abgelehnt
event-sign_in_begun = Anmeldung begonnen
event-sign_in_failed = Anmeldung fehlgeschlagen
event-sign_in_code_caught = Ein Anmeldecode, den Abide nicht angefordert hatte, wurde abgefangen
event-session_began = Angemeldet
event-session_began-as = Angemeldet als { $user }
event-session_refreshed = Tokens erneuert
event-session_refresh_failed = Erneuerung fehlgeschlagen
event-session_ended = Sitzung beendet
event-session_kept = Sitzung verlängert
event-question_asked = „Sitzung behalten?“ wurde gezeigt
event-question_answered-yes = Ihre Antwort auf „Sitzung behalten?“ war Ja
event-question_answered-no = Ihre Antwort auf „Sitzung behalten?“ war Nein
event-question_withdrawn = „Sitzung behalten?“ hat sich von selbst geschlossen
event-grant_given = { $client } wurde erlaubt
event-grant_given-unnamed = Ein Client wurde erlaubt
event-grant_revoked = { $client } wurde widerrufen
event-grant_revoked-unnamed = Ein Client wurde widerrufen
event-consent_allowed = Sie haben es { $caller } erlaubt
event-consent_denied = Sie haben es { $caller } nicht erlaubt
event-account_added = Konto hinzugefügt
event-account_removed = Konto entfernt
event-settings_changed = Einstellungen geändert
event-config_reloaded = Einstellungen neu gelesen
event-config_refused = Geänderte Einstellungen abgelehnt
event-agent_started = Abide gestartet
event-agent_started-version = Abide { $version } gestartet
event-agent_stopped = Abide beendet
event-record_rotated = Eine neue Datei des Protokolls wurde begonnen
event-record_resumed = Eine halb geschriebene Zeile wurde abgeschnitten
event-record_broken = Das Protokoll war nicht mehr so, wie Abide es geschrieben hatte
event-unknown = Ein Ereignis einer neueren Version von Abide

line-times = { $n ->
    [one] { $n }-mal
   *[other] { $n }-mal
}
line-times-until = { $n ->
    [one] { $n }-mal
   *[other] { $n }-mal
} bis { $time }
line-missing = { $n ->
    [one] { $n } Ereignis davor fehlt
   *[other] { $n } Ereignisse davor fehlen
}
line-span-once = nur dieses Mal
line-span-run = bis es endet
line-span-terminal = in seinem Terminal
line-span-agent = alles, was der Agent startet
line-span-session = bis Sie abgemeldet sind
line-span-script = dieses Skript, 30 Tage
line-span-always = immer

fact-time = Zeit
fact-account = Konto
fact-user = Benutzer
fact-program = Programm
fact-started-by = Gestartet von
fact-label = Ist angeblich
fact-client = Client-Name
fact-api = Ziel-API
fact-scopes = Scopes (Rechte)
fact-reason = Grund
fact-about = Betrifft
fact-event = Ereignis
fact-line = Zeile
row-account = Konto anzeigen
row-app = Alles zu dieser App
row-tools = Was Apps dürfen

plot-served = { $n ->
    [one] { $n } Anfrage erfüllt
   *[other] { $n } Anfragen erfüllt
}
plot-served-brief = { $n ->
    [one] { $n } erfüllt
   *[other] { $n } erfüllt
}
plot-refused = { $n ->
    [one] { $n } abgelehnt
   *[other] { $n } abgelehnt
}
plot-renewed = { $n ->
    [one] { $n } Erneuerung
   *[other] { $n } Erneuerungen
}
plot-ended = { $n ->
    [one] { $n } Sitzung beendet
   *[other] { $n } Sitzungen beendet
}
plot-ended-brief = { $n ->
    [one] { $n } beendet
   *[other] { $n } beendet
}
plot-counts = { $served }, { $refused }, { $renewed }, { $ended }
plot-aloud = { $counts }.
plot-busiest = Die meisten Anfragen von { $from } bis { $to }.

## The page that helps

help-checked = Geprüft.
help-no-problems = Keine Probleme gefunden
help-problems = { $n ->
    [one] { $n } Problem gefunden
   *[other] { $n } Probleme gefunden
}
help-again = Erneut prüfen
help-copy = Bericht kopieren
help-report = Der Bericht
help-report-contains = Was der Bericht enthält
help-report-hint = Keine Tokens, Passwörter oder Namen von Benutzern.
help-terminal = Im Terminal
help-same-checks = Dieselben Prüfungen:
help-all-commands = Alle Befehle:
help-about = Über Abide
help-licence = Abide. Lizenziert unter MIT oder Apache-2.0.
help-version = Abide { $version }. Lizenziert unter MIT oder Apache-2.0.

level-ok = OK
level-warn = Hinweis
level-fail = Fehler

check-version = Version { $version } auf { $system }, unter { $endpoint }.
check-vault = Gespeicherte Sitzungen
check-vault-keyring = Auf der Festplatte verschlüsselt. Der Schlüssel liegt im Schlüsselbund Ihres Systems.
check-vault-passphrase = Auf der Festplatte mit Ihrer Passphrase verschlüsselt.
check-vault-memory = Nur im Arbeitsspeicher. Nach einem Neustart melden Sie sich neu an.
check-vault-advice = Entsperren oder installieren Sie einen Schlüsselbund, oder setzen Sie `mode` unter [vault] in der Konfiguration.
check-lock = Bildschirmsperre
check-lock-none = Abide kann nicht erkennen, ob der Bildschirm gesperrt ist. Zeitlimits gelten trotzdem.
check-sleep = Ruhezustand
check-sleep-none = Abide kann den Ruhezustand nicht erkennen. Die Zeitlimits werden geprüft, wenn der Computer aufwacht.
check-input = Tastatur und Maus
check-input-none = Abide kann nicht erkennen, ob Sie diesen Computer nutzen. Stattdessen fragt Abide Sie.
check-detected = Erkannt durch { $sources }.
check-configuration = Konfiguration
check-configuration-ok = { $file }: keine Probleme gefunden.
check-configuration-problems = { $file }: { $n ->
    [one] { $n } Problem
   *[other] { $n } Probleme
}.
check-configuration-line = { $message } (Zeile { $line })
check-clock = Uhr
check-clock-same = Gleich wie die Uhr von { $provider }.
check-clock-ahead = Die Uhr von { $provider } geht gegenüber diesem Computer { $time } vor.
check-clock-behind = Die Uhr von { $provider } geht gegenüber diesem Computer { $time } nach.
check-clock-advice = Stellen Sie die Uhr dieses Computers automatisch. Geht sie richtig, informieren Sie die Administratoren des Anbieters.
check-message = Meldung

## The command palette

palette = Befehle
palette-command = Befehl
palette-what = Was möchten Sie tun?
palette-none = Kein Befehl gefunden.
command-sign-in = Anmelden: { $account }
command-cancel-sign-in = Anmeldung abbrechen: { $account }
command-keep = Sitzung behalten: { $account }
command-sign-in-now = Jetzt neu anmelden: { $account }
command-sign-out = Abmelden: { $account }
command-settings = Einstellungen: { $account }
command-up = Nach oben: { $account }
command-down = Nach unten: { $account }
command-remove = Entfernen: { $account }
command-undo-removal = Doch nicht entfernen: { $account }
command-stop = Stoppen: { $program } ({ $account }, Nummer { $id })
command-tools = Werkzeuge: Apps, die Ihre Konten nutzen dürfen
command-activity = Aktivität: was aufgezeichnet wurde

## Errors by their code, as in docs/troubleshooting.md. In English the window shows what Abide says itself, with the details.

problem-action_required = Der Anbieter lehnt ab, bis Sie etwas tun. Ihre Sitzung bleibt erhalten. Prüfen Sie das Konto, hier und beim Anbieter.
problem-browser_not_started = Es konnte kein Browser geöffnet werden. Wählen Sie einen in der Konfiguration, oder melden Sie sich mit einem Code im Terminal an: `abide login --device`.
problem-callback_listener = Ein anderes Programm belegt den Port für die Antwort des Browsers. Schließen Sie das Programm und melden Sie sich neu an.
problem-client_secret_file_unreadable = Die Datei mit dem Client-Secret lässt sich nicht lesen. Prüfen Sie Pfad und Rechte.
problem-client_secret_missing = Der Anbieter verlangt ein Client-Secret. Geben Sie die Datei mit dem Secret an.
problem-config_file = Die Konfigurationsdatei lässt sich nicht lesen oder schreiben. Prüfen Sie Eigentümer und Rechte.
problem-config_form = Die Konfigurationsdatei enthält einen Fehler. Bis er behoben ist, ändert sich nichts. `abide config check` zeigt die Zeile.
problem-config_missing = Die Konfigurationsdatei fehlt oder ist leer. Bis sie wieder da ist, ändert sich nichts.
problem-config_not_trusted = Andere Benutzer können die Konfigurationsdatei oder ihren Ordner ändern. Korrigieren Sie die Rechte.
problem-discovery_failed = Unter dieser Adresse wurde kein Anbieter gefunden. Prüfen Sie die Adresse.
problem-given_up = Die Anmeldung wurde abgebrochen.
problem-http_setup_failed = Abide konnte keine Netzwerkverbindung einrichten. Starten Sie Abide neu.
problem-id_token_expired = Die Antwort des Anbieters passt nicht zur Uhr dieses Computers. Prüfen Sie die Uhr.
problem-initial_token_file_unreadable = Die Datei mit dem ersten Zugriffstoken lässt sich nicht lesen. Prüfen Sie den Pfad.
problem-initial_token_needed = Der Anbieter registriert Abide nur mit einem ersten Zugriffstoken. Bitten Sie seinen Administrator darum.
problem-initial_token_refused = Der Anbieter hat das erste Zugriffstoken abgelehnt. Bitten Sie seinen Administrator um ein neues.
problem-interaction_required = Der Anbieter verlangt eine Anmeldung im Browser. Melden Sie sich neu an.
problem-invalid_account = Ein Wert dieses Kontos ist nicht zulässig. Prüfen Sie Ihre Eingabe.
problem-invalid_client = Der Anbieter kennt diese Client-ID nicht, oder das Secret ist falsch. Vergleichen Sie beides mit der Registrierung.
problem-invalid_grant = Der Anbieter akzeptiert diese Anmeldung nicht mehr. Melden Sie sich neu an.
problem-invalid_redirect_uri = Der Anbieter erlaubt diese Redirect-URI nicht. Registrieren Sie sie dort genau so, wie sie angezeigt wird.
problem-invalid_scope = Der Anbieter erlaubt nicht, was das Konto verlangt. Prüfen Sie `scopes` in der Konfiguration.
problem-issuer_insecure = Die Adresse beginnt mit http. Verwenden Sie die, die mit https beginnt.
problem-issuer_invalid = Das ist keine Adresse eines Anbieters. Kopieren Sie sie aus der Dokumentation des Anbieters.
problem-issuer_mismatch = Der Anbieter gibt für sich eine andere Adresse an. Kopieren Sie sie genau aus seiner Dokumentation; der Schrägstrich am Ende zählt.
problem-keyring_unavailable = Auf diesem Computer gibt es keinen Schlüsselbund. Starten Sie einen, oder verwenden Sie eine Passphrase.
problem-locked_by_policy = Ihr Administrator hat diesen Wert festgelegt. Fragen Sie ihn, wenn Sie einen anderen brauchen.
problem-login_required = Sie sind nicht angemeldet. Melden Sie sich neu an.
problem-name_taken = Ein Konto mit diesem Namen gibt es schon. Wählen Sie einen anderen Namen.
problem-not_configured = Dieses Konto steht nicht in der Konfigurationsdatei und hat keine Einstellungen, die sich ändern lassen.
problem-not_found = Das gibt es nicht mehr.
problem-provider_certificate_invalid = Das Zertifikat des Anbieters gilt auf diesem Computer nicht als vertrauenswürdig. Prüfen Sie die Uhr, und fragen Sie Ihren Administrator.
problem-provider_name_unknown = Der Name des Anbieters ist im Netzwerk nicht zu finden. Prüfen Sie Ihre Verbindung und die Adresse. Abide versucht es erneut.
problem-provider_rate_limited = Der Anbieter bittet um weniger Anfragen. Abide wartet und versucht es erneut.
problem-provider_redirected = Der Anbieter hat die Anfrage umgeleitet. Vielleicht verlangt dieses Netzwerk zuerst eine Anmeldung.
problem-provider_refused = Der Anbieter hat abgelehnt. Fragen Sie seinen Administrator.
problem-provider_timeout = Der Anbieter hat nicht rechtzeitig geantwortet. Abide versucht es erneut.
problem-provider_tls_failed = Eine sichere Verbindung zum Anbieter war nicht möglich. Ein Proxy oder eine Firewall kann der Grund sein.
problem-provider_unavailable = Der Anbieter hat selbst ein Problem. Abide versucht es erneut.
problem-provider_unexpected_status = Der Anbieter hat unerwartet geantwortet. Abide versucht es erneut.
problem-provider_unreachable = Der Anbieter ist nicht erreichbar. Ihre Sitzung bleibt erhalten, und Abide versucht es erneut.
problem-proxy_failed = Der Proxy hat keine Verbindung zum Anbieter hergestellt. Prüfen Sie den Proxy in der Konfiguration.
problem-record_unreadable = Das Protokoll lässt sich nicht lesen, oder eine Kopie lässt sich nicht speichern. Prüfen Sie die Rechte und den Platz auf der Festplatte.
problem-refresh_token_missing = Der Anbieter hat kein Erneuerungstoken ausgestellt, deshalb lässt sich die Sitzung nicht erneuern. Bitten Sie den Anbieter um Offline-Zugriff.
problem-registration_not_offered = Bei diesem Anbieter kann Abide sich nicht selbst registrieren. Registrieren Sie Abide dort.
problem-server_error = Der Anbieter hat selbst ein Problem. Versuchen Sie es später erneut.
problem-session_expired = Die Sitzung ist beendet. Melden Sie sich neu an.
problem-sign_in_timed_out = Die Anmeldung wurde nicht rechtzeitig abgeschlossen. Beginnen Sie neu.
problem-temporarily_unavailable = Das ist im Moment nicht möglich. Versuchen Sie es später erneut.
problem-this_computer = Etwas auf diesem Computer verhindert es: eine Datei, die Festplatte oder die Uhr. Ihre Sitzung bleibt erhalten.
problem-unauthorized_client = Der Anbieter erlaubt Abide diese Art der Anmeldung nicht. Registrieren Sie Abide als native Anwendung.
problem-unknown_account = Ein Konto mit diesem Namen gibt es nicht.
problem-unusable_answer = Abide kann die Antwort des Anbieters nicht verwenden. Ihre Sitzung bleibt erhalten. Informieren Sie den Administrator des Anbieters.
problem-vault_locked = Der Schlüsselbund ist gesperrt. Entsperren Sie ihn.
problem-vault_storage = Die Sitzungen konnten nicht gespeichert werden. Prüfen Sie den Platz auf der Festplatte.

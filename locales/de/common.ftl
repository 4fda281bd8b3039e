### Texte, die das Fenster, der Infobereich, die Dialoge und die Benachrichtigungen gemeinsam haben.

## Actions

action-sign-in = Anmelden
action-sign-in-again = Neu anmelden
action-remind-later = In 10 Minuten erinnern
action-cancel-sign-in = Anmeldung abbrechen
action-sign-out = Abmelden
action-keep-session = Sitzung behalten
action-allow = Erlauben
action-deny = Ablehnen
action-cancel = Abbrechen
action-ok = OK

## Durations: a number with its unit, and two of them

time-seconds = { $n } s
time-minutes = { $n } min
time-hours = { $n } h
time-days = { $n } d
time-pair = { $first } { $second }

## Why a session ended: the rest of a sentence after "Signed out: "

ended-user_logout = Sie haben sich abgemeldet
ended-idle_timeout = keine Antwort auf „Sitzung behalten?“
ended-absolute_timeout = die Sitzung hat ihre längste Dauer erreicht
ended-provider_timeout = das Zeitlimit des Anbieters für eine Sitzung ist erreicht
ended-access_token_expired = das Zugriffstoken ist abgelaufen, und der Anbieter hat kein Erneuerungstoken ausgestellt
ended-declined = Ihre Antwort auf „Sitzung behalten?“ war Nein
ended-provider_logout = der Anbieter hat seine Sitzung beendet
ended-refresh_rejected = der Anbieter akzeptiert diese Sitzung nicht mehr
ended-answer_refused = der Antwort des Anbieters auf eine Erneuerung ist nicht zu trauen
ended-screen_locked = der Bildschirm wurde gesperrt
ended-account_removed = das Konto wurde aus der Konfiguration entfernt oder dort ersetzt

# { $reason } is one of the texts above, { $how } one of those below.
ended-how = { $reason } ({ $how })
ended-by-iframe = im Browser festgestellt
ended-by-refresh = er hat eine Erneuerung abgelehnt
ended-by-introspection = durch Token-Introspection festgestellt
ended-by-userinfo = durch eine UserInfo-Abfrage festgestellt
ended-by-frontchannel = seine Seite im Browser hat Abide benachrichtigt
ended-by-backchannel = er hat eine Abmeldung gemeldet
ended-by-events = er hat ein Sicherheitsereignis gemeldet

## The provider's session after the end of the one in Abide

provider-end-pending = { $provider } konnte noch nicht benachrichtigt werden. Abide versucht es erneut.
provider-end-local_only = Sie sind nur bei Abide abgemeldet. { $provider } wurde nicht benachrichtigt.
provider-end-ended = { $provider } akzeptiert diese Sitzung nicht mehr.
provider-end-goes_on = Sie sind bei Abide abgemeldet, aber { $provider } akzeptiert die alten Tokens noch.
provider-end-unchecked = { $provider } wurde benachrichtigt. Abide konnte nicht prüfen, ob die Sitzung dort beendet ist.
provider-end-shared = Ein anderes Konto verwendet dieselbe Sitzung bei { $provider }, deshalb wurden die Tokens nicht widerrufen.

## The provider's sign-out page: a sentence after one of those above, or in its place

sign-out-page-not_offered = Dort gibt es keine Abmeldeseite, deshalb ist der Browser dort vielleicht noch angemeldet.
sign-out-page-not_opened = Die Abmeldeseite dort konnte nicht geöffnet werden, deshalb ist der Browser dort vielleicht noch angemeldet.
sign-out-page-open = Der Browser ist von der Abmeldeseite noch nicht zurückgekommen.
sign-out-page-complete = Schließen Sie die Abmeldung bei { $provider } im Browser ab.
sign-out-page-still-accepts = Der Browser ist von der Abmeldeseite von { $provider } zurückgekommen. Die alten Tokens gelten dort noch, bis sie ablaufen.
sign-out-page-not-checked = Der Browser ist von der Abmeldeseite von { $provider } zurückgekommen. Abide konnte nicht prüfen, ob die alten Tokens noch gelten.

## Limits of a session

limit-idle = Leerlauf
limit-absolute = längste Dauer
limit-provider = Limit des Anbieters
limit-provider-declared = Limit des Anbieters: { $source }
limit-access_token = Zugriffstoken

# Why a session cannot be extended: the rest of a sentence after "It cannot be extended: ".
cannot-be-kept-idle = Sie wurde nicht genutzt.
cannot-be-kept-absolute = Sie erreicht ihre längste Dauer. Melden Sie sich danach neu an.
cannot-be-kept-provider = Das Zeitlimit des Anbieters lässt sich nicht verschieben. Melden Sie sich danach neu an.
cannot-be-kept-access_token = Der Anbieter hat kein Erneuerungstoken ausgestellt. Melden Sie sich danach neu an.

## The question whether to keep the session

question-title-one = Ihre Sitzung läuft bald ab
question-title-more = Ihre Sitzungen laufen bald ab
question-keep = Möchten Sie die Sitzung behalten?

## The question about an app: who asks, and for what

consent-who-terminal = Eines Ihrer Terminals
consent-who-forwarder = Ein Programm hinter { $program }
consent-who-script = { $program } mit { $script }
consent-who-background = { $program } (im Hintergrund)

consent-because-account-changed = Als Sie es erlaubt haben, hatte dieses Konto einen anderen Anbieter oder Client.
consent-because-changed = Die Datei hat sich geändert, seit Sie das Programm erlaubt haben.
consent-because-wider = Es verlangt mehr, als Sie erlaubt haben.
consent-kind-forwarder = Dieses Programm leitet Anfragen anderer Programme weiter. Abide weiß nicht, welches davon fragt.
consent-kind-background = Das System hat es gestartet. Abide weiß nicht, zu welchem Programm es gehört.
consent-kind-unknown = Abide kann nicht feststellen, welches Programm das ist.
consent-signs-in = Sie müssten sich mit einem stärkeren Verfahren neu anmelden.

# What is known of the program: names of values.
consent-account = Konto
consent-runs = Führt angeblich aus
consent-terminal = Terminal
consent-started-by = Gestartet von
consent-program = Programm
consent-label = Ist angeblich
consent-may = Es darf dann
consent-why = Angegebener Grund

# Between the programs that started it, the nearest first.
consent-started-by-next = , von{ " " }
consent-quoted = „{ $text }“

# How many requests wait for the answer: more than one.
consent-waiting = { $n ->
    [one] { $n } Anfrage wartet auf diese Antwort.
   *[other] { $n } Anfragen warten auf diese Antwort.
}

## How long an answer about an app holds

span-once = Nur dieses Mal
span-run = Bis dieses { $program } endet
span-terminal = Alles in diesem Terminal
span-agent = Alles, was { $agent } startet
span-agent-unknown = Alles, was der Agent startet
span-session = Bis Sie abgemeldet sind
span-script = Dieses Skript im jetzigen Zustand, 30 Tage
span-always = Immer, dieses Programm im jetzigen Zustand

until-label = Endet spätestens
until-session = Wenn Sie abgemeldet sind
until-1h = In 1 Stunde
until-8h = In 8 Stunden
until-30d = In 30 Tagen
until-revoked = Wenn Sie es widerrufen

## What an app may do with a scope: the rest of a sentence after "It may "

scope-openid = wissen, wer Sie sind
scope-profile = Ihren Namen sehen
scope-email = Ihre E-Mail-Adresse sehen
scope-phone = Ihre Telefonnummer sehen
scope-address = Ihre Adresse sehen
scope-offline_access = angemeldet bleiben
scope-groups = Ihre Gruppen sehen

## What the surroundings of an app call it

label-flatpak = Flatpak { $name }
label-snap = Snap { $name }
label-desktop_entry = App { $name }
label-package = Paket { $name }
label-coding_agent = gestartet von { $name }
label-unit = Unit { $name }
label-cgroup = cgroup { $name }

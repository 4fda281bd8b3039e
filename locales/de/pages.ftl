### Die Seiten im Browser, nach einer Anmeldung und für Links.

## Every page

page-close = Sie können diesen Tab schließen.
page-wrong-host = Diese Adresse gehört zu Abide auf diesem Computer.
page-nothing = Hier gibt es keine Seite. Sie können diesen Tab schließen.

## The way back from a sign-in

page-only-sign-in = Diese Adresse ist nur für einen Browser, der von einer Anmeldung zurückkommt.
page-no-answer = Diese Seite wurde ohne die Antwort eines Anbieters geöffnet. Nichts hat sich geändert.
page-used = Diese Seite wurde schon verwendet. Sie können diesen Tab schließen.
page-unreadable = Diese Antwort lässt sich nicht lesen. Nichts hat sich geändert.
page-received = Abide hat die Antwort erhalten. Sie können diesen Tab schließen.
page-other-sign-in = Diese Antwort gehört nicht zur laufenden Anmeldung. Nichts hat sich geändert.
page-still-waiting = Ihr Anbieter hat noch nicht geantwortet. Abide benachrichtigt Sie.
page-signed-in = Sie sind angemeldet
page-signed-in-as = Sie sind als { $user } bei { $provider } angemeldet.
page-signed-in-close = Sie können diesen Tab schließen. Abide zeigt im Infobereich, wie lange Ihre Sitzung noch dauert.
page-signed-out = Sie sind abgemeldet
page-signed-out-body = Sie sind bei Abide abgemeldet und von { $provider } zurückgekommen.
page-unchanged = Ihre Sitzung besteht unverändert weiter
page-not-signed-in = Sie sind nicht angemeldet
page-try-again = Sie können diesen Tab schließen. Um es noch einmal zu versuchen, wählen Sie in Abide „Anmelden“.
page-unasked = Abide hat diese Anmeldung nicht gestartet
page-unasked-body = Ein anderes Programm oder eine andere Person hat diese Anmeldung gestartet. Abide hat nichts von der Antwort verwendet und nichts herausgegeben.
page-unasked-warning = Wenn eine Seite oder eine Person Sie nach der Adresse dieser Seite fragt, geben Sie sie nicht weiter: Damit könnte sich jemand in Ihrem Namen anmelden.

## A link that asks to sign in

link-unreadable = Dieser Link lässt sich nicht lesen. Nichts hat sich geändert.
link-unknown-provider = Dieser Link bittet Sie, sich bei einem Anbieter anzumelden, für den es in Abide kein Konto gibt. Nichts hat sich geändert.
link-already = { $user } ist beim Konto „{ $account }“ schon angemeldet.
link-title = Anmelden?
link-asks = Ein Link bittet Sie, sich beim Konto „{ $account }“ bei { $provider } anzumelden.
link-suggests = Er schlägt den Benutzernamen „{ $user }“ vor.
link-not-clicked = Wenn Sie keinen solchen Link angeklickt haben, schließen Sie diesen Tab. Es hat nichts begonnen.
link-answered = Diese Frage wurde schon beantwortet oder ist zu alt. Öffnen Sie den Link noch einmal.
link-started = Anmeldung gestartet
link-started-body = Abide öffnet die Anmeldung in einem anderen Tab.

## The page that watches the provider's session

watch-keep-open = Lassen Sie diesen Tab offen, damit Abide erkennt, wenn Sie sich bei { $provider } abmelden. Sie können ihn auch schließen; Ihre Sitzung in Abide besteht weiter.
watch-one-moment = Einen Moment.
watch-begins = Abide prüft, ob Sie bei { $provider } noch angemeldet sind.
watch-not-needed = Ihre Einstellungen brauchen diesen Tab nicht mehr. Ihre Sitzung besteht weiter. Sie können diesen Tab schließen.
watch-unchanged = Bei { $provider } hat sich nichts geändert. Abide hat es gerade geprüft.
watch-doubt = Bei { $provider } hat sich etwas geändert. Abide prüft es bald noch einmal.
watch-checking = Bei { $provider } hat sich etwas geändert. Abide prüft es.
watch-over = Ihre Sitzung ist beendet.
# $reason is one of the texts ended-… in common.ftl.
watch-over-because = Ihre Sitzung bei { $provider } ist beendet: { $reason }. Sie können diesen Tab schließen.
watch-blocked = Ihr Browser verbirgt die Cookies von { $provider } vor dieser Seite. Deshalb kann sie nicht erkennen, ob Sie dort noch angemeldet sind. Ihre Sitzung in Abide besteht weiter. Abide versucht es von Zeit zu Zeit erneut. Sie können diesen Tab schließen.
watch-unclear = Bei { $provider } hat sich etwas geändert, und Abide erfährt nicht, wer dort jetzt angemeldet ist. Abide prüft weiter und bemerkt es, wenn Sie sich dort abmelden. Ihre Sitzung in Abide besteht weiter.
watch-failed = { $provider } hat keine Antwort gegeben, die Abide versteht. Meist verbirgt der Browser die Cookies vor eingebetteten Seiten. Ihre Sitzung in Abide besteht weiter. Abide versucht es von Zeit zu Zeit erneut. Sie können diesen Tab schließen.
watch-elsewhere = Dieser Tab beobachtet Ihre Sitzung nicht mehr: Das macht jetzt ein anderer Tab, oder dieser wurde über ein Lesezeichen geöffnet. Sie können ihn schließen.
watch-unprepared = Abide konnte diese Seite nicht vorbereiten. Sie können diesen Tab schließen.
watch-unreachable = Dieser Tab erreicht Abide nicht mehr. Sie können ihn schließen.

## The page that a provider shows in a frame

logout-received = Abide weiß jetzt vom Ende Ihrer Sitzung.
logout-no-session = Keine passende Sitzung.
logout-no-page = Hier gibt es keine Seite.

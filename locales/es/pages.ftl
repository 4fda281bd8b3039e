### Las páginas del navegador, tras iniciar sesión y para los enlaces.

## Every page

page-close = Puedes cerrar esta pestaña.
page-wrong-host = Esta dirección pertenece a Abide en este equipo.
page-nothing = Aquí no hay ninguna página. Puedes cerrar esta pestaña.

## The way back from a sign-in

page-only-sign-in = Esta dirección es solo para un navegador que vuelve de un inicio de sesión.
page-no-answer = Esta página se abrió sin una respuesta de un proveedor. Nada ha cambiado.
page-used = Esta página ya se usó. Puedes cerrar esta pestaña.
page-unreadable = Esta respuesta no se puede leer. Nada ha cambiado.
page-received = Abide ha recibido la respuesta. Puedes cerrar esta pestaña.
page-other-sign-in = Esta respuesta no corresponde al inicio de sesión en curso. Nada ha cambiado.
page-still-waiting = Tu proveedor todavía no ha respondido. Abide te avisará.
page-signed-in = Has iniciado sesión
page-signed-in-as = Has iniciado sesión como { $user } en { $provider }.
page-signed-in-close = Puedes cerrar esta pestaña. Abide muestra en la bandeja cuánto tiempo le queda a tu sesión.
page-signed-out = Se ha cerrado la sesión
page-signed-out-body = Se ha cerrado la sesión en Abide y has vuelto de { $provider }.
page-unchanged = Tu sesión continúa sin cambios
page-not-signed-in = No has iniciado sesión
page-try-again = Puedes cerrar esta pestaña. Para intentarlo de nuevo, elige «Iniciar sesión» en Abide.
page-unasked = Este inicio de sesión no lo comenzó Abide
page-unasked-body = Otro programa u otra persona comenzó este inicio de sesión. Abide no usó nada de la respuesta y no entregó nada.
page-unasked-warning = Si una página o una persona te pide la dirección de esta página, no se la des: con ella podría iniciar sesión como tú.

## A link that asks to sign in

link-unreadable = Este enlace no se puede leer. Nada ha cambiado.
link-unknown-provider = Este enlace te pide iniciar sesión en un proveedor en el que Abide no tiene ninguna cuenta. Nada ha cambiado.
link-already = { $user } ya tiene la sesión iniciada en la cuenta «{ $account }».
link-title = ¿Iniciar sesión?
link-asks = Un enlace te pide iniciar sesión en la cuenta «{ $account }» de { $provider }.
link-suggests = Propone el nombre de usuario «{ $user }».
link-not-clicked = Si no hiciste clic en un enlace así, cierra esta pestaña. No ha comenzado nada.
link-answered = Esta pregunta ya se respondió o es demasiado antigua. Abre el enlace de nuevo.
link-started = Inicio de sesión en marcha
link-started-body = Abide abre el inicio de sesión en otra pestaña.

## The page that watches the provider's session

watch-keep-open = Deja esta pestaña abierta para que Abide note cuándo cierras la sesión en { $provider }. También puedes cerrarla: tu sesión en Abide continúa.
watch-one-moment = Un momento.
watch-begins = Abide está comprobando si tu sesión en { $provider } sigue iniciada.
watch-not-needed = Tus ajustes ya no necesitan esta pestaña. Tu sesión continúa. Puedes cerrar esta pestaña.
watch-unchanged = Nada ha cambiado en { $provider }. Abide lo acaba de comprobar.
watch-doubt = Algo ha cambiado en { $provider }. Abide lo comprobará de nuevo pronto.
watch-checking = Algo ha cambiado en { $provider }. Abide lo está comprobando.
watch-over = Tu sesión ha terminado.
# $reason is one of the texts ended-… in common.ftl.
watch-over-because = Tu sesión en { $provider } ha terminado: { $reason }. Puedes cerrar esta pestaña.
watch-blocked = Tu navegador oculta a esta página las cookies de { $provider }, así que no puede saber si tu sesión sigue iniciada allí. Tu sesión en Abide continúa. Abide lo intenta de nuevo de vez en cuando. Puedes cerrar esta pestaña.
watch-unclear = Algo ha cambiado en { $provider }, que no indica quién tiene ahora la sesión iniciada. Abide sigue comprobándolo y notará si cierras la sesión allí. Tu sesión en Abide continúa.
watch-failed = { $provider } no dio ninguna respuesta que Abide entienda. La razón habitual es que tu navegador oculta sus cookies a las páginas incrustadas. Tu sesión en Abide continúa. Abide lo intenta de nuevo de vez en cuando. Puedes cerrar esta pestaña.
watch-elsewhere = Esta pestaña ya no vigila tu sesión: lo hace otra, o esta se abrió desde un marcador. Puedes cerrarla.
watch-unprepared = Abide no pudo preparar esta página. Puedes cerrar esta pestaña.
watch-unreachable = Esta pestaña ya no puede comunicarse con Abide. Puedes cerrarla.

## The page that a provider shows in a frame

logout-received = Abide ha recibido el aviso de que tu sesión ha terminado.
logout-no-session = No hay ninguna sesión que corresponda.
logout-no-page = Aquí no hay ninguna página.

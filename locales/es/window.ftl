### Los textos de la ventana.
### Two asterisks mark what stands out, backticks mark what is typed or is in a file.

## Pages and what is on many of them

pages = Páginas
page-accounts = Cuentas
page-tools = Herramientas
# Behind the name of the page, for screen readers.
page-tools-questions = , { $n ->
    [one] { $n } pregunta
   *[other] { $n } preguntas
}
page-activity = Actividad
page-settings = Ajustes
page-help = Ayuda
page-add = Añadir una cuenta

action-back = Volver
action-remove = Quitar
set-by-administrator = Lo ha fijado tu administrador.
window-failed = Abide no respondió. Cierra esta ventana y vuelve a abrirla desde la bandeja.

## Lines to copy: the name of the button before and after

copy = Copiar
copy-done = Copiado
copy-said = Copiado.
copy-selected = El texto está seleccionado: cópialo con Ctrl+C o ⌘C.
copy-curl-label = Copiar el comando curl
copy-curl-copied = Comando curl copiado
copy-run-label = Copiar el comando run
copy-run-copied = Comando run copiado
copy-program-label = Copiar el comando para un programa
copy-program-copied = Comando para un programa copiado
copy-key-label = Copiar el comando para una clave
copy-key-copied = Comando para una clave copiado
copy-doctor-label = Copiar el comando doctor
copy-doctor-copied = Comando doctor copiado
copy-help-label = Copiar el comando help
copy-help-copied = Comando help copiado
copy-redirect-label = Copiar el URI de redirección { $uri }
copy-redirect-copied = URI de redirección { $uri } copiado
copy-logout-redirect-label = Copiar el URI de redirección tras cerrar sesión { $uri }
copy-logout-redirect-copied = URI de redirección tras cerrar sesión { $uri } copiado

## Times

time-just-now = ahora mismo
time-ago = hace { $time }

# A time of day alone, then as it stands in a sentence.
moment-alone = { $time }
moment-alone-tomorrow = mañana, { $time }
moment-alone-yesterday = ayer, { $time }
moment-alone-day = { $day }, { $time }
moment-at = a las { $time }
moment-at-tomorrow = mañana a las { $time }
moment-at-yesterday = ayer a las { $time }
moment-at-day = el { $day }, a las { $time }
moment-until = hasta las { $time }
moment-until-tomorrow = hasta mañana a las { $time }
moment-until-yesterday = hasta ayer a las { $time }
moment-until-day = hasta el { $day }, a las { $time }
# At the beginning of a sentence.
moment-since = Desde las { $time }
moment-since-tomorrow = Desde mañana a las { $time }
moment-since-yesterday = Desde ayer a las { $time }
moment-since-day = Desde el { $day }, a las { $time }
moment-on = el { $date }

day-today = Hoy
day-yesterday = Ayer
day-of-week = { $weekday } { $day }
date-and-time = { $date }, { $time }

## The state of an account

state-signed_out = No has iniciado sesión.
state-authorizing = Continúa en tu navegador.
state-ended = Sesión cerrada.
state-ended-why = Sesión cerrada: { $reason }.
state-ended-when = Sesión cerrada { $ago }.
state-ended-when-why = Sesión cerrada { $ago }: { $reason }.

# Each begins with what stands out.
left-frozen = **En pausa: la pantalla está bloqueada.** Las aplicaciones no reciben tokens hasta que la desbloquees. Quedan { $time }.
left-sign-in = **Inicia sesión de nuevo.** { $provider } te lo pide; quedan { $time }.
left-idle = **Quedan { $time }** si nada usa la sesión.
left-idle-most = **Quedan { $time }** si nada usa la sesión; como máximo, { $until }.
left-absolute = **Quedan { $time }**. Es la duración máxima.
left-absolute-most = **Quedan { $time }**, { $until }. Es la duración máxima.
left-provider = **Quedan { $time }** hasta el límite del proveedor.
left-provider-most = **Quedan { $time }** hasta el límite del proveedor; como máximo, { $until }.
left-declared = **Quedan { $time }**. El proveedor termina esta sesión { $at } ({ $source }).
left-declared-renewed = **Quedan { $time }**. El proveedor termina esta sesión { $at } si no se renueva ({ $source }).
left-access_token = **Quedan { $time }** hasta que caduque el token de acceso. Después, inicia sesión de nuevo.
left-exact = Quedan { $time } ({ $limit }); termina { $at }

# What to do after an end.
after-idle_timeout = Inicia sesión de nuevo. Si esto ocurre demasiado pronto, elige un tiempo más largo en los ajustes.
after-absolute_timeout = Inicia sesión de nuevo para empezar otra sesión.
after-provider_timeout = Inicia sesión de nuevo. Solo tu proveedor puede cambiar este límite.
after-access_token_expired = Inicia sesión de nuevo. Para que la sesión dure más, pide a tu proveedor tokens de renovación (acceso sin conexión).
after-provider_logout = Inicia sesión de nuevo cuando la necesites.
after-refresh_rejected = Inicia sesión de nuevo. Si ocurre a menudo, pregunta a tu proveedor cuánto duran sus sesiones.
after-answer_refused = Inicia sesión de nuevo. Si vuelve a ocurrir, avisa al administrador de tu proveedor.
after-screen_locked = Inicia sesión de nuevo. En los ajustes puedes elegir qué pasa al bloquear la pantalla.
provider-end-sign-out-there = Cierra la sesión también allí si otras personas usan este equipo.

## What a screen reader says after a change

said-provider = { $account }: { $text }
said-frozen = { $account }: en pausa mientras la pantalla está bloqueada.
said-thawed = { $account }: ya no está en pausa.
said-signed_out = { $account }: no has iniciado sesión.
said-authorizing = { $account }: continúa en tu navegador.
said-extended = { $account }: tu sesión se ha prolongado.
said-signed-in = { $account }: sesión iniciada.
said-signed-in-as = { $account }: sesión iniciada como { $user }.
said-ended = { $account }: sesión cerrada.
said-ended-why = { $account }: sesión cerrada: { $reason }.
said-added = Se ha añadido la cuenta { $account }.
said-renamed = Se ha guardado el título { $account }.
said-moved = { $account } es ahora la número { $n } de { $count }.
said-removing = { $account } se quitará en unos segundos. Puedes deshacerlo.
said-kept = { $account } se conserva.
said-consent = { $request } Responde en la página Herramientas.

## The card of an account

demo-host = Demostración en este equipo
demo-running = Hay un proveedor de demostración en este equipo. Inicia sesión como **alice** con la contraseña **demo**.
card-signed-in = Sesión iniciada
card-signed-in-as = Sesión iniciada como { $user }
card-advice = { $provider } termina su sesión antes de que acabe tu tiempo de inactividad. Elige un tiempo de inactividad de { $time } o menos.
card-change-settings = Cambiar los ajustes
card-change-settings-of = Cambiar los ajustes de { $account }
card-reminder-absolute = Esta sesión llega a su duración máxima { $when }. No se puede prolongar. Inicia sesión de nuevo ahora para seguir sin interrupciones.
card-reminder-provider = { $provider } termina esta sesión { $when }. No se puede prolongar. Inicia sesión de nuevo ahora para seguir sin interrupciones.
card-remind-at = Recordármelo { $when }
card-sign-in-now = Iniciar sesión de nuevo ahora
card-remove = Quitar { $account }
card-removing = Abide quitará esta cuenta en unos segundos. Hasta entonces no cambia nada.
card-removing-signed-in = Abide quitará esta cuenta en unos segundos y cerrará tu sesión. Hasta entonces no cambia nada.
card-undo = Deshacer: conservar { $account }
manage = Gestionar
manage-of = Gestionar { $account }
manage-title = Título
manage-title-hint = Se muestra en lugar del nombre. Los comandos y las aplicaciones siguen usando el nombre { $account }.
manage-save = Guardar el título
manage-up = Subir
manage-up-of = Subir: { $account }
manage-down = Bajar
manage-down-of = Bajar: { $account }
card-layers = Las sesiones que hay detrás
card-terminal = Usarla en una terminal
card-terminal-curl = Enviar una solicitud con esta cuenta:
card-token-renewed = Abide renueva el token mientras la sesión está iniciada.
card-token-left = Este token vale { $time } más. Después, inicia sesión de nuevo.

## The three sessions behind an account

timeline-now = ahora
timeline-signals = Cómo sabe Abide que ha terminado:
timeline-open-tab = Abrir la pestaña de nuevo
timeline-open-tab-of = Abrir la pestaña de nuevo: { $account }

layer-application = Tu sesión en Abide
layer-provider = Tu sesión en { $name }
layer-identity_provider = Tu inicio de sesión en { $name }
layer-since = { $since }.
layer-since-unknown = Comienzo desconocido.
layer-ended = Ha terminado.
layer-ended-at = Terminó { $at }.
layer-ends-idle = Termina { $at } si nada la usa.
layer-ends-idle-latest = Termina { $at } si nada la usa; a más tardar, { $latest }.
layer-ends-provider = Termina { $at } si el proveedor no la renueva.
layer-ends-provider-latest = Termina { $at } si el proveedor no la renueva; a más tardar, { $latest }.
layer-ends-absolute = Termina { $at }. Es la duración máxima.
layer-ends-access_token = Termina { $at }, con su token de acceso: el proveedor no dio un token de renovación.
layer-ends-renewed = Termina { $at } si no se renueva.
layer-ends-declared = El proveedor termina esta sesión { $at } ({ $source }).
layer-ends-declared-renewed = El proveedor termina esta sesión { $at } si no se renueva ({ $source }).
layer-ends-declared-renewed-latest = El proveedor termina esta sesión { $at } si no se renueva ({ $source }); a más tardar, { $latest }.
layer-end-unknown = Final desconocido.
layer-unknown = Estado desconocido.
layer-tested = Abide lo comprobó después del final.
layer-tested-ended = Ya no acepta los tokens de tu sesión.
layer-tested-goes_on = Todavía acepta los tokens de tu sesión.

evidence-own_limits = Lo mide Abide.
evidence-id_token = Se supo al iniciar sesión.
evidence-id_token-ago = Se supo al iniciar sesión, { $ago }.
evidence-refresh = Se supo al renovarla.
evidence-refresh-ago = Se supo al renovarla, { $ago }.
evidence-browser = Lo comunicó la pestaña de tu navegador.
evidence-browser-ago = Lo comunicó la pestaña de tu navegador, { $ago }.
evidence-asked = Abide preguntó al proveedor.
evidence-asked-ago = Abide preguntó al proveedor, { $ago }.
evidence-told = El proveedor envió un aviso.
evidence-told-ago = El proveedor envió un aviso, { $ago }.
evidence-nothing = El proveedor no lo comunica.

identity-with = Con { $methods }.
identity-with-at = Con { $methods }, { $at }.
identity-at = Iniciaste sesión { $at }. Método desconocido.
identity-unknown = Método desconocido.
identity-until = La sesión sigue iniciada allí { $until }.

# How the user signed in (RFC 8176), after "With".
method-pwd = contraseña
method-pin = código PIN
method-otp = código de un solo uso
method-sms = mensaje de texto
method-tel = llamada telefónica
method-hwk = llave de seguridad
method-swk = clave en tu dispositivo
method-pop = una clave tuya
method-sc = tarjeta inteligente
method-face = reconocimiento facial
method-fpt = huella dactilar
method-iris = iris del ojo
method-retina = retina del ojo
method-vbm = reconocimiento de voz
method-geo = ubicación
method-kba = preguntas de seguridad
method-mca = segundo canal
method-rba = análisis de riesgo
method-user = prueba de presencia
method-wia = inicio de sesión de Windows
method-phr = protección contra el phishing
method-phrh = protección contra el phishing por hardware
method-level = nivel { $level }
method-several = varios factores
method-another = otro factor
method-at-level = { $methods } ({ $level })

# By what Abide learns that the provider's session has ended, and how well it works.
signal-iframe = pestaña del navegador
signal-refresh = renovaciones
signal-introspection = introspección del token
signal-userinfo = consulta a UserInfo
signal-frontchannel = cierre de sesión por el navegador (front-channel)
signal-backchannel = cierre de sesión por el servidor (back-channel)
signal-events = eventos de seguridad
signal-state-waiting = a la espera
signal-state-none = todavía sin señal
signal-state-works = funciona
signal-state-works-last = funciona, última señal { $ago }
signal-state-blocked = bloqueada: tu navegador oculta a esta pestaña la cookie del proveedor
signal-state-closed = cerrada o suspendida
signal-state-unclear = dudoso: el proveedor no dice quién ha iniciado sesión
signal-state-failed = falló
signal-state-failed-code = falló: { $code }
signal-state-not_offered = el proveedor no lo ofrece

## What the provider says about the user

claims-title = Lo que dice { $provider } de ti
claims-none = El proveedor no envió ningún dato.
claims-none-mapped = El proveedor no envió ninguno de los datos que nombra esta cuenta.
claims-from-sign-in = De tu inicio de sesión.
claims-read = Leído { $ago }.
claims-mapped = Los nombres se definen en esta cuenta.
claim-yes = sí
claim-no = no
claim-empty = vacío
claim-time-ago = { $time } ({ $ago })

## The question whether to keep the session

question-expires = Tu sesión en **{ $provider }** caducará en **{ $time }**.
question-expires-account = Tu sesión en **{ $provider }** ({ $account }) caducará en **{ $time }**.
question-expires-seconds = Tu sesión en **{ $provider }** caducará en **{ $n }** { $n ->
    [one] segundo
   *[other] segundos
}.
question-expires-seconds-account = Tu sesión en **{ $provider }** ({ $account }) caducará en **{ $n }** { $n ->
    [one] segundo
   *[other] segundos
}.
question-cannot = No se puede prolongar.
question-yes = Sí, mantenerla
question-yes-of = Sí, mantenerla: { $account }
question-yes-all = Sí, mantenerlas todas
question-yes-some = Sí, mantener todas las que se pueda
question-no = No, cerrar sesión
question-no-of = No, cerrar sesión: { $account }
question-ok-of = Aceptar: { $account }
question-why-not = No se puede prolongar: { $why }
question-reason-idle = Hace un rato que nada la usa. Si respondes que sí, se prolonga { $until }; cada uso la prolonga más.
question-reason-idle-minutes = Hace { $minutes ->
    [one] { $minutes } minuto
   *[other] { $minutes } minutos
} que nada la usa. Si respondes que sí, se prolonga { $until }; cada uso la prolonga más.
question-reason-absolute = La sesión está cerca de su duración máxima. Si respondes que sí, se prolonga { $until }.
question-reason-access_token = El token de acceso está a punto de caducar. Si respondes que sí, la sesión se prolonga { $until }.
question-reason-provider = El límite del proveedor está cerca. Si respondes que sí, la sesión se prolonga { $until }.

## The page of the accounts, and the first start

accounts-demo = La demostración
accounts-own = ¿Tienes tu propio proveedor?
accounts-notes = Qué debes saber de la cuenta nueva

welcome = Te damos la bienvenida a Abide
welcome-what = Inicias sesión una vez, en tu navegador. Abide mantiene la sesión, muestra cuánto dura y da tokens a las aplicaciones que permites.
welcome-begin = ¿Cómo quieres empezar?
welcome-provider = Con tu proveedor
welcome-provider-hint = Elígelo de una lista y escribe uno o dos datos.
welcome-provider-go = Elegir proveedor
welcome-address = Con una dirección
welcome-address-hint = Tu administrador te dio la dirección de tu proveedor.
welcome-address-go = Escribir dirección
welcome-demo = Con la demostración
welcome-demo-hint = En este equipo hay un proveedor de demostración. Inicia sesión como **alice** con la contraseña **demo**.
welcome-demo-continue = Continúa en tu navegador. Inicia sesión como **alice** con la contraseña **demo**.
welcome-demo-go = Probar la demostración
welcome-close = Puedes cerrar esta ventana: Abide sigue funcionando. Para volver a abrirla, haz clic en el anillo de la bandeja o inicia Abide otra vez.
picture-sign-in = Iniciar
picture-app = Aplicación

## The page that adds an account

add-link = Un enlace te pide que añadas una cuenta en **{ $host }**.
add-link-hint = Cualquier página o mensaje puede contener un enlace así. Continúa solo si lo esperabas, por ejemplo, de tu administrador. No se añade nada hasta que elijas «Añadir e iniciar sesión».
add-choose = Elige tu proveedor
add-or-address = O escribe su dirección
add-enter-address = Escribe la dirección de tu proveedor
add-address = Dirección de tu proveedor
add-address-hint = La URL del emisor, o tu correo electrónico si su dominio indica el proveedor. Pregunta a tu administrador o consulta la documentación del proveedor.
add-address-missing = Escribe la dirección del proveedor, por ejemplo { $example }.
add-look-up = Buscar
add-looking = Buscando…
add-notes = Qué debes saber de este proveedor
add-form = ¿Qué forma tiene su dirección?
add-form-address = Dirección:
add-value-missing = Escribe un valor para «{ $name }».
add-enter = Escribe { $forms }.
add-enter-or = , o{ " " }
add-issuer = La URL del emisor.
add-found = Encontrado: { $provider }
add-developers = Para desarrolladores
add-client = ¿Cómo conoce el proveedor a Abide?
add-client-itself = Abide se registra automáticamente
add-client-itself-hint = No necesitas nada del proveedor.
add-client-given = Tengo un ID de cliente
add-client-given-hint = Abide ya está registrado allí.
add-token = Archivo con el token de acceso inicial
add-token-example = /home/tu-nombre/token.txt
add-token-hint = La ruta completa del archivo. El token te lo da el administrador del proveedor.
add-register = Registra Abide en el proveedor
add-register-how = Hazlo una vez, o pídeselo a tu administrador. Elige una aplicación **nativa** (o **de escritorio**, **pública**) y escribe:
add-redirect = URI de redirección
add-redirects = URI de redirección, todos
add-logout-redirect = URI de redirección tras cerrar sesión
add-logout-redirects = URI de redirección tras cerrar sesión, todos
add-client-id = ID de cliente
add-client-id-hint = El proveedor lo muestra después del registro.
add-client-missing = Escribe el ID de cliente que te dio el proveedor.
add-secret = El proveedor me dio un secreto de cliente
add-secret-file = Archivo con el secreto de cliente
add-secret-example = /home/tu-nombre/secreto.txt
add-secret-hint = Guarda el secreto en un archivo que solo tú puedas leer y escribe su ruta completa.
add-name = Nombre de la cuenta
add-name-hint = Un nombre corto para escribirlo en una terminal.
add-tested = Abide lo comprueba con el proveedor antes de guardar la cuenta.
add-not-tested = Este proveedor solo comprueba el ID de cliente al iniciar sesión. Si es incorrecto, se verá entonces.
add-and-sign-in = Añadir e iniciar sesión
add-testing = Comprobando…
add-another = Otro proveedor

name-empty = Da un nombre a la cuenta, por ejemplo «trabajo».
name-long = Usa como máximo { $most } caracteres.
name-letters = Usa solo minúsculas sin acento, cifras, «-» y «_».
name-taken = Ya hay una cuenta llamada «{ $name }». Elige otro nombre.

# The parts of an address that the user fills in.
blank-APPLICATION = Aplicación
blank-HOST = Servidor
blank-INSTANCE = Instancia
blank-ORG = Organización
blank-PROJECT = Proyecto
blank-REALM = Dominio (realm)
blank-REGION = Región
blank-SERVER-ID = ID del servidor
blank-TENANT = Inquilino (tenant)
blank-TENANT-ID = ID del inquilino (tenant)
blank-YOUR-DOMAIN = Tu dominio
blank-YOUR-GITLAB = Tu GitLab
blank-YOUR-ZITADEL = Tu ZITADEL

# What a provider offers, and what it does not.
offers-renewal = Renueva la sesión sin que inicies sesión otra vez.
offers-renewal-perhaps = Quizá renueve las sesiones. Abide se lo pide.
lacks-renewal = No renueva las sesiones. Inicias sesión de nuevo cuando caduca el token.
offers-logout = Al cerrar sesión, también se puede terminar la sesión en el proveedor.
lacks-logout = Al cerrar sesión, solo termina la sesión en Abide. En el proveedor sigue iniciada.
offers-revocation = Los tokens dejan de valer cuando cierras sesión.
lacks-revocation = Los tokens valen hasta que caducan. Abide los borra cuando cierras sesión.
offers-tab = Una pestaña de tu navegador puede ver si cierras la sesión en el proveedor.
offers-notices = Puede avisar a Abide cuando cierras la sesión en el proveedor. Hay que configurarlo.
lacks-notices = Si cierras la sesión en el proveedor, Abide lo sabe en la siguiente renovación.
offers-device = Inicio de sesión en otro dispositivo: puedes iniciar sesión en tu teléfono.
lacks-device = Sin inicio de sesión en otro dispositivo: hace falta un navegador en este equipo.
offers-par = Solicitudes de autorización enviadas antes (PAR): nada de la solicitud pasa por el navegador.
lacks-par = Sin solicitudes de autorización enviadas antes (PAR): el navegador lleva la solicitud.
offers-dpop = DPoP: los tokens se pueden ligar a este equipo. Actívalo en la configuración.
lacks-dpop = Sin DPoP: quien tenga un token puede usarlo.
offers-registration = Registro: Abide puede registrarse automáticamente.
lacks-registration = Sin registro: tienes que registrar Abide.

## The page of the settings

settings-language = Idioma
settings-language-system = El del sistema
settings-updates = Versiones nuevas
settings-updates-off = No buscarlas
settings-updates-notify = Avisarme
settings-updates-install = Instalarlas
settings-updates-what = Una vez al día, Abide pregunta a { $server } cuál es la versión más reciente. Ese servidor ve la dirección de tu red y nada más sobre ti.
settings-updates-package = Tu sistema instala las versiones nuevas de este paquete. Abide solo te avisa de que hay una.
settings-updates-none = Esta compilación de Abide no busca versiones nuevas.
settings-updates-newer = La versión { $version } está disponible.
settings-updates-unreachable = No se pudo contactar con el servidor o no respondió como se esperaba. Abide lo intentará de nuevo mañana.
settings-updates-not_signed = La respuesta del servidor no está firmada por los autores de Abide. No se ha instalado nada.
settings-updates-damaged = La versión nueva llegó dañada. No se ha instalado nada.
settings-updates-would_not_start = La versión nueva no se iniciaría en este equipo. No se ha instalado nada.
settings-updates-not_written = El archivo de Abide no se puede sustituir en su carpeta. No se ha instalado nada.
settings-no-account = Todavía no hay ninguna cuenta. Cada cuenta tiene sus ajustes.
settings-account = Cuenta «{ $account }» en { $provider }
settings-advice = { $provider } termina su sesión antes de que acabe tu tiempo de inactividad.
settings-take-advice = Cambiarlo a { $time }
settings-limits = Cuánto dura la sesión
settings-activity = Qué cuenta como uso
settings-on_lock = Cuando se bloquea la pantalla
settings-provider = Tu proveedor
settings-watch = Cómo sabe Abide que ha terminado la sesión del proveedor
settings-watch-hint = Cada renovación lo muestra. Entre renovaciones:
settings-save = Guardar
settings-saving = Guardando…
settings-saved = Guardado. Los ajustes ya se aplican.
settings-not-a-duration = Esto no es una duración. Escríbela así: 15 min o 1 h 30 min.

setting-end_after = Cerrar sesión después de
setting-end_after-hint = Si ninguna aplicación usa la sesión durante este tiempo, se cierra. Predeterminado: 15 min.
setting-warn_after = Preguntar «¿Mantener la sesión?» después de
setting-warn_after-hint = Si ninguna aplicación usa la sesión durante este tiempo, Abide pregunta si quieres mantenerla. Predeterminado: 12 min.
setting-absolute = Duración máxima
setting-absolute-hint = Pasado este tiempo hay que iniciar sesión de nuevo, aunque la sesión se esté usando. Predeterminado: 12 h.
setting-poll = Comprobar el proveedor cada
setting-poll-hint = Cada cuánto comprueban la pestaña y Abide. El mínimo son dos segundos. Predeterminado: 1 min.
setting-activity-requests = Una aplicación pide un token
setting-activity-requests-hint = La opción predeterminada, para la mayoría: mientras tus aplicaciones trabajan, la sesión sigue iniciada. Pero una aplicación que pide un token cada pocos minutos la mantiene aunque ya te hayas ido.
setting-activity-input = Usas el teclado o el ratón
setting-activity-input-hint = Para equipos compartidos y cuando las normas exigen tu presencia: las aplicaciones por sí solas no prolongan la sesión. Abide sabe cuándo los usaste, no qué escribiste.
setting-activity-both = Cualquiera de los dos
setting-activity-both-hint = Para tareas largas junto a tu propio trabajo: cuenta lo más reciente.
setting-on_lock-freeze = Las aplicaciones no reciben tokens hasta que la desbloquees
setting-on_lock-freeze-hint = La opción predeterminada, para la mayoría. El tiempo sigue corriendo. Una tarea que necesita un token tiene que intentarlo más tarde.
setting-on_lock-keep = No cambia nada
setting-on_lock-keep-hint = Para tareas que se ejecutan mientras no estás: siguen recibiendo tokens.
setting-on_lock-end = Se cierra la sesión
setting-on_lock-end-hint = Para equipos compartidos y normas estrictas: inicias sesión de nuevo después de cada pausa.
setting-remind = Avisarme antes de llegar a la duración máxima
setting-remind-hint = Cuando han pasado tres cuartas partes del tiempo, como muy pronto un día antes del final. Puedes iniciar sesión de nuevo en ese momento: la sesión dura hasta que empieza la nueva.
setting-remind_provider = Avisarme antes de un final fijo del proveedor
setting-remind_provider-hint = Lo mismo para un final que ha puesto el proveedor y que nada prolonga.
setting-claims = Actualizar lo que dice de ti el proveedor
setting-claims-hint = Abide lo lee al iniciar sesión y en cada renovación, si el proveedor lo ofrece. Predeterminado: activado.
setting-provider_logout = Al cerrar sesión, cerrarla también en el proveedor
setting-provider_logout-hint = Tu navegador abre la página de cierre de sesión del proveedor, si la tiene. Responder No a la pregunta también es cerrar sesión. Predeterminado: desactivado.
setting-revoke = Revocar los tokens cuando termina la sesión
setting-revoke-hint = El proveedor deja entonces de aceptarlos. Si no se puede contactar con él, Abide lo intenta más tarde. Predeterminado: activado.

way-iframe = Una pestaña de tu navegador vigila
way-iframe-hint = La pestaña del inicio de sesión queda abierta y comprueba si la sesión sigue iniciada allí. Algunos navegadores lo impiden; entonces Abide lo muestra.
way-asks = Abide pregunta al proveedor con regularidad
way-asks-hint = Abide pregunta si tu token todavía vale. No hace falta un navegador, pero no todos los proveedores responden.
way-frontchannel = La página de cierre de sesión del proveedor avisa a Abide
way-frontchannel-hint = Cuando cierras la sesión allí, esa página llama a Abide en este equipo. La dirección tiene que estar registrada en el proveedor.
way-backchannel = El servidor del proveedor avisa a Abide
way-backchannel-hint = Necesita una dirección en la que pueda alcanzar este equipo.
way-events = Abide recoge eventos de seguridad
way-events-hint = Abide los recoge con regularidad de la dirección que está en la configuración.

refused-end_after_too_short = Escribe dos segundos como mínimo.
refused-warn_after_not_before_end = Escribe menos que en «{ $setting }», y más que cero.
refused-absolute_too_short = Escribe al menos lo mismo que en «{ $setting }».
refused-absolute_too_long = Escribe diez años o menos.
refused-poll_too_short = Escribe dos segundos como mínimo.

## The page of the tools: apps that ask for tokens

consent-request = **{ $who }** quiere usar tu acceso a { $provider }.
consent-request-targets = **{ $who }** quiere usar { $targets } en tu nombre.
ask-span = Cuánto tiempo vale tu respuesta
ask-less = Permitir menos
ask-targets = Para estas API
ask-scopes = Qué podrá hacer
ask-nothing = Elige al menos una opción, o deniega.
ask-others = { $n ->
    [one] La misma respuesta para su otra pregunta
   *[other] La misma respuesta para sus otras { $n } preguntas
}
ask-asked = Preguntó { $ago }.
ask-closed = La aplicación ya no espera una respuesta.

tools-asked = { $n ->
    [one] { $n } aplicación espera tu respuesta
   *[other] { $n } aplicaciones esperan tu respuesta
}
tools-now = Ahora mismo
tools-kept = Hasta que lo revoques
tools-allowed = Permitido
tools-denied = Denegado
tools-stop = Detener
tools-stop-of = Detener: { $program }
tools-stopped = { $program }: detenido.
tools-remove-of = Quitar: { $program }
tools-revoke = Revocar
tools-revoke-of = Revocar: { $program }
tools-revoked = { $program } no recibirá tokens hasta que lo permitas de nuevo.
tools-may-ask = { $program } puede volver a preguntar.
tools-undo = Deshacer
tools-key = Clave de cliente
tools-chart-of = { $chart }: mostrar la actividad de { $program }
tools-policy = Lo que ha fijado tu administrador
tools-policy-hint = Solo tu administrador puede cambiarlo.
tools-empty = Ninguna aplicación ha preguntado todavía
tools-empty-hint = Cuando una aplicación pide un token, Abide te pregunta antes. Tus respuestas aparecen aquí, y puedes anularlas.
tools-try = Pruébalo en una terminal:
tools-connect = Conectar otra aplicación

recipe-curl = Enviar una solicitud con un token:
recipe-run = Iniciar un programa con el token en `ABIDE_TOKEN`:
recipe-program = Permitir un programa sin que Abide pregunte:
recipe-key = Crear una clave para un programa en un contenedor:

# How long an answer holds that ends by itself.
span-ends-once = Para una solicitud
span-ends-run = Hasta que termine { $program }
span-ends-terminal = Hasta que se cierre la terminal
span-ends-agent = Para todo lo que inicie { $program }
span-ends-session = Hasta que se cierre la sesión
span-ends-script = Durante 30 días
span-ends-always = Hasta que lo revoques

grant-tokens = { $n ->
    [one] { $n } token entregado
   *[other] { $n } tokens entregados
}
grant-no-tokens = Todavía ningún token
grant-target-account = { $target } ({ $account })
# { $count } is one of the two above.
grant-gets = { $count } para { $target }.
grant-gets-used = { $count } para { $target }, el último { $ago }.
grant-denies = No recibe tokens para { $target }.
grant-allows = Recibe tokens para { $target }.
grant-allows-with = Recibe tokens para { $target }, con { $account }.
# After "for", then after "with".
grant-every-account = todas las cuentas
grant-account = la cuenta { $account }
grant-with-every-account = cualquier cuenta
grant-with-account = la cuenta { $account }
grant-may = Puede { $scopes }.
grant-label = Dice que es: { $labels }.
grant-until = { $span }.
grant-until-most = { $span }, { $time } como máximo.
grant-allowed-since = Permitido { $at }.
grant-denied-since = Denegado { $at }.
grant-ends = Termina { $at }.
grant-ends-now = Termina ahora.
grant-unused = Sin usar todavía.
grant-used = { $count }, el último { $ago }.
grant-chart = { $count } en { $days ->
    [one] el último día
   *[other] los últimos { $days } días
}

## The page of the activity: the record

kind-tokens = Entregas de tokens
kind-refusals = Rechazos
kind-sessions = Inicios de sesión y sesiones
kind-questions = Preguntas
kind-changes = Cambios
kind-abide = El propio Abide

activity-search = Buscar en todos los días
activity-what = Qué
activity-everything = Todo
activity-all-accounts = Todas las cuentas
activity-day-before = El día anterior
activity-day-after = El día siguiente
activity-not-found = No se encontró nada para «{ $words }».
activity-nothing = Este día no se registró nada.
activity-nothing-of-kind = Este día no se registró nada de este tipo.
activity-unread = { $n ->
    [one] No se muestra { $n } línea, porque se cambió después de que Abide la escribiera.
   *[other] No se muestran { $n } líneas, porque se cambiaron después de que Abide las escribiera.
} Verifica el registro.
activity-earlier = Mostrar líneas anteriores
activity-further = Buscar más atrás
activity-reached = Se ha buscado hasta: { $when }.

record = El registro
record-hint = Se queda en este equipo, solo tú puedes leerlo y no contiene tokens. Cada línea está ligada a la anterior.
record-verify = Verificar
record-verifying = Verificando…
record-export = Exportar
record-exporting = Exportando…
record-saved = { $n ->
    [one] Se guardó { $n } línea
   *[other] Se guardaron { $n } líneas
} en `{ $file }`.
record-unread = { $n ->
    [one] Se omitió { $n } línea, porque se cambió después de que Abide la escribiera.
   *[other] Se omitieron { $n } líneas, porque se cambiaron después de que Abide las escribiera.
}
record-missing = { $n ->
    [one] No se pudo registrar { $n } evento.
   *[other] No se pudieron registrar { $n } eventos.
}
record-more = { $n ->
    [one] Hay { $n } problema más
   *[other] Hay { $n } problemas más
}: ejecuta `abide audit verify`.

verdict-empty = Todavía no hay nada registrado.
verdict-ok = El registro está como lo escribió Abide: líneas { $first } a { $last }.
verdict-bad = El registro no está como lo escribió Abide.

finding-line_changed = La línea { $line } se cambió.
finding-not_a_line = { $file }, línea { $line } del archivo: no es una línea del registro.
finding-line_missing = Falta la línea { $line }.
finding-lines_missing = Faltan las líneas { $line } a { $to }.
finding-out_of_order = La línea { $line } está en un lugar equivocado.
finding-not_linked = La línea { $line } no corresponde a la anterior.
finding-not_as_sealed = La línea { $line } no es la que escribió Abide.
finding-wrong_file = { $file }: el archivo no empieza con la línea que indica su nombre.
finding-broken_at_start = Abide encontró (línea { $line }) que el registro no estaba como lo había dejado.
finding-unknown = Hay otro problema.

# Who asked, if it has no name: as the subject of a sentence, after "of", as the object.
caller-app-subject = Una aplicación
caller-app-of = una aplicación
caller-app-object = una aplicación
caller-command-subject = El comando abide
caller-command-of = el comando abide
caller-command-object = el comando abide
caller-unknown-subject = Una aplicación desconocida
caller-unknown-of = una aplicación desconocida
caller-unknown-object = una aplicación desconocida

event-token_served = { $caller } recibió un token
event-token_refused = { $caller } no recibió ningún token
event-claims_served = { $caller } leyó lo que dice de ti el proveedor
event-request_refused = Se rechazó una solicitud: { $caller }
event-sign_in_begun = Comenzó un inicio de sesión
event-sign_in_failed = Falló el inicio de sesión
event-sign_in_code_caught = Se interceptó un código de inicio de sesión que Abide no había pedido
event-session_began = Sesión iniciada
event-session_began-as = Sesión iniciada como { $user }
event-session_refreshed = Tokens renovados
event-session_refresh_failed = Falló la renovación
event-session_ended = Terminó la sesión
event-session_kept = Sesión prolongada
event-question_asked = Se mostró «¿Mantener la sesión?»
event-question_answered-yes = Respondiste que sí a «¿Mantener la sesión?»
event-question_answered-no = Respondiste que no a «¿Mantener la sesión?»
event-question_withdrawn = «¿Mantener la sesión?» se cerró sola
event-grant_given = Se permitió { $client }
event-grant_given-unnamed = Se permitió un cliente
event-grant_revoked = Se revocó { $client }
event-grant_revoked-unnamed = Se revocó un cliente
event-consent_allowed = Permitiste el acceso: { $caller }
event-consent_denied = Denegaste el acceso: { $caller }
event-account_added = Cuenta añadida
event-account_removed = Cuenta quitada
event-settings_changed = Ajustes cambiados
event-config_reloaded = Se leyeron de nuevo los ajustes
event-config_refused = Se rechazaron los ajustes cambiados
event-agent_started = Se inició Abide
event-agent_started-version = Se inició Abide { $version }
event-agent_stopped = Se detuvo Abide
event-record_rotated = Comenzó un archivo nuevo del registro
event-record_resumed = Se cortó una línea escrita a medias
event-record_broken = El registro no estaba como lo había dejado Abide
event-unknown = Un evento de una versión más nueva de Abide

line-times = { $n ->
    [one] { $n } vez
   *[other] { $n } veces
}
line-times-until = { $n ->
    [one] { $n } vez
   *[other] { $n } veces
} hasta las { $time }
line-missing = { $n ->
    [one] falta { $n } evento anterior
   *[other] faltan { $n } eventos anteriores
}
line-span-once = una vez
line-span-run = hasta que termine
line-span-terminal = en su terminal
line-span-agent = todo lo que inicie el agente
line-span-session = hasta que se cierre la sesión
line-span-script = este script, 30 días
line-span-always = siempre

fact-time = Hora
fact-account = Cuenta
fact-user = Usuario
fact-program = Programa
fact-started-by = Iniciado por
fact-label = Dice que es
fact-client = Cliente
fact-api = API de destino
fact-scopes = Ámbitos
fact-reason = Motivo
fact-about = Sobre
fact-event = Evento
fact-line = Línea
row-account = Mostrar la cuenta
row-app = Todo sobre esta aplicación
row-tools = Qué pueden hacer las aplicaciones

plot-served = { $n ->
    [one] { $n } solicitud atendida
   *[other] { $n } solicitudes atendidas
}
plot-served-brief = { $n ->
    [one] { $n } atendida
   *[other] { $n } atendidas
}
plot-refused = { $n ->
    [one] { $n } rechazada
   *[other] { $n } rechazadas
}
plot-renewed = { $n ->
    [one] { $n } renovación
   *[other] { $n } renovaciones
}
plot-ended = { $n ->
    [one] { $n } sesión terminada
   *[other] { $n } sesiones terminadas
}
plot-ended-brief = { $n ->
    [one] { $n } terminada
   *[other] { $n } terminadas
}
plot-counts = { $served }, { $refused }, { $renewed }, { $ended }
plot-aloud = { $counts }.
plot-busiest = La mayoría de las solicitudes, de { $from } a { $to }.

## The page that helps

help-checked = Comprobado.
help-no-problems = No se encontraron problemas
help-problems = { $n ->
    [one] Se encontró { $n } problema
   *[other] Se encontraron { $n } problemas
}
help-again = Comprobar de nuevo
help-copy = Copiar el informe
help-report = El informe
help-report-contains = Qué contiene el informe
help-report-hint = No contiene tokens, contraseñas ni nombres de usuarios.
help-terminal = En una terminal
help-same-checks = Las mismas comprobaciones:
help-all-commands = Todos los comandos:
help-about = Acerca de
help-licence = Abide. Con licencia MIT o Apache-2.0.
help-version = Abide { $version }. Con licencia MIT o Apache-2.0.

level-ok = Bien
level-warn = Aviso
level-fail = Problema

check-version = Versión { $version } en { $system }, en { $endpoint }.
check-vault = Sesiones guardadas
check-vault-keyring = Cifradas en el disco. La clave está en el llavero de tu sistema.
check-vault-passphrase = Cifradas en el disco con tu frase de contraseña.
check-vault-memory = Solo en la memoria. Después de reiniciar, inicias sesión de nuevo.
check-vault-advice = Desbloquea o instala un llavero, o define `mode` en [vault] en la configuración.
check-lock = Bloqueo de pantalla
check-lock-none = Abide no puede detectar el bloqueo de la pantalla. Los límites de tiempo siguen valiendo.
check-sleep = Suspensión
check-sleep-none = Abide no puede detectar la suspensión. Comprueba los límites de tiempo cuando el equipo despierta.
check-input = Teclado y ratón
check-input-none = Abide no puede detectar si usas este equipo. En su lugar, te pregunta.
check-detected = Lo detecta: { $sources }.
check-configuration = Configuración
check-configuration-ok = { $file }: no se encontraron problemas.
check-configuration-problems = { $file }: { $n ->
    [one] { $n } problema
   *[other] { $n } problemas
}.
check-configuration-line = { $message } (línea { $line })
check-clock = Reloj
check-clock-same = Igual que el reloj de { $provider }.
check-clock-ahead = El reloj de { $provider } va { $time } adelantado respecto al de este equipo.
check-clock-behind = El reloj de { $provider } va { $time } atrasado respecto al de este equipo.
check-clock-advice = Ajusta el reloj de este equipo de forma automática. Si va bien, avisa a los administradores del proveedor.
check-message = Mensaje

## The command palette

palette = Comandos
palette-command = Comando
palette-what = ¿Qué quieres hacer?
palette-none = No se encontró ningún comando.
command-sign-in = Iniciar sesión: { $account }
command-cancel-sign-in = Cancelar el inicio de sesión: { $account }
command-keep = Mantener la sesión: { $account }
command-sign-in-now = Iniciar sesión de nuevo ahora: { $account }
command-sign-out = Cerrar sesión: { $account }
command-settings = Ajustes: { $account }
command-up = Subir: { $account }
command-down = Bajar: { $account }
command-remove = Quitar: { $account }
command-undo-removal = No quitar: { $account }
command-stop = Detener: { $program } ({ $account }, número { $id })
command-tools = Herramientas: aplicaciones que pueden usar tus cuentas
command-activity = Actividad: lo que se ha registrado

## Errors by their code, as in docs/troubleshooting.md. In English the window shows what Abide says itself, with the details.

problem-action_required = El proveedor lo rechaza hasta que hagas algo. Tu sesión se mantiene. Revisa la cuenta, aquí y en el proveedor.
problem-browser_not_started = No se pudo abrir ningún navegador. Elige uno en la configuración, o inicia sesión con un código desde la terminal: `abide login --device`.
problem-callback_listener = Otro programa usa el puerto para la respuesta de tu navegador. Cierra ese programa e inicia sesión de nuevo.
problem-client_secret_file_unreadable = No se puede leer el archivo con el secreto de cliente. Comprueba su ruta y sus permisos.
problem-client_secret_missing = El proveedor pide un secreto de cliente. Indica el archivo que lo contiene.
problem-config_file = No se puede leer o escribir el archivo de configuración. Comprueba su propietario y sus permisos.
problem-config_form = El archivo de configuración tiene un error. Nada cambia hasta que se corrija. `abide config check` muestra la línea.
problem-config_missing = El archivo de configuración falta o está vacío. Nada cambia hasta que vuelva.
problem-config_not_trusted = Otros usuarios pueden cambiar el archivo de configuración o su carpeta. Corrige sus permisos.
problem-discovery_failed = No se encontró ningún proveedor en esta dirección. Comprueba la dirección.
problem-given_up = El inicio de sesión se canceló.
problem-http_setup_failed = Abide no pudo preparar una conexión de red. Reinicia Abide.
problem-id_token_expired = La respuesta del proveedor no concuerda con el reloj de este equipo. Comprueba el reloj.
problem-initial_token_file_unreadable = No se puede leer el archivo con el token de acceso inicial. Comprueba su ruta.
problem-initial_token_needed = El proveedor solo registra Abide con un token de acceso inicial. Pídeselo a su administrador.
problem-initial_token_refused = El proveedor rechazó el token de acceso inicial. Pide otro a su administrador.
problem-interaction_required = El proveedor pide que inicies sesión en el navegador. Inicia sesión de nuevo.
problem-invalid_account = Un valor de esta cuenta no se puede aceptar. Revisa lo que escribiste.
problem-invalid_client = El proveedor no conoce este ID de cliente, o su secreto es incorrecto. Compáralo con el registro.
problem-invalid_grant = El proveedor ya no acepta este inicio de sesión. Inicia sesión de nuevo.
problem-invalid_redirect_uri = El proveedor no permite este URI de redirección. Regístralo allí exactamente como se muestra.
problem-invalid_scope = El proveedor no permite lo que pide la cuenta. Revisa `scopes` en la configuración.
problem-issuer_insecure = La dirección empieza por http. Usa la que empieza por https.
problem-issuer_invalid = No es la dirección de un proveedor. Cópiala de la documentación del proveedor.
problem-issuer_mismatch = El proveedor indica otra dirección como suya. Cópiala exactamente de la documentación del proveedor; la barra final cuenta.
problem-keyring_unavailable = No hay ningún llavero en este equipo. Inicia uno, o usa una frase de contraseña.
problem-locked_by_policy = Tu administrador ha fijado este valor. Pregúntale si necesitas otro.
problem-login_required = No has iniciado sesión. Inicia sesión de nuevo.
problem-name_taken = Ya hay una cuenta con este nombre. Elige otro nombre.
problem-not_configured = Esta cuenta no está en el archivo de configuración y no tiene ajustes que cambiar.
problem-not_found = Esto ya no existe.
problem-provider_certificate_invalid = Este equipo no confía en el certificado del proveedor. Comprueba el reloj y pregunta a tu administrador.
problem-provider_name_unknown = No se encuentra el nombre del proveedor en la red. Comprueba tu conexión y la dirección. Abide lo intentará de nuevo.
problem-provider_rate_limited = El proveedor pide que haya menos solicitudes. Abide espera y lo intenta de nuevo.
problem-provider_redirected = El proveedor envió la solicitud a otro lugar. Quizá esta red pida que inicies sesión en ella.
problem-provider_refused = El proveedor lo rechazó. Pregunta a su administrador.
problem-provider_timeout = El proveedor no respondió a tiempo. Abide lo intentará de nuevo.
problem-provider_tls_failed = No se pudo establecer una conexión segura con el proveedor. Puede deberse a un proxy o a un cortafuegos.
problem-provider_unavailable = El proveedor tiene un problema propio. Abide lo intentará de nuevo.
problem-provider_unexpected_status = El proveedor dio una respuesta inesperada. Abide lo intentará de nuevo.
problem-provider_unreachable = No se puede contactar con el proveedor. Tu sesión se mantiene y Abide lo intentará de nuevo.
problem-proxy_failed = El proxy no se conectó con el proveedor. Revisa el proxy en la configuración.
problem-record_unreadable = El registro no se puede leer, o no se puede guardar una copia. Comprueba los permisos y el espacio del disco.
problem-refresh_token_missing = El proveedor no dio un token de renovación, así que la sesión no se puede renovar. Pide al proveedor acceso sin conexión.
problem-registration_not_offered = El proveedor no deja que Abide se registre automáticamente. Registra Abide allí.
problem-server_error = El proveedor tiene un problema propio. Inténtalo más tarde.
problem-session_expired = La sesión ha terminado. Inicia sesión de nuevo.
problem-sign_in_timed_out = El inicio de sesión no se completó a tiempo. Empieza de nuevo.
problem-temporarily_unavailable = Ahora mismo no es posible. Inténtalo más tarde.
problem-this_computer = Algo en este equipo lo impide: un archivo, el disco o el reloj. Tu sesión se mantiene.
problem-unauthorized_client = El proveedor no permite a Abide este tipo de inicio de sesión. Registra Abide como aplicación nativa.
problem-unknown_account = No hay ninguna cuenta con este nombre.
problem-unusable_answer = Abide no puede usar la respuesta del proveedor. Tu sesión se mantiene. Avisa al administrador del proveedor.
problem-vault_locked = El llavero está bloqueado. Desbloquéalo.
problem-vault_storage = No se pudieron guardar las sesiones. Comprueba el espacio del disco.

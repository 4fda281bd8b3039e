### Textos que comparten la ventana, la bandeja, los diálogos y las notificaciones.

## Actions

action-sign-in = Iniciar sesión
action-sign-in-again = Iniciar sesión de nuevo
action-remind-later = Recordármelo en 10 minutos
action-cancel-sign-in = Cancelar el inicio de sesión
action-sign-out = Cerrar sesión
action-keep-session = Mantener la sesión
action-allow = Permitir
action-deny = Denegar
action-cancel = Cancelar
action-ok = Aceptar

## Durations: a number with its unit, and two of them

time-seconds = { $n } s
time-minutes = { $n } min
time-hours = { $n } h
time-days = { $n } d
time-pair = { $first } { $second }

## Why a session ended: the rest of a sentence after "Signed out: "

ended-user_logout = cerraste la sesión
ended-idle_timeout = no hubo respuesta a «¿Mantener la sesión?»
ended-absolute_timeout = la sesión llegó a su duración máxima
ended-provider_timeout = se alcanzó el límite de tiempo que pone el proveedor
ended-access_token_expired = el token de acceso caducó y el proveedor no dio un token de renovación
ended-declined = respondiste que no a «¿Mantener la sesión?»
ended-provider_logout = el proveedor terminó su sesión
ended-refresh_rejected = el proveedor ya no acepta esta sesión
ended-answer_refused = la respuesta del proveedor a una renovación no es de confianza
ended-screen_locked = se bloqueó la pantalla
ended-account_removed = la cuenta se quitó de la configuración o se sustituyó por otra

# { $reason } is one of the texts above, { $how } one of those below.
ended-how = { $reason } ({ $how })
ended-by-iframe = se vio en tu navegador
ended-by-refresh = rechazó una renovación
ended-by-introspection = lo mostró la introspección del token
ended-by-userinfo = lo mostró una consulta a UserInfo
ended-by-frontchannel = su página en tu navegador avisó a Abide
ended-by-backchannel = envió un aviso de cierre de sesión
ended-by-events = envió un evento de seguridad

## The provider's session after the end of the one in Abide

provider-end-pending = Todavía no se pudo avisar a { $provider }. Abide lo intentará de nuevo.
provider-end-local_only = La sesión solo está cerrada en Abide. No se avisó a { $provider }.
provider-end-ended = { $provider } ya no acepta esta sesión.
provider-end-goes_on = La sesión en Abide está cerrada, pero { $provider } todavía acepta los tokens anteriores.
provider-end-unchecked = Se avisó a { $provider }. Abide no pudo comprobar si terminó la sesión.
provider-end-shared = Otra cuenta usa la misma sesión en { $provider }, así que sus tokens no se revocaron.

## The provider's sign-out page: a sentence after one of those above, or in its place

sign-out-page-not_offered = No tiene página de cierre de sesión, así que quizá tu navegador siga con la sesión iniciada allí.
sign-out-page-not_opened = No se pudo abrir su página de cierre de sesión, así que quizá tu navegador siga con la sesión iniciada allí.
sign-out-page-open = Tu navegador no ha vuelto de su página de cierre de sesión.
sign-out-page-complete = Termina de cerrar la sesión en { $provider } en tu navegador.
sign-out-page-still-accepts = Tu navegador volvió de la página de cierre de sesión de { $provider }, que acepta los tokens anteriores hasta que caduquen.
sign-out-page-not-checked = Tu navegador volvió de la página de cierre de sesión de { $provider }. Abide no pudo comprobar si los tokens anteriores todavía funcionan.

## Limits of a session

limit-idle = inactividad
limit-absolute = duración máxima
limit-provider = límite del proveedor
limit-provider-declared = límite del proveedor: { $source }
limit-access_token = token de acceso

# Why a session cannot be extended: the rest of a sentence after "It cannot be extended: ".
cannot-be-kept-idle = nada la ha usado.
cannot-be-kept-absolute = llega a su duración máxima. Después, inicia sesión de nuevo.
cannot-be-kept-provider = el límite de tiempo del proveedor no se puede mover. Después, inicia sesión de nuevo.
cannot-be-kept-access_token = el proveedor no dio un token de renovación. Después, inicia sesión de nuevo.

## The question whether to keep the session

question-title-one = Tu sesión caducará pronto
question-title-more = Tus sesiones caducarán pronto
question-keep = ¿Quieres mantener la sesión?

## The question about an app: who asks, and for what

consent-who-terminal = Una de tus terminales
consent-who-forwarder = Un programa que pasa por { $program }
consent-who-script = { $program } con { $script }
consent-who-background = { $program }, en segundo plano,

consent-because-account-changed = Esta cuenta tenía otro proveedor o cliente cuando lo permitiste.
consent-because-changed = Su archivo ha cambiado desde que lo permitiste.
consent-because-wider = Pide más de lo que has permitido.
consent-kind-forwarder = Este programa transmite solicitudes de otros programas. Abide no sabe cuál de ellos pregunta.
consent-kind-background = Lo inició el sistema. Abide no sabe a qué programa pertenece.
consent-kind-unknown = Abide no puede averiguar qué programa es.
consent-signs-in = Tendrías que iniciar sesión de nuevo, con un método más seguro.

# What is known of the program: names of values.
consent-account = Cuenta
consent-runs = Dice que ejecuta
consent-terminal = Terminal
consent-started-by = Iniciado por
consent-program = Programa
consent-label = Dice que es
consent-may = Entonces podrá
consent-why = Su motivo

# Between the programs that started it, the nearest first.
consent-started-by-next = , por{ " " }
consent-quoted = «{ $text }»

# How many requests wait for the answer: more than one.
consent-waiting = { $n ->
    [one] { $n } solicitud espera esta respuesta.
   *[other] { $n } solicitudes esperan esta respuesta.
}

## How long an answer about an app holds

span-once = Solo esta vez
span-run = Hasta que termine este { $program }
span-terminal = Todo lo de esta terminal
span-agent = Todo lo que inicie { $agent }
span-agent-unknown = Todo lo que inicie el agente
span-session = Hasta que se cierre la sesión
span-script = Este script tal como está ahora, 30 días
span-always = Siempre, este programa tal como está ahora

until-label = Termina a más tardar
until-session = Cuando se cierre la sesión
until-1h = Dentro de 1 hora
until-8h = Dentro de 8 horas
until-30d = Dentro de 30 días
until-revoked = Cuando lo revoques

## What an app may do with a scope: the rest of a sentence after "It may "

scope-openid = saber quién eres
scope-profile = ver tu nombre
scope-email = ver tu correo electrónico
scope-phone = ver tu número de teléfono
scope-address = ver tu dirección
scope-offline_access = mantener la sesión iniciada
scope-groups = ver tus grupos

## What the surroundings of an app call it

label-flatpak = Flatpak { $name }
label-snap = snap { $name }
label-desktop_entry = aplicación { $name }
label-package = paquete { $name }
label-coding_agent = iniciado por { $name }
label-unit = unidad { $name }
label-cgroup = cgroup { $name }

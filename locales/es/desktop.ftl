### La bandeja, los diálogos y las notificaciones. Lo que también dice la ventana está en common.ftl.

## Tray: the state of an account, in its tooltip and at the top of its menu

tray-tooltip-line = { $account }: { $state }
tray-tooltip-empty = Todavía no hay ninguna cuenta
tray-frozen = en pausa, la pantalla está bloqueada
tray-left = termina en { $time }
tray-left-declared = termina en { $time }, por el límite del proveedor ({ $source })
tray-signed-in = sesión iniciada
tray-waiting = te espera en el navegador
tray-removing = se quitará en unos segundos
tray-not-signed-in = sin sesión
tray-signed-out = sesión cerrada
# $reason is one of the texts ended-… in common.ftl.
tray-signed-out-because = sesión cerrada: { $reason }
tray-needs-attention = requiere atención

## Tray: the menu

tray-sign-in-to = Iniciar sesión en { $account }
tray-watch-again = Vigilar de nuevo en el navegador
# Ends what a program was allowed.
tray-stop = Detener { $program }
tray-stop-for = Detener { $program } ({ $account })
tray-copy-command = Copiar comando
tray-open = Abrir Abide
tray-settings = Ajustes
tray-quit = Salir

## The question “Keep session?”. An underscore stands before the letter that presses a button.

# $count is the number $seconds as it is shown, because it is drawn in another way.
question-one = { $seconds ->
    [one] Tu sesión en { $provider } caducará en { $count } segundo. ¿Quieres mantenerla?
   *[other] Tu sesión en { $provider } caducará en { $count } segundos. ¿Quieres mantenerla?
}
question-one-fixed = { $seconds ->
    [one] Tu sesión en { $provider } caducará en { $count } segundo.
   *[other] Tu sesión en { $provider } caducará en { $count } segundos.
}
question-many = Estas sesiones caducarán pronto. ¿Quieres mantenerlas?
question-many-fixed = Estas sesiones caducarán pronto. No se pueden prolongar.
question-note-idle = Hace un rato que nada usa la sesión «{ $account }». Si respondes que sí, se prolonga hasta las { $until }.
question-note-longest = La sesión «{ $account }» está cerca de su duración máxima. Si respondes que sí, se prolonga como mucho hasta las { $until }.
question-note-provider = El proveedor termina la sesión «{ $account }» si no se usa. Si respondes que sí, se prolonga hasta las { $until }.
# $reason is one of the texts cannot-be-kept-… in common.ftl.
question-note-fixed = La sesión «{ $account }» no se puede prolongar: { $reason }
question-note-many-fixed = Después, inicia sesión de nuevo.
question-note-all = Con «Sí» se prolongan todas y con «No» se cierran todas. En el menú de la bandeja puedes elegir una por una.
question-note-some = Con «Sí» se prolongan las que se pueden prolongar y con «No» se cierran todas. En el menú de la bandeja puedes elegir una por una.
question-line-extended = prolongada
question-line-ended = terminada
question-line-fixed = { $time }, no se puede prolongar
# For a screen reader.
question-line-aloud = { $account }, { $provider }: { $state }.
question-continues = { $count ->
    [one] Tu sesión continúa.
   *[other] Tus sesiones continúan.
}
question-ended = { $count ->
    [one] Tu sesión ha terminado.
   *[other] Tus sesiones han terminado.
}
question-answered = Todas las preguntas están respondidas.
question-yes = _Sí
question-yes-means = { $count ->
    [one] Sí, mantener la sesión
   *[other] Sí, mantenerlas todas
}
question-no = _No
question-no-means = { $count ->
    [one] No, cerrar sesión
   *[other] No, cerrarlas todas
}
question-ok = _Aceptar
question-ok-means = Entendido
question-ring = Un anillo: el tiempo que queda

## The consent dialog: may this program use the account? $kind is what asks.

consent-title = { $kind ->
    [terminal] Una de tus terminales pide acceso
    [forwarder] Un programa que pasa por { $program } pide acceso
    [script] { $program } con { $script } pide acceso
    [background] { $program }, en segundo plano, pide acceso
   *[program] { $program } pide acceso
}
consent-access = { $kind ->
    [terminal] Una de tus terminales quiere usar tu acceso a { $provider }.
    [forwarder] Un programa que pasa por { $program } quiere usar tu acceso a { $provider }.
    [script] { $program } con { $script } quiere usar tu acceso a { $provider }.
    [background] { $program }, en segundo plano, quiere usar tu acceso a { $provider }.
   *[program] { $program } quiere usar tu acceso a { $provider }.
}
consent-target-access = { $kind ->
    [terminal] Una de tus terminales quiere usar { $targets } en tu nombre.
    [forwarder] Un programa que pasa por { $program } quiere usar { $targets } en tu nombre.
    [script] { $program } con { $script } quiere usar { $targets } en tu nombre.
    [background] { $program }, en segundo plano, quiere usar { $targets } en tu nombre.
   *[program] { $program } quiere usar { $targets } en tu nombre.
}
consent-targets-and = { $before } y { $last }
# A program, and the one that started it.
consent-started-by-chain = { $program }, por { $starter }
# For a screen reader.
consent-fact-aloud = { $label }: { $value }.
consent-span-title = Por cuánto tiempo
consent-targets-title = Para estas API
consent-less = Para permitir menos, o por menos tiempo, responde con `abide approve` o en la ventana.
consent-also-title = También pide
consent-also-api = { $targets } ({ $account })
consent-also-access = Tu acceso a { $provider } ({ $account })
consent-also-scopes = { $what }: { $scopes }
consent-also-all = Tu respuesta vale para todo.
consent-others = { $count ->
    [one] Después viene otra pregunta.
   *[other] Después vienen { $count } preguntas más.
}
consent-explanation-title = ¿Por qué se me pregunta?
consent-explanation = { $because ->
    [new] No has permitido que este programa use esta cuenta. Con un token, un programa puede actuar en tu nombre hasta que el token caduque. Aquí solo permites lo que ves.
    [changed] Has permitido otra versión de este programa. Con un token, un programa puede actuar en tu nombre hasta que el token caduque. Aquí solo permites lo que ves.
    [wider] Has permitido a este programa menos de lo que pide ahora. Con un token, un programa puede actuar en tu nombre hasta que el token caduque. Aquí solo permites lo que ves.
    [account_changed] Has permitido a este programa otra cuenta con este nombre, en otro proveedor o con otro cliente. Con un token, un programa puede actuar en tu nombre hasta que el token caduque. Aquí solo permites lo que ves.
   *[ended] Lo que habías permitido a este programa ha terminado. Con un token, un programa puede actuar en tu nombre hasta que el token caduque. Aquí solo permites lo que ves.
}
consent-explanation-digest = SHA-256 de su archivo: { $digest }.
consent-allow = _Permitir
consent-allow-means = Este programa recibe un token
consent-allow-once = Permitir solo esta vez
# $span is one of the texts span-… in common.ftl.
consent-allow-longer = Permitir: { $span }
consent-deny = _Denegar
consent-deny-means = Este programa no recibe ningún token

## Notifications

notice-signed-in = Has iniciado sesión
notice-signed-in-body = { $user } en { $provider }. Abide te preguntará antes de que la sesión termine.
notice-sign-in-failed = No se pudo iniciar sesión en { $provider }
notice-keep = { $count ->
    [one] ¿Mantener la sesión?
   *[other] ¿Mantener las sesiones?
}
notice-keep-body = Tu sesión en { $provider } termina en { $time }. ¿Quieres mantenerla?
notice-ends-soon = { $count ->
    [one] Tu sesión termina pronto
   *[other] Tus sesiones terminan pronto
}
# $reason is one of the texts cannot-be-kept-… in common.ftl.
notice-ends-soon-body = Tu sesión en { $provider } termina en { $time }: { $reason }
# A line for each of several sessions.
notice-question-line = { $account } · { $provider } termina en { $time }.
notice-question-line-fixed = { $account } · { $provider } termina en { $time } en cualquier caso.
notice-choice-keep = { $count ->
    [one] Mantener
   *[other] Mantener todas
}
notice-choice-sign-out-of-all = Cerrar todas
notice-reminder = { $count ->
    [one] Tu sesión terminará
   *[other] Tus sesiones terminarán
}
notice-reminder-longest = «{ $account }» en { $provider } llega a su duración máxima en { $time }. Inicia sesión de nuevo ahora para seguir sin interrupciones.
notice-reminder-provider = { $provider } termina la sesión «{ $account }» en { $time }. Inicia sesión de nuevo ahora para seguir sin interrupciones.
notice-remind-at = Recordármelo a las { $time }
notice-step-up = { $program } necesita un inicio de sesión más seguro
notice-step-up-body = Inicia sesión de nuevo en { $provider }, en tu navegador. Tu sesión continúa en cualquier caso.
notice-sign-in-again-body = { $provider } no da tokens nuevos. Inicia sesión de nuevo en { $provider } para que tus aplicaciones reciban tokens nuevos. Tu sesión se mantiene.
# $error is a sentence in English.
notice-sign-in-again-why = { $error } Inicia sesión de nuevo en { $provider } para que tus aplicaciones reciban tokens nuevos. Tu sesión se mantiene.
notice-code-caught = Este inicio de sesión no lo comenzó Abide
notice-code-caught-body = Tu navegador entregó a Abide un código de un inicio de sesión que comenzó otro programa u otra persona. Abide no ha entregado nada. No des a nadie la dirección de esa página.
notice-newer = La versión { $version } de Abide está disponible
notice-newer-body = Instálala como instalaste esta versión.
notice-continues = Tu sesión continúa
notice-you-are-back = Has vuelto: tu sesión en { $provider } continúa.
notice-app-has-used-it = Una aplicación acaba de usar tu sesión en { $provider }.
notice-old-tokens = Los tokens anteriores todavía funcionan
notice-abide-only = La sesión solo está cerrada en Abide
notice-abide-only-body = La sesión en Abide está cerrada, pero { $provider } todavía acepta los tokens anteriores. Ciérrala también allí si otras personas usan este equipo.
notice-ended = Se ha cerrado la sesión
# $reason is one of the texts ended-… in common.ftl.
notice-ended-body = Tu sesión en { $provider } ha terminado: { $reason }. Elige «Iniciar sesión» cuando la necesites de nuevo.
notice-account-removed = Tu sesión en { $provider } ha terminado: { $reason }.
notice-no-tray = Abide no puede mostrar su icono en la bandeja
notice-no-tray-body = Este escritorio no muestra iconos en la bandeja, así que Abide ha abierto su ventana. Las preguntas y los avisos siguen apareciendo.
# The text below it is an error in English.
notice-refused = Abide no pudo hacerlo

## A link that asks for something that no link can ask for.

link-refused = Este enlace no se puede usar
link-refused-body = El enlace está incompleto o pide algo que un enlace no puede pedir. No se ha añadido nada. Pregunta a la persona que te dio el enlace.

## The dialog when Abide cannot start. An $error is in English.

start-failed = Abide no puede iniciarse
start-no-home = No se conoce tu carpeta personal: define HOME e inicia Abide de nuevo.
start-no-threads = El sistema no permite crear hilos: { $error }.
start-no-desktop = El escritorio no lo permite: { $error }.

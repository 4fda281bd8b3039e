### Tray, dialogs and notifications. Names: place-thing. What the window says too is in common.ftl.

## Tray: the state of an account, in its tooltip and at the top of its menu

tray-tooltip-line = { $account }: { $state }
tray-tooltip-empty = No account yet
tray-frozen = frozen, the screen is locked
tray-left = { $time } left
# $source is the parameter in which the provider declared the end.
tray-left-declared = { $time } left, limited by the provider ({ $source })
tray-signed-in = signed in
tray-waiting = waiting for you in the browser
tray-removing = removed in a few seconds
tray-not-signed-in = not signed in
tray-signed-out = signed out
# $reason is one of the texts ended-… in common.ftl.
tray-signed-out-because = signed out, { $reason }
tray-needs-attention = needs attention

## Tray: the menu

tray-sign-in-to = Sign in to { $account }
tray-watch-again = Watch in the browser again
# Ends what a program was allowed.
tray-stop = Stop { $program }
tray-stop-for = Stop { $program } ({ $account })
tray-copy-command = Copy command
tray-open = Open Abide
tray-settings = Settings
tray-quit = Quit

## The question “Keep session?”. An underscore stands before the letter that presses a button.

# $count is the number $seconds as it is shown, because it is drawn in another way.
question-one = { $seconds ->
    [one] Your session with { $provider } will expire in { $count } second. Do you want to keep your session?
   *[other] Your session with { $provider } will expire in { $count } seconds. Do you want to keep your session?
}
question-one-fixed = { $seconds ->
    [one] Your session with { $provider } will expire in { $count } second.
   *[other] Your session with { $provider } will expire in { $count } seconds.
}
question-many = These sessions will expire soon. Do you want to keep them?
question-many-fixed = These sessions will expire soon. They cannot be extended.
question-note-idle = Nothing has used “{ $account }” for a while. Yes extends it until { $until }.
question-note-longest = “{ $account }” is near its longest time. Yes extends it until { $until } at most.
question-note-provider = The provider ends “{ $account }” if it is not used. Yes extends it until { $until }.
# $reason is one of the texts cannot-be-kept-… in common.ftl.
question-note-fixed = “{ $account }” cannot be extended: { $reason }
question-note-many-fixed = Sign in again after that.
question-note-all = Yes extends all of them, No signs out of all of them. The tray menu has each one.
question-note-some = Yes extends those that can be extended, No signs out of all of them. The tray menu has each one.
question-line-extended = extended
question-line-ended = ended
question-line-fixed = { $time }, cannot be extended
# For a screen reader.
question-line-aloud = { $account }, { $provider }: { $state }.
question-continues = { $count ->
    [one] Your session continues.
   *[other] Your sessions continue.
}
question-ended = { $count ->
    [one] Your session has ended.
   *[other] Your sessions have ended.
}
question-answered = All questions are answered.
question-yes = _Yes
question-yes-means = { $count ->
    [one] Yes, keep the session
   *[other] Yes, keep all of them
}
question-no = _No
question-no-means = { $count ->
    [one] No, sign out
   *[other] No, sign out of all of them
}
question-ok = _OK
question-ok-means = I have seen it
question-ring = A ring: the time left

## The consent dialog: may this program use the account? $kind is what asks.

consent-title = { $kind ->
    [terminal] A terminal of yours asks for access
    [forwarder] A program behind { $program } asks for access
    [script] { $program } with { $script } asks for access
    [background] { $program }, in the background, asks for access
   *[program] { $program } asks for access
}
consent-access = { $kind ->
    [terminal] A terminal of yours wants to use your access to { $provider }.
    [forwarder] A program behind { $program } wants to use your access to { $provider }.
    [script] { $program } with { $script } wants to use your access to { $provider }.
    [background] { $program }, in the background, wants to use your access to { $provider }.
   *[program] { $program } wants to use your access to { $provider }.
}
consent-target-access = { $kind ->
    [terminal] A terminal of yours wants to use { $targets } in your name.
    [forwarder] A program behind { $program } wants to use { $targets } in your name.
    [script] { $program } with { $script } wants to use { $targets } in your name.
    [background] { $program }, in the background, wants to use { $targets } in your name.
   *[program] { $program } wants to use { $targets } in your name.
}
consent-targets-and = { $before } and { $last }
# A program, and the one that started it.
consent-started-by-chain = { $program }, by { $starter }
# For a screen reader.
consent-fact-aloud = { $label }: { $value }.
consent-span-title = For how long
consent-targets-title = For these APIs
consent-less = To allow less, or for a shorter time, answer with `abide approve` or in the window.
consent-also-title = It also asks for
consent-also-api = { $targets } ({ $account })
consent-also-access = Your access to { $provider } ({ $account })
consent-also-scopes = { $what }: { $scopes }
consent-also-all = Your answer is for all of it.
consent-others = { $count ->
    [one] One more question comes after this one.
   *[other] { $count } more questions come after this one.
}
consent-explanation-title = Why am I asked?
consent-explanation = { $because ->
    [new] You have not allowed this program to use this account. With a token, a program can act in your name until the token ends. What you allow here is no more than what you see.
    [changed] You have allowed another version of this program. With a token, a program can act in your name until the token ends. What you allow here is no more than what you see.
    [wider] You have allowed this program less than it asks for now. With a token, a program can act in your name until the token ends. What you allow here is no more than what you see.
    [account_changed] You have allowed this program another account of this name, at another provider or as another client. With a token, a program can act in your name until the token ends. What you allow here is no more than what you see.
   *[ended] What you have allowed this program has ended. With a token, a program can act in your name until the token ends. What you allow here is no more than what you see.
}
consent-explanation-digest = SHA-256 of its file: { $digest }.
consent-allow = _Allow
consent-allow-means = This program gets a token
consent-allow-once = Allow this once
# $span is one of the texts span-… in common.ftl.
consent-allow-longer = Allow: { $span }
consent-deny = _Deny
consent-deny-means = No token for this program

## Notifications

notice-signed-in = You are signed in
notice-signed-in-body = { $user } with { $provider }. Abide asks you before the session ends.
notice-sign-in-failed = Signing in with { $provider } did not work
notice-keep = { $count ->
    [one] Keep your session?
   *[other] Keep your sessions?
}
notice-keep-body = Your session with { $provider } ends in { $time }. Do you want to keep it?
notice-ends-soon = { $count ->
    [one] Your session ends soon
   *[other] Your sessions end soon
}
# $reason is one of the texts cannot-be-kept-… in common.ftl.
notice-ends-soon-body = Your session with { $provider } ends in { $time }: { $reason }
# A line for each of several sessions.
notice-question-line = { $account } · { $provider } ends in { $time }.
notice-question-line-fixed = { $account } · { $provider } ends in { $time }, whatever you do.
notice-choice-keep = { $count ->
    [one] Keep
   *[other] Keep all
}
notice-choice-sign-out-of-all = Sign out of all
notice-reminder = { $count ->
    [one] Your session will end
   *[other] Your sessions will end
}
notice-reminder-longest = “{ $account }” at { $provider } reaches its longest time in { $time }. Sign in again now to continue without a break.
notice-reminder-provider = { $provider } ends the session “{ $account }” in { $time }. Sign in again now to continue without a break.
notice-remind-at = Remind me at { $time }
notice-step-up = { $program } needs a stronger sign-in
notice-step-up-body = Sign in with { $provider } again, in your browser. Your session continues in any case.
notice-sign-in-again-body = { $provider } gives no new tokens. Sign in with { $provider } again so that your apps get new tokens. Your session is kept.
# $error is a sentence in English.
notice-sign-in-again-why = { $error } Sign in with { $provider } again so that your apps get new tokens. Your session is kept.
notice-code-caught = Abide did not start this sign-in
notice-code-caught-body = Your browser brought a code from a sign-in that another program or person started. Abide handed out nothing. Do not give the address of that page to anyone.
notice-newer = Version { $version } of Abide is available
notice-newer-body = Install it the way you installed this version.
notice-continues = Your session continues
notice-you-are-back = You are back: your session with { $provider } continues.
notice-app-has-used-it = An app has just used your session with { $provider }.
notice-old-tokens = Old tokens still work
notice-abide-only = You are signed out of Abide only
notice-abide-only-body = You are signed out of Abide, but { $provider } still accepts the old tokens. Sign out there too if others use this computer.
notice-ended = You are signed out
# $reason is one of the texts ended-… in common.ftl.
notice-ended-body = Your session with { $provider } has ended: { $reason }. Choose “Sign in” when you need it again.
notice-account-removed = Your session with { $provider } has ended: { $reason }.
notice-no-tray = Abide cannot show its tray icon
notice-no-tray-body = This desktop shows no tray icons, so Abide has opened its window. Questions and reminders still appear.
# The text below it is an error in English.
notice-refused = Abide could not do that

## A link that asks for something that no link can ask for.

link-refused = This link cannot be used
link-refused-body = The link is not complete, or it asks for something that a link may not ask for. Nothing was added. Ask the person who gave you the link.

## The dialog when Abide cannot start. An $error is in English.

start-failed = Abide cannot start
start-no-home = Your home folder is not known: set HOME and start Abide again.
start-no-threads = The system refuses to start threads: { $error }.
start-no-desktop = The desktop refuses it: { $error }.

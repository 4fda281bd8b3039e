### The texts of the window. English is the source.
### Two asterisks mark what stands out, backticks mark what is typed or is in a file.

## Pages and what is on many of them

pages = Pages
page-accounts = Accounts
page-tools = Tools
# Behind the name of the page, for screen readers.
page-tools-questions = , { $n ->
    [one] { $n } question
   *[other] { $n } questions
}
page-activity = Activity
page-settings = Settings
page-help = Help
page-add = Add an account

action-back = Back
action-remove = Remove
set-by-administrator = Set by your administrator.
window-failed = Abide did not answer. Close this window and open it again from the tray.

## Lines to copy: the name of the button before and after

copy = Copy
copy-done = Copied
copy-said = Copied.
copy-selected = The text is selected: copy it with Ctrl+C or ⌘C.
copy-curl-label = Copy the curl command
copy-curl-copied = Copied the curl command
copy-run-label = Copy the run command
copy-run-copied = Copied the run command
copy-program-label = Copy the command for a program
copy-program-copied = Copied the command for a program
copy-key-label = Copy the command for a key
copy-key-copied = Copied the command for a key
copy-doctor-label = Copy the doctor command
copy-doctor-copied = Copied the doctor command
copy-help-label = Copy the help command
copy-help-copied = Copied the help command
copy-redirect-label = Copy the redirect URI { $uri }
copy-redirect-copied = Copied the redirect URI { $uri }
copy-logout-redirect-label = Copy the redirect URI after signing out { $uri }
copy-logout-redirect-copied = Copied the redirect URI after signing out { $uri }

## Times

time-just-now = just now
time-ago = { $time } ago

# A time of day alone, then as it stands in a sentence.
moment-alone = { $time }
moment-alone-tomorrow = { $time } tomorrow
moment-alone-yesterday = { $time } yesterday
moment-alone-day = { $time } on { $day }
moment-at = at { $time }
moment-at-tomorrow = at { $time } tomorrow
moment-at-yesterday = at { $time } yesterday
moment-at-day = at { $time } on { $day }
moment-until = until { $time }
moment-until-tomorrow = until { $time } tomorrow
moment-until-yesterday = until { $time } yesterday
moment-until-day = until { $time } on { $day }
# At the beginning of a sentence.
moment-since = Since { $time }
moment-since-tomorrow = Since { $time } tomorrow
moment-since-yesterday = Since { $time } yesterday
moment-since-day = Since { $time } on { $day }
moment-on = on { $date }

day-today = Today
day-yesterday = Yesterday
day-of-week = { $weekday }, { $day }
date-and-time = { $date }, { $time }

## The state of an account

state-signed_out = You are not signed in.
state-authorizing = Continue in your browser.
state-ended = Signed out.
state-ended-why = Signed out: { $reason }.
state-ended-when = Signed out { $ago }.
state-ended-when-why = Signed out { $ago }: { $reason }.

# Each begins with what stands out.
left-frozen = **Frozen: the screen is locked.** Apps get no token until you unlock it. { $time } left.
left-sign-in = **Sign in again.** { $provider } wants you to sign in again; { $time } left.
left-idle = **{ $time } left** if nothing uses it.
left-idle-most = **{ $time } left** if nothing uses it; at most { $until }.
left-absolute = **{ $time } left**. This is the longest time.
left-absolute-most = **{ $time } left** { $until }. This is the longest time.
left-provider = **{ $time } left** until the provider’s limit.
left-provider-most = **{ $time } left** until the provider’s limit; at most { $until }.
# $source is the parameter in which the provider declared the end.
left-declared = **{ $time } left**. The provider ends this session { $at } ({ $source }).
left-declared-renewed = **{ $time } left**. The provider ends this session { $at } unless it is renewed ({ $source }).
left-access_token = **{ $time } left**, until its access token ends. Sign in again after that.
left-exact = { $time } left ({ $limit }), ends { $at }

# What to do after an end.
after-idle_timeout = Sign in again. If this happens too early, set a longer time in the settings.
after-absolute_timeout = Sign in again for a new session.
after-provider_timeout = Sign in again. Only your provider can change this limit.
after-access_token_expired = Sign in again. Ask your provider for refresh tokens (offline access) to stay signed in longer.
after-provider_logout = Sign in again when you need it.
after-refresh_rejected = Sign in again. If it happens often, ask your provider how long its sessions last.
after-answer_refused = Sign in again. If it happens again, tell your provider’s administrator.
after-screen_locked = Sign in again. The settings say what a locked screen does.
provider-end-sign-out-there = Sign out there too if others use this computer.

## What a screen reader says after a change

said-provider = { $account }: { $text }
said-frozen = { $account }: frozen while the screen is locked.
said-thawed = { $account }: no longer frozen.
said-signed_out = { $account }: you are not signed in.
said-authorizing = { $account }: continue in your browser.
said-extended = { $account }: your session was extended.
said-signed-in = { $account }: signed in.
said-signed-in-as = { $account }: signed in as { $user }.
said-ended = { $account }: signed out.
said-ended-why = { $account }: signed out: { $reason }.
said-added = The account { $account } was added.
said-renamed = The title { $account } was saved.
said-moved = { $account } is now number { $n } of { $count }.
said-removing = { $account } is removed in a few seconds. You can undo that.
said-kept = { $account } stays.
said-consent = { $request } Answer on the page Tools.

## The card of an account

demo-host = Demo on this computer
demo-running = A demo provider is running on this computer. Sign in as **alice** with the password **demo**.
card-signed-in = Signed in
card-signed-in-as = Signed in as { $user }
card-advice = { $provider } ends its session before your idle time is over. Set the idle time to { $time } or less.
card-change-settings = Change the settings
card-change-settings-of = Change the settings of { $account }
card-reminder-absolute = This session reaches its longest time { $when }. It cannot be extended. Sign in again now to continue without a break.
card-reminder-provider = { $provider } ends this session { $when }. It cannot be extended. Sign in again now to continue without a break.
card-remind-at = Remind me { $when }
card-sign-in-now = Sign in again now
card-remove = Remove { $account }
card-removing = Abide removes this account in a few seconds. Until then nothing changes.
card-removing-signed-in = Abide removes this account in a few seconds and signs you out. Until then nothing changes.
card-undo = Undo: keep { $account }
manage = Manage
manage-of = Manage { $account }
manage-title = Title
manage-title-hint = Shown instead of the name. Commands and apps still use the name { $account }.
manage-save = Save title
manage-up = Move up
manage-up-of = Move up: { $account }
manage-down = Move down
manage-down-of = Move down: { $account }
card-layers = The sessions behind it
card-terminal = Use it in a terminal
card-terminal-curl = Send a request as this account:
card-token-renewed = Abide renews the token while you are signed in.
card-token-left = This token is valid for another { $time }. After that, sign in again.

## The three sessions behind an account

timeline-now = now
timeline-signals = How Abide learns of its end:
timeline-open-tab = Open the tab again
timeline-open-tab-of = Open the tab again: { $account }

layer-application = Your session in Abide
layer-provider = Your session at { $name }
layer-identity_provider = Your sign-in at { $name }
layer-since = { $since }.
layer-since-unknown = Start time unknown.
layer-ended = It has ended.
layer-ended-at = Ended { $at }.
layer-ends-idle = Ends { $at } if nothing uses it.
layer-ends-idle-latest = Ends { $at } if nothing uses it, { $latest } at the latest.
layer-ends-provider = Ends { $at } unless the provider renews it.
layer-ends-provider-latest = Ends { $at } unless the provider renews it, { $latest } at the latest.
layer-ends-absolute = Ends { $at }. This is the longest time.
layer-ends-access_token = Ends { $at }, with its access token: the provider gave no refresh token.
layer-ends-renewed = Ends { $at } unless it is renewed.
layer-ends-declared = The provider ends this session { $at } ({ $source }).
layer-ends-declared-renewed = The provider ends this session { $at } unless it is renewed ({ $source }).
layer-ends-declared-renewed-latest = The provider ends this session { $at } unless it is renewed ({ $source }), { $latest } at the latest.
layer-end-unknown = End time unknown.
layer-unknown = Status unknown.
layer-tested = Tested by Abide after the end.
layer-tested-ended = It no longer accepts the tokens of your session.
layer-tested-goes_on = It still accepts the tokens of your session.

evidence-own_limits = Measured by Abide.
evidence-id_token = Learned at your sign-in.
evidence-id_token-ago = Learned at your sign-in { $ago }.
evidence-refresh = Learned at the renewal.
evidence-refresh-ago = Learned at the renewal { $ago }.
evidence-browser = Reported by the tab in your browser.
evidence-browser-ago = Reported by the tab in your browser { $ago }.
evidence-asked = Abide asked the provider.
evidence-asked-ago = Abide asked the provider { $ago }.
evidence-told = The provider sent a notification.
evidence-told-ago = The provider sent a notification { $ago }.
evidence-nothing = The provider does not report it.

identity-with = With { $methods }.
identity-with-at = With { $methods } { $at }.
identity-at = Signed in { $at }. Method unknown.
identity-unknown = Method unknown.
identity-until = You stay signed in there { $until }.

# How the user signed in (RFC 8176), after "With".
method-pwd = password
method-pin = PIN
method-otp = one-time code
method-sms = text message
method-tel = phone call
method-hwk = security key
method-swk = key on your device
method-pop = key of yours
method-sc = smart card
method-face = face
method-fpt = fingerprint
method-iris = iris
method-retina = retina
method-vbm = voice
method-geo = location
method-kba = security questions
method-mca = second channel
method-rba = risk check
method-user = presence check
method-wia = Windows sign-in
method-phr = phishing-resistant
method-phrh = phishing-resistant, in hardware
method-level = level { $level }
method-several = several factors
method-another = another factor
method-at-level = { $methods } ({ $level })

# By what Abide learns that the provider's session has ended, and how well it works.
signal-iframe = browser tab
signal-refresh = renewals
signal-introspection = token introspection
signal-userinfo = UserInfo
signal-frontchannel = front-channel logout
signal-backchannel = back-channel logout
signal-events = security events
signal-state-waiting = waiting
signal-state-none = no signal yet
signal-state-works = works
signal-state-works-last = works, last signal { $ago }
signal-state-blocked = blocked: your browser hides the provider’s cookie from this tab
signal-state-closed = closed or suspended
signal-state-unclear = unclear: the provider does not say who is signed in
signal-state-failed = failed
signal-state-failed-code = failed: { $code }
signal-state-not_offered = not offered by the provider

## What the provider says about the user

claims-title = What { $provider } says about you
claims-none = The provider sent no claims.
claims-none-mapped = The provider sent none of the claims that this account names.
claims-from-sign-in = From your sign-in.
claims-read = Read { $ago }.
claims-mapped = The names are set in this account.
claim-yes = yes
claim-no = no
claim-empty = empty
claim-time-ago = { $time } ({ $ago })

## The question whether to keep the session

question-expires = Your session with **{ $provider }** will expire in **{ $time }**.
question-expires-account = Your session with **{ $provider }** ({ $account }) will expire in **{ $time }**.
question-expires-seconds = Your session with **{ $provider }** will expire in **{ $n }** { $n ->
    [one] second
   *[other] seconds
}.
question-expires-seconds-account = Your session with **{ $provider }** ({ $account }) will expire in **{ $n }** { $n ->
    [one] second
   *[other] seconds
}.
question-cannot = It cannot be extended.
question-yes = Yes, keep it
question-yes-of = Yes, keep it: { $account }
question-yes-all = Yes, keep all
question-yes-some = Yes, keep all that can be kept
question-no = No, sign out
question-no-of = No, sign out: { $account }
question-ok-of = OK: { $account }
question-why-not = It cannot be extended: { $why }
question-reason-idle = Nothing used it for a while. Yes extends it { $until }; each use extends it further.
question-reason-idle-minutes = Nothing used it for { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}. Yes extends it { $until }; each use extends it further.
question-reason-absolute = The session is near its longest time. Yes extends it { $until }.
question-reason-access_token = The access token is nearly over. Yes extends it { $until }.
question-reason-provider = The provider’s limit is near. Yes extends it { $until }.

## The page of the accounts, and the first start

accounts-demo = The demo
accounts-own = Do you have your own provider?
accounts-notes = What to know about the new account

welcome = Welcome to Abide
welcome-what = You sign in once, in your browser. Abide keeps the session, shows how long it lasts, and gives tokens to the apps that you allow.
welcome-begin = How do you want to begin?
welcome-provider = With your provider
welcome-provider-hint = Choose it from a list, and enter one or two values.
welcome-provider-go = Choose provider
welcome-address = With an address
welcome-address-hint = Your administrator gave you the address of your provider.
welcome-address-go = Enter address
welcome-demo = With the demo
welcome-demo-hint = A demo provider runs on this computer. Sign in as **alice** with the password **demo**.
welcome-demo-continue = Continue in your browser. Sign in as **alice** with the password **demo**.
welcome-demo-go = Try the demo
welcome-close = You can close this window: Abide keeps running. To open it again, click the ring in the tray, or start Abide again.
picture-sign-in = Sign in
picture-app = App

## The page that adds an account

add-link = A link asks you to add an account at **{ $host }**.
add-link-hint = Any page and any message can have such a link. Continue only if you expected it, for example from your administrator. Nothing is added before you choose “Add and sign in”.
add-choose = Choose your provider
add-or-address = Or enter its address
add-enter-address = Enter the address of your provider
add-address = Address of your provider
add-address-hint = The issuer URL, or your e-mail address if its domain names the provider. Ask your administrator, or look in the provider’s documentation.
add-address-missing = Enter the address of the provider, for example { $example }.
add-look-up = Look up
add-looking = Looking it up…
add-notes = What to know about this provider
add-form = What does its address look like?
add-form-address = Address:
add-value-missing = Enter a value for “{ $name }”.
add-enter = Enter { $forms }.
add-enter-or = , or{ " " }
add-issuer = The issuer URL.
add-found = Found { $provider }
add-developers = For developers
add-client = How does the provider know Abide?
add-client-itself = Abide registers itself
add-client-itself-hint = You need nothing from the provider.
add-client-given = I have a client ID
add-client-given-hint = You or your administrator registered Abide there.
add-token = File with the initial access token
add-token-example = /home/you/token.txt
add-token-hint = The full path of the file. The administrator of the provider gives you the token.
add-register = Register Abide at the provider
add-register-how = Do this once, or ask your administrator. Choose a **native** (or **desktop**, **public**) application and enter:
add-redirect = Redirect URI
add-redirects = Redirect URIs, all of them
add-logout-redirect = Redirect URIs after signing out
add-logout-redirects = Redirect URIs after signing out, all of them
add-client-id = Client ID
add-client-id-hint = The provider shows it after the registration.
add-client-missing = Enter the client ID that the provider gave you.
add-secret = The provider gave me a client secret
add-secret-file = File with the client secret
add-secret-example = /home/you/secret.txt
add-secret-hint = Save the secret in a file that only you can read, and enter the full path of the file.
add-name = Name of the account
add-name-hint = A short name to type in a terminal.
add-tested = Abide tests this at the provider before it saves the account.
add-not-tested = This provider can test the client ID only during a sign-in. If it is wrong, the sign-in shows it.
add-and-sign-in = Add and sign in
add-testing = Testing…
add-another = Another provider

name-empty = Give the account a name, for instance “work”.
name-long = Use at most { $most } characters.
name-letters = Use lower-case letters, digits, “-” and “_” only.
name-taken = An account named “{ $name }” exists. Choose another name.

# The parts of an address that the user fills in.
blank-APPLICATION = Application
blank-HOST = Host
blank-INSTANCE = Instance
blank-ORG = Org
blank-PROJECT = Project
blank-REALM = Realm
blank-REGION = Region
blank-SERVER-ID = Server ID
blank-TENANT = Tenant
blank-TENANT-ID = Tenant ID
blank-YOUR-DOMAIN = Your domain
blank-YOUR-GITLAB = Your gitlab
blank-YOUR-ZITADEL = Your zitadel

# What a provider offers, and what it does not.
offers-renewal = Renews the session without a new sign-in.
offers-renewal-perhaps = May renew sessions. Abide asks for it.
lacks-renewal = Does not renew sessions. You sign in again when the token expires.
offers-logout = Signing out can end the session at the provider, too.
lacks-logout = Signing out ends the session in Abide only. You stay signed in at the provider.
offers-revocation = Tokens become invalid when you sign out.
lacks-revocation = Tokens stay valid until they expire. Abide deletes them when you sign out.
offers-tab = A tab in your browser can notice when you sign out at the provider.
offers-notices = Can notify Abide when you sign out at the provider. This has to be set up.
lacks-notices = Abide learns that you signed out at the provider at the next renewal.
offers-device = Device sign-in: you can sign in on your phone.
lacks-device = No device sign-in: a browser on this computer is needed.
offers-par = Pushed authorization requests (PAR): nothing of the request passes through the browser.
lacks-par = No pushed authorization requests (PAR): the browser carries the request.
offers-dpop = DPoP: tokens can be bound to this computer. Switch it on in the configuration.
lacks-dpop = No DPoP: who has a token can use it.
offers-registration = Registration: Abide can register itself.
lacks-registration = No registration: you register Abide yourself.

## The page of the settings

settings-language = Language
settings-language-system = As the system
settings-updates = Newer versions
settings-updates-off = Do not look for them
settings-updates-notify = Tell me
settings-updates-install = Install them
settings-updates-what = Once a day, Abide asks { $server } for the newest version. That server sees the address of your network, and nothing else about you.
settings-updates-package = Your system installs newer versions of this package. Abide only tells you that there is one.
settings-updates-none = This build of Abide does not look for newer versions.
settings-updates-newer = Version { $version } is available.
settings-updates-unreachable = The server could not be reached, or did not answer as expected. Abide tries again tomorrow.
settings-updates-not_signed = The server’s answer is not signed by the makers of Abide. Nothing was installed.
settings-updates-damaged = The newer version arrived damaged. Nothing was installed.
settings-updates-would_not_start = The newer version would not start on this computer. Nothing was installed.
settings-updates-not_written = The file of Abide cannot be replaced in its folder. Nothing was installed.
settings-no-account = There is no account yet. Settings belong to an account.
settings-account = Account “{ $account }” at { $provider }
settings-advice = { $provider } ends its session before your idle time is over.
settings-take-advice = Set it to { $time }
settings-limits = How long the session lasts
settings-activity = What counts as use
settings-on_lock = When the screen is locked
settings-provider = Your provider
settings-watch = How Abide learns that the provider’s session has ended
settings-watch-hint = Each renewal shows it. Between renewals:
settings-save = Save
settings-saving = Saving…
settings-saved = Saved. The settings apply now.
settings-not-a-duration = This is not a duration. Write it like 15 min or 1 h 30 min.

setting-end_after = Sign out after
setting-end_after-hint = If no app uses the session for this long, you are signed out. Default: 15 min.
setting-warn_after = Ask “Keep session?” after
setting-warn_after-hint = If no app uses the session for this long, Abide asks whether to keep it. Default: 12 min.
setting-absolute = Longest session
setting-absolute-hint = After this time you have to sign in again, even if the session is in use. Default: 12 h.
setting-poll = Check the provider every
setting-poll-hint = How often the tab and Abide check. The minimum is two seconds. Default: 1 min.
setting-activity-requests = An app asks for a token
setting-activity-requests-hint = The default, for most people: while your apps work, you stay signed in. But an app that asks every few minutes by itself keeps you signed in after you have left.
setting-activity-input = You use keyboard or mouse
setting-activity-input-hint = For shared computers, and where rules require that you are present: apps alone do not extend the session. Abide learns when you last used them, not what you typed.
setting-activity-both = Either
setting-activity-both-hint = For long jobs beside your own work: the later of the two counts.
setting-on_lock-freeze = Apps get no token until you unlock it
setting-on_lock-freeze-hint = The default, for most people. The time still runs. A job that needs a token has to try again later.
setting-on_lock-keep = Nothing changes
setting-on_lock-keep-hint = For jobs that run while you are away: they still get tokens.
setting-on_lock-end = You are signed out
setting-on_lock-end-hint = For shared computers and strict rules: you sign in again after each break.
setting-remind = Remind me before the longest time is over
setting-remind-hint = When three quarters of the time have passed, a day before the end at the earliest. You can sign in again at once: the session lasts until the new one begins.
setting-remind_provider = Remind me before an end that the provider has fixed
setting-remind_provider-hint = The same for an end that the provider has set and that nothing extends.
setting-claims = Update what the provider says about you
setting-claims-hint = Abide reads it at the sign-in and at each renewal, if the provider offers it. Default: on.
setting-provider_logout = Also sign out at the provider when you sign out
setting-provider_logout-hint = Your browser opens the provider’s sign-out page, if it has one. Answering No to the question counts as signing out. Default: off.
setting-revoke = Revoke the tokens when the session ends
setting-revoke-hint = The provider then no longer accepts them. If it cannot be reached, Abide tries again later. Default: on.

way-iframe = A tab in your browser watches
way-iframe-hint = The tab of your sign-in stays open and checks whether you are still signed in there. Some browsers block that; then Abide shows it.
way-asks = Abide asks the provider regularly
way-asks-hint = Abide asks whether your token is still valid. This needs no browser, but not every provider answers.
way-frontchannel = The provider’s sign-out page notifies Abide
way-frontchannel-hint = When you sign out there, that page calls Abide on this computer. The address has to be registered at the provider.
way-backchannel = The provider’s server notifies Abide
way-backchannel-hint = It needs an address at which it can reach this computer.
way-events = Abide fetches security events
way-events-hint = Abide fetches them regularly from the address in the configuration.

refused-end_after_too_short = Enter at least two seconds.
refused-warn_after_not_before_end = Enter less than in “{ $setting }”, and more than zero.
refused-absolute_too_short = Enter at least as much as in “{ $setting }”.
refused-absolute_too_long = Enter ten years or less.
refused-poll_too_short = Enter at least two seconds.

## The page of the tools: apps that ask for tokens

consent-request = **{ $who }** wants to use your access to { $provider }.
consent-request-targets = **{ $who }** wants to use { $targets } in your name.
ask-span = How long your answer holds
ask-less = Allow less
ask-targets = For these APIs
ask-scopes = What it may do
ask-nothing = Choose one at least, or deny.
ask-others = { $n ->
    [one] The same answer for its other question
   *[other] The same answer for its { $n } other questions
}
ask-asked = Asked { $ago }.
ask-closed = The app no longer waits for an answer.

tools-asked = { $n ->
    [one] { $n } app waits for your answer
   *[other] { $n } apps wait for your answer
}
tools-now = Right now
tools-kept = Until you revoke it
tools-allowed = Allowed
tools-denied = Denied
tools-stop = Stop
tools-stop-of = Stop: { $program }
tools-stopped = { $program }: stopped.
tools-remove-of = Remove: { $program }
tools-revoke = Revoke
tools-revoke-of = Revoke: { $program }
tools-revoked = { $program } gets no tokens until you allow it again.
tools-may-ask = { $program } may ask again.
tools-undo = Undo
tools-key = Client key
tools-chart-of = { $chart }: show the activity of { $program }
tools-policy = Set by your administrator
tools-policy-hint = Only your administrator can change these.
tools-empty = No app has asked yet
tools-empty-hint = When an app asks for a token, Abide asks you first. Your answers appear here, and you can take them back.
tools-try = Try it in a terminal:
tools-connect = Connect another app

recipe-curl = Send a request with a token:
recipe-run = Start a program with the token in `ABIDE_TOKEN`:
recipe-program = Allow a program without a question:
recipe-key = Make a key for a program in a container:

# How long an answer holds that ends by itself.
span-ends-once = For one request
span-ends-run = Until { $program } ends
span-ends-terminal = Until the terminal is closed
span-ends-agent = For all that { $program } starts
span-ends-session = Until you are signed out
span-ends-script = For 30 days
span-ends-always = Until you revoke it

grant-tokens = { $n ->
    [one] { $n } token
   *[other] { $n } tokens
}
grant-no-tokens = No tokens yet
grant-target-account = { $target } ({ $account })
# { $count } is one of the two above.
grant-gets = { $count } for { $target }.
grant-gets-used = { $count } for { $target }, last used { $ago }.
grant-denies = Gets no tokens for { $target }.
grant-allows = Gets tokens for { $target }.
grant-allows-with = Gets tokens for { $target }, with { $account }.
# After "for", then after "with".
grant-every-account = every account
grant-account = the account { $account }
grant-with-every-account = every account
grant-with-account = the account { $account }
grant-may = It may { $scopes }.
grant-label = Says it is: { $labels }.
grant-until = { $span }.
grant-until-most = { $span }, { $time } at most.
grant-allowed-since = Allowed { $at }.
grant-denied-since = Denied { $at }.
grant-ends = Ends { $at }.
grant-ends-now = Ends now.
grant-unused = Not used yet.
grant-used = { $count }, last used { $ago }.
grant-chart = { $count } in the last { $days ->
    [one] { $days } day
   *[other] { $days } days
}

## The page of the activity: the record

kind-tokens = Tokens
kind-refusals = Refusals
kind-sessions = Sign-ins and sessions
kind-questions = Questions
kind-changes = Changes
kind-abide = Abide itself

activity-search = Search all days
activity-what = What
activity-everything = Everything
activity-all-accounts = All accounts
activity-day-before = The day before
activity-day-after = The day after
activity-not-found = Nothing found for “{ $words }”.
activity-nothing = Nothing was recorded on this day.
activity-nothing-of-kind = Nothing of this kind was recorded on this day.
activity-unread = { $n ->
    [one] { $n } line is not shown, because it was changed after Abide wrote it.
   *[other] { $n } lines are not shown, because they were changed after Abide wrote them.
} Verify the record.
activity-earlier = Show earlier lines
activity-further = Search further back
activity-reached = Searched back to { $when }.

record = The record
record-hint = It stays on this computer, only you can read it, and it contains no tokens. Each line is bound to the one before.
record-verify = Verify
record-verifying = Verifying…
record-export = Export
record-exporting = Exporting…
record-saved = Saved { $n ->
    [one] { $n } line
   *[other] { $n } lines
} in `{ $file }`.
record-unread = { $n ->
    [one] { $n } line was left out, because it was changed after Abide wrote it.
   *[other] { $n } lines were left out, because they were changed after Abide wrote them.
}
record-missing = { $n ->
    [one] { $n } event could not be recorded.
   *[other] { $n } events could not be recorded.
}
record-more = { $n ->
    [one] { $n } more finding
   *[other] { $n } more findings
}: run `abide audit verify`.

verdict-empty = Nothing is recorded yet.
verdict-ok = The record is as Abide wrote it: lines { $first } to { $last }.
verdict-bad = The record is not as Abide wrote it.

finding-line_changed = Line { $line } was changed.
finding-not_a_line = { $file }, line { $line } of the file: this is not a line of the record.
finding-line_missing = Line { $line } is missing.
finding-lines_missing = Lines { $line } to { $to } are missing.
finding-out_of_order = Line { $line } is in the wrong place.
finding-not_linked = Line { $line } does not belong to the line before it.
finding-not_as_sealed = Line { $line } is not the line that Abide wrote.
finding-wrong_file = { $file }: the file does not begin with the line of its name.
finding-broken_at_start = Abide found (line { $line }) that the record was not as it had left it.
finding-unknown = Something else is wrong.

# Who asked, if it has no name: as the subject of a sentence, after "of", as the object.
caller-app-subject = An app
caller-app-of = an app
caller-app-object = an app
caller-command-subject = The abide command
caller-command-of = the abide command
caller-command-object = the abide command
caller-unknown-subject = An unknown app
caller-unknown-of = an unknown app
caller-unknown-object = an unknown app

event-token_served = { $caller } got a token
event-token_refused = { $caller } got no token
event-claims_served = { $caller } read what the provider says about you
event-request_refused = A request of { $caller } was refused
event-sign_in_begun = Sign-in started
event-sign_in_failed = Sign-in failed
event-sign_in_code_caught = A sign-in code that Abide did not ask for was caught
event-session_began = Signed in
event-session_began-as = Signed in as { $user }
event-session_refreshed = Tokens renewed
event-session_refresh_failed = Renewal failed
event-session_ended = Session ended
event-session_kept = Session extended
event-question_asked = “Keep session?” was shown
event-question_answered-yes = You answered Yes to “Keep session?”
event-question_answered-no = You answered No to “Keep session?”
event-question_withdrawn = “Keep session?” closed by itself
event-grant_given = { $client } was allowed
event-grant_given-unnamed = A client was allowed
event-grant_revoked = { $client } was revoked
event-grant_revoked-unnamed = A client was revoked
event-consent_allowed = You allowed { $caller }
event-consent_denied = You denied { $caller }
event-account_added = Account added
event-account_removed = Account removed
event-settings_changed = Settings changed
event-config_reloaded = Settings read again
event-config_refused = Changed settings refused
event-agent_started = Abide started
event-agent_started-version = Abide { $version } started
event-agent_stopped = Abide stopped
event-record_rotated = A new file of the record began
event-record_resumed = A half-written line was cut off
event-record_broken = The record was not as Abide had left it
event-unknown = An event of a newer version of Abide

line-times = { $n ->
    [one] { $n } time
   *[other] { $n } times
}
line-times-until = { $n ->
    [one] { $n } time
   *[other] { $n } times
} until { $time }
line-missing = { $n ->
    [one] { $n } event before this is missing
   *[other] { $n } events before this are missing
}
line-span-once = once
line-span-run = until it ends
line-span-terminal = in its terminal
line-span-agent = all that the agent starts
line-span-session = until you are signed out
line-span-script = this script, 30 days
line-span-always = always

fact-time = Time
fact-account = Account
fact-user = User
fact-program = Program
fact-started-by = Started by
fact-label = Says it is
fact-client = Client
fact-api = API
fact-scopes = Scopes
fact-reason = Reason
fact-about = About
fact-event = Event
fact-line = Line
row-account = Show the account
row-app = All about this app
row-tools = What apps may do

plot-served = { $n ->
    [one] { $n } request served
   *[other] { $n } requests served
}
plot-served-brief = { $n ->
    [one] { $n } served
   *[other] { $n } served
}
plot-refused = { $n ->
    [one] { $n } refused
   *[other] { $n } refused
}
plot-renewed = { $n ->
    [one] { $n } renewal
   *[other] { $n } renewals
}
plot-ended = { $n ->
    [one] { $n } end of a session
   *[other] { $n } ends of sessions
}
plot-ended-brief = { $n ->
    [one] { $n } ended
   *[other] { $n } ended
}
plot-counts = { $served }, { $refused }, { $renewed }, { $ended }
plot-aloud = { $counts }.
plot-busiest = Most requests from { $from } to { $to }.

## The page that helps

help-checked = Checked.
help-no-problems = No problems found
help-problems = { $n ->
    [one] { $n } problem found
   *[other] { $n } problems found
}
help-again = Check again
help-copy = Copy the report
help-report = The report
help-report-contains = What the report contains
help-report-hint = No tokens, passwords or names of users.
help-terminal = In a terminal
help-same-checks = The same checks:
help-all-commands = All commands:
help-about = About
help-licence = Abide. Licensed under MIT or Apache-2.0.
help-version = Abide { $version }. Licensed under MIT or Apache-2.0.

level-ok = OK
level-warn = Note
level-fail = Problem

check-version = Version { $version } on { $system }, at { $endpoint }.
check-vault = Stored sessions
check-vault-keyring = Encrypted on disk. The key is in the keyring of your system.
check-vault-passphrase = Encrypted on disk with your passphrase.
check-vault-memory = In memory only. After a restart you sign in again.
check-vault-advice = Unlock or install a keyring, or set `mode` under [vault] in the configuration.
check-lock = Locked screen
check-lock-none = Abide cannot detect a locked screen. Time limits still apply.
check-sleep = Sleep
check-sleep-none = Abide cannot detect sleep. It checks the time limits when the computer wakes up.
check-input = Keyboard and mouse
check-input-none = Abide cannot detect that you use this computer. It asks you instead.
check-detected = Detected by { $sources }.
check-configuration = Configuration
check-configuration-ok = { $file }: no problems found.
check-configuration-problems = { $file }: { $n ->
    [one] { $n } problem
   *[other] { $n } problems
}.
check-configuration-line = { $message } (line { $line })
check-clock = Clock
check-clock-same = The same as the clock of { $provider }.
check-clock-ahead = The clock of { $provider } is { $time } ahead of this computer’s.
check-clock-behind = The clock of { $provider } is { $time } behind this computer’s.
check-clock-advice = Set the clock of this computer automatically. If it is right, tell the administrators of the provider.
check-message = Message

## The command palette

palette = Commands
palette-command = Command
palette-what = What do you want to do?
palette-none = No command found.
command-sign-in = Sign in: { $account }
command-cancel-sign-in = Cancel the sign-in: { $account }
command-keep = Keep the session: { $account }
command-sign-in-now = Sign in again now: { $account }
command-sign-out = Sign out: { $account }
command-settings = Settings: { $account }
command-up = Move up: { $account }
command-down = Move down: { $account }
command-remove = Remove: { $account }
command-undo-removal = Undo the removal: { $account }
command-stop = Stop: { $program } ({ $account }, number { $id })
command-tools = Tools: apps that may use your accounts
command-activity = Activity: what was recorded

## Errors by their code, as in docs/troubleshooting.md. In English the window shows what Abide says itself, with the details.

problem-action_required = The provider refuses until you act. Your session is kept. Check the account, here and at the provider.
problem-browser_not_started = No browser could be opened. Choose a browser in the configuration, or sign in with a code from the terminal: `abide login --device`.
problem-callback_listener = Another program uses the port for the answer of your browser. Close that program, and sign in again.
problem-client_secret_file_unreadable = The file with the client secret cannot be read. Check its path and permissions.
problem-client_secret_missing = The provider wants a client secret. Enter the file with the secret.
problem-config_file = The configuration file cannot be read or written. Check its owner and permissions.
problem-config_form = The configuration file has a mistake. Nothing changes until it is corrected. `abide config check` shows the line.
problem-config_missing = The configuration file is missing or empty. Nothing changes until it is back.
problem-config_not_trusted = Other users can change the configuration file or its folder. Correct its permissions.
problem-discovery_failed = No provider was found at this address. Check the address.
problem-given_up = The sign-in was cancelled.
problem-http_setup_failed = Abide could not set up a network connection. Restart Abide.
problem-id_token_expired = The provider’s answer does not fit the clock of this computer. Check the clock.
problem-initial_token_file_unreadable = The file with the initial access token cannot be read. Check its path.
problem-initial_token_needed = The provider registers Abide only with an initial access token. Ask its administrator for one.
problem-initial_token_refused = The provider refused the initial access token. Ask its administrator for a new one.
problem-interaction_required = The provider wants to see you in the browser. Sign in again.
problem-invalid_account = A value of this account cannot be accepted. Check what you entered.
problem-invalid_client = The provider does not know this client ID, or its secret is wrong. Compare it with the registration.
problem-invalid_grant = The provider no longer accepts this sign-in. Sign in again.
problem-invalid_redirect_uri = The provider does not permit this redirect URI. Register it there exactly as shown.
problem-invalid_scope = The provider does not permit what the account asks for. Check `scopes` in the configuration.
problem-issuer_insecure = The address begins with http. Use the one that begins with https.
problem-issuer_invalid = This is not the address of a provider. Copy it from the provider’s documentation.
problem-issuer_mismatch = The provider calls itself by another address. Copy it exactly from the provider’s documentation; a slash at the end counts.
problem-keyring_unavailable = There is no keyring on this computer. Start one, or use a passphrase.
problem-locked_by_policy = Your administrator has set this value. Ask your administrator if you need another one.
problem-login_required = You are not signed in. Sign in again.
problem-name_taken = An account of this name exists. Choose another name.
problem-not_configured = This account is not in the configuration file and has no settings to change.
problem-not_found = This is no longer there.
problem-provider_certificate_invalid = The certificate of the provider is not trusted on this computer. Check the clock, and ask your administrator.
problem-provider_name_unknown = The name of the provider cannot be found in the network. Check your connection and the address. Abide tries again.
problem-provider_rate_limited = The provider asks for fewer requests. Abide waits and tries again.
problem-provider_redirected = The provider sent the request elsewhere. Perhaps this network asks you to sign in first.
problem-provider_refused = The provider refused. Ask its administrator.
problem-provider_timeout = The provider did not answer in time. Abide tries again.
problem-provider_tls_failed = No secure connection to the provider was possible. A proxy or a firewall may be the reason.
problem-provider_unavailable = The provider has a problem of its own. Abide tries again.
problem-provider_unexpected_status = The provider gave an unexpected answer. Abide tries again.
problem-provider_unreachable = The provider cannot be reached. Your session is kept, and Abide tries again.
problem-proxy_failed = The proxy did not connect to the provider. Check the proxy in the configuration.
problem-record_unreadable = The record cannot be read, or a copy of it cannot be saved. Check the permissions and the space on the disk.
problem-refresh_token_missing = The provider gave no refresh token, so the session cannot be renewed. Ask the provider for offline access.
problem-registration_not_offered = The provider does not let Abide register itself. Register Abide there yourself.
problem-server_error = The provider has a problem of its own. Try again later.
problem-session_expired = The session has ended. Sign in again.
problem-sign_in_timed_out = The sign-in was not finished in time. Start it again.
problem-temporarily_unavailable = This is not possible right now. Try again later.
problem-this_computer = Something on this computer prevents it: a file, the disk or the clock. Your session is kept.
problem-unauthorized_client = The provider does not permit this kind of sign-in for Abide. Register Abide as a native application.
problem-unknown_account = There is no account of this name.
problem-unusable_answer = Abide cannot use the provider’s answer. Your session is kept. Tell the provider’s administrator.
problem-vault_locked = The keyring is locked. Unlock it.
problem-vault_storage = The sessions could not be saved. Check the space on the disk.

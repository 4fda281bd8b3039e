### Texts that the window, the tray, the dialogs and the notifications share.
### English is the source. docs/style.md has the words that each language uses for one thing.

## Actions

action-sign-in = Sign in
action-sign-in-again = Sign in again
action-remind-later = Remind me in 10 minutes
action-cancel-sign-in = Cancel sign-in
action-sign-out = Sign out
action-keep-session = Keep session
action-allow = Allow
action-deny = Deny
action-cancel = Cancel
action-ok = OK

## Durations: a number with its unit, and two of them

time-seconds = { $n } s
time-minutes = { $n } min
time-hours = { $n } h
time-days = { $n } d
time-pair = { $first } { $second }

## Why a session ended: the rest of a sentence after "Signed out: "

ended-user_logout = you signed out
ended-idle_timeout = no answer to “keep session?”
ended-absolute_timeout = the session reached its longest time
ended-provider_timeout = the provider’s time limit for a session was reached
ended-access_token_expired = the access token expired, and the provider gave no refresh token
ended-declined = you answered No to “keep session?”
ended-provider_logout = the provider ended its session
ended-refresh_rejected = the provider no longer accepts this session
ended-answer_refused = the provider’s answer to a renewal cannot be trusted
ended-screen_locked = the screen was locked
ended-account_removed = the account was removed from the configuration, or replaced there

# { $reason } is one of the texts above, { $how } one of those below.
ended-how = { $reason } ({ $how })
ended-by-iframe = seen in your browser
ended-by-refresh = it refused a renewal
ended-by-introspection = found by token introspection
ended-by-userinfo = found by asking UserInfo
ended-by-frontchannel = its page in your browser notified Abide
ended-by-backchannel = it sent a logout notification
ended-by-events = it sent a security event

## The provider's session after the end of the one in Abide

provider-end-pending = { $provider } could not be notified yet. Abide will try again.
provider-end-local_only = You are signed out of Abide only. { $provider } was not notified.
provider-end-ended = { $provider } no longer accepts this session.
provider-end-goes_on = You are signed out of Abide, but { $provider } still accepts the old tokens.
provider-end-unchecked = { $provider } was notified. Abide could not check whether it ended the session.
provider-end-shared = Another account uses the same session at { $provider }, so its tokens were not revoked.

## The provider's sign-out page: a sentence after one of those above, or in its place

sign-out-page-not_offered = It has no sign-out page, so your browser may still be signed in there.
sign-out-page-not_opened = Its sign-out page could not be opened, so your browser may still be signed in there.
sign-out-page-open = Your browser has not come back from its sign-out page.
sign-out-page-complete = Complete the sign-out at { $provider } in your browser.
sign-out-page-still-accepts = Your browser came back from the sign-out page of { $provider }, which still accepts the old tokens until they expire.
sign-out-page-not-checked = Your browser came back from the sign-out page of { $provider }. Abide could not check whether the old tokens still work.

## Limits of a session

limit-idle = idle
limit-absolute = longest session
limit-provider = provider’s limit
# $source is the parameter that declared the limit.
limit-provider-declared = provider’s limit: { $source }
limit-access_token = access token

# Why a session cannot be extended: the rest of a sentence after "It cannot be extended: ".
cannot-be-kept-idle = nothing has used it.
cannot-be-kept-absolute = it reaches its longest time. Sign in again after that.
cannot-be-kept-provider = the provider’s time limit cannot be moved. Sign in again after that.
cannot-be-kept-access_token = the provider gave no refresh token. Sign in again after that.

## The question whether to keep the session

question-title-one = Your session will expire soon
question-title-more = Your sessions will expire soon
question-keep = Do you want to keep your session?

## The question about an app: who asks, and for what

consent-who-terminal = A terminal of yours
consent-who-forwarder = A program behind { $program }
consent-who-script = { $program } with { $script }
consent-who-background = { $program }, in the background,

consent-because-account-changed = This account had another provider or client when you allowed it.
consent-because-changed = Its file has changed since you allowed it.
consent-because-wider = It asks for more than you have allowed.
consent-kind-forwarder = This program passes on requests of other programs. Abide does not know which one asks.
consent-kind-background = The system started it. Abide does not know which program it belongs to.
consent-kind-unknown = Abide cannot find out which program this is.
consent-signs-in = You would have to sign in again, with a stronger method.

# What is known of the program: names of values.
consent-account = Account
consent-runs = Says it runs
consent-terminal = Terminal
consent-started-by = Started by
consent-program = Program
consent-label = Says it is
consent-may = It may then
consent-why = It says why

# Between the programs that started it, the nearest first.
consent-started-by-next = , by{ " " }
consent-quoted = “{ $text }”

# How many requests wait for the answer: more than one.
consent-waiting = { $n ->
    [one] { $n } request waits for this answer.
   *[other] { $n } requests wait for this answer.
}

## How long an answer about an app holds

span-once = This once
span-run = Until this { $program } ends
span-terminal = Everything in this terminal
span-agent = Everything that { $agent } starts
span-agent-unknown = Everything that the agent starts
span-session = Until you are signed out
span-script = This script as it is now, 30 days
span-always = Always, this program as it is now

until-label = Ends at the latest
until-session = When you are signed out
until-1h = In 1 hour
until-8h = In 8 hours
until-30d = In 30 days
until-revoked = When you revoke it

## What an app may do with a scope: the rest of a sentence after "It may "

scope-openid = know who you are
scope-profile = see your name
scope-email = see your email address
scope-phone = see your telephone number
scope-address = see your address
scope-offline_access = stay signed in
scope-groups = see your groups

## What the surroundings of an app call it

label-flatpak = Flatpak { $name }
label-snap = snap { $name }
label-desktop_entry = app { $name }
label-package = package { $name }
label-coding_agent = started by { $name }
label-unit = unit { $name }
label-cgroup = cgroup { $name }

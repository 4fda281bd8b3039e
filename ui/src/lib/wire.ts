// Made from crates/wire by `./x types`. Do not edit.

export type SessionState = "signed_out" | "authorizing" | "active" | "expiring" | "ended";

export type EndReason = "user_logout" | "idle_timeout" | "absolute_timeout" | "provider_timeout" | "access_token_expired" | "declined" | "provider_logout" | "refresh_rejected" | "answer_refused" | "screen_locked" | "account_removed";

export type Limit = "idle" | "absolute" | "provider" | "access_token";

export type LimitSource = "session_expiry" | "authorization_expires_in" | "refresh_token_timeout" | "refresh_expires_in";

export type Layer = "application" | "provider" | "identity_provider";

export type LayerState = "active" | "ended" | "unknown";

export type Evidence = "own_limits" | "id_token" | "refresh" | "browser" | "asked" | "told" | "nothing";

export type LayerStatus = { 
/**
 * Which one.
 */
layer: Layer, 
/**
 * Its name: the account, the provider's host, or the identity provider's name.
 */
name: string, 
/**
 * Its state.
 */
state: LayerState, 
/**
 * When it began.
 */
since: number | null, 
/**
 * When it ends, or has ended.
 */
ends_at: number | null, 
/**
 * How Abide knows the state and the end. Its former name is read too: an older agent may still run after an upgrade.
 */
evidence: Evidence, 
/**
 * When Abide last received something about it.
 */
checked_at: number | null, 
/**
 * How the user was authenticated: the values of `amr` (RFC 8176) and of `acr`.
 */
methods: Array<string>, };

export type Signal = "iframe" | "refresh" | "introspection" | "userinfo" | "frontchannel" | "backchannel" | "events";

export type SignalState = "waiting" | "works" | "blocked" | "closed" | "unclear" | "failed" | "not_offered";

export type SignalStatus = { 
/**
 * Which one.
 */
signal: Signal, 
/**
 * Whether it works.
 */
state: SignalState, 
/**
 * When it last brought an answer, Unix seconds.
 */
heard_at: number | null, 
/**
 * Why it failed, if that is known: a code of troubleshooting.md.
 */
code?: string, };

export type ProviderEnd = "pending" | "local_only" | "ended" | "goes_on" | "unchecked" | "shared";

export type SignOutPage = "not_offered" | "not_opened" | "open" | "came_back";

export type LastErrorKind = "passing" | "action_required" | "this_computer" | "unusable_answer";

export type ActivityPolicy = "requests" | "input" | "both";

export type OnLock = "keep" | "freeze" | "end";

export type SessionSettings = { 
/**
 * How long a session lasts without use.
 */
end_after: number, 
/**
 * How long a session is unused before the question comes.
 */
warn_after: number, 
/**
 * How long a session lasts at most.
 */
absolute: number, 
/**
 * What counts as use.
 */
activity: ActivityPolicy, 
/**
 * What happens when the screen is locked.
 */
on_lock: OnLock, 
/**
 * Whether Abide reminds the user of the longest session.
 */
remind: boolean, 
/**
 * Whether Abide reminds the user of an end that the provider has fixed.
 */
remind_provider: boolean, 
/**
 * The signals that tell Abide about the end of the provider's session. Answers to refreshes always count.
 */
watch: Array<Signal>, 
/**
 * How often the tab in the browser and Abide itself ask the provider.
 */
poll: number, 
/**
 * Whether signing out of Abide also signs out at the provider.
 */
provider_logout: boolean, 
/**
 * Whether signing out of Abide revokes the tokens.
 */
revoke: boolean, 
/**
 * Whether UserInfo is read after the sign-in and after each renewal.
 */
claims: boolean, 
/**
 * The settings that the administrator has locked, by their names here. Ignored in a change.
 */
locked?: Array<string>, };

export type SettingField = "end_after" | "warn_after" | "absolute" | "poll";

export type SettingProblem = "end_after_too_short" | "warn_after_not_before_end" | "absolute_too_short" | "absolute_too_long" | "poll_too_short";

export type Reminder = { 
/**
 * Identifies the account in an answer.
 */
id: number, 
/**
 * The limit: `absolute` or `provider`.
 */
limit: Limit, 
/**
 * The end, Unix seconds.
 */
ends_at: number, 
/**
 * A whole hour before the end to which the reminder can be put off, Unix seconds; `null` if there is none.
 */
later_at: number | null, };

export type SessionStatus = { 
/**
 * The account's name in the configuration.
 */
account: string, 
/**
 * The user's own title for it, which views show instead of the name.
 * Missing from an agent that still runs after an upgrade.
 */
label: string | null, 
/**
 * Whether the account is removed in a few seconds, unless the user undoes that.
 */
removing: boolean, 
/**
 * The issuer, byte for byte.
 */
issuer: string, 
/**
 * The provider's host.
 */
provider: string, 
/**
 * Who is signed in: an email address or name; `null` when signed out.
 */
user: string | null, 
/**
 * The state.
 */
state: SessionState, 
/**
 * Why the last session ended, if the state is `ended`.
 */
ended: EndReason | null, 
/**
 * By which signal Abide learned that, if the provider ended the session.
 */
ended_by: Signal | null, 
/**
 * The state of the provider's session since then.
 */
provider_end: ProviderEnd | null, 
/**
 * The state of the provider's sign-out page, if it was to be opened at the end of the session.
 */
sign_out_page: SignOutPage | null, 
/**
 * When the last session ended.
 */
ended_at: number | null, 
/**
 * Seconds until the nearest limit ends the session.
 */
expires_in: number | null, 
/**
 * Which limit that is.
 */
limit: Limit | null, 
/**
 * The whole duration, in seconds, that `expires_in` counts down from: the ring is full at this value.
 */
lifetime: number | null, 
/**
 * When the session began.
 */
since: number | null, 
/**
 * The end that nothing can extend.
 */
at_most_until: number | null, 
/**
 * Seconds until the current access token expires; `null` without a token.
 */
access_token_expires_in: number | null, 
/**
 * Whether Abide has a refresh token, so that it can renew the access token.
 */
renewable: boolean, 
/**
 * Whether using the session, or *Yes*, moves its next end.
 * Missing from an agent that still runs after an upgrade, and then taken as true.
 */
can_be_kept: boolean, 
/**
 * Whether the provider wants the user to sign in again before it gives new tokens. The session is kept.
 */
sign_in_needed: boolean, 
/**
 * An end that no use of the session can move, from the reminder of it until the user puts it off. A sign-in now begins a new
 * session in the place of this one.
 */
reminder: Reminder | null, 
/**
 * Whether a sign-in is in progress: in state `authorizing`, or again for a session that is kept.
 */
signing_in: boolean, 
/**
 * The number of the last sign-in that was begun: a greater one has taken the place of the one before.
 */
attempt: number | null, 
/**
 * Whether the provider has a sign-out page (RP-Initiated Logout 1.0); null while that is unknown.
 */
provider_logout: boolean | null, 
/**
 * The parameter that declared the next end of the provider's session.
 */
provider_limit: LimitSource | null, 
/**
 * Whether the session is frozen because the screen is locked: it stays, but Abide gives out no token.
 */
frozen: boolean, 
/**
 * The three layers, Abide's own first; empty before the first sign-in.
 */
layers: Array<LayerStatus>, 
/**
 * The signals that tell Abide about the end of the provider's session; empty when signed out.
 * Missing from an agent that still runs after an upgrade.
 */
signals: Array<SignalStatus>, 
/**
 * How many seconds the provider's clock is ahead of this computer's; negative when it is behind. `null` if the provider
 * has not sent a time yet.
 */
clock_skew: number | null, 
/**
 * An idle time, in seconds, that is one minute shorter than the time that the provider declares for its session. Only
 * when the configured idle time is not shorter than that time.
 */
advised_end_after: number | null, 
/**
 * The last error, in a sentence for people; `null` after the next success.
 */
last_error: string | null, 
/**
 * The last error as a stable code in snake case.
 * Missing from an agent that still runs after an upgrade.
 */
last_error_code: string | null, 
/**
 * Who or what has to change before it can succeed. Missing from an agent that still runs after an upgrade.
 */
last_error_kind: LastErrorKind | null, };

export type Question = { 
/**
 * Identifies the question. An answer names it, so that a late answer cannot apply to a later question.
 */
id: number, 
/**
 * The account that is about to expire.
 */
account: string, 
/**
 * The user's own title for it.
 * Missing from an agent that still runs after an upgrade.
 */
label: string | null, 
/**
 * The provider's host.
 */
provider: string, 
/**
 * Seconds until the session ends if the user does not answer.
 */
seconds_left: number, 
/**
 * The limit that would end it.
 */
limit: Limit, 
/**
 * Whether *Yes* can move that limit. If not, the question only announces the end.
 */
can_be_kept: boolean, 
/**
 * Until when *Yes* keeps the session, Unix seconds.
 */
yes_keeps_until: number, };

export type CallerKind = "program" | "interpreter" | "terminal" | "forwarder" | "background" | "unknown";

export type Span = "once" | "run" | "terminal" | "agent" | "session" | "script" | "always";

export type Until = "session" | "1h" | "8h" | "30d" | "revoked";

export type LabelKind = "flatpak" | "snap" | "desktop_entry" | "package" | "coding_agent" | "unit" | "cgroup";

export type Label = { 
/**
 * What it is about.
 */
kind: LabelKind, 
/**
 * The name.
 */
name: string, };

export type AskedBecause = "new" | "changed" | "wider" | "ended" | "account_changed";

export type ConsentQuestion = { 
/**
 * Which question this is: an answer names it.
 */
id: number, 
/**
 * What asks.
 */
kind: CallerKind, 
/**
 * The program's name.
 */
program: string, 
/**
 * Where its file is.
 */
path: string | null, 
/**
 * The SHA-256 of its file, in hexadecimal digits.
 */
sha256: string | null, 
/**
 * What it says it runs. Not proved.
 */
command: string | null, 
/**
 * The script that an interpreter says it runs. Not proved.
 */
script: string | null, 
/**
 * The programs that started it, the nearest first. Not proved.
 */
started_by: Array<string>, 
/**
 * What its surroundings call it. Not proved.
 */
labels: Array<Label>, 
/**
 * The program that *this agent* means.
 */
agent: string | null, 
/**
 * The terminal that it runs in.
 */
terminal: string | null, 
/**
 * The account.
 */
account: string, 
/**
 * The provider as people would name it.
 */
provider: string, 
/**
 * The APIs that the token is for; empty for the session's own token.
 */
targets: Array<string>, 
/**
 * The scopes that were asked for; empty for those of the session.
 */
scopes: Array<string>, 
/**
 * Whether it wants the user to sign in again, in a stronger way.
 */
signs_in: boolean, 
/**
 * What the program gives as its reason. Not proved.
 */
reason: string | null, 
/**
 * Why the user is asked.
 */
because: AskedBecause, 
/**
 * The answers that are offered, the narrowest first.
 */
spans: Array<Span>, 
/**
 * The ends that each of them can have, the usual one first.
 */
ends: { [key in Span]?: Array<Until> }, 
/**
 * How many requests wait for this answer.
 */
waiting: number, 
/**
 * The other open questions of the same run of the same program, with the same answers: one answer can be for all of them.
 */
others: number[], 
/**
 * When it was asked, Unix seconds.
 */
asked_at: number, };

export type ConsentAnswer = { 
/**
 * Allow, or deny.
 */
allow: boolean, 
/**
 * For how long and for whom.
 */
span: Span, 
/**
 * When it ends at the latest: one of the ends that are offered. Without it, the usual one.
 */
until?: Until, 
/**
 * The APIs that are allowed, of those that were asked for. Without them, all.
 */
targets?: Array<string>, 
/**
 * The scopes that are allowed, of those that were asked for. Without them, all.
 */
scopes?: Array<string>, 
/**
 * Those of the question's `others` that this answer is for as well, each with all that it asks for.
 */
others?: Array<number>, };

export type LiveGrant = { 
/**
 * Which one this is.
 */
id: number, 
/**
 * The program, terminal or agent.
 */
program: string, 
/**
 * The account.
 */
account: string, 
/**
 * The APIs; empty for the session's own token.
 */
targets: Array<string>, 
/**
 * The scopes; empty for those of the session.
 */
scopes: Array<string>, 
/**
 * How long it holds.
 */
span: Span, 
/**
 * When it ends at the latest, Unix seconds.
 */
until: number | null, 
/**
 * What the surroundings of the program called it when it was asked about. Not proved.
 */
labels: Array<Label>, 
/**
 * Whether it allows. Otherwise it denies.
 */
allows: boolean, 
/**
 * How many tokens were handed out under it.
 */
tokens: number, 
/**
 * Since when, Unix seconds.
 */
since: number, 
/**
 * When a token was handed out under it last, Unix seconds.
 */
last_used: number | null, };

export type Language = "en" | "es" | "de";

export type LanguageSetting = { 
/**
 * The language in use.
 */
used: Language, 
/**
 * `language` in the configuration; `null` for the language of the system.
 */
configured: Language | null, 
/**
 * Whether an administrator has set it.
 */
locked: boolean, };

export type UpdateMode = "off" | "notify" | "install";

export type UpdateProblem = "unreachable" | "not_signed" | "damaged" | "would_not_start" | "not_written";

export type UpdateStatus = { 
/**
 * `updates` in the configuration.
 */
mode: UpdateMode, 
/**
 * Whether an administrator has set it.
 */
locked: boolean, 
/**
 * The server that is asked, as this build has it; `null` in a build that knows none.
 */
server: string | null, 
/**
 * Whether Abide can install a newer version itself.
 */
installs: boolean, 
/**
 * The newer version that was found.
 */
newer: string | null, 
/**
 * What went wrong at the last look.
 */
problem: UpdateProblem | null, };

export type Snapshot = { 
/**
 * All accounts, in the order of the configuration.
 */
accounts: Array<SessionStatus>, 
/**
 * The questions that are shown, sorted by the time of the end. They are asked together.
 */
questions: Array<Question>, 
/**
 * What the user should know about Abide itself, for instance that the keyring is not available.
 */
warnings: Array<string>, 
/**
 * The programs that wait for the user's answer, the oldest first. One is asked about at a time.
 * Over the endpoint, only the `abide` command gets them.
 * Absent from an agent that still runs after an upgrade.
 */
consents?: Array<ConsentQuestion>, 
/**
 * The answers that hold now and end by themselves.
 * Over the endpoint, only the `abide` command gets them.
 * Absent from an agent that still runs after an upgrade.
 */
grants?: Array<LiveGrant>, 
/**
 * The language of everything that is shown to people.
 * Absent from an agent that still runs after an upgrade.
 */
language?: LanguageSetting, 
/**
 * What is known about newer versions of Abide.
 * Absent from an agent that still runs after an upgrade.
 */
updates?: UpdateStatus, };

export type NoticeKind = "signed_in" | "sign_in_failed" | "expiring" | "still_active" | "ended" | "reminder" | "step_up" | "update" | "problem";

export type Notice = { 
/**
 * What it is about.
 */
kind: NoticeKind, 
/**
 * The account, if it is about one.
 */
account: string | null, 
/**
 * The question that it belongs to: when that is no longer shown, the notification is out of date.
 */
question: number | null, 
/**
 * A short title.
 */
title: string, 
/**
 * One or two plain sentences.
 */
body: string, };

export type Severity = "error" | "advice";

export type ConfigProblem = { 
/**
 * How serious it is.
 */
severity: Severity, 
/**
 * The account that it concerns.
 */
account: string | null, 
/**
 * Line, from 1.
 */
line: number | null, 
/**
 * Column, from 1.
 */
column: number | null, 
/**
 * What is wrong and what was expected.
 */
message: string, 
/**
 * Lines for the file that correct it.
 */
suggestion: string | null, };

export type ConfigCheck = { 
/**
 * The file that was read.
 */
file: string, 
/**
 * Whether it can be used.
 */
ok: boolean, 
/**
 * The problems, errors first.
 */
problems: Array<ConfigProblem>, };

export type ClaimsAnswer = { 
/**
 * The account.
 */
account: string, 
/**
 * The issuer, byte for byte.
 */
issuer: string, 
/**
 * Whether the names come from the account's mapping.
 */
mapped: boolean, 
/**
 * When UserInfo was read last, Unix seconds; `null` if only the ID token is known.
 */
read_at: number | null, 
/**
 * The claims by name.
 */
claims: Record<string, unknown>, };

export type PresenceStatus = { 
/**
 * The services that report whether the screen is locked; empty when there are none.
 */
lock: Array<string>, 
/**
 * The services that report sleep; empty when there are none.
 */
sleep: Array<string>, 
/**
 * The service that reports when keyboard and mouse were last used.
 */
input: string | null, 
/**
 * Whether the screen is locked.
 */
locked: boolean, };

export type VaultMode = "keyring" | "passphrase" | "memory";

export type ProviderPreset = { 
/**
 * The name by which it is chosen.
 */
name: string, 
/**
 * The product's or company's name.
 */
title: string, 
/**
 * The issuer, if the provider has only one.
 */
issuer: string | null, 
/**
 * Forms of its issuers. A word in capital letters is a value to fill in; text after a space is a remark.
 */
issuer_forms: Array<string>, 
/**
 * What the user has to know or to do.
 */
notes: Array<string>, };

export type DiscoveredProvider = { 
/**
 * The issuer, byte for byte as the provider writes it.
 */
issuer: string, 
/**
 * The provider's host.
 */
provider: string, 
/**
 * A name for the account that is not in use.
 */
suggested_name: string, 
/**
 * Whether the provider declares that it issues refresh tokens; `null` when it does not say.
 */
offline_access: boolean | null, 
/**
 * Whether signing out can also end the session at the provider.
 */
provider_logout: boolean, 
/**
 * Whether tokens can be revoked.
 */
revocation: boolean, 
/**
 * Whether a tab in the browser can see the end of the provider's session (OpenID Connect Session Management 1.0).
 */
session_management: boolean, 
/**
 * Whether the provider's pages or servers can notify clients of a logout (Front-Channel and Back-Channel Logout 1.0).
 */
logout_notices: boolean, 
/**
 * Whether a sign-in on another device is possible (RFC 8628).
 */
device: boolean, 
/**
 * Whether authorization requests are pushed (RFC 9126).
 */
pushed_requests: boolean, 
/**
 * Whether tokens can be bound to a key (RFC 9449).
 */
dpop: boolean, 
/**
 * Whether Abide can register itself (RFC 7591).
 */
registration: boolean, 
/**
 * The preset that fits.
 */
preset: string | null, 
/**
 * That preset's title.
 */
preset_title: string | null, 
/**
 * What the user has to know or to do there.
 */
notes: Array<string>, 
/**
 * The redirect URIs to register.
 */
redirect_uris: Array<string>, 
/**
 * The redirect URIs after a logout to register.
 */
logout_redirect_uris: Array<string>, };

export type NewAccount = { 
/**
 * Its name: lower-case letters, digits, `-` and `_`, at most 32.
 */
name: string, 
/**
 * The issuer, byte for byte.
 */
issuer: string, 
/**
 * The client identifier that is registered at the provider; `null` with `register`.
 */
client_id: string | null, 
/**
 * Whether Abide registers itself.
 */
register: boolean, 
/**
 * The preset to use; `null` for the one that fits the issuer.
 */
preset: string | null, 
/**
 * The absolute path of a file with the client's secret.
 */
client_secret_file: string | null, 
/**
 * The absolute path of a file with the initial access token for a registration.
 */
initial_token_file: string | null, };

export type NewAccountAdded = { 
/**
 * Its name.
 */
name: string, 
/**
 * The client identifier; the registered one, if Abide has registered itself.
 */
client_id: string, 
/**
 * What the user has to know or to do.
 */
notes: Array<string>, };

export type AccountLink = { 
/**
 * The provider's issuer.
 */
issuer: string, 
/**
 * The provider's host, with its port unless it is the usual one. Names in other scripts are in their ASCII form.
 */
host: string, 
/**
 * The client identifier, if the link has one.
 */
client_id: string | null, };

export type Diagnosis = { 
/**
 * The version of Abide.
 */
version: string, 
/**
 * Operating system and processor.
 */
system: string, 
/**
 * The address of the local endpoint.
 */
endpoint: string, 
/**
 * How sessions are kept between two starts.
 */
vault: VaultMode, 
/**
 * How a locked screen, sleep, keyboard and mouse are detected.
 */
presence: PresenceStatus, 
/**
 * What is wrong with the configuration file, and what could be better.
 */
configuration: ConfigCheck, };

export type GrantKind = "key" | "program" | "script";

export type KeptGrant = { 
/**
 * Its name.
 */
name: string, 
/**
 * What it is about.
 */
kind: GrantKind, 
/**
 * The file of the program or script.
 */
path: string | null, 
/**
 * Whether it allows. Otherwise it denies.
 */
allows: boolean, 
/**
 * The account; `null` for every account.
 */
account: string | null, 
/**
 * The APIs; empty for the session's own token.
 */
targets: Array<string>, 
/**
 * The scopes; empty for those of the session.
 */
scopes: Array<string>, 
/**
 * When it was given, Unix seconds.
 */
since: number, 
/**
 * When it ends, Unix seconds.
 */
until: number | null, 
/**
 * What the surroundings of the program called it when it was asked about. Not proved.
 */
labels: Array<Label>, 
/**
 * How many tokens were handed out under it.
 */
tokens: number, 
/**
 * When the last one was, Unix seconds.
 */
last_used: number | null, 
/**
 * Tokens for each of the last 14 days (UTC), today last.
 */
days: Array<number>, };

export type PolicyRule = { 
/**
 * Whether it allows. Otherwise it forbids.
 */
allows: boolean, 
/**
 * The path of the program, or the SHA-256 of its file in hexadecimal digits.
 */
program: string, };

export type KeptGrants = { 
/**
 * By the user, in the order of their names.
 */
kept: Array<KeptGrant>, 
/**
 * By the administrator.
 */
policy: Array<PolicyRule>, };

export type ActivityKind = "tokens" | "refusals" | "sessions" | "questions" | "changes" | "abide";

export type ActivityQuery = { 
/**
 * From this time on, Unix milliseconds; `null` for the beginning of the record.
 */
from: number | null, 
/**
 * Before this time, Unix milliseconds; `null` for no end.
 */
to: number | null, 
/**
 * Before the line with this number; `null` for the newest ones.
 */
before: number | null, 
/**
 * About one of these; empty for everything.
 */
kinds: Array<ActivityKind>, 
/**
 * About this account.
 */
account: string | null, 
/**
 * Words that the line contains, in upper or lower case.
 */
text: string, };

export type ActivityCaller = { 
/**
 * What it is to Abide: `owner`, `client`, `program`, `unknown`.
 */
kind: string, 
/**
 * The name of its grant.
 */
name: string | null, 
/**
 * Where its executable is.
 */
program: string | null, 
/**
 * The SHA-256 of its executable, in hexadecimal digits.
 */
sha256: string | null, 
/**
 * The program that started it.
 */
started_by: string | null, 
/**
 * What its surroundings call it, as `kind:name`. Not proved.
 */
labels: Array<string>, };

export type ActivityLine = { 
/**
 * Its number.
 */
n: number, 
/**
 * When, Unix milliseconds.
 */
time: number, 
/**
 * What happened: a stable code such as `token.served`.
 */
event: string, 
/**
 * What it is about.
 */
kind: ActivityKind, 
/**
 * The account.
 */
account: string | null, 
/**
 * The user who is signed in there.
 */
user: string | null, 
/**
 * Who asked.
 */
caller: ActivityCaller | null, 
/**
 * What the token is for.
 */
audience: Array<string>, 
/**
 * The scopes, separated by spaces.
 */
scope: string | null, 
/**
 * Why: a stable code.
 */
reason: string | null, 
/**
 * What it was about: a client, a call, a file, a version.
 */
name: string | null, 
/**
 * How often the same happened.
 */
times: number, 
/**
 * When it happened last, Unix milliseconds, if more than once.
 */
until: number | null, 
/**
 * So many events before this one could not be recorded.
 */
missing: number, };

export type ActivityPage = { 
/**
 * The lines.
 */
lines: Array<ActivityLine>, 
/**
 * Where to continue ([`ActivityQuery::before`]); `null` at the beginning of the record.
 */
next: number | null, 
/**
 * The time of the oldest line that was looked at, Unix milliseconds.
 */
reached: number | null, 
/**
 * Lines that were left out because they are not as Abide wrote them.
 */
unread: number, };

export type ActivityHour = { 
/**
 * Requests that received a token or claims.
 */
served: number, 
/**
 * Requests that were refused.
 */
refused: number, 
/**
 * New tokens from the provider.
 */
renewed: number, 
/**
 * Sessions that began.
 */
began: number, 
/**
 * Sessions that ended.
 */
ended: number, };

export type ActivityDay = { 
/**
 * The hours from its beginning on: 24, or 23 or 25 where the clocks change.
 */
hours: Array<ActivityHour>, 
/**
 * The time of the first line that is kept, Unix milliseconds; `null` for an empty record.
 */
oldest: number | null, };

export type RecordFinding = { 
/**
 * What: a stable code.
 */
code: string, 
/**
 * The number of the line, or of the first one.
 */
line: number | null, 
/**
 * The number of the last line.
 */
to: number | null, 
/**
 * The file.
 */
file: string | null, };

export type RecordReport = { 
/**
 * Whether the record is as Abide wrote it.
 */
ok: boolean, 
/**
 * How many lines there are.
 */
lines: number, 
/**
 * The number of the first line.
 */
first: number, 
/**
 * The number of the last line.
 */
last: number, 
/**
 * Events that could not be recorded.
 */
missing: number, 
/**
 * What does not fit, at most 100.
 */
findings: Array<RecordFinding>, 
/**
 * Findings that are not listed.
 */
more: number, };

export type RecordExport = { 
/**
 * The file.
 */
file: string, 
/**
 * How many lines it has.
 */
lines: number, 
/**
 * Lines that were left out because they are not as Abide wrote them.
 */
unread: number, };

export type WindowError = { 
/**
 * A stable code.
 */
code: string, 
/**
 * What happened, what it means, what to do.
 */
message: string, 
/**
 * The setting that was refused, if a setting was the cause.
 */
field: SettingField | null, };

// Made from crates/wire by `./x types`. Do not edit.

export type SessionState = "signed_out" | "authorizing" | "active" | "expiring" | "ended";

export type EndReason = "user_logout" | "idle_timeout" | "absolute_timeout" | "provider_timeout" | "access_token_expired" | "declined" | "provider_logout" | "refresh_rejected" | "screen_locked";

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
 * Who keeps it: the account, the provider's host, the identity provider's name.
 */
name: string, 
/**
 * Whether it goes on.
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
 * How state and end are known.
 */
evidence: Evidence, 
/**
 * When it was heard of last.
 */
checked_at: number | null, 
/**
 * How the user was recognized: the values of `amr` (RFC 8176), and of `acr`.
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
 * Whether it can be relied on.
 */
state: SignalState, 
/**
 * When it was heard last, Unix seconds.
 */
heard_at: number | null, };

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
 * After how long without use the question comes.
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
 * What locking the screen does.
 */
on_lock: OnLock, 
/**
 * By which ways the end of the provider's session is noticed; the answers to refreshes always count.
 */
watch: Array<Signal>, 
/**
 * How often the provider is asked, by the tab in the browser and by Abide itself.
 */
poll: number, 
/**
 * Whether signing out here signs out at the provider too.
 */
provider_logout: boolean, 
/**
 * Whether signing out here revokes the tokens.
 */
revoke: boolean, 
/**
 * Whether UserInfo is read after the sign-in and after each renewal.
 */
claims: boolean, };

export type SettingField = "end_after" | "warn_after" | "absolute" | "poll";

export type SettingProblem = "end_after_too_short" | "warn_after_not_before_end" | "absolute_too_short" | "absolute_too_long" | "poll_too_short";

export type SessionStatus = { 
/**
 * The account's name in the configuration.
 */
account: string, 
/**
 * The issuer, byte for byte.
 */
issuer: string, 
/**
 * The provider as people would name it: its host.
 */
provider: string, 
/**
 * Who is signed in: an email address or name; `None` when nobody is.
 */
user: string | null, 
/**
 * The state.
 */
state: SessionState, 
/**
 * Why the last session ended, in `ended`.
 */
ended: EndReason | null, 
/**
 * How that became known, where the provider ended it.
 */
ended_by: Signal | null, 
/**
 * What became of the provider's side of it.
 */
provider_end: ProviderEnd | null, 
/**
 * What is known of the provider's sign-out page, after an end at which it was to be opened.
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
 * The whole length, in seconds, of which `expires_in` is left: the ring is full at this value.
 */
lifetime: number | null, 
/**
 * When the session began.
 */
since: number | null, 
/**
 * The end that nothing can move.
 */
at_most_until: number | null, 
/**
 * Seconds that the present access token stays valid; `None` when there is none.
 */
access_token_expires_in: number | null, 
/**
 * Whether a refresh token is there, so that the access token renews by itself.
 */
renewable: boolean, 
/**
 * Whether using the session, or *Yes*, moves its nearest end.
 * Absent from an agent that still runs after an upgrade, and then not denied.
 */
can_be_kept: boolean, 
/**
 * Whether the provider wants the person to sign in again before it gives new tokens. The session is kept.
 */
sign_in_needed: boolean, 
/**
 * Whether a sign-in is under way: in `authorizing`, or again for a session that is kept.
 */
signing_in: boolean, 
/**
 * The parameter that declared the nearest end of the provider's session.
 */
provider_limit: LimitSource | null, 
/**
 * Whether the session is frozen because the screen is locked: it goes on, but no token is handed out.
 */
frozen: boolean, 
/**
 * The three layers, from the user outwards; empty before the first sign-in.
 */
layers: Array<LayerStatus>, 
/**
 * By which signals the end of the provider's session would be noticed; empty when nobody is signed in.
 * Absent from an agent that still runs after an upgrade.
 */
signals: Array<SignalStatus>, 
/**
 * How many seconds the provider's clock is ahead of this machine's; negative when it is behind. `None` while the
 * provider has not said what time it is.
 */
clock_skew: number | null, 
/**
 * When the idle time that is set is not shorter than what the provider declares for its session: an idle time that
 * is, one minute less than the provider's, in seconds.
 */
advised_end_after: number | null, 
/**
 * What went wrong last, in a sentence for people; gone after the next success.
 */
last_error: string | null, 
/**
 * The same as a code that stays the same from version to version, in snake case.
 * Absent from an agent that still runs after an upgrade.
 */
last_error_code: string | null, 
/**
 * What has to change before it can work. Absent from an agent that still runs after an upgrade.
 */
last_error_kind: LastErrorKind | null, };

export type Question = { 
/**
 * Which question this is: an answer names it, so that a late answer cannot fit a later question.
 */
id: number, 
/**
 * The account that is about to expire.
 */
account: string, 
/**
 * The provider as people would name it.
 */
provider: string, 
/**
 * Seconds until the session ends without an answer.
 */
seconds_left: number, 
/**
 * The limit that would end it.
 */
limit: Limit, 
/**
 * Whether *Yes* can move that limit. If not, the question only says that the end is near.
 */
can_be_kept: boolean, 
/**
 * Until when *Yes* would keep it, Unix seconds.
 */
yes_keeps_until: number, };

export type Snapshot = { 
/**
 * All accounts, in the order of the configuration.
 */
accounts: Array<SessionStatus>, 
/**
 * The questions that are up, the one that ends first at the top. They are asked together.
 */
questions: Array<Question>, 
/**
 * What the user should know about the program itself, for instance that the keyring is not there.
 */
warnings: Array<string>, };

export type NoticeKind = "signed_in" | "sign_in_failed" | "expiring" | "still_active" | "ended" | "step_up" | "problem";

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
 * The question that it goes with: once that is no longer up, the notification is out of date.
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
 * How much it matters.
 */
severity: Severity, 
/**
 * The account that it is about.
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
 * Lines for the file that would mend it.
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
 * What was found, errors first.
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
 * Whether the names are the user's own.
 */
mapped: boolean, 
/**
 * When the provider was asked last, Unix seconds; `None` where only the ID token is known.
 */
read_at: number | null, 
/**
 * The claims by name.
 */
claims: Record<string, unknown>, };

export type DiscoveredProvider = { 
/**
 * The issuer, byte for byte as the provider writes it.
 */
issuer: string, 
/**
 * The provider as people would name it: its host.
 */
provider: string, 
/**
 * A name for the account that is still free.
 */
suggested_name: string, 
/**
 * Whether the provider says that it hands out refresh tokens; `None` when it does not say.
 */
offline_access: boolean | null, 
/**
 * Whether signing out can also end the session at the provider.
 */
provider_logout: boolean, 
/**
 * Whether tokens can be revoked.
 */
revocation: boolean, };

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
 * The client identifier that is registered at the provider.
 */
client_id: string, };

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
 * The setting that was refused, if it was one.
 */
field: SettingField | null, };

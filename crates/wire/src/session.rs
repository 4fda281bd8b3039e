//! Sessions as they are shown: in `abide status`, in the tray, in the window, in the event stream.

use serde::{Deserialize, Serialize};

use crate::provider::{ProviderEnd, SignOutPage, Signal, SignalStatus};

/// The state of an account's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// Nobody has signed in since the account was set up.
    SignedOut,
    /// The browser is open at the provider.
    Authorizing,
    /// Signed in.
    Active,
    /// Signed in, and the question "Keep session?" is up.
    Expiring,
    /// Was signed in; `ended` says why that is over.
    Ended,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user signed out.
    UserLogout,
    /// Nothing used the session and nobody answered the question.
    IdleTimeout,
    /// The longest time that a session may last is over.
    AbsoluteTimeout,
    /// The end that the provider declared for its session has passed.
    ProviderTimeout,
    /// The access token ended, and the provider gave no refresh token for another.
    AccessTokenExpired,
    /// The user answered the question with No.
    Declined,
    /// The provider ended its session.
    ProviderLogout,
    /// The provider no longer accepts the refresh token.
    RefreshRejected,
    /// The screen was locked, and the account is set up to end then.
    ScreenLocked,
}

/// Which limit is the nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Nothing used the session for too long.
    Idle,
    /// The longest time that a session may last.
    Absolute,
    /// The end that the provider declared for its session: `provider_limit` names the parameter.
    Provider,
    /// The end of the access token, where the provider gave no refresh token for another.
    AccessToken,
}

/// The parameter by which a provider declares the end of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LimitSource {
    /// The claim `session_expiry` of the ID token (OpenID IPSIE).
    SessionExpiry,
    /// `authorization_expires_in` (draft-ietf-oauth-refresh-token-expiration).
    AuthorizationExpiresIn,
    /// `refresh_token_timeout` (draft-ietf-oauth-refresh-token-expiration).
    RefreshTokenTimeout,
    /// `refresh_expires_in`, which no specification defines.
    RefreshExpiresIn,
}

/// One of the three sessions that a sign-in begins, one inside the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The session that Abide keeps.
    Application,
    /// The session at the OpenID Provider.
    Provider,
    /// The session at whoever checked who the user is: an upstream identity provider, or the provider itself.
    IdentityProvider,
}

/// What is known of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LayerState {
    /// It goes on, as far as is known.
    Active,
    /// It is over.
    Ended,
    /// Nothing is known.
    Unknown,
}

/// How that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Abide itself decides.
    OwnLimits,
    /// The claims of the ID token.
    IdToken,
    /// The provider's answer to a refresh.
    Refresh,
    /// The provider's iframe in a tab of the browser.
    Browser,
    /// The provider's answer when it was asked about the access token.
    Asked,
    /// The provider sent word.
    Told,
    /// The provider does not tell.
    Nothing,
}

/// What has to change before something that went wrong can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum LastErrorKind {
    /// Nothing: the same request works when the provider or the network answers again.
    Passing,
    /// The person has to act: sign in again, agree to something, or correct the account.
    ActionRequired,
    /// Something on this computer: a file, the clock.
    ThisComputer,
    /// The provider's answer, which cannot be used.
    UnusableAnswer,
}

/// One of the three layers, as shown. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LayerStatus {
    /// Which one.
    pub layer: Layer,
    /// Who keeps it: the account, the provider's host, the identity provider's name.
    pub name: String,
    /// Whether it goes on.
    pub state: LayerState,
    /// When it began.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub since: Option<u64>,
    /// When it ends, or has ended.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub ends_at: Option<u64>,
    /// How state and end are known. Its former name is read too: an older agent may still run after an upgrade.
    #[serde(alias = "known_by")]
    pub evidence: Evidence,
    /// When it was heard of last.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub checked_at: Option<u64>,
    /// How the user was recognized: the values of `amr` (RFC 8176), and of `acr`.
    pub methods: Vec<String>,
}

/// What counts as use of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ActivityPolicy {
    /// A tool asks for a token.
    #[default]
    Requests,
    /// The user touches keyboard or mouse.
    Input,
    /// Either of them.
    Both,
}

impl ActivityPolicy {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Input => "input",
            Self::Both => "both",
        }
    }
}

/// What locking the screen does to a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OnLock {
    /// Nothing.
    Keep,
    /// No token is handed out until the screen is unlocked.
    #[default]
    Freeze,
    /// The session ends.
    End,
}

impl OnLock {
    /// The word in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Freeze => "freeze",
            Self::End => "end",
        }
    }
}

/// The settings of an account's session. Durations in whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SessionSettings {
    /// How long a session lasts without use.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub end_after: u64,
    /// After how long without use the question comes.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub warn_after: u64,
    /// How long a session lasts at most.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub absolute: u64,
    /// What counts as use.
    pub activity: ActivityPolicy,
    /// What locking the screen does.
    pub on_lock: OnLock,
    /// By which ways the end of the provider's session is noticed; the answers to refreshes always count.
    pub watch: Vec<Signal>,
    /// How often the provider is asked, by the tab in the browser and by Abide itself.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub poll: u64,
    /// Whether signing out here signs out at the provider too.
    pub provider_logout: bool,
    /// Whether signing out here revokes the tokens.
    pub revoke: bool,
    /// Whether UserInfo is read after the sign-in and after each renewal.
    pub claims: bool,
}

/// A member of [`SessionSettings`] whose value can be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum SettingField {
    EndAfter,
    WarnAfter,
    Absolute,
    Poll,
}

/// Why the settings of a session are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SettingProblem {
    /// `end_after` is shorter than two seconds.
    EndAfterTooShort,
    /// `warn_after` is zero, or not shorter than `end_after`.
    WarnAfterNotBeforeEnd,
    /// `absolute` is shorter than `end_after`.
    AbsoluteTooShort,
    /// `absolute` is longer than ten years.
    AbsoluteTooLong,
    /// `provider.poll` is shorter than two seconds.
    PollTooShort,
}

impl SettingProblem {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EndAfterTooShort => "end_after_too_short",
            Self::WarnAfterNotBeforeEnd => "warn_after_not_before_end",
            Self::AbsoluteTooShort => "absolute_too_short",
            Self::AbsoluteTooLong => "absolute_too_long",
            Self::PollTooShort => "poll_too_short",
        }
    }

    /// The setting to correct.
    #[must_use]
    pub fn field(self) -> SettingField {
        match self {
            Self::EndAfterTooShort => SettingField::EndAfter,
            Self::WarnAfterNotBeforeEnd => SettingField::WarnAfter,
            Self::AbsoluteTooShort | Self::AbsoluteTooLong => SettingField::Absolute,
            Self::PollTooShort => SettingField::Poll,
        }
    }
}

impl std::fmt::Display for SettingProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::EndAfterTooShort => "`end_after` must be at least two seconds.",
            Self::WarnAfterNotBeforeEnd => {
                "`warn_after` must be more than zero and shorter than `end_after`."
            }
            Self::AbsoluteTooShort => "`absolute` must not be shorter than `end_after`.",
            Self::AbsoluteTooLong => "`absolute` must not be longer than ten years.",
            Self::PollTooShort => "`provider.poll` must be at least two seconds.",
        })
    }
}

/// One account and its session, as shown. All times are Unix seconds, all durations whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionStatus {
    /// The account's name in the configuration.
    pub account: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// The provider as people would name it: its host.
    pub provider: String,
    /// Who is signed in: an email address or name; `None` when nobody is.
    pub user: Option<String>,
    /// The state.
    pub state: SessionState,
    /// Why the last session ended, in `ended`.
    pub ended: Option<EndReason>,
    /// How that became known, where the provider ended it.
    pub ended_by: Option<Signal>,
    /// What became of the provider's side of it.
    pub provider_end: Option<ProviderEnd>,
    /// What is known of the provider's sign-out page, after an end at which it was to be opened.
    #[serde(default)]
    pub sign_out_page: Option<SignOutPage>,
    /// When the last session ended.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub ended_at: Option<u64>,
    /// Seconds until the nearest limit ends the session.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub expires_in: Option<u64>,
    /// Which limit that is.
    pub limit: Option<Limit>,
    /// The whole length, in seconds, of which `expires_in` is left: the ring is full at this value.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub lifetime: Option<u64>,
    /// When the session began.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub since: Option<u64>,
    /// The end that nothing can move.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub at_most_until: Option<u64>,
    /// Seconds that the present access token stays valid; `None` when there is none.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub access_token_expires_in: Option<u64>,
    /// Whether a refresh token is there, so that the access token renews by itself.
    pub renewable: bool,
    /// Whether using the session, or *Yes*, moves its nearest end.
    /// Absent from an agent that still runs after an upgrade, and then not denied.
    #[serde(default = "unknown_is_yes")]
    pub can_be_kept: bool,
    /// Whether the provider wants the person to sign in again before it gives new tokens. The session is kept.
    #[serde(default)]
    pub sign_in_needed: bool,
    /// Whether a sign-in is under way: in `authorizing`, or again for a session that is kept.
    #[serde(default)]
    pub signing_in: bool,
    /// The parameter that declared the nearest end of the provider's session.
    #[serde(default)]
    pub provider_limit: Option<LimitSource>,
    /// Whether the session is frozen because the screen is locked: it goes on, but no token is handed out.
    pub frozen: bool,
    /// The three layers, from the user outwards; empty before the first sign-in.
    pub layers: Vec<LayerStatus>,
    /// By which signals the end of the provider's session would be noticed; empty when nobody is signed in.
    /// Absent from an agent that still runs after an upgrade.
    #[serde(default)]
    pub signals: Vec<SignalStatus>,
    /// How many seconds the provider's clock is ahead of this machine's; negative when it is behind. `None` while the
    /// provider has not said what time it is.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub clock_skew: Option<i64>,
    /// When the idle time that is set is not shorter than what the provider declares for its session: an idle time that
    /// is, one minute less than the provider's, in seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub advised_end_after: Option<u64>,
    /// What went wrong last, in a sentence for people; gone after the next success.
    #[serde(default, alias = "trouble")]
    pub last_error: Option<String>,
    /// The same as a stable code in snake case.
    /// Absent from an agent that still runs after an upgrade.
    #[serde(default, alias = "trouble_code")]
    pub last_error_code: Option<String>,
    /// What has to change before it can work. Absent from an agent that still runs after an upgrade.
    #[serde(default)]
    pub last_error_kind: Option<LastErrorKind>,
}

fn unknown_is_yes() -> bool {
    true
}

/// The question "Keep session?" that is up now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Question {
    /// Which question this is: an answer names it, so that a late answer cannot fit a later question.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub id: u64,
    /// The account that is about to expire.
    pub account: String,
    /// The provider as people would name it.
    pub provider: String,
    /// Seconds until the session ends without an answer.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub seconds_left: u64,
    /// The limit that would end it.
    pub limit: Limit,
    /// Whether *Yes* can move that limit. If not, the question only says that the end is near.
    pub can_be_kept: bool,
    /// Until when *Yes* would keep it, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub yes_keeps_until: u64,
}

/// Everything that a view shows, whole. Views own no truth: they draw the newest snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Snapshot {
    /// All accounts, in the order of the configuration.
    pub accounts: Vec<SessionStatus>,
    /// The questions that are up, the one that ends first at the top. They are asked together.
    pub questions: Vec<Question>,
    /// What the user should know about the program itself, for instance that the keyring is not there.
    #[serde(alias = "remarks")]
    pub warnings: Vec<String>,
}

impl Snapshot {
    /// The account whose session ends first; if nobody is signed in anywhere, the first account.
    #[must_use]
    pub fn leading(&self) -> Option<&SessionStatus> {
        self.accounts
            .iter()
            .filter(|status| status.expires_in.is_some())
            .min_by_key(|status| status.expires_in)
            .or_else(|| self.accounts.first())
    }
}

/// Who tells Abide whether the user is at the machine, by names that people can look up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PresenceStatus {
    /// Who tells whether the screen is locked; empty when nobody does.
    pub lock: Vec<String>,
    /// Who tells of sleep; empty when nobody does.
    pub sleep: Vec<String>,
    /// Who tells when keyboard and mouse were last used.
    pub input: Option<String>,
    /// Whether the screen is locked.
    pub locked: bool,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Somebody signed in.
    SignedIn,
    /// A sign-in did not succeed.
    SignInFailed,
    /// The session will end soon.
    Expiring,
    /// The question was answered by a tool's activity.
    StillActive,
    /// The session ended.
    Ended,
    /// A tool needs a stronger sign-in (RFC 9470).
    StepUp,
    /// Something else to know.
    Problem,
}

/// Something to tell the user once. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The account, if it is about one.
    pub account: Option<String>,
    /// The question that it goes with: once that is no longer up, the notification is out of date.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub question: Option<u64>,
    /// A short title.
    pub title: String,
    /// One or two plain sentences.
    pub body: String,
}

//! Sessions as users see them: in `abide status`, the tray, the window and the event stream.

use serde::{Deserialize, Serialize};

use crate::consent::{ConsentQuestion, LiveGrant};
use crate::language::LanguageSetting;
use crate::provider::{ProviderEnd, SignOutPage, Signal, SignalStatus};
use crate::updates::UpdateStatus;

/// The state of an account's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SessionState {
    /// The user has not signed in since the account was set up.
    SignedOut,
    /// A sign-in is in progress in the browser.
    Authorizing,
    /// Signed in.
    Active,
    /// Signed in, and the question "Keep session?" is shown.
    Expiring,
    /// The session has ended; `ended` has the reason.
    Ended,
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user signed out.
    UserLogout,
    /// Nothing used the session, and the user did not answer the question.
    IdleTimeout,
    /// The session reached its longest time.
    AbsoluteTimeout,
    /// The session reached the end that the provider declared for it.
    ProviderTimeout,
    /// The access token expired, and the provider gave no refresh token.
    AccessTokenExpired,
    /// The user answered the question with No.
    Declined,
    /// The provider ended its session.
    ProviderLogout,
    /// The provider no longer accepts the refresh token.
    RefreshRejected,
    /// Abide does not trust the provider's answer to a renewal: `last_error_code` has the reason.
    AnswerRefused,
    /// The screen was locked, and the account is configured to end the session then.
    ScreenLocked,
    /// The account is no longer in the configuration, or has another provider or client there.
    AccountRemoved,
}

/// Which limit comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// Nothing used the session for too long.
    Idle,
    /// The longest time that a session may last.
    Absolute,
    /// The end that the provider declared for its session; `provider_limit` names the parameter.
    Provider,
    /// The end of the access token, if the provider gave no refresh token.
    AccessToken,
}

/// The parameter by which a provider declares the end of its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

impl LimitSource {
    /// The name of the parameter.
    #[must_use]
    pub fn parameter(self) -> &'static str {
        match self {
            Self::SessionExpiry => "session_expiry",
            Self::AuthorizationExpiresIn => "authorization_expires_in",
            Self::RefreshTokenTimeout => "refresh_token_timeout",
            Self::RefreshExpiresIn => "refresh_expires_in",
        }
    }

    /// Whether a renewal moves the end. A fixed one moves only if the provider declares another.
    #[must_use]
    pub fn moves_with_renewal(self) -> bool {
        matches!(self, Self::RefreshTokenTimeout | Self::RefreshExpiresIn)
    }
}

/// One of the three sessions that a sign-in creates, each inside the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// Abide's own session.
    Application,
    /// The session at the OpenID Provider.
    Provider,
    /// The session at the service that checked the user's identity: an upstream identity provider, or the provider itself.
    IdentityProvider,
}

/// The state of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum LayerState {
    /// Not ended, as far as is known.
    Active,
    /// Ended.
    Ended,
    /// Unknown.
    Unknown,
}

/// How Abide knows this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Abide decides it itself.
    OwnLimits,
    /// The claims of the ID token.
    IdToken,
    /// The provider's answer to a refresh.
    Refresh,
    /// The provider's iframe in a tab of the browser.
    Browser,
    /// The provider's answer to a question about the access token.
    Asked,
    /// The provider sent a notification.
    Told,
    /// The provider gives no information.
    Nothing,
}

/// Who or what has to change before a failed request can succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum LastErrorKind {
    /// Nothing: the same request succeeds when the provider or the network is available again.
    Passing,
    /// The user: sign in again, agree to something, or correct the account.
    ActionRequired,
    /// This computer, for instance a file or the clock.
    ThisComputer,
    /// The provider: its answer cannot be used.
    UnusableAnswer,
}

/// One of the three layers. Times are Unix seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LayerStatus {
    /// Which one.
    pub layer: Layer,
    /// Its name: the account, the provider's host, or the identity provider's name.
    pub name: String,
    /// Its state.
    pub state: LayerState,
    /// When it began.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub since: Option<u64>,
    /// When it ends, or has ended.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub ends_at: Option<u64>,
    /// How Abide knows the state and the end. Its former name is read too: an older agent may still run after an upgrade.
    #[serde(alias = "known_by")]
    pub evidence: Evidence,
    /// When Abide last received something about it.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub checked_at: Option<u64>,
    /// How the user was authenticated: the values of `amr` (RFC 8176) and of `acr`.
    pub methods: Vec<String>,
}

/// What counts as use of a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ActivityPolicy {
    /// A tool asks for a token.
    #[default]
    Requests,
    /// The user uses keyboard or mouse.
    Input,
    /// Either of them.
    Both,
}

impl ActivityPolicy {
    /// The name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Input => "input",
            Self::Both => "both",
        }
    }
}

/// What happens to a session when the screen is locked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OnLock {
    /// Nothing.
    Keep,
    /// Abide gives out no token until the screen is unlocked.
    #[default]
    Freeze,
    /// The session ends.
    End,
}

impl OnLock {
    /// The name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::Freeze => "freeze",
            Self::End => "end",
        }
    }
}

/// The settings of an account's session. Durations are whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct SessionSettings {
    /// How long a session lasts without use.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub end_after: u64,
    /// How long a session is unused before the question comes.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub warn_after: u64,
    /// How long a session lasts at most.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub absolute: u64,
    /// What counts as use.
    pub activity: ActivityPolicy,
    /// What happens when the screen is locked.
    pub on_lock: OnLock,
    /// Whether Abide reminds the user of the longest session.
    #[serde(default = "unknown_is_yes")]
    pub remind: bool,
    /// Whether Abide reminds the user of an end that the provider has fixed.
    #[serde(default = "unknown_is_yes")]
    pub remind_provider: bool,
    /// The signals that tell Abide about the end of the provider's session. Answers to refreshes always count.
    pub watch: Vec<Signal>,
    /// How often the tab in the browser and Abide itself ask the provider.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub poll: u64,
    /// Whether signing out of Abide also signs out at the provider.
    pub provider_logout: bool,
    /// Whether signing out of Abide revokes the tokens.
    pub revoke: bool,
    /// Whether UserInfo is read after the sign-in and after each renewal.
    pub claims: bool,
    /// The settings that the administrator has locked, by their names here. Ignored in a change.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<String>>", optional))]
    pub locked: Vec<String>,
}

/// A field of [`SessionSettings`] whose value can be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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

/// An end that no use of the session can move, and that the user was reminded of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Reminder {
    /// Identifies the account in an answer.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub id: u64,
    /// The limit: `absolute` or `provider`.
    pub limit: Limit,
    /// The end, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub ends_at: u64,
    /// A whole hour before the end to which the reminder can be put off, Unix seconds; `null` if there is none.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub later_at: Option<u64>,
}

/// An account and its session. All times are Unix seconds, all durations whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SessionStatus {
    /// The account's name in the configuration.
    pub account: String,
    /// The user's own title for it, which views show instead of the name.
    /// Missing from an agent that still runs after an upgrade.
    #[serde(default)]
    pub label: Option<String>,
    /// Whether the account is removed in a few seconds, unless the user undoes that.
    #[serde(default)]
    pub removing: bool,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// The provider's host.
    pub provider: String,
    /// Who is signed in: an email address or name; `null` when signed out.
    pub user: Option<String>,
    /// The state.
    pub state: SessionState,
    /// Why the last session ended, if the state is `ended`.
    pub ended: Option<EndReason>,
    /// By which signal Abide learned that, if the provider ended the session.
    pub ended_by: Option<Signal>,
    /// The state of the provider's session since then.
    pub provider_end: Option<ProviderEnd>,
    /// The state of the provider's sign-out page, if it was to be opened at the end of the session.
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
    /// The whole duration, in seconds, that `expires_in` counts down from: the ring is full at this value.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub lifetime: Option<u64>,
    /// When the session began.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub since: Option<u64>,
    /// The end that nothing can extend.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub at_most_until: Option<u64>,
    /// Seconds until the current access token expires; `null` without a token.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub access_token_expires_in: Option<u64>,
    /// Whether Abide has a refresh token, so that it can renew the access token.
    pub renewable: bool,
    /// Whether using the session, or *Yes*, moves its next end.
    /// Missing from an agent that still runs after an upgrade, and then taken as true.
    #[serde(default = "unknown_is_yes")]
    pub can_be_kept: bool,
    /// Whether the provider wants the user to sign in again before it gives new tokens. The session is kept.
    #[serde(default)]
    pub sign_in_needed: bool,
    /// An end that no use of the session can move, from the reminder of it until the user puts it off. A sign-in now begins a new
    /// session in the place of this one.
    #[serde(default)]
    pub reminder: Option<Reminder>,
    /// Whether a sign-in is in progress: in state `authorizing`, or again for a session that is kept.
    #[serde(default)]
    pub signing_in: bool,
    /// The number of the last sign-in that was begun: a greater one has taken the place of the one before.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub attempt: Option<u64>,
    /// Whether the provider has a sign-out page (RP-Initiated Logout 1.0); null while that is unknown.
    #[serde(default)]
    pub provider_logout: Option<bool>,
    /// The parameter that declared the next end of the provider's session.
    #[serde(default)]
    pub provider_limit: Option<LimitSource>,
    /// Whether the session is frozen because the screen is locked: it stays, but Abide gives out no token.
    pub frozen: bool,
    /// The three layers, Abide's own first; empty before the first sign-in.
    pub layers: Vec<LayerStatus>,
    /// The signals that tell Abide about the end of the provider's session; empty when signed out.
    /// Missing from an agent that still runs after an upgrade.
    #[serde(default)]
    pub signals: Vec<SignalStatus>,
    /// How many seconds the provider's clock is ahead of this computer's; negative when it is behind. `null` if the provider
    /// has not sent a time yet.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub clock_skew: Option<i64>,
    /// An idle time, in seconds, that is one minute shorter than the time that the provider declares for its session. Only
    /// when the configured idle time is not shorter than that time.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub advised_end_after: Option<u64>,
    /// The last error, in a sentence for people; `null` after the next success.
    #[serde(default, alias = "trouble")]
    pub last_error: Option<String>,
    /// The last error as a stable code in snake case.
    /// Missing from an agent that still runs after an upgrade.
    #[serde(default, alias = "trouble_code")]
    pub last_error_code: Option<String>,
    /// Who or what has to change before it can succeed. Missing from an agent that still runs after an upgrade.
    #[serde(default)]
    pub last_error_kind: Option<LastErrorKind>,
}

fn unknown_is_yes() -> bool {
    true
}

/// The title of an account in views: the user's own, else its name.
#[must_use]
pub fn title<'a>(account: &'a str, label: Option<&'a str>) -> &'a str {
    label.unwrap_or(account)
}

impl SessionStatus {
    /// The title of the account in views.
    #[must_use]
    pub fn title(&self) -> &str {
        title(&self.account, self.label.as_deref())
    }
}

impl Question {
    /// The title of the account in views.
    #[must_use]
    pub fn title(&self) -> &str {
        title(&self.account, self.label.as_deref())
    }
}

/// The question "Keep session?" that is shown now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Question {
    /// Identifies the question. An answer names it, so that a late answer cannot apply to a later question.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub id: u64,
    /// The account that is about to expire.
    pub account: String,
    /// The user's own title for it.
    /// Missing from an agent that still runs after an upgrade.
    #[serde(default)]
    pub label: Option<String>,
    /// The provider's host.
    pub provider: String,
    /// Seconds until the session ends if the user does not answer.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub seconds_left: u64,
    /// The limit that would end it.
    pub limit: Limit,
    /// Whether *Yes* can move that limit. If not, the question only announces the end.
    pub can_be_kept: bool,
    /// Until when *Yes* keeps the session, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub yes_keeps_until: u64,
}

/// Everything that a view shows. Views keep no state of their own: they draw the newest snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Snapshot {
    /// All accounts, in the order of the configuration.
    pub accounts: Vec<SessionStatus>,
    /// The questions that are shown, sorted by the time of the end. They are asked together.
    pub questions: Vec<Question>,
    /// What the user should know about Abide itself, for instance that the keyring is not available.
    #[serde(alias = "remarks")]
    pub warnings: Vec<String>,
    /// The programs that wait for the user's answer, the oldest first. One is asked about at a time.
    /// Over the endpoint, only the `abide` command gets them.
    /// Absent from an agent that still runs after an upgrade.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<ConsentQuestion>>", optional))]
    pub consents: Vec<ConsentQuestion>,
    /// The answers that hold now and end by themselves.
    /// Over the endpoint, only the `abide` command gets them.
    /// Absent from an agent that still runs after an upgrade.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<Vec<LiveGrant>>", optional))]
    pub grants: Vec<LiveGrant>,
    /// The language of everything that is shown to people.
    /// Absent from an agent that still runs after an upgrade.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<LanguageSetting>", optional))]
    pub language: LanguageSetting,
    /// What is known about newer versions of Abide.
    /// Absent from an agent that still runs after an upgrade.
    #[serde(default)]
    #[cfg_attr(feature = "typescript", ts(as = "Option<UpdateStatus>", optional))]
    pub updates: UpdateStatus,
}

impl Snapshot {
    /// The account whose session ends first; if no account is signed in, the first account.
    #[must_use]
    pub fn leading(&self) -> Option<&SessionStatus> {
        self.accounts
            .iter()
            .filter(|status| status.expires_in.is_some())
            .min_by_key(|status| status.expires_in)
            .or_else(|| self.accounts.first())
    }

    /// The title of the account with this name in views. An account that is no longer there is called by its name.
    #[must_use]
    pub fn title_of<'a>(&'a self, account: &'a str) -> &'a str {
        let status = self.accounts.iter().find(|status| status.account == account);
        status.map_or(account, SessionStatus::title)
    }

    /// Title and name of an account, where the user decides something about it: a title is not unique.
    #[must_use]
    pub fn title_and_name_of(&self, account: &str) -> String {
        match self.title_of(account) {
            title if title == account => account.to_owned(),
            title => format!("{title} \u{b7} {account}"),
        }
    }
}

/// Which services of the system report whether the user is at the computer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PresenceStatus {
    /// The services that report whether the screen is locked; empty when there are none.
    pub lock: Vec<String>,
    /// The services that report sleep; empty when there are none.
    pub sleep: Vec<String>,
    /// The service that reports when keyboard and mouse were last used.
    pub input: Option<String>,
    /// Whether the screen is locked.
    pub locked: bool,
}

/// What a notification is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// The user signed in.
    SignedIn,
    /// A sign-in failed.
    SignInFailed,
    /// The session will end soon.
    Expiring,
    /// A tool used the session, which answered the question.
    StillActive,
    /// The session ended.
    Ended,
    /// The session will end in some time, and no use of it can move that.
    Reminder,
    /// A tool needs a stronger sign-in (RFC 9470).
    StepUp,
    /// There is a newer version of Abide.
    Update,
    /// Another problem.
    Problem,
}

/// A message that the user sees once. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The account, if it is about one.
    pub account: Option<String>,
    /// The question that it belongs to: when that is no longer shown, the notification is out of date.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub question: Option<u64>,
    /// A short title.
    pub title: String,
    /// One or two plain sentences.
    pub body: String,
}

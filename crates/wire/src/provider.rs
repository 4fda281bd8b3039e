//! The state of the provider's session, and the signals that tell Abide about it.

use serde::{Deserialize, Serialize};

/// A way in which Abide learns that the provider's session has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Signal {
    /// The provider's iframe in a tab of the user's browser (OpenID Connect Session Management 1.0).
    Iframe,
    /// The answers to refreshes.
    Refresh,
    /// Introspection of the access token at an interval (RFC 7662).
    Introspection,
    /// UserInfo at an interval (OpenID Connect Core 1.0, section 5.3).
    Userinfo,
    /// A page that the provider opens in the browser (OpenID Connect Front-Channel Logout 1.0).
    Frontchannel,
    /// A logout token (OpenID Connect Back-Channel Logout 1.0).
    Backchannel,
    /// Security event tokens (RFC 8936).
    Events,
}

impl Signal {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Iframe,
        Self::Refresh,
        Self::Introspection,
        Self::Userinfo,
        Self::Frontchannel,
        Self::Backchannel,
        Self::Events,
    ];

    /// The name in the configuration.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iframe => "iframe",
            Self::Refresh => "refresh",
            Self::Introspection => "introspection",
            Self::Userinfo => "userinfo",
            Self::Frontchannel => "frontchannel",
            Self::Backchannel => "backchannel",
            Self::Events => "events",
        }
    }
}

/// Whether a signal works.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SignalState {
    /// Nothing has been received yet.
    Waiting,
    /// It works.
    Works,
    /// The browser does not give the provider's cookie to an embedded page, so the signal carries no information.
    Blocked,
    /// The tab that listens is closed or suspended.
    Closed,
    /// The provider's session has changed, and the provider does not say who is signed in now.
    Unclear,
    /// It was tried and does not work.
    Failed,
    /// The provider does not offer it to this account.
    NotOffered,
}

/// A signal that an account uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SignalStatus {
    /// Which one.
    pub signal: Signal,
    /// Whether it works.
    pub state: SignalState,
    /// When it last brought an answer, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub heard_at: Option<u64>,
    /// Why it failed, if that is known: a code of troubleshooting.md.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "typescript", ts(optional))]
    pub code: Option<String>,
}

/// The state of the provider's session after the session has ended in Abide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ProviderEnd {
    /// The provider has not been notified yet. Abide tries again, also after a restart.
    Pending,
    /// The provider is not notified: the account is configured so, or the provider offers no way that works.
    LocalOnly,
    /// The provider no longer accepts the session's tokens: Abide has tried them.
    Ended,
    /// The provider was notified, but still accepts the session's tokens.
    GoesOn,
    /// The provider was notified, but Abide could not check whether the session has ended.
    Unchecked,
    /// Another account uses the same session, so nothing was revoked.
    Shared,
}

/// The state of the provider's sign-out page after a sign-out (OpenID Connect RP-Initiated Logout 1.0). Only if the account is
/// configured to open it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub enum SignOutPage {
    /// The provider has none.
    NotOffered,
    /// It could not be opened.
    NotOpened,
    /// It is open, and the browser has not come back from it.
    Open,
    /// The browser has come back from it.
    CameBack,
}

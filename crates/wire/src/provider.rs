//! What is known of the provider's session, and by which way.

use serde::{Deserialize, Serialize};

/// How news of the provider's session come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
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
    /// A page of the provider's in the browser (OpenID Connect Front-Channel Logout 1.0).
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

    /// The word in the configuration.
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

/// Whether a signal can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SignalState {
    /// Nothing has been heard yet.
    Waiting,
    /// It works.
    Works,
    /// The browser hides the provider's cookie from a page inside another, so the signal says nothing.
    Blocked,
    /// The tab that listens is closed, or sleeps.
    Closed,
    /// The provider's session has changed, and the provider does not say who is signed in now.
    Unclear,
    /// It was tried and brings nothing.
    Failed,
    /// The provider does not offer it to this account.
    NotOffered,
}

/// One signal that an account listens to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SignalStatus {
    /// Which one.
    pub signal: Signal,
    /// Whether it can be relied on.
    pub state: SignalState,
    /// When it was heard last, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub heard_at: Option<u64>,
}

/// What became of the provider's side after a session has ended here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ProviderEnd {
    /// The provider has not been told yet. It is told again, also after a restart.
    Pending,
    /// The account says that the provider is not told, or the provider offers no way to.
    LocalOnly,
    /// The provider no longer accepts what belonged to the session: this was tried out.
    Ended,
    /// The provider was told, and accepts it still.
    GoesOn,
    /// The provider was told, and whether it has ended could not be checked.
    Unchecked,
    /// Another account uses the same session, so nothing was revoked.
    Shared,
}

/// What is known of the provider's sign-out page after a sign-out (OpenID Connect RP-Initiated Logout 1.0). Absent where the
/// account does not ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

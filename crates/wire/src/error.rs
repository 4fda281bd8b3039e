//! Error answers of the local API. The codes stay the same in all releases.

use serde::{Deserialize, Serialize};

use crate::session::SettingField;

/// The stable error codes of the local API, with the names that OAuth 2.0 and OpenID Connect use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ErrorCode {
    /// The user is not signed in to the account.
    LoginRequired,
    /// The client has no grant, and the user could not be asked.
    ConsentRequired,
    /// The client, its origin or its user may not do this.
    AccessDenied,
    /// The request is malformed.
    InvalidRequest,
    /// The request is not what the holder of the client key has signed, or was sent before.
    InvalidSignature,
    /// There is no account of that name.
    UnknownAccount,
    /// The provider issues no token for that resource or audience (RFC 8707, section 2).
    InvalidTarget,
    /// The provider issues no token with that scope.
    InvalidScope,
    /// The user signed in again, but not in the required way (OpenID Connect Core Unmet Authentication Requirements 1.0).
    UnmetAuthenticationRequirements,
    /// The session has ended; the description says why.
    SessionExpired,
    /// The provider cannot be reached. The session is kept.
    ProviderUnreachable,
    /// The user has to do more than sign in: agree to something, or correct the account. The session is kept.
    ActionRequired,
    /// Something on this computer prevents it, such as a file or the clock. The session is kept.
    ThisComputer,
    /// The provider's answer cannot be used. The session is kept.
    UnusableAnswer,
    /// The client has asked for tokens for too many different purposes within an hour; `retry_after` says when it may ask again.
    TooManyPurposes,
    /// The agent cannot answer right now; the same request may succeed later.
    TemporarilyUnavailable,
    /// There is no such call.
    NotFound,
    /// The server behind a forwarding proxy cannot be reached.
    UpstreamUnreachable,
    /// The server behind a forwarding proxy does not answer in time.
    UpstreamTimeout,
}

impl ErrorCode {
    /// The code as text, for an answer.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoginRequired => "login_required",
            Self::ConsentRequired => "consent_required",
            Self::AccessDenied => "access_denied",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidSignature => "invalid_signature",
            Self::UnknownAccount => "unknown_account",
            Self::InvalidTarget => "invalid_target",
            Self::InvalidScope => "invalid_scope",
            Self::UnmetAuthenticationRequirements => "unmet_authentication_requirements",
            Self::SessionExpired => "session_expired",
            Self::ProviderUnreachable => "provider_unreachable",
            Self::ActionRequired => "action_required",
            Self::ThisComputer => "this_computer",
            Self::UnusableAnswer => "unusable_answer",
            Self::TooManyPurposes => "too_many_purposes",
            Self::TemporarilyUnavailable => "temporarily_unavailable",
            Self::NotFound => "not_found",
            Self::UpstreamUnreachable => "upstream_unreachable",
            Self::UpstreamTimeout => "upstream_timeout",
        }
    }

    /// The HTTP status of an answer with this code.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::LoginRequired | Self::SessionExpired | Self::ConsentRequired | Self::InvalidSignature => {
                401
            }
            Self::AccessDenied | Self::UnmetAuthenticationRequirements | Self::ActionRequired => 403,
            Self::InvalidRequest | Self::InvalidTarget | Self::InvalidScope => 400,
            Self::UnknownAccount | Self::NotFound => 404,
            Self::TooManyPurposes => 429,
            Self::ThisComputer => 500,
            Self::ProviderUnreachable | Self::UnusableAnswer | Self::UpstreamUnreachable => 502,
            Self::UpstreamTimeout => 504,
            Self::TemporarilyUnavailable => 503,
        }
    }

    /// The exit code that the `abide` command ends with.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::LoginRequired | Self::SessionExpired | Self::ActionRequired => 3,
            Self::ConsentRequired
            | Self::AccessDenied
            | Self::InvalidSignature
            | Self::UnmetAuthenticationRequirements => 4,
            Self::InvalidRequest | Self::UnknownAccount | Self::InvalidTarget | Self::InvalidScope => 2,
            Self::ProviderUnreachable
            | Self::ThisComputer
            | Self::UnusableAnswer
            | Self::TooManyPurposes
            | Self::TemporarilyUnavailable
            | Self::NotFound
            | Self::UpstreamUnreachable
            | Self::UpstreamTimeout => 1,
        }
    }
}

/// The body of every error answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ErrorAnswer {
    /// The stable code.
    pub error: ErrorCode,
    /// What happened, what it means, and what to do: one or two sentences.
    pub error_description: String,
    /// The setting that was refused, if a setting was the cause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<SettingField>,
    /// Why there is no consent, with `consent_required` and `access_denied`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub case: Option<ConsentCase>,
    /// After how many seconds the same request may succeed, with `too_many_purposes`. Also in the header `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
}

/// Why a program has no consent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ConsentCase {
    /// There is no desktop on which the user could be asked.
    NoDisplay,
    /// The user did not answer.
    NoAnswer,
    /// The screen is locked.
    Locked,
    /// The user has said no.
    Denied,
    /// The user was asked a short time ago and did not allow it.
    AskedBefore,
    /// Too many other programs wait.
    Busy,
    /// The administrator forbids it.
    Policy,
    /// The program runs in a container or a sandbox.
    Sandbox,
    /// The program's file was replaced while it runs.
    Replaced,
    /// The client key is not allowed to have that.
    Key,
}

impl ErrorAnswer {
    /// An answer with this code and description.
    pub fn new(error: ErrorCode, description: impl Into<String>) -> Self {
        Self { error, error_description: description.into(), field: None, case: None, retry_after: None }
    }
}

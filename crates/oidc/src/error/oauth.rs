//! The error codes that a provider answers with.

use std::fmt;

use crate::text;

macro_rules! oauth_errors {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// An `error` from the authorization, token, revocation, introspection or UserInfo endpoint.
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum OAuthError {
            $($(#[$doc])* $variant,)*
            /// A code that none of these specifications defines: bounded, without control characters.
            Other(String),
        }

        impl OAuthError {
            /// All that the specifications define.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as the provider wrote it; `provider_refused` for one that is not known here.
            pub fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                    Self::Other(_) => "provider_refused",
                }
            }

            pub(crate) fn from_code(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)*
                    other => Self::Other(text::plain(other, 64)),
                }
            }
        }
    };
}

oauth_errors! {
    /// RFC 6749, sections 4.1.2.1 and 5.2.
    InvalidRequest = "invalid_request",
    /// RFC 6749, section 5.2: the client, its secret or its authentication method is wrong.
    InvalidClient = "invalid_client",
    /// RFC 6749, section 5.2: the code or refresh token is spent, revoked, expired or not ours.
    InvalidGrant = "invalid_grant",
    /// RFC 6749, sections 4.1.2.1 and 5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749, section 5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749, sections 4.1.2.1 and 5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749, section 4.1.2.1: the person or the provider said no.
    AccessDenied = "access_denied",
    /// RFC 6749, section 4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type",
    /// RFC 6749, section 4.1.2.1.
    ServerError = "server_error",
    /// RFC 6749, section 4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// RFC 7009, section 2.2.1.
    UnsupportedTokenType = "unsupported_token_type",
    /// RFC 6750, section 3.1.
    InvalidToken = "invalid_token",
    /// RFC 6750, section 3.1.
    InsufficientScope = "insufficient_scope",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    InteractionRequired = "interaction_required",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    LoginRequired = "login_required",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    AccountSelectionRequired = "account_selection_required",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    ConsentRequired = "consent_required",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    InvalidRequestUri = "invalid_request_uri",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    InvalidRequestObject = "invalid_request_object",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    RequestNotSupported = "request_not_supported",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    RequestUriNotSupported = "request_uri_not_supported",
    /// OpenID Connect Core 1.0, section 3.1.2.6.
    RegistrationNotSupported = "registration_not_supported",
    /// OpenID Connect Unmet Authentication Requirements 1.0.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// RFC 8628, section 3.5: the person has not answered yet.
    AuthorizationPending = "authorization_pending",
    /// RFC 8628, section 3.5: as before, and asked too often.
    SlowDown = "slow_down",
    /// RFC 8628, section 3.5: the code was not entered in time.
    ExpiredToken = "expired_token",
    /// RFC 7591, section 3.2.2: a redirect URI cannot be registered.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591, section 3.2.2: something else cannot be registered.
    InvalidClientMetadata = "invalid_client_metadata",
    /// RFC 7591, section 3.2.2.
    InvalidSoftwareStatement = "invalid_software_statement",
    /// RFC 7591, section 3.2.2.
    UnapprovedSoftwareStatement = "unapproved_software_statement",
    /// RFC 8707, section 2.
    InvalidTarget = "invalid_target",
    /// RFC 9449, section 5.
    InvalidDpopProof = "invalid_dpop_proof",
    /// RFC 9449, section 8.
    UseDpopNonce = "use_dpop_nonce",
    /// RFC 9470, section 3.
    InsufficientUserAuthentication = "insufficient_user_authentication",
}

impl fmt::Display for OAuthError {
    /// Half a sentence, to follow "The provider refused: ".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::InvalidClient => "it does not know this client, or its secret is wrong",
            Self::InvalidGrant => "the sign-in is no longer valid",
            Self::UnauthorizedClient => "this client may not sign in this way",
            Self::InvalidScope => "it does not grant the requested scope",
            Self::AccessDenied => "access was denied",
            Self::ServerError | Self::TemporarilyUnavailable => "it has a problem at the moment",
            Self::ExpiredToken => "what Abide has from it has expired",
            Self::InvalidToken => "the token is no longer valid",
            Self::LoginRequired => "you have to sign in",
            Self::ConsentRequired => "you have to give your consent",
            Self::InteractionRequired | Self::AccountSelectionRequired => "it needs an answer from you",
            Self::UnmetAuthenticationRequirements | Self::InsufficientUserAuthentication => {
                "it asks for a stronger sign-in"
            }
            Self::Other(code) => return write!(f, "it answered “{code}”"),
            known => return write!(f, "it answered “{}”", known.code()),
        })
    }
}

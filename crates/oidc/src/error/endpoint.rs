//! The endpoints of a provider, and what the sentence about an answer says of one: its name, the likely reason, and a setting that helps.

use std::fmt;

use crate::error::oauth::OAuthError;

const THROUGH_THE_BROWSER: &str =
    " `pushed_requests = \"off\"` sends the request through the browser, if the provider takes that.";

/// An endpoint of the provider (OpenID Connect Discovery 1.0, section 3, and the specifications that add to it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(missing_docs)]
pub enum Endpoint {
    Metadata,
    Authorization,
    Token,
    Keys,
    UserInfo,
    Revocation,
    Introspection,
    EndSession,
    CheckSession,
    Events,
    DeviceAuthorization,
    Registration,
    PushedAuthorization,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Metadata => "metadata (`metadata_url`)",
            Self::Authorization => "sign-in page (authorization_endpoint)",
            Self::Token => "token endpoint (token_endpoint)",
            Self::Keys => "keys (jwks_uri)",
            Self::UserInfo => "profile (userinfo_endpoint)",
            Self::Revocation => "revocation (revocation_endpoint)",
            Self::Introspection => "introspection (introspection_endpoint)",
            Self::EndSession => "sign-out page (end_session_endpoint)",
            Self::CheckSession => "session page (check_session_iframe)",
            Self::Events => "event stream (poll endpoint)",
            Self::DeviceAuthorization => "sign-in on another device (device_authorization_endpoint)",
            Self::Registration => "registration of new clients (registration_endpoint)",
            Self::PushedAuthorization => "place for requests (pushed_authorization_request_endpoint)",
        })
    }
}

/// A setting with which the endpoint is not needed, as a sentence.
pub(super) fn way_without(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::PushedAuthorization => THROUGH_THE_BROWSER,
        _ => "",
    }
}

/// After an answer without an OAuth error.
pub(super) fn unexpected(at: Option<Endpoint>, status: u16) -> String {
    let Some(endpoint) = at else { return String::new() };
    let why = match status {
        401 | 403 => " It may not allow this client there: ask its administrator.",
        404 | 405 | 410 | 501 => " It may not have that, although its metadata name it.",
        _ => "",
    };
    format!(" The request was for its {endpoint}.{why}{}", way_without(endpoint))
}

/// After an OAuth error.
pub(super) fn refused(at: Option<Endpoint>, error: &OAuthError) -> String {
    let Some(endpoint) = at else { return String::new() };
    let why = match (endpoint, error) {
        (Endpoint::PushedAuthorization, OAuthError::InvalidRequest) => {
            " Some providers accept only clients with a secret or a key there."
        }
        (
            Endpoint::DeviceAuthorization,
            OAuthError::InvalidClient
            | OAuthError::UnauthorizedClient
            | OAuthError::AccessDenied
            | OAuthError::UnsupportedGrantType,
        ) => " It may not allow this client to sign in that way: ask its administrator.",
        _ => "",
    };
    let way = if why.is_empty() { "" } else { way_without(endpoint) };
    format!(" The request was for its {endpoint}.{why}{way}")
}

//! What can go wrong, as one enum with stable codes.

pub(crate) mod device;
pub(crate) mod document;
pub(crate) mod dpop;
mod endpoint;
pub(crate) mod id_token;
pub(crate) mod kind;
pub(crate) mod logout_token;
pub(crate) mod oauth;
pub(crate) mod pushed_request;
pub(crate) mod registration;
pub(crate) mod security_event;
pub(crate) mod statement;
pub(crate) mod userinfo;

use std::fmt;
use std::time::Duration;

use crate::error::device::DeviceError;
use crate::error::document::Document;
use crate::error::dpop::DpopError;
use crate::error::id_token::IdTokenError;
use crate::error::logout_token::LogoutTokenError;
use crate::error::oauth::OAuthError;
use crate::error::pushed_request::PushedRequestError;
use crate::error::registration::{RegisteredClientError, RegistrationProblem};
use crate::error::security_event::SecurityEventError;
use crate::error::userinfo::UserInfoError;
use crate::text;
use crate::text::json::DocumentProblem;
use crate::text::urls::UrlProblem;

pub use crate::error::endpoint::Endpoint;

/// The longest name of a parameter that is shown.
const MAX_NAME: usize = 64;

/// Everything that can go wrong between Abide and a provider. It holds no secret: it may be logged and shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The extra CA file holds no certificate that can be read.
    #[error("The CA file of this account does not contain a certificate that can be read.")]
    CaFileInvalid,
    /// The HTTP client could not be built, for example because the user agent is not a header value.
    #[error("The network connection could not be set up on this computer.")]
    HttpSetup,
    /// The configured issuer cannot be used.
    #[error("The address of the provider, “{issuer}”, cannot be used: {problem}.")]
    IssuerInvalid {
        /// As configured, bounded.
        issuer: String,
        /// Why.
        problem: UrlProblem,
    },
    /// The metadata names another issuer (OpenID Connect Discovery 1.0, section 4.3). One slash is a difference.
    #[error("The provider calls itself “{found}”, but this account expects “{expected}”.")]
    IssuerMismatch {
        /// As configured.
        expected: String,
        /// From the metadata, bounded.
        found: String,
    },
    /// An endpoint in the metadata cannot be used.
    #[error("The provider's {endpoint} cannot be used: {problem}.{}", endpoint::way_without(*.endpoint))]
    EndpointInvalid {
        /// Which one.
        endpoint: Endpoint,
        /// Why.
        problem: UrlProblem,
    },
    /// The metadata does not name an endpoint that is needed.
    #[error("The provider does not offer its {endpoint}.")]
    EndpointMissing {
        /// Which one.
        endpoint: Endpoint,
    },
    /// The provider does not support the authorization code flow.
    #[error("The provider does not offer the kind of sign-in that a desktop application uses.")]
    CodeFlowUnsupported,
    /// `code_challenge_methods_supported` does not contain S256 (RFC 8414, section 2), and the account requires it.
    #[error(
        "The provider does not say that it checks PKCE with S256, which this account requires (`require_pkce_support`)."
    )]
    PkceUnsupported,
    /// The client's registration is inconsistent or does not fit the provider.
    #[error("{0}")]
    Registration(RegistrationProblem),
    /// A parameter of the authorization request cannot be sent.
    #[error("The setting “{name}” of this account cannot be sent to the provider.")]
    ParameterInvalid {
        /// The parameter's name, bounded.
        name: String,
    },
    /// The provider takes only pushed authorization requests (RFC 9126, section 5).
    #[error("The provider takes only pushed authorization requests.")]
    PushedAuthorizationRequired,
    /// The endpoint for pushed authorization requests refuses a client that has neither a secret nor a key. RFC 9126,
    /// section 2 lets a provider do so, and several do it without an entry in their metadata.
    #[error(
        "The provider's {} refused this client{}. Many providers accept only clients that have a client secret or a key \
         there.{}",
        Endpoint::PushedAuthorization,
        refused_with(.refusal),
        without_push(.required)
    )]
    PushedRequestRefused {
        /// The provider's error: the code, and its own text, one line of at most 200 characters.
        refusal: Option<(OAuthError, Option<String>)>,
        /// True if the provider takes no other requests.
        required: bool,
    },
    /// The provider's answer to a pushed authorization request is refused.
    #[error("{0}")]
    PushedRequest(#[from] PushedRequestError),
    /// A bound token (RFC 9449) cannot be obtained or used.
    #[error("{0}")]
    Dpop(#[from] DpopError),
    /// Signing failed: this computer gave no random numbers, or the key is invalid.
    #[error("This computer could not make a signature that the provider needs.")]
    SigningFailed,
    /// A program of another user answers at this port of this computer, without TLS.
    #[error("{host} is a program of another user of this computer. Abide does not use it.")]
    PortOfAnotherUser {
        /// `host[:port]`.
        host: String,
    },
    /// No answer in time.
    #[error("{host} did not answer in time.")]
    Timeout {
        /// `host[:port]`.
        host: String,
    },
    /// No connection, or one that broke.
    #[error("{host} cannot be reached: {reason}.")]
    Unreachable {
        /// `host[:port]`.
        host: String,
        /// Why.
        reason: Unreachable,
    },
    /// HTTP 5xx or 408.
    #[error("{host} has a problem at the moment ({status}).")]
    Unavailable {
        /// `host[:port]`.
        host: String,
        /// The HTTP status.
        status: u16,
        /// `Retry-After` in seconds, if the provider said so; at most a day.
        retry_after: Option<Duration>,
        /// The code, if the provider said one in spite of its status.
        error: Option<OAuthError>,
    },
    /// HTTP 429.
    #[error("{host} asks Abide to wait {}.", for_as_long(*.retry_after))]
    RateLimited {
        /// `host[:port]`.
        host: String,
        /// `Retry-After` in seconds, if the provider said so; at most a day.
        retry_after: Option<Duration>,
    },
    /// The answer is no HTTP that can be read (RFC 9112).
    #[error("{host} answers, but not with HTTP that can be read.")]
    AnswerNotHttp {
        /// `host[:port]`.
        host: String,
    },
    /// HTTP 3xx, which is never followed.
    #[error("{host} redirected this request, which is not allowed.")]
    Redirected {
        /// `host[:port]`.
        host: String,
    },
    /// Any other HTTP status without an OAuth error in it.
    #[error("{host} gave an unexpected answer ({status}).{}", endpoint::unexpected(*.at, *.status))]
    UnexpectedStatus {
        /// `host[:port]`.
        host: String,
        /// The HTTP status.
        status: u16,
        /// The endpoint, where the sentence says what may help.
        at: Option<Endpoint>,
    },
    /// More than one MiB.
    #[error("{host} sent an answer that is too long.")]
    TooLarge {
        /// `host[:port]`.
        host: String,
    },
    /// An answer that cannot be read.
    #[error("{}", unreadable(*.document, *.problem, .member.as_deref()))]
    Document {
        /// Which one.
        document: Document,
        /// Why.
        problem: DocumentProblem,
        /// The member at fault, if there is one; bounded.
        member: Option<String>,
    },
    /// The provider answered with an OAuth error.
    #[error("The provider refused: {error}{}.{}", described(.description), endpoint::refused(*.at, .error))]
    Refused {
        /// The code.
        error: OAuthError,
        /// The provider's own words: one line, at most 200 characters.
        description: Option<String>,
        /// The endpoint, where the sentence says what may help.
        at: Option<Endpoint>,
    },
    /// UserInfo or the event stream answered 401: the access token is not, or no longer, good there.
    #[error("The provider no longer accepts the access token.")]
    AccessTokenRejected,
    /// The provider allows one stream of events for this client, and its description is not the receiver's (Shared Signals
    /// Framework 1.0, section 8.1.1.1).
    #[error("The provider allows one stream of events for this client, and another program has made it.")]
    EventStreamTaken,
    /// The token response has no `access_token`.
    #[error("The provider's answer contains no access token.")]
    AccessTokenMissing,
    /// A token contains characters that cannot be sent in a header (RFC 6750, section 2.1).
    #[error("The provider's answer contains a token that cannot be used.")]
    TokenMalformed,
    /// The token is not a bearer token, or the provider does not say what it is.
    #[error("The provider issued a kind of token that Abide does not know.")]
    TokenTypeUnsupported,
    /// An access token that is good for more than was asked for (RFC 6749, section 6; RFC 8693, section 2.2.1).
    #[error("The provider granted more than it was asked for.")]
    ScopeWider,
    /// The answer to a token exchange does not say what was issued (RFC 8693, section 2.2.1).
    #[error("The provider does not say what kind of token it issued.")]
    IssuedTokenTypeMissing,
    /// The provider issued another kind of token than was asked for (RFC 8693, section 2.2.1).
    #[error("The provider issued another kind of token than it was asked for.")]
    IssuedTokenTypeMismatch,
    /// A sign-in without an ID token is not OpenID Connect.
    #[error("The provider did not say who signed in.")]
    IdTokenMissing,
    /// The ID token is refused.
    #[error("{0}")]
    IdToken(#[from] IdTokenError),
    /// What the provider says about signing in on another device is refused.
    #[error("{0}")]
    Device(#[from] DeviceError),
    /// The client was registered in a way that cannot be used.
    #[error("{0}")]
    RegisteredClient(#[from] RegisteredClientError),
    /// The logout token is refused.
    #[error("{0}")]
    LogoutToken(#[from] LogoutTokenError),
    /// The security event token is refused.
    #[error("{0}")]
    SecurityEvent(#[from] SecurityEventError),
    /// The signed UserInfo is refused.
    #[error("{0}")]
    UserInfo(#[from] UserInfoError),
    /// UserInfo has no `sub` (OpenID Connect Core 1.0, section 5.3.2).
    #[error("The provider's profile does not say whom it describes.")]
    UserInfoSubjectMissing,
    /// UserInfo describes a different person (section 5.3.2).
    #[error("The provider's profile describes a different person than the one who signed in.")]
    UserInfoSubjectMismatch,
}

fn without_push(required: &bool) -> &'static str {
    match required {
        true => "",
        false => " To send the request through the browser instead, set `pushed_requests = \"off\"`.",
    }
}

fn refused_with(refusal: &Option<(OAuthError, Option<String>)>) -> String {
    let Some((error, description)) = refusal else { return String::new() };
    format!(": {error}{}", described(description))
}

pub(crate) fn described(description: &Option<String>) -> String {
    description.as_ref().map(|words| format!(" ({})", words.trim_end_matches('.'))).unwrap_or_default()
}

fn unreadable(document: Document, problem: DocumentProblem, member: Option<&str>) -> String {
    statement::named(&format!("The provider's {document} cannot be read: {problem}."), member)
}

/// A document that is not written as it should be.
pub(crate) fn malformed(document: Document, member: Option<&str>) -> Error {
    Error::Document { document, problem: DocumentProblem::Malformed, member: member.map(str::to_owned) }
}

pub(crate) fn invalid(name: &str) -> Error {
    Error::ParameterInvalid { name: text::plain(name, MAX_NAME) }
}

/// A pause in words.
fn for_as_long(pause: Option<Duration>) -> String {
    match pause.map(|pause| pause.as_secs()) {
        None | Some(0) => "for a while".to_owned(),
        Some(1) => "for a second".to_owned(),
        Some(seconds @ ..120) => format!("for {seconds} seconds"),
        Some(seconds) => format!("for {} minutes", seconds.div_ceil(60)),
    }
}

impl Error {
    /// A stable name for this error, in snake case. An OAuth error keeps the provider's code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::CaFileInvalid => "ca_file_invalid",
            Self::HttpSetup => "http_setup_failed",
            Self::IssuerInvalid { problem: UrlProblem::Insecure, .. } => "issuer_insecure",
            Self::IssuerInvalid { .. } => "issuer_invalid",
            Self::IssuerMismatch { .. } => "issuer_mismatch",
            Self::EndpointInvalid { problem: UrlProblem::Insecure, .. } => "endpoint_insecure",
            Self::EndpointInvalid { .. } => "endpoint_invalid",
            Self::EndpointMissing { .. } => "endpoint_missing",
            Self::CodeFlowUnsupported => "code_flow_unsupported",
            Self::Registration(problem) => problem.code(),
            Self::ParameterInvalid { .. } => "parameter_invalid",
            Self::PkceUnsupported => "pkce_unsupported",
            Self::PushedAuthorizationRequired => "pushed_authorization_required",
            Self::PushedRequestRefused { .. } => "pushed_request_refused",
            Self::PushedRequest(error) => error.code(),
            Self::Dpop(error) => error.code(),
            Self::SigningFailed => "signing_failed",
            Self::PortOfAnotherUser { .. } => "provider_port_of_another_user",
            Self::Timeout { .. } => "provider_timeout",
            Self::Unreachable { reason: Unreachable::Certificate, .. } => "provider_certificate_invalid",
            Self::Unreachable { reason: Unreachable::Tls, .. } => "provider_tls_failed",
            Self::Unreachable { reason: Unreachable::Name, .. } => "provider_name_unknown",
            Self::Unreachable { reason: Unreachable::Proxy, .. } => "proxy_failed",
            Self::Unreachable { .. } => "provider_unreachable",
            Self::Unavailable { .. } => "provider_unavailable",
            Self::RateLimited { .. } => "provider_rate_limited",
            Self::Redirected { .. } => "provider_redirected",
            Self::UnexpectedStatus { .. } => "provider_unexpected_status",
            Self::AnswerNotHttp { .. } => "answer_not_http",
            Self::TooLarge { .. } => "response_too_large",
            Self::Document { document, problem, .. } => document.code(*problem),
            Self::Refused { error, .. } => error.code(),
            Self::AccessTokenRejected => "access_token_rejected",
            Self::EventStreamTaken => "event_stream_taken",
            Self::AccessTokenMissing => "access_token_missing",
            Self::TokenMalformed => "token_malformed",
            Self::TokenTypeUnsupported => "token_type_unsupported",
            Self::ScopeWider => "scope_wider_than_asked",
            Self::IssuedTokenTypeMissing => "issued_token_type_missing",
            Self::IssuedTokenTypeMismatch => "issued_token_type_mismatch",
            Self::IdTokenMissing => "id_token_missing",
            Self::IdToken(error) => error.code(),
            Self::Device(error) => error.code(),
            Self::RegisteredClient(error) => error.code(),
            Self::LogoutToken(error) => error.code(),
            Self::SecurityEvent(error) => error.code(),
            Self::UserInfo(error) => error.code(),
            Self::UserInfoSubjectMissing => "userinfo_subject_missing",
            Self::UserInfoSubjectMismatch => "userinfo_subject_mismatch",
        }
    }

    /// The same error as that of an endpoint which not every provider has, or not for every client.
    pub(crate) fn at(self, endpoint: Endpoint) -> Self {
        let at = Some(endpoint);
        match self {
            Self::Refused { error, description, .. } => Self::Refused { error, description, at },
            Self::UnexpectedStatus { host, status, .. } => Self::UnexpectedStatus { host, status, at },
            // RFC 9110, section 15.6.2: it does not have that, which does not pass.
            Self::Unavailable { host, status: 501, error: None, .. } => {
                Self::UnexpectedStatus { host, status: 501, at }
            }
            other => other,
        }
    }

    /// How long the provider asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } | Self::RateLimited { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// Why a provider cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unreachable {
    /// Its name does not resolve.
    Name,
    /// No connection.
    Connection,
    /// No connection, where a proxy is configured: it is not there, does not let us through, or does not reach the provider.
    Proxy,
    /// Its certificate is not trusted, expired, or for another name.
    Certificate,
    /// TLS failed for another reason.
    Tls,
    /// The connection broke before the answer was complete.
    Interrupted,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "its name cannot be found",
            Self::Connection => "there is no connection",
            Self::Proxy => {
                "the configured proxy made no connection to it; check its address, name and password"
            }
            Self::Certificate => "its certificate is not trusted on this computer",
            Self::Tls => "no secure connection could be made",
            Self::Interrupted => "the connection broke",
        })
    }
}

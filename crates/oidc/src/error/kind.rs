//! The `kind` of an error: what has to change before the same request can succeed.

use crate::error::dpop::DpopError;
use crate::error::id_token::IdTokenError;
use crate::error::oauth::OAuthError;
use crate::error::pushed_request::PushedRequestError;
use crate::error::registration::RegistrationProblem;
use crate::error::{Endpoint, Error};
use crate::text::json::DocumentProblem;

/// What has to change before the same request can succeed. One answer for every error of this crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Nothing. The same request will work when the provider or the network answers again.
    Passing,
    /// A person has to act: sign in again, agree to something, or correct the account, here or at the provider.
    ActionRequired,
    /// This computer: a file, its clock, its random numbers.
    ThisComputer,
    /// The provider: its answer cannot be used.
    UnusableAnswer,
}

use ErrorKind::{ActionRequired, Passing, ThisComputer, UnusableAnswer};

impl ErrorKind {
    /// A stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Passing => "passing",
            ActionRequired => "action_required",
            ThisComputer => "this_computer",
            UnusableAnswer => "unusable_answer",
        }
    }
}

impl Error {
    /// What has to change before the same request can succeed.
    pub fn kind(&self) -> ErrorKind {
        match self {
            // A network that asks for a sign-in first often shows an untrusted certificate or a proxy that makes no
            // connection. The session is kept, and the message names the cause.
            Self::Timeout { .. }
            | Self::Unreachable { .. }
            | Self::Unavailable { .. }
            | Self::RateLimited { .. } => Passing,
            Self::CaFileInvalid | Self::HttpSetup | Self::SigningFailed | Self::PortOfAnotherUser { .. } => {
                ThisComputer
            }
            Self::IssuerInvalid { .. }
            | Self::EndpointInvalid { endpoint: Endpoint::Metadata, .. }
            | Self::IssuerMismatch { .. }
            | Self::ParameterInvalid { .. }
            | Self::PkceUnsupported
            | Self::PushedAuthorizationRequired
            | Self::PushedRequestRefused { .. }
            | Self::AccessTokenRejected
            | Self::EventStreamTaken => ActionRequired,
            Self::EndpointMissing { endpoint } => match endpoint {
                Endpoint::Authorization | Endpoint::Token | Endpoint::Keys => UnusableAnswer,
                // The account, or the person, asks for something that the provider does not offer.
                _ => ActionRequired,
            },
            Self::Registration(problem) => problem.kind(),
            Self::PushedRequest(error) => error.kind(),
            Self::Dpop(error) => error.kind(),
            Self::Refused { error, .. } => error.kind(),
            Self::IdToken(error) => error.kind(),
            // Without an OAuth error, the status decides (RFC 9110, sections 15.5.2 and 15.5.4).
            Self::UnexpectedStatus { status: 401 | 403, .. } => ActionRequired,
            Self::EndpointInvalid { .. }
            | Self::CodeFlowUnsupported
            | Self::Redirected { .. }
            | Self::UnexpectedStatus { .. }
            | Self::AnswerNotHttp { .. }
            | Self::TooLarge { .. }
            | Self::Document { .. }
            | Self::AccessTokenMissing
            | Self::TokenMalformed
            | Self::TokenTypeUnsupported
            | Self::ScopeWider
            | Self::IssuedTokenTypeMissing
            | Self::IssuedTokenTypeMismatch
            | Self::IdTokenMissing
            | Self::Device(_)
            | Self::RegisteredClient(_)
            | Self::LogoutToken(_)
            | Self::SecurityEvent(_)
            | Self::UserInfo(_)
            | Self::UserInfoSubjectMissing
            | Self::UserInfoSubjectMismatch => UnusableAnswer,
        }
    }

    /// True if the same request may succeed later without anyone's action. The session is kept meanwhile.
    pub fn is_transient(&self) -> bool {
        self.kind() == Passing
    }

    /// True if the answer may come from something in front of the provider, for instance a network that asks for its own
    /// sign-in (RFC 8952, section 1). It may be gone with the next request.
    pub fn may_be_intercepted(&self) -> bool {
        match self {
            Self::Redirected { .. } | Self::Document { problem: DocumentProblem::NotJson, .. } => true,
            // From a token endpoint, 400 is an answer (RFC 6749, section 5.2).
            Self::UnexpectedStatus { status, .. } => *status != 400,
            _ => false,
        }
    }
}

impl OAuthError {
    /// What has to change before the same request can succeed.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::ServerError
            | Self::TemporarilyUnavailable
            | Self::AuthorizationPending
            | Self::SlowDown => Passing,
            // The provider asks for a new nonce again after it has received its own.
            Self::UseDpopNonce => UnusableAnswer,
            Self::InvalidRequest
            | Self::InvalidClient
            | Self::InvalidGrant
            | Self::UnauthorizedClient
            | Self::UnsupportedGrantType
            | Self::InvalidScope
            | Self::AccessDenied
            | Self::UnsupportedResponseType
            | Self::UnsupportedTokenType
            | Self::InvalidToken
            | Self::InsufficientScope
            | Self::InteractionRequired
            | Self::LoginRequired
            | Self::AccountSelectionRequired
            | Self::ConsentRequired
            | Self::InvalidRequestUri
            | Self::InvalidRequestObject
            | Self::RequestNotSupported
            | Self::RequestUriNotSupported
            | Self::RegistrationNotSupported
            | Self::UnmetAuthenticationRequirements
            | Self::ExpiredToken
            | Self::InvalidRedirectUri
            | Self::InvalidClientMetadata
            | Self::InvalidSoftwareStatement
            | Self::UnapprovedSoftwareStatement
            | Self::InvalidTarget
            | Self::InvalidDpopProof
            | Self::InsufficientUserAuthentication
            | Self::Other(_) => ActionRequired,
        }
    }

    /// True if the provider says that it cannot answer now.
    pub fn is_transient(&self) -> bool {
        self.kind() == Passing
    }
}

impl IdTokenError {
    /// What has to change before the same request can succeed.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::Expired | Self::IssuedInFuture | Self::NotYetValid | Self::AuthTimeInFuture => ThisComputer,
            // The person can sign in in another way or as another person; the account can trust another audience.
            Self::SubjectMismatch
            | Self::AcrMissing
            | Self::AcrMismatch
            | Self::AuthTimeMissing
            | Self::AuthTimeTooOld
            | Self::AudienceUntrusted => ActionRequired,
            _ => UnusableAnswer,
        }
    }
}

impl DpopError {
    /// What has to change before the same request can succeed.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::KeyInvalid
            | Self::KeyMissing
            | Self::AlgorithmUnsupported
            | Self::NotBound
            | Self::RequestInvalid => ActionRequired,
        }
    }
}

impl PushedRequestError {
    /// What has to change before the same request can succeed.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::TooLarge => ActionRequired,
            Self::NotCreated
            | Self::RequestUriMissing
            | Self::RequestUriInvalid
            | Self::ExpirationMissing
            | Self::ExpirationInvalid => UnusableAnswer,
        }
    }
}

impl RegistrationProblem {
    /// What has to change before the same request can succeed.
    pub fn kind(self) -> ErrorKind {
        match self {
            Self::AlgorithmsUnsupported => UnusableAnswer,
            Self::ClientIdMissing
            | Self::SecretMissing
            | Self::ClientKeyMissing
            | Self::ClientKeyInvalid
            | Self::ClientKeyOtherAlgorithm
            | Self::AssertionAlgorithmUnsupported
            | Self::AuthenticationUnsupported
            | Self::SymmetricAlgorithmForPublicClient => ActionRequired,
        }
    }
}

//! Why a sign-in failed.

use abide_oidc::{CallbackError, ErrorKind, OAuthError};

use crate::state::connection::ConnectError;
use crate::state::last_error::LastError;

/// Why a sign-in failed. Each is a sentence for people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    #[error(transparent)]
    Provider(#[from] ConnectError),
    #[error("You cancelled the sign-in at {0}.")]
    Cancelled(String),
    #[error("{0}")]
    Answer(CallbackError),
    #[error(transparent)]
    Browser(#[from] crate::browser::opener::BrowserError),
    #[error("Abide could not wait for the browser on this computer ({0}).")]
    Listener(std::io::Error),
    #[error("{0}")]
    Vault(#[from] crate::persistence::vault::StoreError),
    #[error(
        "This account demands more of a sign-in (max_age or request_claims) than can be held against one on another device. \
         Sign in with a browser on this computer."
    )]
    NotHeldThere,
    #[error("The code was not entered in time. Sign in again for a new code.")]
    CodeExpired,
    #[error("This computer gives no random numbers at the moment. Try again.")]
    NoRandomness,
    #[error(
        "{0} signed in, but this session belongs to another person. Nothing has changed. Sign out first, or sign in as the \
         same person."
    )]
    OtherPerson(String),
    #[error("The sign-in was given up.")]
    GivenUp,
    #[error("{}", LastError::internal().sentence)]
    Internal,
}

impl From<abide_oidc::Error> for SignInError {
    fn from(error: abide_oidc::Error) -> Self {
        Self::Provider(error.into())
    }
}

impl SignInError {
    pub(crate) fn of(error: abide_oidc::Error) -> Self {
        Self::Provider(ConnectError::of(error))
    }

    /// Whether the person, or the provider in their place, has said no.
    pub(crate) fn is_a_no(&self) -> bool {
        matches!(
            self,
            Self::Cancelled(_) | Self::Answer(CallbackError::Refused { error: OAuthError::AccessDenied, .. })
        )
    }

    /// What has to change before a sign-in can succeed.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Provider(error) => error.kind(),
            Self::Answer(error) => error.kind(),
            Self::Browser(_) | Self::Listener(_) | Self::Vault(_) | Self::NoRandomness => {
                ErrorKind::ThisComputer
            }
            Self::Cancelled(_)
            | Self::NotHeldThere
            | Self::CodeExpired
            | Self::OtherPerson(_)
            | Self::GivenUp => ErrorKind::ActionRequired,
            Self::Internal => ErrorKind::Passing,
        }
    }

    /// A stable name, in snake case. What the provider is to blame for keeps the name that `abide-oidc` gave it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Provider(error) => error.code(),
            Self::Cancelled(_) => OAuthError::AccessDenied.code(),
            Self::Answer(error) => error.code(),
            Self::Browser(error) => error.code(),
            Self::Listener(_) => "callback_listener",
            Self::Vault(error) => error.code(),
            Self::NotHeldThere => "device_demands",
            Self::CodeExpired => OAuthError::ExpiredToken.code(),
            Self::NoRandomness => "no_randomness",
            Self::OtherPerson(_) => "somebody_else",
            Self::GivenUp => "given_up",
            Self::Internal => LastError::internal().code,
        }
    }
}

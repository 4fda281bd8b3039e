//! Failures of this computer while an answer is made.

use crate::crypto::keys::KeyError;

/// A failure of this computer. The answer is `server_error`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the system gave no randomness: {0}")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("an answer could not be put into a header: {0}")]
    Header(#[from] axum::http::header::InvalidHeaderValue),
}

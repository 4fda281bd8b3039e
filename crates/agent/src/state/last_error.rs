//! What went wrong last with an account: a sentence for people, and a code that stays the same.

use abide_oidc::ErrorKind;

use crate::persistence::vault::StoreError;
use crate::state::connection::ConnectError;

/// What went wrong last. It is gone after the next success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastError {
    /// In snake case; stable.
    pub(crate) code: &'static str,
    /// What people read.
    pub(crate) sentence: String,
    /// What has to change before the same request can succeed.
    pub(crate) kind: ErrorKind,
}

impl LastError {
    pub(crate) fn new(code: &'static str, kind: ErrorKind, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), kind }
    }

    /// A fault of Abide's own.
    pub(crate) fn internal() -> Self {
        let sentence =
            "Abide could not finish this because of a fault of its own. It is in the log; try again.";
        Self::new("internal_error", ErrorKind::Passing, sentence)
    }
}

impl From<&ConnectError> for LastError {
    fn from(error: &ConnectError) -> Self {
        Self::new(error.code(), error.kind(), error.to_string())
    }
}

impl From<&StoreError> for LastError {
    /// The vault: its file, its folder, its key.
    fn from(error: &StoreError) -> Self {
        Self::new(error.code(), ErrorKind::ThisComputer, error.to_string())
    }
}

impl From<&abide_oidc::Error> for LastError {
    fn from(error: &abide_oidc::Error) -> Self {
        Self::new(error.code(), error.kind(), error.to_string())
    }
}

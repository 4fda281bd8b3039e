//! What went wrong last with an account: a sentence for people, and a code that stays the same.

/// What went wrong last. It is gone after the next success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LastError {
    /// In snake case; stable.
    pub(crate) code: &'static str,
    /// What people read.
    pub(crate) sentence: String,
    /// Whether it may pass by itself.
    pub(crate) transient: bool,
}

impl LastError {
    pub(crate) fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), transient: false }
    }

    /// A fault of Abide's own.
    pub(crate) fn internal() -> Self {
        let sentence =
            "Abide could not finish this because of a fault of its own. It is in the log; try again.";
        Self { transient: true, ..Self::new("internal_error", sentence) }
    }
}

impl From<&abide_oidc::Error> for LastError {
    fn from(error: &abide_oidc::Error) -> Self {
        Self { transient: error.is_transient(), ..Self::new(error.code(), error.to_string()) }
    }
}

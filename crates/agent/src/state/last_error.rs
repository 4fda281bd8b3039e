//! What went wrong last with an account: a sentence for people, and a code that stays the same.

/// What went wrong last. It is gone after the next success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// In snake case; stable.
    pub(crate) code: &'static str,
    /// What people read.
    pub(crate) sentence: String,
    /// Whether it may pass by itself.
    pub(crate) transient: bool,
}

impl Trouble {
    pub(crate) fn new(code: &'static str, sentence: impl Into<String>) -> Self {
        Self { code, sentence: sentence.into(), transient: false }
    }
}

impl From<&abide_oidc::Error> for Trouble {
    fn from(error: &abide_oidc::Error) -> Self {
        Self { transient: error.is_transient(), ..Self::new(error.code(), error.to_string()) }
    }
}

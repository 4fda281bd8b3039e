//! What is known of the access tokens of a provider after a refresh.

/// What is known of a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Survival {
    /// Nothing yet.
    #[default]
    Unknown,
    /// Access tokens last as long as the provider said.
    Survive,
    /// A refresh ends the earlier ones.
    Ended,
    /// There is no way to find it out: as if a refresh ended them.
    Assumed,
}

impl Survival {
    /// Whether an earlier token is not served.
    pub(crate) fn ends(self) -> bool {
        matches!(self, Self::Ended | Self::Assumed)
    }
}

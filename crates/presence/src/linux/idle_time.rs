//! The time since the last input, from one source.

use std::time::Duration;

/// The time since the last input, as one source knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdleTime {
    /// The source is missing: ask another.
    Absent,
    /// The source exists and does not know (yet).
    Unknown,
    /// The time since the last input, on a clock that stops while the machine sleeps.
    Ago(Duration),
}

impl From<Option<Duration>> for IdleTime {
    fn from(ago: Option<Duration>) -> Self {
        ago.map_or(Self::Absent, Self::Ago)
    }
}

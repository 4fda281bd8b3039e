//! What a source knows about the last input.

use std::time::Duration;

/// The time since the last input, as one source knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum IdleTime {
    /// The source is not there: ask another.
    Absent,
    /// The source is there and does not know (yet).
    Unknown,
    /// How long ago the last input was, on a clock that stands still while the machine sleeps.
    Ago(Duration),
}

impl From<Option<Duration>> for IdleTime {
    fn from(ago: Option<Duration>) -> Self {
        ago.map_or(Self::Absent, Self::Ago)
    }
}

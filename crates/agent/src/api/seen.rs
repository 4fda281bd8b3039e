//! What is seen of a process that asks.

use crate::identity;
use crate::platform::program::{Process, is_ours_or_starts_us};

/// What is seen of a process that asks.
#[derive(Default)]
pub(crate) struct Seen {
    /// The process and its ancestors.
    pub(crate) lineage: Vec<Process>,
    /// What it acts for.
    pub(crate) behind: identity::Caller,
}

impl Seen {
    pub(super) fn of(lineage: Vec<Process>) -> Self {
        Self { behind: identity::Caller::of(&lineage, is_ours_or_starts_us), lineage }
    }
}

//! What is seen of a process that asks.

use crate::identity;
use crate::platform::program::{FileId, Process, is_ours_or_starts_us};

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

    /// Does not say whom it acts for if the process has become another program since it connected: the request can be of the one before.
    pub(super) fn unless_it_was_another(self, before: Option<FileId>) -> Self {
        let now = self.lineage.first().and_then(|process| process.program.as_ref()).map(|program| program.id);
        match before {
            Some(before) if now != Some(before) => Self { behind: identity::Caller::default(), ..self },
            _ => self,
        }
    }
}

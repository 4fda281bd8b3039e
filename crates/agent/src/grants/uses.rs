//! How often the grants that are kept are used: in a file of its own beside `clients.json`. No decision depends on the counts. So
//! a file that cannot be read is replaced, and a crash loses the last minutes.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::platform::file;

/// The number of days that have a count of their own.
const DAYS: u64 = 14;
const SECONDS_OF_A_DAY: u64 = 24 * 60 * 60;
/// The counts of running use are written at most this often, in seconds.
const PAUSE: u64 = 300;

/// The use of one grant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Use {
    /// How many tokens were handed out under it.
    pub(super) tokens: u64,
    /// When it was used last, Unix seconds.
    pub(super) last: u64,
    /// Tokens for each day, by the number of the day since 1970 (UTC).
    days: BTreeMap<u64, u64>,
}

impl Use {
    fn count(&mut self, now: u64) {
        let today = now / SECONDS_OF_A_DAY;
        self.tokens += 1;
        self.last = now;
        *self.days.entry(today).or_default() += 1;
        self.days.retain(|day, _| day + DAYS > today);
    }

    /// Tokens for each of the last days, the oldest first, today last.
    pub(super) fn by_day(&self, now: u64) -> Vec<u64> {
        let today = now / SECONDS_OF_A_DAY;
        let days = (today + 1).saturating_sub(DAYS)..=today;
        days.map(|day| self.days.get(&day).copied().unwrap_or_default()).collect()
    }
}

/// The use of all grants, by their names.
#[derive(Default)]
pub(super) struct Uses {
    path: PathBuf,
    of: BTreeMap<String, Use>,
    written: u64,
    changed: bool,
}

impl Uses {
    pub(super) fn open(path: PathBuf) -> Self {
        let of = std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        Self { path, of: of.unwrap_or_default(), written: 0, changed: false }
    }

    pub(super) fn of(&self, name: &str) -> Use {
        self.of.get(name).cloned().unwrap_or_default()
    }

    pub(super) fn count(&mut self, name: &str, now: u64) {
        self.of.entry(name.to_owned()).or_default().count(now);
        self.changed = true;
    }

    pub(super) fn put(&mut self, name: &str, uses: Use) {
        self.of.insert(name.to_owned(), uses);
        self.changed = true;
    }

    pub(super) fn take(&mut self, name: &str) -> Use {
        self.changed = true;
        self.of.remove(name).unwrap_or_default()
    }

    /// Whether the counts were not written for a while.
    pub(super) fn is_due(&self, now: u64) -> bool {
        self.changed && now.abs_diff(self.written) >= PAUSE
    }

    /// Writes the counts, if they have changed.
    pub(super) fn write(&mut self, now: u64) {
        if !std::mem::take(&mut self.changed) {
            return;
        }
        self.written = now;
        let written = serde_json::to_vec(&self.of)
            .map_err(std::io::Error::other)
            .and_then(|bytes| file::write(&self.path, &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, "the use of grants could not be saved");
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const NOON: u64 = 20_000 * SECONDS_OF_A_DAY + SECONDS_OF_A_DAY / 2;

    #[test]
    fn uses_are_counted_by_day_and_old_days_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("uses.json");
        let mut uses = Uses::open(path.clone());
        uses.count("ci", NOON - 20 * SECONDS_OF_A_DAY);
        uses.count("ci", NOON - SECONDS_OF_A_DAY);
        uses.count("ci", NOON);
        uses.count("ci", NOON);
        uses.write(NOON);
        let ci = Uses::open(path).of("ci");
        assert_eq!((ci.tokens, ci.last, ci.days.len()), (4, NOON, 2));
        let mut days = vec![0; 14];
        (days[12], days[13]) = (1, 2);
        assert_eq!(ci.by_day(NOON), days);
        assert_eq!(ci.by_day(NOON + 30 * SECONDS_OF_A_DAY), [0; 14]);
    }

    #[test]
    fn a_file_that_cannot_be_read_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("uses.json");
        std::fs::write(&path, "{\"ci\":7}").unwrap();
        assert_eq!(Uses::open(path).of("ci"), Use::default());
    }

    #[test]
    fn running_use_is_written_now_and_then() {
        let mut uses = Uses::default();
        assert!(!uses.is_due(NOON));
        uses.count("ci", NOON);
        assert!(uses.is_due(NOON));
        uses.written = NOON;
        assert!(!uses.is_due(NOON + PAUSE - 1) && uses.is_due(NOON + PAUSE));
    }
}

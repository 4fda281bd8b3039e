//! Lines in the log that others can cause, as few as are useful.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many lines are written in [`WINDOW`].
const LINES: u32 = 5;
const WINDOW: Duration = Duration::from_secs(10);

/// Lets a few lines through in each span of time, and counts the others.
#[derive(Debug)]
pub(crate) struct Quiet {
    since: Option<Instant>,
    said: u32,
    kept_back: u64,
}

impl Quiet {
    pub(crate) const fn new() -> Self {
        Self { since: None, said: 0, kept_back: 0 }
    }

    /// Writes a line unless there were too many just now. It is told how many have been kept back since the last one.
    pub(crate) fn say(&mut self, write: impl FnOnce(u64)) {
        self.say_at(Instant::now(), write);
    }

    fn say_at(&mut self, now: Instant, write: impl FnOnce(u64)) {
        if self.since.is_none_or(|since| now.duration_since(since) >= WINDOW) {
            (self.since, self.said) = (Some(now), 0);
        }
        if self.said == LINES {
            self.kept_back += 1;
            return;
        }
        self.said += 1;
        write(std::mem::take(&mut self.kept_back));
    }
}

/// The same for requests that are answered at the same time. What answers a request of a stranger writes its lines only with this (or
/// with [`Quiet`]); a rule of the repository checks that.
#[derive(Debug)]
pub(crate) struct SharedQuiet(Mutex<Quiet>);

impl SharedQuiet {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Quiet::new()))
    }

    /// As [`Quiet::say`].
    pub(crate) fn say(&self, write: impl FnOnce(u64)) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).say(write);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousand_lines_become_five_and_a_number() {
        let (mut quiet, start) = (Quiet::new(), Instant::now());
        let mut written = Vec::new();
        for _ in 0..10_000 {
            quiet.say_at(start, |more| written.push(more));
        }
        assert_eq!(written, [0; 5]);
        quiet.say_at(start + WINDOW, |more| written.push(more));
        assert_eq!(written.last(), Some(&9_995));
    }
}

//! What the sources have said: the sum of it, and the events that follow when the sum changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::{Event, Sources};

/// Where the sources of one [`crate::Presence`] put what they know.
pub(crate) struct Board {
    said: Mutex<Said>,
    events: UnboundedSender<Event>,
}

#[derive(Default)]
struct Said {
    /// Every source that can say whether the screen is locked, and what it said last.
    locks: Vec<(&'static str, bool)>,
    sleep: Vec<&'static str>,
    input: Option<&'static str>,
    locked: bool,
    suspending: bool,
}

impl Board {
    /// An empty board: nothing is locked, nothing sleeps, nobody can tell.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Event>) {
        let (events, receiver) = unbounded_channel();
        (Self { said: Mutex::default(), events }, receiver)
    }

    fn said(&self) -> MutexGuard<'_, Said> {
        // What stands on the board is whole after every statement, so a panic elsewhere has not spoilt it.
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `source` says whether the screen is locked; `None`: it cannot tell, or is gone.
    pub(crate) fn lock(&self, source: &'static str, locked: Option<bool>) {
        let mut said = self.said();
        said.locks.retain(|(name, _)| *name != source);
        said.locks.extend(locked.map(|locked| (source, locked)));
        said.locks.sort_unstable_by_key(|(name, _)| *name);
        let sum = said.locks.iter().any(|(_, locked)| *locked);
        if said.locked != sum {
            said.locked = sum;
            // Nobody listens any more once the presence has been dropped.
            let _ = self.events.send(if sum { Event::Locked } else { Event::Unlocked });
        }
    }

    /// Whether anybody but `source` can tell whether the screen is locked.
    #[cfg(target_os = "linux")]
    pub(crate) fn others_tell(&self, source: &'static str) -> bool {
        self.said().locks.iter().any(|(name, _)| *name != source)
    }

    /// Whether `source` tells of sleep.
    pub(crate) fn tells_of_sleep(&self, source: &'static str, tells: bool) {
        let mut said = self.said();
        said.sleep.retain(|name| *name != source);
        said.sleep.extend(tells.then_some(source));
    }

    /// The machine is about to sleep, or has woken up. Whether that is news.
    pub(crate) fn suspending(&self, suspending: bool) -> bool {
        let mut said = self.said();
        let news = said.suspending != suspending;
        if news {
            said.suspending = suspending;
            let _ = self.events.send(if suspending { Event::Suspending } else { Event::Resumed });
        }
        news
    }

    /// Who tells of keyboard and mouse.
    pub(crate) fn input(&self, source: Option<&'static str>) {
        self.said().input = source;
    }

    /// Who tells of what.
    pub(crate) fn sources(&self) -> Sources {
        let said = self.said();
        Sources {
            lock: said.locks.iter().map(|(name, _)| *name).collect(),
            sleep: said.sleep.clone(),
            input: said.input,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drain(events: &mut UnboundedReceiver<Event>) -> Vec<Event> {
        std::iter::from_fn(|| events.try_recv().ok()).collect()
    }

    #[test]
    fn the_screen_is_locked_while_any_source_says_so() {
        let (board, mut events) = Board::new();
        board.lock("a", Some(false));
        board.lock("b", Some(false));
        assert_eq!(drain(&mut events), []);
        board.lock("a", Some(true));
        board.lock("b", Some(true));
        board.lock("a", Some(false));
        assert_eq!(drain(&mut events), [Event::Locked]);
        board.lock("b", Some(false));
        board.lock("b", Some(false));
        assert_eq!(drain(&mut events), [Event::Unlocked]);
    }

    #[test]
    fn a_source_that_goes_takes_its_word_along() {
        let (board, mut events) = Board::new();
        board.lock("a", Some(true));
        board.lock("b", Some(false));
        board.lock("a", None);
        assert_eq!(drain(&mut events), [Event::Locked, Event::Unlocked]);
        assert_eq!(board.sources().lock, ["b"]);
    }

    #[test]
    fn sleep_is_told_once() {
        let (board, mut events) = Board::new();
        assert!(!board.suspending(false));
        assert!(board.suspending(true));
        assert!(!board.suspending(true));
        assert!(board.suspending(false));
        assert_eq!(drain(&mut events), [Event::Suspending, Event::Resumed]);
    }
}

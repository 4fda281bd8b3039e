//! The reports of all sources, and the events when their sum changes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::event::{Event, Sources};

/// The latest report of each source of one [`Presence`](crate::Presence).
pub(crate) struct PresenceState {
    reports: Mutex<Reports>,
    events: UnboundedSender<Event>,
}

#[derive(Default)]
struct Reports {
    /// Every source that can report a lock, and its latest report.
    locks: Vec<(&'static str, bool)>,
    sleep: Vec<&'static str>,
    input: Option<&'static str>,
    locked: bool,
    suspending: bool,
}

impl PresenceState {
    /// Without any source: not locked, not suspending.
    pub(crate) fn new() -> (Self, UnboundedReceiver<Event>) {
        let (events, receiver) = unbounded_channel();
        (Self { reports: Mutex::default(), events }, receiver)
    }

    fn reports(&self) -> MutexGuard<'_, Reports> {
        // The data are consistent after every statement, so a panic elsewhere did no harm.
        self.reports.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a report of `source` about a locked screen; `None`: it cannot report, or is gone.
    pub(crate) fn set_lock(&self, source: &'static str, locked: Option<bool>) {
        let mut reports = self.reports();
        reports.locks.retain(|(name, _)| *name != source);
        reports.locks.extend(locked.map(|locked| (source, locked)));
        reports.locks.sort_unstable_by_key(|(name, _)| *name);
        let sum = reports.locks.iter().any(|(_, locked)| *locked);
        if reports.locked != sum {
            reports.locked = sum;
            // The receiver is gone if the presence has been dropped.
            let _ = self.events.send(if sum { Event::Locked } else { Event::Unlocked });
        }
    }

    /// Whether a source other than `source` reports locks.
    #[cfg(target_os = "linux")]
    pub(crate) fn has_other_lock_source(&self, source: &'static str) -> bool {
        self.reports().locks.iter().any(|(name, _)| *name != source)
    }

    /// Whether `source` reports sleep.
    pub(crate) fn set_sleep_source(&self, source: &'static str, reports_sleep: bool) {
        let mut reports = self.reports();
        reports.sleep.retain(|name| *name != source);
        reports.sleep.extend(reports_sleep.then_some(source));
    }

    /// The machine is about to sleep, or has woken up. Returns whether that is a change.
    pub(crate) fn set_suspending(&self, suspending: bool) -> bool {
        let mut reports = self.reports();
        let changed = reports.suspending != suspending;
        if changed {
            reports.suspending = suspending;
            let _ = self.events.send(if suspending { Event::Suspending } else { Event::Resumed });
        }
        changed
    }

    /// The source for keyboard and mouse.
    pub(crate) fn set_input_source(&self, source: Option<&'static str>) {
        self.reports().input = source;
    }

    /// The present sources.
    pub(crate) fn sources(&self) -> Sources {
        let reports = self.reports();
        Sources {
            lock: reports.locks.iter().map(|(name, _)| *name).collect(),
            sleep: reports.sleep.clone(),
            input: reports.input,
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
    fn the_screen_is_locked_while_any_source_reports_it() {
        let (state, mut events) = PresenceState::new();
        state.set_lock("a", Some(false));
        state.set_lock("b", Some(false));
        assert_eq!(drain(&mut events), []);
        state.set_lock("a", Some(true));
        state.set_lock("b", Some(true));
        state.set_lock("a", Some(false));
        assert_eq!(drain(&mut events), [Event::Locked]);
        state.set_lock("b", Some(false));
        state.set_lock("b", Some(false));
        assert_eq!(drain(&mut events), [Event::Unlocked]);
    }

    #[test]
    fn a_source_that_goes_counts_no_more() {
        let (state, mut events) = PresenceState::new();
        state.set_lock("a", Some(true));
        state.set_lock("b", Some(false));
        state.set_lock("a", None);
        assert_eq!(drain(&mut events), [Event::Locked, Event::Unlocked]);
        assert_eq!(state.sources().lock, ["b"]);
    }

    #[test]
    fn sleep_is_reported_once() {
        let (state, mut events) = PresenceState::new();
        assert!(!state.set_suspending(false));
        assert!(state.set_suspending(true));
        assert!(!state.set_suspending(true));
        assert!(state.set_suspending(false));
        assert_eq!(drain(&mut events), [Event::Suspending, Event::Resumed]);
    }
}

//! Delays sleep until the caller is ready, on systems that wait for our callback to return.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whether the machine may sleep.
#[derive(Default)]
pub(crate) struct SleepDelay {
    ready: Mutex<bool>,
    changed: Condvar,
}

impl SleepDelay {
    fn ready(&self) -> MutexGuard<'_, bool> {
        // A boolean is always consistent.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a delay, which [`Self::release`] ends. Must be called before the event is sent.
    pub(crate) fn begin(&self) {
        *self.ready() = false;
    }

    /// Lets the machine sleep.
    pub(crate) fn release(&self) {
        *self.ready() = true;
        self.changed.notify_all();
    }

    /// Blocks until the machine may sleep, at most for `at_most`.
    pub(crate) fn wait(&self, at_most: Duration) {
        drop(self.changed.wait_timeout_while(self.ready(), at_most, |ready| !*ready));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_machine_sleeps_when_it_is_let_go_and_not_before_it_is_asked_again() {
        let delay = Arc::new(SleepDelay::default());
        // A release at another time does not count for this sleep.
        delay.release();
        delay.begin();
        let began = Instant::now();
        delay.wait(Duration::from_millis(20));
        assert!(began.elapsed() >= Duration::from_millis(20));
        let other = Arc::clone(&delay);
        let released = std::thread::spawn(move || other.release());
        delay.wait(Duration::from_secs(30));
        assert!(began.elapsed() < Duration::from_secs(20));
        assert!(released.join().is_ok());
    }
}

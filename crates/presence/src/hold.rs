//! The moment for which the machine waits before it sleeps, where the system waits for a call of ours to return.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Whether the machine may sleep.
#[derive(Default)]
pub(crate) struct Hold {
    ready: Mutex<bool>,
    changed: Condvar,
}

impl Hold {
    fn ready(&self) -> MutexGuard<'_, bool> {
        // A boolean is never half changed.
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, [`Self::release`] is waited for. To be called before anybody is told of the sleep.
    pub(crate) fn begin(&self) {
        *self.ready() = false;
    }

    /// The machine may sleep.
    pub(crate) fn release(&self) {
        *self.ready() = true;
        self.changed.notify_all();
    }

    /// Blocks until it may, or the time is over.
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
        let hold = Arc::new(Hold::default());
        // Let go at some other time: that was not about this sleep.
        hold.release();
        hold.begin();
        let began = Instant::now();
        hold.wait(Duration::from_millis(20));
        assert!(began.elapsed() >= Duration::from_millis(20));
        let other = Arc::clone(&hold);
        let released = std::thread::spawn(move || other.release());
        hold.wait(Duration::from_secs(30));
        assert!(began.elapsed() < Duration::from_secs(20));
        assert!(released.join().is_ok());
    }
}

//! Turns: who may send a token that the answer may replace.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedMutexGuard;

use crate::platform::clock;

/// Held while something is sent to the provider that nothing else may send meanwhile. Cheap to clone: a clone is the same turn.
#[derive(Clone, Default)]
pub(crate) struct Turn {
    lock: Arc<tokio::sync::Mutex<()>>,
    since: Since,
}

/// Since when a turn is held (boot time); `None` while it is free, and for a moment before and after that.
#[derive(Clone, Default)]
struct Since(Arc<Mutex<Option<Duration>>>);

impl Since {
    fn get(&self) -> Option<Duration> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, since: Option<Duration>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }
}

/// A turn that is held, until this is dropped.
pub(crate) struct HeldTurn {
    since: Since,
    _lock: OwnedMutexGuard<()>,
}

impl Drop for HeldTurn {
    fn drop(&mut self) {
        self.since.set(None);
    }
}

impl Turn {
    /// Waits for the turn. `None` once another has held it for `patience`: its answer may never come, and an exchange that cannot be
    /// repeated has a longer limit of its own.
    pub(crate) async fn take(&self, patience: Duration) -> Option<HeldTurn> {
        let mut wait = Duration::ZERO;
        loop {
            if let Ok(lock) = clock::timeout(wait, self.lock.clone().lock_owned()).await {
                self.since.set(Some(clock::now().boot));
                return Some(HeldTurn { since: self.since.clone(), _lock: lock });
            }
            let now = clock::now().boot;
            wait = self.since.get().unwrap_or(now).saturating_add(patience).saturating_sub(now);
            if wait.is_zero() {
                return None;
            }
        }
    }

    /// Whether something holds it.
    pub(crate) fn is_held(&self) -> bool {
        self.lock.try_lock().is_err()
    }
}

//! Looks at processes and their files away from the event loop. A process chooses its folder, its script and the file system of its
//! program, and each of them may never answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::ProcessId;

/// The longest time for one look, and to wait for its place.
const LONGEST: Duration = Duration::from_secs(2);
/// So many looks at one process may be under way, with those that hang. Others wait.
const SHARE: usize = 4;

static UNDER_WAY: Mutex<Option<HashMap<ProcessId, Weak<Semaphore>>>> = Mutex::new(None);

/// The places for looks at a process. They are gone when no look is under way or waits.
fn places(process: ProcessId) -> Arc<Semaphore> {
    let mut under_way = UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner);
    let under_way = under_way.get_or_insert_default();
    if let Some(places) = under_way.get(&process).and_then(Weak::upgrade) {
        return places;
    }
    under_way.retain(|_, places| places.strong_count() > 0);
    let places = Arc::new(Semaphore::new(SHARE));
    under_way.insert(process, Arc::downgrade(&places));
    places
}

/// Looks at a process and what it names; `None` if that takes too long, also because other looks at it hang.
pub(crate) async fn aside<T: Send + 'static>(
    process: ProcessId,
    look: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    within(LONGEST, process, look).await
}

async fn within<T: Send + 'static>(
    longest: Duration,
    process: ProcessId,
    look: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let place = tokio::time::timeout(longest, places(process).acquire_owned()).await.ok()?.ok()?;
    let look = tokio::task::spawn_blocking(move || {
        let seen = look();
        drop(place);
        seen
    });
    match tokio::time::timeout(longest, look).await {
        Ok(seen) => seen.ok(),
        Err(_) => {
            tracing::warn!(
                process = process.number,
                "what a process names cannot be looked at: its disk does not answer"
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn a_look_that_hangs_holds_up_its_own_process_alone() {
        let (one, other) = (ProcessId { number: -1, started: 1 }, ProcessId { number: -2, started: 1 });
        let (release, hangs) = channel::<()>();
        let hangs = Arc::new(Mutex::new(hangs));
        for _ in 0..SHARE {
            let hangs = hangs.clone();
            let look = move || hangs.lock().unwrap().recv().is_ok();
            assert_eq!(within(Duration::from_millis(20), one, look).await, None);
        }
        assert_eq!(within(Duration::from_millis(20), one, || true).await, None, "no more of the same");
        assert_eq!(within(LONGEST, other, || true).await, Some(true));
        drop(release);
        assert_eq!(within(LONGEST, one, || true).await, Some(true), "it answers again");
    }

    #[tokio::test]
    async fn many_looks_at_a_busy_process_wait_for_each_other() {
        let busy = ProcessId { number: -3, started: 1 };
        let look = || std::thread::sleep(Duration::from_millis(10));
        let looks: Vec<_> = (0..40).map(|_| tokio::spawn(within(LONGEST, busy, look))).collect();
        for look in looks {
            assert_eq!(look.await.unwrap(), Some(()));
        }
    }
}

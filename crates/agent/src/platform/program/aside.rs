//! Looks at processes and their files away from the event loop. A process chooses its folder, its script and the file system of its
//! program, and each of them may never answer.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::ProcessId;

/// The longest time for one look.
const LONGEST: Duration = Duration::from_secs(2);
/// So many looks at one process may be under way, with those that hang.
const SHARE: usize = 4;

static UNDER_WAY: Mutex<Option<HashMap<ProcessId, usize>>> = Mutex::new(None);

/// Keeps the place of a look until it is done.
struct Place(ProcessId);

impl Place {
    fn take(process: ProcessId) -> Option<Self> {
        let mut under_way = under_way();
        let count = under_way.get_or_insert_default().entry(process).or_default();
        (*count < SHARE).then(|| {
            *count += 1;
            Self(process)
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = under_way();
        let under_way = under_way.get_or_insert_default();
        if let Some(count) = under_way.get_mut(&self.0) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.0);
            }
        }
    }
}

fn under_way() -> MutexGuard<'static, Option<HashMap<ProcessId, usize>>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks at a process and what it names; `None` if that takes too long, or if too many looks at it hang already.
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
    let place = Place::take(process)?;
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
    use std::sync::Arc;
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
        assert_eq!(within(LONGEST, one, || true).await, None, "no more of the same");
        assert_eq!(within(LONGEST, other, || true).await, Some(true));
        drop(release);
        while under_way().as_ref().is_some_and(|under_way| under_way.contains_key(&one)) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(within(LONGEST, one, || true).await, Some(true), "it answers again");
    }
}

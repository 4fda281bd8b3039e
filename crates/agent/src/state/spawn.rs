//! Tasks that something else waits for, and exchanges whose result must not be lost.

use std::future::Future;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use crate::platform::clock;

/// Spawns work that a session or a tool waits for. If it panics or is aborted, `unsettled` runs instead, so that no attempt
/// stays open for ever.
pub(crate) fn spawn_settled(
    work: impl Future<Output = ()> + Send + 'static,
    unsettled: impl FnOnce() + Send + 'static,
) -> AbortHandle {
    let task = tokio::spawn(work);
    let handle = task.abort_handle();
    tokio::spawn(async move {
        if let Err(error) = task.await {
            if error.is_panic() {
                tracing::error!("a task ended unexpectedly");
            }
            unsettled();
        }
    });
    handle
}

/// Waits for an exchange that cannot be repeated (a rotated refresh token, a code that is good once), at most `patience`;
/// `None` after that. The exchange itself continues, and what it brings then is given to `late`: it has to be stored or revoked.
pub(crate) async fn in_time<T, L>(
    patience: Duration,
    exchange: impl Future<Output = T> + Send + 'static,
    late: impl FnOnce(T) -> L + Send + 'static,
) -> Option<T>
where
    T: Send + 'static,
    L: Future<Output = ()> + Send + 'static,
{
    let (sender, mut receiver) = oneshot::channel();
    tokio::spawn(async move {
        let result = exchange.await;
        if let Err(result) = sender.send(result) {
            late(result).await;
        }
    });
    match clock::timeout(patience, &mut receiver).await {
        Ok(result) => result.ok(),
        Err(_) => {
            // The answer may have come in the same moment: after a sleep of the process both are there.
            receiver.close();
            receiver.try_recv().ok()
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn a_task_that_panics_or_is_aborted_is_settled() {
        let (sender, settled) = mpsc::channel();
        let also = sender.clone();
        spawn_settled(async { panic!("a test") }, move || sender.send("panicked").unwrap());
        spawn_settled(std::future::pending(), move || also.send("aborted").unwrap()).abort();
        let mut seen = vec![wait(&settled).await, wait(&settled).await];
        seen.sort_unstable();
        assert_eq!(seen, ["aborted", "panicked"]);
    }

    #[tokio::test]
    async fn a_task_that_ends_is_left_alone() {
        let (sender, settled) = mpsc::channel::<()>();
        spawn_settled(async {}, move || sender.send(()).unwrap());
        tokio::time::timeout(Duration::from_secs(5), async {
            while !matches!(settled.try_recv(), Err(mpsc::TryRecvError::Disconnected)) {
                tokio::task::yield_now().await;
            }
        })
        .await
        .unwrap();
    }

    #[tokio::test]
    async fn what_comes_late_is_handed_over() {
        let (sender, settled) = mpsc::channel();
        let (answer, exchange) = oneshot::channel();
        let late =
            move |result: Result<&'static str, _>| async move { sender.send(result.unwrap()).unwrap() };
        assert_eq!(in_time(Duration::ZERO, exchange, late).await, None);
        answer.send("rotated").unwrap();
        assert_eq!(wait(&settled).await, "rotated");
    }

    #[tokio::test]
    async fn what_comes_in_time_is_returned() {
        let late = |_| async { panic!("not late") };
        assert_eq!(in_time(Duration::from_secs(5), async { 7 }, late).await, Some(7));
    }

    async fn wait<T>(receiver: &mpsc::Receiver<T>) -> T {
        tokio::time::timeout(Duration::from_secs(5), async {
            loop {
                match receiver.try_recv() {
                    Ok(value) => return value,
                    Err(_) => tokio::task::yield_now().await,
                }
            }
        })
        .await
        .unwrap()
    }
}

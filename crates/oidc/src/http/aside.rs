//! The thread that talks to providers and to servers that get tokens. An answer is read for as long as more of it is there, without a
//! pause: one that sends without end (`100 Continue`, RFC 9110, section 15.2.1) must not keep the thread busy that serves programs and
//! watches limits.

use std::future::Future;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

static THREAD: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    Builder::new_multi_thread().worker_threads(1).thread_name("providers").enable_all().build().ok()
});

/// Does work on that thread, until it is done or the wait for it ends. `None` if it has panicked.
pub(super) async fn aside<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    match &*THREAD {
        Some(thread) => {
            let mut work = Work(thread.spawn(work));
            (&mut work.0).await.ok()
        }
        // The system has no thread left.
        None => Some(work.await),
    }
}

/// Work that ends with the wait for it.
struct Work<T>(JoinHandle<T>);

impl<T> Drop for Work<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

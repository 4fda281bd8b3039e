//! The threads that talk to providers, and those that talk to servers that get tokens. An answer is read for as long as more of it is
//! there, without a pause: one that sends without end (`100 Continue`, RFC 9110, section 15.2.1) must not keep the thread busy that
//! serves programs and watches limits. Nor may a server that any program can name delay the requests to providers.

use std::future::Future;
use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// Whom a request is sent to.
#[derive(Clone, Copy)]
pub(super) enum To {
    /// A provider: one that an account is of.
    Provider,
    /// A resource server, such as an MCP server.
    Server,
}

/// One thread more than a single server keeps busy.
const THREADS: usize = 2;

static PROVIDERS: LazyLock<Option<Runtime>> = LazyLock::new(|| threads("providers"));
static SERVERS: LazyLock<Option<Runtime>> = LazyLock::new(|| threads("servers"));

fn threads(name: &str) -> Option<Runtime> {
    Builder::new_multi_thread().worker_threads(THREADS).thread_name(name).enable_all().build().ok()
}

/// Does work on those threads, until it is done or the wait for it ends. `None` if it has panicked.
pub(super) async fn aside<T: Send + 'static>(
    to: To,
    work: impl Future<Output = T> + Send + 'static,
) -> Option<T> {
    let threads = match to {
        To::Provider => &*PROVIDERS,
        To::Server => &*SERVERS,
    };
    match threads {
        Some(threads) => {
            let mut work = Work(threads.spawn(work));
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

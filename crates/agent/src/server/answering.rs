//! Whether this process answers a request now. One count for all listeners, because a new program takes the place of all of them at
//! once.

use std::future::pending;
use std::pin::Pin;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;

/// The requests that are being answered, and whether more may be.
struct Count(AtomicUsize);

/// No further request is answered by this program.
const CLOSED: usize = 1 << (usize::BITS - 1);

/// Whether connections are accepted. Those that are not wait in the system's queue.
static ACCEPTING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(true));

static COUNT: Count = Count(AtomicUsize::new(0));

impl Count {
    fn begin(&self) -> bool {
        let one_more = |count| (count & CLOSED == 0).then_some(count + 1);
        self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok()
    }

    fn close_if_idle(&self) -> bool {
        self.0.compare_exchange(0, CLOSED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// A request that is being answered, or is about to come over a new connection, until this is dropped.
#[derive(Debug)]
pub(super) struct Answering(());

impl Answering {
    /// Begins. If this program answers no more, it never returns: the connection ends with the program.
    pub(super) async fn begin() -> Self {
        if !COUNT.begin() {
            pending::<()>().await;
        }
        Self(())
    }

    /// A connection was accepted, and its first request is on its way.
    pub(super) fn expected() -> Option<Self> {
        COUNT.begin().then_some(Self(()))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        COUNT.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Whether connections are accepted, now and later.
pub(super) fn accepting() -> watch::Receiver<bool> {
    ACCEPTING.subscribe()
}

/// Returns when connections are accepted, or no longer.
pub(super) async fn changed_to(accepting: &mut watch::Receiver<bool>, yes: bool) {
    if accepting.wait_for(|accepts| *accepts == yes).await.is_err() {
        pending::<()>().await;
    }
}

/// Accepts connections, or leaves them in the system's queue.
pub(crate) fn accept(yes: bool) {
    ACCEPTING.send_replace(yes);
}

/// From now on this program answers no request; `false`, and nothing changes, while it answers one.
pub(crate) fn close_if_idle() -> bool {
    COUNT.close_if_idle()
}

/// Whether a request is being answered.
pub(crate) fn is_busy() -> bool {
    COUNT.0.load(Ordering::Acquire) & !CLOSED != 0
}

/// The body of an answer. The request counts as being answered until the body was sent.
pub(super) struct Answered<B> {
    pub(super) body: Pin<Box<B>>,
    pub(super) _answering: Option<Answering>,
}

impl<B: Body> Body for Answered<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        self.body.as_mut().poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_closed_between_two_requests_and_never_during_one() {
        let count = Count(AtomicUsize::new(0));
        assert!(count.begin());
        assert!(!count.close_if_idle(), "one is being answered");
        assert!(count.begin(), "and more are");
        count.0.fetch_sub(2, Ordering::AcqRel);
        assert!(count.close_if_idle());
        assert!(!count.begin());
        assert!(!count.close_if_idle(), "once");
    }
}

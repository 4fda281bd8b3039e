//! Whether this process answers a request now. One count for all listeners, because a new program takes the place of all of them at
//! once.

use std::collections::BTreeMap;
use std::future::pending;
use std::pin::Pin;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;

/// The requests that are being answered, and whether more may be.
#[derive(Debug, Default)]
struct Requests {
    /// No further request is answered by this program.
    closed: bool,
    /// When each has begun, in this order.
    began: BTreeMap<u64, Instant>,
    number: u64,
}

/// Whether connections are accepted. Those that are not wait in the system's queue.
static ACCEPTING: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(true));

/// Whether this program answers no more.
static CLOSED: LazyLock<watch::Sender<bool>> = LazyLock::new(|| watch::Sender::new(false));

static REQUESTS: Mutex<Requests> = Mutex::new(Requests { closed: false, began: BTreeMap::new(), number: 0 });

fn requests() -> MutexGuard<'static, Requests> {
    REQUESTS.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Requests {
    fn begin(&mut self, now: Instant) -> Option<u64> {
        if self.closed {
            return None;
        }
        self.number += 1;
        self.began.insert(self.number, now);
        Some(self.number)
    }

    fn end(&mut self, number: u64) {
        self.began.remove(&number);
    }

    fn close_if_idle(&mut self) -> bool {
        let closes = !self.closed && self.began.is_empty();
        self.closed |= closes;
        closes
    }

    fn longest(&self, now: Instant) -> Option<Duration> {
        self.began.values().next().map(|began| now.saturating_duration_since(*began))
    }
}

/// A request that is being answered, or is about to come over a new connection, until this is dropped.
#[derive(Debug)]
pub(super) struct Answering(u64);

impl Answering {
    /// Begins. If this program answers no more, it never returns: the connection ends with the program.
    pub(super) async fn begin() -> Self {
        let begun = requests().begin(Instant::now());
        match begun {
            Some(number) => Self(number),
            None => pending().await,
        }
    }

    /// A connection was accepted, and its first request is on its way.
    pub(super) fn expected() -> Option<Self> {
        requests().begin(Instant::now()).map(Self)
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        requests().end(self.0);
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
    let closes = requests().close_if_idle();
    if closes {
        CLOSED.send_replace(true);
    }
    closes
}

/// Returns when this program answers no more.
pub(super) async fn closed() {
    if CLOSED.subscribe().wait_for(|closed| *closed).await.is_err() {
        pending::<()>().await;
    }
}

/// Whether connections are accepted now.
pub(super) fn accepts() -> bool {
    *ACCEPTING.borrow()
}

/// For how long the oldest of the requests that are being answered has lasted; `None` if there is none.
pub(crate) fn longest() -> Option<Duration> {
    requests().longest(Instant::now())
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
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn it_is_closed_between_two_requests_and_never_during_one() {
        let now = Instant::now();
        let mut requests = Requests::default();
        let one = requests.begin(now).unwrap();
        assert!(!requests.close_if_idle(), "one is being answered");
        let two = requests.begin(now + Duration::from_secs(2)).unwrap();
        assert_ne!(one, two);
        assert_eq!(requests.longest(now + Duration::from_secs(5)), Some(Duration::from_secs(5)));
        requests.end(one);
        assert_eq!(requests.longest(now + Duration::from_secs(5)), Some(Duration::from_secs(3)));
        requests.end(two);
        assert_eq!(requests.longest(now), None);
        assert!(requests.close_if_idle());
        assert_eq!(requests.begin(now), None);
        assert!(!requests.close_if_idle(), "once");
    }
}

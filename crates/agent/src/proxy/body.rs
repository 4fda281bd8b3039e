//! Bodies on their way: that of a request, which may have to be sent twice, and that of an answer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::HeaderMap;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Sleep;

use crate::server::Working;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// An answer, as it leaves.
pub(super) type Answered = UnsyncBoxBody<Bytes, BoxError>;

/// Something that ends.
pub(super) type Over = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How long a body may bring nothing.
const IDLE: Duration = Duration::from_secs(60 * 60);

/// The largest body that is sent a second time, in bytes.
pub(super) const KEPT: usize = 1024 * 1024;

/// A body that fails when it has brought nothing for an hour. As long as it is there, its connection works.
pub(super) struct Flowing<B> {
    inner: B,
    longest: Duration,
    idle: Option<Pin<Box<Sleep>>>,
    /// Why it breaks off. What has come before that is sent first.
    broken: Option<BoxError>,
    /// Ends when nothing more may pass.
    over: Option<Over>,
    _working: Option<Working>,
}

impl<B> Flowing<B> {
    pub(super) fn new(inner: B, working: Option<Working>) -> Self {
        Self { inner, longest: IDLE, idle: None, broken: None, over: None, _working: working }
    }

    /// Breaks off at the end of `over`.
    pub(super) fn until(self, over: Over) -> Self {
        Self { over: Some(over), ..self }
    }
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for Flowing<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(why) = self.broken.take() {
            return Poll::Ready(Some(Err(why)));
        }
        if self.over.as_mut().is_some_and(|over| over.as_mut().poll(context).is_ready()) {
            self.over = None;
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::ConnectionAborted).into())));
        }
        if let Poll::Ready(frame) = Pin::new(&mut self.inner).poll_frame(context) {
            self.idle = None;
            let Some(Err(why)) = frame else {
                return Poll::Ready(frame.map(|frame| frame.map_err(Into::into)));
            };
            self.broken = Some(why.into());
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let longest = self.longest;
        let idle = self.idle.get_or_insert_with(|| Box::pin(tokio::time::sleep(longest)));
        ready!(idle.as_mut().poll(context));
        Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::TimedOut).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

/// A piece that has been sent.
#[derive(Clone)]
enum Piece {
    Data(Bytes),
    Trailers(HeaderMap),
}

impl Piece {
    fn frame(&self) -> Frame<Bytes> {
        match self {
            Self::Data(bytes) => Frame::data(bytes.clone()),
            Self::Trailers(trailers) => Frame::trailers(trailers.clone()),
        }
    }
}

struct Source<B> {
    rest: Flowing<B>,
    kept: Vec<Piece>,
    size: usize,
    /// More has passed than is kept.
    too_large: bool,
    ended: bool,
    /// The attempt that reads; an earlier one gets nothing more.
    present: u32,
}

/// The body of a request. What has passed is kept up to a limit, so that the request can be sent again.
pub(super) struct Repeatable<B> {
    source: Arc<Mutex<Source<B>>>,
    size: SizeHint,
    empty: bool,
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Repeatable<B> {
    pub(super) fn new(body: B) -> Self {
        let (size, empty) = (body.size_hint(), body.is_end_stream());
        let source = Source {
            rest: Flowing::new(body, None),
            kept: Vec::new(),
            size: 0,
            too_large: false,
            ended: empty,
            present: 0,
        };
        Self { source: Arc::new(Mutex::new(source)), size, empty }
    }

    /// Whether it can be sent again.
    pub(super) fn is_whole(&self) -> bool {
        !locked(&self.source).too_large
    }

    /// The body from its beginning, for another attempt; `None` if too much of it has passed.
    pub(super) fn attempt(&self) -> Option<Attempt<B>> {
        let mut source = locked(&self.source);
        if source.too_large {
            return None;
        }
        source.present += 1;
        let number = source.present;
        drop(source);
        Some(Attempt { source: self.source.clone(), number, next: 0, size: self.size, empty: self.empty })
    }
}

fn locked<B>(source: &Mutex<Source<B>>) -> MutexGuard<'_, Source<B>> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The body of one attempt.
pub(super) struct Attempt<B> {
    source: Arc<Mutex<Source<B>>>,
    number: u32,
    /// The next piece of what is kept.
    next: usize,
    size: SizeHint,
    empty: bool,
}

impl<B: Body<Data = Bytes, Error: Into<BoxError>> + Unpin> Body for Attempt<B> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let (shared, number, next) = (self.source.clone(), self.number, self.next);
        let mut source = locked(&shared);
        if source.present != number {
            return Poll::Ready(Some(Err(io::Error::from(io::ErrorKind::Interrupted).into())));
        }
        if let Some(piece) = source.kept.get(next).filter(|_| !source.too_large) {
            self.next += 1;
            return Poll::Ready(Some(Ok(piece.frame())));
        }
        if source.ended {
            return Poll::Ready(None);
        }
        match ready!(Pin::new(&mut source.rest).poll_frame(context)) {
            None => {
                source.ended = true;
                Poll::Ready(None)
            }
            Some(Err(error)) => {
                // Nothing can be sent again that has not come whole.
                source.too_large = true;
                Poll::Ready(Some(Err(error)))
            }
            Some(Ok(frame)) => {
                source.keep(&frame);
                self.next += 1;
                Poll::Ready(Some(Ok(frame)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.empty
    }

    fn size_hint(&self) -> SizeHint {
        self.size
    }
}

impl<B> Source<B> {
    fn keep(&mut self, frame: &Frame<Bytes>) {
        if self.too_large {
            return;
        }
        if let Some(data) = frame.data_ref() {
            self.size += data.len();
            self.kept.push(Piece::Data(data.clone()));
        } else if let Some(trailers) = frame.trailers_ref() {
            self.kept.push(Piece::Trailers(trailers.clone()));
        }
        if self.size > KEPT {
            self.too_large = true;
            self.kept = Vec::new();
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::convert::Infallible;

    use futures_util::stream;
    use http_body_util::{BodyExt as _, Full, StreamBody};

    use super::*;

    fn pieces(sizes: &[usize]) -> impl Body<Data = Bytes, Error = Infallible> + Unpin + use<> {
        let data = sizes.iter().map(|size| Ok(Frame::data(Bytes::from(vec![b'x'; *size]))));
        let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), "1".parse().unwrap())]);
        StreamBody::new(stream::iter(data.chain([Ok(Frame::trailers(trailers))]).collect::<Vec<_>>()))
    }

    #[tokio::test]
    async fn a_body_is_sent_again_as_it_was_with_its_trailers() {
        let body = Repeatable::new(pieces(&[3, 4]));
        for _ in 0..3 {
            let sent = body.attempt().unwrap().collect().await.unwrap();
            assert_eq!(sent.trailers().unwrap()["x-sum"], "1");
            assert_eq!(sent.to_bytes(), "xxxxxxx");
        }
    }

    #[tokio::test]
    async fn a_server_that_answers_early_gets_the_whole_body_the_second_time() {
        let body = Repeatable::new(pieces(&[3, 4]));
        let mut first = body.attempt().unwrap();
        first.frame().await.unwrap().unwrap();
        let second = body.attempt().unwrap();
        assert!(first.frame().await.unwrap().is_err(), "the first attempt takes nothing more");
        assert_eq!(second.collect().await.unwrap().to_bytes(), "xxxxxxx");
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_sent_once() {
        let body = Repeatable::new(pieces(&[KEPT, 1, 5]));
        let sent = body.attempt().unwrap().collect().await.unwrap();
        assert_eq!(sent.to_bytes().len(), KEPT + 6);
        assert!(!body.is_whole() && body.attempt().is_none());
        let exact = Repeatable::new(pieces(&[KEPT]));
        assert_eq!(exact.attempt().unwrap().collect().await.unwrap().to_bytes().len(), KEPT);
        assert!(exact.is_whole());
    }

    #[test]
    fn the_length_is_that_of_the_body() {
        let body = Repeatable::new(Full::new(Bytes::from_static(b"hello")));
        assert_eq!(body.attempt().unwrap().size_hint().exact(), Some(5));
        let empty = Repeatable::new(Full::new(Bytes::new()));
        assert!(empty.attempt().unwrap().is_end_stream());
    }

    #[tokio::test]
    async fn a_body_ends_when_nothing_more_may_pass() {
        let (end, ends) = tokio::sync::oneshot::channel::<()>();
        let ticks = stream::unfold((), |()| async {
            tokio::time::sleep(Duration::from_millis(5)).await;
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from_static(b"tick"))), ()))
        });
        let over: Over = Box::pin(async move { drop(ends.await) });
        let mut flowing = Flowing::new(StreamBody::new(Box::pin(ticks)), None).until(over);
        assert!(flowing.frame().await.unwrap().is_ok());
        end.send(()).unwrap();
        assert!(flowing.frame().await.unwrap().is_err());
    }

    #[tokio::test]
    async fn a_body_that_brings_nothing_for_too_long_fails() {
        let silent = StreamBody::new(stream::pending::<Result<Frame<Bytes>, Infallible>>());
        let mut flowing = Flowing { longest: Duration::from_millis(50), ..Flowing::new(silent, None) };
        assert!(flowing.frame().await.unwrap().is_err());
        assert_eq!(Flowing::new(Full::new(Bytes::new()), None).longest, IDLE);
    }
}

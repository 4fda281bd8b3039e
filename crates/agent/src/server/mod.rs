//! The one HTTP server behind the local endpoint and the listeners that browsers and providers come to: who may connect, how
//! many at once, and for how long.
//!
//! Accepting never waits for a place, so one program that takes all of its places keeps no other out. A connection that finds
//! none waits in [`places`], and takes the place of one that does nothing.

pub(crate) mod answering;
mod limits;
mod log;
mod places;
mod stream;
pub(crate) mod tcp;

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::{Body, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

pub(crate) use limits::Limits;
pub(crate) use log::{Quiet, SharedQuiet};
pub(crate) use places::{Connection, Source, Working};

use answering::{Answered, Answering};
use places::{Entrance, Place, Places};
use stream::Impatient;

/// The pause after a connection could not be accepted.
const OUT_OF_SOMETHING: Duration = Duration::from_millis(50);

/// For so long the first request of a connection counts as being on its way.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// Where connections come from.
pub(crate) trait Accept: Send {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;
    /// Who is at its other end.
    type Peer: Send + Sync + 'static;

    /// The next connection; `None` for one that was turned away.
    fn accept(&mut self) -> impl Future<Output = io::Result<Option<(Self::Stream, Self::Peer)>>> + Send;

    /// Whose places it takes.
    fn source(peer: &Self::Peer) -> Source;
}

/// Serves until it is dropped; the connections end with it.
pub(crate) async fn serve<L, A, B>(
    mut listener: L,
    limits: Limits,
    answer: impl Fn(Request<Incoming>, Arc<L::Peer>) -> A + Clone + Send + 'static,
) where
    L: Accept,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + Send + 'static,
{
    let places = Arc::new(Places::new(limits));
    let mut tasks = JoinSet::new();
    let (mut full, mut out) = (Quiet::new(), Quiet::new());
    let mut accepting = answering::accepting();
    loop {
        let accepted = tokio::select! {
            biased;
            () = answering::changed_to(&mut accepting, false) => None,
            accepted = listener.accept() => Some(accepted),
        };
        let Some(accepted) = accepted else {
            answering::changed_to(&mut accepting, true).await;
            continue;
        };
        let expected = Answering::expected();
        let (stream, peer) = match accepted {
            Ok(Some(accepted)) => accepted,
            Ok(None) => continue,
            Err(error) => {
                out.say(|more| tracing::warn!(%error, more, "a connection could not be accepted"));
                // The system is out of something, such as descriptors: a moment later it may not be.
                tokio::time::sleep(OUT_OF_SOMETHING).await;
                continue;
            }
        };
        while tasks.try_join_next().is_some() {}
        let entrance = places.enter(L::source(&peer));
        if matches!(entrance, Entrance::Full) {
            full.say(|more| tracing::warn!(more, "a connection was closed: too many wait for an answer"));
            continue;
        }
        let (answer, places, peer) = (answer.clone(), places.clone(), Arc::new(peer));
        tasks.spawn(async move {
            let Some(place) = places.seated(entrance).await else { return };
            place.connection().expects(expected);
            let answer = move |request| answer(request, peer.clone());
            hosted(stream, place, limits, answer).await;
        });
    }
}

/// Serves one connection until it ends, has lasted too long, or gives its place to another.
async fn hosted<A, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    place: Place,
    limits: Limits,
    answer: impl Fn(Request<Incoming>) -> A,
) where
    A: Future<Output = Response<B>>,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static,
{
    let connection = place.connection().clone();
    let served = async {
        connection_of(stream, limits, connection.clone(), answer).await;
        // What it was upgraded to keeps the place.
        if let Some(tunnel) = connection.tunnel() {
            let (_working, _answering) = (connection.working(), Answering::begin().await);
            tunnel.await;
        }
    };
    let lasts_too_long = async {
        tokio::time::sleep(limits.lifetime).await;
        // A stream of events lasts as long as it is read.
        connection.no_stream().await;
    };
    let says_nothing = async {
        tokio::time::sleep(FIRST_REQUEST).await;
        connection.expects_nothing();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = served => {}
        () = says_nothing => {}
        () = lasts_too_long => tracing::debug!("a connection has lasted too long"),
        () = connection.given_up() => tracing::debug!("an idle connection gave its place to another"),
    }
}

async fn connection_of<A, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    limits: Limits,
    connection: Arc<Connection>,
    answer: impl Fn(Request<Incoming>) -> A,
) where
    A: Future<Output = Response<B>>,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static,
{
    let service = service_fn(move |mut request: Request<Incoming>| {
        let working = connection.working();
        request.extensions_mut().insert(connection.clone());
        let answered = answer(request);
        let connection = connection.clone();
        async move {
            let answering = Answering::begin().await;
            connection.expects_nothing();
            let mut answered = answered.await;
            drop(working);
            // The next request is for the program that takes over, over another connection.
            if !answering::accepts() && answered.status() != StatusCode::SWITCHING_PROTOCOLS {
                answered.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            // A stream of events lasts as long as it is read. Its reader connects again.
            let answering = (!connection.is_endless()).then_some(answering);
            Ok::<_, Infallible>(answered.map(|body| Answered { body: Box::pin(body), _answering: answering }))
        }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.idle)
        .max_buf_size(limits.head)
        .keep_alive(limits.keep_alive)
        .serve_connection(TokioIo::new(Impatient::new(stream, limits.write, limits.discards)), service)
        .with_upgrades();
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => ended,
        () = answering::closed() => {
            served.as_mut().graceful_shutdown();
            served.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Answers what comes over one connection that no listener has accepted.
#[cfg(feature = "fuzzing")]
pub(crate) async fn alone<A, B>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    limits: Limits,
    answer: impl Fn(Request<Incoming>) -> A,
) where
    A: Future<Output = Response<B>>,
    B: Body<Data: Send, Error: Into<Box<dyn std::error::Error + Send + Sync>>> + 'static,
{
    connection_of(stream, limits, Arc::default(), answer).await;
}

#[cfg(test)]
mod tests;

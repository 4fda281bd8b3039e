//! What the small listeners share that browsers and providers come to: one request a connection, bounded in number, size
//! and time, and answers that nobody keeps.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use zeroize::Zeroizing;

/// The largest head of a request, in bytes: room for the longest query that is looked at, and for what browsers add.
const HEAD: usize = 24 * 1024;
/// How long head and body may each take to arrive.
const ARRIVAL: Duration = Duration::from_secs(5);
/// How long a connection may last: a page may have to wait for a provider.
const LIFETIME: Duration = Duration::from_secs(60);

/// The policy of an answer that is no page.
pub(crate) const NOTHING_ALLOWED: &str = "default-src 'none'";

/// Binds. A fixed port may just be let go of by a listener of ours, which takes a moment.
pub(crate) async fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    for _ in 0..20 {
        match TcpListener::bind(address).await {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && address.port() != 0 => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            done => return done,
        }
    }
    TcpListener::bind(address).await
}

/// The system is out of something, descriptors say: a moment later it may not be.
pub(crate) async fn pause_after(error: &io::Error) {
    tracing::warn!(%error, "a connection could not be accepted");
    tokio::time::sleep(Duration::from_millis(50)).await;
}

/// Serves until it is aborted, `most` connections at once; they end with it.
pub(crate) async fn serve<A>(
    listener: TcpListener,
    most: usize,
    answer: impl Fn(Request<Incoming>) -> A + Clone + Send + 'static,
) where
    A: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let connections = Arc::new(Semaphore::new(most));
    let mut tasks = JoinSet::new();
    loop {
        let Ok(permit) = connections.clone().acquire_owned().await else { return };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                pause_after(&error).await;
                continue;
            }
        };
        while tasks.try_join_next().is_some() {}
        let answer = answer.clone();
        tasks.spawn(async move {
            let _ = tokio::time::timeout(LIFETIME, connection(stream, answer)).await;
            drop(permit);
        });
    }
}

/// Answers one request, from whatever brings it.
pub(crate) async fn connection<A>(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: impl Fn(Request<Incoming>) -> A,
) where
    A: Future<Output = Response<Full<Bytes>>>,
{
    let service = service_fn(move |request| {
        let answered = answer(request);
        async move { Ok::<_, std::convert::Infallible>(answered.await) }
    });
    // What goes wrong here is the other side's business.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(ARRIVAL)
        .max_buf_size(HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// The names under which a listener on loopback is reached.
pub(crate) fn hosts(port: u16) -> Vec<String> {
    ["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{host}:{port}")).to_vec()
}

/// Whether a request names one of them. Under another name an attacker's page may have been pointed here (DNS rebinding).
pub(crate) fn names_us(headers: &HeaderMap, hosts: &[String]) -> bool {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    host.is_some_and(|host| hosts.iter().any(|ours| ours == host))
}

/// The body of a request; `None` if it is larger than `most` bytes or too slow.
pub(crate) async fn body(request: Request<Incoming>, most: usize) -> Option<Bytes> {
    let read = tokio::time::timeout(ARRIVAL, Limited::new(request.into_body(), most).collect());
    Some(read.await.ok()?.ok()?.to_bytes())
}

/// An answer that is kept by nobody, and believed to be nothing else than it says.
pub(crate) fn respond(
    status: StatusCode,
    kind: &'static str,
    content: impl Into<Bytes>,
    policy: &str,
) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(content.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Made from words of ours and from origins, which are ASCII.
    if let Ok(policy) = HeaderValue::from_str(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    response
}

/// Sends the browser on.
pub(crate) fn onward(target: &str) -> Response<Full<Bytes>> {
    let mut response = respond(StatusCode::SEE_OTHER, "text/plain", Bytes::new(), NOTHING_ALLOWED);
    if let Ok(target) = HeaderValue::from_str(target) {
        response.headers_mut().insert(header::LOCATION, target);
    }
    response
}

/// 256 random bits that fit into an address; `None` if the system has none to give.
pub(crate) fn random() -> Option<SecretString> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).ok()?;
    Some(BASE64_URL_SAFE_NO_PAD.encode(*bytes).into())
}

//! The server behind a forwarding proxy. It keeps what it has seen, and refuses tokens when the test says so.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::sync::{Arc, Mutex};

use futures_util::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version, header};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::UnsyncBoxBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: Version,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) trailers: Option<HeaderMap>,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn token(&self) -> &str {
        self.header("authorization").split_once(' ').map_or("", |(_, token)| token)
    }
}

#[derive(Default)]
struct State {
    seen: Vec<Seen>,
    refused: HashSet<String>,
    refuses_all: bool,
    challenge: Option<String>,
    challenges_all: Option<String>,
    /// Bytes of `/upload` that have arrived.
    uploaded: usize,
    events: Option<mpsc::Receiver<String>>,
}

/// A running server on a port of 127.0.0.1.
#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

impl Upstream {
    pub(crate) async fn start() -> Self {
        Self::serve(None).await
    }

    /// With TLS, and HTTP/2 for clients that have it. Returns the certificate that vouches for it, in PEM.
    pub(crate) async fn with_tls() -> (Self, String) {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.cert.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        (Self::serve(Some(TlsAcceptor::from(Arc::new(config)))).await, made.cert.pem())
    }

    async fn serve(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, tls) = (shared.clone(), tls.clone());
                tokio::spawn(async move {
                    let Some(tls) = tls else { return connection(stream, false, state).await };
                    if let Ok(stream) = tls.accept(stream).await {
                        let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                        connection(stream, h2, state).await;
                    }
                });
            }
        });
        Self { port, state }
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// The last request, if there have been as many as that.
    pub(crate) fn last(&self, count: usize) -> Seen {
        let seen = self.seen();
        assert_eq!(seen.len(), count, "{:?}", seen.iter().map(|seen| &seen.target).collect::<Vec<_>>());
        seen.last().unwrap().clone()
    }

    /// This token is `invalid_token` from now on.
    pub(crate) fn refuse(&self, token: &str) {
        self.state.lock().unwrap().refused.insert(token.to_owned());
    }

    pub(crate) fn refuse_all(&self) {
        self.state.lock().unwrap().refuses_all = true;
    }

    /// The next request is refused with this challenge.
    pub(crate) fn challenge(&self, challenge: &str) {
        self.state.lock().unwrap().challenge = Some(challenge.to_owned());
    }

    /// Every request is refused with this challenge.
    pub(crate) fn challenge_all(&self, challenge: &str) {
        self.state.lock().unwrap().challenges_all = Some(challenge.to_owned());
    }

    /// The bytes of uploads that have arrived so far.
    pub(crate) fn uploaded(&self) -> usize {
        self.state.lock().unwrap().uploaded
    }

    /// The events of the next `/events`.
    pub(crate) fn events(&self) -> mpsc::Sender<String> {
        let (sender, receiver) = mpsc::channel(8);
        self.state.lock().unwrap().events = Some(receiver);
        sender
    }
}

async fn connection(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    h2: bool,
    state: Arc<Mutex<State>>,
) {
    let service = service_fn(move |request| {
        let state = state.clone();
        async move { Ok::<_, Infallible>(answer(request, &state).await) }
    });
    let stream = TokioIo::new(stream);
    if h2 {
        let _ = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
            .serve_connection(stream, service)
            .await;
    } else {
        let served = hyper::server::conn::http1::Builder::new().serve_connection(stream, service);
        let _ = served.with_upgrades().await;
    }
}

fn whole(status: u16, text: &str) -> Response<Body> {
    let body = Full::new(Bytes::from(text.to_owned())).map_err(|never| match never {});
    let mut response = Response::new(body.boxed_unsync());
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    response
}

async fn answer(mut request: Request<Incoming>, state: &Mutex<State>) -> Response<Body> {
    let upgrade = request.headers().contains_key(header::UPGRADE).then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let uploads = parts.uri.path() == "/upload";
    let body = body.map_frame(|frame| {
        if uploads && let Some(data) = frame.data_ref() {
            state.lock().unwrap().uploaded += data.len();
        }
        frame
    });
    let Ok(collected) = body.collect().await else { return whole(400, "broken") };
    let seen = Seen {
        method: parts.method.to_string(),
        target: parts.uri.path_and_query().unwrap().to_string(),
        version: parts.version,
        headers: parts.headers.clone(),
        trailers: collected.trailers().cloned(),
        body: collected.to_bytes(),
    };
    let token = seen.token().to_owned();
    let (refused, challenge) = {
        let mut state = state.lock().unwrap();
        state.seen.push(seen);
        (state.refuses_all || token.is_empty() || state.refused.contains(&token), state.challenge.take())
    };
    let challenge = challenge.or_else(|| state.lock().unwrap().challenges_all.clone());
    let challenge = challenge.or_else(|| refused.then(|| "Bearer error=\"invalid_token\"".to_owned()));
    if let Some(challenge) = challenge {
        let mut response = whole(401, "refused");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.parse().unwrap());
        return response;
    }
    let path = parts.uri.path();
    match path.strip_prefix("/v1").unwrap_or(path) {
        "/events" => events(state),
        "/trailers" => trailers(),
        "/cut" => cut(None),
        "/cut-with-length" => cut(Some("99")),
        "/never" => std::future::pending().await,
        "/moved" => {
            let mut response = whole(302, "elsewhere");
            let location = HeaderValue::from_static("https://elsewhere.example/");
            response.headers_mut().insert(header::LOCATION, location);
            response
        }
        "/echo-headers" => {
            let mut response = whole(200, "ok");
            let headers = response.headers_mut();
            headers.insert("x-echo", parts.headers["authorization"].clone());
            headers.insert("set-cookie", HeaderValue::from_static("a=b"));
            headers.insert("abide-error", HeaderValue::from_static("login_required"));
            response
        }
        "/ws" => websocket(&parts.headers, upgrade.unwrap()),
        "/missing" => whole(404, "not here"),
        _ => whole(200, "hello"),
    }
}

fn events(state: &Mutex<State>) -> Response<Body> {
    let mut receiver = state.lock().unwrap().events.take().unwrap();
    let frames = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context))
        .map(|event| Ok(Frame::data(Bytes::from(format!("data: {event}\n\n")))));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response
}

/// An answer that breaks off after its first bytes.
fn cut(length: Option<&'static str>) -> Response<Body> {
    let broken = async {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        Err(io::Error::from(io::ErrorKind::ConnectionReset))
    };
    let begun = futures_util::stream::iter([Ok(Frame::data(Bytes::from_static(b"the beginning")))]);
    let frames = begun.chain(futures_util::stream::once(broken));
    let mut response = Response::new(StreamBody::new(frames).boxed_unsync());
    if let Some(length) = length {
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static(length));
    }
    response
}

fn trailers() -> Response<Body> {
    let trailers = HeaderMap::from_iter([("x-sum".parse().unwrap(), HeaderValue::from_static("42"))]);
    let frames = [Ok(Frame::data(Bytes::from_static(b"body"))), Ok(Frame::trailers(trailers))];
    let mut response = Response::new(StreamBody::new(futures_util::stream::iter(frames)).boxed_unsync());
    response.headers_mut().insert(header::TRAILER, HeaderValue::from_static("x-sum"));
    response
}

fn websocket(headers: &HeaderMap, upgrade: hyper::upgrade::OnUpgrade) -> Response<Body> {
    let accept = derive_accept_key(headers["sec-websocket-key"].as_bytes());
    tokio::spawn(async move {
        let stream = TokioIo::new(upgrade.await.unwrap());
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() || socket.send(message).await.is_err() {
                break;
            }
        }
    });
    let mut response = whole(101, "");
    for (name, value) in
        [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-accept", &accept)]
    {
        response.headers_mut().insert(name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap());
    }
    response
}

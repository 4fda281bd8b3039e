//! The connections, and the way of a request to its endpoint.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse as _, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use crate::pages;
use crate::parameters::Parameters;
use crate::provider::{Failure, Provider};
use crate::record::{self, Endpoint};
use crate::reply::{self, Reply};
use crate::{
    authorize, check_session, device, device_page, discovery, dpop, end_session, events, par, registration,
    sign_in, sign_out, token, token_state, userinfo,
};

const CONNECTIONS: usize = 256;
const LARGEST_BODY: usize = 64 * 1024;
const LARGEST_HEADER: usize = 64 * 1024;
const HEADER_TIME: Duration = Duration::from_secs(30);
const BODY_TIME: Duration = Duration::from_secs(10);
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";
const FAREWELL: Duration = Duration::from_secs(1);

/// A request, read.
pub(crate) struct Asked {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) parameters: Parameters,
    /// The body, of the endpoints that take JSON.
    pub(crate) json: Value,
}

impl Asked {
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.parameters.named(name)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1).
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.token_of("Bearer")
    }

    /// The token of an `Authorization: DPoP` header (RFC 9449 section 7.1).
    pub(crate) fn bound_token(&self) -> Option<&str> {
        self.token_of("DPoP")
    }

    fn token_of(&self, wanted: &str) -> Option<&str> {
        let (scheme, token) = self.header(AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case(wanted).then(|| token.trim())
    }
}

/// What [`serve`] is told while it runs. Each is answered when it holds.
pub(crate) enum Command {
    /// Cut all connections off and let none in.
    Refuse(oneshot::Sender<()>),
    /// Let connections in (again).
    Accept(oneshot::Sender<io::Result<()>>),
}

/// Accepts connections until `stop` closes.
pub(crate) async fn serve(
    listener: TcpListener,
    provider: Arc<Provider>,
    mut commands: mpsc::Receiver<Command>,
    mut stop: watch::Receiver<()>,
) {
    let port = provider.port();
    let mut listener = Some(listener);
    let router = Router::new().fallback(dispatch).with_state(provider);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(command) = commands.recv() => match command {
                Command::Refuse(done) => {
                    listener = None;
                    connections.shutdown().await;
                    let _ = done.send(());
                }
                Command::Accept(done) => {
                    let listening = match listener {
                        Some(_) => Ok(()),
                        None => crate::bind_patiently(port).await.map(|bound| listener = Some(bound)),
                    };
                    let _ = done.send(listening);
                }
            },
            accepted = accept(listener.as_ref()), if connections.len() < CONNECTIONS => match accepted {
                Ok(stream) => {
                    connections.spawn(converse(stream, router.clone(), stop.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "the demo provider could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
        }
    }
    drop(listener);
    let finished = async { while connections.join_next().await.is_some() {} };
    // Whoever takes longer is cut off when the set is dropped.
    let _ = tokio::time::timeout(FAREWELL, finished).await;
}

/// The next connection; never one without a listener.
async fn accept(listener: Option<&TcpListener>) -> io::Result<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

async fn converse(stream: TcpStream, router: Router, mut stop: watch::Receiver<()>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIME)
        .max_buf_size(LARGEST_HEADER)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let mut connection = std::pin::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        _ = stop.changed() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection to the demo provider ended early");
    }
}

async fn dispatch(State(provider): State<Arc<Provider>>, request: Request) -> Response {
    provider.until_resumed().await;
    reply::harden(answer(&provider, request).await)
}

async fn answer(provider: &Arc<Provider>, request: Request) -> Response {
    // A page elsewhere whose name resolves to 127.0.0.1 (DNS rebinding) sends another Host.
    if !is_for_us(request.headers(), request.uri(), provider.authority()) {
        return (StatusCode::MISDIRECTED_REQUEST, "This is a demo provider. It does not go by that name.\n")
            .into_response();
    }
    let endpoint = Endpoint::at(request.uri().path());
    let at = provider.clock_time();
    if !provider.is_reachable() {
        let reply = unreachable_now();
        if let Some(endpoint) = endpoint {
            provider.record().add(endpoint, at, Default::default(), reply.outcome);
        }
        return reply.response;
    }
    let Some(endpoint) = endpoint else {
        let reply = elsewhere(provider, request.uri().path());
        return reply.unwrap_or_else(|failure| server_error(&failure)).response;
    };
    let (parameters, reply) = match read(endpoint, request).await {
        Ok(asked) => {
            #[cfg(feature = "hostile")]
            let unasked = provider.hostile().answers_unasked(endpoint, asked.named("grant_type"));
            #[cfg(not(feature = "hostile"))]
            let unasked = false;
            let reply = match unasked {
                true => Ok(Reply::empty()),
                false => respond(endpoint, provider, &asked).await,
            };
            let token = asked.bearer().or(asked.bound_token());
            let kept = record::kept(&asked.parameters, token, dpop::shown(&asked));
            (kept, reply.map(|reply| dpop::with_nonce(provider, endpoint, reply)))
        }
        Err(unreadable) => (Default::default(), unreadable.reply(endpoint, provider)),
    };
    let reply = reply.unwrap_or_else(|failure| server_error(&failure));
    #[cfg(feature = "hostile")]
    let grant = parameters.get("grant_type").cloned();
    provider.record().add(endpoint, at, parameters, reply.outcome);
    #[cfg(feature = "hostile")]
    return crate::hostile::distort(provider, endpoint, grant.as_deref(), reply.response).await;
    #[cfg(not(feature = "hostile"))]
    reply.response
}

async fn respond(endpoint: Endpoint, provider: &Arc<Provider>, asked: &Asked) -> Result<Reply, Failure> {
    match endpoint {
        Endpoint::Discovery => Ok(discovery::metadata(provider)),
        Endpoint::Jwks => Ok(Reply::json(provider.keys().jwks())),
        Endpoint::Authorization => authorize::respond(provider, asked),
        Endpoint::SignIn => sign_in::respond(provider, asked),
        Endpoint::Token => token::respond(provider, asked).await,
        Endpoint::UserInfo => userinfo::respond(provider, asked),
        Endpoint::Revocation => token_state::revoke(provider, asked).await,
        Endpoint::Introspection => token_state::introspect(provider, asked),
        Endpoint::EndSession => end_session::respond(provider, asked).await,
        Endpoint::SignOut => sign_out::respond(provider, asked).await,
        Endpoint::CheckSession => check_session::respond(provider, asked),
        Endpoint::Events => Ok(events::respond(provider, asked).await),
        Endpoint::DeviceAuthorization => device::authorize(provider, asked),
        Endpoint::Device => device_page::respond(provider, asked),
        Endpoint::Registration => registration::respond(provider, asked),
        Endpoint::PushedAuthorization => par::respond(provider, asked),
    }
}

fn is_for_us(headers: &HeaderMap, uri: &Uri, authority: &str) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    let host = hosts.next().is_some_and(|host| host.as_bytes() == authority.as_bytes());
    let target = uri.authority().is_none_or(|target| target.as_str() == authority);
    host && target && hosts.next().is_none()
}

/// Why a request could not be read.
enum Unreadable {
    Method,
    MediaType,
    TooLarge,
    TooSlow,
    Repeated,
    NotJson,
}

async fn read(endpoint: Endpoint, request: Request) -> Result<Asked, Unreadable> {
    let (head, body) = request.into_parts();
    if !endpoint.methods().contains(&head.method) {
        return Err(Unreadable::Method);
    }
    let mut json = Value::Null;
    let parameters = if head.method == Method::POST {
        let bytes = tokio::time::timeout(BODY_TIME, to_bytes(body, LARGEST_BODY))
            .await
            .map_err(|_| Unreadable::TooSlow)?
            .map_err(|_| Unreadable::TooLarge)?;
        let expected = if endpoint.takes_json() { JSON } else { FORM };
        if !bytes.is_empty() && !is_of_type(&head.headers, expected) {
            return Err(Unreadable::MediaType);
        }
        match endpoint.takes_json() {
            true => {
                json = serde_json::from_slice(&bytes).map_err(|_| Unreadable::NotJson)?;
                Ok(Parameters::of_json(&json))
            }
            false => Parameters::parse(&bytes),
        }
    } else {
        Parameters::parse(head.uri.query().unwrap_or_default().as_bytes())
    };
    let parameters = parameters.map_err(|_| Unreadable::Repeated)?;
    Ok(Asked { method: head.method, headers: head.headers, parameters, json })
}

fn is_of_type(headers: &HeaderMap, expected: &str) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

impl Unreadable {
    fn reply(&self, endpoint: Endpoint, provider: &Provider) -> Result<Reply, Failure> {
        let (status, why) = match self {
            Unreadable::Method => (StatusCode::METHOD_NOT_ALLOWED, "the endpoint has no such method"),
            Unreadable::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "the body is of another type"),
            Unreadable::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
            Unreadable::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time"),
            Unreadable::NotJson => (StatusCode::BAD_REQUEST, "the body is not JSON"),
            Unreadable::Repeated => (StatusCode::BAD_REQUEST, "a parameter is repeated"),
        };
        let reply = if endpoint.is_page() {
            Reply::error_page(status, "invalid_request", pages::invalid_request(provider, why))?
        } else {
            Reply::refused(status, "invalid_request", why)
        };
        let allowed: Vec<&str> = endpoint.methods().iter().map(Method::as_str).collect();
        Ok(match self {
            Unreadable::Method => reply.with_header(ALLOW, HeaderValue::try_from(allowed.join(", "))?),
            _ => reply,
        })
    }
}

fn elsewhere(provider: &Provider, path: &str) -> Result<Reply, Failure> {
    match path {
        "/" => Reply::page(pages::welcome(provider)),
        _ => Reply::error_page(StatusCode::NOT_FOUND, "not_found", pages::not_found(provider)),
    }
}

fn unreachable_now() -> Reply {
    let why = "the demo provider is set to be out of reach";
    Reply::refused(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable", why)
}

fn server_error(failure: &Failure) -> Reply {
    tracing::error!(%failure, "the demo provider could not answer");
    let why = "the demo provider could not answer";
    Reply::refused(StatusCode::INTERNAL_SERVER_ERROR, "server_error", why)
}

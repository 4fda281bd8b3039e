//! The calls of the local API.

use std::time::Duration;

use abide_wire::window::WindowError;
use abide_wire::{AccountRequest, ErrorAnswer, ErrorCode, SessionSettings, SessionStatus, VaultStatus};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Either, Full, Limited, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::auth::{Caller, Peer, admit};
use super::token;
use crate::agent::Agent;
use crate::state::account::Opening;
use crate::state::event::Event;

/// An answer: whole, or a stream of events.
pub(crate) type Body = Either<Full<Bytes>, UnsyncBoxBody<Bytes, std::convert::Infallible>>;

/// The largest body of a request, in bytes.
const BODY: usize = 16 * 1024;

/// Answers one request.
pub(crate) async fn answer(agent: &Agent, request: Request<Incoming>, peer: &Peer) -> Response<Body> {
    let caller = match admit(&request, peer, agent.clients()) {
        Ok(caller) => caller,
        Err(refused) => {
            tracing::warn!(code = refused.error.as_str(), path = request.uri().path(), "refused");
            return error(&refused);
        }
    };
    route(agent, request, peer, &caller).await.unwrap_or_else(|refused| error(&refused))
}

async fn route(
    agent: &Agent,
    request: Request<Incoming>,
    peer: &Peer,
    caller: &Caller,
) -> Result<Response<Body>, ErrorAnswer> {
    // What tools call a thousand times a second does not wait for the rest to be taken apart.
    if request.method() == http::Method::GET && matches!(request.uri().path(), "/v1/token" | "/access_token")
    {
        caller.may_have_tokens(peer)?;
        return token::present(agent, request.uri().query().unwrap_or_default()).await;
    }
    let segments: Vec<String> =
        request.uri().path().trim_start_matches('/').split('/').map(decoded).collect();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (request.method().as_str(), segments.as_slice()) {
        ("GET", ["health"]) => {
            Ok(json_answer(StatusCode::OK, &json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")})))
        }
        ("GET", ["v1", "sessions"]) => {
            caller.may_see_sessions()?;
            Ok(json_answer(StatusCode::OK, &agent.snapshot()))
        }
        ("GET", ["v1", "sessions", account]) => {
            caller.may_see_sessions()?;
            Ok(json_answer(StatusCode::OK, &agent.status(account)?))
        }
        ("GET", ["v1", "sessions", account, "events"]) => {
            caller.may_see_sessions()?;
            Ok(events(agent, (*account).to_owned(), agent.status(account)?))
        }
        ("POST", ["v1", "token"]) => {
            caller.may_have_tokens(peer)?;
            token::stronger(agent, caller, request).await
        }
        ("GET", ["v1", "claims", account]) => {
            // As much about a person as a token tells.
            caller.may_have_tokens(peer)?;
            Ok(json_answer(StatusCode::OK, &agent.claims(account)?))
        }
        ("POST", ["v1", "sessions", account, verb]) => {
            caller.may_change()?;
            let (account, verb) = ((*account).to_owned(), (*verb).to_owned());
            change_session(agent, &account, &verb, request).await
        }
        ("GET", ["v1", "accounts", account, "session"]) => {
            caller.may_change()?;
            Ok(json_answer(StatusCode::OK, &agent.settings(account).map_err(refused)?))
        }
        ("PUT", ["v1", "accounts", account, "session"]) => {
            caller.may_change()?;
            let account = (*account).to_owned();
            let settings: SessionSettings = body(request).await?;
            agent.change_settings(&account, settings).await.map_err(refused)?;
            Ok(json_answer(StatusCode::OK, &agent.settings(&account).map_err(refused)?))
        }
        ("GET", ["v1", "vault"]) => {
            caller.may_see_sessions()?;
            Ok(json_answer(StatusCode::OK, &VaultStatus { mode: agent.vault_mode() }))
        }
        ("GET", ["v1", "presence"]) => {
            caller.may_see_sessions()?;
            Ok(json_answer(StatusCode::OK, &agent.presence().await))
        }
        ("GET", ["v1", "config", "check"]) => {
            caller.may_change()?;
            Ok(json_answer(StatusCode::OK, &agent.config_check()))
        }
        (method, ["v1", collection @ ("accounts" | "clients"), rest @ ..]) => {
            caller.may_change()?;
            let method = method.to_owned();
            let name = rest.first().map(|name| (*name).to_owned());
            if rest.len() > 1 {
                return Err(not_found());
            }
            match *collection {
                "accounts" => accounts(agent, &method, name, request).await,
                _ => clients(agent, &method, name, request).await,
            }
        }
        ("POST", ["v1", "discover"]) => {
            caller.may_change()?;
            #[derive(Deserialize)]
            struct Asked {
                issuer: String,
            }
            let asked: Asked = body(request).await?;
            let found = agent
                .discover(&asked.issuer)
                .await
                .map_err(|refused| ErrorAnswer::new(ErrorCode::InvalidRequest, refused.message))?;
            Ok(json_answer(StatusCode::OK, &found))
        }
        ("POST", ["v1", verb @ ("show" | "quit")]) => {
            caller.may_change()?;
            let event = if *verb == "show" { Event::ShowWindow } else { Event::Quit };
            agent.announce(event)?;
            Ok(empty(StatusCode::NO_CONTENT))
        }
        _ => Err(not_found()),
    }
}

/// A segment of a path as it was meant (RFC 3986, section 2.1).
fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

async fn change_session(
    agent: &Agent,
    account: &str,
    verb: &str,
    request: Request<Incoming>,
) -> Result<Response<Body>, ErrorAnswer> {
    match verb {
        "login" => {
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Asked {
                #[serde(default = "yes")]
                browser: bool,
                #[serde(default)]
                device: bool,
            }
            fn yes() -> bool {
                true
            }
            let asked: Asked = body(request).await?;
            let opening = match (asked.device, asked.browser) {
                (true, _) => Opening::Device,
                (false, true) => Opening::Browser,
                (false, false) => Opening::Address,
            };
            let begun = agent.begin_sign_in(account, opening).await?;
            Ok(json_answer(StatusCode::ACCEPTED, &begun))
        }
        "monitor" => {
            agent.open_monitor(account).await?;
            Ok(json_answer(StatusCode::ACCEPTED, &agent.status(account)?))
        }
        "cancel" => {
            #[derive(Deserialize)]
            struct Cancelled {
                attempt: Option<u64>,
            }
            let cancelled: Cancelled = body(request).await?;
            agent.cancel_attempt(account, cancelled.attempt)?;
            Ok(json_answer(StatusCode::ACCEPTED, &agent.status(account)?))
        }
        "keep" | "logout" => {
            match verb {
                "keep" => agent.keep(account)?,
                _ => {
                    agent.sign_out(account)?;
                    // Who is told that they are signed out stays signed out, whatever happens next.
                    agent.settle().await;
                }
            }
            Ok(json_answer(StatusCode::ACCEPTED, &agent.status(account)?))
        }
        _ => Err(not_found()),
    }
}

fn refused(refused: WindowError) -> ErrorAnswer {
    let code = if refused.code == ErrorCode::UnknownAccount.as_str() {
        ErrorCode::UnknownAccount
    } else {
        ErrorCode::InvalidRequest
    };
    ErrorAnswer::new(code, refused.message)
}

async fn accounts(
    agent: &Agent,
    method: &str,
    name: Option<String>,
    request: Request<Incoming>,
) -> Result<Response<Body>, ErrorAnswer> {
    match (method, name) {
        ("GET", None) => {
            let accounts: Vec<_> = agent
                .accounts()
                .into_iter()
                .map(|account| json!({"name": account.name, "issuer": account.issuer, "client_id": account.client_id}))
                .collect();
            Ok(json_answer(StatusCode::OK, &json!({ "accounts": accounts })))
        }
        ("POST", None) => {
            let new: AccountRequest = body(request).await?;
            let added = agent.add(new).await.map_err(|error| error.answer())?;
            Ok(json_answer(StatusCode::CREATED, &added))
        }
        ("DELETE", Some(name)) => {
            agent.status(&name)?;
            Ok(match agent.remove(&name).await.map_err(refused)? {
                Some(removed) => json_answer(StatusCode::OK, &removed),
                None => empty(StatusCode::NO_CONTENT),
            })
        }
        _ => Err(not_found()),
    }
}

async fn clients(
    agent: &Agent,
    method: &str,
    name: Option<String>,
    request: Request<Incoming>,
) -> Result<Response<Body>, ErrorAnswer> {
    match (method, name) {
        ("GET", None) => Ok(json_answer(StatusCode::OK, &json!({ "clients": agent.clients().list() }))),
        ("POST", None) => {
            #[derive(Deserialize)]
            #[serde(deny_unknown_fields)]
            struct Asked {
                name: String,
                program: Option<std::path::PathBuf>,
            }
            let asked: Asked = body(request).await?;
            let key = agent.clients().allow(&asked.name, asked.program.as_deref())?;
            let key = key.as_ref().map(|key| key.as_str());
            Ok(json_answer(StatusCode::CREATED, &json!({"name": asked.name, "key": key})))
        }
        ("DELETE", Some(name)) => {
            agent.clients().revoke(&name)?;
            Ok(empty(StatusCode::NO_CONTENT))
        }
        _ => Err(not_found()),
    }
}

/// The present state first, then each change of it.
fn events(agent: &Agent, account: String, first: SessionStatus) -> Response<Body> {
    let changes = statuses(agent, account, first);
    let frames = changes.map(|status| {
        let data = serde_json::to_string(&status).unwrap_or_default();
        Ok(Frame::data(Bytes::from(format!("event: session\ndata: {data}\n\n"))))
    });
    let mut response = Response::new(Either::Right(BodyExt::boxed_unsync(StreamBody::new(frames))));
    secure(response.headers_mut(), "text/event-stream");
    response
}

fn statuses(
    agent: &Agent,
    account: String,
    first: SessionStatus,
) -> impl Stream<Item = SessionStatus> + use<> {
    let changes = agent.watch();
    let rest = stream::unfold((changes, account, first.clone()), |(mut changes, account, last)| async move {
        loop {
            changes.changed().await.ok()?;
            let now = changes
                .borrow_and_update()
                .accounts
                .iter()
                .find(|status| status.account == account)
                .cloned()?;
            if now != last {
                return Some((now.clone(), (changes, account, now)));
            }
        }
    });
    stream::once(async { first }).chain(rest)
}

pub(super) async fn body<T: for<'de> Deserialize<'de>>(request: Request<Incoming>) -> Result<T, ErrorAnswer> {
    let is_json = request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.as_bytes()
            .split(|byte| *byte == b';')
            .next()
            .is_some_and(|kind| kind.trim_ascii() == b"application/json")
    });
    if !is_json {
        return Err(invalid("The body has to be JSON, with `Content-Type: application/json`.".to_owned()));
    }
    let reading = Limited::new(request.into_body(), BODY).collect();
    let read = tokio::time::timeout(Duration::from_secs(5), reading).await;
    let Ok(Ok(collected)) = read else {
        return Err(invalid(format!("The body is longer than {BODY} bytes, or did not arrive.")));
    };
    serde_json::from_slice(&collected.to_bytes())
        .map_err(|error| invalid(format!("The body is not understood: {error}.")))
}

pub(super) fn invalid(text: String) -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::InvalidRequest, text)
}

fn not_found() -> ErrorAnswer {
    ErrorAnswer::new(ErrorCode::NotFound, "There is no such call.")
}

fn error(refused: &ErrorAnswer) -> Response<Body> {
    let status = StatusCode::from_u16(refused.error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    json_answer(status, refused)
}

pub(super) fn json_answer(status: StatusCode, content: &impl Serialize) -> Response<Body> {
    let bytes = serde_json::to_vec(content).unwrap_or_default();
    let mut response = Response::new(Either::Left(Full::new(Bytes::from(bytes))));
    *response.status_mut() = status;
    secure(response.headers_mut(), "application/json");
    response
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = status;
    response
}

fn secure(headers: &mut http::HeaderMap, kind: &'static str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

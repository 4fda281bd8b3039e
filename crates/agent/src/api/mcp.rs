//! `POST /v1/mcp`: a request to an MCP server, with a token that the caller does not see. The answer is passed on as it
//! arrives.

use std::time::Duration;

use abide_oidc::StreamAnswer;
use abide_wire::{ErrorAnswer, ErrorCode, MCP_STATUS, TokenAnswer};
use futures_util::{StreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt as _, Either, Limited, StreamBody};
use hyper::body::{Bytes, Frame};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::audit;
use super::auth::{Caller, Right};
use super::body::{Answered, Body, BoxError, Received, invalid, secure};
use super::call::{Call, permit};
use super::dialects::unbound;
use super::token::under;
use crate::agent::Agent;
use crate::consent::Permit;
use crate::identity;
use crate::mcp::{Forwarded, Server, challenge, in_time};
use crate::tokens::TokenParams;

/// The largest message of a client.
const MESSAGE: usize = 16 << 20;
/// A message up to this size, in bytes, needs no place. Of larger ones, four arrive at the same time.
const SMALL: usize = 256 << 10;
static LARGE: Semaphore = Semaphore::const_new(4);
/// How long a large message waits for its place.
const FOR_A_PLACE: Duration = Duration::from_secs(20);
/// How long a message may take to arrive.
const ARRIVES: Duration = Duration::from_secs(60);
/// Clients wait about a minute for an answer: what takes a person longer is answered before.
const PATIENCE: Duration = Duration::from_secs(50);
const UNAUTHORIZED: u16 = 401;
const FORBIDDEN: u16 = 403;

/// The headers of a client that are passed on. None of them can hold a token for the server.
const HEADERS: [&str; 5] =
    ["mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name", "last-event-id"];
const PARAMETER: &str = "mcp-param-";
const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// What a caller asks for.
struct Asked {
    url: String,
    account: Option<String>,
    method: Method,
    activity: bool,
    /// Whether the person is to sign in where that is needed.
    sign_in: bool,
}

impl Asked {
    fn read(query: &str) -> Result<Self, ErrorAnswer> {
        let (mut url, mut account, mut method) = (None, None, Method::POST);
        let (mut activity, mut sign_in) = (true, false);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match (&*name, &*value) {
                ("url", value) if url.is_none() => url = Some(value.to_owned()),
                ("account", value) if account.is_none() => account = Some(value.to_owned()),
                ("send", "post") => method = Method::POST,
                ("send", "get") => method = Method::GET,
                ("send", "delete") => method = Method::DELETE,
                ("activity", "request") => activity = true,
                ("activity", "none") => activity = false,
                ("sign_in", "true") => sign_in = true,
                ("reason", _) => {}
                _ => return Err(invalid(format!("The parameter `{name}` is not understood here."))),
            }
        }
        let url =
            url.ok_or_else(|| invalid("`url` is missing: the address of the MCP server.".to_owned()))?;
        Ok(Self { url, account, method, activity, sign_in })
    }
}

/// `POST /v1/mcp`.
pub(super) async fn exchange(call: Call) -> Answered {
    audit::has_to_be_written(&call)?;
    let asked = Asked::read(call.query())?;
    if !call.connection.streams() {
        let text = "This program has as many streams open as one may have. Close one.";
        return Err(ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, text));
    }
    let query = call.query().to_owned();
    let Call { agent, caller, who, request, seen, .. } = call;
    let forwarded = forwarded(asked.method.clone(), request).await?;
    // As `POST /v1/sessions/{account}/login`.
    let signs_in = asked.sign_in && caller.may(Right::Changes, &seen.lineage).is_ok();
    let activity = asked.activity;
    let (behind, permitted) = (seen.behind, None);
    let mut asking = Asking { agent, caller, who, behind, query, activity, signs_in, permitted };
    let server = asking.agent.mcp_server(&asked.url, asked.account).await?;
    let answer = asking.send(server, &forwarded).await?;
    let permitted = asking.permitted.take();
    let agent = asking.agent.clone();
    let over = async move {
        match permitted {
            Some(permit) => agent.consent().over(&permit).await,
            None => std::future::pending().await,
        }
    };
    Ok(passed_on(answer, over))
}

/// A caller that wants to reach a server.
struct Asking {
    agent: Agent,
    caller: Caller,
    who: abide_audit::Caller,
    behind: identity::Caller,
    query: String,
    activity: bool,
    /// Whether a sign-in may be begun, once.
    signs_in: bool,
    /// What the last token was handed out under.
    permitted: Option<Permit>,
}

impl Asking {
    /// Sends a request. A token that the server refuses is renewed once, with a pause before the next renewal; scopes that it asks
    /// for are asked for once.
    async fn send(&mut self, server: Server, request: &Forwarded) -> Result<StreamAnswer, ErrorAnswer> {
        let mut server = server;
        let (mut renewed, mut stepped_up, mut needed) = (false, false, Vec::new());
        loop {
            let (params, token) = in_time(PATIENCE, self.token(&server, &needed)).await?;
            let answer = server.send(request, token.access_token.expose()).await?;
            if answer.status() != UNAUTHORIZED {
                self.agent.mcp_accepts(&server);
            }
            match answer.status() {
                UNAUTHORIZED => {
                    let refused = (&params.target, &token.access_token);
                    if let Err(rest) = self.agent.mcp_refuses(&server, refused, renewed) {
                        if renewed {
                            // It may have said something else of itself in the meantime.
                            self.agent.mcp_forget(&server);
                        }
                        return Err(refused_token(&server, rest));
                    }
                    renewed = true;
                }
                FORBIDDEN => {
                    let Some(asks) = challenge(&answer).filter(|challenge| challenge.is_insufficient_scope())
                    else {
                        return Ok(answer);
                    };
                    if stepped_up || asks.scopes.is_empty() {
                        return Err(refused_scope(&server, &asks.scopes));
                    }
                    stepped_up = true;
                    server = self
                        .agent
                        .mcp_needs(&server, &asks.scopes)
                        .ok_or_else(|| refused_scope(&server, &asks.scopes))?;
                    needed = asks.scopes;
                }
                _ => return Ok(answer),
            }
        }
    }

    /// A token for the server. Where the session does not have the scopes that are `needed`, the person signs in again.
    async fn token(
        &mut self,
        server: &Server,
        needed: &[String],
    ) -> Result<(TokenParams, TokenAnswer), ErrorAnswer> {
        let mut wanted = self.agent.mcp_wants(server, self.activity)?;
        let missing: Vec<String> =
            needed.iter().filter(|scope| wanted.missing.contains(scope)).cloned().collect();
        if !missing.is_empty() {
            let mut target = wanted.params.target.clone();
            target.scopes.extend(missing.iter().cloned());
            target.scopes.sort();
            self.permit(&TokenParams { target, ..wanted.params }, true).await?;
            // What the session has already is asked for again with it.
            self.agent.mcp_step_up(server, missing).await?;
            wanted = self.agent.mcp_wants(server, self.activity)?;
        }
        let mut asked = wanted.params;
        let mut permitted = self.permit(&asked, false).await;
        let is_signed_out = |refused: &ErrorAnswer| {
            matches!(refused.error, ErrorCode::LoginRequired | ErrorCode::SessionExpired)
        };
        if permitted.as_ref().is_err_and(is_signed_out) && std::mem::take(&mut self.signs_in) {
            self.agent.mcp_sign_in(server).await?;
            asked = self.agent.mcp_wants(server, self.activity)?.params;
            permitted = self.permit(&asked, false).await;
        }
        if let Ok(permit) = &permitted {
            asked = permit.within(&asked);
            self.permitted = Some(permit.clone());
        }
        let token = under(&self.agent, self.who.clone(), &asked, permitted, unbound).await?;
        self.agent.mcp_accepts_audience(server, token.access_token.expose())?;
        Ok((asked, token))
    }

    async fn permit(&self, params: &TokenParams, signs_in: bool) -> Result<Permit, ErrorAnswer> {
        permit(&self.agent, &self.caller, &self.behind, &self.query, params, signs_in).await
    }
}

fn refused_token(server: &Server, rest: Duration) -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::UnusableAnswer,
        format!(
            "The MCP server refuses the tokens of the account \u{201c}{}\u{201d}, also a new one. It may want another account \
             (--account), or tokens for another resource than {}. Abide sends each request once, and renews the token for this \
             server again after {} seconds at the earliest.",
            server.account,
            server.resource,
            rest.as_secs().max(1)
        ),
    )
}

fn refused_scope(server: &Server, scopes: &[String]) -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::InvalidScope,
        format!(
            "The MCP server wants more than the account \u{201c}{}\u{201d} may have: {}. Ask the administrator of the server for it.",
            server.account,
            if scopes.is_empty() { "it does not say what".to_owned() } else { scopes.join(" ") }
        ),
    )
}

/// A place for a message that is not small.
async fn place() -> Result<SemaphorePermit<'static>, ErrorAnswer> {
    let place = tokio::time::timeout(FOR_A_PLACE, LARGE.acquire()).await.ok().and_then(Result::ok);
    place.ok_or_else(|| {
        let text = "Too many large messages are on their way to MCP servers. Send this one again in a while.";
        ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, text)
    })
}

/// The request of a client, as it is passed on.
async fn forwarded(method: Method, request: Request<Received>) -> Result<Forwarded, ErrorAnswer> {
    let is_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if !is_json {
        return Err(invalid("The body has to be JSON, with `Content-Type: application/json`.".to_owned()));
    }
    let mut headers = HeaderMap::new();
    for (name, value) in request.headers() {
        if HEADERS.contains(&name.as_str()) || name.as_str().starts_with(PARAMETER) {
            headers.insert(name.clone(), value.clone());
        }
    }
    let accept =
        if method == Method::GET { "text/event-stream" } else { "application/json, text/event-stream" };
    headers.insert(header::ACCEPT, HeaderValue::from_static(accept));
    let length =
        request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    // Held until the body is there. Nobody was asked about the program yet.
    let _place = match length.is_some_and(|length: usize| length <= SMALL) {
        true => None,
        false => Some(place().await?),
    };
    let reading = Limited::new(request.into_body(), MESSAGE).collect();
    let Ok(Ok(body)) = tokio::time::timeout(ARRIVES, reading).await else {
        return Err(invalid(format!("The message is longer than {MESSAGE} bytes, or did not arrive.")));
    };
    let body = if method == Method::POST {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        body.to_bytes().to_vec()
    } else {
        Vec::new()
    };
    Ok(Forwarded { method, headers, body })
}

/// The answer of a server, with its status in a header: the status of this call is Abide's own. It ends when `over` does: the program
/// may no longer have the token, or the session is over.
fn passed_on(answer: StreamAnswer, over: impl Future<Output = ()> + Send + 'static) -> Response<Body> {
    let status = HeaderValue::from(answer.status());
    let kind =
        match answer.header("content-type").map(|kind| kind.split(';').next().unwrap_or_default().trim()) {
            Some(kind) if kind.eq_ignore_ascii_case("text/event-stream") => "text/event-stream",
            Some(kind) if kind.eq_ignore_ascii_case("application/json") => "application/json",
            _ => "application/octet-stream",
        };
    let session = answer.header(SESSION.as_str()).and_then(|id| HeaderValue::from_str(id).ok());
    let frames = stream::unfold(answer, |mut answer| async move {
        match answer.chunk().await {
            Ok(Some(chunk)) => Some((Ok(Frame::data(Bytes::from(chunk))), answer)),
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(code = error.code(), "the answer of an MCP server broke off");
                // What has come is written first. The connection then ends without the end of the answer.
                tokio::task::yield_now().await;
                Some((Err(BoxError::from(error)), answer))
            }
        }
    });
    let frames = frames.take_until(over);
    let mut response = Response::new(Either::Right(StreamBody::new(frames).boxed_unsync()));
    secure(response.headers_mut(), kind);
    response.headers_mut().insert(HeaderName::from_static(MCP_STATUS), status);
    if let Some(session) = session {
        response.headers_mut().insert(SESSION, session);
    }
    response
}

//! A request on its way: its token, the server's answer, and what is tried when the server wants another token.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use abide_oidc::{Error, StepUp, Unreachable, UpstreamBody, UpstreamRequest};
use abide_wire::{ErrorAnswer, ErrorCode, TokenAnswer};
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Frame, Incoming};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use url::Url;

use super::body::{Answered, Flowing, Over, Repeatable};
use super::challenge::{Wish, nonce, wish};
use super::headers::{DPOP, is_websocket, of_answer, of_request};
use super::open::{Asker, Gate};
use crate::api::audit;
use crate::consent::Permit;
use crate::platform::clock;
use crate::server::Connection;
use crate::state::dpop::Proof;
use crate::tokens::TokenParams;
use crate::tokens::renewals::is_same;

/// As for `GET /v1/token`.
const MIN_VALIDITY: Duration = Duration::from_secs(10);
/// How long the server may take for the head of an answer, to a request without a body and with one, where the configuration does not
/// say it.
const ANSWER: Duration = Duration::from_secs(10 * 60);
const ANSWER_TO_BODY: Duration = Duration::from_secs(60 * 60);

/// What has been tried for a request. Each helps once.
#[derive(Default)]
struct Tried {
    nonce: bool,
    token: bool,
    sign_in: bool,
}

/// A request with its token.
struct Exchange<'a> {
    gate: &'a Gate,
    asker: &'a Asker,
    method: Method,
    url: Url,
    /// The headers, without the token.
    head: HeaderMap,
    websocket: bool,
    asked: TokenParams,
    permit: Permit,
    token: TokenAnswer,
    tried: Tried,
}

/// Passes a request on, and returns the server's answer.
///
/// # Errors
///
/// Where there is no token, as `GET /v1/token`; `upstream_unreachable`, `upstream_timeout`.
pub(super) async fn pass_on(
    gate: &Gate,
    asker: &Asker,
    mut request: Request<Incoming>,
    url: Url,
) -> Result<Response<Answered>, ErrorAnswer> {
    let connection = request.extensions().get::<Arc<Connection>>().cloned().unwrap_or_default();
    let websocket = *request.method() == Method::GET && is_websocket(request.headers());
    let upgraded = websocket.then(|| hyper::upgrade::on(&mut request));
    let (parts, body) = request.into_parts();
    let body = Repeatable::new(body);
    let mut exchange = Exchange::begin(gate, asker, parts.method, url, &parts.headers, websocket).await?;
    let mut answer = exchange.send(&body).await?;
    while exchange.can_be_met(&answer, &body).await? {
        answer = exchange.send(&body).await?;
    }
    exchange.answered(answer, upgraded, &connection)
}

impl<'a> Exchange<'a> {
    /// Gets the token, as `GET /v1/token` does.
    async fn begin(
        gate: &'a Gate,
        asker: &'a Asker,
        method: Method,
        url: Url,
        headers: &HeaderMap,
        websocket: bool,
    ) -> Result<Self, ErrorAnswer> {
        audit::admits(&gate.agent, &asker.who)?;
        let mut asked = TokenParams {
            account: Some(gate.config.account.clone()),
            min_validity: MIN_VALIDITY,
            activity: true,
            target: gate.config.target.clone(),
            proof: Some(proof(gate, &method, &url)),
            counted_for: None,
        };
        let permitted = gate.agent.permit(asker.caller.clone(), &asked, Some(reason(gate)), false).await;
        let answer = match &permitted {
            Ok(permit) => {
                asked = permit.within(&asked);
                gate.agent.token(&asked, permit).await
            }
            Err(refused) => Err(refused.clone()),
        };
        let token = recorded(gate, asker, permitted.as_ref().ok(), &asked, answer)?;
        let permit = permitted?;
        let head = of_request(headers);
        Ok(Self { gate, asker, method, url, head, websocket, asked, permit, token, tried: Tried::default() })
    }

    /// Sends the request, from the beginning of its body. A server may close a connection that was kept just when a request is sent on it:
    /// one that changes nothing is sent once more (RFC 9112, section 9.3.1).
    async fn send(&self, body: &Repeatable<Incoming>) -> Result<Response<UpstreamBody>, ErrorAnswer> {
        let sent = self.send_once(body).await;
        let broke = matches!(sent, Ok(Err(Error::Unreachable { reason: Unreachable::Interrupted, .. })));
        let sent = if broke && self.method.is_safe() && body.is_whole() {
            self.send_once(body).await?
        } else {
            sent?
        };
        let answer = sent.map_err(|error| match error {
            Error::Timeout { .. } => too_slow(self.gate),
            error => unreachable(self.gate, &error.to_string()),
        })?;
        if let Some(nonce) = nonce(answer.headers()) {
            *self.gate.nonce.lock().unwrap_or_else(PoisonError::into_inner) = Some(nonce);
        }
        if answer.status() != StatusCode::UNAUTHORIZED {
            self.gate.renewals.lock().unwrap_or_else(PoisonError::into_inner).accepted();
        }
        Ok(answer)
    }

    async fn send_once(
        &self,
        body: &Repeatable<Incoming>,
    ) -> Result<Result<Response<UpstreamBody>, Error>, ErrorAnswer> {
        // Each time: the question before it, or a stronger sign-in, takes minutes, and the server may have ended.
        self.gate.checked_upstream()?;
        let attempt =
            body.attempt().ok_or_else(|| unreachable(self.gate, "the request cannot be sent again"))?;
        let longest = if attempt.is_end_stream() { ANSWER } else { ANSWER_TO_BODY };
        let longest = self.gate.config.timeout.unwrap_or(longest);
        let mut headers = self.head.clone();
        let scheme = if self.token.dpop.is_some() { "DPoP" } else { "Bearer" };
        headers.insert(AUTHORIZATION, sensitive(&format!("{scheme} {}", self.token.access_token.expose()))?);
        if let Some(proof) = &self.token.dpop {
            headers.insert(DPOP, sensitive(proof)?);
        }
        let request = UpstreamRequest {
            method: self.method.clone(),
            url: self.url.clone(),
            headers,
            body: UpstreamBody::wrap(attempt),
            upgrades: self.websocket,
        };
        let sent = tokio::time::timeout(longest, self.gate.upstream.send(request)).await;
        sent.map_err(|_| too_slow(self.gate))
    }

    /// Meets what the server wants, and says whether the request can be sent again.
    async fn can_be_met(
        &mut self,
        answer: &Response<UpstreamBody>,
        body: &Repeatable<Incoming>,
    ) -> Result<bool, ErrorAnswer> {
        match wish(answer.status(), answer.headers()) {
            Some(Wish::Nonce) if !self.tried.nonce && self.token.dpop.is_some() && body.is_whole() => {
                self.tried.nonce = true;
                self.ask_again();
                let answer = self.gate.agent.token(&self.asked, &self.permit).await;
                self.token = self.recorded(answer)?;
                Ok(true)
            }
            // Also for a request that cannot be sent again: the next one has the new token.
            Some(Wish::Token) if !self.tried.token && self.may_renew() => {
                self.tried.token = true;
                Ok(self.renew().await? && body.is_whole())
            }
            Some(Wish::SignIn(wanted)) if !self.tried.sign_in && body.is_whole() => {
                self.tried.sign_in = true;
                self.sign_in(wanted).await?;
                // A session that was strong enough already may have a token from before.
                Ok(self.has_another().await? || (self.may_renew() && self.renew().await?))
            }
            _ => Ok(false),
        }
    }

    /// What is asked for from now on: with a new proof, and not as another use of the session.
    fn ask_again(&mut self) {
        self.asked.activity = false;
        self.asked.proof = Some(proof(self.gate, &self.method, &self.url));
    }

    /// Whether the token may be renewed because the server refuses it: not for each request to a server that refuses every token.
    fn may_renew(&self) -> bool {
        let mut renewals = self.gate.renewals.lock().unwrap_or_else(PoisonError::into_inner);
        renewals.refused(&self.token.access_token, false, clock::now().boot).is_ok()
    }

    /// Takes the token as it is now; `false` if it is the one that was refused.
    async fn has_another(&mut self) -> Result<bool, ErrorAnswer> {
        self.ask_again();
        let answer = self.gate.agent.token(&self.asked, &self.permit).await;
        if answer.as_ref().is_ok_and(|answer| is_same(&answer.access_token, &self.token.access_token)) {
            return Ok(false);
        }
        self.token = self.recorded(answer)?;
        Ok(true)
    }

    /// Gets another token than the one that was refused; `false` if there is no other.
    async fn renew(&mut self) -> Result<bool, ErrorAnswer> {
        self.ask_again();
        let refused = self.token.access_token.clone();
        let answer = self.gate.agent.another_token(&self.asked, &self.permit, &refused).await;
        if answer.as_ref().is_ok_and(|answer| is_same(&answer.access_token, &refused)) {
            let mut renewals = self.gate.renewals.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = renewals.refused(&refused, true, clock::now().boot);
            return Ok(false);
        }
        self.token = self.recorded(answer)?;
        Ok(true)
    }

    /// Has the person sign in as the server wants, as `POST /v1/token` does.
    async fn sign_in(&mut self, wanted: StepUp) -> Result<(), ErrorAnswer> {
        let (gate, asker) = (self.gate, self.asker);
        let asked = TokenParams { activity: true, ..self.asked.clone() };
        let permitted = gate.agent.permit(asker.caller.clone(), &asked, Some(reason(gate)), true).await;
        let done = match permitted {
            Ok(permit) => {
                self.permit = permit;
                gate.agent.step_up(&gate.config.account, wanted, &asker.tool).await
            }
            Err(refused) => Err(refused),
        };
        match done {
            Ok(()) => Ok(()),
            Err(refused) => recorded(gate, asker, Some(&self.permit), &asked, Err(refused)).map(drop),
        }
    }

    fn recorded(&self, answer: Result<TokenAnswer, ErrorAnswer>) -> Result<TokenAnswer, ErrorAnswer> {
        recorded(self.gate, self.asker, Some(&self.permit), &self.asked, answer)
    }

    /// The server's answer, for the program.
    fn answered(
        &self,
        mut answer: Response<UpstreamBody>,
        upgraded: Option<OnUpgrade>,
        connection: &Arc<Connection>,
    ) -> Result<Response<Answered>, ErrorAnswer> {
        let switches = answer.status() == StatusCode::SWITCHING_PROTOCOLS;
        let theirs = switches.then(|| hyper::upgrade::on(&mut answer));
        if let Some(theirs) = theirs {
            let ours = upgraded.filter(|_| is_websocket(answer.headers()));
            let ours = ours.ok_or_else(|| unreachable(self.gate, "it answered in another protocol"))?;
            connection.becomes(tunnel(ours, theirs, self.over()));
        }
        let (mut parts, body) = answer.into_parts();
        of_answer(&mut parts.headers, switches);
        self.hide_token(&mut parts.headers);
        let token = self.token.access_token.clone();
        let body = body.map_frame(move |frame| match frame.into_trailers() {
            Ok(mut trailers) => {
                of_answer(&mut trailers, false);
                hide(token.expose(), &mut trailers);
                Frame::trailers(trailers)
            }
            Err(frame) => frame,
        });
        let flowing = Flowing::new(body, Some(connection.working())).until(self.over());
        let mut answer = Response::new(Answered::new(flowing));
        *answer.status_mut() = parts.status;
        *answer.headers_mut() = parts.headers;
        Ok(answer)
    }

    fn hide_token(&self, headers: &mut HeaderMap) {
        hide(self.token.access_token.expose(), headers);
    }

    /// Ends when the program may no longer have the token, or the session is over: nothing more passes then.
    fn over(&self) -> Over {
        let (agent, permit) = (self.gate.agent.clone(), self.permit.clone());
        Box::pin(async move { agent.consent().over(&permit).await })
    }
}

/// Removes what repeats the token.
fn hide(token: &str, headers: &mut HeaderMap) {
    let token = token.as_bytes();
    let shows = |value: &HeaderValue| value.as_bytes().windows(token.len()).any(|part| part == token);
    let names: Vec<HeaderName> =
        headers.iter().filter(|(_, value)| shows(value)).map(|(name, _)| name.clone()).collect();
    for name in names {
        headers.remove(name);
    }
}

/// Both directions of a WebSocket, until one side closes it or `over` ends.
async fn tunnel(ours: OnUpgrade, theirs: OnUpgrade, over: Over) {
    if let (Ok(ours), Ok(theirs)) = tokio::join!(ours, theirs) {
        let (mut ours, mut theirs) = (TokioIo::new(ours), TokioIo::new(theirs));
        tokio::select! {
            copied = tokio::io::copy_bidirectional(&mut ours, &mut theirs) => {
                if let Err(error) = copied {
                    tracing::debug!(%error, "a WebSocket ended early");
                }
            }
            () = over => {}
        }
    }
}

fn proof(gate: &Gate, method: &Method, url: &Url) -> Proof {
    let nonce = gate.nonce.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Proof { method: method.to_string(), url: url.clone(), nonce }
}

/// What the question says about the purpose.
fn reason(gate: &Gate) -> String {
    let host = gate.config.upstream.host_str().unwrap_or_default();
    format!("requests to {host} through the proxy {}", gate.name)
}

/// Records an answer to a request for a token, before it leaves: with the file of the program, where the permit has looked at it.
fn recorded(
    gate: &Gate,
    asker: &Asker,
    permit: Option<&Permit>,
    asked: &TokenParams,
    answer: Result<TokenAnswer, ErrorAnswer>,
) -> Result<TokenAnswer, ErrorAnswer> {
    let mut who = asker.who.clone();
    if let Some(permit) = permit {
        who.sha256.clone_from(&permit.sha256);
    }
    audit::token(&gate.agent, &who, asked, answer)
}

fn sensitive(text: &str) -> Result<HeaderValue, ErrorAnswer> {
    let mut value = HeaderValue::from_str(text)
        .map_err(|_| ErrorAnswer::new(ErrorCode::UnusableAnswer, "The token cannot be sent in a header."))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unreachable(gate: &Gate, why: &str) -> ErrorAnswer {
    let upstream = &gate.config.upstream;
    let text = format!("The proxy \u{201c}{}\u{201d} does not reach {upstream}: {why}", gate.name);
    let text = if text.ends_with('.') { text } else { text + "." };
    ErrorAnswer::new(ErrorCode::UpstreamUnreachable, text)
}

fn too_slow(gate: &Gate) -> ErrorAnswer {
    let upstream = &gate.config.upstream;
    let text =
        format!("The proxy \u{201c}{}\u{201d} has no answer from {upstream} in time. Try again.", gate.name);
    ErrorAnswer::new(ErrorCode::UpstreamTimeout, text)
}

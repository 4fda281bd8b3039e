//! The end session endpoint (OpenID Connect RP-Initiated Logout 1.0).

use std::sync::Arc;

use axum::http::StatusCode;

use crate::browser::{cookies, transaction};
use crate::config::Client;
use crate::http::parameters::with_parameters;
use crate::http::{Failure, Reply, Request};
use crate::pages;
use crate::session::ending;
use crate::state::provider::Provider;
use crate::state::purpose::{EndSessionRequest, Purpose};
use crate::state::session_state::BrowserState;

pub(crate) async fn respond(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    if asked.named("transaction").is_some() {
        return decided(provider, asked).await;
    }
    let request = match parse(provider, asked) {
        Ok(request) => request,
        Err(why) => {
            let page = pages::invalid_sign_out(provider, why);
            return Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", page);
        }
    };
    let session = cookies::session(provider, asked);
    if session.is_none() && provider.quirks().revocation_ends_session && is_over(provider, &request) {
        let page = pages::invalid_sign_out(provider, "the session is over");
        return Reply::error_page(StatusCode::BAD_REQUEST, "session_expired", page);
    }
    match session {
        // Without an ID token of the person who is signed in, any page could have sent the browser here.
        Some(session) if request.subject.as_deref() != Some(session.user.subject) => {
            let (ticket, cookie) = transaction::begin(provider, asked, Purpose::EndSession(request.clone()))?;
            Reply::page(pages::ask_sign_out(provider, &request, &ticket, session.user))?.with_cookie(cookie)
        }
        _ => sign_out(provider, asked, &request).await,
    }
}

/// Whether the session in the hint has ended already.
fn is_over(provider: &Provider, request: &EndSessionRequest) -> bool {
    request.sid.as_deref().is_some_and(|sid| !provider.store().lasts(sid, provider.now()))
}

/// The answer to the page that asks.
pub(crate) async fn decided(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    let resumed = transaction::resume(provider, asked);
    let Some((ticket, Purpose::EndSession(request))) = resumed.map(|(ticket, t)| (ticket, t.purpose)) else {
        return Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", pages::page_is_over(provider));
    };
    if !provider.store().finish(&ticket.transaction) {
        return Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", pages::page_is_over(provider));
    }
    match asked.named("action") {
        Some("sign-out") => sign_out(provider, asked, &request).await,
        _ => Ok(Reply::page(pages::still_signed_in(provider))?.with_error("access_denied")),
    }
}

async fn sign_out(
    provider: &Arc<Provider>,
    asked: &Request,
    request: &EndSessionRequest,
) -> Result<Reply, Failure> {
    let cookie = cookies::session_value(provider, asked);
    let ended = ending::of_browser(provider, cookie.as_deref(), request.sid.as_deref()).await;
    if !ended.is_empty() {
        cookies::end_upstream(provider, asked);
    }
    let frames = ending::frames(provider, &ended);
    let reply = match &request.return_to {
        Some(uri) if frames.is_empty() => Reply::redirect(uri)?,
        _ => Reply::page(pages::signed_out(provider, request, &frames))?,
    };
    reply.with_cookie(cookies::clear_session(provider, asked))?.with_cookie(cookies::correct_state(
        provider,
        asked,
        &BrowserState::signed_out(),
    ))
}

fn parse(provider: &Provider, asked: &Request) -> Result<EndSessionRequest, &'static str> {
    let hint = match asked.named("id_token_hint") {
        None => None,
        Some(token) => Some(Hint::read(provider, token).ok_or("the ID token is not from this provider")?),
    };
    let client_id = match (asked.named("client_id"), hint.as_ref()) {
        (Some(id), Some(hint)) if id != hint.client_id => {
            return Err("the ID token was issued to another client");
        }
        (Some(id), _) => Some(id),
        (None, hint) => hint.map(|hint| hint.client_id.as_str()),
    };
    let client = match client_id {
        None => None,
        Some(id) => Some(provider.client(id).ok_or("the client is not registered here")?),
    };
    let exact = provider.quirks().exact_post_logout_uris;
    let return_to = match (asked.named("post_logout_redirect_uri"), client.as_deref()) {
        (None, _) => None,
        (Some(_), None) => return Err("client_id is missing"),
        (Some(uri), Some(client)) if client.may_log_out_to(uri, exact) => {
            Some(with_parameters(uri, [("state", asked.named("state"))]))
        }
        (Some(_), Some(_)) => {
            return Err("the post_logout_redirect_uri is not registered for this client");
        }
    };
    Ok(EndSessionRequest {
        sid: hint.as_ref().and_then(|hint| hint.sid.clone()),
        subject: hint.map(|hint| hint.subject),
        return_to,
        client: client.as_deref().map(Client::display_name),
    })
}

/// The person and session in an ID token that is sent as a hint. It may have expired, but must be from this provider.
struct Hint {
    client_id: String,
    subject: String,
    sid: Option<String>,
}

impl Hint {
    fn read(provider: &Provider, token: &str) -> Option<Hint> {
        let claims = provider.keys().verify(token)?;
        let text = |name: &str| claims.get(name).and_then(|value| value.as_str()).map(str::to_owned);
        (text("iss")? == provider.issuer()).then_some(())?;
        Some(Hint { client_id: text("aud")?, subject: text("sub")?, sid: text("sid") })
    }
}

//! The authorization endpoint (OpenID Connect Core 3.1.2).

use std::sync::Arc;

use axum::http::StatusCode;

use crate::authorization::request::{REFERENCE_PREFIX, Refusal, parse};
use crate::authorization::response::{Recipient, issue, refuse};
use crate::authorization::step::{Step, next_step};
use crate::browser::{cookies, session, transaction};
use crate::http::{Failure, Reply, Request};
use crate::pages;
use crate::state::provider::Provider;
use crate::state::purpose::{AuthorizationRequest, Prompt, Purpose};
use crate::state::session_state::BrowserState;
use crate::state::users::User;

pub(crate) fn respond(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    let mut browser = cookies::browser_state(provider, asked);
    let reply = answer(provider, asked, &mut browser)?;
    // A session may have ended since the browser's last request.
    reply.with_cookie(cookies::correct_state(provider, asked, &browser))
}

fn answer(provider: &Arc<Provider>, asked: &Request, browser: &mut BrowserState) -> Result<Reply, Failure> {
    let request = match requested(provider, asked) {
        Ok(request) => request,
        Err(Refusal::Page(why)) => {
            let page = pages::invalid_request(provider, why);
            return Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", page);
        }
        Err(Refusal::Redirect { recipient, code, description }) => {
            return refuse(provider, &recipient, browser, code, description);
        }
    };
    match next_step(&request, cookies::session(provider, asked), provider.now()) {
        Step::Issue(_) if request.prompt == Prompt::None && provider.wants_consent() => {
            let why = "the person has to agree first";
            refuse(provider, &Recipient::from(&request), browser, "consent_required", why)
        }
        Step::Issue(session) => issue(provider, request, session, browser),
        Step::LoginRequired => {
            let why = "the requested person is not signed in";
            refuse(provider, &Recipient::from(&request), browser, "login_required", why)
        }
        Step::SignIn => {
            if let Some(user) = upstream(provider, asked, &request) {
                let begun = session::begin(provider, asked, user)?;
                let reply = issue(provider, request, begun.session.clone(), &begun.state)?;
                *browser = begun.state.clone();
                return begun.set_cookies(reply);
            }
            let (ticket, cookie) = transaction::begin(provider, asked, Purpose::Authorize(request.clone()))?;
            Reply::page(pages::sign_in(provider, &request, &ticket, None))?.with_cookie(cookie)
        }
        Step::Ask(session) => {
            let (ticket, cookie) = transaction::begin(provider, asked, Purpose::Authorize(request.clone()))?;
            Reply::page(pages::ask(provider, &request, &ticket, session.user))?.with_cookie(cookie)
        }
    }
}

/// The person who is signed in at the provider behind this one, so that no password is needed.
fn upstream(provider: &Provider, asked: &Request, request: &AuthorizationRequest) -> Option<&'static User> {
    let wanted = |user: &&User| {
        let hinted = request.hinted_subject.as_deref();
        hinted.is_none_or(|subject| subject == user.subject)
    };
    cookies::upstream(provider, asked).filter(wanted).filter(|_| request.prompt == Prompt::AsNeeded)
}

/// The pushed request, or the one in the query.
fn requested(provider: &Provider, asked: &Request) -> Result<AuthorizationRequest, Refusal> {
    let reference = asked.named("request_uri").and_then(|uri| uri.strip_prefix(REFERENCE_PREFIX));
    let Some(reference) = reference else {
        let request = parse(provider, &asked.parameters)?;
        return match provider.requires_pushed_authorization() {
            false => Ok(request),
            true => Err(Refusal::Redirect {
                recipient: Recipient::from(&request),
                code: "invalid_request",
                description: "authorization requests have to be pushed",
            }),
        };
    };
    let pushed = provider.store().take_pushed(reference, provider.now());
    // Other parameters are ignored (RFC 9126 section 4), but the client has to be the same.
    let pushed = pushed.filter(|pushed| pushed.named("client_id") == asked.named("client_id"));
    parse(provider, &pushed.ok_or(Refusal::Page("the request was not pushed here, or is used or too old"))?)
}

//! The endpoint that receives the form of the sign-in page.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::authorization::response::{Recipient, issue, refuse};
use crate::authorization::step::{Step, next_step};
use crate::browser::transaction::{self, Ticket};
use crate::browser::{cookies, session};
use crate::http::{Failure, Reply, Request};
use crate::pages::{self, WrongPassword};
use crate::state::provider::Provider;
use crate::state::purpose::{AuthorizationRequest, Purpose};
use crate::state::users::User;

pub(crate) fn respond(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    let Some((ticket, transaction)) = transaction::resume(provider, asked) else { return over(provider) };
    let Purpose::Authorize(request) = transaction.purpose else { return over(provider) };
    match asked.named("action") {
        Some("cancel") => cancel(provider, asked, &ticket, &request),
        Some("continue") => go_on(provider, asked, &ticket, request),
        Some("another") => Reply::page(pages::sign_in(provider, &request, &ticket, None)),
        _ => sign_in(provider, asked, &ticket, request),
    }
}

fn cancel(
    provider: &Provider,
    asked: &Request,
    ticket: &Ticket,
    request: &AuthorizationRequest,
) -> Result<Reply, Failure> {
    if !provider.store().finish(&ticket.transaction) {
        return over(provider);
    }
    let browser = cookies::browser_state(provider, asked);
    let why = "the sign-in was cancelled";
    refuse(provider, &Recipient::from(request), &browser, "access_denied", why)
}

/// "Continue as ..." on the page that asks: only for a person who is still signed in.
fn go_on(
    provider: &Provider,
    asked: &Request,
    ticket: &Ticket,
    request: AuthorizationRequest,
) -> Result<Reply, Failure> {
    match next_step(&request, cookies::session(provider, asked), provider.now()) {
        Step::Ask(session) if provider.store().finish(&ticket.transaction) => {
            issue(provider, request, session, &cookies::browser_state(provider, asked))
        }
        _ => Reply::page(pages::sign_in(provider, &request, ticket, None)),
    }
}

fn sign_in(
    provider: &Provider,
    asked: &Request,
    ticket: &Ticket,
    request: AuthorizationRequest,
) -> Result<Reply, Failure> {
    let username = asked.named("username").unwrap_or_default();
    let password = asked.named("password").unwrap_or_default();
    let Some(user) = User::with_password(username, password) else {
        let page = pages::sign_in(provider, &request, ticket, Some(WrongPassword { username }));
        // Not 401, which would have to name an HTTP authentication scheme (RFC 9110 section 15.5.4).
        return Reply::error_page(StatusCode::FORBIDDEN, "invalid_credentials", page);
    };
    if !provider.store().finish(&ticket.transaction) {
        return over(provider);
    }
    if request.hinted_subject.as_deref().is_some_and(|subject| subject != user.subject) {
        let browser = cookies::browser_state(provider, asked);
        let why = "a different person signed in";
        return refuse(provider, &Recipient::from(&request), &browser, "login_required", why);
    }
    let begun = session::begin(provider, asked, user)?;
    let reply = issue(provider, request, begun.session.clone(), &begun.state)?;
    begun.set_cookies(reply)
}

fn over(provider: &Provider) -> Result<Reply, Failure> {
    Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", pages::page_is_over(provider))
}

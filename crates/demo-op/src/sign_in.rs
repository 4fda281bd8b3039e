//! Where the form of the sign-in page goes.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::authorize::{self, Recipient, Step};
use crate::pages::{self, WrongPassword};
use crate::provider::{Failure, Provider};
use crate::reply::Reply;
use crate::secret;
use crate::server::Asked;
use crate::session_state::BrowserState;
use crate::store::{AuthorizationRequest, Purpose};
use crate::transaction::{self, Ticket};
use crate::users::User;

pub(crate) fn respond(provider: &Arc<Provider>, asked: &Asked) -> Result<Reply, Failure> {
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
    asked: &Asked,
    ticket: &Ticket,
    request: &AuthorizationRequest,
) -> Result<Reply, Failure> {
    if !provider.store().finish(&ticket.transaction) {
        return over(provider);
    }
    let browser = transaction::browser_state(provider, asked);
    let why = "the sign-in was cancelled";
    authorize::refuse(provider, &Recipient::from(request), &browser, "access_denied", why)
}

/// "Continue as ..." on the page that asks: only for somebody who is still signed in.
fn go_on(
    provider: &Provider,
    asked: &Asked,
    ticket: &Ticket,
    request: AuthorizationRequest,
) -> Result<Reply, Failure> {
    match authorize::next_step(&request, transaction::session(provider, asked), provider.now()) {
        Step::Ask(session) if provider.store().finish(&ticket.transaction) => {
            authorize::issue(provider, request, session, &transaction::browser_state(provider, asked))
        }
        _ => Reply::page(pages::sign_in(provider, &request, ticket, None)),
    }
}

fn sign_in(
    provider: &Provider,
    asked: &Asked,
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
        let browser = transaction::browser_state(provider, asked);
        let why = "somebody else signed in";
        return authorize::refuse(provider, &Recipient::from(&request), &browser, "login_required", why);
    }
    let cookie = secret::random_text()?;
    let earlier = transaction::session_value(provider, asked);
    let sid = secret::encode(&secret::random::<16>()?);
    let session = provider.store().sign_in(earlier.as_deref(), &cookie, sid, user, provider.now());
    let browser = BrowserState::signed_in(&cookie);
    authorize::issue(provider, request, session, &browser)?
        .with_cookie(Some(transaction::set_session(provider, &cookie)))?
        .with_cookie(transaction::correct_state(provider, asked, &browser))
}

fn over(provider: &Provider) -> Result<Reply, Failure> {
    Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", pages::page_is_over(provider))
}

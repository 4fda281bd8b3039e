//! The page on which a person enters the code of another device, and allows or refuses its sign-in (RFC 8628 section 3.3).

use std::sync::Arc;

use axum::http::{Method, StatusCode};

use crate::browser::transaction::{self, Ticket};
use crate::browser::{cookies, session};
use crate::http::{Failure, Reply, Request};
use crate::pages::{self, Entry, WrongPassword};
use crate::state::devices::{Entered, Waiting};
use crate::state::provider::Provider;
use crate::state::purpose::{DeviceRequest, Purpose};
use crate::state::store::Session;
use crate::state::users::User;

pub(crate) fn respond(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    if asked.method == Method::POST {
        return decided(provider, asked);
    }
    let browser = cookies::browser_state(provider, asked);
    // A code in the URL is confirmed too: the person has to see that it is the one on their device (3.3.1).
    let reply = match asked.named("user_code") {
        None => enter(provider, asked, Entry::Empty)?,
        Some(text) => look_up(provider, asked, text)?,
    };
    reply.with_cookie(cookies::correct_state(provider, asked, &browser))
}

fn enter(provider: &Provider, asked: &Request, entry: Entry<'_>) -> Result<Reply, Failure> {
    let purpose = Purpose::Device(DeviceRequest::EnterCode);
    let (ticket, cookie) = transaction::begin(provider, asked, purpose)?;
    let refused = match entry {
        Entry::Empty => None,
        Entry::Unknown(_) => Some((StatusCode::NOT_FOUND, "invalid_user_code")),
        Entry::TooMany(_) => Some((StatusCode::TOO_MANY_REQUESTS, "slow_down")),
    };
    let page = pages::enter_code(provider, &ticket, entry);
    let reply = match refused {
        Some((status, code)) => Reply::error_page(status, code, page)?,
        None => Reply::page(page)?,
    };
    reply.with_cookie(cookie)
}

fn look_up(provider: &Provider, asked: &Request, text: &str) -> Result<Reply, Failure> {
    let entered = provider.devices().entered(text, provider.now());
    let waiting = match entered {
        Entered::Waiting(waiting) => waiting,
        Entered::Unknown => return enter(provider, asked, Entry::Unknown(text)),
        Entered::TooMany => return enter(provider, asked, Entry::TooMany(text)),
    };
    let purpose = Purpose::Device(DeviceRequest::Confirm { user_code: waiting.user_code.clone() });
    let (ticket, cookie) = transaction::begin(provider, asked, purpose)?;
    let session = cookies::session(provider, asked);
    let user = session.as_ref().map(|session| session.user);
    Reply::page(pages::confirm_device(provider, &waiting, &ticket, user, None))?.with_cookie(cookie)
}

fn decided(provider: &Provider, asked: &Request) -> Result<Reply, Failure> {
    let Some((ticket, transaction)) = transaction::resume(provider, asked) else { return over(provider) };
    let user_code = match transaction.purpose {
        Purpose::Device(DeviceRequest::Confirm { user_code }) => user_code,
        // This page may be sent again, so that the person can correct a typing mistake.
        Purpose::Device(DeviceRequest::EnterCode) => {
            return match asked.named("user_code") {
                None => enter(provider, asked, Entry::Empty),
                Some(text) => look_up(provider, asked, text),
            };
        }
        _ => return over(provider),
    };
    let Some(waiting) = provider.devices().waiting(&user_code, provider.now()) else { return over(provider) };
    match asked.named("action") {
        Some("cancel") => decide(provider, &ticket, &user_code, None),
        Some("continue") => match cookies::session(provider, asked) {
            Some(session) => decide(provider, &ticket, &user_code, Some(session)),
            None => Reply::page(pages::confirm_device(provider, &waiting, &ticket, None, None)),
        },
        Some("another") => Reply::page(pages::confirm_device(provider, &waiting, &ticket, None, None)),
        _ => sign_in(provider, asked, &ticket, &waiting),
    }
}

fn sign_in(
    provider: &Provider,
    asked: &Request,
    ticket: &Ticket,
    waiting: &Waiting,
) -> Result<Reply, Failure> {
    let username = asked.named("username").unwrap_or_default();
    let password = asked.named("password").unwrap_or_default();
    let Some(user) = User::with_password(username, password) else {
        let wrong = Some(WrongPassword { username });
        let page = pages::confirm_device(provider, waiting, ticket, None, wrong);
        return Reply::error_page(StatusCode::FORBIDDEN, "invalid_credentials", page);
    };
    let begun = session::begin(provider, asked, user)?;
    let reply = decide(provider, ticket, &waiting.user_code, Some(begun.session.clone()))?;
    begun.set_cookies(reply)
}

fn decide(
    provider: &Provider,
    ticket: &Ticket,
    user_code: &str,
    allowed: Option<Session>,
) -> Result<Reply, Failure> {
    if !provider.store().finish(&ticket.transaction) {
        return over(provider);
    }
    let allows = allowed.is_some();
    if !provider.devices().decide(user_code, allowed, provider.now()) {
        return over(provider);
    }
    let reply = Reply::page(pages::device_done(provider, allows))?;
    Ok(if allows { reply } else { reply.with_error("access_denied") })
}

fn over(provider: &Provider) -> Result<Reply, Failure> {
    Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", pages::page_is_over(provider))
}

//! The page for signing out at the provider itself, without an application.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::browser::{cookies, transaction};
use crate::http::{Failure, Reply, Request};
use crate::pages;
use crate::session::end_session;
use crate::state::provider::Provider;
use crate::state::purpose::{EndSessionRequest, Purpose};

pub(crate) async fn respond(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    if asked.method == axum::http::Method::POST {
        // Only the button of the page, which has the ticket, ends a session.
        return match asked.named("transaction") {
            Some(_) => end_session::decided(provider, asked).await,
            None => {
                Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", pages::page_is_over(provider))
            }
        };
    }
    let browser = cookies::browser_state(provider, asked);
    let reply = match cookies::session(provider, asked) {
        None => Reply::page(pages::not_signed_in(provider))?,
        Some(session) => {
            let purpose = Purpose::EndSession(EndSessionRequest::default());
            let (ticket, cookie) = transaction::begin(provider, asked, purpose)?;
            Reply::page(pages::sign_out(provider, &ticket, session.user))?.with_cookie(cookie)?
        }
    };
    reply.with_cookie(cookies::correct_state(provider, asked, &browser))
}

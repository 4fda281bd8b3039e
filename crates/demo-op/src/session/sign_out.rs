//! The page on which a person signs out of the provider itself, without an application having sent them there.

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
        // Whoever has the page's ticket pressed its button; nothing else ends a session here.
        return match asked.named("transaction") {
            Some(_) => end_session::decided(provider, asked).await,
            None => {
                Reply::error_page(StatusCode::BAD_REQUEST, "invalid_request", pages::page_is_over(provider))
            }
        };
    }
    let browser = cookies::browser_state(provider, asked);
    let reply = match cookies::session(provider, asked) {
        None => Reply::page(pages::nobody_to_sign_out(provider))?,
        Some(session) => {
            let purpose = Purpose::EndSession(EndSessionRequest::default());
            let (ticket, cookie) = transaction::begin(provider, asked, purpose)?;
            Reply::page(pages::sign_out(provider, &ticket, session.user))?.with_cookie(cookie)?
        }
    };
    reply.with_cookie(cookies::correct_state(provider, asked, &browser))
}

//! The OP iframe (OpenID Connect Session Management 1.0 section 3.2): an invisible page whose script tells a client's page
//! whether the session in this browser has changed.

use axum::http::StatusCode;

use crate::browser::cookies;
use crate::http::{Failure, Reply, Request};
use crate::pages;
use crate::state::provider::Provider;

pub(crate) fn respond(provider: &Provider, asked: &Request) -> Result<Reply, Failure> {
    if !provider.has_session_management() {
        return Reply::error_page(StatusCode::NOT_FOUND, "not_found", pages::not_found(provider));
    }
    // A session may have ended since the browser's last request.
    let state = cookies::browser_state(provider, asked);
    Reply::page(pages::check_session(&cookies::state_cookie(provider)))?
        .with_cookie(cookies::correct_state(provider, asked, &state))
}

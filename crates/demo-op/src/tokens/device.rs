//! The polls of a device for its tokens (RFC 8628 sections 3.4 and 3.5).

use axum::http::StatusCode;

use crate::config::Client;
use crate::http::{Failure, Reply, Request};
use crate::state::devices::Polled;
use crate::state::provider::Provider;
use crate::state::resource;
use crate::state::store::Granted;
use crate::tokens::issue;

pub(crate) fn exchange(
    provider: &Provider,
    client: &Client,
    asked: &Request,
    jkt: Option<String>,
) -> Result<Reply, Failure> {
    let Some(device_code) = asked.named("device_code") else {
        return Ok(Reply::bad_request("invalid_request", "device_code is missing"));
    };
    if let Some(code) = provider.quirks().device_poll_error {
        return Ok(Reply::error(code, "the provider is set to refuse polls"));
    }
    let now = provider.now();
    let polled = provider.devices().poll(device_code, &client.id, jkt.as_deref(), now);
    let (code, why) = match polled {
        Polled::Unknown => return Ok(Reply::invalid_grant("the device code is unknown or was used")),
        Polled::AnotherKey => ("invalid_dpop_proof", "the device code is bound to another key"),
        Polled::Expired => ("expired_token", "the code was not entered in time"),
        Polled::TooEarly => ("slow_down", "the device asks too often"),
        Polled::Undecided => ("authorization_pending", "the person has not answered yet"),
        Polled::Denied => ("access_denied", "the person said no"),
        Polled::Allowed { scope, resource, session } => {
            // A sign-out in the meantime withdraws the permission.
            if !provider.store().lasts(&session.sid, now) {
                return Ok(Reply::bad_request("access_denied", "the session has ended"));
            }
            provider.store().involve(&session.sid, &client.id);
            let granted = Granted {
                client_id: &client.id,
                scope: &scope,
                resource: &resource,
                nonce: None,
                acr: None,
                jkt: jkt.as_deref(),
                session: &session,
            };
            let Some(resource) = resource::narrowed(asked.named("resource"), granted.resource) else {
                return Ok(Reply::invalid_target());
            };
            return issue::begin(provider, client, None, &granted, &resource);
        }
    };
    Ok(Reply::refused(StatusCode::BAD_REQUEST, code, why))
}

//! The endpoint for pushed authorization requests (RFC 9126).

use axum::http::StatusCode;
use serde_json::json;

use crate::authorization::request::{REFERENCE_PREFIX, Refusal, parse};
use crate::clients::{self, dpop};
use crate::crypto::secret;
use crate::http::{Endpoint, Failure, Reply, Request};
use crate::state::provider::Provider;

/// The time in which a browser has to open a pushed request, in seconds.
const LIFETIME: u64 = 60;

pub(crate) fn respond(provider: &Provider, asked: &Request) -> Result<Reply, Failure> {
    let client = match clients::authenticate(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    if provider.quirks().pushed_authorization_needs_authentication && !client.authenticates() {
        return Ok(Reply::error("invalid_client", "only a client that authenticates may push requests"));
    }
    let proven = match dpop::proven(provider, asked, Endpoint::PushedAuthorization, None) {
        Ok(proven) => proven,
        Err(refusal) => return Ok(refusal.reply()),
    };
    if asked.named("request_uri").is_some() {
        return Ok(Reply::bad_request("invalid_request", "a pushed request cannot contain request_uri"));
    }
    let mut parameters = asked.parameters.clone();
    if let Some(jkt) = proven {
        // RFC 9449 section 10.1: a proof has the same meaning as the parameter.
        if asked.named("dpop_jkt").is_some_and(|asked| asked != jkt) {
            return Ok(Reply::bad_request("invalid_dpop_proof", "dpop_jkt is not the key of the proof"));
        }
        parameters.set("dpop_jkt", jkt);
    }
    match parse(provider, &parameters) {
        Err(Refusal::Page(why)) => return Ok(Reply::bad_request("invalid_request", why)),
        Err(Refusal::Redirect { code, description, .. }) => return Ok(Reply::bad_request(code, description)),
        Ok(_) => {}
    }
    let reference = secret::random_text()?;
    let now = provider.now();
    provider.store().push(&reference, parameters, now + LIFETIME, now);
    let request_uri = format!("{REFERENCE_PREFIX}{reference}");
    let answer = json!({ "request_uri": request_uri, "expires_in": LIFETIME });
    Ok(Reply::json(answer).with_status(StatusCode::CREATED))
}

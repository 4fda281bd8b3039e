//! The token endpoint (RFC 6749, OpenID Connect Core 3.1.3 and 12, RFC 8707, RFC 9449).

use std::sync::Arc;

use crate::clients::{self, dpop};
use crate::config::grant_type;
use crate::http::{Endpoint, Failure, Reply, Request};
use crate::state::provider::Provider;
use crate::tokens::{code, device, exchange, refresh};

pub(crate) async fn respond(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    let client = match clients::authenticate(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let jkt = match dpop::proven(provider, asked, Endpoint::Token, None) {
        Ok(jkt) => jkt,
        Err(refusal) => return Ok(refusal.reply()),
    };
    let reply = match asked.named("grant_type") {
        Some(grant_type::AUTHORIZATION_CODE) => code::exchange(provider, &client, asked, jkt),
        Some(grant_type::REFRESH_TOKEN) => refresh::refresh(provider, &client, asked, jkt),
        Some(grant_type::TOKEN_EXCHANGE) => exchange::exchange(provider, &client, asked, jkt),
        Some(grant_type::DEVICE_CODE) => device::exchange(provider, &client, asked, jkt),
        Some(_) => Ok(Reply::bad_request("unsupported_grant_type", "the grant type is not supported")),
        None => Ok(Reply::bad_request("invalid_request", "grant_type is missing")),
    };
    // Even after a refusal, which may have revoked something.
    provider.persist().await;
    reply
}

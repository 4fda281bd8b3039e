//! Exchanges an authorization code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use crate::config::Client;
use crate::crypto::secret::{self, Digest};
use crate::http::{Failure, Reply, Request};
use crate::state::provider::Provider;
use crate::state::resource;
use crate::tokens::issue::begin;

pub(crate) fn exchange(
    provider: &Provider,
    client: &Client,
    asked: &Request,
    jkt: Option<String>,
) -> Result<Reply, Failure> {
    let (Some(code), Some(redirect_uri), Some(verifier)) =
        (asked.named("code"), asked.named("redirect_uri"), asked.named("code_verifier"))
    else {
        return Ok(Reply::bad_request("invalid_request", "code, redirect_uri and code_verifier are needed"));
    };
    let now = provider.now();
    let Some(fresh) = provider.store().take_code(code, now) else {
        return Ok(Reply::invalid_grant("the code is unknown, used or too old"));
    };
    if fresh.request.client_id != client.id {
        return Ok(Reply::invalid_grant("the code was issued to another client"));
    }
    if fresh.request.redirect_uri != redirect_uri {
        return Ok(Reply::invalid_grant("the redirect URI is not the one of the authorization request"));
    }
    if !is_verifier(verifier) || !secret::same(&Digest::of(verifier).text(), &fresh.request.code_challenge) {
        return Ok(Reply::invalid_grant("the code verifier does not fit the code challenge"));
    }
    if fresh.request.dpop_jkt.is_some() && fresh.request.dpop_jkt != jkt {
        return Ok(Reply::bad_request("invalid_dpop_proof", "the code is bound to another key"));
    }
    let Some(resource) = resource::narrowed(asked.named("resource"), &fresh.request.resource) else {
        return Ok(Reply::invalid_target());
    };
    begin(provider, client, Some(code), &fresh.granted(jkt.as_deref()), &resource)
}

/// RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
}

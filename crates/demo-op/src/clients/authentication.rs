//! Client authentication: none, a secret in the header (RFC 6749 section 2.3.1), or `private_key_jwt` (OpenID Connect Core
//! 9, RFC 7523 section 3).

use std::sync::Arc;

use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use url::form_urlencoded;

use crate::config::Client;
use crate::crypto::jws::{Jws, PublicKey};
use crate::http::{Reply, Request};
use crate::state::provider::Provider;

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// The longest lifetime of an assertion, in seconds.
const LONGEST_LIFE: u64 = 5 * 60;

/// The client of a request. A secret from a client that has none is an error.
pub(crate) fn authenticate(provider: &Provider, asked: &Request) -> Result<Arc<Client>, Box<Reply>> {
    if asked.headers.contains_key(AUTHORIZATION) {
        if let Some((id, secret)) = basic(asked)
            && let Some(client) = provider.client(&id)
            && client.secret.is_some_and(|known| known.matches(&secret))
        {
            return Ok(client);
        }
        let why = "the client has no secret, or another one";
        let reply = Reply::refused(StatusCode::UNAUTHORIZED, "invalid_client", why);
        return Err(Box::new(reply.with_challenge("Basic realm=\"demo\"")));
    }
    let refused = |why| Box::new(Reply::bad_request("invalid_client", why));
    if asked.named("client_secret").is_some() {
        return Err(refused("a client that has a secret shows it in the header"));
    }
    let id = asked.named("client_id").map(str::to_owned).or_else(|| claimed(asked));
    let id = id.ok_or_else(|| refused("client_id is missing"))?;
    let client = provider.client(&id).ok_or_else(|| refused("the client is not registered here"))?;
    if client.secret.is_some() {
        return Err(refused("the client has to authenticate with client_secret_basic"));
    }
    check(provider, &client, asked).map_err(refused)?;
    Ok(client)
}

/// The `client_id` in an assertion. It is not verified.
fn claimed(asked: &Request) -> Option<String> {
    Jws::read(asked.named("client_assertion")?)?.claim("sub").map(str::to_owned)
}

/// The name and the secret in an `Authorization: Basic` header, each form-urlencoded (RFC 6749 section 2.3.1).
fn basic(asked: &Request) -> Option<(String, String)> {
    let (scheme, text) = asked.header(AUTHORIZATION.as_str())?.split_once(' ')?;
    let decoded = scheme.eq_ignore_ascii_case("Basic").then(|| STANDARD.decode(text.trim()).ok())??;
    let pair = String::from_utf8(decoded).ok()?;
    let (id, secret) = pair.split_once(':')?;
    // Each part is parsed as one name without a value.
    let plain = |text: &str| {
        let (name, value) = form_urlencoded::parse(text.as_bytes()).next()?;
        value.is_empty().then(|| name.into_owned())
    };
    Some((plain(id)?, plain(secret)?))
}

/// An error if this is not the registered client.
fn check(provider: &Provider, client: &Client, asked: &Request) -> Result<(), &'static str> {
    match (&client.public_key, asked.named("client_assertion")) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err("the client is public and does not authenticate"),
        (Some(_), None) => Err("the client has to authenticate with private_key_jwt"),
        (Some(key), Some(assertion)) => assert(provider, client, key, asked, assertion),
    }
}

fn assert(
    provider: &Provider,
    client: &Client,
    key: &Value,
    asked: &Request,
    assertion: &str,
) -> Result<(), &'static str> {
    if asked.named("client_assertion_type") != Some(ASSERTION_TYPE) {
        return Err("client_assertion_type is not the one of a JWT");
    }
    let jws = Jws::read(assertion).ok_or("the assertion is not a JWT")?;
    let key = PublicKey::from_jwk(key).ok_or("the client's registered key is not valid")?;
    if !jws.is_signed_by(&key) {
        return Err("the assertion is not signed with the client's key");
    }
    if jws.claim("iss") != Some(&client.id) || jws.claim("sub") != Some(&client.id) {
        return Err("the assertion is about another client");
    }
    // Only the issuer, because another receiver could pass the assertion on.
    if jws.claim("aud") != Some(provider.issuer()) {
        return Err("the assertion is not for this issuer alone");
    }
    let now = provider.now();
    let expires = jws.time("exp").ok_or("the assertion has no exp")?;
    if expires <= now || expires > now + LONGEST_LIFE {
        return Err("the assertion has expired, or its lifetime is too long");
    }
    let name = jws.claim("jti").ok_or("the assertion has no jti")?;
    let first = provider.store().note_once(&format!("assertion {} {name}", client.id), expires, now);
    if first { Ok(()) } else { Err("the assertion was used before") }
}

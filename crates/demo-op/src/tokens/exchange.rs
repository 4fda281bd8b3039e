//! Token exchange (RFC 8693): an access token of a client for another one with fewer scopes or another resource.

use serde_json::json;

use crate::config::Client;
use crate::crypto::secret;
use crate::http::{Failure, Reply, Request};
use crate::state::provider::Provider;
use crate::state::resource;
use crate::state::scope::narrowed;
use crate::state::token_store::AccessToken;

/// The only type of token that is accepted and issued (RFC 8693 section 3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

pub(crate) fn exchange(
    provider: &Provider,
    client: &Client,
    asked: &Request,
    jkt: Option<String>,
) -> Result<Reply, Failure> {
    let invalid = |why| Ok(Reply::bad_request("invalid_request", why));
    let Some(subject_token) = asked.named("subject_token") else {
        return invalid("subject_token is missing");
    };
    if asked.named("subject_token_type") != Some(ACCESS_TOKEN) {
        return invalid("subject_token_type has to be that of an access token");
    }
    if asked.named("requested_token_type").is_some_and(|kind| kind != ACCESS_TOKEN) {
        return invalid("requested_token_type has to be that of an access token");
    }
    if asked.named("actor_token").is_some() {
        return invalid("actor_token is not supported");
    }
    let access_token = secret::random_text()?;
    let now = provider.now();
    let mut store = provider.store();
    let Some((subject, family)) = store.tokens.access_token(subject_token, now) else {
        return invalid("the subject token is unknown or has expired");
    };
    if family.client_id != client.id {
        return invalid("the subject token was issued to another client");
    }
    // Otherwise a stolen bound token could be exchanged without its key for one that can be used (RFC 9449 section 2).
    if subject.jkt.is_some() && subject.jkt != jkt {
        return Ok(Reply::bad_request("invalid_dpop_proof", "the subject token is bound to another key"));
    }
    let Some(scope) = narrowed(asked.named("scope"), &subject.scope) else {
        return Ok(Reply::bad_request("invalid_scope", "the scope is wider than that of the subject token"));
    };
    let Some(resource) = resource::within(asked.named("resource"), &subject.resource) else {
        return Ok(Reply::invalid_target());
    };
    // The new token expires no later than the old one, and ends with its family.
    let expires = subject.expires.min(now + provider.access_token_lifetime());
    let issued = AccessToken { family: subject.family, scope, resource, jkt, issued: now, expires };
    let answer = json!({
        "access_token": access_token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": if issued.jkt.is_some() { "DPoP" } else { "Bearer" },
        "expires_in": expires - now,
        "scope": issued.scope.join(" "),
    });
    store.tokens.issue_access_token(&access_token, issued, now);
    Ok(Reply::json(answer))
}

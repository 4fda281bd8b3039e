//! Token exchange (RFC 8693): an access token of a client for another one of it, which is good for less or elsewhere.

use serde_json::json;

use crate::config::Client;
use crate::provider::{Failure, Provider};
use crate::reply::Reply;
use crate::secret;
use crate::server::Asked;
use crate::store::AccessToken;
use crate::token::{narrowed, resources};

/// The `grant_type` of an exchange (RFC 8693 section 2.1).
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// The only kind of token that is taken and given (RFC 8693 section 3).
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

pub(crate) fn exchange(provider: &Provider, client: &Client, asked: &Asked) -> Result<Reply, Failure> {
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
        return invalid("nobody can act for somebody else here");
    }
    let Some(resource) = resources(asked) else {
        return Ok(Reply::bad_request("invalid_target", "a resource is not an absolute URI"));
    };
    let access_token = secret::random_text()?;
    let now = provider.now();
    let mut store = provider.store();
    let Some((subject, family)) = store.access_token(subject_token, now) else {
        return invalid("the subject token is unknown or over");
    };
    if family.client_id != client.id {
        return invalid("the subject token was issued to another client");
    }
    let Some(scope) = narrowed(asked.named("scope"), &subject.scope) else {
        return Ok(Reply::bad_request("invalid_scope", "the scope is wider than that of the subject token"));
    };
    let Some(resource) = within(resource, &subject.resource) else {
        return Ok(Reply::bad_request("invalid_target", "the subject token is not good there"));
    };
    // What comes of a token lasts no longer than it, and ends with it where its family does.
    let expires = subject.expires.min(now + provider.access_token_lifetime());
    let issued = AccessToken { family: subject.family, scope, resource, issued: now, expires };
    let answer = json!({
        "access_token": access_token,
        "issued_token_type": ACCESS_TOKEN,
        "token_type": "Bearer",
        "expires_in": expires - now,
        "scope": issued.scope.join(" "),
    });
    store.issue_access_token(&access_token, issued, now);
    Ok(Reply::json(answer))
}

/// Whoever was shown a token for one resource must not get one for another out of it.
fn within(asked: Vec<String>, known: &[String]) -> Option<Vec<String>> {
    match (asked.is_empty(), known.is_empty()) {
        (true, _) => Some(known.to_vec()),
        (false, true) => Some(asked),
        (false, false) => asked.iter().all(|resource| known.contains(resource)).then_some(asked),
    }
}

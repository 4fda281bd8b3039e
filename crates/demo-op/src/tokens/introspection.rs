//! Introspection (RFC 7662) by a client of its own tokens.

use serde_json::json;

use crate::clients;
use crate::http::{Failure, Reply, Request};
use crate::state::provider::Provider;
use crate::state::users::User;

pub(crate) fn introspect(provider: &Provider, asked: &Request) -> Result<Reply, Failure> {
    let client = match clients::authenticate(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let Some(token) = asked.named("token") else {
        return Ok(Reply::bad_request("invalid_request", "token is missing"));
    };
    let now = provider.now();
    let store = provider.store();
    let found = match (store.tokens.access_token(token, now), store.tokens.refresh_token(token, now)) {
        (Some((access, family)), _) => {
            let kind = if access.jkt.is_some() { "DPoP" } else { "Bearer" };
            let about = (&access.scope, &access.resource, &access.jkt);
            Some((family, about, kind, access.issued, access.expires))
        }
        (None, Some(family)) => {
            let about = (&family.scope, &family.resource, &family.jkt);
            Some((family, about, "refresh_token", family.issued, family.expires))
        }
        (None, None) => None,
    };
    let Some((family, (scope, resource, jkt), token_type, issued, expires)) =
        found.filter(|(family, ..)| family.client_id == client.id)
    else {
        return Ok(Reply::json(json!({ "active": false })));
    };
    let mut answer = json!({
        "active": true,
        "iss": provider.issuer(),
        "sub": family.subject,
        "username": User::with_subject(&family.subject).map(|user| user.username),
        "client_id": family.client_id,
        "aud": family.client_id,
        "scope": scope.join(" "),
        "token_type": token_type,
        "sid": family.sid,
        "iat": issued,
        "exp": expires,
    });
    match resource.as_slice() {
        [] => {}
        [one] => answer["aud"] = json!(one),
        several => answer["aud"] = json!(several),
    }
    if let Some(jkt) = jkt {
        answer["cnf"] = json!({ "jkt": jkt });
    }
    Ok(Reply::json(answer))
}

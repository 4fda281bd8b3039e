//! Revocation (RFC 7009) and introspection (RFC 7662). A client is told about its own tokens, and can end its own.

use std::sync::Arc;

use serde_json::json;

use crate::provider::{Failure, Provider};
use crate::reply::Reply;
use crate::server::Asked;
use crate::token;
use crate::users::User;

pub(crate) async fn revoke(provider: &Arc<Provider>, asked: &Asked) -> Result<Reply, Failure> {
    let client = match token::client(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let Some(token) = asked.named("token") else {
        return Ok(Reply::bad_request("invalid_request", "token is missing"));
    };
    let now = provider.now();
    {
        let mut store = provider.store();
        // An earlier refresh token counts, too: who wants it to end wants what came of it to end.
        let family = store.family_of(token, now).map(|(key, family)| (Some(key), family.client_id.clone()));
        let found = family.or_else(|| Some((None, store.access_token(token, now)?.1.client_id.clone())));
        match found {
            Some((_, owner)) if owner != client.id => {
                return Ok(Reply::bad_request("invalid_request", "the token was issued to another client"));
            }
            Some((Some(family), _)) => store.revoke_family(family),
            Some((None, _)) => store.revoke_access_token(token),
            // A token that is not good any more is as good as revoked (RFC 7009 section 2.2).
            None => {}
        }
    }
    provider.persist().await;
    Ok(Reply::empty())
}

pub(crate) fn introspect(provider: &Provider, asked: &Asked) -> Result<Reply, Failure> {
    let client = match token::client(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let Some(token) = asked.named("token") else {
        return Ok(Reply::bad_request("invalid_request", "token is missing"));
    };
    let now = provider.now();
    let store = provider.store();
    let found = match (store.access_token(token, now), store.refresh_token(token, now)) {
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

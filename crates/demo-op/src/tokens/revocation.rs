//! Revocation (RFC 7009) by a client of its own tokens.

use std::sync::Arc;

use axum::http::StatusCode;

use crate::clients;
use crate::http::{Failure, Reply, Request};
use crate::session::ending;
use crate::state::provider::Provider;

pub(crate) async fn revoke(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    let client = match clients::authenticate(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let Some(token) = asked.named("token") else {
        return Ok(Reply::bad_request("invalid_request", "token is missing"));
    };
    let quirks = provider.quirks();
    if let Some(status) = quirks.refuse_revocation {
        let code = if status == 401 { "invalid_client" } else { "access_denied" };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN);
        return Ok(Reply::refused(status, code, "the provider is set to refuse revocation"));
    }
    let now = provider.now();
    let session = {
        let mut store = provider.store();
        // An earlier refresh token ends its whole family too.
        let family =
            store.tokens.family_of(token, now).map(|(key, family)| (Some(key), family.client_id.clone()));
        let session = store.tokens.family_of(token, now).map(|(_, family)| family.sid.clone());
        let found =
            family.or_else(|| Some((None, store.tokens.access_token(token, now)?.1.client_id.clone())));
        match found {
            Some((_, owner)) if owner != client.id => {
                return Ok(Reply::bad_request("invalid_request", "the token was issued to another client"));
            }
            Some((Some(family), _)) => store.tokens.revoke_family(family),
            Some((None, _)) => store.tokens.revoke_access_token(token),
            // An invalid token counts as revoked (RFC 7009 section 2.2).
            None => {}
        }
        session
    };
    if let Some(sid) = session.filter(|_| quirks.revocation_ends_session) {
        ending::by_revocation(provider, &sid, &client.id);
    }
    provider.persist().await;
    Ok(Reply::empty())
}

//! Exchanges a refresh token for new tokens (RFC 6749 section 6, OpenID Connect Core 12).

use crate::config::{Client, RefreshTokens};
use crate::crypto::secret;
use crate::http::{Failure, Reply, Request};
use crate::state::provider::Provider;
use crate::state::token_store::{self, Refreshing, Rotation};
use crate::state::{resource, scope};
use crate::tokens::issue::Issue;

pub(crate) fn refresh(
    provider: &Provider,
    client: &Client,
    asked: &Request,
    jkt: Option<String>,
) -> Result<Reply, Failure> {
    let Some(shown) = asked.named("refresh_token") else {
        return Ok(Reply::bad_request("invalid_request", "refresh_token is missing"));
    };
    let quirks = provider.quirks();
    if let Some(code) = quirks.refuse_refreshes {
        return Ok(Reply::error(code, "the provider is set to refuse refreshes"));
    }
    let refused = |why| Ok(Reply::error(quirks.refused_refresh_code.unwrap_or("invalid_grant"), why));
    // Made before the store is locked, and dropped if the refresh token is not valid.
    let access_token = secret::random_text()?;
    let new = match quirks.refresh_tokens {
        RefreshTokens::Rotate | RefreshTokens::KeepEarlier => {
            token_store::handle_in(shown).map(token_store::new_refresh_token).transpose()?
        }
        RefreshTokens::Stay | RefreshTokens::None => None,
    };
    let now = provider.now();
    let mut store = provider.store();
    let (key, family) = match store.tokens.refreshing(shown, &client.id, now) {
        Refreshing::Good(key, family) => (key, family),
        Refreshing::Reused => {
            return refused("the refresh token was used before, so all of its successors are revoked");
        }
        Refreshing::AnotherClient => return refused("the refresh token was issued to another client"),
        Refreshing::Unknown => return refused("the refresh token is unknown, revoked or too old"),
    };
    // A client that authenticates may change its key (RFC 9449 section 5); for a public one the key is the only proof.
    if client.public_key.is_none() && family.jkt.is_some() && family.jkt != jkt {
        return Ok(Reply::bad_request("invalid_dpop_proof", "the refresh token is bound to another key"));
    }
    if quirks.refresh_ends_access_tokens {
        store.tokens.end_access_tokens(key);
    }
    let Some(resource) = resource::within(asked.named("resource"), &family.resource) else {
        return Ok(Reply::invalid_target());
    };
    let Some(scope) = scope::narrowed(asked.named("scope"), &family.scope) else {
        return Ok(Reply::bad_request("invalid_scope", "the scope is wider than the one that was granted"));
    };
    let issue = Issue {
        subject: &family.subject,
        sid: &family.sid,
        auth_time: family.auth_time,
        nonce: None,
        acr: None,
        scope: &scope,
        resource: &resource,
        jkt: jkt.as_deref(),
        access_token: &access_token,
        refresh_token: new.as_deref(),
        ends: family.ends,
        renewed: true,
    };
    let body = issue.body(provider, client, now)?;
    let rotation = Rotation {
        refresh_token: new.as_deref().unwrap_or(shown),
        scope: if quirks.narrowing_lasts { scope.clone() } else { family.scope.clone() },
        keep_earlier: quirks.refresh_tokens == RefreshTokens::KeepEarlier,
    };
    let idle = provider.refresh_token_lifetime().max(provider.access_token_lifetime());
    store.tokens.rotate(key, rotation, idle, now);
    store.tokens.issue_access_token(&access_token, issue.access(provider, key, now), now);
    Ok(Reply::json(body))
}

//! Sessions that keep the narrower scope of a token that was asked for, against RFC 6749, section 6. The next renewal shows it,
//! whether or not the refresh token was replaced. Then the earlier refresh token is used where the provider says that it is still
//! good, and no such token is asked for there again.

use std::sync::Arc;

use abide_oidc::{ErrorKind, Identity, TokenKind, TokenTarget, Tokens};
use abide_wire::{ErrorAnswer, ErrorCode};
use secrecy::SecretString;

use crate::platform::clock;
use crate::state::account::Account;
use crate::state::commit::adopt;
use crate::state::connection::Connection;
use crate::state::last_error::LastError;
use crate::state::narrowed::By;
use crate::state::store::Store;

/// The scopes that were there before and are missing now.
fn missing(before: &str, after: &str) -> Vec<String> {
    let left: Vec<&str> = after.split_whitespace().collect();
    before.split_whitespace().filter(|scope| !left.contains(scope)).map(str::to_owned).collect()
}

/// How a token for less is asked for.
pub(crate) fn by(target: &TokenTarget) -> By {
    if target.scopes.is_empty() && target.resource_scope.is_none() { By::Resource } else { By::Scope }
}

/// Why no token for this is asked for: one like it has narrowed the session before.
pub(crate) fn refused(account: &Account, target: &TokenTarget) -> Option<ErrorAnswer> {
    let elsewhere = !target.resources.is_empty() || !target.audiences.is_empty();
    let for_scope = account.learned.scope_narrows && by(&asked(account, target)) == By::Scope;
    let for_resource = account.learned.resource_narrows && elsewhere;
    let (code, what) = match (for_scope && !target.scopes.is_empty(), for_scope || for_resource) {
        (true, _) => (ErrorCode::InvalidScope, "a token with fewer scopes"),
        (false, true) => (ErrorCode::InvalidTarget, "a token for one resource"),
        (false, false) => return None,
    };
    let text = format!(
        "This provider takes scopes from the whole session after {what}, so Abide asks for none. Use the session\u{2019}s own \
         token, or `token_exchange`."
    );
    Some(ErrorAnswer::new(code, text))
}

/// A target as it is asked for by the refresh token.
pub(crate) fn asked(account: &Account, target: &TokenTarget) -> TokenTarget {
    let config = &account.config;
    let mut target = TokenTarget { resource_scope: config.resource_scope.clone(), ..target.clone() };
    if target.resources.is_empty() && target.audiences.is_empty() {
        // Fewer scopes are wanted, and not those of another resource.
        target.resources.extend(config.resources.first().cloned());
    }
    target
}

/// What a refresh is held against.
pub(crate) struct Before<'a> {
    pub(crate) sent: &'a SecretString,
    pub(crate) identity: &'a Identity,
    pub(crate) scope: &'a str,
    pub(crate) resource: Option<&'a str>,
}

/// Takes the tokens of a renewal. If they are narrower because of a token for fewer scopes, gets wider ones where that is
/// possible, and returns the scopes that stay lost.
pub(crate) async fn widen(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    before: Before<'_>,
    tokens: Tokens,
) -> (Tokens, Vec<String>) {
    let lost = missing(before.scope, &tokens.scope);
    let found = store.act(name, |account, _| {
        let narrowed = std::mem::take(&mut account.narrowed);
        let explains = |by| !lost.is_empty() && narrowed.explains(by, before.scope, &tokens.scope);
        let (by_scope, by_resource) = (explains(By::Scope), explains(By::Resource));
        account.learned.scope_narrows |= by_scope;
        account.learned.resource_narrows |= by_resource;
        (by_scope || by_resource).then_some(narrowed.wider)
    });
    let Some(wider) = found.ok().flatten() else { return (tokens, Vec::new()) };
    store.keep_learned(name);
    tracing::warn!(account = name, ?lost, "a token for less has narrowed the session");
    let Some(wider) = wider else { return (tokens, lost) };
    // Using a spent token can end the session: only what the provider calls good is sent.
    let Connection { http, relying_party, .. } = connection;
    let asked = relying_party.introspect(http, &wider, TokenKind::RefreshToken, clock::system_time()).await;
    if !asked.is_ok_and(|found| found.active) {
        return (tokens, lost);
    }
    // What the narrow answer brought has to be durable before anything else is sent.
    if let Some(rotated) = tokens.refresh_token.clone()
        && adopt(store, name, connection, before.sent, rotated).await.is_err()
    {
        return (tokens, lost);
    }
    let Before { identity, scope, resource, .. } = before;
    let (http, now) = (http.patient(), clock::system_time());
    match relying_party.refresh_for(&http, &wider, identity, scope, resource, now).await {
        Ok(mut fresh) if missing(scope, &fresh.scope).is_empty() => {
            fresh.refresh_token.get_or_insert(wider);
            (fresh, Vec::new())
        }
        Ok(_) => (tokens, lost),
        Err(error) => {
            tracing::info!(code = error.error.code(), "the earlier refresh token is not accepted");
            (tokens, lost)
        }
    }
}

/// Says which scopes the session has lost.
pub(crate) fn say(account: &mut Account, lost: &[String]) {
    let sentence = format!(
        "{} took scopes from your session ({}), because an app asked for a token with fewer scopes or for one resource. \
         Sign out and sign in again to get them back. Abide no longer asks for such tokens there.",
        account.provider(),
        lost.join(" ")
    );
    account.last_error = Some(LastError::new("scope_narrowed", ErrorKind::ActionRequired, sentence));
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn only_what_is_gone_is_missing() {
        assert_eq!(missing("openid email profile", "openid"), ["email", "profile"]);
        assert!(missing("openid email", "email  openid more").is_empty());
        assert!(missing("", "openid").is_empty());
    }
}

//! Refresh tokens that keep the narrower scope of a token that was asked for, against RFC 6749, section 6. The next renewal shows
//! it. Then the earlier refresh token is used where the provider says that it is still good, and no token for fewer scopes is
//! asked for there again.

use std::sync::Arc;

use abide_oidc::{ErrorKind, Identity, TokenKind, Tokens};
use secrecy::SecretString;

use crate::platform::clock;
use crate::state::account::Account;
use crate::state::commit::adopt;
use crate::state::connection::Connection;
use crate::state::last_error::LastError;
use crate::state::store::Store;

/// The scopes that were there before and are missing now.
fn missing(before: &str, after: &str) -> Vec<String> {
    let left: Vec<&str> = after.split_whitespace().collect();
    before.split_whitespace().filter(|scope| !left.contains(scope)).map(str::to_owned).collect()
}

/// A token for fewer scopes has brought another refresh token than this one.
pub(crate) fn note(account: &mut Account, wider: SecretString) {
    account.wider.get_or_insert(wider);
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
        let wider = account.wider.take();
        account.narrowing_lasts |= wider.is_some() && !lost.is_empty();
        wider
    });
    let Some(wider) = found.ok().flatten().filter(|_| !lost.is_empty()) else { return (tokens, Vec::new()) };
    tracing::warn!(account = name, ?lost, "a token for fewer scopes has narrowed the session");
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
        "{} took scopes from your session ({}), because an app asked for a token with fewer scopes. Sign out and sign in \
         again to get them back. Abide no longer asks for such tokens there.",
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

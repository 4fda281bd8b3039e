//! Whether access tokens survive a refresh.
//!
//! Some providers end the grant's earlier access tokens with each refresh, also with one for a narrower token, and also with one
//! that they refuse. After any refresh the other tokens are suspect. The session's own token is tried once before it is served
//! again; what that shows holds for the provider from then on. Where a refresh ends them, tokens for one resource are fetched anew.

use std::sync::Arc;

use abide_oidc::{Error, TokenKind};
use abide_session::Input;
use abide_wire::ErrorAnswer;

use crate::platform::clock;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::store::Store;
use crate::state::survival::Survival;

/// The refresh token was used for something else than the session's own access token.
pub(crate) fn used_elsewhere(account: &mut Account) {
    account.own_is_suspect = account.survival != Survival::Survive;
    if account.survival == Survival::Ended {
        account.targets.forget_issued();
    }
}

/// The session's own access token is new.
pub(crate) fn own_is_new(account: &mut Account) {
    account.own_is_suspect = false;
    if account.survival == Survival::Ended {
        account.targets.forget_issued();
    }
}

/// Tries the session's own token where it is suspect. Returns whether a refresh is under way that has to be waited for.
///
/// # Errors
///
/// `unknown_account`.
pub(crate) async fn try_own(store: &Arc<Store>, name: &str) -> Result<bool, ErrorAnswer> {
    let lock = store.act(name, |account, _| account.own_is_suspect.then(|| account.trying.clone()))?;
    let Some(lock) = lock else { return Ok(false) };
    let _one = lock.lock().await;
    // Another tool may have found it out meanwhile.
    let found = store.act(name, |account, _| {
        let suspect = account.own_is_suspect;
        let token = account.fresh_access_token().filter(|_| suspect)?;
        Some((token, account.connection.clone()?, account.survival))
    })?;
    let Some(((token, subject), connection, survival)) = found else { return Ok(false) };
    let alive = match survival {
        Survival::Ended => Some(false),
        _ => accepts(&connection, &token, &subject).await,
    };
    store.act(name, |account, now| match alive {
        Some(true) => {
            (account.own_is_suspect, account.survival) = (false, Survival::Survive);
        }
        Some(false) => {
            (account.own_is_suspect, account.survival) = (false, Survival::Ended);
            account.targets.forget_issued();
            account.session.handle(now, Input::Renew);
        }
        // Nothing was found out. The token may be good, and it is all there is.
        None => {}
    })?;
    // What the session has put out is carried out when `act` returns.
    let refreshing = store.act(name, |account, _| account.refresh.is_some())?;
    Ok(refreshing && alive == Some(false))
}

/// Whether the provider accepts a token; `None` while it cannot be reached. Where it offers no way to ask: no, so that a new one
/// is fetched.
async fn accepts(connection: &Connection, token: &secrecy::SecretString, subject: &str) -> Option<bool> {
    let Connection { http, relying_party, .. } = connection;
    let provider = relying_party.provider();
    if provider.has_userinfo() {
        match connection.userinfo(token, subject).await {
            Ok(_) => return Some(true),
            Err(Error::AccessTokenRejected) => return Some(false),
            Err(error) if error.is_transient() => return None,
            Err(_) => {}
        }
    }
    if provider.has_introspection() {
        let found = relying_party.introspect(http, token, TokenKind::AccessToken, clock::system_time()).await;
        return match found {
            Ok(found) => Some(found.active),
            Err(error) if error.is_transient() => None,
            Err(_) => Some(false),
        };
    }
    Some(false)
}

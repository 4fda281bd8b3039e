//! Whether access tokens survive a refresh.
//!
//! Some providers end the grant's earlier access tokens with each refresh, also with one for a narrower token, and also with one
//! that they refuse. After any refresh the other tokens are suspect. The session's own token is tried once before one of them is
//! served again; what that shows holds for the provider from then on. Where a refresh ends them, or that cannot be found out, they
//! are fetched anew.

use std::sync::Arc;

use abide_oidc::{Error, TokenKind};
use abide_session::Input;
use abide_wire::{ErrorAnswer, Signal};

use crate::platform::clock;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::store::Store;
use crate::state::survival::Survival;

/// The refresh token was used for something else than the session's own access token.
pub(crate) fn used_elsewhere(account: &mut Account) {
    account.own_is_suspect = account.survival != Survival::Survive;
    match account.survival {
        Survival::Survive => {}
        Survival::Unknown => account.targets.doubt(),
        Survival::Ended | Survival::Assumed => account.targets.forget_issued(),
    }
}

/// The session's own access token is new.
pub(crate) fn own_is_new(account: &mut Account) {
    account.own_is_suspect = false;
    if account.survival != Survival::Survive {
        // The token that could show it is not the session's any more.
        account.targets.forget_issued();
    }
    // The session lasts: not its end has ended the earlier token.
    account.learned.refresh_ends |= account.survival == Survival::Ended;
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
        let read = account.held.as_ref().is_some_and(|held| held.profile.is_some());
        let accepted = read || account.signals.has_heard(Signal::Userinfo);
        Some((token, account.connection.clone()?, account.survival, accepted))
    })?;
    let Some(((token, subject), connection, survival, accepted)) = found else { return Ok(false) };
    let survival = match survival.ends() {
        true => Some(survival),
        false => found_out(&connection, &token, &subject, accepted).await,
    };
    store.act(name, |account, now| {
        // Nothing was found out. The token may be good, and it is all there is.
        let Some(survival) = survival else { return };
        (account.own_is_suspect, account.survival) = (false, survival);
        if survival.ends() {
            account.targets.forget_issued();
            account.session.handle(now, Input::Renew);
        } else {
            account.targets.trust();
        }
    })?;
    // What the session has put out is carried out when `act` returns.
    let refreshing = store.act(name, |account, _| account.refresh.is_some())?;
    Ok(refreshing && survival.is_some_and(Survival::ends))
}

/// Whether the provider accepts a token after a refresh; `None` while it cannot be reached. UserInfo may never have accepted one.
async fn found_out(
    connection: &Connection,
    token: &secrecy::SecretString,
    subject: &str,
    accepted: bool,
) -> Option<Survival> {
    let Connection { http, relying_party, .. } = connection;
    let provider = relying_party.provider();
    if provider.has_userinfo() {
        match connection.userinfo(token, subject).await {
            Ok(_) => return Some(Survival::Survive),
            Err(Error::AccessTokenRejected) if accepted => return Some(Survival::Ended),
            Err(Error::AccessTokenRejected) => return Some(Survival::Assumed),
            Err(error) if error.is_transient() => return None,
            Err(_) => {}
        }
    }
    if provider.has_introspection() {
        let found = relying_party.introspect(http, token, TokenKind::AccessToken, clock::system_time()).await;
        return match found {
            Ok(found) if found.active => Some(Survival::Survive),
            Ok(_) => Some(Survival::Ended),
            Err(error) if error.is_transient() => None,
            Err(_) => Some(Survival::Assumed),
        };
    }
    Some(Survival::Assumed)
}

//! Taking over what a provider has issued.

use std::sync::Arc;

use abide_oidc::Identity;
use abide_session::Now;
use abide_vault::Zeroizing;
use secrecy::{ExposeSecret, SecretString};

use crate::persistence::vault::StoreError;
use crate::state::account::Account;
use crate::state::connection::Connection;
use crate::state::record::record_name;
use crate::state::revoke::give_back;
use crate::state::store::Store;
use crate::state::tokens::Held;

/// Why new tokens did not become the session's. They come back, to be revoked or remembered.
pub(crate) enum NotCommitted {
    /// Nothing waits for them any more; `stored` if they are in the vault already.
    Gone { unused: Box<Held>, stored: bool },
    /// The disk did not take them.
    NotStored(StoreError, Box<Held>),
}

/// What is specific to one way of getting tokens.
pub(crate) struct Commit<W, M, C> {
    /// Whether the account still waits for these tokens.
    pub(crate) wanted: W,
    /// Adds what the session has and the answer did not bring.
    pub(crate) merge: M,
    /// What the vault keeps; `None` if there is nothing to keep it for.
    pub(crate) content: C,
}

/// Makes new tokens durable, then serves them: a token that only memory knows is lost with the process. `install` runs under
/// the lock, right after the tokens have become the session's.
///
/// # Errors
///
/// The tokens, when nothing waits for them any more or the disk did not take them.
pub(crate) async fn commit<W, M, C>(
    store: &Arc<Store>,
    name: &str,
    issued: Held,
    how: Commit<W, M, C>,
    install: impl FnOnce(&mut Account, Now),
) -> Result<(), NotCommitted>
where
    W: Fn(&Account) -> bool,
    M: Fn(&mut Held, &Held),
    C: Fn(&Account, &Held, Now) -> Option<Zeroizing<Vec<u8>>>,
{
    let merged = |account: &Account| {
        let mut held = issued.clone();
        if let Some(before) = &account.held {
            (how.merge)(&mut held, before);
        }
        held
    };
    let queued = store.act(name, |account, now| {
        let content = (how.wanted)(account).then(|| (how.content)(account, &merged(account), now)).flatten();
        content.map(|content| store.vault.put(&record_name(name), content))
    });
    let Ok(Some(written)) = queued else {
        return Err(NotCommitted::Gone { unused: Box::new(issued), stored: false });
    };
    if let Err(error) = written.await {
        return Err(NotCommitted::NotStored(error, Box::new(issued)));
    }
    failpoint!("refresh.durable");
    let installed = store.act(name, |account, now| {
        if (how.wanted)(account) {
            // Merged anew: something may have come in while the vault was writing.
            account.held = Some(merged(account));
            install(account, now);
            true
        } else {
            false
        }
    });
    if installed.unwrap_or(false) {
        Ok(())
    } else {
        Err(NotCommitted::Gone { unused: Box::new(issued), stored: true })
    }
}

/// The provider has spent a refresh token and sent a new one, which takes its place, durably. If the session has gone on
/// without it, the new one is given back.
///
/// # Errors
///
/// When it could not be written down. It is in use all the same: the old one is spent.
pub(crate) async fn adopt(
    store: &Arc<Store>,
    name: &str,
    connection: &Connection,
    spent: &SecretString,
    rotated: SecretString,
) -> Result<(), StoreError> {
    let mut left = Some(rotated);
    let queued = store.act(name, |account, now| {
        let present = account.held.as_mut().and_then(|held| held.refresh_token.as_mut())?;
        if present.expose_secret() != spent.expose_secret() {
            return None;
        }
        *present = left.take()?;
        account.stored(now).map(|content| store.vault.put(&record_name(name), content))
    });
    if let Some(orphan) = left {
        // To whoever issued it, which need not be the provider that an account of this name has by now.
        store.before_the_end(give_back(connection.clone(), orphan));
        return Ok(());
    }
    match queued {
        Ok(Some(written)) => written.await,
        _ => Ok(()),
    }
}

/// A refreshed ID token often says less about the person than the first one did.
pub(crate) fn keep_name(fresh: &mut Identity, before: &Identity) {
    if fresh.email.is_none() && fresh.preferred_username.is_none() && fresh.name.is_none() {
        fresh.email.clone_from(&before.email);
        fresh.preferred_username.clone_from(&before.preferred_username);
        fresh.name.clone_from(&before.name);
    }
}

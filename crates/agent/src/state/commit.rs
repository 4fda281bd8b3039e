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
use crate::state::revoke::revoke_token;
use crate::state::store::Store;
use crate::state::tokens::{Held, Uncommitted};

/// Why new tokens did not become the session's.
pub(crate) enum NotCommitted {
    /// Nothing waits for them any more. The vault has what the account holds without them.
    Gone,
    /// The disk did not take them.
    NotStored(StoreError),
}

/// What becomes of a new refresh token that the disk does not take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwritten {
    /// The session continues with its own, and the new one is revoked.
    Revoked,
    /// The provider has spent the old one: the new one takes its place in memory, and the next write tries again. Nothing that
    /// came with it is served.
    Remembered,
}

/// What is specific to one way of getting tokens.
pub(crate) struct Commit<N, C> {
    /// What the session holds from now on, made from what it holds; `None` if nothing waits for the tokens any more.
    pub(crate) next: N,
    /// What the vault keeps; `None` if there is nothing to keep it for.
    pub(crate) content: C,
    pub(crate) unwritten: Unwritten,
}

/// Makes new tokens durable, then serves them: a token that only memory knows is lost with the process. `install` runs under
/// the lock, right after the tokens have become the session's.
///
/// # Errors
///
/// When nothing waits for the tokens any more or the disk did not take them.
pub(crate) async fn commit<N, C>(
    store: &Arc<Store>,
    name: &str,
    how: Commit<N, C>,
    install: impl FnOnce(&mut Account, Now),
) -> Result<(), NotCommitted>
where
    N: Fn(&Account, Option<&Held>) -> Option<Held>,
    C: Fn(&Account, &Held, Now) -> Option<Zeroizing<Vec<u8>>>,
{
    let Ok(committing) = store.act(name, |account, _| account.committing.clone()) else {
        return Err(NotCommitted::Gone);
    };
    let _one = committing.lock().await;
    let queued = store.act(name, |account, now| {
        let held = (how.next)(account, account.held.as_ref())?;
        let content = (how.content)(account, &held, now)?;
        account.commits += 1;
        let number = account.commits;
        account.uncommitted = Some(Uncommitted { number, held });
        Some((number, store.vault.put(&record_name(name), content)))
    });
    let Ok(Some((number, written))) = queued else { return Err(NotCommitted::Gone) };
    let written = written.await;
    failpoint!("refresh.durable");
    let done = store.act(name, |account, now| {
        let ours = account.uncommitted.take_if(|uncommitted| uncommitted.number == number);
        if let Err(error) = written {
            if how.unwritten == Unwritten::Remembered
                && (how.next)(account, account.held.as_ref()).is_some()
                && let (Some(held), Some(ours)) = (&mut account.held, ours)
            {
                held.refresh_token = ours.held.refresh_token;
                held.leftovers = ours.held.leftovers;
            }
            return Err(NotCommitted::NotStored(error));
        }
        // Made anew: something may have come in while the vault was writing.
        match (how.next)(account, account.held.as_ref()) {
            Some(held) => {
                account.held = Some(held);
                install(account, now);
                Ok(())
            }
            None => Err(NotCommitted::Gone),
        }
    });
    let done = done.unwrap_or(Err(NotCommitted::Gone));
    if done.is_ok() {
        store.has_written(name, Ok(()));
    }
    if let Err(NotCommitted::Gone) = done {
        // Before the caller revokes them: after a crash, a session with a revoked token would come back.
        store.rewrite_record(name).await;
    }
    done
}

/// The provider has spent a refresh token and sent a new one, which takes its place, durably: as the session's own, or among those
/// that are given back with it. If the session has neither, the new one is revoked.
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
    let how = Commit {
        // Not which session it is counts, but whether this is the token that it has.
        next: |_: &Account, before: Option<&Held>| {
            let mut held = before?.clone();
            let tokens = held.refresh_token.iter_mut().chain(&mut held.leftovers);
            let mut same = tokens.filter(|token| token.expose_secret() == spent.expose_secret());
            *same.next()? = rotated.clone();
            drop(same);
            Some(held)
        },
        content: |account: &Account, held: &Held, now| account.stored_with(now, held),
        unwritten: Unwritten::Remembered,
    };
    match commit(store, name, how, |_, _| {}).await {
        Ok(()) => Ok(()),
        Err(NotCommitted::NotStored(error)) => Err(error),
        Err(NotCommitted::Gone) => {
            // By the provider that issued it, which may not be the one that an account of this name has now.
            revoke_token(store, connection, Some(rotated));
            Ok(())
        }
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

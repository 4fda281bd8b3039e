//! Taking over what a provider has issued.

use std::sync::Arc;

use abide_oidc::Identity;
use secrecy::{ExposeSecret, SecretString};

use crate::persistence::vault::StoreError;
use crate::state::connection::Connection;
use crate::state::record::record_name;
use crate::state::revoke::give_back;
use crate::state::store::Store;

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

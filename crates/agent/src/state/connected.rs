//! The connection that an account has.

use std::sync::Arc;

use crate::state::connection::{ConnectError, Connection, connect};
use crate::state::store::Store;

/// The connection of an account: the present one, or a new one.
pub(crate) async fn connection(store: &Arc<Store>, name: &str) -> Result<Connection, ConnectError> {
    let found = store.act(name, |account, _| {
        let key = account.held.as_ref().and_then(|held| held.dpop.clone());
        (account.connection.clone(), account.config.clone(), key)
    });
    let Ok((present, config, key)) = found else { return Err(ConnectError::AccountRemoved) };
    if let Some(present) = present {
        return Ok(present);
    }
    let fresh = connect(&config).await?.with_key(key)?;
    let _ = store.act(name, |account, _| {
        // A sign-in that has succeeded meanwhile has brought its own.
        if account.config == config && account.connection.is_none() {
            account.connection = Some(fresh.clone());
            // After a start, the metadata are known from here on.
            account.note_what_is_missing();
        }
    });
    Ok(fresh)
}

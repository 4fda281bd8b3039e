//! The end of a session: the provider's sign-out page, and pending revocations.

pub(crate) mod pending;
pub(crate) mod rp_initiated;

use std::sync::Arc;

use abide_session::EndReason;
use abide_wire::ProviderEnd;

use self::pending::Farewell;
use self::rp_initiated::SignOutPage;
use crate::state::account::Account;
use crate::state::narrowed::Narrowed;
use crate::state::record::record_name;
use crate::state::store::Store;
use crate::state::tokens::Held;

/// Opens the provider's sign-out page if wanted, and removes the session from the vault.
pub(crate) fn ended(store: &Arc<Store>, account: &mut Account, held: Option<Held>, reason: EndReason) {
    account.sign_out_page = None;
    account.narrowed = Narrowed::default();
    account.last_idp = held.as_ref().and_then(|held| held.identity.idp.clone());
    let page = held.as_ref().and_then(|held| rp_initiated::in_the_browser(store, account, held, reason));
    match (held.as_ref().and_then(|held| Farewell::of(account, held)), page) {
        (Some(farewell), page) => enqueue(store, account, farewell, page),
        (None, page) => {
            store.forget(&account.name);
            match page {
                Some(page) => pending::only_in_the_browser(store, account, page),
                None => account.provider_end = Some(ProviderEnd::LocalOnly),
            }
        }
    }
}

/// Replaces the session in the vault with a farewell, and notifies the provider.
fn enqueue(store: &Arc<Store>, account: &mut Account, farewell: Farewell, page: Option<SignOutPage>) {
    account.provider_end = Some(ProviderEnd::Pending);
    account.farewell = Some(farewell.record_name());
    let written = store.vault.part(&record_name(&account.name), &farewell.record_name(), farewell.encode());
    let (config, connection) = (account.config.clone(), account.connection.clone());
    let after = store.clone();
    store.before_the_end(async move {
        // First the vault: a crash must not restore a session that the provider has ended.
        match written.await {
            Ok(()) => after.has_written(&farewell.account, Ok(())),
            Err(error) => after.not_forgotten(&farewell.account, &error),
        }
        pending::say(&after, farewell, config, connection, page);
    });
}

//! Accounts that the configuration no longer has, or has with another provider or client. A session that they have waits before
//! it ends: a file that is incomplete for a moment, or a typing error, signs no user out.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use abide_session::Input;

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::provider_session::event_stream;
use crate::state::account::Leaving;
use crate::state::store::Store;
use crate::view::notices;

/// How long a session stays without its account in the configuration.
const AWAY: Duration = Duration::from_secs(5 * 60);

/// The configuration has the account as it is.
pub(super) fn stays(store: &Store, name: &str) {
    if let Some(leaving) = store.take_leaving(name) {
        leaving.task.abort();
    }
}

/// The configuration has no such account, or another one in its place.
pub(super) fn leaves(store: &Arc<Store>, name: &str, becomes: Option<AccountConfig>) {
    let waits = |leaving: &Leaving| leaving.becomes == becomes;
    if store
        .core()
        .accounts
        .iter()
        .any(|account| account.name == name && account.leaving.as_ref().is_some_and(waits))
    {
        return;
    }
    stays(store, name);
    if !has_session(store, name) {
        return replace(store, name, becomes);
    }
    tracing::warn!(account = name, "the configuration does not have this account any more");
    let warning = notices::leaving(name, becomes.is_some(), AWAY.as_secs());
    let _ = store.act(name, |account, _| {
        let task = tokio::spawn(wait(store.clone(), name.to_owned())).abort_handle();
        account.leaving = Some(Leaving { becomes, warning: warning.clone(), task });
    });
    store.warning(warning);
}

/// Waits until the account is away for too long, or its session has ended.
async fn wait(store: Arc<Store>, name: String) {
    let mut changes = store.snapshots.subscribe();
    let mut end = pin!(clock::sleep(AWAY));
    while has_session(&store, &name) {
        tokio::select! {
            () = &mut end => break,
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
            }
        }
    }
    let _one = store.adding.lock().await;
    // Unless it is back meanwhile.
    if let Some(leaving) = store.take_leaving(&name) {
        event_stream::leave(&store, &name).await;
        replace(&store, &name, leaving.becomes);
    }
}

fn has_session(store: &Store, name: &str) -> bool {
    let core = store.core();
    let account = core.accounts.iter().find(|account| account.name == name);
    account.is_some_and(|account| account.held.is_some() || account.uncommitted.is_some())
}

fn replace(store: &Arc<Store>, name: &str, becomes: Option<AccountConfig>) {
    let _ = store.act(name, |account, now| account.session.handle(now, Input::AccountRemoved));
    store.core().accounts.retain(|account| account.name != name);
    match becomes {
        Some(config) => store.add(name, config, None),
        None => store.show(),
    }
}

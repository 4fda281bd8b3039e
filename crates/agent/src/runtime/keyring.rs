//! A keyring that is locked at the start and unlocked later. From then on, its key protects the sessions.

use std::collections::BTreeSet;
use std::time::Duration;

use abide_vault::Moved;
use abide_wire::VaultMode;

use crate::agent::Agent;
use crate::platform;
use crate::platform::clock;
use crate::sign_out::pending;
use crate::state::record::record_name;
use crate::state::set_aside;
use crate::tokens::refresh;

/// How often Abide checks the keyring while sessions are in memory only. The check does not ask the user for a password.
const LOOK: Duration = Duration::from_secs(10);
/// The pause after an unlocked keyring could not be used.
const PAUSE: Duration = Duration::from_secs(120);

/// Waits until the keyring is unlocked, and moves the sessions there. Then `warning` ends.
pub(crate) async fn when_unlocked(agent: Agent, warning: String) {
    let store = agent.0.store.clone();
    loop {
        clock::sleep(LOOK).await;
        match platform::keyring_is_unlocked().await {
            Some(true) => {}
            // Never known on this system: the user would be asked for a password.
            None if !cfg!(target_os = "linux") => return,
            Some(false) | None => continue,
        }
        match store.vault.move_in(store.options.places.state.clone()).await {
            Ok(moved) => {
                tracing::info!("the keyring is unlocked: it keeps the sessions now");
                *agent.0.vault.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = VaultMode::Keyring;
                store.end_warning(&warning);
                take_up(&agent, moved);
                return;
            }
            Err(error) => {
                tracing::warn!(code = error.code(), "the keyring is unlocked and cannot be used");
                clock::sleep(PAUSE).await;
            }
        }
    }
}

/// Continues the sessions that were found, and revokes those that a newer session has replaced.
fn take_up(agent: &Agent, moved: Moved) {
    let store = &agent.0.store;
    agent.clients().take_secrets(&moved.records);
    moved.news.iter().for_each(|news| store.warning(news.to_string()));
    store.take_learned(&moved.records);
    let accounts: Vec<_> = {
        let core = store.core();
        core.accounts.iter().map(|account| (account.name.clone(), account.config.clone())).collect()
    };
    let mut taken = BTreeSet::new();
    for (name, config) in accounts {
        let record = record_name(&name);
        let Some((_, content)) = moved.records.iter().find(|(found, _)| *found == record) else { continue };
        let stored = set_aside::session_for(&config, content);
        if stored.is_ok_and(|stored| store.take_back(&name, stored)) {
            taken.insert(record);
        } else {
            set_aside::replaced(store, &name, config, content.clone());
        }
    }
    let interrupted: Vec<String> =
        moved.interrupted.into_iter().filter(|record| taken.contains(record)).collect();
    refresh::after_interruption(store, &interrupted);
    pending::resume(store, &moved.records);
    set_aside::resume(store, &moved.records);
}

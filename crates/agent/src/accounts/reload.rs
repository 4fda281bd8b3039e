//! A changed configuration, taken over by the running agent.

use std::sync::Arc;

use crate::accounts::leaving;
use crate::config::edit::ConfigFile;
use crate::config::vault::VaultConfig;
use crate::config::{AccountConfig, Config};
use crate::provider_session::event_stream;
use crate::state::account::Account;
use crate::state::record::record_name;
use crate::state::set_aside;
use crate::state::store::Store;

/// The settings that count from the start of the agent on.
pub(crate) struct FromTheStart {
    port: u16,
    vault: VaultConfig,
    browser: Option<Vec<String>>,
}

impl FromTheStart {
    /// What an agent starts with.
    pub(crate) fn of(config: &Config) -> Self {
        Self { port: config.endpoint.port, vault: config.vault.clone(), browser: config.browser.clone() }
    }

    /// What is to be known of settings that count from the next start on.
    pub(crate) fn later(&self, config: &Config) -> Option<String> {
        let changed = [
            ("endpoint.port", self.port != config.endpoint.port),
            ("vault", self.vault != config.vault),
            ("browser", self.browser != config.browser),
        ];
        let names: Vec<&str> =
            changed.into_iter().filter(|(_, changed)| *changed).map(|(name, _)| name).collect();
        (!names.is_empty())
            .then(|| format!("You changed {}. Restart Abide to use that setting.", names.join(", ")))
    }
}

/// Makes the accounts those of the configuration. A session continues unless its account changed. The caller holds
/// [`Store::adding`].
pub(crate) async fn take_over(store: &Arc<Store>, config: &Config) {
    let present: Vec<(String, AccountConfig)> = {
        let core = store.core();
        core.accounts.iter().map(|account| (account.name.clone(), account.config.clone())).collect()
    };
    for (name, before) in &present {
        match config.accounts.get(name) {
            None if is_demo(name, config) => {}
            Some(wanted) if (&wanted.issuer, &wanted.client_id) == (&before.issuer, &before.client_id) => {
                leaving::stays(store, name);
                if wanted != before {
                    event_stream::adapt(store, name, &wanted.provider).await;
                    store.change_account(name, wanted.clone());
                }
            }
            becomes => leaving::leaves(store, name, becomes.cloned()),
        }
    }
    let new = config.accounts.iter().filter(|(name, _)| !present.iter().any(|(known, _)| known == *name));
    for (name, wanted) in new {
        // Kept since the configuration had it before.
        let kept = store.vault.read(&record_name(name)).await.ok().flatten();
        set_aside::take_up(store, name, wanted.clone(), kept.as_ref().map(|kept| kept.as_slice()));
    }
    arrange(store, config);
}

/// Puts the accounts in the order in which views show them: that of `account_order`, then that of their names.
pub(crate) fn arrange(store: &Store, config: &Config) {
    let place = |account: &Account| (config.place_of(&account.name), account.name.clone());
    store.core().accounts.sort_by_cached_key(place);
    store.show();
}

/// Whether running accounts are missing in a configuration whose file is missing or empty. That is no wish to remove them: an
/// editor, a version control system or a slow disk may be about to bring the file back.
pub(crate) fn is_file_missing(store: &Store, file: &ConfigFile) -> bool {
    let core = store.core();
    let mut names = core.accounts.iter().map(|account| &account.name);
    file.text.trim().is_empty()
        && names.any(|name| !is_demo(name, &file.config) && !file.config.accounts.contains_key(name))
}

/// The account of the demonstration is in no file. It goes with the first account that is.
fn is_demo(name: &str, config: &Config) -> bool {
    cfg!(feature = "demo") && name == super::DEMO && config.accounts.is_empty()
}

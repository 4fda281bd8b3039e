//! A changed configuration, taken over by the running agent.

use std::sync::Arc;

use crate::config::vault::VaultConfig;
use crate::config::{AccountConfig, Config};
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

/// Makes the accounts those of the configuration. A session continues unless its account changed.
pub(crate) fn take_over(store: &Arc<Store>, config: &Config) {
    let present: Vec<(String, AccountConfig)> = {
        let core = store.core();
        core.accounts.iter().map(|account| (account.name.clone(), account.config.clone())).collect()
    };
    for (name, before) in &present {
        match config.accounts.get(name) {
            None if is_demo(name, config) => {}
            None => store.drop_account(name),
            Some(wanted) if wanted == before => {}
            Some(wanted) if (&wanted.issuer, &wanted.client_id) == (&before.issuer, &before.client_id) => {
                store.change_account(name, wanted.clone());
            }
            Some(wanted) => {
                store.drop_account(name);
                store.add(name, wanted.clone(), None);
            }
        }
    }
    let new = config.accounts.iter().filter(|(name, _)| !present.iter().any(|(known, _)| known == *name));
    for (name, wanted) in new {
        store.add(name, wanted.clone(), None);
    }
}

/// The account of the demonstration is in no file. It goes with the first account that is.
fn is_demo(name: &str, config: &Config) -> bool {
    cfg!(feature = "demo") && name == super::DEMO && config.accounts.is_empty()
}

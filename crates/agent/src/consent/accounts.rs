//! The accounts that grants are for: an account is its provider and its client, not its name.

use std::collections::BTreeMap;

use abide_decision::Registration;

use super::Consent;
use crate::config::AccountConfig;

impl Consent {
    /// Ties grants that are for no account as it was to the accounts as they are.
    pub(crate) fn know_accounts(&self) {
        let accounts: BTreeMap<String, Registration> = {
            let core = self.store.core();
            core.accounts
                .iter()
                .map(|account| (account.name.clone(), registration(&account.config)))
                .collect()
        };
        if let Err(refused) = self.clients.know_accounts(accounts) {
            tracing::warn!(
                error = refused.error_description,
                "the grants could not be tied to the accounts as they are"
            );
        }
    }

    /// The provider and the client of an account now.
    pub(crate) fn registration(&self, account: &str) -> Registration {
        let core = self.store.core();
        let account = core.accounts.iter().find(|known| known.name == account);
        account.map(|account| registration(&account.config)).unwrap_or_default()
    }
}

fn registration(config: &AccountConfig) -> Registration {
    Registration { issuer: config.issuer.clone(), client_id: config.client_id.clone() }
}

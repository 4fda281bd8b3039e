//! How accounts share and keep what was found out about their providers.

use std::sync::Arc;

use abide_vault::Zeroizing;
use serde::{Deserialize, Serialize};

use crate::state::account::Account;
use crate::state::learned::{Client, Learned};
use crate::state::store::{Core, Store};
use crate::state::survival::Survival;

const RECORD: &str = "learned";
const FORMAT: u32 = 1;
/// Of more clients, the one that was learned of first is forgotten.
const MOST: usize = 64;

/// The record in the vault.
#[derive(Serialize, Deserialize)]
struct Written {
    format: u32,
    clients: Vec<Client>,
}

impl Account {
    /// Takes what is known of its provider.
    pub(crate) fn know(&mut self, clients: &[Client]) {
        let Some(known) = clients.iter().find(|client| client.is(&self.config)) else { return };
        self.learned = self.learned.and(known.learned);
        if self.learned.refresh_ends {
            self.survival = Survival::Ended;
        }
    }
}

impl Store {
    /// Takes what earlier processes have found out.
    pub(crate) fn take_learned(&self, records: &[(String, Zeroizing<Vec<u8>>)]) {
        let Some((_, content)) = records.iter().find(|(name, _)| name == RECORD) else { return };
        let read = serde_json::from_slice(content).ok().filter(|read: &Written| read.format == FORMAT);
        let Some(Written { clients, .. }) = read else { return };
        let core = &mut *self.core();
        for client in clients {
            match core
                .learned
                .iter_mut()
                .find(|known| known.issuer == client.issuer && known.client_id == client.client_id)
            {
                Some(known) => known.learned = known.learned.and(client.learned),
                None => core.learned.push(client),
            }
        }
        core.accounts.iter_mut().for_each(|account| account.know(&core.learned));
    }

    /// Keeps what an account has found out, for the others and for later.
    pub(crate) fn keep_learned(self: &Arc<Self>, name: &str) {
        let core = &mut *self.core();
        let Some(account) = core.accounts.iter().find(|account| account.name == name) else { return };
        let (config, news) = (&account.config, account.learned);
        match core.learned.iter_mut().find(|client| client.is(config)) {
            Some(known) if known.learned == known.learned.and(news) => return,
            Some(known) => known.learned = known.learned.and(news),
            None if news == Learned::default() => return,
            None => {
                if core.learned.len() >= MOST {
                    core.learned.remove(0);
                }
                let (issuer, client_id) = (config.issuer.clone(), config.client_id.clone());
                core.learned.push(Client { issuer, client_id, learned: news });
            }
        }
        core.accounts.iter_mut().for_each(|account| account.know(&core.learned));
        self.write_learned(core);
    }

    /// Forgets what was found out by an account that is removed, unless another one is the same client there.
    pub(crate) fn forget_learned(&self, core: &mut Core, name: &str) {
        let (removed, others): (Vec<_>, Vec<_>) =
            core.accounts.iter().partition(|account| account.name == name);
        let is_of = |client: &Client, accounts: &[&Account]| {
            accounts.iter().any(|account| client.is(&account.config))
        };
        let before = core.learned.len();
        core.learned.retain(|client| !is_of(client, &removed) || is_of(client, &others));
        if core.learned.len() != before {
            self.write_learned(core);
        }
    }

    /// Queued under the lock, so that what is newer is written later.
    fn write_learned(&self, core: &Core) {
        let written = Written { format: FORMAT, clients: core.learned.clone() };
        let Ok(content) = serde_json::to_vec(&written) else { return };
        let written = match core.learned.is_empty() {
            true => Err(self.vault.remove(RECORD)),
            false => Ok(self.vault.put(RECORD, Zeroizing::new(content))),
        };
        tokio::spawn(async move {
            let done = match written {
                Ok(written) => written.await,
                Err(removed) => removed.await,
            };
            if let Err(error) = done {
                tracing::error!(%error, "what was learned of a provider could not be written down");
            }
        });
    }
}

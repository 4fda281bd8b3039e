//! Accounts that are added, changed and removed.

use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};

use abide_session::{Input, Now, Session};

use crate::config::AccountConfig;
use crate::platform::clock;
use crate::state::account::{Account, Leaving};
use crate::state::record::StoredSession;
use crate::state::store::{Core, Store};

/// A random number of the session, so that the clients of a provider do not all come back at the same moment.
fn spread() -> u64 {
    #[cfg(test)]
    if let Some(number) = clock::scripted::chance() {
        return number;
    }
    let mut bytes = [0; 8];
    // Without randomness only the moments are the same as those of other clients.
    let _ = getrandom::fill(&mut bytes);
    u64::from_le_bytes(bytes)
}

impl Store {
    /// Adds an account, with the session that an earlier process has written down.
    pub(crate) fn add(self: &Arc<Self>, name: &str, config: AccountConfig, stored: Option<StoredSession>) {
        let now = clock::now();
        let account = self.account_of(name, config, stored, now);
        let mut core = self.core();
        core.accounts.push(account);
        let index = core.accounts.len() - 1;
        self.began(core, index, now);
    }

    /// Gives an account the session that was found for it, unless the user has signed in or out there since the start. Returns
    /// whether it took it.
    pub(crate) fn take_back(self: &Arc<Self>, name: &str, stored: StoredSession) -> bool {
        let now = clock::now();
        let core = self.core();
        let Some(index) = core.accounts.iter().position(|account| account.name == name) else { return false };
        let present = &core.accounts[index];
        if present.touched || present.held.is_some() || present.session.view(now).signing_in {
            return false;
        }
        let config = present.config.clone();
        let account = self.account_of(name, config, Some(stored), now);
        let mut core = core;
        core.accounts[index] = account;
        self.began(core, index, now);
        true
    }

    fn account_of(
        &self,
        name: &str,
        config: AccountConfig,
        stored: Option<StoredSession>,
        now: Now,
    ) -> Account {
        let rules = config.rules();
        let mut session = stored.as_ref().map_or_else(
            || Session::new(rules),
            |stored| Session::restore(rules, &stored.checkpoint, now, stored.same_boot()),
        );
        session.set_jitter(spread());
        let serial = self.serials.fetch_add(1, Ordering::Relaxed);
        // Work for a removed account of the same name may still be running.
        let session = session.numbered_from(u64::from(serial) << 32);
        let mut account = Account::new(name.to_owned(), serial, config, session);
        account.held = stored.map(|stored| stored.held);
        account.note_what_is_offered();
        account
    }

    fn began(self: &Arc<Self>, mut core: MutexGuard<'_, Core>, index: usize, now: Now) {
        let known = core.learned.clone();
        core.accounts[index].know(&known);
        if core.locked {
            core.accounts[index].session.handle(now, Input::Locked);
        }
        self.settle(&mut core, index, now);
        self.publish(&core, now);
        drop(core);
        self.effects.rules_changed(self);
    }

    /// Removes an account; a session that it has is ended first.
    pub(crate) fn drop_account(self: &Arc<Self>, name: &str) {
        if let Some(leaving) = self.take_leaving(name) {
            leaving.task.abort();
        }
        let _ = self.act(name, |account, now| account.session.handle(now, Input::Logout));
        let mut core = self.core();
        self.forget_learned(&mut core, name);
        core.accounts.retain(|account| account.name != name);
        self.publish(&core, clock::now());
    }

    /// Takes the wait of an account that the configuration no longer has, and its warning down.
    pub(crate) fn take_leaving(&self, name: &str) -> Option<Leaving> {
        let leaving = self.core().accounts.iter_mut().find(|account| account.name == name)?.leaving.take()?;
        self.end_warning(&leaving.warning);
        Some(leaving)
    }

    /// Changes the rules of an account.
    pub(crate) fn change_rules(self: &Arc<Self>, name: &str, config: AccountConfig) {
        let rules = config.rules();
        let _ = self.act(name, |account, now| {
            account.config.session = config.session;
            account.config.provider = config.provider;
            account.config.logout = config.logout;
            account.event_stream.given_up_until = None;
            account.note_what_is_offered();
            account.session.set_rules(now, rules);
        });
        self.publish(&self.core(), clock::now());
        self.effects.rules_changed(self);
    }

    /// Gives an account another configuration. Its session stays; the next request connects to the provider as the configuration says.
    pub(crate) fn change_account(self: &Arc<Self>, name: &str, config: AccountConfig) {
        let rules = config.rules();
        let _ = self.act(name, |account, now| {
            account.config = config;
            account.connection = None;
            account.event_stream.given_up_until = None;
            account.note_what_is_offered();
            account.session.set_rules(now, rules);
        });
        self.publish(&self.core(), clock::now());
        self.effects.rules_changed(self);
    }
}

//! The embedded demonstration provider: the first account of a user who has no account yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use abide_demo_op::DemoOp;

use crate::config::{AccountConfig, Config};
use crate::state::connection::DEMO_PORT;
use crate::state::set_aside::take_up;
use crate::state::store::Store;

/// The name of its account.
pub(crate) const ACCOUNT: &str = super::DEMO;

/// The provider while it runs.
#[derive(Default)]
pub(crate) struct Embedded(Mutex<Option<DemoOp>>);

impl Embedded {
    /// One that runs already.
    #[cfg(test)]
    pub(crate) fn of(provider: DemoOp) -> Self {
        Self(Mutex::new(Some(provider)))
    }

    /// Starts the provider and offers its account where the configuration has no account.
    pub(crate) async fn start_if_first(store: &Arc<Store>, config: &Config, kept: Option<&[u8]>) -> Self {
        if !config.accounts.is_empty() {
            return Self::default();
        }
        let state_file = Some(store.options.places.state.join("demo-provider.json"));
        let started = DemoOp::start(abide_demo_op::Config {
            // Fixed, because the issuer contains it and a session belongs to an issuer.
            port: Some(DEMO_PORT),
            state_file,
            ..abide_demo_op::Config::default()
        });
        match started.await {
            Ok(provider) => {
                let account = AccountConfig::new(provider.issuer().to_owned(), "abide".to_owned());
                take_up(store, ACCOUNT, account, kept);
                Self(Mutex::new(Some(provider)))
            }
            Err(error) => {
                store.warning(format!("The demonstration provider could not be started. {error}"));
                Self::default()
            }
        }
    }

    /// Ends the demonstration as soon as there is an account of the user's own. One that is the account of the demonstration continues
    /// its session, and the provider stays until Abide ends.
    pub(crate) fn withdraw(&self, store: &Arc<Store>, configured: &BTreeMap<String, AccountConfig>) {
        let continues = configured.get(ACCOUNT).is_some_and(|wanted| {
            let core = store.core();
            let demo = core.accounts.iter().find(|account| account.name == ACCOUNT);
            demo.is_some_and(|demo| {
                (&demo.config.issuer, &demo.config.client_id) == (&wanted.issuer, &wanted.client_id)
            })
        });
        if configured.is_empty() || continues {
            return;
        }
        if let Some(provider) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            store.drop_account(ACCOUNT);
            drop(provider);
        }
    }
}

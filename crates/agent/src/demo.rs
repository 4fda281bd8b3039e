//! The embedded demonstration provider: the first account of somebody who has none yet.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use abide_demo_op::DemoOp;

use crate::config::{AccountConfig, Config};
use crate::headless::{HeadlessError, told_to_stop};
use crate::shared::Shared;

/// The name of its account.
pub(crate) const ACCOUNT: &str = "demo";
/// Its port on 127.0.0.1: fixed, because the issuer contains it and a session belongs to an issuer.
const PORT: u16 = 47610;

/// The provider while it runs.
#[derive(Default)]
pub(crate) struct Embedded(Mutex<Option<DemoOp>>);

impl Embedded {
    /// Starts the provider and offers its account where the configuration has no account.
    pub(crate) async fn start_if_first(shared: &Arc<Shared>, config: &Config, kept: Option<&[u8]>) -> Self {
        if !config.accounts.is_empty() {
            return Self::default();
        }
        let state_file = Some(shared.options.places.state.join("demo-provider.json"));
        let started = DemoOp::start(abide_demo_op::Config {
            port: Some(PORT),
            state_file,
            ..abide_demo_op::Config::default()
        });
        match started.await {
            Ok(provider) => {
                let account = AccountConfig::new(provider.issuer().to_owned(), "abide".to_owned());
                shared.add(ACCOUNT, account, kept);
                Self(Mutex::new(Some(provider)))
            }
            Err(error) => {
                shared.remark(format!("The demonstration provider could not be started. {error}"));
                Self::default()
            }
        }
    }

    /// Ends the demonstration as soon as there is an account of the user's own.
    pub(crate) fn withdraw(&self, shared: &Arc<Shared>, configured: &BTreeMap<String, AccountConfig>) {
        if configured.is_empty() {
            return;
        }
        if let Some(provider) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            shared.drop_account(ACCOUNT);
            drop(provider);
        }
    }
}

/// Runs the demonstration provider by itself until a signal comes. `started` is told the issuer.
///
/// # Errors
///
/// When its port is taken, or the runtime does not start.
pub fn run(port: u16, started: impl FnOnce(&str)) -> Result<(), HeadlessError> {
    crate::headless::start_log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let config = abide_demo_op::Config { port: Some(port), ..abide_demo_op::Config::default() };
        let provider = DemoOp::start(config).await.map_err(std::io::Error::other)?;
        started(provider.issuer());
        told_to_stop().await?;
        Ok(())
    })
}

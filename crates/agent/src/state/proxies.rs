//! The forwarding proxies: what is configured, and what is open.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::config::proxies::ProxiesConfig;

/// What is configured, and the state of each listener.
pub(crate) struct Proxies {
    wanted: watch::Sender<ProxiesConfig>,
    states: Mutex<BTreeMap<String, ProxyState>>,
}

/// The state of a listener.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProxyState {
    /// It accepts requests here.
    Listens(SocketAddr),
    /// It cannot be opened, and is tried again.
    Fails(String),
}

impl Proxies {
    pub(crate) fn new(wanted: ProxiesConfig) -> Self {
        Self { wanted: watch::Sender::new(wanted), states: Mutex::default() }
    }

    /// Takes over what a changed configuration has.
    pub(crate) fn want(&self, wanted: ProxiesConfig) {
        self.wanted.send_if_modified(|present| {
            let changed = *present != wanted;
            *present = wanted;
            changed
        });
    }

    /// Takes the state of a listener, and returns the one before; `None` for one that is closed.
    pub(crate) fn state(&self, name: &str, state: Option<ProxyState>) -> Option<ProxyState> {
        let mut states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        match state {
            Some(state) => states.insert(name.to_owned(), state),
            None => states.remove(name),
        }
    }

    /// The states of the listeners, by name.
    pub(crate) fn states(&self) -> BTreeMap<String, ProxyState> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What is configured, whenever it changes.
    pub(crate) fn wanted(&self) -> watch::Receiver<ProxiesConfig> {
        self.wanted.subscribe()
    }
}

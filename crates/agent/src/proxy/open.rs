//! An open proxy, and whose request it answers.

use std::net::SocketAddr;
use std::sync::Mutex;

use abide_audit::Caller as Who;
use abide_oidc::Upstream;

use crate::agent::Agent;
use crate::config::proxies::ProxyConfig;
use crate::identity;
use crate::server::Quiet;
use crate::tokens::renewals::Renewals;

/// An open proxy.
pub(super) struct Gate {
    pub(super) agent: Agent,
    pub(super) name: String,
    pub(super) config: ProxyConfig,
    /// Where it is open.
    pub(super) address: SocketAddr,
    pub(super) upstream: Upstream,
    /// The newest nonce of the server.
    pub(super) nonce: Mutex<Option<String>>,
    /// The renewals that the server has caused.
    pub(super) renewals: Mutex<Renewals>,
    /// Lines in the log about requests that were refused.
    pub(super) refused: Mutex<Quiet>,
}

/// Whose request it is.
pub(super) struct Asker {
    /// Who is asked about.
    pub(super) caller: identity::Caller,
    /// The same, as it is recorded.
    pub(super) who: Who,
    /// Its name in a notification.
    pub(super) tool: String,
}

impl Gate {
    pub(super) fn new(
        agent: Agent,
        name: String,
        config: ProxyConfig,
        address: SocketAddr,
        upstream: Upstream,
    ) -> Self {
        let (nonce, renewals, refused) = (Mutex::default(), Mutex::default(), Mutex::new(Quiet::new()));
        Self { agent, name, config, address, upstream, nonce, renewals, refused }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }
}

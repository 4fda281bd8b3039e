//! An open proxy, and whose request it answers.

use std::sync::Mutex;
use std::time::Duration;

use abide_audit::Caller as Who;
use abide_oidc::Upstream;
use abide_wire::AccessToken;

use crate::agent::Agent;
use crate::config::proxies::ProxyConfig;
use crate::identity;
use crate::server::Quiet;

/// A token that was renewed because the server had refused the one before it, and when, boot time.
pub(super) struct Renewed {
    pub(super) token: AccessToken,
    pub(super) at: Duration,
}

/// An open proxy.
pub(super) struct Gate {
    pub(super) agent: Agent,
    pub(super) name: String,
    pub(super) config: ProxyConfig,
    pub(super) port: u16,
    pub(super) upstream: Upstream,
    /// The newest nonce of the server.
    pub(super) nonce: Mutex<Option<String>>,
    pub(super) renewed: Mutex<Option<Renewed>>,
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
        port: u16,
        upstream: Upstream,
    ) -> Self {
        let (nonce, renewed, refused) = (Mutex::default(), Mutex::default(), Mutex::new(Quiet::new()));
        Self { agent, name, config, port, upstream, nonce, renewed, refused }
    }
}

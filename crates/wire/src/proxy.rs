//! The forwarding proxies: addresses on this computer whose requests get a token.

use serde::{Deserialize, Serialize};

/// One proxy. `[proxies.NAME]` in `config.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProxyStatus {
    /// Its name in the configuration.
    pub name: String,
    /// The address for programs: `http://127.0.0.1:47700`. If the system chooses the port, null until it has.
    pub address: Option<String>,
    /// The server that gets the requests.
    pub upstream: String,
    /// The account that the token belongs to.
    pub account: String,
    /// Whether it accepts requests.
    pub listening: bool,
    /// Why it does not, if something prevents it.
    pub problem: Option<String>,
}

/// The answer of `GET /v1/proxies`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ProxyList {
    /// The proxies, by name.
    pub proxies: Vec<ProxyStatus>,
}

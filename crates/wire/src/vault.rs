//! How sessions are stored between two starts of the agent.

use serde::{Deserialize, Serialize};

/// How sessions are stored between two starts of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum VaultMode {
    /// On disk, encrypted with a key in the system's keyring.
    Keyring,
    /// On disk, encrypted with a key that is derived from a passphrase.
    Passphrase,
    /// In memory only.
    Memory,
}

/// The answer of `GET /v1/vault`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct VaultStatus {
    /// The mode in use.
    pub mode: VaultMode,
}

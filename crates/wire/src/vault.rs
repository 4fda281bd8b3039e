//! How sessions are kept between two starts of the agent.

use serde::{Deserialize, Serialize};

/// How sessions are kept between two starts of the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VaultMode {
    /// On the disk, sealed with a key in the keyring of the system.
    Keyring,
    /// On the disk, sealed with a key that is made from a passphrase.
    Passphrase,
    /// In memory: not at all.
    Memory,
}

/// What `GET /v1/vault` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultStatus {
    /// The way that is in use.
    pub mode: VaultMode,
}

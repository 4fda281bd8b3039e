//! What the window sends and receives. No type here, nor any that it uses, can contain a token.

use serde::{Deserialize, Serialize};

use crate::session::SettingField;

/// A provider that discovery found, before it becomes an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DiscoveredProvider {
    /// The issuer, byte for byte as the provider writes it.
    pub issuer: String,
    /// The provider's host.
    pub provider: String,
    /// A name for the account that is not in use.
    pub suggested_name: String,
    /// Whether the provider declares that it issues refresh tokens; `None` when it does not say.
    pub offline_access: Option<bool>,
    /// Whether signing out can also end the session at the provider.
    pub provider_logout: bool,
    /// Whether tokens can be revoked.
    pub revocation: bool,
}

/// An account to be added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct NewAccount {
    /// Its name: lower-case letters, digits, `-` and `_`, at most 32.
    pub name: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// The client identifier that is registered at the provider.
    pub client_id: String,
}

/// Why a command of the window failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct WindowError {
    /// A stable code.
    pub code: String,
    /// What happened, what it means, what to do.
    pub message: String,
    /// The setting that was refused, if a setting was the cause.
    pub field: Option<SettingField>,
}

impl WindowError {
    /// An error that concerns no setting.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), field: None }
    }
}

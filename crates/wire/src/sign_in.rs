//! A sign-in that has begun, for the program that shows the user where to continue.

use serde::{Deserialize, Serialize};

/// Where the user continues. All fields but the account are empty when Abide opens the browser itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignInBegun {
    /// The account.
    pub account: String,
    /// The number of this sign-in, for cancelling it.
    /// Missing from an agent that still runs after an upgrade.
    #[serde(default)]
    pub attempt: Option<u64>,
    /// The provider's page, to be opened in a browser on this computer.
    #[serde(default)]
    pub authorization_url: Option<String>,
    /// The port on this computer that the browser returns to.
    #[serde(default)]
    pub redirect_port: Option<u16>,
    /// For how many seconds the provider's page can be opened, if the provider declares it.
    #[serde(default)]
    pub opens_within: Option<u64>,
    /// What to do on another device (RFC 8628).
    #[serde(default)]
    pub device: Option<DeviceCode>,
}

/// A page that any device can open, and the code to enter there (RFC 8628, section 3.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DeviceCode {
    /// The page.
    pub verification_uri: String,
    /// The same with the code in it.
    pub verification_uri_complete: Option<String>,
    /// The code.
    pub user_code: String,
    /// For how many seconds the code is valid.
    pub expires_in: u64,
}

//! Adding and removing accounts over the local API.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::window::NewAccount;

/// An account to be added, as `POST /v1/accounts` takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountRequest {
    /// Its name: lower-case letters, digits, `-` and `_`, at most 32.
    pub name: String,
    /// The issuer, byte for byte. `None`: the only one that the preset's provider has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The client identifier that is registered at the provider. `None` with [`Self::register`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Whether Abide is to register itself there (RFC 7591).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub register: bool,
    /// A file with the token that the provider wants to see before it registers anybody: an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_token_file: Option<PathBuf>,
    /// A file with the client's secret, for a provider that insists on one: an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// Where the provider's metadata are, if not at the place that the issuer tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// Where the browser comes back to, instead of what the preset says: loopback addresses, byte for byte as they are
    /// registered. Of several the first whose port is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// A file with certificates that are trusted in addition to the system's: an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// Which provider's settings are to be used; `none` for none. Without it, those of the provider that the issuer tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
}

impl From<NewAccount> for AccountRequest {
    fn from(new: NewAccount) -> Self {
        Self { name: new.name, issuer: Some(new.issuer), client_id: Some(new.client_id), ..Self::default() }
    }
}

/// What became of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccountAdded {
    /// The account's name.
    pub name: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// The client identifier; that of the registration, if there was one.
    pub client_id: String,
    /// Whether Abide has registered itself.
    pub registered: bool,
    /// The preset that was used.
    pub preset: Option<String>,
    /// What people call that provider.
    pub preset_title: Option<String>,
    /// The lines that the configuration got beside the issuer and the client identifier.
    pub settings: Vec<String>,
    /// What the user has to know or to do: a sentence or two each.
    pub notes: Vec<String>,
}

/// What became of the registration of an account that was removed (RFC 7592).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRemoved {
    /// The account's name.
    pub name: String,
    /// The client identifier that Abide had registered.
    pub client_id: String,
    /// Why the provider still knows it, in a sentence; `None`: it has forgotten it.
    pub still_registered: Option<String>,
}

/// The presets that an account can be made with, by name, and `none` for an account without one.
pub const PRESETS: &[&str] = &[
    "auth0",
    "authentik",
    "dex",
    "entra",
    "entra-any-tenant",
    "entra-b2c",
    "gitlab",
    "google",
    "hydra",
    "keycloak",
    "lemonldap-ng",
    "modyo",
    "okta",
    "zitadel",
    "none",
];

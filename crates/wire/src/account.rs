//! Adding and removing accounts over the local API.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::window::NewAccount;

/// An account to be added: the body of `POST /v1/accounts`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AccountRequest {
    /// Its name: lower-case letters, digits, `-` and `_`, at most 32.
    pub name: String,
    /// The issuer, byte for byte. `null`: the issuer of the preset's provider, if it has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// The client identifier that is registered at the provider. `null` with `register`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// Whether Abide registers itself at the provider (RFC 7591).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub register: bool,
    /// A file with the initial access token that the provider requires for a registration: an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_token_file: Option<PathBuf>,
    /// A file with the client secret, for a provider that requires one: an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_secret_file: Option<PathBuf>,
    /// The address of the provider's metadata, if it does not follow from the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata_url: Option<String>,
    /// The redirect URIs, instead of the preset's: loopback addresses, byte for byte as they are registered. If there are
    /// several, Abide uses the first one whose port is free.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// A file with certificates that are trusted in addition to the system's: an absolute path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca_file: Option<PathBuf>,
    /// The preset whose settings are used; `none` for no preset. Without it, Abide chooses the preset by the issuer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
}

impl From<NewAccount> for AccountRequest {
    fn from(new: NewAccount) -> Self {
        Self {
            name: new.name,
            issuer: Some(new.issuer),
            client_id: new.client_id,
            register: new.register,
            preset: new.preset,
            client_secret_file: new.client_secret_file.map(PathBuf::from),
            initial_token_file: new.initial_token_file.map(PathBuf::from),
            ..Self::default()
        }
    }
}

/// The account that was added.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default)]
pub struct AccountAdded {
    /// The account's name.
    pub name: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// The client identifier; after a registration, the one that the provider assigned.
    pub client_id: String,
    /// Whether Abide has registered itself.
    pub registered: bool,
    /// The preset that was used.
    pub preset: Option<String>,
    /// The usual name of the preset's provider.
    pub preset_title: Option<String>,
    /// The lines that were added to the configuration besides the issuer and the client identifier.
    pub settings: Vec<String>,
    /// What the user has to know or do: a sentence or two each.
    pub notes: Vec<String>,
}

/// The result of deleting the client registration of an account that was removed (RFC 7592).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccountRemoved {
    /// The account's name.
    pub name: String,
    /// The client identifier that Abide had registered.
    pub client_id: String,
    /// Why the provider still has the registration, in a sentence; `null` if it deleted it.
    pub still_registered: Option<String>,
}

/// The names of the presets for a new account, and `none` for an account without a preset.
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
    "oauth",
    "okta",
    "zitadel",
    "none",
];

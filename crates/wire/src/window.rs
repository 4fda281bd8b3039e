//! What the window sends and receives. No type here, nor any that it uses, can contain a token.

use serde::{Deserialize, Serialize};

use crate::config::ConfigCheck;
use crate::consent::Label;
use crate::session::{PresenceStatus, SettingField};
use crate::vault::VaultMode;

/// The known settings of a provider that many people use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ProviderPreset {
    /// The name by which it is chosen.
    pub name: String,
    /// The product's or company's name.
    pub title: String,
    /// The issuer, if the provider has only one.
    pub issuer: Option<String>,
    /// Forms of its issuers. A word in capital letters is a value to fill in; text after a space is a remark.
    pub issuer_forms: Vec<String>,
    /// What the user has to know or to do.
    pub notes: Vec<String>,
}

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
    /// Whether the provider declares that it issues refresh tokens; `null` when it does not say.
    pub offline_access: Option<bool>,
    /// Whether signing out can also end the session at the provider.
    pub provider_logout: bool,
    /// Whether tokens can be revoked.
    pub revocation: bool,
    /// Whether a tab in the browser can see the end of the provider's session (OpenID Connect Session Management 1.0).
    pub session_management: bool,
    /// Whether the provider's pages or servers can notify clients of a logout (Front-Channel and Back-Channel Logout 1.0).
    pub logout_notices: bool,
    /// Whether a sign-in on another device is possible (RFC 8628).
    pub device: bool,
    /// Whether authorization requests are pushed (RFC 9126).
    pub pushed_requests: bool,
    /// Whether tokens can be bound to a key (RFC 9449).
    pub dpop: bool,
    /// Whether Abide can register itself (RFC 7591).
    pub registration: bool,
    /// The preset that fits.
    pub preset: Option<String>,
    /// That preset's title.
    pub preset_title: Option<String>,
    /// What the user has to know or to do there.
    pub notes: Vec<String>,
    /// The redirect URIs to register.
    pub redirect_uris: Vec<String>,
    /// The redirect URIs after a logout to register.
    pub logout_redirect_uris: Vec<String>,
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
    /// The client identifier that is registered at the provider; `null` with `register`.
    pub client_id: Option<String>,
    /// Whether Abide registers itself.
    pub register: bool,
    /// The preset to use; `null` for the one that fits the issuer.
    pub preset: Option<String>,
    /// The absolute path of a file with the client's secret.
    pub client_secret_file: Option<String>,
    /// The absolute path of a file with the initial access token for a registration.
    pub initial_token_file: Option<String>,
}

/// An account that the window has added.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct NewAccountAdded {
    /// Its name.
    pub name: String,
    /// The client identifier; the registered one, if Abide has registered itself.
    pub client_id: String,
    /// What the user has to know or to do.
    pub notes: Vec<String>,
}

/// The state of the program, for the page that helps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Diagnosis {
    /// The version of Abide.
    pub version: String,
    /// Operating system and processor.
    pub system: String,
    /// The address of the local endpoint.
    pub endpoint: String,
    /// How sessions are kept between two starts.
    pub vault: VaultMode,
    /// How a locked screen, sleep, keyboard and mouse are detected.
    pub presence: PresenceStatus,
    /// What is wrong with the configuration file, and what could be better.
    pub configuration: ConfigCheck,
}

/// What a grant that is kept is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum GrantKind {
    /// The holder of a client key.
    Key,
    /// A program.
    Program,
    /// A script.
    Script,
}

/// A grant, or a denial, that stays until it is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct KeptGrant {
    /// Its name.
    pub name: String,
    /// What it is about.
    pub kind: GrantKind,
    /// The file of the program or script.
    pub path: Option<String>,
    /// Whether it allows. Otherwise it denies.
    pub allows: bool,
    /// The account; `null` for every account.
    pub account: Option<String>,
    /// The APIs; empty for the session's own token.
    pub targets: Vec<String>,
    /// The scopes; empty for those of the session.
    pub scopes: Vec<String>,
    /// When it was given, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub since: u64,
    /// When it ends, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub until: Option<u64>,
    /// What the surroundings of the program called it when it was asked about. Not proved.
    pub labels: Vec<Label>,
    /// How many tokens were handed out under it.
    #[cfg_attr(feature = "typescript", ts(type = "number"))]
    pub tokens: u64,
    /// When the last one was, Unix seconds.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub last_used: Option<u64>,
    /// Tokens for each of the last 14 days (UTC), today last.
    #[cfg_attr(feature = "typescript", ts(type = "Array<number>"))]
    pub days: Vec<u64>,
}

/// A rule of the administrator about a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PolicyRule {
    /// Whether it allows. Otherwise it forbids.
    pub allows: bool,
    /// The path of the program, or the SHA-256 of its file in hexadecimal digits.
    pub program: String,
}

/// What is decided about programs until it is revoked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct KeptGrants {
    /// By the user, in the order of their names.
    pub kept: Vec<KeptGrant>,
    /// By the administrator.
    pub policy: Vec<PolicyRule>,
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

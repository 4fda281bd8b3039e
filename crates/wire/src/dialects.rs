//! The servers that tools get tokens for, as the user has configured them.

use serde::{Deserialize, Serialize};

/// A server, and the token that it gets. `[[dialects.FORMAT]]` in `config.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DialectServer {
    /// `git.example.com`, or with a port and the beginning of a path: `git.example.com:8443/team`. The scheme is https;
    /// `http://` is for servers on this computer.
    pub host: String,
    /// The account that the token belongs to.
    pub account: String,
    /// The resource that the token is for (RFC 8707).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The audience that the token is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// The scopes of the token, space separated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The user name that goes with the token, for tools that send one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// The answer of `GET /v1/dialects/{format}/servers`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct DialectServers {
    /// The servers, in the order of the file.
    pub servers: Vec<DialectServer>,
}

//! What the provider says about the person who is signed in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The claims of ID token and UserInfo, merged. With a mapping in the account's configuration, under the names that the user
/// chose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClaimsAnswer {
    /// The account.
    pub account: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// Whether the names come from the account's mapping.
    pub mapped: bool,
    /// When UserInfo was read last, Unix seconds; `null` if only the ID token is known.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub read_at: Option<u64>,
    /// The claims by name.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    pub claims: BTreeMap<String, Value>,
}

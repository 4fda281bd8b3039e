//! What the provider says about the person who is signed in.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Claims of ID token and UserInfo, merged; under names of the user's own where the account has a mapping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ClaimsAnswer {
    /// The account.
    pub account: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// Whether the names are the user's own.
    pub mapped: bool,
    /// When the provider was asked last, Unix seconds; `None` where only the ID token is known.
    #[cfg_attr(feature = "typescript", ts(type = "number | null"))]
    pub read_at: Option<u64>,
    /// The claims by name.
    #[cfg_attr(feature = "typescript", ts(type = "Record<string, unknown>"))]
    pub claims: BTreeMap<String, Value>,
}

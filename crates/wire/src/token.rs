//! The answer to a token request.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// An access token on its way to a tool. It cannot be printed or compared, and is wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AccessToken(#[cfg_attr(feature = "schema", schemars(with = "String"))] Zeroizing<String>);

impl AccessToken {
    /// Takes ownership of the token.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(Zeroizing::new(token))
    }

    /// The token itself. Give it only to the tool that asked.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

/// The answer of `GET /v1/token` and `GET /access_token`, after RFC 6749 section 5.1.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TokenAnswer {
    /// The access token.
    pub access_token: AccessToken,
    /// `Bearer`; or `DPoP` for a token that requires a proof with every request (RFC 9449).
    pub token_type: String,
    /// Seconds until the token expires.
    pub expires_in: u64,
    /// When it ends, Unix seconds.
    pub expires_at: u64,
    /// The granted scope, space separated.
    pub scope: String,
    /// The account that the token belongs to.
    pub account: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// The proof for the request that `htm` and `htu` describe: the value of the header `DPoP`. Only for a token of type
    /// `DPoP`, and valid for that one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop: Option<String>,
}

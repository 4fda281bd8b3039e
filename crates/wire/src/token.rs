//! The answer to a token request. The only type of this crate that holds a secret.

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// An access token on its way to a tool: it does not print, does not compare, and is wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// Takes the token over.
    #[must_use]
    pub fn new(token: String) -> Self {
        Self(Zeroizing::new(token))
    }

    /// The token itself. Hand it to the tool that asked, and to nothing else.
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
pub struct TokenAnswer {
    /// The access token.
    pub access_token: AccessToken,
    /// `Bearer`; or `DPoP` for a token that is used with a proof for each request (RFC 9449).
    pub token_type: String,
    /// Seconds that the token stays valid.
    pub expires_in: u64,
    /// When it ends, Unix seconds.
    pub expires_at: u64,
    /// The granted scope, space separated.
    pub scope: String,
    /// The account that the token belongs to.
    pub account: String,
    /// The issuer, byte for byte.
    pub issuer: String,
    /// The proof for the request that was named with `htm` and `htu`: what the header `DPoP` says. For a token of type
    /// `DPoP` and for that one request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dpop: Option<String>,
}

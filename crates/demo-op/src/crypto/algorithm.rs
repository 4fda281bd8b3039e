//! The algorithms that ID tokens and other statements are signed with (RFC 7518).

use serde::{Deserialize, Serialize};

/// How a client's ID tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a key of 2048 bits, which is made only if a client needs it.
    #[serde(rename = "RS256")]
    Rs256,
}

impl SigningAlgorithm {
    /// The `alg` of a JWS (RFC 7518 section 3.1).
    pub fn name(self) -> &'static str {
        match self {
            SigningAlgorithm::Es256 => "ES256",
            SigningAlgorithm::Rs256 => "RS256",
        }
    }
}

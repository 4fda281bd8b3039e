//! Statements that this client signs: compact JWS (RFC 7515, section 3.1), and random names for them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::error::Error;

/// 256 bits: unique, and impossible to guess.
const RANDOM_BYTES: usize = 32;

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A `jti` (RFC 7519, section 4.1.7). Fails with `signing_failed`.
pub(crate) fn fresh_name() -> Result<String, Error> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes).map_err(|_| Error::SigningFailed)?;
    Ok(encode(bytes))
}

/// Seconds since 1970, for `iat` and `exp`.
pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The complete statement, once `sign` has signed the first two parts.
pub(crate) fn compact(
    header: &Value,
    claims: &Value,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, Error>,
) -> Result<String, Error> {
    let message = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let signature = sign(message.as_bytes())?;
    Ok(format!("{message}.{}", encode(signature)))
}

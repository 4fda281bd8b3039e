//! UserInfo as a signed statement: OpenID Connect Core 1.0, section 5.3.2.

use std::time::SystemTime;

use openidconnect::core::CoreJsonWebKeySet;
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::error::userinfo::UserInfoError;
use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::jwt::{
    self, CLOCK_SKEW, Kind, Refusal, Signer, audiences, check_issuer, issued_at, seconds, time,
};

const KIND: Kind = Kind { types: &["jwt", "jose"], is_required: false };

/// The values that a signed UserInfo is checked against.
pub(crate) struct Expectation<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: Option<&'a SecretString>,
    pub(crate) algorithms: &'a [SigningAlgorithm],
    pub(crate) now: SystemTime,
}

/// Verifies a signed UserInfo and returns its claims.
///
/// `iss` and `aud` may be missing: Core requires them only since its errata set 2, and only recommended them before. If
/// present, they must be right: otherwise a statement about the same person for another client would be accepted.
pub(crate) fn verify(
    raw: &str,
    keys: &CoreJsonWebKeySet,
    expected: &Expectation<'_>,
) -> Result<Map<String, Value>, Refusal<UserInfoError>> {
    let signer = Signer { keys, algorithms: expected.algorithms, secret: expected.client_secret };
    Ok(jwt::verify(raw, &KIND, &signer, |claims| check(claims, expected))?.1.claims)
}

fn check(claims: &Map<String, Value>, expected: &Expectation<'_>) -> Result<(), UserInfoError> {
    if claims.contains_key("iss") {
        check_issuer(claims, expected.issuer)?;
    }
    if claims.contains_key("aud") && !audiences(claims)?.contains(&expected.client_id) {
        return Err(UserInfoError::AudienceMismatch);
    }
    if claims.contains_key("iat") {
        issued_at(claims, expected.now)?;
    }
    let latest = seconds(expected.now + CLOCK_SKEW);
    if time(claims, "nbf")?.is_some_and(|start| start > latest) {
        return Err(UserInfoError::NotYetValid);
    }
    let earliest = seconds(expected.now - CLOCK_SKEW);
    if time(claims, "exp")?.is_some_and(|end| end <= earliest) {
        return Err(UserInfoError::Expired);
    }
    Ok(())
}

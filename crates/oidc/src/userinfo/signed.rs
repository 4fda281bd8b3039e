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

/// What a signed UserInfo is held against.
pub(crate) struct Expectation<'a> {
    pub(crate) issuer: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) client_secret: Option<&'a SecretString>,
    pub(crate) algorithms: &'a [SigningAlgorithm],
    pub(crate) now: SystemTime,
}

/// Believes a signed UserInfo and gives its claims.
///
/// `iss` and `aud` need not be there: Core asks for them only since its errata set 2, and before that they were a
/// recommendation that providers were free not to follow. One that is there has to be right: otherwise what the provider
/// says to another client about the same person would be taken for ours.
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

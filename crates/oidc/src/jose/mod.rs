//! Signed statements: RFC 7515 (JWS), RFC 7517 (JWK), RFC 7519 (JWT).

pub(crate) mod algorithm;
pub(crate) mod jwt;
pub(crate) mod keys;
pub(crate) mod sign;

//! A parsed request.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use serde_json::Value;

use crate::http::parameters::Parameters;

/// Method, headers, parameters and body of a request.
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) parameters: Parameters,
    /// The body, for endpoints that take JSON.
    pub(crate) json: Value,
}

impl Request {
    pub(crate) fn named(&self, name: &str) -> Option<&str> {
        self.parameters.named(name)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The token of an `Authorization: Bearer` header (RFC 6750 section 2.1).
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.token_of("Bearer")
    }

    /// The token of an `Authorization: DPoP` header (RFC 9449 section 7.1).
    pub(crate) fn bound_token(&self) -> Option<&str> {
        self.token_of("DPoP")
    }

    fn token_of(&self, wanted: &str) -> Option<&str> {
        let (scheme, token) = self.header(AUTHORIZATION.as_str())?.split_once(' ')?;
        scheme.eq_ignore_ascii_case(wanted).then(|| token.trim())
    }
}

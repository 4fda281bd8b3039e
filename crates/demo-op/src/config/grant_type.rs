//! The values of `grant_type` that a token request may have.

/// RFC 6749 section 4.1.3.
pub(crate) const AUTHORIZATION_CODE: &str = "authorization_code";
/// RFC 6749 section 6.
pub(crate) const REFRESH_TOKEN: &str = "refresh_token";
/// RFC 8628 section 3.4.
pub(crate) const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// RFC 8693 section 2.1.
pub(crate) const TOKEN_EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

/// Every grant type that a client can have here.
pub(crate) const ALL: [&str; 4] = [AUTHORIZATION_CODE, REFRESH_TOKEN, DEVICE_CODE, TOKEN_EXCHANGE];

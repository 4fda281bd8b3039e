//! How the authorization request and its answer travel.

use serde::Deserialize;

/// OAuth 2.0 Multiple Response Type Encoding Practices, section 2.1; OAuth 2.0 Form Post Response Mode.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ResponseMode {
    /// A form if the provider offers it and Abide opens the browser, otherwise the address.
    #[default]
    Auto,
    Query,
    FormPost,
}

/// Whether authorization requests are pushed (RFC 9126).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PushedRequests {
    #[default]
    Auto,
    Off,
    Required,
}

impl From<PushedRequests> for abide_oidc::PushedRequests {
    fn from(configured: PushedRequests) -> Self {
        match configured {
            PushedRequests::Auto => Self::Auto,
            PushedRequests::Off => Self::Off,
            PushedRequests::Required => Self::Required,
        }
    }
}

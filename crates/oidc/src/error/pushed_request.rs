//! Why a pushed authorization request fails.

/// Why a pushed authorization request failed although the provider did not refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PushedRequestError {
    /// Success, but not 201 (RFC 9126, section 2.2).
    #[error("The provider reported success for the pushed request, but not with status 201.")]
    NotCreated,
    /// HTTP 413 (section 2.3).
    #[error("The provider finds this account's request too long.")]
    TooLarge,
    /// No `request_uri`.
    #[error("The provider's answer to the pushed request has no `request_uri`.")]
    RequestUriMissing,
    /// `request_uri` is neither a URN nor an https URI (RFC 9101, section 5.2), or longer than 2,048 characters.
    #[error("The provider's answer to the pushed request has a `request_uri` that cannot be used.")]
    RequestUriInvalid,
    /// No `expires_in`.
    #[error("The provider's answer to the pushed request has no `expires_in`.")]
    ExpirationMissing,
    /// `expires_in` is not a positive whole number.
    #[error("The provider's answer to the pushed request has an `expires_in` that cannot be used.")]
    ExpirationInvalid,
}

impl PushedRequestError {
    /// A stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotCreated => "pushed_request_not_created",
            Self::TooLarge => "pushed_request_too_large",
            Self::RequestUriMissing => "pushed_request_uri_missing",
            Self::RequestUriInvalid => "pushed_request_uri_invalid",
            Self::ExpirationMissing => "pushed_request_expiration_missing",
            Self::ExpirationInvalid => "pushed_request_expiration_invalid",
        }
    }
}

//! Why a pushed authorization request fails.

/// Why a pushed authorization request came to nothing although the provider did not refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum PushedRequestError {
    /// Success, but not 201 (RFC 9126, section 2.2).
    #[error("The provider did not keep what it was asked, although it says that all is well.")]
    NotCreated,
    /// HTTP 413 (section 2.3).
    #[error("The provider finds that this account asks for too much at once.")]
    TooLarge,
    /// No `request_uri`.
    #[error("The provider did not say where it keeps what it was asked.")]
    RequestUriMissing,
    /// `request_uri` is neither a URN nor an https URI (RFC 9101, section 5.2), or longer than 2,048 characters.
    #[error("The provider keeps what it was asked at a place that cannot be used.")]
    RequestUriInvalid,
    /// No `expires_in`.
    #[error("The provider did not say how long it keeps what it was asked.")]
    ExpirationMissing,
    /// `expires_in` is not a positive whole number.
    #[error("The provider keeps what it was asked for a time that is none.")]
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

//! Why a token that is bound to a key cannot be obtained or used.

/// Why a token that is bound to a key cannot be obtained or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// The stored bytes are not a key.
    #[error("The key that this account's tokens are bound to cannot be read. You have to sign in again.")]
    KeyInvalid,
    /// A bound token is used without a key.
    #[error("The key that this account's tokens are bound to is missing. You have to sign in again.")]
    KeyMissing,
    /// `dpop_signing_alg_values_supported` is there and does not contain ES256 (RFC 9449, section 5.1).
    #[error(
        "This account needs tokens that only this computer can use (DPoP with ES256), which the provider does not issue."
    )]
    AlgorithmUnsupported,
    /// The account demands a bound token, and the provider answered with a bearer token (section 5).
    #[error(
        "This account needs tokens that only this computer can use (DPoP), but the provider issued a bearer token."
    )]
    NotBound,
    /// A proof cannot be made for this method, address or nonce.
    #[error("This request cannot be signed: its method, address or nonce is not valid.")]
    RequestInvalid,
}

impl DpopError {
    /// A stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::KeyInvalid => "dpop_key_invalid",
            Self::KeyMissing => "dpop_key_missing",
            Self::AlgorithmUnsupported => "dpop_algorithm_unsupported",
            Self::NotBound => "dpop_token_not_bound",
            Self::RequestInvalid => "dpop_request_invalid",
        }
    }
}

//! Why a bound token cannot be had or used.

/// Why a bound token cannot be had or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum DpopError {
    /// What was stored is not a key.
    #[error("The key that this account's tokens are bound to cannot be read. You have to sign in again.")]
    KeyInvalid,
    /// A bound token is to be used, and there is no key.
    #[error("The key that this account's tokens are bound to is not there. You have to sign in again.")]
    KeyMissing,
    /// `dpop_signing_alg_values_supported` is there and does not contain ES256 (RFC 9449, section 5.1).
    #[error(
        "This account wants tokens that only this computer can use, and the provider issues them in another way."
    )]
    AlgorithmUnsupported,
    /// The account demands a bound token, and the provider answered with a bearer token (section 5).
    #[error(
        "This account wants tokens that only this computer can use, and the provider issued one that anybody can."
    )]
    NotBound,
    /// A proof was asked for a request that there cannot be: its method, its address or its nonce.
    #[error("The request that is to be signed is not one.")]
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

//! Why a registration cannot be used.

/// Why a registration cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistrationProblem {
    /// The client id is empty.
    #[error("This account has no client ID.")]
    ClientIdMissing,
    /// The authentication method needs a secret, which is missing.
    #[error("This account has no client secret, but its way of authenticating needs one.")]
    SecretMissing,
    /// The authentication method needs a key, which is missing.
    #[error("This account has no private key, but its way of authenticating needs one.")]
    ClientKeyMissing,
    /// The private key is not a PKCS#8 PEM with a key on P-256 or of RSA.
    #[error(
        "The private key of this account cannot be read: it should be a PEM file with “BEGIN PRIVATE KEY”, for P-256 or RSA."
    )]
    ClientKeyInvalid,
    /// The account sets an algorithm that its key cannot sign with (`token_endpoint_auth_signing_alg`).
    #[error(
        "The private key of this account cannot sign with the algorithm that `token_endpoint_auth_signing_alg` names: ES256 needs a key \
         on P-256, all others a key of RSA."
    )]
    ClientKeyOtherAlgorithm,
    /// The provider accepts no signature that this key can make (`token_endpoint_auth_signing_alg_values_supported`).
    #[error("The provider does not accept signatures of this account's kind of private key.")]
    AssertionAlgorithmUnsupported,
    /// The provider offers no authentication method that we have.
    #[error("The provider wants this client to authenticate in a way that Abide does not know.")]
    AuthenticationUnsupported,
    /// HS256, HS384 or HS512 without a client secret: anyone could sign.
    #[error("The provider's signatures cannot be checked without a client secret.")]
    SymmetricAlgorithmForPublicClient,
    /// The provider signs ID tokens only with algorithms that Abide does not accept.
    #[error("The provider signs with methods that Abide does not accept.")]
    AlgorithmsUnsupported,
}

impl RegistrationProblem {
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::ClientIdMissing => "client_id_missing",
            Self::SecretMissing => "client_secret_missing",
            Self::ClientKeyMissing => "client_key_missing",
            Self::ClientKeyInvalid => "client_key_invalid",
            Self::ClientKeyOtherAlgorithm => "client_key_other_algorithm",
            Self::AssertionAlgorithmUnsupported => "client_assertion_algorithm_unsupported",
            Self::AuthenticationUnsupported => "client_authentication_unsupported",
            Self::SymmetricAlgorithmForPublicClient => "symmetric_algorithm_refused",
            Self::AlgorithmsUnsupported => "signing_algorithms_unsupported",
        }
    }
}

/// Why a registration that the provider confirmed cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RegisteredClientError {
    /// `client_id` is missing, longer than 512 bytes, or not printable ASCII.
    #[error("The provider registered Abide, but without a usable client ID.")]
    ClientIdInvalid,
    /// `redirect_uris` is missing or does not contain all that were asked for.
    #[error("The provider registered Abide, but without the redirect URI that it needs.")]
    RedirectUriMissing,
    /// `token_endpoint_auth_method` is one that this crate does not have.
    #[error("The provider registered Abide, but wants it to authenticate in a way that Abide does not know.")]
    AuthenticationUnsupported,
    /// The authentication method needs a secret, which is missing.
    #[error("The provider registered Abide, but without the client secret that it needs.")]
    SecretMissing,
    /// `client_secret` is longer than 4,096 bytes or not printable ASCII.
    #[error("The provider registered Abide with a secret that cannot be used.")]
    SecretInvalid,
    /// `grant_types` is without `authorization_code`.
    #[error("The provider registered Abide, but without the grant type for signing in.")]
    GrantTypeMissing,
    /// `response_types` is without `code`.
    #[error(
        "The provider registered Abide for a different kind of sign-in than that of a desktop application."
    )]
    ResponseTypeMissing,
    /// `id_token_signed_response_alg` or `userinfo_signed_response_alg` is `none`, or one that this crate does not have.
    #[error("The provider registered Abide, but wants to sign in a way that Abide does not accept.")]
    AlgorithmRefused,
}

impl RegisteredClientError {
    /// A stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::ClientIdInvalid => "registration_client_id_invalid",
            Self::RedirectUriMissing => "registration_redirect_uri_missing",
            Self::AuthenticationUnsupported => "registration_authentication_unsupported",
            Self::SecretMissing => "registration_secret_missing",
            Self::SecretInvalid => "registration_secret_invalid",
            Self::GrantTypeMissing => "registration_grant_type_missing",
            Self::ResponseTypeMissing => "registration_response_type_missing",
            Self::AlgorithmRefused => "registration_algorithm_refused",
        }
    }
}

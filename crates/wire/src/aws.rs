//! Credentials of a role at AWS, which a token is exchanged for (AssumeRoleWithWebIdentity).

use core::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A role at AWS, and the Security Token Service that gives its credentials. The body of `POST /v1/aws/credentials`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AwsRole {
    /// `arn:aws:iam::ACCOUNT:role/NAME`.
    pub arn: String,
    /// The region whose Security Token Service is asked; without one, the service for all regions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The address of another Security Token Service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
}

/// A secret of AWS. It cannot be printed or compared, and is wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct AwsSecret(#[cfg_attr(feature = "schema", schemars(with = "String"))] Zeroizing<String>);

impl AwsSecret {
    /// Takes ownership of the secret.
    #[must_use]
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    /// The secret itself. Give it only to the tool that asked.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AwsSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AwsSecret(…)")
    }
}

/// The answer of `POST /v1/aws/credentials`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AwsCredentials {
    /// The name of the key, which is no secret.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: AwsSecret,
    /// What is sent with each request beside the signature.
    pub session_token: AwsSecret,
    /// When they end, Unix seconds.
    pub expires_at: u64,
}

//! Client authentication with a signature: `private_key_jwt` (OpenID Connect Core 1.0, section 9; RFC 7523, sections 2.2 and
//! 3).

use std::fmt;
use std::time::SystemTime;

use p256::ecdsa::Signature;
use p256::ecdsa::SigningKey;
use p256::ecdsa::signature::Signer as _;
use p256::pkcs8::DecodePrivateKey as _;
use ring::rand::SystemRandom;
use ring::signature::{
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
    RsaEncoding, RsaKeyPair,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject as _;
use serde_json::json;
use zeroize::Zeroizing;

use crate::error::Error;
use crate::error::registration::RegistrationProblem;
use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::sign;

pub(crate) const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// In seconds. An assertion is sent at once and used once.
const LIFETIME: u64 = 60;

/// The private key that a client authenticates with. It does not print or compare.
///
/// A P-256 key is wiped when dropped. The library that signs with RSA in constant time does not wipe its keys.
pub struct ClientKey {
    key: Key,
    kid: Option<String>,
}

enum Key {
    Ec(SigningKey),
    Rsa(Box<RsaKeyPair>),
}

impl fmt::Debug for ClientKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

impl ClientKey {
    /// Reads the first `PRIVATE KEY` (PKCS#8, not encrypted) of a PEM file: P-256, or RSA with 2,048 bits or more. `kid` is
    /// the provider's name for the public key, if it needs one.
    ///
    /// Fails with `client_key_invalid`.
    pub fn from_pem(pem: &[u8], kid: Option<String>) -> Result<Self, Error> {
        let invalid = || Error::Registration(RegistrationProblem::ClientKeyInvalid);
        let der = Zeroizing::new(PrivatePkcs8KeyDer::from_pem_slice(pem).map_err(|_| invalid())?);
        let der = der.secret_pkcs8_der();
        let key = match SigningKey::from_pkcs8_der(der) {
            Ok(key) => Key::Ec(key),
            Err(_) => Key::Rsa(Box::new(RsaKeyPair::from_pkcs8(der).map_err(|_| invalid())?)),
        };
        Ok(Self { key, kid })
    }

    /// Whether this kind of key can sign with an algorithm that the account sets.
    #[must_use]
    pub fn can_sign_with(&self, algorithm: SigningAlgorithm) -> bool {
        self.algorithm(Some(algorithm), None).is_ok()
    }

    /// The algorithm to sign with: `registered` if the account sets it (`token_endpoint_auth_signing_alg`: Registration 1.0,
    /// section 2), whatever the provider lists. Otherwise the best of the provider's list
    /// (`token_endpoint_auth_signing_alg_values_supported`: Discovery, section 3). Without a list, the one that every
    /// provider should know for this kind of key.
    pub(crate) fn algorithm(
        &self,
        registered: Option<SigningAlgorithm>,
        offered: Option<&[String]>,
    ) -> Result<SigningAlgorithm, RegistrationProblem> {
        use SigningAlgorithm::{Es256, Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        let candidates: &[SigningAlgorithm] = match (&self.key, registered, offered) {
            (Key::Ec(_), ..) => &[Es256],
            (Key::Rsa(_), None, None) => &[Rs256],
            (Key::Rsa(_), ..) => &[Ps256, Rs256, Ps384, Ps512, Rs384, Rs512],
        };
        if let Some(registered) = registered {
            return match candidates.contains(&registered) {
                true => Ok(registered),
                false => Err(RegistrationProblem::ClientKeyOtherAlgorithm),
            };
        }
        let known = |algorithm: &&SigningAlgorithm| {
            offered.is_none_or(|offered| offered.iter().any(|name| name == algorithm.name()))
        };
        candidates.iter().find(known).copied().ok_or(RegistrationProblem::AssertionAlgorithmUnsupported)
    }

    /// An assertion by `client_id`, for one request. `at` is the provider's time.
    ///
    /// `audience` should be the issuer. Core, section 9 recommends the URL of the token endpoint, but that comes from
    /// metadata: a malicious provider could name another provider's token endpoint and pass on the assertion there. The
    /// issuer was compared byte for byte with the account's, so it always belongs to the provider that receives the
    /// assertion. RFC 9126, section 2 requires it at the endpoint for pushed requests, and FAPI 2.0 at every endpoint.
    pub(crate) fn assertion(
        &self,
        algorithm: SigningAlgorithm,
        client_id: &str,
        audience: &str,
        at: SystemTime,
    ) -> Result<Zeroizing<String>, Error> {
        let mut header = json!({"alg": algorithm.name(), "typ": "JWT"});
        if let Some(kid) = &self.kid {
            header["kid"] = kid.as_str().into();
        }
        let issued = sign::seconds(at);
        let claims = json!({
            "iss": client_id,
            "sub": client_id,
            "aud": audience,
            "jti": sign::fresh_name()?,
            "iat": issued,
            "exp": issued.saturating_add(LIFETIME),
        });
        sign::compact(&header, &claims, |message| self.signature(algorithm, message)).map(Zeroizing::new)
    }

    fn signature(&self, algorithm: SigningAlgorithm, message: &[u8]) -> Result<Vec<u8>, Error> {
        match &self.key {
            Key::Ec(key) => {
                let signature: Signature = key.try_sign(message).map_err(|_| Error::SigningFailed)?;
                Ok(signature.to_bytes().to_vec())
            }
            Key::Rsa(key) => {
                let padding: &'static dyn RsaEncoding = match algorithm {
                    SigningAlgorithm::Ps256 => &RSA_PSS_SHA256,
                    SigningAlgorithm::Ps384 => &RSA_PSS_SHA384,
                    SigningAlgorithm::Ps512 => &RSA_PSS_SHA512,
                    SigningAlgorithm::Rs384 => &RSA_PKCS1_SHA384,
                    SigningAlgorithm::Rs512 => &RSA_PKCS1_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(padding, &SystemRandom::new(), message, &mut signature)
                    .map_err(|_| Error::SigningFailed)?;
                Ok(signature)
            }
        }
    }
}

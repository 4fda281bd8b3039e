//! The signing keys, and the tokens signed with them (RFC 7515, 7517, 7518, 7638).

use p256::ecdsa::signature::{Signer as _, Verifier as _};
use rsa::RsaPrivateKey;
use rsa::pkcs1v15;
use rsa::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _};
use rsa::sha2::Sha256;
use rsa::signature::{Keypair as _, RandomizedSigner as _, SignatureEncoding as _, Verifier as _};
use rsa::traits::PublicKeyParts as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::crypto::algorithm::SigningAlgorithm;
use crate::crypto::secret::{self, Digest};

const RSA_BITS: usize = 2048;

/// A key could not be made, or did not sign.
#[derive(Debug, thiserror::Error)]
#[error("the signing key is not usable")]
pub(crate) struct KeyError;

/// The keys as the state file holds them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct StoredKeys {
    es256: String,
    rs256: Option<String>,
}

pub(crate) struct Keys {
    es256: EsKey,
    rs256: Option<RsKey>,
}

struct EsKey {
    key: p256::ecdsa::SigningKey,
    id: String,
}

struct RsKey {
    key: pkcs1v15::SigningKey<Sha256>,
    private: RsaPrivateKey,
    id: String,
}

impl Keys {
    /// New keys. Making the RSA key takes a noticeable time, so it is made only if `rsa` is set.
    pub(crate) fn generate(rsa: bool) -> Result<Keys, KeyError> {
        let es256 = loop {
            let scalar = secret::random::<32>().map_err(|_| KeyError)?;
            // All but one in 2^32 random scalars are below the order of the curve.
            if let Ok(key) = p256::ecdsa::SigningKey::from_slice(&scalar) {
                break EsKey::new(key)?;
            }
        };
        Keys { es256, rs256: None }.with_rsa(rsa)
    }

    /// These keys, with an RSA key added if it is needed and missing.
    pub(crate) fn with_rsa(mut self, wanted: bool) -> Result<Keys, KeyError> {
        if wanted && self.rs256.is_none() {
            let private = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, RSA_BITS).map_err(|_| KeyError)?;
            self.rs256 = Some(RsKey::new(private));
        }
        Ok(self)
    }

    pub(crate) fn restore(stored: &StoredKeys) -> Result<Keys, KeyError> {
        let scalar = secret::decode(&stored.es256).ok_or(KeyError)?;
        let es256 = EsKey::new(p256::ecdsa::SigningKey::from_slice(&scalar).map_err(|_| KeyError)?)?;
        let rs256 = match &stored.rs256 {
            None => None,
            Some(text) => {
                let der = secret::decode(text).ok_or(KeyError)?;
                let private = RsaPrivateKey::from_pkcs8_der(&der).map_err(|_| KeyError)?;
                private.validate().map_err(|_| KeyError)?;
                Some(RsKey::new(private))
            }
        };
        Ok(Keys { es256, rs256 })
    }

    pub(crate) fn store(&self) -> Result<StoredKeys, KeyError> {
        let rs256 = match &self.rs256 {
            None => None,
            Some(rsa) => {
                let der = rsa.private.to_pkcs8_der().map_err(|_| KeyError)?;
                Some(secret::encode(der.as_bytes()))
            }
        };
        Ok(StoredKeys { es256: secret::encode(&self.es256.key.to_bytes()), rs256 })
    }

    /// The JSON Web Key Set with the public keys.
    pub(crate) fn jwks(&self) -> Value {
        let mut keys = vec![self.es256.jwk()];
        keys.extend(self.rs256.as_ref().map(RsKey::jwk));
        json!({ "keys": keys })
    }

    /// A compact JWS over `claims`, of the type `typ`.
    pub(crate) fn sign(
        &self,
        algorithm: SigningAlgorithm,
        typ: &str,
        claims: &Value,
    ) -> Result<String, KeyError> {
        let header = json!({ "alg": algorithm.name(), "typ": typ, "kid": self.id(algorithm)? });
        let message = message(&header, claims);
        let signature = self.signature(algorithm, &message)?;
        Ok(format!("{message}.{signature}"))
    }

    /// A compact JWS with any header and any claims. `header` is merged into a valid one; `null` removes a member. `alg`
    /// selects the key; `none` has no signature, and any unknown one has that of ES256, which does not fit it.
    #[cfg(feature = "hostile")]
    pub(crate) fn sign_anything(&self, header: &Value, claims: &Value) -> Result<String, KeyError> {
        let alg = header.get("alg").and_then(Value::as_str).unwrap_or("ES256");
        let algorithm = match alg {
            "RS256" => SigningAlgorithm::Rs256,
            _ => SigningAlgorithm::Es256,
        };
        let mut whole = json!({ "alg": alg, "kid": self.id(algorithm)? });
        for (name, value) in header.as_object().into_iter().flatten() {
            match (value, whole.as_object_mut()) {
                (Value::Null, Some(members)) => drop(members.remove(name)),
                _ => whole[name] = value.clone(),
            }
        }
        let message = message(&whole, claims);
        let signature = match alg {
            "none" => String::new(),
            _ => self.signature(algorithm, &message)?,
        };
        Ok(format!("{message}.{signature}"))
    }

    /// Whether tokens can be signed with this algorithm.
    pub(crate) fn can(&self, algorithm: SigningAlgorithm) -> bool {
        self.id(algorithm).is_ok()
    }

    fn id(&self, algorithm: SigningAlgorithm) -> Result<&str, KeyError> {
        match algorithm {
            SigningAlgorithm::Es256 => Ok(&self.es256.id),
            SigningAlgorithm::Rs256 => self.rs256.as_ref().map(|key| key.id.as_str()).ok_or(KeyError),
        }
    }

    pub(crate) fn signature(&self, algorithm: SigningAlgorithm, message: &str) -> Result<String, KeyError> {
        let signature = match algorithm {
            SigningAlgorithm::Es256 => {
                let signature: p256::ecdsa::Signature =
                    self.es256.key.try_sign(message.as_bytes()).map_err(|_| KeyError)?;
                signature.to_bytes().to_vec()
            }
            // Signing with randomness blinds the private operation against timing.
            SigningAlgorithm::Rs256 => self
                .rs256
                .as_ref()
                .ok_or(KeyError)?
                .key
                .try_sign_with_rng(&mut rsa::rand_core::OsRng, message.as_bytes())
                .map_err(|_| KeyError)?
                .to_vec(),
        };
        Ok(secret::encode(&signature))
    }

    /// The claims of a token that one of these keys signed. Its times are not checked, because an expired ID token is still
    /// valid as a hint.
    pub(crate) fn verify(&self, token: &str) -> Option<Value> {
        let (message, signature) = token.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let header: Value = serde_json::from_slice(&secret::decode(header)?).ok()?;
        let signature = secret::decode(signature)?;
        let good = match header.get("alg")?.as_str()? {
            "ES256" => {
                let signature = p256::ecdsa::Signature::from_slice(&signature).ok()?;
                self.es256.key.verifying_key().verify(message.as_bytes(), &signature).is_ok()
            }
            "RS256" => {
                let signature = pkcs1v15::Signature::try_from(signature.as_slice()).ok()?;
                self.rs256.as_ref()?.key.verifying_key().verify(message.as_bytes(), &signature).is_ok()
            }
            _ => false,
        };
        good.then(|| secret::decode(claims)).flatten().and_then(|claims| serde_json::from_slice(&claims).ok())
    }
}

/// The signing input of a JWS (RFC 7515 section 5.1).
fn message(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| secret::encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

impl EsKey {
    fn new(key: p256::ecdsa::SigningKey) -> Result<EsKey, KeyError> {
        let (x, y) = coordinates(&key).ok_or(KeyError)?;
        let id = Digest::of(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)).text();
        Ok(EsKey { key, id })
    }

    fn jwk(&self) -> Value {
        let (x, y) = coordinates(&self.key).unwrap_or_default();
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y, "use": "sig", "alg": "ES256", "kid": self.id })
    }
}

/// The public point. `None` for the point at infinity, which is not a key.
fn coordinates(key: &p256::ecdsa::SigningKey) -> Option<(String, String)> {
    let point = key.verifying_key().to_sec1_point(false);
    Some((secret::encode(point.x()?), secret::encode(point.y()?)))
}

impl RsKey {
    fn new(private: RsaPrivateKey) -> RsKey {
        let (n, e) = parts(&private);
        let id = Digest::of(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)).text();
        RsKey { key: pkcs1v15::SigningKey::new(private.clone()), private, id }
    }

    fn jwk(&self) -> Value {
        let (n, e) = parts(&self.private);
        json!({ "kty": "RSA", "n": n, "e": e, "use": "sig", "alg": "RS256", "kid": self.id })
    }
}

fn parts(key: &RsaPrivateKey) -> (String, String) {
    (secret::encode(&key.n().to_bytes_be()), secret::encode(&key.e().to_bytes_be()))
}

//! Signatures of clients, with public keys that they send or are registered with (RFC 7515, 7517, 7518, 7638).

use p256::ecdsa::signature::Verifier as _;
use rsa::sha2::Sha256;
use rsa::signature::Verifier as _;
use rsa::{BigUint, RsaPublicKey, pkcs1v15};
use serde_json::Value;

use crate::crypto::secret::{self, Digest};

/// A client's public key: on P-256, for ES256, or of RSA, for RS256.
pub(crate) enum PublicKey {
    Es256(p256::ecdsa::VerifyingKey),
    Rs256(pkcs1v15::VerifyingKey<Sha256>),
}

impl PublicKey {
    /// `None` for a key of another kind, and for one that contains its private part.
    pub(crate) fn from_jwk(jwk: &Value) -> Option<PublicKey> {
        if jwk.get("d").is_some() {
            return None;
        }
        let part = |name: &str| secret::decode(jwk.get(name)?.as_str()?);
        match (jwk.get("kty")?.as_str()?, jwk.get("crv").and_then(Value::as_str)) {
            ("EC", Some("P-256")) => {
                let point = [&[4][..], &part("x")?, &part("y")?].concat();
                p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).ok().map(PublicKey::Es256)
            }
            ("RSA", None) => {
                let (n, e) = (BigUint::from_bytes_be(&part("n")?), BigUint::from_bytes_be(&part("e")?));
                let key = RsaPublicKey::new(n, e).ok()?;
                Some(PublicKey::Rs256(pkcs1v15::VerifyingKey::new(key)))
            }
            _ => None,
        }
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        match self {
            PublicKey::Es256(_) => "ES256",
            PublicKey::Rs256(_) => "RS256",
        }
    }

    fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            PublicKey::Es256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
            PublicKey::Rs256(key) => pkcs1v15::Signature::try_from(signature)
                .is_ok_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }
}

/// The thumbprint of a key on P-256 (RFC 7638).
pub(crate) fn thumbprint(jwk: &Value) -> Option<String> {
    let (x, y) = (jwk.get("x")?.as_str()?, jwk.get("y")?.as_str()?);
    Some(Digest::of(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)).text())
}

/// A parsed compact JWS whose signature was not checked yet.
pub(crate) struct Jws<'a> {
    pub(crate) header: Value,
    pub(crate) claims: Value,
    message: &'a str,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    pub(crate) fn read(text: &'a str) -> Option<Jws<'a>> {
        let (message, signature) = text.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let part = |part: &str| serde_json::from_slice::<Value>(&secret::decode(part)?).ok();
        Some(Jws {
            header: part(header)?,
            claims: part(claims)?,
            message,
            signature: secret::decode(signature)?,
        })
    }

    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.said("alg") == Some(key.algorithm()) && key.verifies(self.message.as_bytes(), &self.signature)
    }

    /// A text member of the header.
    pub(crate) fn said(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// A claim that is a text.
    pub(crate) fn claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    /// A claim that is a time, in seconds since 1970.
    pub(crate) fn time(&self, name: &str) -> Option<u64> {
        self.claims.get(name)?.as_u64()
    }
}

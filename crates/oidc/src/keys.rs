//! The provider's signing keys (RFC 7517) and the algorithms that are accepted.

use std::time::{Duration, SystemTime};

use openidconnect::core::{CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::error::{Document, DocumentProblem, Error};
use crate::http::{Call, Http, JSON};

/// An ID token that names an unknown key makes us read the keys again, at most once in this time.
pub const KEY_REFETCH_INTERVAL: Duration = Duration::from_secs(60);

const MAX_KEYS: usize = 100;
const MIN_RSA_BYTES: usize = 256;
/// What the library that checks signatures takes.
const MAX_RSA_BYTES: usize = 512;

/// A signature algorithm for ID tokens (RFC 7518, section 3.1; RFC 8037). `none` is not among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[allow(missing_docs)]
pub enum SigningAlgorithm {
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "RS384")]
    Rs384,
    #[serde(rename = "RS512")]
    Rs512,
    #[serde(rename = "PS256")]
    Ps256,
    #[serde(rename = "PS384")]
    Ps384,
    #[serde(rename = "PS512")]
    Ps512,
    #[serde(rename = "ES256")]
    Es256,
    #[serde(rename = "ES384")]
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// Only for a client with a secret, and only if it is registered so.
    #[serde(rename = "HS256")]
    Hs256,
    /// As HS256.
    #[serde(rename = "HS384")]
    Hs384,
    /// As HS256.
    #[serde(rename = "HS512")]
    Hs512,
}

impl SigningAlgorithm {
    const ALL: [Self; 12] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
    ];

    /// As in the `alg` header parameter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
        }
    }

    /// From the `alg` header parameter, which is case-sensitive.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// True if whoever can check a signature can also make one.
    pub fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }

    pub(crate) fn core(self) -> CoreJwsSigningAlgorithm {
        match self {
            Self::Rs256 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            Self::Rs384 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
            Self::Rs512 => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
            Self::Ps256 => CoreJwsSigningAlgorithm::RsaSsaPssSha256,
            Self::Ps384 => CoreJwsSigningAlgorithm::RsaSsaPssSha384,
            Self::Ps512 => CoreJwsSigningAlgorithm::RsaSsaPssSha512,
            Self::Es256 => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            Self::Es384 => CoreJwsSigningAlgorithm::EcdsaP384Sha384,
            Self::EdDsa => CoreJwsSigningAlgorithm::EdDsa,
            Self::Hs256 => CoreJwsSigningAlgorithm::HmacSha256,
            Self::Hs384 => CoreJwsSigningAlgorithm::HmacSha384,
            Self::Hs512 => CoreJwsSigningAlgorithm::HmacSha512,
        }
    }
}

/// Why the keys are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// A statement in the answer to a request of ours.
    Answer,
    /// A statement that anybody may have sent us.
    Message,
}

/// The keys and when they were last read again because of an unknown `kid`.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) set: std::sync::Arc<CoreJsonWebKeySet>,
    for_answer: Option<SystemTime>,
    for_message: Option<SystemTime>,
}

impl Keys {
    /// True at most once in [`KEY_REFETCH_INTERVAL`], and when the clock was set back.
    ///
    /// A message waits for both, an answer only for other answers: otherwise whoever can send us messages could use up
    /// what a refresh needs just after the provider has changed its keys.
    pub(crate) fn may_refetch(&mut self, now: SystemTime, occasion: Occasion) -> bool {
        let recent = |last: Option<SystemTime>| {
            last.and_then(|last| now.duration_since(last).ok())
                .is_some_and(|since| since < KEY_REFETCH_INTERVAL)
        };
        let throttled = match occasion {
            Occasion::Answer => recent(self.for_answer),
            Occasion::Message => recent(self.for_answer) || recent(self.for_message),
        };
        if !throttled {
            match occasion {
                Occasion::Answer => self.for_answer = Some(now),
                Occasion::Message => self.for_message = Some(now),
            }
        }
        !throttled
    }

    /// What brought nothing does not count for an answer: the session's own pauses keep the next attempt apart. Nothing
    /// keeps messages apart but this.
    pub(crate) fn refetch_failed(&mut self, occasion: Occasion) {
        if occasion == Occasion::Answer {
            self.for_answer = None;
        }
    }
}

pub(crate) async fn fetch(http: &Http, url: &Url) -> Result<CoreJsonWebKeySet, Error> {
    let answer = http.send(Call::get(url)).await?;
    let set: RawKeySet = answer.document(Document::Keys, &[JSON, "application/jwk-set+json"])?;
    usable(set)
}

#[derive(Deserialize)]
pub(crate) struct RawKeySet {
    keys: Vec<Map<String, Value>>,
}

/// Keeps the keys that can verify a signature. One that cannot be used does not spoil the others (RFC 7517,
/// section 5).
pub(crate) fn usable(set: RawKeySet) -> Result<CoreJsonWebKeySet, Error> {
    let malformed = Error::Document { document: Document::Keys, problem: DocumentProblem::Malformed };
    if set.keys.len() > MAX_KEYS {
        return Err(malformed);
    }
    let keys = set.keys.into_iter().filter_map(verification_key).map(Value::Object).collect();
    let set = Map::from_iter([("keys".to_owned(), Value::Array(keys))]);
    serde_json::from_value(Value::Object(set)).map_err(|_| malformed)
}

/// A public key for signatures, with the algorithm that its curve stands for.
///
/// Left out: symmetric keys; keys whose private part is published; RSA below 2,048 bits (RFC 7518, section 3.3), and above 4,096
/// bits, which cannot be used here; keys
/// for encryption; curves that do not match `alg`.
fn verification_key(mut key: Map<String, Value>) -> Option<Map<String, Value>> {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    if ["d", "p", "q", "k"].iter().any(|private| key.contains_key(*private)) {
        return None;
    }
    if text("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    if let Some(Value::Array(operations)) = key.get("key_ops")
        && !operations.iter().any(|operation| operation == "verify")
    {
        return None;
    }
    let implied = match (text("kty")?, text("crv")) {
        ("RSA", _) if (MIN_RSA_BYTES..=MAX_RSA_BYTES).contains(&modulus_bytes(text("n")?)) => None,
        ("EC", Some("P-256")) => Some("ES256"),
        ("EC", Some("P-384")) => Some("ES384"),
        ("OKP", Some("Ed25519")) => Some("EdDSA"),
        _ => return None,
    };
    if let Some(implied) = implied {
        if text("alg").is_some_and(|alg| alg != implied) {
            return None;
        }
        key.insert("alg".to_owned(), Value::from(implied));
    }
    Some(key)
}

fn modulus_bytes(n: &str) -> usize {
    use base64::Engine;
    let decoded = base64::prelude::BASE64_URL_SAFE_NO_PAD.decode(n).unwrap_or_default();
    decoded.iter().skip_while(|byte| **byte == 0).count()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn count(key: Value) -> usize {
        usable(serde_json::from_value(json!({ "keys": [key] })).unwrap()).unwrap().keys().len()
    }

    const X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
    const Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";

    #[test]
    fn only_keys_that_can_verify_are_kept() {
        let ec = json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y, "kid": "1"});
        let with = |name: &str, value: Value| {
            let mut key = ec.clone();
            key[name] = value;
            key
        };
        assert_eq!(count(ec.clone()), 1);
        assert_eq!(count(with("use", json!("sig"))), 1);
        assert_eq!(count(with("key_ops", json!(["verify"]))), 1);
        assert_eq!(count(with("use", json!("enc"))), 0);
        assert_eq!(count(with("key_ops", json!(["deriveKey"]))), 0);
        assert_eq!(count(with("d", json!(X))), 0);
        assert_eq!(count(with("alg", json!("ES384"))), 0);
        assert_eq!(count(with("crv", json!("P-521"))), 0);
        assert_eq!(count(json!({"kty": "oct", "k": X})), 0);
        let rsa = |bytes: usize| {
            use base64::Engine;
            let n = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(vec![0xc1; bytes]);
            json!({"kty": "RSA", "n": n, "e": "AQAB"})
        };
        assert_eq!(count(rsa(256)), 1);
        assert_eq!((count(rsa(128)), count(rsa(512)), count(rsa(1024))), (0, 1, 0));
    }

    #[test]
    fn keys_are_read_again_once_a_minute_at_most() {
        let mut keys = Keys::default();
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut after = |seconds| keys.may_refetch(start + Duration::from_secs(seconds), Occasion::Answer);
        assert!(after(0));
        assert!(!after(0));
        assert!(!after(59));
        assert!(after(60));
        assert!(!after(61));
        let earlier = start - Duration::from_secs(3600);
        assert!(keys.may_refetch(earlier, Occasion::Answer), "a clock set back must not lock us out");
    }

    #[test]
    fn messages_cannot_use_up_what_an_answer_needs() {
        let mut keys = Keys::default();
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(keys.may_refetch(at(0), Occasion::Message));
        assert!(!keys.may_refetch(at(1), Occasion::Message));
        assert!(keys.may_refetch(at(2), Occasion::Answer));
        assert!(!keys.may_refetch(at(61), Occasion::Message), "the answer has just read them");
        assert!(keys.may_refetch(at(62), Occasion::Message));
        keys.refetch_failed(Occasion::Message);
        assert!(
            !keys.may_refetch(at(63), Occasion::Message),
            "a provider that is down is not asked by strangers"
        );
    }

    #[test]
    fn algorithm_names_are_exact() {
        for algorithm in SigningAlgorithm::ALL {
            assert_eq!(SigningAlgorithm::from_name(algorithm.name()), Some(algorithm));
        }
        for name in ["none", "None", "rs256", "ES512", ""] {
            assert_eq!(SigningAlgorithm::from_name(name), None);
        }
    }
}

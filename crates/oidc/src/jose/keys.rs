//! The provider's signing keys (RFC 7517) and the algorithms that are accepted.

use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJsonWebKeyType};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::document::Document;
use crate::error::{Error, malformed};

const MAX_KEYS: usize = 100;
const MIN_RSA_BYTES: usize = 256;
/// The largest RSA key that the library takes, in bytes.
const MAX_RSA_BYTES: usize = 512;
/// The largest RSA key that is kept, so that a signature by it is refused for its size.
const KEPT_RSA_BYTES: usize = 2048;

#[derive(Deserialize)]
pub(crate) struct RawKeySet {
    keys: Option<Vec<Value>>,
}

/// Keeps the keys that can verify a signature. Entries that cannot be used do not affect the others (RFC 7517, section 5).
pub(crate) fn usable(set: RawKeySet) -> Result<CoreJsonWebKeySet, Error> {
    let malformed = || malformed(Document::Keys, Some("keys"));
    let entries = set.keys.filter(|keys| keys.len() <= MAX_KEYS).ok_or_else(malformed)?;
    let mut keys: Vec<Value> = Vec::new();
    for entry in entries {
        let Value::Object(key) = entry else { continue };
        // The same key twice is one key.
        keys.extend(verification_key(key).map(Value::Object).filter(|key| !keys.contains(key)));
    }
    let set = Map::from_iter([("keys".to_owned(), Value::Array(keys))]);
    serde_json::from_value(Value::Object(set)).map_err(|_| malformed())
}

/// A public key for signatures, with the algorithm of its curve.
///
/// Left out: symmetric keys; keys whose private part is published; RSA below 2,048 bits (RFC 7518, section 3.3) and above
/// 16,384 bits; keys for encryption; curves that do not match `alg`. RSA above 4,096 bits is [too large](is_too_large).
///
/// `use`, `alg` and `key_ops` that say nothing (empty, or of a wrong type) count as missing.
fn verification_key(mut key: Map<String, Value>) -> Option<Map<String, Value>> {
    for name in ["use", "alg"] {
        if key.get(name).and_then(Value::as_str).is_none_or(str::is_empty) {
            key.remove(name);
        }
    }
    if let Some(operations) = key.remove("key_ops") {
        let words = operations.as_array().into_iter().flatten().filter(|operation| operation.is_string());
        let words: Vec<Value> = words.cloned().collect();
        if !words.is_empty() {
            key.insert("key_ops".to_owned(), Value::Array(words));
        }
    }
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
        ("RSA", _) if (MIN_RSA_BYTES..=KEPT_RSA_BYTES).contains(&modulus_bytes(text("n")?)) => None,
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

/// Whether no signature by this key can be checked, because it has more than 4,096 bits.
pub(crate) fn is_too_large(key: &CoreJsonWebKey) -> bool {
    *key.key_type() == CoreJsonWebKeyType::RSA
        && serde_json::to_value(key)
            .is_ok_and(|key| key["n"].as_str().is_some_and(|n| modulus_bytes(n) > MAX_RSA_BYTES))
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
        for silent in [json!(""), json!(7), json!([]), json!([7]), Value::Null] {
            for name in ["use", "alg", "key_ops"] {
                assert_eq!(count(with(name, silent.clone())), 1, "{name} {silent}");
            }
        }
        assert_eq!(count(with("key_ops", json!([7, "verify"]))), 1);
        assert_eq!(count(with("key_ops", json!([7, "sign"]))), 0);
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
        assert_eq!([128, 512, 1024, 2048, 2049].map(|bytes| count(rsa(bytes))), [0, 1, 1, 1, 0]);
    }

    #[test]
    fn what_is_no_key_does_not_spoil_the_others() {
        let ec = json!({"kty": "EC", "crv": "P-256", "x": X, "y": Y, "kid": "1"});
        let odd = json!({"kty": "EC", "crv": "P-256", "x": 7, "y": [], "kid": {}});
        let set = json!({ "keys": [null, 7, "junk", [], {}, odd, ec, ec] });
        assert_eq!(usable(serde_json::from_value(set).unwrap()).unwrap().keys().len(), 1);
        for none in [json!({}), json!({ "keys": null }), json!({ "keys": vec![1; 101] })] {
            let error = usable(serde_json::from_value(none).unwrap()).unwrap_err();
            assert_eq!(error.code(), "keys_malformed");
            assert!(error.to_string().contains("(keys)"), "{error}");
        }
    }
}

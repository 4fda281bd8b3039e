//! Which client it is.

use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

use super::*;

/// A public key, and with which algorithm it is registered.
#[derive(Clone)]
pub(crate) struct ClientPublicKey {
    pub(crate) alg: &'static str,
    pub(crate) verification: &'static dyn VerificationAlgorithm,
    pub(crate) bytes: Vec<u8>,
}

/// Checks the client the way the registration says, and hands out the form without duplicates.
pub(super) fn authenticated(
    issued: &mut Issued,
    issuer: &str,
    form: Vec<(String, String)>,
    authorization: Option<String>,
) -> Result<HashMap<String, String>, &'static str> {
    let mut unique = HashMap::new();
    for (name, value) in form {
        // RFC 8707, section 2; RFC 8693, section 2.1.
        let repeatable = name == "resource" || name == "audience";
        if unique.insert(name, value).is_some() && !repeatable {
            return Err("invalid_request");
        }
    }
    if let Some(key) = issued.behaviour.client_key.clone() {
        let good = authorization.is_none() && is_asserted(issued, issuer, &unique, &key);
        return if good { Ok(unique) } else { Err("invalid_client") };
    }
    let good = match issued.behaviour.secret {
        None => authorization.is_none() && unique.get("client_id").is_some_and(|id| id == CLIENT),
        Some(secret) => {
            let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
            let expected = BASE64_STANDARD.encode(format!("{}:{}", encoded(CLIENT), encoded(secret)));
            authorization == Some(format!("Basic {expected}")) && !unique.contains_key("client_secret")
        }
    };
    if good { Ok(unique) } else { Err("invalid_client") }
}

/// RFC 7523, section 3, and each assertion once.
fn is_asserted(
    issued: &mut Issued,
    issuer: &str,
    form: &HashMap<String, String>,
    key: &ClientPublicKey,
) -> bool {
    let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
    assert_eq!(form.get("client_assertion_type").map(String::as_str), Some(kind));
    assert_eq!(form["client_id"], CLIENT);
    assert!(!form.contains_key("client_secret"));
    let assertion = &form["client_assertion"];
    let [header, claims, signature] = assertion.split('.').collect::<Vec<_>>()[..] else { panic!() };
    let decode = |text: &str| BASE64_URL_SAFE_NO_PAD.decode(text).unwrap();
    let value = |text: &str| serde_json::from_slice::<Value>(&decode(text)).unwrap();
    let (header_said, said) = (value(header), value(claims));
    assert_eq!(header_said["alg"], key.alg);
    let verified = UnparsedPublicKey::new(key.verification, &key.bytes)
        .verify(&assertion.as_bytes()[..header.len() + 1 + claims.len()], &decode(signature))
        .is_ok();
    assert_eq!((&said["iss"], &said["sub"]), (&json!(CLIENT), &json!(CLIENT)));
    assert_eq!(said["aud"], issuer, "one text, the issuer, wherever it is sent to");
    assert_eq!((&said["iat"], &said["exp"]), (&json!(NOW), &json!(NOW + 60)));
    assert!(issued.assertions.insert(said["jti"].as_str().unwrap().to_owned()), "an assertion is sent once");
    verified
}

use std::time::Duration;

use abide_oidc::*;
use serde_json::{Value, json};

use crate::provider::*;

async fn claim_error(name: &'static str, value: Value) -> &'static str {
    sign_in_error(Behaviour { claims: set(name, value), ..Behaviour::default() }).await
}

#[tokio::test]
async fn claims_that_are_refused() {
    let cases: [(&'static str, Value, &str); 27] = [
        ("iss", json!("https://evil.example"), "id_token_issuer_mismatch"),
        ("iss", Value::Null, "id_token_issuer_missing"),
        ("sub", Value::Null, "id_token_subject_missing"),
        ("sub", json!(""), "id_token_subject_missing"),
        ("sub", json!("x".repeat(256)), "id_token_subject_invalid"),
        ("sub", json!("a\nb"), "id_token_subject_invalid"),
        ("sub", json!(7), "id_token_malformed"),
        ("aud", json!("another-client"), "id_token_audience_mismatch"),
        ("aud", Value::Null, "id_token_audience_missing"),
        ("aud", json!([]), "id_token_audience_missing"),
        ("aud", json!([CLIENT, "another-client"]), "id_token_audience_untrusted"),
        ("azp", json!("another-client"), "id_token_authorized_party_mismatch"),
        ("exp", json!(NOW - 60), "id_token_expired"),
        ("exp", json!(0), "id_token_expired"),
        ("exp", Value::Null, "id_token_expiration_missing"),
        ("exp", json!("2030-01-01T00:00:00Z"), "id_token_malformed"),
        ("exp", json!(1e300), "id_token_malformed"),
        ("exp", json!(-1), "id_token_malformed"),
        ("iat", json!(NOW + 61), "id_token_issued_in_future"),
        ("iat", Value::Null, "id_token_issued_at_missing"),
        ("nbf", json!(NOW + 61), "id_token_not_yet_valid"),
        ("nonce", Value::Null, "id_token_nonce_missing"),
        ("nonce", json!("of-another-sign-in"), "id_token_nonce_mismatch"),
        ("nonce", json!(""), "id_token_nonce_missing"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "id_token_at_hash_mismatch"),
        ("auth_time", json!(NOW + 61), "id_token_auth_time_in_future"),
        ("auth_time", json!("now"), "id_token_malformed"),
    ];
    for (name, value, code) in cases {
        assert_eq!(claim_error(name, value.clone()).await, code, "{name}: {value}");
    }
}

#[tokio::test]
async fn claims_that_are_accepted() {
    let cases: [(&'static str, Value); 10] = [
        ("exp", json!(NOW - 59)),
        ("exp", json!(NOW as f64 + 0.5)),
        ("iat", json!(NOW + 60)),
        ("aud", json!([CLIENT])),
        ("azp", json!(CLIENT)),
        ("at_hash", Value::Null),
        ("at_hash", json!("")),
        ("azp", json!("")),
        ("auth_time", Value::Null),
        ("email", Value::Null),
    ];
    for (name, value) in cases {
        let client =
            Client::new(Behaviour { claims: set(name, value.clone()), ..Behaviour::default() }).await;
        let outcome = client.sign_in().await;
        assert!(outcome.is_ok(), "{name}: {value}: {outcome:?}");
    }
}

#[tokio::test]
async fn an_issuer_with_a_slash_more_is_another_issuer() {
    let behaviour = Behaviour {
        claims: edit(|claims| claims["iss"] = format!("{}/", claims["iss"].as_str().unwrap()).into()),
        ..Behaviour::default()
    };
    assert_eq!(sign_in_error(behaviour).await, "id_token_issuer_mismatch");
}

#[tokio::test]
async fn a_trusted_audience_needs_the_authorized_party() {
    let registration =
        || Registration { trusted_audiences: vec!["project".into()], ..Registration::public(CLIENT) };
    let audiences = json!([CLIENT, "project"]);
    let without = Behaviour { claims: set("aud", audiences.clone()), ..Behaviour::default() };
    let client = Client::registered(without, registration()).await;
    assert_eq!(client.sign_in().await.unwrap_err().code(), "id_token_authorized_party_missing");
    let with = Behaviour {
        claims: edit(move |claims| {
            claims["aud"] = audiences.clone();
            claims["azp"] = CLIENT.into();
        }),
        ..Behaviour::default()
    };
    let client = Client::registered(with, registration()).await;
    assert!(client.sign_in().await.is_ok());
}

#[tokio::test]
async fn signatures_that_are_refused() {
    let cases = [
        (Signature::Corrupt, "id_token_signature_invalid"),
        (Signature::Absent, "id_token_unsigned"),
        // With the client id as the key: what an attacker would sign with.
        (Signature::Hs256, "id_token_algorithm_refused"),
    ];
    for (signature, code) in cases {
        assert_eq!(sign_in_error(Behaviour { signature, ..Behaviour::default() }).await, code);
    }
}

#[tokio::test]
async fn hs256_is_for_those_who_registered_it_with_a_secret() {
    let behaviour = || Behaviour {
        signature: Signature::Hs256,
        secret: Some("long shared secret"),
        ..Default::default()
    };
    let unregistered =
        Registration { client_secret: Some("long shared secret".into()), ..Registration::public(CLIENT) };
    let registered = Registration { id_token_alg: Some(SigningAlgorithm::Hs256), ..unregistered.clone() };
    let client = Client::registered(behaviour(), unregistered).await;
    assert_eq!(client.sign_in().await.unwrap_err().code(), "id_token_algorithm_refused");
    let client = Client::registered(behaviour(), registered).await;
    assert_eq!(client.sign_in().await.unwrap().identity.subject, SUBJECT);
}

#[tokio::test]
async fn headers_that_are_refused() {
    let cases: [(&'static str, Value, &str); 8] = [
        ("alg", json!("RS256"), "id_token_algorithm_refused"),
        ("alg", json!("NONE"), "id_token_unsigned"),
        ("alg", json!("es256"), "id_token_algorithm_refused"),
        ("typ", json!("at+jwt"), "id_token_header_refused"),
        ("typ", json!("logout+jwt"), "id_token_header_refused"),
        ("crit", json!(["exp"]), "id_token_header_refused"),
        ("cty", json!("JWT"), "id_token_header_refused"),
        ("kid", json!("not-published"), "id_token_key_unknown"),
    ];
    for (name, value, code) in cases {
        let behaviour = Behaviour { header: set(name, value.clone()), ..Behaviour::default() };
        assert_eq!(sign_in_error(behaviour).await, code, "{name}: {value}");
    }
}

/// An RSA key that is too large to be checked is named, and a usable one beside it is used.
#[tokio::test]
async fn a_key_that_is_too_large_is_named() {
    let rsa = |bits: usize| {
        use base64::Engine;
        let n = base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(vec![0xc1; bits / 8]);
        json!({"kty": "RSA", "kid": "key-1", "n": n, "e": "AQAB"})
    };
    let registration =
        || Registration { id_token_alg: Some(SigningAlgorithm::Rs256), ..Registration::public(CLIENT) };
    for (sizes, code) in [
        (vec![8192], "id_token_key_too_large"),
        (vec![4104], "id_token_key_too_large"),
        (vec![8192, 16384], "id_token_key_too_large"),
        (vec![4096], "id_token_signature_invalid"),
        (vec![8192, 2048], "id_token_signature_invalid"),
        (vec![1024], "id_token_key_unknown"),
    ] {
        let keys: Vec<Value> = sizes.iter().map(|bits| rsa(*bits)).collect();
        let keys = json!({ "keys": keys }).to_string().into_bytes();
        let canned = [("/keys", Canned::Answer(200, "application/json", keys))].into();
        let behaviour = Behaviour { header: set("alg", json!("RS256")), canned, ..Behaviour::default() };
        let client = Client::registered(behaviour, registration()).await;
        assert_eq!(client.sign_in().await.unwrap_err().code(), code, "{sizes:?}");
    }
}

#[tokio::test]
async fn tokens_that_are_no_id_tokens() {
    let cases = [
        ("a.b.c.d.e", "id_token_encrypted"),
        ("a.b", "id_token_malformed"),
        ("not a token", "id_token_malformed"),
        ("e30.e30.", "id_token_malformed"),
    ];
    for (raw, code) in cases {
        assert_eq!(
            sign_in_error(Behaviour { tokens: set("id_token", json!(raw)), ..Default::default() }).await,
            code
        );
    }
}

#[tokio::test]
async fn a_sign_in_that_is_too_old_for_max_age() {
    let parameters = AuthorizationParameters {
        max_age: Some(Duration::from_secs(300)),
        ..AuthorizationParameters::default()
    };
    for (auth_time, code) in [
        (json!(NOW - 361), Some("id_token_auth_time_too_old")),
        (Value::Null, Some("id_token_auth_time_missing")),
        (json!(NOW - 360), None),
    ] {
        let client =
            Client::new(Behaviour { claims: set("auth_time", auth_time), ..Behaviour::default() }).await;
        let outcome = client.sign_in_with(&parameters).await;
        assert_eq!(outcome.err().map(|error| error.code()), code);
    }
}

#[tokio::test]
async fn a_rotated_key_is_fetched_once_and_then_not_for_a_minute() {
    let client = Client::new(Behaviour::default()).await;
    assert_eq!(client.provider.requests("/keys"), 1);
    client.provider.rotate_key("key-2");
    assert!(client.sign_in().await.is_ok());
    assert_eq!(client.provider.requests("/keys"), 2);
    assert!(client.sign_in().await.is_ok());
    assert_eq!(client.provider.requests("/keys"), 2, "a known key is not fetched again");

    client.provider.rotate_key("key-3");
    assert_eq!(client.sign_in().await.unwrap_err().code(), "id_token_key_unknown");
    assert_eq!(client.provider.requests("/keys"), 2, "throttled");

    let AuthorizationRequest { url, pending } = client.request(&AuthorizationParameters::default());
    let code = pending.receive(&client.provider.authorize(&url)).unwrap().code;
    assert!(client.rp.exchange(&client.http, &pending, code, later(60)).await.is_ok());
    assert_eq!(client.provider.requests("/keys"), 3);
}

#[tokio::test]
async fn a_rotated_key_without_a_kid_is_found_too() {
    let client = Client::new(Behaviour { header: set("kid", Value::Null), ..Behaviour::default() }).await;
    client.provider.rotate_key("key-2");
    assert!(client.sign_in().await.is_ok());
}

#[tokio::test]
async fn no_request_follows_a_refused_id_token() {
    let client = Client::new(Behaviour { signature: Signature::Corrupt, ..Behaviour::default() }).await;
    assert!(client.sign_in().await.is_err());
    assert_eq!(client.provider.requests("/userinfo"), 0);
    // A new key can have the name of an earlier one.
    assert_eq!(client.provider.requests("/keys"), 2);
    assert_eq!(client.provider.requests("/token"), 1);
}

/// All claims that a specification has and that decide nothing (OpenID Connect Core 1.0, sections 2 and 5.1).
const CARRIED: [&str; 26] = [
    "acr",
    "amr",
    "c_hash",
    "sid",
    "jti",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "_claim_names",
    "sub_jwk",
];

#[tokio::test]
async fn a_claim_that_decides_nothing_is_carried_as_it_is() {
    for value in [json!(7), json!("True"), json!(true), json!(["pwd", 7, null]), json!({ "a": [7] })] {
        for name in CARRIED {
            let behaviour = Behaviour { claims: set(name, value.clone()), ..Behaviour::default() };
            let client = Client::new(behaviour).await;
            let tokens = client.sign_in().await.unwrap_or_else(|error| panic!("{name}: {value}: {error}"));
            let claims = Claims::of_id_token(tokens.id_token.as_ref().unwrap()).unwrap();
            assert_eq!(claims.claim(name), Some(&value), "{name}");
            let renewed = client.refresh(&tokens).await;
            assert!(renewed.is_ok(), "{name}: {value}: at a renewal: {renewed:?}");
        }
    }
}

#[tokio::test]
async fn a_claim_of_the_wrong_type_that_decides_is_named() {
    for name in ["iss", "sub", "aud", "exp", "iat", "nbf", "nonce", "azp", "at_hash", "auth_time"] {
        for value in [json!(true), json!([7]), json!({ "a": 1 })] {
            let client =
                Client::new(Behaviour { claims: set(name, value.clone()), ..Behaviour::default() }).await;
            let error = client.sign_in().await.unwrap_err();
            assert_eq!(error.code(), "id_token_malformed", "{name}: {value}");
            assert!(error.to_string().contains(&format!("({name})")), "{name}: {value}: {error}");
        }
    }
    // How the person signed in decides only where the account demands it.
    let wrong = [("acr", json!(7)), ("amr", json!("pwd")), ("amr", json!(["pwd", 7])), ("amr", json!({}))];
    for (name, value) in wrong {
        let claims = json!({ "id_token": { name: { "essential": true } } }).as_object().cloned();
        let demanded = AuthorizationParameters { claims, ..AuthorizationParameters::default() };
        let client =
            Client::new(Behaviour { claims: set(name, value.clone()), ..Behaviour::default() }).await;
        let error = client.sign_in_with(&demanded).await.unwrap_err();
        assert_eq!(error.code(), "id_token_malformed", "{name}: {value}");
        assert!(error.to_string().contains(&format!("({name})")), "{name}: {value}: {error}");
        assert!(client.sign_in().await.is_ok(), "{name}: {value}: not demanded");
    }
    let claims = json!({ "id_token": { "amr": { "essential": true } } }).as_object().cloned();
    let demanded = AuthorizationParameters { claims, ..AuthorizationParameters::default() };
    let client = Client::new(Behaviour { claims: set("amr", Value::Null), ..Behaviour::default() }).await;
    assert!(client.sign_in_with(&demanded).await.is_ok(), "it may be missing");
}

#[tokio::test]
async fn every_refusal_names_the_member() {
    for (name, value) in [
        ("iss", json!("https://evil.example")),
        ("iss", Value::Null),
        ("sub", Value::Null),
        ("sub", json!("a\nb")),
        ("aud", json!("another-client")),
        ("aud", json!([CLIENT, "another-client"])),
        ("azp", json!("another-client")),
        ("exp", json!(NOW - 60)),
        ("exp", Value::Null),
        ("iat", json!(NOW + 61)),
        ("iat", Value::Null),
        ("nbf", json!(NOW + 61)),
        ("nonce", Value::Null),
        ("nonce", json!("of-another-sign-in")),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA")),
        ("auth_time", json!(NOW + 61)),
    ] {
        let client =
            Client::new(Behaviour { claims: set(name, value.clone()), ..Behaviour::default() }).await;
        let error = client.sign_in().await.unwrap_err();
        assert!(error.to_string().contains(&format!("({name})")), "{name}: {value}: {error}");
    }
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("RS256")),
        ("kid", json!("x")),
        ("typ", json!("at+jwt")),
        ("cty", json!("JWT")),
        ("typ", json!(7)),
    ] {
        let client =
            Client::new(Behaviour { header: set(name, value.clone()), ..Behaviour::default() }).await;
        let error = client.sign_in().await.unwrap_err();
        assert!(error.to_string().contains(&format!("({name})")), "{name}: {value}: {error}");
    }
}

#[tokio::test]
async fn an_auth_time_of_zero_is_unknown() {
    let client = Client::new(Behaviour { claims: set("auth_time", json!(0)), ..Behaviour::default() }).await;
    let tokens = client.sign_in().await.unwrap();
    assert_eq!(tokens.identity.auth_time, None);
    let recent = AuthorizationParameters {
        max_age: Some(Duration::from_secs(300)),
        ..AuthorizationParameters::default()
    };
    assert_eq!(client.sign_in_with(&recent).await.unwrap_err().code(), "id_token_auth_time_missing");
    // At a renewal it does not contradict what the sign-in said.
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    client.provider.behave(Behaviour { claims: set("auth_time", json!(0)), ..Behaviour::default() });
    assert_eq!(client.refresh(&tokens).await.unwrap().identity.auth_time, tokens.identity.auth_time);
}

#[tokio::test]
async fn a_renewed_id_token_is_held_to_the_algorithm_of_the_first() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let renewed = client.refresh(&tokens).await.unwrap();
    assert_eq!(renewed.identity.signed_with, Some(SigningAlgorithm::Es256));
    let other = Identity { signed_with: Some(SigningAlgorithm::Ps256), ..renewed.identity.clone() };
    let refused = client.refresh(&Tokens { identity: other, ..renewed }).await.unwrap_err();
    assert_eq!(refused.code(), "id_token_algorithm_refused");
}

//! What the OpenID Foundation's modules for back-channel logout try, and more. The suite looks for 200 or 400 only; here
//! each refusal has to be for the right reason.

use std::time::SystemTime;

use abide_oidc::*;
use serde_json::{Value, json};

use crate::provider::*;

async fn judged(client: &Client, at: SystemTime) -> Result<LogoutToken, Error> {
    client.rp.logout_token(&client.http, &client.provider.logout_token(), at).await
}

async fn outcome(behaviour: Behaviour) -> &'static str {
    let client = Client::new(behaviour).await;
    judged(&client, now()).await.map_or_else(|error| error.code(), |_| "ok")
}

async fn with_claim(name: &'static str, value: Value) -> &'static str {
    outcome(Behaviour { claims: set(name, value), ..Behaviour::default() }).await
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let token = judged(&client, now()).await.unwrap();
    assert_eq!(token.issuer, client.provider.issuer);
    assert_eq!((token.subject.as_deref(), token.sid.as_deref()), (Some(SUBJECT), Some("session-1")));
    assert_eq!((token.issued_at, token.expires_at), (NOW, NOW + 120));
    assert!(token.answers(&tokens.identity, NOW, None));
    let mut guard = ReplayGuard::default();
    assert_eq!(guard.admit(&token, now()), Ok(()));
    assert_eq!(guard.admit(&token, later(100)).unwrap_err().code(), "logout_token_replayed");
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_iss() {
    assert_eq!(with_claim("iss", json!("https://evil.example")).await, "logout_token_issuer_mismatch");
    assert_eq!(with_claim("iss", Value::Null).await, "logout_token_issuer_missing");
    let slash = edit(|claims| claims["iss"] = format!("{}/", claims["iss"].as_str().unwrap()).into());
    let behaviour = Behaviour { claims: slash, ..Behaviour::default() };
    assert_eq!(outcome(behaviour).await, "logout_token_issuer_mismatch");
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_aud() {
    assert_eq!(with_claim("aud", json!("another-client")).await, "logout_token_audience_mismatch");
    assert_eq!(with_claim("aud", json!(["another-client"])).await, "logout_token_audience_mismatch");
    assert_eq!(with_claim("aud", json!([CLIENT, "another"])).await, "logout_token_audience_untrusted");
    assert_eq!(with_claim("aud", Value::Null).await, "logout_token_audience_missing");
    assert_eq!(with_claim("aud", json!([CLIENT])).await, "ok");
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_alg() {
    // With the client id as the key: what an attacker would sign with.
    let hs256 = Behaviour { signature: Signature::Hs256, ..Behaviour::default() };
    assert_eq!(outcome(hs256).await, "logout_token_algorithm_refused");
    for alg in ["RS256", "es256", "ES384", ""] {
        let behaviour = Behaviour { header: set("alg", json!(alg)), ..Behaviour::default() };
        assert_eq!(outcome(behaviour).await, "logout_token_algorithm_refused", "{alg}");
    }
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_alg_none() {
    let none = Behaviour { signature: Signature::Absent, ..Behaviour::default() };
    assert_eq!(outcome(none).await, "logout_token_unsigned");
    let written_otherwise = Behaviour { header: set("alg", json!("nOnE")), ..Behaviour::default() };
    assert_eq!(outcome(written_otherwise).await, "logout_token_unsigned");
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_wrong_event() {
    const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
    for wrong in [json!({"http://schemas.openid.net/event/other": {}}), json!({}), json!({EVENT: true})] {
        assert_eq!(with_claim("events", wrong).await, "logout_token_event_mismatch");
    }
    assert_eq!(with_claim("events", json!({EVENT: {"more": 1}, "https://a.example": {}})).await, "ok");
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_no_event() {
    assert_eq!(with_claim("events", Value::Null).await, "logout_token_events_missing");
    let list = json!(["http://schemas.openid.net/event/backchannel-logout"]);
    assert_eq!(with_claim("events", list).await, "logout_token_events_missing");
}

#[tokio::test]
async fn oidcc_client_test_rp_backchannel_rpinitlogout_with_nonce() {
    assert_eq!(with_claim("nonce", json!("n")).await, "logout_token_nonce_present");
    let null = Behaviour { claims: edit(|claims| claims["nonce"] = Value::Null), ..Behaviour::default() };
    assert_eq!(outcome(null).await, "logout_token_nonce_present");
}

#[tokio::test]
async fn claims_that_are_missing_or_wrong() {
    let cases: [(&'static str, Value, &str); 15] = [
        ("exp", Value::Null, "ok"),
        ("exp", json!(NOW - 60), "logout_token_expired"),
        ("exp", json!(NOW - 59), "ok"),
        ("exp", json!("soon"), "logout_token_malformed"),
        ("iat", Value::Null, "logout_token_issued_at_missing"),
        ("iat", json!(NOW + 61), "logout_token_issued_in_future"),
        ("iat", json!(NOW - 661), "logout_token_too_old"),
        ("iat", json!(NOW - 660), "ok"),
        ("nbf", json!(NOW + 61), "logout_token_not_yet_valid"),
        ("jti", Value::Null, "logout_token_id_missing"),
        ("jti", json!(""), "logout_token_id_missing"),
        ("jti", json!("x".repeat(256)), "logout_token_id_invalid"),
        ("jti", json!(7), "logout_token_malformed"),
        ("sub", json!("a\nb"), "logout_token_subject_invalid"),
        ("sid", json!(["session-1"]), "logout_token_malformed"),
    ];
    for (name, value, code) in cases {
        assert_eq!(with_claim(name, value.clone()).await, code, "{name}: {value}");
    }
}

/// Ory Hydra sends none. Then `iat` has the last word: two minutes, and a minute between the clocks.
#[tokio::test]
async fn a_logout_token_without_exp_is_good_for_two_minutes() {
    for (issued, code) in [(NOW - 179, "ok"), (NOW - 180, "logout_token_too_old")] {
        let claims = edit(move |claims| {
            claims.as_object_mut().unwrap().remove("exp");
            claims["iat"] = issued.into();
        });
        assert_eq!(outcome(Behaviour { claims, ..Behaviour::default() }).await, code, "{issued}");
    }
    let client = Client::new(Behaviour { claims: set("exp", Value::Null), ..Behaviour::default() }).await;
    let token = judged(&client, now()).await.unwrap();
    assert_eq!(token.expires_at, NOW + 120);
    let mut guard = ReplayGuard::default();
    assert_eq!(guard.admit(&token, now()), Ok(()));
    assert_eq!(guard.admit(&token, later(179)).unwrap_err().code(), "logout_token_replayed");
}

/// Section 2.6, rule 2.
#[tokio::test]
async fn a_logout_token_is_held_to_the_algorithm_of_the_sign_in() {
    let client = Client::new(Behaviour::default()).await;
    let signed_with = client.sign_in().await.unwrap().identity.signed_with;
    assert_eq!(signed_with, Some(SigningAlgorithm::Es256));
    let token = client.provider.logout_token();
    let code = async |rp: RelyingParty| {
        let judged = rp.logout_token(&client.http, &token, now()).await;
        judged.map_or_else(|error| error.code(), |_| "ok")
    };
    assert_eq!(code(client.rp.held_to(signed_with)).await, "ok");
    assert_eq!(code(client.rp.held_to(None)).await, "ok");
    assert_eq!(
        code(client.rp.held_to(Some(SigningAlgorithm::Rs256))).await,
        "logout_token_algorithm_refused"
    );
    // Where a setting says which algorithm it is, that is the one.
    let registration =
        Registration { id_token_alg: Some(SigningAlgorithm::Es256), ..Registration::public(CLIENT) };
    let registered = RelyingParty::new(client.rp.provider().clone(), registration).unwrap();
    assert_eq!(code(registered.held_to(Some(SigningAlgorithm::Rs256))).await, "ok");
}

#[tokio::test]
async fn it_has_to_say_whose_session_or_which() {
    let without = |names: &'static [&'static str]| Behaviour {
        claims: edit(move |claims| {
            for name in names {
                claims.as_object_mut().unwrap().remove(*name);
            }
        }),
        ..Behaviour::default()
    };
    assert_eq!(outcome(without(&["sub", "sid"])).await, "logout_token_subject_missing");
    assert_eq!(outcome(without(&["sub"])).await, "ok");
    assert_eq!(outcome(without(&["sid"])).await, "ok");
}

#[tokio::test]
async fn other_kinds_of_tokens_are_refused() {
    for (name, value, code) in [
        ("typ", json!("at+jwt"), "logout_token_header_refused"),
        ("typ", json!("secevent+jwt"), "logout_token_header_refused"),
        ("crit", json!(["exp"]), "logout_token_header_refused"),
        ("typ", json!("application/logout+jwt"), "ok"),
        ("typ", json!("JWT"), "ok"),
        ("typ", Value::Null, "ok"),
    ] {
        let behaviour = Behaviour { header: set(name, value.clone()), ..Behaviour::default() };
        assert_eq!(outcome(behaviour).await, code, "{name}: {value}");
    }
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let id_token = secrecy::ExposeSecret::expose_secret(tokens.id_token.as_ref().unwrap()).to_owned();
    let error = client.rp.logout_token(&client.http, &id_token, now()).await.unwrap_err();
    assert_eq!(error.code(), "logout_token_events_missing", "an ID token ends no session");
}

#[tokio::test]
async fn text_that_is_no_logout_token() {
    let client = Client::new(Behaviour::default()).await;
    let good = client.provider.logout_token();
    let twice = client.provider.signed("logout+jwt", r#"{"iss":"a","iss":"b"}"#);
    for (raw, code) in [
        ("", "logout_token_malformed"),
        ("a.b", "logout_token_malformed"),
        ("a.b.c.d.e", "logout_token_encrypted"),
        ("a.b.c.d.e.f", "logout_token_malformed"),
        ("e30.e30.", "logout_token_malformed"),
        (&*format!("{good}="), "logout_token_malformed"),
        (&*format!("{good}\n"), "logout_token_malformed"),
        (&*twice, "logout_token_duplicate_member"),
        (&*"a".repeat(16 * 1024 + 1), "logout_token_too_long"),
    ] {
        let error = client.rp.logout_token(&client.http, raw, now()).await.unwrap_err();
        assert_eq!(error.code(), code);
        assert!(!error.is_transient());
    }
    assert_eq!(client.provider.requests("/keys"), 1, "none of them made us ask the provider");
}

#[tokio::test]
async fn a_forged_signature_is_refused() {
    let corrupt = Behaviour { signature: Signature::Corrupt, ..Behaviour::default() };
    assert_eq!(outcome(corrupt).await, "logout_token_signature_invalid");
}

#[tokio::test]
async fn a_new_key_is_read_once_and_strangers_cannot_use_up_what_a_refresh_needs() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    client.provider.rotate_key("key-2");
    assert!(judged(&client, now()).await.is_ok());
    assert_eq!(client.provider.requests("/keys"), 2);

    let made_up = Behaviour { header: set("kid", json!("made-up")), ..Behaviour::default() };
    client.provider.behave(made_up);
    for seconds in [0, 1, 59] {
        let error = judged(&client, later(seconds)).await.unwrap_err();
        assert_eq!(error.code(), "logout_token_key_unknown");
    }
    assert_eq!(client.provider.requests("/keys"), 2, "throttled");

    client.provider.behave(Behaviour::default());
    client.provider.rotate_key("key-3");
    assert!(client.refresh(&tokens).await.is_ok(), "the refresh has its own turn");
}

#[tokio::test]
async fn without_a_kid_one_key_is_enough_and_two_are_too_many() {
    let client = Client::new(Behaviour { header: set("kid", Value::Null), ..Behaviour::default() }).await;
    assert!(judged(&client, now()).await.is_ok());
    client.provider.rotate_key("key-2");
    assert!(judged(&client, now()).await.is_ok(), "the new key is found too");

    let key = |kid: Value| {
        json!({
            "kty": "EC", "crv": "P-256", "kid": kid,
            "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
        })
    };
    let keys = |keys: Value| {
        let body = json!({ "keys": keys }).to_string().into_bytes();
        [("/keys", Canned::Answer(200, "application/json", body))].into()
    };
    let behaviour = Behaviour {
        header: set("kid", Value::Null),
        canned: keys(json!([key(json!("a")), key(json!("b"))])),
        ..Behaviour::default()
    };
    assert_eq!(outcome(behaviour).await, "logout_token_key_ambiguous");

    let nameless = Behaviour { canned: keys(json!([key(Value::Null)])), ..Behaviour::default() };
    assert_eq!(
        outcome(nameless).await,
        "logout_token_key_unknown",
        "the key that the token names is not there"
    );
}

#[tokio::test]
async fn keys_that_cannot_be_read_say_nothing_about_the_token() {
    let client = Client::new(Behaviour::default()).await;
    client.provider.rotate_key("key-2");
    client.provider.behave(Behaviour {
        canned: [("/keys", Canned::Answer(503, "text/plain", Vec::new()))].into(),
        ..Behaviour::default()
    });
    let error = judged(&client, now()).await.unwrap_err();
    assert_eq!((error.code(), error.is_transient()), ("provider_unavailable", true));
    let error = judged(&client, later(1)).await.unwrap_err();
    assert_eq!(
        error.code(),
        "logout_token_key_unknown",
        "a provider that is down is not asked again at once"
    );
    client.provider.behave(Behaviour::default());
    assert!(judged(&client, later(60)).await.is_ok());
}

#[tokio::test]
async fn a_client_that_registered_hs256_is_told_with_its_secret() {
    let behaviour = || Behaviour {
        signature: Signature::Hs256,
        secret: Some("long shared secret"),
        ..Behaviour::default()
    };
    let registration = |id_token_alg| Registration {
        client_secret: Some("long shared secret".into()),
        id_token_alg,
        ..Registration::public(CLIENT)
    };
    let client = Client::registered(behaviour(), registration(Some(SigningAlgorithm::Hs256))).await;
    assert!(judged(&client, now()).await.is_ok());
    client.provider.behave(Behaviour { signature: Signature::Hs256, ..Behaviour::default() });
    assert_eq!(judged(&client, now()).await.unwrap_err().code(), "logout_token_signature_invalid");
    let client = Client::registered(behaviour(), registration(None)).await;
    assert_eq!(judged(&client, now()).await.unwrap_err().code(), "logout_token_algorithm_refused");
}

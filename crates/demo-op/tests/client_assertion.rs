//! A client that authenticates with its key: `private_key_jwt`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, Config, DemoOp, Endpoint, fingerprint};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::signing::*;
use common::*;
use serde_json::{Value, json};

const TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn provider_with(public_key: Value) -> (DemoOp, TestClock) {
    let clock = TestClock::new();
    let clients = vec![Client { public_key: Some(public_key), ..Client::default() }];
    (DemoOp::start(Config { clients, ..clock.config() }).await.unwrap(), clock)
}

fn asserting<'a>(fields: &[(&'a str, &'a str)], assertion: &'a str) -> Vec<(&'a str, &'a str)> {
    let shown = [("client_assertion_type", TYPE), ("client_assertion", assertion)];
    fields.iter().copied().chain(shown).collect()
}

#[tokio::test]
async fn a_client_with_a_key_signs_every_request() {
    let key = Key::new(1);
    let (provider, clock) = provider_with(key.jwk()).await;
    let back = Back::new(&provider);
    let metadata = back.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["none", "private_key_jwt"]));
    assert_eq!(metadata["token_endpoint_auth_signing_alg_values_supported"], json!(["ES256", "RS256"]));
    let sign = || key.assertion(provider.issuer(), clock.seconds(), |_, _| {});

    let code = Browser::new(&provider).sign_in(&[]).await;
    assert_eq!(back.exchange(&code, &[]).await.error(), "invalid_client");
    let assertion = sign();
    let answer = back.post("/token", &asserting(&redeeming(&code, &[]), &assertion)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens = answer.json();
    let entries = provider.record().entries();
    let exchange = entries.iter().rfind(|entry| entry.endpoint == Endpoint::Token).unwrap();
    assert_eq!(exchange.parameter("client_assertion"), fingerprint(&assertion));

    let refreshing = [("grant_type", "refresh_token"), ("refresh_token", text(&tokens, "refresh_token"))];
    let again = back.post("/token", &asserting(&refreshing, &assertion)).await;
    assert_eq!(again.error(), "invalid_client", "an assertion is good once");
    assert_eq!(back.post("/token", &asserting(&refreshing, &sign())).await.status, 200, "its sub is enough");
    let token = [("token", text(&tokens, "access_token"))];
    let about = back.post("/introspect", &asserting(&token, &sign())).await;
    assert_eq!(about.json()["active"], true);
    assert_eq!(back.post("/revoke", &asserting(&token, &sign())).await.status, 200);
    assert_eq!(back.post("/revoke", &[("client_id", "abide"), token[0]]).await.error(), "invalid_client");
}

#[tokio::test]
async fn an_assertion_that_is_none_is_refused() {
    let key = Key::new(1);
    let (provider, clock) = provider_with(key.jwk()).await;
    let (back, now, issuer) = (Back::new(&provider), clock.seconds(), provider.issuer().to_owned());
    let several = json!([issuer.clone(), "https://evil.example"]);
    let endpoint = format!("{issuer}/token");
    let cases: Vec<(&str, Change)> = vec![
        ("alg", Box::new(|header, _| header["alg"] = json!("none"))),
        ("HS256", Box::new(|header, _| header["alg"] = json!("HS256"))),
        ("iss", Box::new(|_, claims| claims["iss"] = json!("other"))),
        ("sub", Box::new(|_, claims| claims["sub"] = json!("other"))),
        ("another aud", Box::new(|_, claims| claims["aud"] = json!("https://evil.example"))),
        ("the endpoint as aud", Box::new(move |_, claims| claims["aud"] = json!(endpoint))),
        ("several aud", Box::new(move |_, claims| claims["aud"] = several.clone())),
        ("over", Box::new(move |_, claims| claims["exp"] = json!(now))),
        ("for years", Box::new(move |_, claims| claims["exp"] = json!(now + 301))),
        ("no exp", Box::new(|_, claims| claims["exp"] = Value::Null)),
        ("no jti", Box::new(|_, claims| claims["jti"] = Value::Null)),
    ];
    let fields = [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", "x")];
    for (why, change) in cases {
        let assertion = key.assertion(&issuer, now, change);
        assert_eq!(
            back.post("/token", &asserting(&fields, &assertion)).await.error(),
            "invalid_client",
            "{why}"
        );
    }
    let stranger = Key::new(2).assertion(&issuer, now, |_, _| {});
    assert_eq!(back.post("/token", &asserting(&fields, &stranger)).await.error(), "invalid_client");
    let good = key.assertion(&issuer, now, |_, _| {});
    let untyped = [fields[0], fields[1], fields[2], ("client_assertion", &good)];
    assert_eq!(back.post("/token", &untyped).await.error(), "invalid_client");
    assert_eq!(back.post("/token", &asserting(&fields, &good)).await.error(), "invalid_grant", "a good one");
}

#[tokio::test]
async fn a_key_of_rsa_will_do() {
    use rsa::sha2::Sha256;
    use rsa::signature::{SignatureEncoding as _, Signer as _};
    use rsa::traits::PublicKeyParts as _;
    let private = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
    let part = |number: &rsa::BigUint| URL_SAFE_NO_PAD.encode(number.to_bytes_be());
    let jwk = json!({"kty": "RSA", "n": part(private.n()), "e": part(private.e())});
    let (provider, clock) = provider_with(jwk).await;
    let now = clock.seconds();
    let claims = json!({
        "iss": "abide", "sub": "abide", "aud": provider.issuer(), "jti": unique(), "exp": now + 60,
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", encode(&json!({"alg": "RS256"})), encode(&claims));
    let signature = rsa::pkcs1v15::SigningKey::<Sha256>::new(private).sign(message.as_bytes());
    let assertion = format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_vec()));
    let fields = [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", "x")];
    let answer = Back::new(&provider).post("/token", &asserting(&fields, &assertion)).await;
    assert_eq!(answer.error(), "invalid_grant", "it is the client");
}

#[tokio::test]
async fn a_public_client_shows_nothing() {
    let (provider, clock) = provider().await;
    let assertion = Key::new(1).assertion(provider.issuer(), clock.seconds(), |_, _| {});
    let fields = [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", "x")];
    let answer = Back::new(&provider).post("/token", &asserting(&fields, &assertion)).await;
    assert_eq!(answer.error(), "invalid_client");
}

//! Tokens that are bound to a key (RFC 9449).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Config, DemoOp, Endpoint};
use common::signing::*;
use common::*;
use serde_json::{Value, json};

struct Bound {
    provider: DemoOp,
    clock: TestClock,
    back: Back,
    key: Key,
}

impl Bound {
    async fn start(require_dpop_nonce: bool) -> Bound {
        let clock = TestClock::new();
        let provider = DemoOp::start(Config { require_dpop_nonce, ..clock.config() }).await.unwrap();
        Bound { back: Back::new(&provider), provider, clock, key: Key::new(1) }
    }

    fn proof(&self, path: &str, change: impl Fn(&mut Value, &mut Value)) -> String {
        let method = if path == "/userinfo" { "GET" } else { "POST" };
        self.key.proof(method, &self.back.url(path), self.clock.seconds(), change)
    }

    async fn tokens(&self) -> Value {
        let code = Browser::new(&self.provider).sign_in(&[]).await;
        let answer = self.back.proven(&redeeming(&code, &[]), &self.proof("/token", |_, _| {})).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    async fn refresh(&self, token: &str, key: &Key) -> Answer {
        let fields = [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", token)];
        let proof = key.proof("POST", &self.back.url("/token"), self.clock.seconds(), |_, _| {});
        self.back.proven(&fields, &proof).await
    }

    async fn userinfo(&self, scheme: &str, token: &str, proof: Option<&str>) -> Answer {
        let request = self.back.http.get(self.back.url("/userinfo"));
        let authorization = format!("{scheme} {token}");
        let mut headers = vec![("authorization", authorization.as_str())];
        headers.extend(proof.map(|proof| ("dpop", proof)));
        self.back.with_headers(request, &headers).await
    }
}

#[tokio::test]
async fn a_bound_token_is_good_with_its_key_only() {
    let bound = Bound::start(false).await;
    let metadata = bound.back.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["dpop_signing_alg_values_supported"], json!(["ES256"]));
    let tokens = bound.tokens().await;
    assert_eq!(tokens["token_type"], "DPoP");
    let token = text(&tokens, "access_token");
    let good = |_: &mut Value, claims: &mut Value| claims["ath"] = ath(token).into();
    assert_eq!(bound.userinfo("DPoP", token, Some(&bound.proof("/userinfo", good))).await.status, 200);

    let other = Key::new(2).proof("GET", &bound.back.url("/userinfo"), bound.clock.seconds(), good);
    let of_another = |_: &mut Value, claims: &mut Value| claims["ath"] = ath("another").into();
    for (scheme, proof) in [
        ("Bearer", None),
        ("Bearer", Some(bound.proof("/userinfo", |_, _| {}))),
        ("DPoP", None),
        ("DPoP", Some(other)),
        ("DPoP", Some(bound.proof("/userinfo", |_, _| {}))),
        ("DPoP", Some(bound.proof("/userinfo", of_another))),
        ("DPoP", Some(bound.proof("/token", good))),
    ] {
        let answer = bound.userinfo(scheme, token, proof.as_deref()).await;
        assert_eq!(answer.status, 401, "{scheme} {proof:?}");
        assert!(answer.header("www-authenticate").starts_with("DPoP "), "{scheme} {proof:?}");
    }
    let about = bound.back.introspect(token).await;
    assert_eq!((text(&about, "token_type"), text(&about["cnf"], "jkt")), ("DPoP", &*bound.key.thumbprint()));
    let entries = bound.provider.record().entries();
    let exchange = entries.iter().find(|entry| entry.endpoint == Endpoint::Token).unwrap();
    assert_eq!(exchange.parameter("dpop"), bound.key.thumbprint());
}

#[tokio::test]
async fn a_refresh_needs_the_key_and_keeps_it() {
    let bound = Bound::start(false).await;
    let tokens = bound.tokens().await;
    let token = text(&tokens, "refresh_token");
    assert_eq!(bound.refresh(token, &Key::new(2)).await.error(), "invalid_dpop_proof");
    assert_eq!(bound.back.refresh(token).await.error(), "invalid_dpop_proof");
    let fresh = bound.refresh(token, &bound.key).await.json();
    assert_eq!(fresh["token_type"], "DPoP");
}

#[tokio::test]
async fn a_code_that_is_bound_to_a_key_is_good_with_that_only() {
    let bound = Bound::start(false).await;
    let jkt = bound.key.thumbprint();
    let mut browser = Browser::new(&bound.provider);
    let code = browser.sign_in(&[("dpop_jkt", jkt.as_str())]).await;
    let stolen = Key::new(2).proof("POST", &bound.back.url("/token"), bound.clock.seconds(), |_, _| {});
    assert_eq!(bound.back.proven(&redeeming(&code, &[]), &stolen).await.error(), "invalid_dpop_proof");
    let code = browser.authorize(&[("dpop_jkt", jkt.as_str())]).await.redirected()["code"].clone();
    assert_eq!(bound.back.exchange(&code, &[]).await.error(), "invalid_dpop_proof");
    let code = browser.authorize(&[("dpop_jkt", jkt.as_str())]).await.redirected()["code"].clone();
    let proof = bound.proof("/token", |_, _| {});
    assert_eq!(bound.back.proven(&redeeming(&code, &[]), &proof).await.status, 200);
}

#[tokio::test]
async fn a_proof_that_is_none_is_refused() {
    let bound = Bound::start(false).await;
    let now = bound.clock.seconds();
    let secret = "A".repeat(43);
    let cases: Vec<(&str, Change)> = vec![
        ("typ", Box::new(|header, _| header["typ"] = json!("JWT"))),
        ("alg", Box::new(|header, _| header["alg"] = json!("none"))),
        ("no key", Box::new(|header, _| header["jwk"] = Value::Null)),
        ("a private key", Box::new(move |header, _| header["jwk"]["d"] = json!(secret))),
        ("another key", Box::new(|header, _| header["jwk"] = Key::new(3).jwk())),
        ("method", Box::new(|_, claims| claims["htm"] = json!("GET"))),
        ("address", Box::new(|_, claims| claims["htu"] = json!("https://evil.example/token"))),
        ("old", Box::new(move |_, claims| claims["iat"] = json!(now - 61))),
        ("early", Box::new(move |_, claims| claims["iat"] = json!(now + 61))),
        ("no time", Box::new(|_, claims| claims["iat"] = Value::Null)),
        ("no name", Box::new(|_, claims| claims["jti"] = Value::Null)),
        ("a token that is not there", Box::new(|_, claims| claims["ath"] = json!("x"))),
    ];
    let fields = [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", "x")];
    for (why, change) in cases {
        let answer = bound.back.proven(&fields, &bound.proof("/token", change)).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, "invalid_dpop_proof"), "{why}");
    }
    let proof = bound.proof("/token", |_, _| {});
    assert_eq!(bound.back.proven(&fields, &proof).await.error(), "invalid_grant", "a good one");
    assert_eq!(bound.back.proven(&fields, &proof).await.error(), "invalid_dpop_proof", "once");
    let (one, two) = (bound.proof("/token", |_, _| {}), bound.proof("/token", |_, _| {}));
    let request = bound.back.http.post(bound.back.url("/token")).form(&fields);
    let answer = bound.back.with_headers(request, &[("dpop", &one), ("dpop", &two)]).await;
    assert_eq!(answer.error(), "invalid_dpop_proof", "two");
}

#[tokio::test]
async fn a_nonce_is_asked_for_and_grows_old() {
    let bound = Bound::start(true).await;
    let code = Browser::new(&bound.provider).sign_in(&[]).await;
    let answer = bound.back.proven(&redeeming(&code, &[]), &bound.proof("/token", |_, _| {})).await;
    assert_eq!((answer.status, answer.error().as_str()), (400, "use_dpop_nonce"));
    let nonce = answer.header("dpop-nonce").to_owned();
    assert!(!nonce.is_empty());
    let with = |_: &mut Value, claims: &mut Value| claims["nonce"] = json!(nonce);
    let tokens = bound.back.proven(&redeeming(&code, &[]), &bound.proof("/token", with)).await;
    assert_eq!((tokens.status, tokens.header("dpop-nonce")), (200, nonce.as_str()), "the code was not spent");

    let tokens = tokens.json();
    let token = text(&tokens, "access_token");
    let without = |_: &mut Value, claims: &mut Value| claims["ath"] = ath(token).into();
    let answer = bound.userinfo("DPoP", token, Some(&bound.proof("/userinfo", without))).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").contains(r#"error="use_dpop_nonce""#));
    let both = |header: &mut Value, claims: &mut Value| {
        without(header, claims);
        with(header, claims);
    };
    assert_eq!(bound.userinfo("DPoP", token, Some(&bound.proof("/userinfo", both))).await.status, 200);
    bound.clock.advance(10 * 60);
    let answer = bound.back.proven(&redeeming("x", &[]), &bound.proof("/token", with)).await;
    assert_eq!(answer.error(), "use_dpop_nonce");
    assert_ne!(answer.header("dpop-nonce"), nonce);
}

#[tokio::test]
async fn a_device_code_is_good_with_the_key_that_it_was_asked_for_with() {
    let bound = Bound::start(false).await;
    let begin = async |proof: &str| {
        let fields = [("client_id", "abide"), ("scope", "openid offline_access")];
        let request = bound.back.http.post(bound.back.url("/device_authorization")).form(&fields);
        bound.back.with_headers(request, &[("DPoP", proof)]).await
    };
    assert_eq!(begin(&bound.proof("/token", |_, _| {})).await.error(), "invalid_dpop_proof");
    let authorization = begin(&bound.proof("/device_authorization", |_, _| {})).await.json();
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("client_id", "abide"),
        ("device_code", text(&authorization, "device_code")),
    ];
    let of = |key: &Key| key.proof("POST", &bound.back.url("/token"), bound.clock.seconds(), |_, _| {});
    assert_eq!(bound.back.post("/token", &fields).await.error(), "invalid_dpop_proof");
    assert_eq!(bound.back.proven(&fields, &of(&Key::new(2))).await.error(), "invalid_dpop_proof");
    assert_eq!(bound.back.proven(&fields, &of(&bound.key)).await.error(), "authorization_pending");
}

#[tokio::test]
async fn a_bound_token_is_exchanged_with_its_key_only() {
    let bound = Bound::start(false).await;
    let tokens = bound.tokens().await;
    let fields = [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("client_id", "abide"),
        ("subject_token", text(&tokens, "access_token")),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    let of = |key: &Key| key.proof("POST", &bound.back.url("/token"), bound.clock.seconds(), |_, _| {});
    assert_eq!(bound.back.post("/token", &fields).await.error(), "invalid_dpop_proof");
    assert_eq!(bound.back.proven(&fields, &of(&Key::new(2))).await.error(), "invalid_dpop_proof");
    let issued = bound.back.proven(&fields, &of(&bound.key)).await.json();
    assert_eq!(issued["token_type"], "DPoP");
    let found = bound.back.introspect(text(&issued, "access_token")).await;
    assert_eq!(found["cnf"]["jkt"], bound.key.thumbprint());
}

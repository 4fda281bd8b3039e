//! The Relying Party against the demo provider, which was written from the specifications and not from this client.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod device;
mod registration;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use abide_demo_op::{Client, Config, DemoOp, Endpoint, Outcome, PushedAuthorization};
use abide_oidc::*;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use url::Url;

const REDIRECT: &str = "http://127.0.0.1:49152/callback";

/// A PEM with a key on P-256, and its public half.
fn key() -> (String, Value) {
    let (random, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let der = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, der.as_ref(), &random).unwrap();
    let point = pair.public_key().as_ref();
    let (x, y) = (BASE64_URL_SAFE_NO_PAD.encode(&point[1..33]), BASE64_URL_SAFE_NO_PAD.encode(&point[33..]));
    let text = BASE64_STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    (pem, json!({"kty": "EC", "crv": "P-256", "x": x, "y": y}))
}

/// The value of a field of a page's form.
fn field(page: &str, name: &str) -> String {
    let after = page.split(&format!(r#"name="{name}" value=""#)).nth(1).expect(page);
    after.split('"').next().unwrap().to_owned()
}

/// Signs alice in and gives what the browser brings back.
async fn browse(issuer: &str, url: &Url) -> String {
    let http =
        reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let page = http.get(url.clone()).send().await.unwrap();
    let cookies = page.headers().get_all("set-cookie").iter();
    let cookies = cookies.map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
    let cookies = cookies.collect::<Vec<_>>().join("; ");
    let page = page.text().await.unwrap();
    let (transaction, csrf) = (field(&page, "transaction"), field(&page, "csrf"));
    let form = [
        ("transaction", transaction.as_str()),
        ("csrf", &csrf),
        ("username", "alice"),
        ("password", "demo"),
        ("action", "sign-in"),
    ];
    let request = http.post(format!("{issuer}/sign-in")).form(&form).header("cookie", cookies);
    let answer = request.header("sec-fetch-site", "same-origin").send().await.unwrap();
    let location = Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    location.query().unwrap().to_owned()
}

/// Everything at once: a pushed request, a client with a key, bound tokens, nonces, resources, a fresh sign-in.
#[tokio::test]
async fn a_session_with_everything_that_a_strict_provider_can_demand() {
    let (pem, public_key) = key();
    let op = DemoOp::start(Config {
        clients: vec![Client { public_key: Some(public_key), ..Client::default() }],
        pushed_authorization: PushedAuthorization::Required,
        require_dpop_nonce: true,
        ..Config::default()
    })
    .await
    .unwrap();
    let now = SystemTime::now;
    let http = Http::new(HttpOptions::default()).unwrap();
    let provider = Provider::discover(&http, op.issuer()).await.unwrap();
    assert!(provider.requires_pushed_authorization() && provider.has_dpop());
    let client_key = Some(Arc::new(ClientKey::from_pem(pem.as_bytes(), None).unwrap()));
    let registration = Registration { client_key, ..Registration::public("abide") };
    let rp = RelyingParty::new(provider, registration).unwrap();
    let rp = rp.with_dpop(Arc::new(DpopKey::generate().unwrap()), Binding::Required).unwrap();
    let claims = json!({"id_token": {"auth_time": {"essential": true}}});
    let parameters = AuthorizationParameters {
        scopes: vec!["offline_access".into()],
        resources: vec!["https://a.example".into(), "urn:example:b".into()],
        acr_values: vec!["urn:abide:demo:recent".into()],
        max_age: Some(Duration::from_secs(60)),
        claims: claims.as_object().cloned(),
        ..AuthorizationParameters::default()
    };
    let redirect = Url::parse(REDIRECT).unwrap();
    let AuthorizationRequest { url, pending } =
        rp.start_authorization(&http, &redirect, &parameters, now()).await.unwrap();
    let code = pending.receive(&browse(op.issuer(), &url).await).unwrap().code;
    let tokens = rp.exchange(&http, &pending, code, now()).await.unwrap();
    assert_eq!(tokens.token_type, "DPoP");
    assert_eq!(tokens.identity.acr.as_deref(), Some("urn:abide:demo:recent"));
    let (subject, access) = (tokens.identity.subject.as_str(), &tokens.access_token);
    assert!(rp.userinfo_with_proof(&http, access, subject, now()).await.is_ok());
    assert_eq!(rp.userinfo(&http, access, subject, now()).await.unwrap_err(), Error::AccessTokenRejected);
    assert!(rp.introspect(&http, access, TokenKind::AccessToken, now()).await.unwrap().active);
    let sent = tokens.refresh_token.as_ref().unwrap();
    let fresh = rp.refresh(&http, sent, &tokens.identity, &tokens.scope, now()).await.unwrap();
    assert_eq!(fresh.token_type, "DPoP");
    rp.revoke(&http, &fresh.access_token, TokenKind::AccessToken, now()).await.unwrap();

    let entries = op.record().entries();
    let of = |endpoint| entries.iter().filter(move |entry| entry.endpoint == endpoint);
    let pushed: Vec<_> = of(Endpoint::PushedAuthorization).collect();
    assert_eq!(pushed[0].outcome, Outcome::Error("use_dpop_nonce"));
    assert_eq!(pushed[1].parameter("resource"), "https://a.example urn:example:b");
    assert_eq!(pushed.len(), 2);
    assert_eq!(of(Endpoint::Token).count(), 2, "the nonce was known by then");
    assert_eq!(of(Endpoint::Token).next().unwrap().parameter("resource"), "https://a.example");
    assert!(of(Endpoint::Token).all(|entry| entry.outcome == Outcome::Ok));
}

//! The authorization code flow, from discovery to a verified ID token.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, Config, DemoOp, Endpoint, Outcome, SigningAlgorithm, fingerprint};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::*;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// Verifies the signature with the published key of that `kid`.
async fn verified(back: &Back, token: &str, algorithm: &str) -> Value {
    let (message, signature) = token.rsplit_once('.').unwrap();
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
    let header: Value = serde_json::from_slice(&decode(message.split('.').next().unwrap())).unwrap();
    assert_eq!(header["alg"], algorithm);
    let jwks = back.get("/jwks").await.json();
    let keys = jwks["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["kid"] == header["kid"]).unwrap();
    assert_eq!((text(key, "alg"), text(key, "use")), (algorithm, "sig"));
    assert!(key.get("d").is_none());
    let part = |name: &str| decode(text(key, name));
    let signature = decode(signature);
    if algorithm == "ES256" {
        use p256::ecdsa::signature::Verifier as _;
        let point = [&[4][..], &part("x"), &part("y")].concat();
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
        let signature = p256::ecdsa::Signature::from_slice(&signature).unwrap();
        key.verify(message.as_bytes(), &signature).unwrap();
    } else {
        use rsa::signature::Verifier as _;
        let (n, e) = (rsa::BigUint::from_bytes_be(&part("n")), rsa::BigUint::from_bytes_be(&part("e")));
        assert_eq!(n.bits(), 2048);
        let key =
            rsa::pkcs1v15::VerifyingKey::<rsa::sha2::Sha256>::new(rsa::RsaPublicKey::new(n, e).unwrap());
        key.verify(message.as_bytes(), &rsa::pkcs1v15::Signature::try_from(&signature[..]).unwrap()).unwrap();
    }
    claims(token)
}

#[tokio::test]
async fn discovery_names_what_is_there() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let metadata = back.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["issuer"], provider.issuer());
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["none"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    for endpoint in ["authorization", "token", "userinfo", "revocation", "introspection", "end_session"] {
        let url = text(&metadata, &format!("{endpoint}_endpoint"));
        assert!(url.starts_with(provider.issuer()), "{url}");
        let answer = Answer::of(back.http.get(url).send().await.unwrap()).await;
        assert_ne!(answer.status, 404, "{url}");
    }
    assert_eq!(back.get("/nowhere").await.status, 404);
    assert!(back.get("/").await.body.contains("demonstration"));
}

#[tokio::test]
async fn a_person_signs_in_and_the_client_gets_tokens() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));

    let page = browser.authorize(&[("login_hint", "alice")]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("sign in as <b>alice</b>, password <b>demo</b>"));
    assert!(page.body.contains(r#"value="alice""#), "the hint is filled in");
    let answer = browser.fill(&page, "alice", "demo").await;
    assert!(answer.header("location").starts_with(&format!("{REDIRECT_URI}?code=")));
    let response = answer.redirected();
    assert_eq!((response["state"].as_str(), response["iss"].as_str()), ("state-1", provider.issuer()));

    clock.advance(7);
    let tokens = back.exchange(&response["code"], &[]).await;
    assert_eq!((tokens.status, tokens.header("cache-control")), (200, "no-store"));
    let tokens = tokens.json();
    assert_eq!(tokens["token_type"], "Bearer");
    assert_eq!(tokens["expires_in"], 300);
    assert_eq!(text(&tokens, "scope").split(' ').count(), 4);
    let access_token = text(&tokens, "access_token");
    assert_eq!(URL_SAFE_NO_PAD.decode(access_token).unwrap().len(), 32, "256 random bits");

    let id_token = verified(&back, text(&tokens, "id_token"), "ES256").await;
    assert_eq!(id_token["iss"], provider.issuer());
    assert_eq!(id_token["aud"], "abide");
    assert_eq!(id_token["nonce"], "nonce-1");
    assert_eq!(id_token["iat"], clock.seconds());
    assert_eq!(id_token["auth_time"], clock.seconds() - 7);
    assert_eq!(id_token["amr"], json!(["pwd"]));
    assert_eq!(id_token["name"], "Alice Example");
    assert!(!text(&id_token, "sid").is_empty());
    assert_eq!(text(&id_token, "at_hash"), URL_SAFE_NO_PAD.encode(&Sha256::digest(access_token)[..16]));

    // Every secret appears in the record as a fingerprint only.
    let entries = provider.record().entries();
    let exchange = entries.iter().find(|entry| entry.endpoint == Endpoint::Token).unwrap();
    assert_eq!(exchange.outcome, Outcome::Ok);
    assert_eq!(exchange.parameter("code_verifier"), fingerprint(VERIFIER));
    assert_eq!(exchange.parameter("grant_type"), "authorization_code");
    let everything = format!("{entries:?}");
    for secret in [VERIFIER, response["code"].as_str(), access_token, "\"demo\""] {
        assert!(!everything.contains(secret), "{secret}");
    }
}

#[tokio::test]
async fn the_registered_algorithm_signs() {
    let clients = vec![Client { signing: SigningAlgorithm::Rs256, ..Client::default() }];
    let provider = DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap();
    let tokens = tokens(&provider).await;
    let id_token = verified(&Back::new(&provider), text(&tokens, "id_token"), "RS256").await;
    assert_eq!(id_token["nonce"], "nonce-1");
}

#[tokio::test]
async fn a_client_that_wants_it_gets_a_signed_profile() {
    let userinfo_signing = Some(SigningAlgorithm::Es256);
    let clients = vec![Client { userinfo_signing, ..Client::default() }];
    let provider = DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap();
    let (back, tokens) = (Back::new(&provider), tokens(&provider).await);
    let answer = back.userinfo(text(&tokens, "access_token")).await;
    assert_eq!(answer.header("content-type"), "application/jwt");
    let claims = verified(&back, &answer.body, "ES256").await;
    assert_eq!((text(&claims, "iss"), text(&claims, "aud")), (provider.issuer(), "abide"));
    assert_eq!((text(&claims, "sub"), text(&claims, "name")), ("demo-user-1", "Alice Example"));
}

#[tokio::test]
async fn a_signed_in_browser_is_not_asked_again_unless_the_client_wants_it() {
    let (provider, clock) = provider().await;
    let mut browser = Browser::new(&provider);
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirected()["error"], "login_required");
    let code = browser.sign_in(&[]).await;
    let first = claims(text(&Back::new(&provider).exchange(&code, &[]).await.json(), "id_token"));

    clock.advance(100);
    for changes in [vec![], vec![("prompt", "none")], vec![("max_age", "100")], vec![("login_hint", "alice")]]
    {
        let response = browser.authorize(&changes).await.redirected();
        let tokens = Back::new(&provider).exchange(&response["code"], &[]).await.json();
        let again = claims(text(&tokens, "id_token"));
        assert_eq!((&again["sid"], &again["auth_time"]), (&first["sid"], &first["auth_time"]), "{changes:?}");
    }
    for changes in [("prompt", "login"), ("max_age", "99"), ("max_age", "0"), ("login_hint", "bob")] {
        let page = browser.authorize(&[changes]).await;
        assert!(page.has_form() && page.body.contains(r#"name="password""#), "{changes:?}");
    }
    let response = browser.authorize(&[("prompt", "none"), ("max_age", "99")]).await.redirected();
    assert_eq!(response["error"], "login_required");

    // Signing in again refreshes auth_time and keeps the session.
    let code = browser.sign_in(&[("prompt", "login")]).await;
    let again = claims(text(&Back::new(&provider).exchange(&code, &[]).await.json(), "id_token"));
    assert_eq!(again["sid"], first["sid"]);
    assert_eq!(again["auth_time"], clock.seconds());
}

#[tokio::test]
async fn a_client_that_wants_consent_has_the_person_asked() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    browser.sign_in(&[]).await;
    let page = browser.authorize(&[("prompt", "consent")]).await;
    assert!(page.body.contains("Continue as Alice") && !page.body.contains(r#"name="password""#));
    assert!(browser.press(&page, "/sign-in", "continue").await.redirected().contains_key("code"));

    let page = browser.authorize(&[("prompt", "select_account")]).await;
    let page = browser.press(&page, "/sign-in", "another").await;
    let code = browser.fill(&page, "bob@example.com", "demo").await.redirected()["code"].clone();
    let tokens = Back::new(&provider).exchange(&code, &[]).await.json();
    assert_eq!(claims(text(&tokens, "id_token"))["preferred_username"], "bob");
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let (provider, _) = provider().await;
    let code = Browser::new(&provider).sign_in(&[("scope", "openid made_up")]).await;
    let tokens = Back::new(&provider).exchange(&code, &[]).await.json();
    assert!(tokens.get("refresh_token").is_none());
    assert_eq!(tokens["scope"], "openid");
    assert!(claims(text(&tokens, "id_token")).get("name").is_none());
}

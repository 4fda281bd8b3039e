//! The authorization endpoint, pushed requests and devices.

use abide_demo_op::{Client, ClientSecret, OfflineAccess, Quirks};
use serde_json::Value;

use crate::common::*;
use crate::{provider, with_client};

async fn scopes(back: &Back) -> Value {
    back.get("/.well-known/openid-configuration").await.json()["scopes_supported"].clone()
}

#[tokio::test]
async fn offline_access_may_be_honoured_without_being_listed() {
    let quirks = Quirks { offline_access: OfflineAccess::Unlisted, ..Quirks::default() };
    let (provider, _) = provider(Quirks { refuse_unknown_scopes: true, ..quirks }).await;
    assert_eq!(scopes(&Back::new(&provider)).await, serde_json::json!(["openid", "profile", "email"]));
    let tokens = tokens(&provider).await;
    assert_eq!(tokens["scope"], SCOPE);
    assert!(tokens.get("refresh_token").is_some());
}

#[tokio::test]
async fn offline_access_may_be_unknown() {
    let (provider, _) =
        provider(Quirks { offline_access: OfflineAccess::Unknown, ..Quirks::default() }).await;
    assert_eq!(scopes(&Back::new(&provider)).await, serde_json::json!(["openid", "profile", "email"]));
    let tokens = tokens(&provider).await;
    assert_eq!(tokens["scope"], "openid profile email", "it is ignored");
    assert!(tokens.get("refresh_token").is_none());
}

#[tokio::test]
async fn an_unknown_scope_may_be_refused() {
    let quirks = Quirks { refuse_unknown_scopes: true, ..Quirks::default() };
    let (provider, _) = provider(quirks.clone()).await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let device = async |scope: &str| {
        back.post("/device_authorization", &[("client_id", "abide"), ("scope", scope)]).await
    };
    let refused = browser.authorize(&[("scope", "openid admin")]).await.redirected();
    assert_eq!((refused["error"].as_str(), refused["state"].as_str()), ("invalid_scope", "state-1"));
    assert_eq!(device("openid admin").await.error(), "invalid_scope");
    assert!(browser.authorize(&[("scope", SCOPE)]).await.has_form());
    assert_eq!(device(SCOPE).await.status, 200);

    provider.set_quirks(Quirks { offline_access: OfflineAccess::Unknown, ..quirks });
    assert_eq!(browser.authorize(&[]).await.redirected()["error"], "invalid_scope");
    assert_eq!(device(SCOPE).await.error(), "invalid_scope");
    provider.set_quirks(Quirks::default());
    assert!(browser.authorize(&[("scope", "openid admin")]).await.has_form(), "by default it is ignored");
}

#[tokio::test]
async fn silent_requests_may_be_answered_with_consent_required_a_number_of_times() {
    let (provider, _) = provider(Quirks { consent_required: 3, ..Quirks::default() }).await;
    let mut browser = Browser::new(&provider);
    let silent = [("prompt", "none")];
    assert_eq!(browser.authorize(&silent).await.redirected()["error"], "login_required");
    browser.sign_in(&[]).await;
    for _ in 0..3 {
        assert_eq!(browser.authorize(&silent).await.redirected()["error"], "consent_required");
        assert!(browser.authorize(&[]).await.redirected().contains_key("code"), "only silent ones");
    }
    assert!(browser.authorize(&silent).await.redirected().contains_key("code"));
    provider.set_quirks(Quirks { consent_required: 1, ..Quirks::default() });
    assert_eq!(browser.authorize(&silent).await.redirected()["error"], "consent_required");
    assert!(browser.authorize(&silent).await.redirected().contains_key("code"));
}

#[tokio::test]
async fn an_error_may_come_without_the_issuer() {
    let (provider, _) = provider(Quirks { errors_without_iss: true, ..Quirks::default() }).await;
    let mut browser = Browser::new(&provider);
    let page = browser.authorize(&[]).await;
    let cancelled = browser.press(&page, "/sign-in", "cancel").await.redirected();
    assert_eq!((cancelled["error"].as_str(), cancelled["state"].as_str()), ("access_denied", "state-1"));
    assert!(!cancelled.contains_key("iss"));
    browser.sign_in(&[]).await;
    let good = browser.authorize(&[]).await.redirected();
    assert_eq!(good["iss"], provider.issuer(), "a code comes with it");
}

#[tokio::test]
async fn pushed_requests_may_be_closed_to_public_clients() {
    let quirks = Quirks { pushed_authorization_needs_authentication: true, ..Quirks::default() };
    let (provider, _) = provider(quirks.clone()).await;
    let challenge = challenge(VERIFIER);
    let fields = [
        ("client_id", "abide"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", "openid"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let refused = Back::new(&provider).post("/par", &fields).await;
    assert_eq!((refused.status, refused.error().as_str()), (401, "invalid_client"));
    let secret = Some(ClientSecret::of("secret"));
    let (provider, _) = with_client(quirks, Client { secret, ..Client::default() }).await;
    let request = http().post(format!("{}/par", provider.issuer())).basic_auth("abide", Some("secret"));
    assert_eq!(Answer::of(request.form(&fields).send().await.unwrap()).await.status, 201);
}

#[tokio::test]
async fn polls_of_a_device_may_end_in_an_error() {
    let (provider, _) =
        provider(Quirks { device_poll_error: Some("server_error"), ..Quirks::default() }).await;
    let back = Back::new(&provider);
    let begun = back.post("/device_authorization", &[("client_id", "abide"), ("scope", SCOPE)]).await.json();
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let code = text(&begun, "device_code");
    let fields = [("grant_type", grant), ("client_id", "abide"), ("device_code", code)];
    let answer = back.post("/token", &fields).await;
    assert_eq!((answer.status, answer.error().as_str()), (500, "server_error"));
    provider.set_quirks(Quirks::default());
    assert_eq!(back.post("/token", &fields).await.error(), "authorization_pending");
}

//! Optional parameters of a client: resources (RFC 8707) and the authentication context class.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;
use serde_json::json;

const RECENT: &str = "urn:abide:demo:recent";
const SIGNED_IN: &str = "urn:abide:demo:signed-in";

#[tokio::test]
async fn a_token_is_for_the_resource_that_it_was_asked_for() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let query = "resource=https://a.example&resource=urn:example:b";
    let (redirect, challenge) = (REDIRECT_URI, challenge(VERIFIER));
    let path = format!(
        "/authorize?client_id=abide&redirect_uri={redirect}&response_type=code&scope=openid+offline_access\
         &code_challenge={challenge}&code_challenge_method=S256&{query}"
    );
    let page = browser.open(&path, &[]).await;
    let code = browser.fill(&page, "alice", "demo").await.redirected()["code"].clone();
    let answer = back.exchange(&code, &[("resource", "https://a.example")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let tokens = answer.json();
    assert_eq!(back.introspect(text(&tokens, "access_token")).await["aud"], "https://a.example");
    let refreshing = |token: &str, resource: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "abide"),
            ("refresh_token", token),
            ("resource", resource),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let request = back.http.post(format!("{}/token", back.issuer)).form(&fields);
        async { Answer::of(request.send().await.unwrap()).await }
    };
    let token = text(&tokens, "refresh_token");
    assert_eq!(refreshing(token, "https://c.example").await.error(), "invalid_target");
    let second = refreshing(token, "urn:example:b").await.json();
    assert_eq!(back.introspect(text(&second, "access_token")).await["aud"], "urn:example:b");
    let all = back.refresh(text(&second, "refresh_token")).await.json();
    let audience = &back.introspect(text(&all, "access_token")).await["aud"];
    assert_eq!(*audience, json!(["https://a.example", "urn:example:b"]));
    assert_eq!(browser.authorize(&[("resource", "a.example")]).await.redirected()["error"], "invalid_target");
    let code = browser.authorize(&[]).await.redirected()["code"].clone();
    assert_eq!(back.exchange(&code, &[("resource", "https://a.example")]).await.error(), "invalid_target");
}

#[tokio::test]
async fn a_stronger_sign_in_is_asked_of_the_person() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    let plain = back.exchange(&code, &[]).await.json();
    assert!(claims(text(&plain, "id_token")).get("acr").is_none(), "not requested");
    for (wanted, class) in [(RECENT, RECENT), ("urn:unknown", RECENT), (SIGNED_IN, RECENT)] {
        let code = browser.authorize(&[("acr_values", wanted)]).await.redirected()["code"].clone();
        let tokens = back.exchange(&code, &[]).await.json();
        assert_eq!(claims(text(&tokens, "id_token"))["acr"], class);
    }
    clock.advance(301);
    let first_counts = format!("{SIGNED_IN} {RECENT}");
    let code = browser.authorize(&[("acr_values", &first_counts)]).await.redirected()["code"].clone();
    let tokens = back.exchange(&code, &[]).await.json();
    assert_eq!(claims(text(&tokens, "id_token"))["acr"], SIGNED_IN);
    let silent = browser.authorize(&[("acr_values", RECENT), ("prompt", "none")]).await.redirected();
    assert_eq!(silent["error"], "login_required");
    let code = browser.sign_in(&[("acr_values", RECENT)]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    assert_eq!(claims(text(&tokens, "id_token"))["acr"], RECENT);
    let metadata = back.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["acr_values_supported"], json!([SIGNED_IN, RECENT]));
}

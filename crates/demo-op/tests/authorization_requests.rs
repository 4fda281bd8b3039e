//! Refused authorization requests, and who is informed.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Endpoint, Outcome};
use common::*;

#[tokio::test]
async fn a_redirect_uri_that_is_not_registered_is_never_redirected_to() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    for uri in [
        "https://evil.example/callback",
        "http://localhost:49152/callback",
        "http://127.0.0.1:49152/callback/",
        "http://127.0.0.1:49152/callback?x=1",
        "http://127.0.0.1:49152/other/../callback",
        "http://127.0.0.1:49152@evil.example/callback",
        "http://127.0.0.1.evil.example/callback",
        "http://127.0.0.1:49152/callback#fragment",
        "http://[::1]:49152/callback",
    ] {
        let answer = browser.authorize(&[("redirect_uri", uri)]).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{uri}");
        assert!(answer.body.contains("This sign-in cannot start") && !answer.has_form());
        assert!(!answer.body.contains("evil.example"));
    }
    for changes in [("client_id", "nobody"), ("client_id", ""), ("redirect_uri", "")] {
        let answer = browser.authorize(&[changes]).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{changes:?}");
    }
    let twice = "/authorize?client_id=abide&client_id=abide";
    assert_eq!(browser.open(twice, &[]).await.status, 400);
    assert!(provider.record().entries().iter().all(|e| e.outcome == Outcome::Error("invalid_request")));
    // Any port of the registered address is allowed.
    for uri in ["http://127.0.0.1/callback", "http://127.0.0.1:1/callback"] {
        assert_eq!(browser.authorize(&[("redirect_uri", uri)]).await.status, 200, "{uri}");
    }
}

#[tokio::test]
async fn the_client_is_told_what_else_is_wrong() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    for (changes, error) in [
        (("code_challenge", ""), "invalid_request"),
        (("code_challenge", "short"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("code_challenge_method", ""), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("response_type", ""), "invalid_request"),
        (("response_mode", "fragment"), "invalid_request"),
        (("scope", "profile"), "invalid_scope"),
        (("prompt", "none login"), "invalid_request"),
        (("prompt", "create"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
        (("id_token_hint", "a.b.c"), "invalid_request"),
        (("request", "x"), "request_not_supported"),
        (("request_uri", "https://example.com/"), "request_uri_not_supported"),
    ] {
        let answer = browser.authorize(&[changes]).await;
        let response = answer.redirected();
        assert!(answer.header("location").starts_with(REDIRECT_URI));
        assert_eq!(response["error"], error, "{changes:?}");
        assert_eq!((response["state"].as_str(), response["iss"].as_str()), ("state-1", provider.issuer()));
        assert!(!response.contains_key("code"));
    }
}

#[tokio::test]
async fn a_wrong_password_is_said_and_can_be_corrected() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    let page = browser.authorize(&[]).await;
    for (username, password) in [("alice", "wrong"), ("alice", ""), ("mallory\"><b>", "demo"), ("", "")] {
        let again = browser.fill(&page, username, password).await;
        assert_eq!((again.status, again.header("location")), (403, ""));
        assert!(again.body.contains("do not belong together"));
        assert!(!again.body.contains("\"><b>"), "what was typed is text, not markup");
        assert!(again.headers.get("set-cookie").is_none());
    }
    assert_eq!(provider.record().count(Endpoint::SignIn), 4);
    assert!(browser.fill(&page, "Alice", "demo").await.redirected().contains_key("code"));
    // The page was used: it does not work twice.
    let over = browser.fill(&page, "alice", "demo").await;
    assert_eq!(over.status, 400);
    assert!(over.body.contains("This page is no longer valid"));
}

#[tokio::test]
async fn cancelling_tells_the_client() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    let page = browser.authorize(&[]).await;
    let response = browser.press(&page, "/sign-in", "cancel").await.redirected();
    assert_eq!(response["error"], "access_denied");
    assert_eq!((response["state"].as_str(), response["iss"].as_str()), ("state-1", provider.issuer()));
    let last = provider.record().entries().pop().unwrap();
    assert_eq!((last.endpoint, last.outcome), (Endpoint::SignIn, Outcome::Error("access_denied")));
}

#[tokio::test]
async fn a_form_from_another_page_or_browser_is_refused() {
    let (provider, clock) = provider().await;
    let (mut browser, mut other) = (Browser::new(&provider), Browser::new(&provider));
    let page = browser.authorize(&[]).await;
    other.authorize(&[]).await;
    let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
    let fields = [
        ("transaction", transaction.as_str()),
        ("csrf", csrf.as_str()),
        ("username", "alice"),
        ("password", "demo"),
    ];
    assert_eq!(other.submit("/sign-in", &fields).await.status, 400, "another browser");
    assert_eq!(
        browser.submit("/sign-in", &[fields[0], ("csrf", "x"), fields[2], fields[3]]).await.status,
        400
    );
    let cookies: Vec<String> =
        browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let request = browser.http.post(format!("{}/sign-in", provider.issuer())).form(&fields);
    let request = request.header("Cookie", cookies.join("; ")).header("Sec-Fetch-Site", "cross-site");
    assert_eq!(browser.send(request).await.status, 400, "another site");
    clock.advance(15 * 60);
    assert_eq!(browser.submit("/sign-in", &fields).await.status, 400, "too late");
}

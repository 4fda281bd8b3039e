//! Signing in on another device (RFC 8628).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{DemoOp, Endpoint, Outcome};
use common::*;
use serde_json::Value;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

async fn begin(back: &Back) -> Value {
    let answer = back.post("/device_authorization", &[("client_id", "abide"), ("scope", SCOPE)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

async fn poll(back: &Back, authorization: &Value) -> Answer {
    let code = text(authorization, "device_code");
    back.post("/token", &[("grant_type", GRANT), ("client_id", "abide"), ("device_code", code)]).await
}

/// Types the code on the page.
async fn enter(browser: &mut Browser, code: &str) -> Answer {
    let page = browser.open("/device", &[]).await;
    assert_eq!(page.status, 200);
    let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
    browser.submit("/device", &[("transaction", &transaction), ("csrf", &csrf), ("user_code", code)]).await
}

async fn sign_in(browser: &mut Browser, page: &Answer, password: &str) -> Answer {
    let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
    let fields = [
        ("transaction", transaction.as_str()),
        ("csrf", csrf.as_str()),
        ("username", "alice"),
        ("password", password),
        ("action", "sign-in"),
    ];
    browser.submit("/device", &fields).await
}

fn last(provider: &DemoOp, endpoint: Endpoint) -> Outcome {
    provider.record().entries().into_iter().rfind(|entry| entry.endpoint == endpoint).unwrap().outcome
}

#[tokio::test]
async fn a_device_waits_until_its_code_is_entered() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let metadata = back.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["device_authorization_endpoint"], format!("{}/device_authorization", back.issuer));
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&GRANT.into()));

    let authorization = begin(&back).await;
    assert_eq!((&authorization["expires_in"], &authorization["interval"]), (&600.into(), &5.into()));
    let code = text(&authorization, "user_code");
    assert_eq!((code.len(), &code[4..5]), (9, "-"));
    assert_eq!(poll(&back, &authorization).await.error(), "authorization_pending");

    // As people type.
    let page = enter(&mut browser, &format!(" {} ", code.to_lowercase().replace('-', " "))).await;
    assert!(page.body.contains(code) && page.body.contains("Connect Abide"), "{}", page.body);
    let wrong = sign_in(&mut browser, &page, "wrong").await;
    assert_eq!(
        (wrong.status, last(&provider, Endpoint::Device)),
        (403, Outcome::Error("invalid_credentials"))
    );
    clock.advance(5);
    assert_eq!(poll(&back, &authorization).await.error(), "authorization_pending");
    let done = sign_in(&mut browser, &wrong, "demo").await;
    assert!(done.body.contains("Your device is connected"), "{}", done.body);

    clock.advance(5);
    let tokens = poll(&back, &authorization).await.json();
    let id_token = claims(text(&tokens, "id_token"));
    assert_eq!(id_token["preferred_username"], "alice");
    assert_eq!(id_token["auth_time"], clock.seconds() - 5);
    assert!(id_token.get("nonce").is_none(), "the request had none");
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 200);
    // Only once.
    assert_eq!(poll(&back, &authorization).await.error(), "invalid_grant");
    let everything = format!("{:?}", provider.record().entries());
    assert!(!everything.contains(text(&authorization, "device_code")));
}

#[tokio::test]
async fn a_person_who_scans_the_code_is_still_asked_and_may_say_no() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    browser.sign_in(&[]).await;
    for (action, outcome) in [("continue", "ok"), ("cancel", "access_denied")] {
        let authorization = begin(&back).await;
        let complete = text(&authorization, "verification_uri_complete");
        let path = complete.strip_prefix(provider.issuer()).unwrap();
        let page = browser.open(path, &[]).await;
        assert!(
            page.body.contains("Continue as Alice") && page.body.contains(text(&authorization, "user_code"))
        );
        assert_eq!(browser.press(&page, "/device", action).await.status, 200);
        let answer = poll(&back, &authorization).await;
        assert_eq!(if answer.status == 200 { "ok".to_owned() } else { answer.error() }, outcome);
        // Of two answers to one page, the first counts.
        assert_eq!(browser.press(&page, "/device", "continue").await.status, 400);
    }
}

#[tokio::test]
async fn a_device_that_asks_too_often_is_told_to_slow_down() {
    let (provider, clock) = provider().await;
    let back = Back::new(&provider);
    let authorization = begin(&back).await;
    assert_eq!(poll(&back, &authorization).await.error(), "authorization_pending");
    clock.advance(4);
    assert_eq!(poll(&back, &authorization).await.error(), "slow_down");
    clock.advance(9);
    assert_eq!(poll(&back, &authorization).await.error(), "slow_down", "ten seconds from now on");
    clock.advance(15);
    assert_eq!(poll(&back, &authorization).await.error(), "authorization_pending");
    assert_eq!(last(&provider, Endpoint::Token), Outcome::Error("authorization_pending"));
}

#[tokio::test]
async fn a_code_is_over_after_ten_minutes() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let authorization = begin(&back).await;
    clock.advance(600);
    let page = enter(&mut browser, text(&authorization, "user_code")).await;
    assert_eq!((page.status, last(&provider, Endpoint::Device)), (404, Outcome::Error("invalid_user_code")));
    assert_eq!(poll(&back, &authorization).await.error(), "expired_token");
}

#[tokio::test]
async fn a_sign_out_before_the_poll_takes_it_back() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let authorization = begin(&back).await;
    let page = enter(&mut browser, text(&authorization, "user_code")).await;
    sign_in(&mut browser, &page, "demo").await;
    provider.end_session("alice");
    assert_eq!(poll(&back, &authorization).await.error(), "access_denied");
}

#[tokio::test]
async fn codes_cannot_be_guessed() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let authorization = begin(&back).await;
    let right = [("user_code", text(&authorization, "user_code"))];
    for _ in 0..20 {
        assert_eq!(browser.open("/device", &[("user_code", "BBBB-BBBB")]).await.status, 404);
    }
    let page = browser.open("/device", &right).await;
    assert_eq!((page.status, last(&provider, Endpoint::Device)), (429, Outcome::Error("slow_down")));
    assert!(page.body.contains("Try again in a minute") && page.has_form());
    clock.advance(60);
    assert_eq!(browser.open("/device", &right).await.status, 200);
}

#[tokio::test]
async fn requests_that_are_refused() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    for (fields, error) in [
        ([("client_id", "nobody"), ("scope", "openid")], "invalid_client"),
        ([("client_id", "abide"), ("scope", "profile")], "invalid_scope"),
        ([("client_id", "abide"), ("scope", "")], "invalid_scope"),
    ] {
        assert_eq!(back.post("/device_authorization", &fields).await.error(), error);
    }
    for code in ["<script>alert(1)</script>", "BBBB-BBBB", "\u{202e}"] {
        let page = enter(&mut browser, code).await;
        assert!(page.status == 404 && page.has_form() && !page.body.contains("<script"), "{}", page.body);
    }
    let made_up = serde_json::json!({ "device_code": "made-up" });
    assert_eq!(poll(&back, &made_up).await.error(), "invalid_grant");
    assert_eq!(
        back.post("/token", &[("grant_type", GRANT), ("client_id", "abide")]).await.error(),
        "invalid_request"
    );
    // A form that another page sends.
    let authorization = begin(&back).await;
    let page = enter(&mut browser, text(&authorization, "user_code")).await;
    let (mut stranger, transaction) = (Browser::new(&provider), page.field("transaction"));
    let fields = [("transaction", transaction.as_str()), ("csrf", "x"), ("action", "continue")];
    assert_eq!(stranger.submit("/device", &fields).await.status, 400);
    assert_eq!(browser.submit("/device", &fields).await.status, 400);
}

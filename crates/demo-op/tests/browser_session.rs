//! The provider's own session in the browser.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;

#[tokio::test]
async fn a_second_sign_in_asks_nothing_and_keeps_the_sid() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let first = browser.sign_in(&[]).await;
    let second = browser.authorize(&[]).await.redirected()["code"].clone();
    let sid =
        |tokens: serde_json::Value| claims(text(&tokens, "id_token"))["sid"].as_str().unwrap().to_owned();
    let first = sid(back.exchange(&first, &[]).await.json());
    assert_eq!(first, sid(back.exchange(&second, &[]).await.json()));
    let again = browser.sign_in(&[("prompt", "login")]).await;
    assert_eq!(first, sid(back.exchange(&again, &[]).await.json()), "the same person, the same session");
    assert_ne!(first, sid(tokens(&provider).await), "another browser");
}

#[tokio::test]
async fn a_silent_request_for_another_person_is_answered_without_a_page() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let page = browser.authorize(&[]).await;
    let code = browser.fill(&page, "bob", "demo").await.redirected()["code"].clone();
    let bobs = back.exchange(&code, &[]).await.json();
    let hint = text(&bobs, "id_token").to_owned();
    let silent = [("prompt", "none"), ("id_token_hint", hint.as_str())];
    assert!(browser.authorize(&silent).await.redirected().contains_key("code"));

    browser.sign_in(&[("prompt", "login")]).await;
    let answer = browser.authorize(&silent).await;
    assert_eq!(answer.redirected()["error"], "login_required", "alice took bob's place");
    assert_eq!(answer.header("x-frame-options"), "", "it may be the answer in a frame");
    assert!(!answer.header("content-security-policy").contains("frame-ancestors"));
}

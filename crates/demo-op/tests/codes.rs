//! Authorization codes: once, in time, with the verifier.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, Config, DemoOp};
use common::*;

#[tokio::test]
async fn a_code_without_its_verifier_is_worth_nothing() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    browser.sign_in(&[]).await;
    let wrong = "x".repeat(43);
    for (changes, error) in [
        (("code_verifier", wrong.as_str()), "invalid_grant"),
        (("code_verifier", "short"), "invalid_grant"),
        (("code_verifier", ""), "invalid_request"),
        (("redirect_uri", "http://127.0.0.1:1/callback"), "invalid_grant"),
        (("code", "made-up"), "invalid_grant"),
        (("client_id", "nobody"), "invalid_client"),
        (("client_id", ""), "invalid_client"),
        (("client_secret", "x"), "invalid_client"),
        (("grant_type", "password"), "unsupported_grant_type"),
        (("grant_type", ""), "invalid_request"),
    ] {
        let code = browser.authorize(&[]).await.redirected()["code"].clone();
        let answer = back.exchange(&code, &[changes]).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, error), "{changes:?}");
    }
    // A wrong verifier uses the code up.
    let code = browser.authorize(&[]).await.redirected()["code"].clone();
    back.exchange(&code, &[("code_verifier", &wrong)]).await;
    assert_eq!(back.exchange(&code, &[]).await.error(), "invalid_grant");
}

#[tokio::test]
async fn using_a_code_twice_revokes_what_it_led_to() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let code = Browser::new(&provider).sign_in(&[]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    let (access, refresh) = (text(&tokens, "access_token"), text(&tokens, "refresh_token"));
    assert_eq!(back.userinfo(access).await.status, 200);
    assert_eq!(back.exchange(&code, &[]).await.error(), "invalid_grant");
    assert_eq!(back.userinfo(access).await.status, 401);
    assert_eq!(back.refresh(refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_code_lasts_a_minute() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    clock.advance(60);
    assert_eq!(back.exchange(&code, &[]).await.error(), "invalid_grant");
    let code = browser.authorize(&[]).await.redirected()["code"].clone();
    clock.advance(59);
    assert_eq!(back.exchange(&code, &[]).await.status, 200);
}

#[tokio::test]
async fn a_code_belongs_to_its_client() {
    let clients = vec![Client::default(), Client { id: "other".to_owned(), ..Client::default() }];
    let provider = DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap();
    let code = Browser::new(&provider).sign_in(&[]).await;
    let answer = Back::new(&provider).exchange(&code, &[("client_id", "other")]).await;
    assert_eq!(answer.error(), "invalid_grant");
}

#[tokio::test]
async fn a_client_that_authenticates_is_not_the_registered_one() {
    let (provider, _) = provider().await;
    let request = http().post(format!("{}/token", provider.issuer())).basic_auth("abide", Some("secret"));
    let answer =
        Answer::of(request.form(&[("grant_type", "authorization_code")]).send().await.unwrap()).await;
    assert_eq!((answer.status, answer.error().as_str()), (401, "invalid_client"));
    assert!(answer.header("www-authenticate").starts_with("Basic"));
}

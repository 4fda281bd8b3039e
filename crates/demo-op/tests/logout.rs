//! Signing out at the provider.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, Config, DemoOp};
use common::*;

const RETURN_TO: &str = "http://127.0.0.1:50123/signed-out";

#[tokio::test]
async fn the_client_that_shows_the_id_token_signs_its_person_out() {
    let (provider, clock) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    // An expired ID token still names the person.
    clock.advance(60 * 60);
    let parameters = [
        ("id_token_hint", text(&tokens, "id_token")),
        ("post_logout_redirect_uri", RETURN_TO),
        ("state", "bye"),
    ];
    let answer = browser.open("/logout", &parameters).await;
    assert_eq!(answer.location().as_str(), format!("{RETURN_TO}?state=bye"));
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirected()["error"], "login_required");
    assert!(browser.authorize(&[]).await.body.contains(r#"name="password""#));
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn without_a_redirect_a_page_says_that_it_is_done() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    let page = browser.open("/logout", &[("id_token_hint", text(&tokens, "id_token"))]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("You are signed out") && page.body.contains("go back to Abide"));
    assert!(page.body.contains("demonstration"));
}

#[tokio::test]
async fn without_an_id_token_the_person_is_asked() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    browser.sign_in(&[]).await;
    let parameters = [("client_id", "abide"), ("post_logout_redirect_uri", RETURN_TO)];
    let page = browser.open("/logout", &parameters).await;
    assert!(page.body.contains("Sign out?"));
    let stay = browser.press(&page, "/logout", "stay").await;
    assert!(stay.body.contains("You are still signed in"));
    assert!(browser.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));

    let page = browser.open("/logout", &parameters).await;
    let forged = [("transaction", page.field("transaction")), ("csrf", "x".to_owned())];
    let forged: Vec<(&str, &str)> = forged.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.submit("/logout", &forged).await.status, 400);
    assert!(browser.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));

    let done = browser.press(&page, "/logout", "sign-out").await;
    assert_eq!(done.location().as_str(), RETURN_TO);
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirected()["error"], "login_required");
}

#[tokio::test]
async fn an_id_token_of_another_person_does_not_sign_this_one_out() {
    let (provider, _) = provider().await;
    let (mut alice, mut bob) = (Browser::new(&provider), Browser::new(&provider));
    let back = Back::new(&provider);
    alice.sign_in(&[]).await;
    let page = bob.authorize(&[]).await;
    let code = bob.fill(&page, "bob", "demo").await.redirected()["code"].clone();
    let bobs = back.exchange(&code, &[]).await.json();
    let page = alice.open("/logout", &[("id_token_hint", text(&bobs, "id_token"))]).await;
    assert!(page.body.contains("Sign out?") && page.body.contains("Alice Example"));
    assert!(alice.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));
    assert!(bob.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));
}

#[tokio::test]
async fn a_request_that_is_not_in_order_neither_signs_out_nor_redirects() {
    let clients = vec![Client::default(), Client { id: "other".to_owned(), ..Client::default() }];
    let provider = DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap();
    let mut browser = Browser::new(&provider);
    let code = browser.sign_in(&[]).await;
    let tokens = Back::new(&provider).exchange(&code, &[]).await.json();
    let id_token = text(&tokens, "id_token");
    let mut forged = id_token.to_owned();
    forged.replace_range(
        id_token.len() - 20..id_token.len() - 19,
        if id_token.as_bytes()[id_token.len() - 20] == b'A' { "B" } else { "A" },
    );
    for parameters in [
        vec![("id_token_hint", id_token), ("post_logout_redirect_uri", "https://evil.example/")],
        vec![("id_token_hint", forged.as_str())],
        vec![("id_token_hint", id_token), ("client_id", "other")],
        vec![("client_id", "nobody")],
        vec![("post_logout_redirect_uri", RETURN_TO)],
    ] {
        let answer = browser.open("/logout", &parameters).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{parameters:?}");
        assert!(answer.body.contains("You were not signed out"));
    }
    assert!(browser.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));
}

//! Refresh tokens rotate, and the reuse of one ends its family.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, Config, DemoOp, Endpoint, Outcome};
use common::*;

#[tokio::test]
async fn every_refresh_brings_a_new_refresh_token() {
    let (provider, clock) = provider().await;
    let back = Back::new(&provider);
    let mut last = tokens(&provider).await;
    let first_claims = claims(text(&last, "id_token"));
    for _ in 0..3 {
        clock.advance(200);
        let next = back.refresh(text(&last, "refresh_token")).await.json();
        assert_ne!(next["refresh_token"], last["refresh_token"]);
        assert_ne!(next["access_token"], last["access_token"]);
        // OpenID Connect Core 12.2: the same person and sign-in, a new time of issue, no nonce.
        let again = claims(text(&next, "id_token"));
        for claim in ["iss", "sub", "aud", "sid", "auth_time"] {
            assert_eq!(again[claim], first_claims[claim], "{claim}");
        }
        assert_eq!(again["iat"], clock.seconds());
        assert!(again.get("nonce").is_none());
        assert_eq!(back.userinfo(text(&next, "access_token")).await.status, 200);
        last = next;
    }
    assert_eq!(provider.record().refreshes(), 3);
}

#[tokio::test]
async fn a_refresh_token_that_comes_back_ends_the_whole_family() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let (first, bystander) = (tokens(&provider).await, tokens(&provider).await);
    let second = back.refresh(text(&first, "refresh_token")).await.json();
    let third = back.refresh(text(&second, "refresh_token")).await.json();

    assert_eq!(back.refresh(text(&first, "refresh_token")).await.error(), "invalid_grant");
    assert_eq!(back.refresh(text(&third, "refresh_token")).await.error(), "invalid_grant");
    for tokens in [&first, &second, &third] {
        assert_eq!(back.userinfo(text(tokens, "access_token")).await.status, 401);
    }
    let last = provider.record().entries().into_iter().rfind(|e| e.endpoint == Endpoint::Token).unwrap();
    assert_eq!(last.outcome, Outcome::Error("invalid_grant"));
    // Other families are not affected.
    assert_eq!(back.refresh(text(&bystander, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn of_two_refreshes_at_the_same_time_one_wins_and_both_lose_the_family() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let refresh_token = text(&tokens, "refresh_token");
    let (a, b) = tokio::join!(back.refresh(refresh_token), back.refresh(refresh_token));
    let mut statuses = [a.status, b.status];
    statuses.sort();
    assert_eq!(statuses, [200, 400]);
    let winner = if a.status == 200 { a.json() } else { b.json() };
    assert_eq!(back.refresh(text(&winner, "refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn tokens_end_in_time() {
    let (provider, clock) = provider().await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    clock.advance(299);
    assert_eq!(back.userinfo(text(&tokens, "access_token")).await.status, 200);
    clock.advance(1);
    assert_eq!(back.userinfo(text(&tokens, "access_token")).await.status, 401);
    let tokens = back.refresh(text(&tokens, "refresh_token")).await.json();
    clock.advance(30 * 24 * 60 * 60);
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_can_narrow_the_scope_and_not_widen_it() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let code = Browser::new(&provider).sign_in(&[("scope", "openid profile offline_access")]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    let refresh = |token: String, scope: &'static str| {
        let back = &back;
        async move {
            let fields = [
                ("grant_type", "refresh_token"),
                ("client_id", "abide"),
                ("refresh_token", &token),
                ("scope", scope),
            ];
            back.post("/token", &fields).await
        }
    };
    let token = text(&tokens, "refresh_token").to_owned();
    assert_eq!(refresh(token.clone(), "openid email").await.error(), "invalid_scope");
    let narrow = refresh(token, "openid").await.json();
    assert_eq!(narrow["scope"], "openid");
    assert!(back.userinfo(text(&narrow, "access_token")).await.json().get("name").is_none());
    let full = back.refresh(text(&narrow, "refresh_token")).await.json();
    assert_eq!(back.userinfo(text(&full, "access_token")).await.json()["name"], "Alice Example");
}

#[tokio::test]
async fn another_client_cannot_use_or_end_the_tokens() {
    let clients = vec![Client::default(), Client { id: "other".to_owned(), ..Client::default() }];
    let provider = DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap();
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let token = text(&tokens, "refresh_token");
    let stolen = [("grant_type", "refresh_token"), ("client_id", "other"), ("refresh_token", token)];
    assert_eq!(back.post("/token", &stolen).await.error(), "invalid_grant");
    let other = [("client_id", "other"), ("token", token)];
    assert_eq!(back.post("/revoke", &other).await.error(), "invalid_request");
    assert_eq!(back.post("/introspect", &other).await.json()["active"], false);
    assert_eq!(back.refresh(token).await.status, 200);
}

#[tokio::test]
async fn when_an_administrator_ends_everything_nothing_works_any_more() {
    let (provider, _) = provider().await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    provider.revoke_all();
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.error(), "invalid_grant");
    assert_eq!(back.userinfo(text(&tokens, "access_token")).await.status, 401);
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirected()["error"], "login_required");
}

//! UserInfo, introspection, revocation.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use common::*;

#[tokio::test]
async fn userinfo_answers_to_an_access_token_only() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let access_token = text(&tokens, "access_token");
    let user = back.userinfo(access_token).await.json();
    assert_eq!(user["sub"], claims(text(&tokens, "id_token"))["sub"]);
    assert_eq!(user["preferred_username"], "alice");
    assert_eq!(user["email"], "alice@example.com");
    assert_eq!(back.post("/userinfo", &[("access_token", access_token)]).await.json(), user);

    let without = back.get("/userinfo").await;
    assert_eq!(without.status, 401);
    assert!(!without.header("www-authenticate").contains("error"));
    assert_eq!(back.get(&format!("/userinfo?access_token={access_token}")).await.status, 401);
    for wrong in [text(&tokens, "refresh_token"), text(&tokens, "id_token"), "x"] {
        let answer = back.userinfo(wrong).await;
        assert_eq!(answer.status, 401);
        assert!(answer.header("www-authenticate").contains(r#"error="invalid_token""#));
    }
}

#[tokio::test]
async fn introspection_tells_a_client_about_its_tokens() {
    let (provider, clock) = provider().await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let access = back.introspect(text(&tokens, "access_token")).await;
    assert_eq!(access["active"], true);
    assert_eq!((text(&access, "client_id"), text(&access, "username")), ("abide", "alice"));
    assert_eq!(access["exp"], clock.seconds() + 300);
    assert_eq!(access["iss"], provider.issuer());
    let refresh = back.introspect(text(&tokens, "refresh_token")).await;
    assert_eq!(refresh["exp"], clock.seconds() + 30 * 24 * 60 * 60);
    assert_eq!(back.introspect("x").await, serde_json::json!({ "active": false }));
    clock.advance(300);
    assert_eq!(back.introspect(text(&tokens, "access_token")).await["active"], false);
    assert_eq!(back.introspect(text(&tokens, "refresh_token")).await["active"], true);
    assert_eq!(back.post("/introspect", &[("token", "x")]).await.error(), "invalid_client");
}

#[tokio::test]
async fn revoking_a_refresh_token_ends_what_came_of_it() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let first = tokens(&provider).await;
    let second = back.refresh(text(&first, "refresh_token")).await.json();
    let revoke = |token: String| {
        let back = &back;
        async move { back.post("/revoke", &[("client_id", "abide"), ("token", &token)]).await }
    };
    let token = text(&second, "refresh_token").to_owned();
    assert_eq!(revoke(token.clone()).await.status, 200);
    assert_eq!(back.introspect(&token).await["active"], false);
    assert_eq!(back.refresh(&token).await.error(), "invalid_grant");
    for tokens in [&first, &second] {
        assert_eq!(back.userinfo(text(tokens, "access_token")).await.status, 401);
    }
    // A revoked or unknown token gives the same answer.
    assert_eq!(revoke(token).await.status, 200);
    assert_eq!(revoke("x".to_owned()).await.status, 200);
    assert_eq!(back.post("/revoke", &[("client_id", "abide")]).await.error(), "invalid_request");
}

#[tokio::test]
async fn revoking_an_access_token_leaves_the_refresh_token() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let fields = [
        ("client_id", "abide"),
        ("token", text(&tokens, "access_token")),
        ("token_type_hint", "refresh_token"),
    ];
    assert_eq!(back.post("/revoke", &fields).await.status, 200);
    assert_eq!(back.userinfo(text(&tokens, "access_token")).await.status, 401);
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 200);
}

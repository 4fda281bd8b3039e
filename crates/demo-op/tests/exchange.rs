//! Access tokens for one purpose: narrower ones, ones for a resource (RFC 8707), and exchanged ones (RFC 8693).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, Config, DemoOp};
use common::*;
use serde_json::json;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

async fn refresh(back: &Back, token: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", token)];
    back.post("/token", &[&fields[..], more].concat()).await
}

async fn exchange(back: &Back, token: &str, more: &[(&str, &str)]) -> Answer {
    let fields = [
        ("grant_type", GRANT),
        ("client_id", "abide"),
        ("subject_token", token),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    back.post("/token", &[&fields[..], more].concat()).await
}

#[tokio::test]
async fn a_refresh_can_be_for_less_and_for_one_resource() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let first = tokens(&provider).await;
    let asked =
        [("scope", "profile"), ("resource", "https://a.example/api"), ("resource", "https://b.example")];
    let second = refresh(&back, text(&first, "refresh_token"), &asked).await.json();
    assert_eq!(second["scope"], "profile");
    let found = back.introspect(text(&second, "access_token")).await;
    assert_eq!(found["aud"], json!(["https://a.example/api", "https://b.example"]));
    assert_eq!(back.userinfo(text(&second, "access_token")).await.status, 401, "it is meant for others");
    // The refresh token still has all its scopes.
    let third = refresh(&back, text(&second, "refresh_token"), &[]).await.json();
    assert_eq!(text(&third, "scope").split(' ').count(), 4);
    assert_eq!(back.introspect(text(&third, "access_token")).await["aud"], "abide");
    assert_eq!(back.userinfo(text(&third, "access_token")).await.status, 200);
}

#[tokio::test]
async fn what_a_refresh_cannot_be_for_costs_no_refresh_token() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let token = text(&tokens, "refresh_token");
    for (asked, error) in [
        (("resource", "api"), "invalid_target"),
        (("resource", "https://a.example/#x"), "invalid_target"),
        (("scope", "openid admin"), "invalid_scope"),
    ] {
        assert_eq!(refresh(&back, token, &[asked]).await.error(), error, "{asked:?}");
    }
    assert_eq!(refresh(&back, token, &[]).await.status, 200);
}

#[tokio::test]
async fn an_access_token_is_exchanged_for_one_that_is_good_elsewhere() {
    let (provider, clock) = provider().await;
    let back = Back::new(&provider);
    let metadata = back.get("/.well-known/openid-configuration").await.json();
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&GRANT.into()));
    let tokens = tokens(&provider).await;
    let subject = text(&tokens, "access_token");
    clock.advance(100);
    let asked = [("scope", "email"), ("resource", "https://a.example")];
    let issued = exchange(&back, subject, &asked).await.json();
    assert_eq!(issued["issued_token_type"], ACCESS_TOKEN);
    assert_eq!((&issued["token_type"], &issued["scope"]), (&json!("Bearer"), &json!("email")));
    assert_eq!(issued["expires_in"], 200, "no longer than what it came of");
    assert!(issued.get("refresh_token").is_none() && issued.get("id_token").is_none());
    let found = back.introspect(text(&issued, "access_token")).await;
    assert_eq!((&found["aud"], &found["username"]), (&json!("https://a.example"), &json!("alice")));
    assert!(!format!("{:?}", provider.record().entries()).contains(subject));

    // A narrowed token gives no wider one, and it ends with its session.
    let wider = exchange(&back, text(&issued, "access_token"), &[("scope", "email profile")]).await;
    assert_eq!(wider.error(), "invalid_scope");
    let elsewhere = [("resource", "https://b.example")];
    let elsewhere = exchange(&back, text(&issued, "access_token"), &elsewhere).await;
    assert_eq!(elsewhere.error(), "invalid_target");
    let again = exchange(&back, text(&issued, "access_token"), &[]).await.json();
    let again = back.introspect(text(&again, "access_token")).await;
    assert_eq!(again["aud"], "https://a.example");
    provider.end_session("alice");
    assert_eq!(back.introspect(text(&issued, "access_token")).await["active"], false);
}

#[tokio::test]
async fn what_cannot_be_exchanged_is_refused() {
    let clients = vec![Client::default(), Client { id: "other".to_owned(), ..Client::default() }];
    let provider = DemoOp::start(Config { clients, ..TestClock::new().config() }).await.unwrap();
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let subject = text(&tokens, "access_token");
    for (asked, error) in [
        (("requested_token_type", "urn:ietf:params:oauth:token-type:refresh_token"), "invalid_request"),
        (("actor_token", "x"), "invalid_request"),
        (("resource", "api"), "invalid_target"),
        (("scope", "admin"), "invalid_scope"),
    ] {
        assert_eq!(exchange(&back, subject, &[asked]).await.error(), error, "{asked:?}");
    }
    for wrong in ["made-up", text(&tokens, "refresh_token"), text(&tokens, "id_token")] {
        assert_eq!(exchange(&back, wrong, &[]).await.error(), "invalid_request");
    }
    let of_another = [
        ("grant_type", GRANT),
        ("client_id", "other"),
        ("subject_token", subject),
        ("subject_token_type", ACCESS_TOKEN),
    ];
    assert_eq!(back.post("/token", &of_another).await.error(), "invalid_request");
    assert_eq!(back.post("/token", &of_another[..3]).await.error(), "invalid_request");
}

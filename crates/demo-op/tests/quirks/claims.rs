//! The claims of ID tokens.

use std::time::Duration;

use abide_demo_op::Quirks;
use serde_json::json;

use crate::common::*;
use crate::provider;

#[tokio::test]
async fn claims_may_be_of_another_type_or_not_there() {
    let over = json!({ "amr": "pwd", "email_verified": "True", "auth_time": 0, "sid": null });
    let id_token_claims = over.as_object().unwrap().clone();
    let (provider, _) = provider(Quirks { id_token_claims, ..Quirks::default() }).await;
    let back = Back::new(&provider);
    let first = tokens(&provider).await;
    let second = back.refresh(text(&first, "refresh_token")).await.json();
    for tokens in [first, second] {
        let claims = claims(text(&tokens, "id_token"));
        assert_eq!((&claims["amr"], &claims["email_verified"]), (&json!("pwd"), &json!("True")));
        assert_eq!(claims["auth_time"], 0);
        assert!(claims.get("sid").is_none());
        assert_eq!(claims["email"], "alice@example.com");
        // UserInfo is not affected.
        let userinfo = back.userinfo(text(&tokens, "access_token")).await.json();
        assert_eq!(userinfo["email_verified"], true);
    }
}

#[tokio::test]
async fn a_session_may_have_an_end_that_is_told() {
    let expiry = Some(Duration::from_secs(400));
    let (provider, clock) = provider(Quirks { session_expiry: expiry, ..Quirks::default() }).await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let end = clock.seconds() + 400;
    let code = browser.sign_in(&[]).await;
    let first = back.exchange(&code, &[]).await.json();
    assert_eq!(claims(text(&first, "id_token"))["session_expiry"], end);
    clock.advance(399);
    let second = back.refresh(text(&first, "refresh_token")).await.json();
    assert_eq!(claims(text(&second, "id_token"))["session_expiry"], end, "a refresh changes nothing");
    assert!(browser.authorize(&[("prompt", "none")]).await.redirected().contains_key("code"));
    clock.advance(1);
    assert_eq!(back.refresh(text(&second, "refresh_token")).await.error(), "invalid_grant");
    assert_eq!(back.userinfo(text(&second, "access_token")).await.status, 401);
    assert_eq!(browser.authorize(&[("prompt", "none")]).await.redirected()["error"], "login_required");
}

#[tokio::test]
async fn the_end_of_a_session_may_be_told_once_only() {
    let quirks = Quirks {
        session_expiry: Some(Duration::from_secs(400)),
        session_expiry_once: true,
        ..Quirks::default()
    };
    let (provider, _) = provider(quirks).await;
    let first = tokens(&provider).await;
    assert!(claims(text(&first, "id_token"))["session_expiry"].is_u64());
    let second = Back::new(&provider).refresh(text(&first, "refresh_token")).await.json();
    assert!(claims(text(&second, "id_token")).get("session_expiry").is_none());
}

//! Refresh tokens, and what a refresh does.

use std::time::Duration;

use abide_demo_op::{OfflineAccess, Quirks, RefreshTokens};
use serde_json::Value;

use crate::common::*;
use crate::provider;

async fn narrowed(back: &Back, tokens: &Value, scope: &str) -> Answer {
    let token = text(tokens, "refresh_token");
    let fields = [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", token)];
    back.post("/token", &[&fields[..], &[("scope", scope)][..]].concat()).await
}

async fn works(back: &Back, tokens: &Value) -> bool {
    back.userinfo(text(tokens, "access_token")).await.status == 200
}

#[tokio::test]
async fn a_refresh_ends_the_earlier_access_tokens_and_so_does_a_refused_narrowing() {
    let (provider, _) = provider(Quirks { refresh_ends_access_tokens: true, ..Quirks::default() }).await;
    let back = Back::new(&provider);
    let (first, bystander) = (tokens(&provider).await, tokens(&provider).await);
    let second = back.refresh(text(&first, "refresh_token")).await.json();
    assert!(!works(&back, &first).await);
    assert!(works(&back, &second).await);
    assert_eq!(narrowed(&back, &second, "openid admin").await.error(), "invalid_scope");
    assert!(!works(&back, &second).await, "a refused narrowing ends it, too");
    let third = back.refresh(text(&second, "refresh_token")).await.json();
    assert!(works(&back, &third).await, "the refresh token is still good");
    assert!(works(&back, &bystander).await, "another grant is not touched");
    provider.set_quirks(Quirks::default());
    back.refresh(text(&third, "refresh_token")).await;
    assert!(works(&back, &third).await, "by default it goes on working");
}

#[tokio::test]
async fn after_a_narrowing_the_new_refresh_token_has_the_narrower_scope() {
    let (provider, _) = provider(Quirks { narrowing_lasts: true, ..Quirks::default() }).await;
    let back = Back::new(&provider);
    let first = tokens(&provider).await;
    let narrow = narrowed(&back, &first, "openid").await.json();
    assert_eq!(narrow["scope"], "openid");
    assert_eq!(narrowed(&back, &narrow, "openid email").await.error(), "invalid_scope");
    assert_eq!(back.refresh(text(&narrow, "refresh_token")).await.json()["scope"], "openid");
}

#[tokio::test]
async fn an_earlier_refresh_token_may_go_on_working_with_its_own_scope() {
    let quirks =
        Quirks { narrowing_lasts: true, refresh_tokens: RefreshTokens::KeepEarlier, ..Quirks::default() };
    let (provider, _) = provider(quirks).await;
    let back = Back::new(&provider);
    let wide = tokens(&provider).await;
    let narrow = narrowed(&back, &wide, "openid").await.json();
    assert_eq!(back.refresh(text(&narrow, "refresh_token")).await.json()["scope"], "openid");
    let again = back.refresh(text(&wide, "refresh_token")).await.json();
    assert_eq!(again["scope"], wide["scope"]);
    assert_eq!(back.refresh(text(&again, "refresh_token")).await.json()["scope"], wide["scope"]);
    assert_eq!(back.introspect(text(&wide, "refresh_token")).await["active"], true);
}

#[tokio::test]
async fn a_refresh_token_may_stay_or_never_come() {
    let (provider, _) = provider(Quirks { refresh_tokens: RefreshTokens::Stay, ..Quirks::default() }).await;
    let back = Back::new(&provider);
    let first = tokens(&provider).await;
    for _ in 0..2 {
        let next = back.refresh(text(&first, "refresh_token")).await.json();
        assert!(next.get("refresh_token").is_none(), "{next}");
        assert!(works(&back, &next).await);
    }
    provider.set_quirks(Quirks { refresh_tokens: RefreshTokens::None, ..Quirks::default() });
    let without = tokens(&provider).await;
    assert!(without.get("refresh_token").is_none() && without["scope"] == SCOPE, "{without}");
}

#[tokio::test]
async fn a_refresh_token_may_come_without_offline_access() {
    let quirks =
        Quirks { refresh_tokens_for_all: true, offline_access: OfflineAccess::Unknown, ..Quirks::default() };
    let (provider, _) = provider(quirks).await;
    let tokens = tokens(&provider).await;
    assert_eq!(tokens["scope"], "openid profile email");
    assert_eq!(Back::new(&provider).refresh(text(&tokens, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn every_refresh_may_be_refused_and_the_token_stays_good() {
    let (provider, _) = provider(Quirks::default()).await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let codes = [
        ("interaction_required", 400),
        ("login_required", 400),
        ("consent_required", 400),
        ("invalid_request", 400),
        ("invalid_client", 401),
        ("temporarily_unavailable", 503),
        ("server_error", 500),
    ];
    for (code, status) in codes {
        provider.set_quirks(Quirks { refuse_refreshes: Some(code), ..Quirks::default() });
        let answer = back.refresh(text(&tokens, "refresh_token")).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, code));
    }
    provider.set_quirks(Quirks::default());
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn a_refresh_token_that_is_not_good_may_be_refused_with_another_code() {
    for (code, status) in [("invalid_request", 400), ("invalid_client", 401)] {
        let (provider, _) = provider(Quirks { refused_refresh_code: Some(code), ..Quirks::default() }).await;
        let back = Back::new(&provider);
        let tokens = tokens(&provider).await;
        assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 200);
        let answer = back.refresh(text(&tokens, "refresh_token")).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, code), "used before");
        assert_eq!(back.refresh("unknown").await.error(), code);
    }
}

#[tokio::test]
async fn a_slow_token_endpoint_has_acted_before_it_answers() {
    let (provider, _) = provider(Quirks::default()).await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    let token = text(&tokens, "refresh_token");
    provider.set_quirks(Quirks { token_answer_delay: Duration::from_secs(60), ..Quirks::default() });
    let asking = back.refresh(token);
    let acted = provider.record();
    let acted = acted.wait_for(|entries| entries.iter().any(|e| e.is_refresh()), Duration::from_secs(20));
    tokio::select! {
        _ = asking => panic!("it answers only after a minute"),
        acted = acted => acted.unwrap(),
    }
    // The client has given up. The old token is still used up.
    provider.set_quirks(Quirks::default());
    assert_eq!(back.refresh(token).await.error(), "invalid_grant");

    let slow = Duration::from_millis(200);
    provider.set_quirks(Quirks { token_answer_delay: slow, ..Quirks::default() });
    let began = std::time::Instant::now();
    assert_eq!(back.refresh("unknown").await.status, 400);
    assert!(began.elapsed() >= slow);
}

#[tokio::test]
async fn the_lifetimes_of_a_grant_are_told_and_kept() {
    let quirks = Quirks {
        authorization_lifetime: Some(Duration::from_secs(1000)),
        tell_refresh_token_timeout: true,
        tell_refresh_expires_in: true,
        ..Quirks::default()
    };
    let (provider, clock) = provider(quirks).await;
    let back = Back::new(&provider);
    let first = tokens(&provider).await;
    for name in ["authorization_expires_in", "refresh_token_timeout", "refresh_expires_in"] {
        assert_eq!(first[name], 1000, "{name}");
    }
    clock.advance(900);
    let second = back.refresh(text(&first, "refresh_token")).await.json();
    assert_eq!(second["authorization_expires_in"], 100, "a refresh makes it no longer");
    assert_eq!(second["expires_in"], 100, "the access token ends with it");
    clock.advance(100);
    assert_eq!(back.refresh(text(&second, "refresh_token")).await.error(), "invalid_grant");
    assert!(!works(&back, &second).await);

    provider.set_quirks(Quirks { tell_refresh_token_timeout: true, ..Quirks::default() });
    let told = tokens(&provider).await;
    assert_eq!(told["refresh_token_timeout"], 30 * 24 * 60 * 60);
    assert!(told.get("authorization_expires_in").is_none() && told.get("refresh_expires_in").is_none());
}

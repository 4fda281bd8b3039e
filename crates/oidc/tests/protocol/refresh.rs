use abide_oidc::*;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::provider::*;

#[tokio::test]
async fn a_refresh_rotates_and_keeps_the_person() {
    let client = Client::new(Behaviour::default()).await;
    let first = client.sign_in().await.unwrap();
    let second = client.refresh(&first).await.unwrap();
    assert_ne!(first.access_token.expose_secret(), second.access_token.expose_secret());
    assert_eq!(second.identity, first.identity);
    assert_eq!(second.scope, "openid", "what was granted stays granted");
    assert!(client.refresh(&second).await.is_ok());

    let error = client.refresh(&first).await.unwrap_err();
    assert_eq!(error.code(), "invalid_grant");
    assert!(matches!(error, Error::Refused { error: OAuthError::InvalidGrant, .. }));
    assert!(!error.is_transient());
    assert!(!error.to_string().contains("canary"));
}

#[tokio::test]
async fn a_refresh_need_not_bring_an_id_token_or_a_refresh_token() {
    let client = Client::new(Behaviour::default()).await;
    let first = client.sign_in().await.unwrap();
    client.provider.behave(Behaviour {
        tokens: edit(|tokens| {
            let tokens = tokens.as_object_mut().unwrap();
            tokens.remove("id_token");
            tokens.remove("refresh_token");
        }),
        ..Behaviour::default()
    });
    let second = client.refresh(&first).await.unwrap();
    assert_eq!(second.identity, first.identity);
    assert!(second.refresh_token.is_none() && second.id_token.is_none());
}

#[tokio::test]
async fn refreshed_id_tokens_that_are_refused() {
    let cases: [(&'static str, Value, &str); 8] = [
        ("sub", json!("somebody-else"), "id_token_subject_changed"),
        ("iss", json!("https://evil.example"), "id_token_issuer_mismatch"),
        ("aud", json!("another-client"), "id_token_audience_mismatch"),
        ("auth_time", json!(NOW - 11), "id_token_auth_time_changed"),
        ("nonce", json!("of-another-sign-in"), "id_token_nonce_mismatch"),
        ("exp", json!(NOW - 60), "id_token_expired"),
        ("iat", Value::Null, "id_token_issued_at_missing"),
        ("at_hash", json!("AAAAAAAAAAAAAAAAAAAAAA"), "id_token_at_hash_mismatch"),
    ];
    for (name, value, code) in cases {
        let client = Client::new(Behaviour::default()).await;
        let tokens = client.sign_in().await.unwrap();
        client.provider.behave(Behaviour { claims: set(name, value.clone()), ..Behaviour::default() });
        assert_eq!(client.refresh(&tokens).await.unwrap_err().code(), code, "{name}: {value}");
    }
}

/// Keycloak and django-oidc-provider write the time of a later sign-in there that the person has done for another
/// application.
#[tokio::test]
async fn a_sign_in_for_another_application_keeps_the_session() {
    let client = Client::new(Behaviour::default()).await;
    let first = client.sign_in().await.unwrap();
    client.provider.behave(Behaviour { claims: set("auth_time", json!(NOW)), ..Behaviour::default() });
    let second = client.refresh(&first).await.unwrap();
    assert_eq!(second.identity.auth_time, first.identity.auth_time, "the session began with the first");
}

#[tokio::test]
async fn a_refreshed_id_token_may_repeat_the_nonce() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let nonce = tokens.identity.nonce.clone().unwrap();
    client.provider.behave(Behaviour { claims: set("nonce", json!(nonce)), ..Behaviour::default() });
    assert!(client.refresh(&tokens).await.is_ok());
}

#[tokio::test]
async fn trouble_at_the_provider_is_transient() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let cases = [
        (Canned::Header(503, "retry-after", "120".into()), "provider_unavailable", Some(120)),
        (Canned::Header(429, "retry-after", "999999999".into()), "provider_rate_limited", Some(86_400)),
        (Canned::Answer(500, "text/html", b"<h1>Oops</h1>".to_vec()), "provider_unavailable", None),
        (
            Canned::Answer(400, "application/json", br#"{"error":"temporarily_unavailable"}"#.to_vec()),
            "temporarily_unavailable",
            None,
        ),
    ];
    for (canned, code, retry_after) in cases {
        client.provider.behave(Behaviour { canned: [("/token", canned)].into(), ..Behaviour::default() });
        let error = client.refresh(&tokens).await.unwrap_err();
        assert_eq!((error.code(), error.is_transient()), (code, true));
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), retry_after);
    }
    client.provider.behave(Behaviour::default());
    assert!(client.refresh(&tokens).await.is_ok(), "the refresh token was not spent");
}

#[tokio::test]
async fn a_rotated_token_is_not_lost_when_the_keys_cannot_be_fetched() {
    let client = Client::new(Behaviour::default()).await;
    let first = client.sign_in().await.unwrap();
    // The provider has begun to sign with a new key, and its key set is away for a moment.
    client.provider.rotate_key("new");
    client.provider.behave(Behaviour {
        canned: [("/keys", Canned::Answer(503, "text/plain", Vec::new()))].into(),
        ..Behaviour::default()
    });
    let sent = first.refresh_token.as_ref().unwrap();
    let failure = client.refresh_with(sent, &first).await.unwrap_err();
    assert!(failure.error.is_transient(), "{:?}", failure.error);
    let rotated = failure.rotated.expect("the token that takes its place");
    assert_ne!(rotated.expose_secret(), sent.expose_secret());
    // When the keys are back, that token brings the next ones.
    client.provider.behave(Behaviour::default());
    assert!(client.refresh_with(&rotated, &first).await.is_ok());
    assert_eq!(client.refresh_with(sent, &first).await.unwrap_err().error.code(), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_asks_for_the_resource_that_the_session_is_for() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let resource = "https://api.example.com/";
    let token = tokens.refresh_token.as_ref().unwrap();
    let (identity, scope) = (&tokens.identity, tokens.scope.as_str());
    client.rp.refresh_for(&client.http, token, identity, scope, Some(resource), now()).await.unwrap();
    assert_eq!(client.provider.last_form("resource"), [resource]);
}

/// No specification has these members, so nothing that is wrong with them may cost the refresh token that came along.
#[tokio::test]
async fn what_a_provider_says_in_words_of_its_own_costs_no_token() {
    for wrong in [json!(-1), json!("never"), json!([]), json!({"seconds": 3})] {
        let client = Client::new(Behaviour::default()).await;
        let tokens = client.sign_in().await.unwrap();
        let change = edit({
            let wrong = wrong.clone();
            move |tokens| {
                tokens["refresh_expires_in"] = wrong.clone();
                tokens["refresh_token_expires_in"] = wrong.clone();
            }
        });
        client.provider.behave(Behaviour { tokens: change, ..Behaviour::default() });
        let fresh = client.refresh(&tokens).await.unwrap();
        assert!(fresh.refresh_token.is_some() && fresh.refresh_expires_in.is_none(), "{wrong}");
    }
}

#[tokio::test]
async fn a_provider_that_repeats_the_token_that_it_refuses_does_not_make_us_show_it() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let secret = tokens.refresh_token.as_ref().unwrap().expose_secret().to_owned();
    for status in [400, 200] {
        let body = json!({"error": "invalid_grant", "error_description": format!("Invalid refresh token: {secret}")});
        let answer = Canned::Answer(status, "application/json", body.to_string().into_bytes());
        client.provider.behave(Behaviour { canned: [("/token", answer)].into(), ..Behaviour::default() });
        let error = client.refresh(&tokens).await.unwrap_err();
        assert_eq!(error.code(), "invalid_grant");
        let said = format!("{error} {error:?}");
        assert!(said.contains("Invalid refresh token: \u{2026}") && !said.contains(&secret[..8]), "{said}");
    }
}

#[tokio::test]
async fn a_refusal_that_repeats_what_was_sent_does_not_say_it_again() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let sent = tokens.refresh_token.as_ref().unwrap().expose_secret().to_owned();
    let body = json!({"error": format!("spent {sent}"), "error_description": format!("“{sent}” is spent")});
    let canned = Canned::Answer(400, "application/json", body.to_string().into_bytes());
    client.provider.behave(Behaviour { canned: [("/token", canned)].into(), ..Behaviour::default() });
    let error = client.refresh(&tokens).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains(&sent), "{error:?}");
    assert!(error.to_string().contains("“…” is spent"), "{error}");
}

/// What only says how an answer is to be read, in a form that says nothing, costs no tokens.
#[tokio::test]
async fn members_that_decide_nothing_cost_no_tokens() {
    for (name, value) in [
        ("scope", json!(false)),
        ("scope", json!({})),
        ("scope", json!(7)),
        ("scope", json!([])),
        ("scope", json!(["openid", null])),
        ("id_token", json!(false)),
        ("id_token", json!(7)),
        ("id_token", json!("")),
        ("refresh_token", json!(false)),
    ] {
        let client = Client::new(Behaviour::default()).await;
        let tokens = client.sign_in().await.unwrap();
        client.provider.behave(Behaviour { tokens: set(name, value.clone()), ..Behaviour::default() });
        let sent = tokens.refresh_token.unwrap();
        let refreshed = client.rp.refresh(&client.http, &sent, &tokens.identity, "openid", now()).await;
        let refreshed = refreshed.unwrap_or_else(|failure| panic!("{name} {value}: {:?}", failure.error));
        assert_eq!(refreshed.scope, "openid", "{name} {value}");
        assert_eq!(refreshed.identity.subject, SUBJECT);
    }
}

/// There was no code that could have been entered.
#[tokio::test]
async fn a_token_that_has_expired_is_no_code() {
    let client = Client::new(Behaviour::default()).await;
    let tokens = client.sign_in().await.unwrap();
    let body = br#"{"error":"expired_token"}"#.to_vec();
    let canned = [("/token", Canned::Answer(400, "application/json", body))].into();
    client.provider.behave(Behaviour { canned, ..Behaviour::default() });
    let sent = tokens.refresh_token.unwrap();
    let failure =
        client.rp.refresh(&client.http, &sent, &tokens.identity, "openid", now()).await.unwrap_err();
    let said = failure.error.to_string();
    assert!(failure.error.code() == "expired_token" && !said.contains("code"), "{said}");
}

//! Pushed authorization requests (RFC 9126).
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_demo_op::{Client, Config, DemoOp, Endpoint, Outcome, PushedAuthorization};
use common::*;

fn asking<'a>(challenge: &'a str, changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut fields = std::collections::BTreeMap::from([
        ("client_id", "abide"),
        ("redirect_uri", REDIRECT_URI),
        ("response_type", "code"),
        ("scope", SCOPE),
        ("state", "state-1"),
        ("nonce", "nonce-1"),
        ("code_challenge", challenge),
        ("code_challenge_method", "S256"),
    ]);
    fields.extend(changes.iter().copied());
    fields.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

async fn push(provider: &DemoOp, changes: &[(&str, &str)]) -> Answer {
    Back::new(provider).post("/par", &asking(&challenge(VERIFIER), changes)).await
}

async fn pushed(provider: &DemoOp, changes: &[(&str, &str)]) -> String {
    let answer = push(provider, changes).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"), "{}", answer.body);
    assert_eq!(answer.json()["expires_in"], 60);
    text(&answer.json(), "request_uri").to_owned()
}

#[tokio::test]
async fn a_person_signs_in_where_only_a_reference_is_in_the_address() {
    let config = Config { pushed_authorization: PushedAuthorization::Offered, ..TestClock::new().config() };
    let provider = DemoOp::start(config).await.unwrap();
    let metadata = Back::new(&provider).get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["pushed_authorization_request_endpoint"], format!("{}/par", provider.issuer()));
    assert_eq!(metadata["require_pushed_authorization_requests"], false);

    let request_uri = pushed(&provider, &[("login_hint", "bob"), ("acr_values", "urn:a urn:b")]).await;
    let mut browser = Browser::new(&provider);
    let asked = [("client_id", "abide"), ("request_uri", request_uri.as_str()), ("login_hint", "alice")];
    let page = browser.open("/authorize", &asked).await;
    assert!(page.body.contains(r#"value="bob""#), "what was pushed counts");
    let response = browser.fill(&page, "bob", "demo").await.redirected();
    assert_eq!(response["state"], "state-1");
    let tokens = Back::new(&provider).exchange(&response["code"], &[]).await.json();
    assert_eq!(claims(text(&tokens, "id_token"))["nonce"], "nonce-1");

    let entries = provider.record().entries();
    let push = entries.iter().find(|entry| entry.endpoint == Endpoint::PushedAuthorization).unwrap();
    assert_eq!((push.parameter("acr_values"), push.outcome), ("urn:a urn:b", Outcome::Ok));
    let opened = entries.iter().find(|entry| entry.endpoint == Endpoint::Authorization).unwrap();
    assert_eq!(opened.parameter("nonce"), "");
}

#[tokio::test]
async fn a_reference_is_good_once_for_its_client_and_for_a_minute() {
    let clock = TestClock::new();
    let clients = vec![Client::default(), Client { id: "other".to_owned(), ..Client::default() }];
    let provider = DemoOp::start(Config { clients, ..clock.config() }).await.unwrap();
    let mut browser = Browser::new(&provider);
    let used = pushed(&provider, &[]).await;
    let parameters = [("client_id", "abide"), ("request_uri", used.as_str())];
    assert_eq!(browser.open("/authorize", &parameters).await.status, 200);
    let anothers = pushed(&provider, &[]).await;
    let old = pushed(&provider, &[]).await;
    for (client, request_uri) in [
        ("abide", used.as_str()),
        ("other", anothers.as_str()),
        ("abide", "urn:ietf:params:oauth:request_uri:guessed"),
        ("abide", "urn:ietf:params:oauth:request_uri:"),
    ] {
        let answer = browser.open("/authorize", &[("client_id", client), ("request_uri", request_uri)]).await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{client}: {request_uri}");
    }
    clock.advance(60);
    let answer = browser.open("/authorize", &[("client_id", "abide"), ("request_uri", &old)]).await;
    assert_eq!((answer.status, answer.header("location")), (400, ""), "too late");
}

#[tokio::test]
async fn what_the_sign_in_page_would_refuse_is_refused_at_once() {
    let (provider, _) = provider().await;
    for (changes, error) in [
        (("client_id", "nobody"), "invalid_client"),
        (("client_id", ""), "invalid_client"),
        (("redirect_uri", "https://evil.example/"), "invalid_request"),
        (("code_challenge_method", "plain"), "invalid_request"),
        (("response_type", "token"), "unsupported_response_type"),
        (("scope", "profile"), "invalid_scope"),
        (("prompt", "none login"), "invalid_request"),
        (("max_age", "soon"), "invalid_request"),
        (("resource", "https://a.example/#x"), "invalid_target"),
        (("request", "x"), "request_not_supported"),
        (("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request"),
        (("client_secret", "x"), "invalid_client"),
    ] {
        let answer = push(&provider, &[changes]).await;
        assert_eq!((answer.status, answer.error().as_str()), (400, error), "{changes:?}");
    }
    assert_eq!(Back::new(&provider).get("/par").await.status, 405);
}

#[tokio::test]
async fn a_provider_that_requires_it_takes_nothing_else() {
    let clock = TestClock::new();
    let config = Config { pushed_authorization: PushedAuthorization::Required, ..clock.config() };
    let provider = DemoOp::start(config).await.unwrap();
    let metadata = Back::new(&provider).get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["require_pushed_authorization_requests"], true);
    let mut browser = Browser::new(&provider);
    assert_eq!(browser.authorize(&[]).await.redirected()["error"], "invalid_request");
    let request_uri = pushed(&provider, &[]).await;
    let page = browser.open("/authorize", &[("client_id", "abide"), ("request_uri", &request_uri)]).await;
    assert!(browser.fill(&page, "alice", "demo").await.redirected().contains_key("code"));
}

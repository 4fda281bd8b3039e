//! OpenID Connect Back-Channel Logout 1.0, from the provider's side.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use abide_demo_op::{Channel, Client, Config, Delivery, DemoOp, StartError};
use common::*;

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

async fn told_at(uri: &str) -> (DemoOp, TestClock) {
    let clock = TestClock::new();
    let clients = vec![Client { backchannel_logout_uri: Some(uri.to_owned()), ..Client::default() }];
    (DemoOp::start(Config { clients, ..clock.config() }).await.unwrap(), clock)
}

async fn delivery(provider: &DemoOp) -> Delivery {
    let record = provider.record();
    record.wait_until(|record| !record.notices().is_empty(), Duration::from_secs(20)).await.unwrap();
    record.notices()[0].delivery
}

#[tokio::test]
async fn a_session_that_an_administrator_ends_is_told_with_a_logout_token() {
    let mut listener = Listener::start("200 OK").await;
    let (provider, clock) = told_at(&listener.uri).await;
    let tokens = tokens(&provider).await;
    assert_eq!(provider.end_session("bob"), 0);
    assert_eq!(provider.end_session("alice"), 1);
    let request = listener.next().await;
    assert!(request.head.starts_with("POST /back?from=op HTTP/1.1\r\n"), "{}", request.head);
    assert!(request.head.contains("content-type: application/x-www-form-urlencoded"));
    let token = request.body.strip_prefix("logout_token=").unwrap();
    let id_token = claims(text(&tokens, "id_token"));
    let said = claims(token);
    assert_eq!(header(token)["typ"], "logout+jwt");
    assert_eq!(header(token)["kid"], header(text(&tokens, "id_token"))["kid"]);
    for claim in ["iss", "aud", "sub", "sid"] {
        assert_eq!(said[claim], id_token[claim], "{claim}");
    }
    assert_eq!(said["iat"], clock.seconds());
    assert_eq!(said["exp"], clock.seconds() + 120);
    assert_eq!(said["events"], serde_json::json!({ EVENT: {} }));
    assert!(said.get("nonce").is_none());

    assert_eq!(delivery(&provider).await, Delivery::Answered(200));
    let notice = provider.record().notices().remove(0);
    assert_eq!((notice.channel, notice.client_id.as_str()), (Channel::Back, "abide"));
    assert_eq!((notice.jti.as_deref(), notice.sid.as_str()), (said["jti"].as_str(), text(&id_token, "sid")));
    let back = Back::new(&provider);
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.error(), "invalid_grant");
    assert_eq!(provider.end_session("alice"), 0, "it ends once");
}

#[tokio::test]
async fn a_sign_out_by_an_application_is_told_too() {
    let mut listener = Listener::start("400 Bad Request").await;
    let (provider, _) = told_at(&listener.uri).await;
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    let code = browser.sign_in(&[]).await;
    let tokens = back.exchange(&code, &[]).await.json();
    browser.open("/logout", &[("id_token_hint", text(&tokens, "id_token"))]).await;
    assert!(listener.next().await.body.starts_with("logout_token=ey"));
    assert_eq!(delivery(&provider).await, Delivery::Answered(400));
}

#[tokio::test]
async fn everybodys_sessions_end_at_once_and_each_is_told_of() {
    let mut listener = Listener::start("200 OK").await;
    let (provider, _) = told_at(&listener.uri).await;
    let (one, two) = (tokens(&provider).await, tokens(&provider).await);
    assert_eq!(provider.end_all_sessions(), 2);
    let sid = |body: &str| claims(body.strip_prefix("logout_token=").unwrap())["sid"].clone();
    let told = [sid(&listener.next().await.body), sid(&listener.next().await.body)];
    for tokens in [one, two] {
        assert!(told.contains(&claims(text(&tokens, "id_token"))["sid"]));
    }
}

#[tokio::test]
async fn only_the_clients_of_the_session_are_told() {
    let mut listener = Listener::start("200 OK").await;
    let (provider, _) = provider().await;
    let other = Client { id: "other".to_owned(), ..Client::default() };
    provider.register(Client { backchannel_logout_uri: Some(listener.uri.clone()), ..other }).unwrap();
    tokens(&provider).await;
    provider.end_session("alice");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(listener.is_quiet() && provider.record().notices().is_empty());
    Browser::new(&provider).sign_in(&[("client_id", "other")]).await;
    provider.end_session("demo-user-1");
    assert!(listener.next().await.body.starts_with("logout_token="));
}

#[tokio::test]
async fn offline_access_can_outlive_the_session_and_the_client_is_still_notified() {
    let mut listener = Listener::start("200 OK").await;
    let clients = vec![Client { backchannel_logout_uri: Some(listener.uri.clone()), ..Client::default() }];
    let config = Config { offline_access_outlives_session: true, clients, ..TestClock::new().config() };
    let provider = DemoOp::start(config).await.unwrap();
    let (offline, back) = (tokens(&provider).await, Back::new(&provider));
    let code = Browser::new(&provider).sign_in(&[("scope", "openid")]).await;
    let online = back.exchange(&code, &[]).await.json();
    assert_eq!(provider.end_session("alice@example.com"), 2);
    listener.next().await;
    listener.next().await;
    assert_eq!(back.refresh(text(&offline, "refresh_token")).await.status, 200);
    assert_eq!(back.userinfo(text(&online, "access_token")).await.status, 401);
}

#[tokio::test]
async fn an_unreachable_client_delays_no_other() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (provider, _) = told_at(&format!("http://127.0.0.1:{port}/back")).await;
    tokens(&provider).await;
    provider.end_session("alice");
    assert_eq!(delivery(&provider).await, Delivery::Failed("unreachable"));
}

#[tokio::test]
async fn the_provider_speaks_to_this_computer_only() {
    let (provider, _) = provider().await;
    for uri in [
        "http://192.0.2.1/back",
        "http://example.com/",
        "https://127.0.0.1/back",
        "http://127.0.0.1.example/",
    ] {
        let client = Client { backchannel_logout_uri: Some(uri.to_owned()), ..Client::default() };
        let refused = provider.register(client).unwrap_err();
        assert!(matches!(&refused, StartError::InvalidClient { uri: named, .. } if named == uri));
    }
}

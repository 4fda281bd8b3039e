//! The provider's protection: address, Host, headers, sizes.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use abide_demo_op::{Endpoint, Outcome};
use common::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

async fn raw(port: u16, request: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn another_host_name_gets_nothing() {
    let (provider, _) = provider().await;
    let port = provider.port();
    let path = "/.well-known/openid-configuration";
    for host in
        ["evil.example".to_owned(), format!("localhost:{port}"), "127.0.0.1".to_owned(), String::new()]
    {
        let answer =
            raw(port, &format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")).await;
        assert!(answer.starts_with("HTTP/1.1 421 ") && !answer.contains("issuer"), "{host}: {answer}");
    }
    let without = raw(port, &format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n")).await;
    assert!(!without.starts_with("HTTP/1.1 200"));
    let absolute = format!(
        "GET http://evil.example{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    assert!(raw(port, &absolute).await.starts_with("HTTP/1.1 421 "));
    let two = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    );
    assert!(!raw(port, &two).await.starts_with("HTTP/1.1 200"));
    let ours = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    assert!(raw(port, &ours).await.starts_with("HTTP/1.1 200 "));
    assert_eq!(provider.record().count(Endpoint::Discovery), 1);
}

#[tokio::test]
async fn it_listens_on_the_loopback_interface_only() {
    let (provider, _) = provider().await;
    assert_eq!(provider.issuer(), format!("http://127.0.0.1:{}", provider.port()));
    // Another address of this machine, which a listener on all addresses would answer.
    assert!(TcpStream::connect(("127.0.0.2", provider.port())).await.is_err());
}

#[tokio::test]
async fn pages_run_no_script_and_cannot_be_framed() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    for page in [
        browser.authorize(&[]).await,
        browser.authorize(&[("client_id", "nobody")]).await,
        browser.open("/logout", &[]).await,
        browser.open("/", &[]).await,
        browser.open("/nowhere", &[]).await,
    ] {
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!(page.header("cache-control"), "no-store");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert!(!page.body.contains("<script") && page.body.contains("demonstration"));
        assert_eq!(page.header("access-control-allow-origin"), "");
    }
    let policy = browser.authorize(&[]).await.header("content-security-policy").to_owned();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:49152;"), "{policy}");
}

#[tokio::test]
async fn what_is_too_large_or_not_a_form_is_refused() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let large = "x".repeat(65 * 1024);
    assert_eq!(back.post("/token", &[("code", &large)]).await.status, 413);
    let json = back.http.post(format!("{}/token", provider.issuer())).json(&serde_json::json!({}));
    assert_eq!(json.send().await.unwrap().status(), 415);
    let method = back.get("/token").await;
    assert_eq!((method.status, method.header("allow")), (405, "POST"));
    let twice = [("client_id", "abide"), ("client_id", "abide"), ("grant_type", "refresh_token")];
    assert_eq!(back.post("/token", &twice).await.error(), "invalid_request");
}

#[tokio::test]
async fn out_of_reach_and_back() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let tokens = tokens(&provider).await;
    provider.set_reachable(false);
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 503);
    assert_eq!(back.get("/jwks").await.status, 503);
    let last = provider.record().entries().pop().unwrap();
    assert_eq!((last.endpoint, last.outcome), (Endpoint::Jwks, Outcome::Error("temporarily_unavailable")));
    provider.set_reachable(true);
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 200, "nothing was used up");
    assert_eq!(provider.record().refreshes(), 1);
}

#[tokio::test]
async fn the_record_can_be_waited_for() {
    let (provider, _) = provider().await;
    let record = provider.record();
    let asked = |entries: &[abide_demo_op::Entry]| entries.iter().any(|e| e.endpoint == Endpoint::Jwks);
    assert!(record.wait_for(asked, Duration::ZERO).await.is_err());
    let back = Back::new(&provider);
    let (arrived, _) = tokio::join!(record.wait_for(asked, Duration::from_secs(30)), back.get("/jwks"));
    arrived.unwrap();
}

#[tokio::test]
async fn it_stops_when_dropped() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    back.get("/jwks").await;
    let port = Some(provider.port());
    drop(provider);
    // The same port can be bound again at once, even while a client still holds a connection open.
    let again =
        abide_demo_op::DemoOp::start(abide_demo_op::Config { port, ..Default::default() }).await.unwrap();
    assert_eq!(Back::new(&again).get("/jwks").await.status, 200);
}

//! A provider that is slow, and one that is down.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::time::Duration;

use abide_demo_op::Endpoint;
use common::*;

#[tokio::test]
async fn while_it_is_paused_connections_are_accepted_and_nothing_is_answered() {
    let (provider, _) = provider().await;
    let tokens = tokens(&provider).await;
    let back = Back::new(&provider);
    provider.pause();
    let asking = back.refresh(text(&tokens, "refresh_token"));
    assert!(tokio::time::timeout(Duration::from_millis(300), asking).await.is_err());
    // A request whose sender gave up is not acted on: the token is not used up.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let waiting = back.get("/jwks");
    let resume = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(provider.record().count(Endpoint::Jwks), 0);
        provider.resume().await.unwrap();
    };
    let (answer, ()) = tokio::join!(waiting, resume);
    assert_eq!(answer.status, 200, "a request that waited is answered");
    assert_eq!(provider.record().refreshes(), 0);
    assert_eq!(back.refresh(text(&tokens, "refresh_token")).await.status, 200);
}

#[tokio::test]
async fn while_it_is_down_connections_are_refused() {
    let (provider, _) = provider().await;
    let tokens = tokens(&provider).await;
    let back = Back::new(&provider);
    back.get("/jwks").await;
    provider.refuse().await;
    let error = back.http.get(format!("{}/jwks", provider.issuer())).send().await.unwrap_err();
    assert!(error.is_connect(), "{error:?}");
    let refused = tokio::net::TcpStream::connect(("127.0.0.1", provider.port())).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    provider.refuse().await;
    provider.resume().await.unwrap();
    provider.resume().await.unwrap();
    assert_eq!(
        back.refresh(text(&tokens, "refresh_token")).await.status,
        200,
        "the same port, the same tokens"
    );
}

#[tokio::test]
async fn it_stops_also_while_it_is_paused_or_down() {
    for down in [false, true] {
        let (provider, _) = provider().await;
        provider.pause();
        if down {
            provider.refuse().await;
        }
        tokio::time::timeout(Duration::from_secs(5), provider.stop()).await.unwrap();
    }
}

//! Clients behind a forwarding proxy: one with many connections at once, and the exporter of OpenTelemetry.

use abide_tests::app::abide;
use abide_tests::login::sign_in;
use abide_tests::raw_http::{Way, read};
use abide_tests::room::Room;
use abide_tests::seen::{Client, NOT_ALLOWED, SESSION_ENDED, SIGNED_IN, SIGNED_OUT, dialect};
use abide_tests::tool::{allow, done, installed, sdk, tool};
use abide_tests::{s, skipped};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::proxy::{proxied, token};
use crate::upstream::Upstream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_connections_of_one_program_are_served_at_once() {
    let room = Room::with_keyring("proxy-eight").await;
    let upstream = Upstream::start().await;
    let (_provider, _app, port) = proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
    sign_in(&room).await;
    let token = token(&room).await;
    let connections = (0..8).map(|_| {
        tokio::spawn(async move {
            let mut stream = Way::Tcp(port).connect().await.unwrap();
            for _ in 0..20 {
                let head = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
                let answer = read(&mut *stream, s(20)).await.unwrap();
                assert_eq!((answer.status, answer.body.as_str()), (200, "hello"), "{answer:?}");
            }
        })
    });
    for connection in connections.collect::<Vec<_>>() {
        connection.await.unwrap();
    }
    let seen = upstream.seen();
    assert_eq!(seen.len(), 8 * 20);
    assert!(seen.iter().all(|seen| seen.token() == token), "each has the token");
}

/// Abide carries the bytes, so it can end them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_stream_ends_with_the_session() {
    let room = Room::with_keyring("proxy-stream-ends").await;
    let upstream = Upstream::start().await;
    let (_provider, _app, port) = proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
    sign_in(&room).await;
    let events = upstream.events();
    let mut stream = Way::Tcp(port).connect().await.unwrap();
    let head = format!("GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    events.send("one".to_owned()).await.unwrap();
    let (mut shown, mut buffer) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&shown).contains("data: one") {
        let read = tokio::time::timeout(s(10), stream.read(&mut buffer)).await.unwrap().unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&shown));
        shown.extend_from_slice(&buffer[..read]);
    }
    let ended = abide(&room, &["logout", "--no-wait"]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let rest = tokio::time::timeout(s(10), stream.read_to_end(&mut shown)).await;
    assert!(rest.is_ok(), "it is still open");
    assert!(!String::from_utf8_lossy(&shown).contains("\r\n0\r\n"), "it does not end as if it were whole");
    drop(events);
}

/// The exporter sends what it measures to an address and knows nothing of Abide.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_exporter_of_opentelemetry_sends_with_the_token() {
    const REFUSED: &str = "code: 401, reason: Unauthorized";
    let Some(python) = installed("python") else {
        return skipped("the_exporter_of_opentelemetry_sends_with_the_token", "the SDKs are not installed");
    };
    let client = Client::python("opentelemetry-exporter-otlp-proto-http");
    let room = Room::with_keyring("proxy-otel").await;
    let upstream = Upstream::start().await;
    let (_provider, _app, port) = proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
    let script = sdk("export_spans.py").display().to_string();
    let url = format!("http://127.0.0.1:{port}/v1/traces");
    let export = || done(tool(&room, &python, &[&script, &url]));
    let refused = async |when: &str| {
        let export = export().await;
        assert!(export.stderr.contains(REFUSED), "{when}: {export:?}");
        dialect("proxy", &client, when, &format!("“{REFUSED}”"));
    };

    refused(SIGNED_OUT).await;
    sign_in(&room).await;
    refused(NOT_ALLOWED).await;
    assert!(upstream.seen().is_empty(), "nothing reaches the server before the answer");
    allow(&room).await;
    let sent = export().await;
    assert!(!sent.stderr.contains("Failed"), "{sent:?}");
    let seen = upstream.last(1);
    assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/v1/traces"));
    assert_eq!(seen.header("content-type"), "application/x-protobuf");
    assert!(!seen.body.is_empty());
    assert_eq!(seen.token(), token(&room).await);
    dialect("proxy", &client, SIGNED_IN, "the server gets the token and the spans");
    let ended = abide(&room, &["logout", "--no-wait"]).await;
    assert_eq!(ended.code, 0, "{ended:?}");
    refused(SESSION_ENDED).await;
    upstream.last(1);
}

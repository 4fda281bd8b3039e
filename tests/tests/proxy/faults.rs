//! What a program gets when the server behind a proxy does not behave, and long requests.

use std::time::Instant;

use abide_tests::login::sign_in;
use abide_tests::raw_http::{Way, read};
use abide_tests::room::Room;
use abide_tests::{eventually, s};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::proxy::{get, proxied, token};
use crate::upstream::Upstream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_always_refuses_the_token_causes_one_renewal() {
    let room = Room::with_keyring("proxy-always-401").await;
    let upstream = Upstream::start().await;
    let (provider, _app, port) = proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
    sign_in(&room).await;
    token(&room).await;
    let before = provider.record().refreshes();
    // The session is as strong as that: what would help is another token, and does not.
    let acr = "Bearer error=\"insufficient_user_authentication\", max_age=\"600\"";
    for challenge in ["Bearer error=\"invalid_token\"", acr] {
        upstream.challenge_all(challenge);
        for _ in 0..3 {
            let answer = get(port, "/").await;
            assert_eq!((answer.status, answer.body.as_str()), (401, "refused"), "{answer:?}");
        }
    }
    assert_eq!(provider.record().refreshes() - before, 1, "the pause between renewals");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_breaks_off_for_the_program_too() {
    let room = Room::with_keyring("proxy-cut").await;
    let upstream = Upstream::start().await;
    let (_provider, _app, port) = proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
    sign_in(&room).await;
    for path in ["/cut", "/cut-with-length"] {
        let mut stream = Way::Tcp(port).connect().await.unwrap();
        let head = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut shown = Vec::new();
        let _ = tokio::time::timeout(s(5), stream.read_to_end(&mut shown)).await.expect("its end");
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.contains("the beginning"), "{path}: {shown}");
        assert!(!shown.contains("\r\n0\r\n"), "{path} does not end as if it were whole: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_too_slow_is_given_up_after_the_configured_time() {
    let room = Room::with_keyring("proxy-slow").await;
    let upstream = Upstream::start().await;
    let to = format!("http://127.0.0.1:{}", upstream.port);
    let (_provider, _app, port) = proxied(&room, &to, "timeout = \"1s\"").await;
    sign_in(&room).await;
    let begun = Instant::now();
    let answer = get(port, "/never").await;
    assert_eq!((answer.status, answer.header("abide-error")), (504, Some("upstream_timeout")), "{answer:?}");
    assert!(begun.elapsed() < s(5), "{:?}", begun.elapsed());
    assert_eq!(get(port, "/").await.status, 200, "the next request is another matter");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_upload_arrives_as_it_is_sent() {
    const PIECE: usize = 1 << 20;
    const COUNT: usize = 24;
    let room = Room::with_keyring("proxy-upload").await;
    let upstream = Upstream::start().await;
    let (_provider, _app, port) = proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
    sign_in(&room).await;
    let mut stream = Way::Tcp(port).connect().await.unwrap();
    let head = format!(
        "PUT /upload HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let piece = format!("{PIECE:x}\r\n{}\r\n", "x".repeat(PIECE));
    for sent in 1..=COUNT {
        stream.write_all(piece.as_bytes()).await.unwrap();
        if sent == 1 || sent == COUNT {
            eventually("what was sent", s(10), || async {
                (upstream.uploaded() == sent * PIECE).then_some(())
            })
            .await;
        }
    }
    stream.write_all(b"0\r\n\r\n").await.unwrap();
    let answer = read(&mut *stream, s(10)).await.unwrap();
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(upstream.last(1).body.len(), COUNT * PIECE);
}

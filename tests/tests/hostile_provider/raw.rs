//! A server that sends wrong HTTP: for each path these bytes.

use std::sync::OnceLock;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

static PORT: OnceLock<u16> = OnceLock::new();
/// Bound, so that no other program gets its port, and not listening.
static CLOSED: OnceLock<TcpSocket> = OnceLock::new();

const ANSWERS: [(&str, &[u8]); 11] = [
    ("nothing", b""),
    ("noise", b"\x00\xff\x16\x03\x01 this is not HTTP\r\n\r\n"),
    ("banner", b"220 mail.example.com ESMTP ready\r\n"),
    ("alert", b"\x15\x03\x01\x00\x02\x02\x46"),
    ("http2", b"\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"),
    ("half-a-head", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le"),
    ("two-lengths", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}"),
    ("bad-length", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: -1\r\n\r\n{}"),
    ("bad-chunk", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    ("short", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{}"),
    ("only-going-on", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"),
];

/// An address with this answer.
pub(crate) fn address(answer: &str) -> String {
    format!("http://127.0.0.1:{}/{answer}", PORT.get().expect("the server runs"))
}

/// An address without a listener.
pub(crate) fn closed() -> String {
    let socket = CLOSED.get().expect("the server runs");
    format!("http://127.0.0.1:{}/closed", socket.local_addr().expect("its port").port())
}

pub(crate) async fn start() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    PORT.set(listener.local_addr().expect("its number").port()).expect("started once");
    let closed = TcpSocket::new_v4().expect("a socket");
    closed.bind(([127, 0, 0, 1], 0).into()).expect("a port for it");
    CLOSED.set(closed).expect("started once");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
}

async fn serve(mut stream: TcpStream) {
    let mut asked = Vec::new();
    let mut piece = [0; 4096];
    while !asked.windows(4).any(|four| four == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(count @ 1..) => asked.extend_from_slice(&piece[..count]),
            _ => return,
        }
    }
    let line = String::from_utf8_lossy(&asked);
    let path = line.split(' ').nth(1).unwrap_or_default().trim_start_matches('/').to_owned();
    let answer = ANSWERS.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes).unwrap_or_default();
    let _ = stream.write_all(answer).await;
    let _ = stream.shutdown().await;
}

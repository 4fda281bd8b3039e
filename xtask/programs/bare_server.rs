//! A hyper server that gives one answer to everything: `bench-bare-server SOCKET <ANSWER`.
//!
//! The answer, with head and body, is read from standard input, so that a client gets the same bytes from here as from the
//! server that is compared. It listens on the socket and on a free port of 127.0.0.1, which it prints. Like the agent
//! without a desktop, it has one thread.
#![allow(clippy::print_stdout, reason = "the port is told on standard output")]

use std::convert::Infallible;
use std::io::Read as _;

#[cfg(unix)]
type Failure = Box<dyn std::error::Error>;

#[cfg(not(unix))]
fn main() {}

#[cfg(unix)]
fn main() -> Result<(), Failure> {
    let socket = std::env::args_os().nth(1).ok_or("bench-bare-server SOCKET <ANSWER")?;
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text)?;
    let answer = Answer::parse(&text).ok_or("standard input is not an HTTP answer")?;
    let answer: &'static Answer = Box::leak(Box::new(answer));
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?
        .block_on(serve(socket.as_ref(), answer))
}

/// Serves both transports until the process is ended.
#[cfg(unix)]
async fn serve(socket: &std::path::Path, answer: &'static Answer) -> Result<(), Failure> {
    let unix = tokio::net::UnixListener::bind(socket)?;
    let tcp = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await?;
    println!("{}", tcp.local_addr()?.port());
    let over_socket = async {
        loop {
            tokio::spawn(connection(unix.accept().await?.0, answer));
        }
    };
    let over_tcp = async {
        loop {
            let stream = tcp.accept().await?.0;
            stream.set_nodelay(true)?;
            tokio::spawn(connection(stream, answer));
        }
    };
    let ended: Result<Infallible, std::io::Error> = tokio::select! {
        ended = over_socket => ended,
        ended = over_tcp => ended,
    };
    match ended {
        Ok(never) => match never {},
        Err(error) => Err(error.into()),
    }
}

#[cfg(unix)]
async fn connection(
    stream: impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    answer: &'static Answer,
) {
    let service = hyper::service::service_fn(|_| async { Ok::<_, Infallible>(answer.response()) });
    // A client that closes the connection early does not matter.
    let _ = hyper::server::conn::http1::Builder::new()
        .serve_connection(hyper_util::rt::TokioIo::new(stream), service)
        .await;
}

/// The answer to every request.
#[cfg(unix)]
struct Answer {
    status: hyper::StatusCode,
    headers: hyper::HeaderMap,
    body: hyper::body::Bytes,
}

#[cfg(unix)]
impl Answer {
    fn parse(text: &str) -> Option<Self> {
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.lines();
        let status = lines.next()?.split_whitespace().nth(1)?.parse().ok()?;
        let mut headers = hyper::HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(':')?;
            let name: hyper::header::HeaderName = name.trim().parse().ok()?;
            // hyper writes these two itself, as for the other server.
            if name != hyper::header::DATE && name != hyper::header::CONTENT_LENGTH {
                headers.append(name, value.trim().parse().ok()?);
            }
        }
        Some(Self { status, headers, body: body.to_owned().into() })
    }

    fn response(&self) -> hyper::Response<http_body_util::Full<hyper::body::Bytes>> {
        let mut response = hyper::Response::new(http_body_util::Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers.clone();
        response
    }
}

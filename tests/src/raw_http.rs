//! HTTP byte by byte, over a socket or TCP: for requests that no usual client would send.

use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};

use crate::s;

/// The address to connect to.
#[derive(Clone, Debug)]
pub enum Way {
    /// A Unix socket.
    Socket(PathBuf),
    /// A port of 127.0.0.1.
    Tcp(u16),
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as received.
    pub body: String,
}

impl Answer {
    /// A header field.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Panics
    ///
    /// When it is not.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("JSON, not {:?}: {error}", self.body))
    }

    /// The error code in the body.
    ///
    /// # Panics
    ///
    /// When there is none.
    #[must_use]
    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_else(|| panic!("an error code in {}", self.body)).to_owned()
    }
}

/// A stream of either kind.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

impl Way {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When there is no listener or the system refuses.
    pub async fn connect(&self) -> std::io::Result<Box<dyn Stream>> {
        Ok(match self {
            Self::Socket(path) => Box::new(UnixStream::connect(path).await?),
            Self::Tcp(port) => Box::new(TcpStream::connect(("127.0.0.1", *port)).await?),
        })
    }

    /// Sends these bytes and returns the answer; `None` when the connection closed without one.
    pub async fn send(&self, bytes: &[u8]) -> Option<Answer> {
        let mut stream = self.connect().await.expect("a connection");
        // The other side may have closed before it read everything.
        let _ = stream.write_all(bytes).await;
        let _ = stream.flush().await;
        read(&mut stream, s(15)).await
    }

    /// Sends a request with these header lines in addition to `Connection: close`.
    pub async fn request(&self, method: &str, target: &str, headers: &[&str], body: &str) -> Option<Answer> {
        let mut text = format!("{method} {target} HTTP/1.1\r\nConnection: close\r\n");
        for header in headers {
            text.push_str(header);
            text.push_str("\r\n");
        }
        if !body.is_empty() || method == "POST" {
            text.push_str(&format!("Content-Length: {}\r\n", body.len()));
        }
        text.push_str("\r\n");
        text.push_str(body);
        self.send(text.as_bytes()).await
    }
}

/// Reads an answer to the end of its body or of the connection.
pub async fn read(stream: &mut dyn Stream, within: Duration) -> Option<Answer> {
    let mut bytes = Vec::new();
    let reading = async {
        let mut piece = [0_u8; 4096];
        while let Ok(count @ 1..) = stream.read(&mut piece).await {
            bytes.extend_from_slice(&piece[..count]);
            if is_whole(&bytes) {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(within, reading).await;
    parse(&bytes)
}

fn is_whole(bytes: &[u8]) -> bool {
    parse(bytes).is_some_and(|answer| {
        let length = answer.header("content-length").and_then(|length| length.parse::<usize>().ok());
        length.is_some_and(|length| answer.body.len() >= length)
    })
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
        .collect();
    Some(Answer { status, headers, body: body.to_owned() })
}

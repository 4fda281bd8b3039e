//! The part of HTTP/1.1 (RFC 9112) that the agent's local endpoint needs: one request on one connection, and an answer with
//! a length or in chunks. Everything that was read is wiped when it is dropped, because it may contain a token.

mod answer;
mod arriving;
mod broken;
mod events;

use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

pub(crate) use self::answer::Answer;
pub(crate) use self::arriving::Arriving;
use self::broken::Broken;
pub(crate) use self::events::Events;
use crate::failure::Failure;
use crate::platform;

/// The agent's endpoint.
#[derive(Clone)]
pub(crate) struct Endpoint {
    /// The socket; on Windows the name of the pipe.
    pub(crate) socket: PathBuf,
    /// The other computer that the last agent with these folders ran on.
    pub(crate) elsewhere: Option<String>,
    /// The last agent with these folders, if its socket is looked for where it has put it.
    pub(crate) running: Option<Running>,
    /// The user whose agent is accepted.
    pub(crate) user: u32,
    /// How long to wait for an answer.
    pub(crate) patience: Duration,
}

/// An agent that may run.
#[derive(Clone)]
pub(crate) struct Running {
    /// Its number, as it has written it down.
    pub(crate) process: Option<u32>,
    /// The file that it has locked while it runs.
    pub(crate) lock: PathBuf,
}

impl Running {
    fn is_running(&self) -> bool {
        // Shared and at once given back: an agent that starts tries again.
        let tried = File::open(&self.lock).map(|lock| lock.try_lock_shared());
        matches!(tried, Ok(Err(TryLockError::WouldBlock)))
    }
}

impl Endpoint {
    fn connect(&self) -> Result<platform::Stream, Failure> {
        let connected = platform::connect(&self.socket, self.user, self.patience);
        connected.map_err(|failure| match (failure, &self.elsewhere) {
            (Failure::NotRunning, Some(host)) => Failure::NotHere(host.clone()),
            (Failure::NotRunning, None) => self.not_running(),
            (failure, _) => failure,
        })
    }

    /// Whether no agent runs, or one whose socket a sandbox hides.
    fn not_running(&self) -> Failure {
        let hidden = self.running.as_ref().filter(|running| running.is_running() && !self.socket.exists());
        match hidden.map(|running| running.process) {
            Some(process) => Failure::Hidden { process, socket: self.socket.clone() },
            None => Failure::NotRunning,
        }
    }

    /// Sends one request and returns the answer to it if that is a success.
    pub(crate) fn call(&self, method: &str, target: &str) -> Result<Answer, Failure> {
        // A call that changes something has a JSON body, even an empty one: a form in a browser cannot send that.
        let body = if method == "GET" { None } else { Some(&b"{}"[..]) };
        self.call_with(method, target, body)
    }

    /// The same with a JSON body.
    pub(crate) fn call_with(
        &self,
        method: &str,
        target: &str,
        body: Option<&[u8]>,
    ) -> Result<Answer, Failure> {
        let stream = self.connect()?;
        exchange(stream, "localhost", method, target, body, self.patience)
    }

    /// Sends a request whose answer is read as it arrives, however long that takes. `connected` gets the connection first.
    pub(crate) fn open(
        &self,
        target: &str,
        headers: &[(String, String)],
        body: &[u8],
        names: &[&str],
        connected: impl FnOnce(&platform::Stream),
    ) -> Result<Arriving<platform::Stream>, Failure> {
        let mut stream = self.connect()?;
        connected(&stream);
        let bytes =
            with_headers(request("localhost", "POST", target, "application/json", Some(body)), headers);
        stream.write_all(&bytes).map_err(|error| Broken::of(error).after(self.patience))?;
        platform::wait_forever(&stream).map_err(Failure::Transport)?;
        Arriving::open(stream, names)
    }

    /// Opens an event stream. Events may be hours apart: only the head of the answer has to come in time.
    pub(crate) fn events(&self, target: &str) -> Result<Events<platform::Stream>, Failure> {
        let mut stream = self.connect()?;
        let head = request("localhost", "GET", target, "text/event-stream", None);
        stream.write_all(&head).map_err(|error| Broken::of(error).after(self.patience))?;
        let events = Events::open(stream, self.patience)?;
        platform::wait_forever(events.stream()).map_err(Failure::Transport)?;
        Ok(events)
    }
}

/// Sends one request over a connection and reads the answer. Error statuses become [`Failure::Refused`]. The connection has
/// the timeout `patience` already.
pub(crate) fn exchange<S: Read + Write>(
    mut stream: S,
    host: &str,
    method: &str,
    target: &str,
    body: Option<&[u8]>,
    patience: Duration,
) -> Result<Answer, Failure> {
    let head = request(host, method, target, "application/json", body);
    let sent = stream.write_all(&head).map_err(Broken::of);
    let answer = sent.and_then(|()| answer::read(stream)).map_err(|broken| broken.after(patience))?;
    answer.success()
}

fn request(host: &str, method: &str, target: &str, accept: &str, body: Option<&[u8]>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(256 + body.map_or(0, <[u8]>::len));
    for part in [
        method,
        " ",
        target,
        " HTTP/1.1\r\nHost: ",
        host,
        concat!("\r\nUser-Agent: abide/", env!("CARGO_PKG_VERSION"), "\r\nAccept: "),
        accept,
        "\r\nConnection: close\r\n",
    ] {
        bytes.extend_from_slice(part.as_bytes());
    }
    if let Some(body) = body {
        bytes.extend_from_slice(b"Content-Type: application/json\r\nContent-Length: ");
        bytes.extend_from_slice(body.len().to_string().as_bytes());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(body.unwrap_or_default());
    bytes
}

/// A request with more headers, which come first. What could end a header is left out.
fn with_headers(request: Vec<u8>, headers: &[(String, String)]) -> Vec<u8> {
    let first = request.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let mut bytes = request[..first].to_vec();
    let is_plain = |text: &str| text.bytes().all(|byte| matches!(byte, 0x20..=0x7e | b'\t'));
    for (name, value) in headers.iter().filter(|(name, value)| is_plain(name) && is_plain(value)) {
        bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
    }
    bytes.extend_from_slice(&request[first..]);
    bytes
}

/// What a value keeps as it is (RFC 3986 section 2.3).
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Appends a value to a target so that it stays one path segment or one query value.
pub(crate) fn push_encoded(target: &mut String, value: &str) {
    target.extend(utf8_percent_encode(value, UNRESERVED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stays_one_value() {
        let mut target = String::new();
        push_encoded(&mut target, "a/b&c=d é\r\n-._~");
        assert_eq!(target, "a%2Fb%26c%3Dd%20%C3%A9%0D%0A-._~");
    }
}

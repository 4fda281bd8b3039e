//! A scripted agent: it compares each request byte for byte, and sends the answers of the test.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{fs, str};

use tempfile::TempDir;

pub enum Step {
    /// A connection with exactly this request and this answer. It is closed afterwards.
    Answer(Vec<u8>, Vec<u8>),
    /// The same, and the connection stays open.
    Open(Vec<u8>, Vec<u8>),
    /// More data on an open connection, counted from the last.
    Push(usize, Vec<u8>),
    /// No answer to any request until the command has given up.
    Silence,
}

pub struct FakeAgent {
    home: TempDir,
    thread: Option<JoinHandle<Result<(), String>>>,
}

impl FakeAgent {
    /// A home without an agent.
    pub fn absent() -> Self {
        let home = TempDir::new().unwrap();
        let runtime = home.path().join("run/abide");
        fs::create_dir_all(&runtime).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o700)).unwrap();
        Self { home, thread: None }
    }

    pub fn new(steps: Vec<Step>) -> Self {
        let mut agent = Self::absent();
        let listener = UnixListener::bind(agent.socket()).unwrap();
        agent.thread = Some(thread::spawn(move || play(&listener, steps)));
        agent
    }

    pub fn home(&self) -> &Path {
        self.home.path()
    }

    pub fn runtime(&self) -> PathBuf {
        self.home.path().join("run/abide")
    }

    pub fn socket(&self) -> PathBuf {
        self.runtime().join("abide.sock")
    }

    pub fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("HOME", self.home.path().into()),
            ("XDG_RUNTIME_DIR", self.home.path().join("run").into()),
            ("XDG_CONFIG_HOME", self.home.path().join("config").into()),
            ("XDG_STATE_HOME", self.home.path().join("state").into()),
        ]
    }

    /// Checks that everything expected was requested, and nothing else.
    pub fn finish(mut self) {
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap().unwrap();
        }
    }

    /// Checks that the command has ended without a request.
    pub fn heard_nothing(mut self) {
        let thread = self.thread.take().unwrap();
        assert!(!thread.is_finished(), "the agent was asked");
        drop(UnixStream::connect(self.socket()).unwrap());
        let heard = thread.join().unwrap().unwrap_err();
        assert!(heard.contains("sent \"\""), "{heard}");
    }
}

fn play(listener: &UnixListener, steps: Vec<Step>) -> Result<(), String> {
    let mut open: Vec<UnixStream> = Vec::new();
    for step in steps {
        match step {
            Step::Answer(expected, answer) => {
                let mut stream = accept(listener, &expected)?;
                let _ = stream.write_all(&answer);
            }
            Step::Open(expected, answer) => {
                let mut stream = accept(listener, &expected)?;
                stream.write_all(&answer).map_err(|error| error.to_string())?;
                open.push(stream);
            }
            Step::Push(back, more) => {
                let at = open.len() - 1 - back;
                let _ = open[at].write_all(&more);
            }
            Step::Silence => {
                let (mut stream, _) = listener.accept().map_err(|error| error.to_string())?;
                let _ = io::copy(&mut stream, &mut io::sink());
            }
        }
    }
    Ok(())
}

fn accept(listener: &UnixListener, expected: &[u8]) -> Result<UnixStream, String> {
    let (mut stream, _) = listener.accept().map_err(|error| error.to_string())?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).map_err(|error| error.to_string())?;
    let mut sent = Vec::new();
    let mut piece = [0; 4096];
    while sent.len() < expected.len() {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => sent.extend_from_slice(&piece[..read]),
            Err(error) => return Err(format!("sent {:?}, then {error}", String::from_utf8_lossy(&sent))),
        }
    }
    if sent == expected {
        return Ok(stream);
    }
    let (sent, expected) = (String::from_utf8_lossy(&sent), String::from_utf8_lossy(expected));
    Err(format!("sent {sent:?}\nwanted {expected:?}"))
}

fn request(method: &str, target: &str, accept: &str, body: Option<&str>) -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!(
        "{method} {target} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: abide/{version}\r\nAccept: {accept}\r\n\
         Connection: close\r\n"
    );
    if let Some(body) = body {
        text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
    }
    text.push_str("\r\n");
    text.push_str(body.unwrap_or(""));
    text.into_bytes()
}

pub fn get(target: &str) -> Vec<u8> {
    request("GET", target, "application/json", None)
}

pub fn post(target: &str, body: &str) -> Vec<u8> {
    request("POST", target, "application/json", Some(body))
}

pub fn delete(target: &str) -> Vec<u8> {
    request("DELETE", target, "application/json", Some("{}"))
}

pub fn listen(target: &str) -> Vec<u8> {
    request("GET", target, "text/event-stream", None)
}

pub fn answer(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
        .into()
}

pub fn error(status: &str, code: &str, description: &str) -> Vec<u8> {
    answer(status, &format!(r#"{{"error":"{code}","error_description":"{description}"}}"#))
}

/// One event in its own chunk.
pub fn event(data: &str) -> Vec<u8> {
    let event = format!("event: session\ndata: {data}\n\n");
    format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()
}

/// The head of an event stream, and the first event.
pub fn stream(data: &str) -> Vec<u8> {
    let mut bytes =
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    bytes.extend(event(data));
    bytes
}

/// The end of an event stream.
pub fn end() -> Vec<u8> {
    b"0\r\n\r\n".to_vec()
}

pub const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl";

pub fn token_body() -> String {
    format!(
        r#"{{"access_token":"{TOKEN}","token_type":"Bearer","expires_in":240,"expires_at":1795550178,"scope":"openid profile","account":"work","issuer":"https://id.example.com"}}"#
    )
}

pub fn token_answer() -> Vec<u8> {
    answer("200 OK", &token_body())
}

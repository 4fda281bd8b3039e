//! An MCP server that behaves as a test says, byte by byte where a real one would not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What it does with a request that has a token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Manner {
    /// Answers.
    Well,
    /// Refuses every token.
    Refuses,
    /// Closes the connection in the middle of an answer in JSON.
    CutsJson,
    /// Closes the connection in the middle of a stream, without an event that could be resumed from.
    CutsStream,
    /// Closes the stream after an event with an ID. The answer is on the stream that continues it.
    Resumes,
    /// Asks the client for a text of its model before it answers.
    Samples,
    /// Says nothing, to any request.
    Silent,
}

/// A request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) message: Value,
}

impl Seen {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

struct State {
    issuer: String,
    manner: Manner,
    seen: Vec<Seen>,
}

/// A running server.
#[derive(Clone)]
pub(crate) struct StandIn {
    pub(crate) port: u16,
    state: Arc<Mutex<State>>,
}

impl StandIn {
    pub(crate) async fn start(issuer: &str, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State { issuer: issuer.to_owned(), manner, seen: Vec::new() };
        let stand_in = Self { port, state: Arc::new(Mutex::new(state)) };
        let shared = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let stand_in = shared.clone();
                tokio::spawn(async move { stand_in.answer(stream).await });
            }
        });
        stand_in
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/mcp", self.port)
    }

    pub(crate) fn behave(&self, manner: Manner) {
        self.state.lock().unwrap().manner = manner;
    }

    /// The requests with a token.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    async fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let (path, seen) = request(&mut stream).await?;
        let (manner, issuer) = {
            let mut state = self.state.lock().unwrap();
            if !seen.header("authorization").is_empty() {
                state.seen.push(seen.clone());
            }
            (state.manner, state.issuer.clone())
        };
        if manner == Manner::Silent {
            tokio::time::sleep(Duration::from_secs(60)).await;
            return None;
        }
        let metadata = "/.well-known/oauth-protected-resource/mcp";
        if path == metadata {
            let about = json!({ "resource": self.url(), "authorization_servers": [issuer] });
            return write(&mut stream, &json_answer(&about, "")).await;
        }
        if seen.header("authorization").is_empty() || manner == Manner::Refuses {
            let at = format!("http://127.0.0.1:{}{metadata}", self.port);
            let head = format!("401 Unauthorized\r\nWWW-Authenticate: Bearer resource_metadata=\"{at}\"");
            return write(&mut stream, &whole(&head, "")).await;
        }
        match seen.method.as_str() {
            "GET" if seen.header("last-event-id") == "7" => {
                let text = event("8", &result(&json!(2), &json!({ "content": "resumed" })));
                write(&mut stream, &(stream_head() + &chunk(&text) + "0\r\n\r\n")).await
            }
            "POST" => self.called(stream, &seen, manner).await,
            "DELETE" => write(&mut stream, &whole("200 OK", "")).await,
            _ => write(&mut stream, &whole("405 Method Not Allowed", "")).await,
        }
    }

    async fn called(&self, mut stream: TcpStream, seen: &Seen, manner: Manner) -> Option<()> {
        let id = &seen.message["id"];
        if seen.message["method"] == "initialize" {
            let about = json!({
                "protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": { "name": "stand-in", "version": "1" },
            });
            let answer = json_answer(&result(id, &about), "Mcp-Session-Id: s1\r\n");
            return write(&mut stream, &answer).await;
        }
        if id.is_null() || seen.message["method"].is_null() {
            return write(&mut stream, &whole("202 Accepted", "")).await;
        }
        let answer = result(id, &json!({ "content": "whole" }));
        let text = match manner {
            Manner::CutsJson => {
                let whole = json_answer(&answer, "");
                whole[..whole.len() - 9].to_owned()
            }
            Manner::CutsStream => stream_head() + &chunk("data: {\"json"),
            Manner::Resumes => stream_head() + &chunk("id: 7\nretry: 20\ndata:\n\n") + "0\r\n\r\n",
            Manner::Samples => {
                let params = json!({ "messages": [], "maxTokens": 5 });
                let asks = json!({ "jsonrpc": "2.0", "id": "s-1", "method": "sampling/createMessage", "params": params });
                write(&mut stream, &(stream_head() + &chunk(&event("1", &asks)))).await?;
                let said = self.reply("s-1").await;
                chunk(&event("2", &result(id, &said["result"]))) + "0\r\n\r\n"
            }
            _ => json_answer(&answer, ""),
        };
        write(&mut stream, &text).await
    }

    /// What the client has answered to a request of the server.
    async fn reply(&self, id: &str) -> Value {
        loop {
            let seen = self.seen();
            if let Some(found) = seen.iter().find(|seen| seen.message["id"] == id) {
                return found.message.clone();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

fn result(id: &Value, result: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": result })
}

fn whole(head: &str, body: &str) -> String {
    format!("HTTP/1.1 {head}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn json_answer(body: &Value, more: &str) -> String {
    whole(&format!("200 OK\r\n{more}Content-Type: application/json"), &body.to_string())
}

fn stream_head() -> String {
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        .to_owned()
}

fn event(id: &str, message: &Value) -> String {
    format!("id: {id}\ndata: {message}\n\n")
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

async fn write(stream: &mut TcpStream, text: &str) -> Option<()> {
    stream.write_all(text.as_bytes()).await.ok()
}

/// The path and the content of a request.
async fn request(stream: &mut TcpStream) -> Option<(String, Seen)> {
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0_u8; 4096];
        let count = stream.read(&mut piece).await.ok()?;
        bytes.extend_from_slice(&piece[..count]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let mut lines = head.lines();
            let mut first = lines.next()?.split(' ');
            let (method, path) = (first.next()?.to_owned(), first.next()?.to_owned());
            let headers: Vec<(String, String)> = lines
                .filter_map(|line| line.split_once(": "))
                .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
                .collect();
            let length = headers.iter().find(|(name, _)| name == "content-length");
            let length = length.and_then(|(_, length)| length.parse().ok()).unwrap_or(0);
            if body.len() >= length {
                let message = serde_json::from_str(body).unwrap_or_default();
                return Some((path, Seen { method, headers, message }));
            }
        }
        if count == 0 {
            return None;
        }
    }
}

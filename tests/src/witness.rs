//! An HTTP proxy between Abide and a provider on loopback, which records every secret that passes.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::{Url, form_urlencoded};

/// The secrets in a request.
const ASKED: [&str; 6] =
    ["code", "code_verifier", "refresh_token", "client_secret", "client_assertion", "device_code"];
/// The secrets in an answer.
const ANSWERED: [&str; 4] = ["access_token", "refresh_token", "id_token", "device_code"];

/// The proxy. It ends with the runtime of the test.
pub struct Witness {
    port: u16,
    seen: Arc<Mutex<Seen>>,
}

#[derive(Default)]
struct Seen {
    secrets: BTreeSet<String>,
    paths: Vec<String>,
    newest_access_token: String,
    /// The next token request gets this answer from the proxy; `{}` is replaced by the secret of the request.
    refusal: Option<&'static str>,
}

impl Witness {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// When there is no port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port for the proxy");
        let port = listener.local_addr().expect("its number").port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let kept = seen.clone();
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(pass(socket, kept.clone()));
            }
        });
        Self { port, seen }
    }

    /// The line of the configuration that sets it.
    #[must_use]
    pub fn setting(&self) -> String {
        format!("proxy = {{ url = \"http://127.0.0.1:{}\", loopback = true }}\n", self.port)
    }

    /// Every secret that has passed.
    ///
    /// # Panics
    ///
    /// When the proxy has panicked.
    #[must_use]
    pub fn secrets(&self) -> BTreeSet<String> {
        self.seen.lock().expect("what was seen").secrets.clone()
    }

    /// The last access token that passed.
    ///
    /// # Panics
    ///
    /// As [`Self::secrets`].
    #[must_use]
    pub fn access_token(&self) -> String {
        self.seen.lock().expect("what was seen").newest_access_token.clone()
    }

    /// The number of requests to paths with this ending.
    ///
    /// # Panics
    ///
    /// As [`Self::secrets`].
    #[must_use]
    pub fn passed(&self, path: &str) -> usize {
        self.seen.lock().expect("what was seen").paths.iter().filter(|seen| seen.ends_with(path)).count()
    }

    /// Refuses the next token request with this `head` and `body`; `{}` in the body is replaced by the secret of the
    /// request.
    ///
    /// # Panics
    ///
    /// As [`Self::secrets`].
    pub fn refuse_next(&self, answer: &'static str) {
        self.seen.lock().expect("what was seen").refusal = Some(answer);
    }
}

async fn pass(mut socket: TcpStream, seen: Arc<Mutex<Seen>>) -> Option<()> {
    let (head, body) = message(&mut socket).await?;
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?, Url::parse(first.next()?).ok()?);
    let fields: Vec<&str> = lines.filter(|line| !line.is_empty()).collect();
    let form: Vec<(String, String)> = form_urlencoded::parse(&body).into_owned().collect();
    let asked_with = note_request(&seen, target.path(), &form);
    let refusal = target.path().ends_with("/token").then(|| seen.lock().unwrap().refusal.take()).flatten();
    if let Some(refusal) = refusal {
        let (head, body) = refusal.split_once("\n\n").expect("head and body");
        let body = body.replace("{}", &asked_with);
        let answer = format!(
            "HTTP/1.1 {}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            head.replace('\n', "\r\n"),
            body.len()
        );
        return socket.write_all(answer.as_bytes()).await.ok();
    }
    let address = (target.host_str()?, target.port_or_known_default()?);
    let mut there = TcpStream::connect(address).await.ok()?;
    let path = &target[url::Position::BeforePath..url::Position::AfterQuery];
    let fields = fields.join("\r\n");
    there
        .write_all(format!("{method} {path} HTTP/1.1\r\n{fields}\r\nconnection: close\r\n\r\n").as_bytes())
        .await
        .ok()?;
    there.write_all(&body).await.ok()?;
    let mut answer = Vec::new();
    there.read_to_end(&mut answer).await.ok()?;
    note_answer(&seen, &answer);
    let answer = offering_secrets(answer);
    socket.write_all(&answer).await.ok()
}

/// Notes a request, and returns its secrets.
fn note_request(seen: &Mutex<Seen>, path: &str, form: &[(String, String)]) -> String {
    let mut seen = seen.lock().unwrap();
    seen.paths.push(path.to_owned());
    let secrets = form.iter().filter(|(name, _)| ASKED.contains(&name.as_str()));
    let secrets: Vec<String> = secrets.map(|(_, value)| value.clone()).collect();
    seen.secrets.extend(secrets.iter().cloned());
    secrets.join(" ")
}

fn note_answer(seen: &Mutex<Seen>, answer: &[u8]) {
    let at = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(answer.len());
    let Ok(Value::Object(members)) = serde_json::from_slice(answer.get(at + 4..).unwrap_or_default()) else {
        return;
    };
    let mut seen = seen.lock().unwrap();
    for (name, value) in members {
        if let (true, Value::String(text)) = (ANSWERED.contains(&name.as_str()), value) {
            if name == "access_token" {
                seen.newest_access_token.clone_from(&text);
            }
            seen.secrets.insert(text);
        }
    }
}

/// Changes the provider's metadata to offer client authentication with a secret, so that one is sent.
fn offering_secrets(answer: Vec<u8>) -> Vec<u8> {
    const MEMBER: &str = "token_endpoint_auth_methods_supported";
    let at = answer.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(answer.len());
    match serde_json::from_slice::<Value>(answer.get(at + 4..).unwrap_or_default()) {
        Ok(mut metadata) if metadata.get(MEMBER).is_some() => {
            metadata[MEMBER] = serde_json::json!(["none", "client_secret_post"]);
            let body = metadata.to_string();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
            format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into_bytes()
        }
        _ => answer,
    }
}

/// Head and body of a request.
async fn message(socket: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(socket.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).ok()?;
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    socket.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

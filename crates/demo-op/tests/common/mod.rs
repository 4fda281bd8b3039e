//! A minimal browser and client for the tests: cookies by hand, no redirect followed.
#![allow(dead_code, unreachable_pub, missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, Once};
use std::time::{Duration, SystemTime};

use abide_demo_op::{Config, DemoOp};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::redirect::Policy;
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::Url;

pub mod signing;

pub const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub const SCOPE: &str = "openid profile email offline_access";

/// A clock that moves only when it is told to.
#[derive(Clone)]
pub struct TestClock(Arc<Mutex<SystemTime>>);

impl TestClock {
    pub fn new() -> TestClock {
        TestClock(Arc::new(Mutex::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000))))
    }

    pub fn advance(&self, seconds: u64) {
        *self.0.lock().unwrap() += Duration::from_secs(seconds);
    }

    pub fn seconds(&self) -> u64 {
        self.0.lock().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
    }

    pub fn config(&self) -> Config {
        let time = Arc::clone(&self.0);
        Config { clock: Arc::new(move || *time.lock().unwrap()), ..Config::default() }
    }
}

pub async fn provider() -> (DemoOp, TestClock) {
    let clock = TestClock::new();
    (DemoOp::start(clock.config()).await.unwrap(), clock)
}

pub fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
    reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap()
}

/// An answer of the provider.
pub struct Answer {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub body: String,
}

impl Answer {
    pub async fn of(response: Response) -> Answer {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer { status, headers, body: response.text().await.unwrap() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).expect(&self.body)
    }

    pub fn location(&self) -> Url {
        assert_eq!(self.status, 303, "not a redirect: {}", self.body);
        Url::parse(self.header("location")).unwrap()
    }

    /// The parameters of the redirect.
    pub fn redirected(&self) -> BTreeMap<String, String> {
        self.location().query_pairs().into_owned().collect()
    }

    pub fn error(&self) -> String {
        self.json()["error"].as_str().unwrap_or_default().to_owned()
    }

    /// The value of a field of the page's form.
    pub fn field(&self, name: &str) -> String {
        let from = self
            .body
            .find(&format!(r#"name="{name}" value=""#))
            .unwrap_or_else(|| panic!("no {name}: {}", self.body));
        let value = &self.body[from + name.len() + 15..];
        value[..value.find('"').unwrap()].to_owned()
    }

    pub fn has_form(&self) -> bool {
        self.body.contains("<form")
    }
}

/// A browser: it keeps cookies.
pub struct Browser {
    pub issuer: String,
    pub http: reqwest::Client,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn new(provider: &DemoOp) -> Browser {
        Browser { issuer: provider.issuer().to_owned(), http: http(), cookies: BTreeMap::new() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.http.request(method, format!("{}{path}", self.issuer));
        if cookies.is_empty() { request } else { request.header("Cookie", cookies.join("; ")) }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = Answer::of(request.send().await.unwrap()).await;
        for cookie in answer.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            // The one cookie for a script is the browser state.
            let for_a_script = cookie.starts_with("abide-demo-state-");
            assert_eq!(cookie.contains("; HttpOnly"), !for_a_script, "{cookie}");
            assert!(cookie.contains("; SameSite=Lax"), "{cookie}");
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                _ => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        answer
    }

    pub async fn open(&mut self, path: &str, parameters: &[(&str, &str)]) -> Answer {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
        let path = if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") };
        let request = self.request(Method::GET, &path);
        self.send(request).await
    }

    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, path).form(fields).header("Sec-Fetch-Site", "same-origin");
        self.send(request).await
    }

    /// Opens the authorization endpoint with a good request, changed by `changes` ("" leaves a parameter out).
    pub async fn authorize(&mut self, changes: &[(&str, &str)]) -> Answer {
        let challenge = challenge(VERIFIER);
        let mut parameters = BTreeMap::from([
            ("client_id", "abide"),
            ("redirect_uri", REDIRECT_URI),
            ("response_type", "code"),
            ("scope", SCOPE),
            ("state", "state-1"),
            ("nonce", "nonce-1"),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
        ]);
        parameters.extend(changes.iter().copied());
        parameters.retain(|_, value| !value.is_empty());
        let parameters: Vec<_> = parameters.into_iter().collect();
        self.open("/authorize", &parameters).await
    }

    /// Fills the form of a sign-in page and sends it.
    pub async fn fill(&mut self, page: &Answer, username: &str, password: &str) -> Answer {
        let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
        let fields = [
            ("transaction", transaction.as_str()),
            ("csrf", csrf.as_str()),
            ("username", username),
            ("password", password),
            ("action", "sign-in"),
        ];
        self.submit("/sign-in", &fields).await
    }

    /// Presses a button on a page.
    pub async fn press(&mut self, page: &Answer, path: &str, action: &str) -> Answer {
        let (transaction, csrf) = (page.field("transaction"), page.field("csrf"));
        self.submit(path, &[("transaction", &transaction), ("csrf", &csrf), ("action", action)]).await
    }

    /// The browser state that the OP iframe reads.
    pub fn state(&self) -> String {
        let state = self.cookies.iter().find(|(name, _)| name.starts_with("abide-demo-state-"));
        state.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Signs alice in and returns the code.
    pub async fn sign_in(&mut self, changes: &[(&str, &str)]) -> String {
        let page = self.authorize(changes).await;
        assert!(page.has_form(), "{}", page.body);
        self.fill(&page, "alice", "demo").await.redirected()["code"].clone()
    }
}

pub fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// The client's back channel.
pub struct Back {
    pub issuer: String,
    pub http: reqwest::Client,
}

impl Back {
    pub fn new(provider: &DemoOp) -> Back {
        Back { issuer: provider.issuer().to_owned(), http: http() }
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        Answer::of(self.http.post(format!("{}{path}", self.issuer)).form(fields).send().await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(format!("{}{path}", self.issuer)).send().await.unwrap()).await
    }

    /// Exchanges a code as [`Browser::authorize`] asked for it, with changes.
    pub async fn exchange(&self, code: &str, changes: &[(&str, &str)]) -> Answer {
        let mut fields = BTreeMap::from([
            ("grant_type", "authorization_code"),
            ("client_id", "abide"),
            ("redirect_uri", REDIRECT_URI),
            ("code", code),
            ("code_verifier", VERIFIER),
        ]);
        fields.extend(changes.iter().copied());
        fields.retain(|_, value| !value.is_empty());
        let fields: Vec<_> = fields.into_iter().collect();
        self.post("/token", &fields).await
    }

    pub async fn refresh(&self, refresh_token: &str) -> Answer {
        let fields =
            [("grant_type", "refresh_token"), ("client_id", "abide"), ("refresh_token", refresh_token)];
        self.post("/token", &fields).await
    }

    pub async fn userinfo(&self, access_token: &str) -> Answer {
        let request = self.http.get(format!("{}/userinfo", self.issuer)).bearer_auth(access_token);
        Answer::of(request.send().await.unwrap()).await
    }

    pub async fn introspect(&self, token: &str) -> Value {
        let answer = self.post("/introspect", &[("client_id", "abide"), ("token", token)]).await;
        assert_eq!(answer.status, 200);
        answer.json()
    }
}

/// Signs alice in and exchanges the code.
pub async fn tokens(provider: &DemoOp) -> Value {
    let code = Browser::new(provider).sign_in(&[]).await;
    let answer = Back::new(provider).exchange(&code, &[]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

/// A request that a client received.
pub struct Received {
    pub head: String,
    pub body: String,
}

/// A client's listener: it answers every request with `status`, and keeps what it received.
pub struct Listener {
    pub uri: String,
    received: tokio::sync::mpsc::UnboundedReceiver<Received>,
}

impl Listener {
    pub async fn start(status: &'static str) -> Listener {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("http://127.0.0.1:{}/back?from=op", listener.local_addr().unwrap().port());
        let (sender, received) = tokio::sync::mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                sender.send(receive(stream, status).await).unwrap();
            }
        });
        Listener { uri, received }
    }

    pub async fn next(&mut self) -> Received {
        tokio::time::timeout(Duration::from_secs(10), self.received.recv()).await.unwrap().unwrap()
    }

    pub fn is_quiet(&mut self) -> bool {
        self.received.try_recv().is_err()
    }
}

async fn receive(mut stream: tokio::net::TcpStream, status: &str) -> Received {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
                return Received { head: head.to_owned(), body: body.to_owned() };
            }
        }
        assert_ne!(stream.read_buf(&mut bytes).await.unwrap(), 0);
    }
}

/// The header of a token, unverified.
pub fn header(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap()).unwrap()
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The claims of a token, unverified.
pub fn claims(token: &str) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

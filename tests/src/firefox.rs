//! Firefox, driven through WebDriver BiDi.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::owned::Owned;
use crate::room::Room;
use crate::tab::Tab;
use crate::{eventually, s};

/// In addition to the browser's own settings under control: no proxy, no questions, and the other site's name is on this
/// machine.
const PREFERENCES: &str = r#"user_pref("network.proxy.type", 0);
user_pref("network.dns.localDomains", "op.test");
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("services.settings.server", "data:,none");
"#;

/// A running Firefox with a fresh profile.
pub struct Firefox {
    /// Ended when dropped.
    _program: Owned,
    socket: Mutex<Socket>,
}

struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
}

/// A tab of it.
pub struct FirefoxTab<'a> {
    browser: &'a Firefox,
    context: String,
}

impl Firefox {
    /// The reason why it is missing here, if there is one.
    #[must_use]
    pub fn missing() -> Option<&'static str> {
        find().is_none().then_some("Firefox is not installed; `./x setup` installs it")
    }

    /// Starts it without a window, with its default settings for cookies; it accepts any certificate.
    pub async fn headless(room: &Room) -> Self {
        let profile = room.path("firefox");
        std::fs::create_dir_all(&profile).expect("a profile for Firefox");
        std::fs::write(profile.join("user.js"), PREFERENCES).expect("settings for Firefox");
        let folder = profile.to_string_lossy().into_owned();
        let arguments = [
            "--headless",
            "--no-remote",
            "--profile",
            &folder,
            "--remote-debugging-port",
            "0",
            "about:blank",
        ];
        let program = room.start(find().expect("Firefox is not installed"), &arguments);
        let address = eventually("Firefox's debugging port", s(60), || async {
            let output = program.output();
            let (_, rest) = output.split_once("WebDriver BiDi listening on ")?;
            let (address, _) = rest.split_once('\n')?;
            Some(format!("{}/session", address.trim()))
        })
        .await;
        let limits = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (stream, _) = tokio_tungstenite::connect_async_with_config(&address, Some(limits), true)
            .await
            .expect("a connection to Firefox");
        let browser = Self { _program: program, socket: Mutex::new(Socket { stream, last: 0 }) };
        let wanted = json!({ "capabilities": { "alwaysMatch": { "acceptInsecureCerts": true } } });
        browser.call("session.new", wanted).await.expect("a session with Firefox");
        browser
    }

    async fn call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        let mut socket = self.socket.lock().await;
        socket.last += 1;
        let id = socket.last;
        let request = json!({ "id": id, "method": method, "params": parameters });
        let exchange = async {
            let sent = socket.stream.send(Message::text(request.to_string())).await;
            sent.map_err(|error| error.to_string())?;
            while let Some(message) = socket.stream.next().await {
                let message = message.map_err(|error| error.to_string())?;
                let Ok(text) = message.to_text() else { continue };
                let Ok(mut answer) = serde_json::from_str::<Value>(text) else { continue };
                if answer["id"] == id {
                    let done = answer["type"] == "success";
                    return if done { Ok(answer["result"].take()) } else { Err(text.to_owned()) };
                }
            }
            Err("Firefox closed the connection".to_owned())
        };
        tokio::time::timeout(s(20), exchange).await.map_err(|_| format!("no answer to {method}"))?
    }

    /// Opens an address in a new tab.
    pub async fn open(&self, url: &str) -> FirefoxTab<'_> {
        let answer = self.call("browsingContext.create", json!({ "type": "tab" })).await.expect("open a tab");
        let context = answer["context"].as_str().expect("the new tab").to_owned();
        let tab = FirefoxTab { browser: self, context };
        tab.go(url).await;
        tab
    }
}

impl FirefoxTab<'_> {
    /// Keys and clicks: the actions of WebDriver.
    async fn act(&self, actions: Value) {
        let wanted = json!({ "context": self.context, "actions": actions });
        // A navigation may lose its answer.
        let _ = self.browser.call("input.performActions", wanted).await;
    }

    async fn type_in(&self, text: &str) {
        let keys: Vec<Value> = text
            .chars()
            .flat_map(|key| {
                ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() }))
            })
            .collect();
        self.act(json!([{ "type": "key", "id": "keyboard", "actions": keys }])).await;
    }

    /// Closes the tab.
    pub async fn close(self) {
        let _ = self.browser.call("browsingContext.close", json!({ "context": self.context })).await;
    }
}

impl Tab for FirefoxTab<'_> {
    async fn evaluate(&self, expression: &str) -> Value {
        // Values arrive with their types; JSON keeps them unchanged.
        let expression = format!("Promise.resolve({expression}).then((it) => JSON.stringify(it))");
        let wanted = json!({
            "expression": expression, "target": { "context": self.context }, "awaitPromise": true
        });
        let answer = self.browser.call("script.evaluate", wanted).await.unwrap_or_default();
        answer["result"]["value"]
            .as_str()
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default()
    }

    async fn go(&self, url: &str) {
        let wanted = json!({ "context": self.context, "url": url, "wait": "interactive" });
        let gone = self.browser.call("browsingContext.navigate", wanted).await;
        gone.unwrap_or_else(|problem| panic!("{url}: {problem}"));
    }

    async fn click(&self, selector: &str) {
        self.wait_for(selector).await;
        let place = self
            .evaluate(&format!(
                "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{ block: 'center' }}); \
                 const r = e.getBoundingClientRect(); \
                 return [Math.round(r.x + r.width / 2), Math.round(r.y + r.height / 2)]; }})()",
                json!(selector)
            ))
            .await;
        self.act(json!([{ "type": "pointer", "id": "mouse", "actions": [
            { "type": "pointerMove", "x": place[0], "y": place[1] },
            { "type": "pointerDown", "button": 0 },
            { "type": "pointerUp", "button": 0 },
        ] }]))
        .await;
    }

    async fn fill(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.evaluate(&format!("document.querySelector({}).select()", json!(selector))).await;
        self.type_in(text).await;
        let typed = self.evaluate(&format!("document.querySelector({}).value", json!(selector))).await;
        assert_eq!(typed, text, "what was typed into {selector} is there");
    }

    async fn press_return(&self) {
        self.type_in("\u{e007}").await;
    }

    async fn screenshot(&self, path: &Path) -> PathBuf {
        let path = path.with_extension("png");
        let wanted = json!({ "context": self.context });
        let answer = self.browser.call("browsingContext.captureScreenshot", wanted).await;
        let data = answer.expect("a picture of the page");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(data["data"].as_str().unwrap_or_default())
            .expect("a picture in base64");
        std::fs::write(&path, bytes).expect("keep the picture");
        path
    }
}

/// Firefox, under one of its names.
fn find() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["firefox-esr", "firefox"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file() && !is_snap(candidate))
}

/// Whether this only starts a snap, which cannot read profiles outside of its own folders.
fn is_snap(program: &Path) -> bool {
    let small = program.metadata().is_ok_and(|found| found.len() < 10_000);
    program.starts_with("/snap")
        || small && std::fs::read_to_string(program).is_ok_and(|text| text.contains("/snap/"))
}

//! Chromium, driven through its debugging protocol.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::desktop::{Desktop, Look, picture_of_failure};
use crate::owned::Owned;
use crate::providers::OtherSite;
use crate::room::Room;
use crate::tab::Tab;
use crate::{eventually, s};

/// A running Chromium with a fresh profile.
pub struct Browser<'a> {
    room: &'a Room,
    /// Ended when dropped.
    _program: Owned,
    command: Vec<String>,
    dark: bool,
    cookies: Option<Cookies>,
    socket: Mutex<Socket>,
}

struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
}

/// Whether an embedded page gets its cookies if the page around it is on another site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookies {
    /// It does.
    Allowed,
    /// It does not.
    Blocked,
}

/// A tab.
pub struct Page<'a> {
    browser: &'a Browser<'a>,
    target: String,
    session: String,
}

impl<'a> Browser<'a> {
    /// Starts Chromium on a desktop.
    pub async fn start(desktop: &'a Desktop) -> Self {
        Self::launch(desktop.room(), desktop.look == Look::Dark, &[]).await
    }

    /// Starts Chromium without a desktop: the pages are the same, and pictures of them can be taken.
    pub async fn headless(room: &'a Room) -> Self {
        Self::launch(room, false, &["--headless=new"]).await
    }

    /// The same with more arguments.
    pub async fn headless_with(room: &'a Room, more: &[&str]) -> Self {
        Self::launch(room, false, &[&["--headless=new"], more].concat()).await
    }

    /// The same with another site that it finds on this machine; with third-party cookies, or without them as after a change
    /// of its settings.
    pub async fn headless_at(room: &'a Room, site: &OtherSite, cookies: Cookies) -> Self {
        let mode = i32::from(cookies == Cookies::Blocked);
        let settings = json!({ "profile": {
            "cookie_controls_mode": mode, "block_third_party_cookies": cookies == Cookies::Blocked
        } });
        let folder = room.path("chromium/Default");
        std::fs::create_dir_all(&folder).expect("a profile for Chromium");
        std::fs::write(folder.join("Preferences"), settings.to_string()).expect("settings for Chromium");
        let [names, certificate] = site.chromium();
        let mut browser = Self::launch(room, false, &["--headless=new", &names, &certificate]).await;
        browser.cookies = Some(cookies);
        browser
    }

    /// The same where the server at this port of this machine counts as one on the internet (Local Network Access).
    pub async fn headless_with_public(room: &'a Room, port: u16) -> Self {
        let public = format!("--ip-address-space-overrides=127.0.0.1:{port}=public");
        Self::launch(room, false, &["--headless=new", &public]).await
    }

    /// Answers the question whether pages of this origin may reach this machine: `granted` or `denied`. Without it, a browser
    /// without a desktop behaves as if the question was closed.
    pub async fn answers_for_loopback(&self, origin: &str, answer: &str) {
        let permission = json!({
            "permission": { "name": "loopback-network" }, "setting": answer, "origin": origin
        });
        self.call(None, "Browser.setPermission", permission).await.expect("the permission of Chromium");
    }

    /// Its setting for third-party cookies, if there is one.
    #[must_use]
    pub fn cookies(&self) -> Option<Cookies> {
        self.cookies
    }

    async fn launch(room: &'a Room, dark: bool, more: &[&str]) -> Self {
        let profile = room.path("chromium");
        let program = find();
        let mut arguments = vec![
            format!("--user-data-dir={}", profile.display()),
            "--remote-debugging-port=0".into(),
            "--no-first-run".into(),
            "--no-default-browser-check".into(),
            "--password-store=basic".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--disable-sync".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-dev-shm-usage".into(),
            "--disable-features=Translate,MediaRouter,OptimizationHints".into(),
            // Nothing leaves the machine, whatever a page requests.
            "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost".into(),
            "--window-size=900,700".into(),
            "--window-position=40,60".into(),
        ];
        if let Some(reason) = unsandboxed(&program) {
            #[allow(clippy::print_stderr, reason = "a test says how its browser runs")]
            {
                eprintln!("Chromium runs without its sandbox: {reason}");
            }
            arguments.push("--no-sandbox".into());
            arguments.push("--test-type".into());
        }
        if dark {
            arguments.push("--force-dark-mode".into());
        }
        arguments.extend(more.iter().map(|argument| (*argument).to_owned()));
        let mut command = vec![program.to_string_lossy().into_owned()];
        command.extend(arguments.iter().cloned());
        arguments.push("about:blank".into());
        let program = room.start(&program, &arguments);
        let address = eventually("Chromium's debugging port", s(40), || async {
            let text = std::fs::read_to_string(profile.join("DevToolsActivePort")).ok()?;
            let (port, path) = text.split_once('\n')?;
            Some(format!("ws://127.0.0.1:{}{}", port.trim(), path.trim()))
        })
        .await;
        let limits = WebSocketConfig::default().max_message_size(None).max_frame_size(None);
        let (stream, _) = tokio_tungstenite::connect_async_with_config(&address, Some(limits), true)
            .await
            .expect("a connection to Chromium");
        Self {
            room,
            _program: program,
            command,
            dark,
            cookies: None,
            socket: Mutex::new(Socket { stream, last: 0 }),
        }
    }

    /// The command that opens a URL, appended to it, in this browser, for Abide's configuration.
    #[must_use]
    pub fn command(&self) -> &[String] {
        &self.command
    }

    async fn call(&self, session: Option<&str>, method: &str, parameters: Value) -> Result<Value, String> {
        let mut socket = self.socket.lock().await;
        socket.last += 1;
        let id = socket.last;
        let mut request = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            request["sessionId"] = session.into();
        }
        let exchange = async {
            socket
                .stream
                .send(Message::text(request.to_string()))
                .await
                .map_err(|error| error.to_string())?;
            // Events and late answers in between are ignored.
            while let Some(message) = socket.stream.next().await {
                let message = message.map_err(|error| error.to_string())?;
                let Ok(text) = message.to_text() else { continue };
                let Ok(mut answer) = serde_json::from_str::<Value>(text) else { continue };
                if answer["id"] == id {
                    return match answer.get("error") {
                        Some(error) => Err(error.to_string()),
                        None => Ok(answer["result"].take()),
                    };
                }
            }
            Err("Chromium closed the connection".to_owned())
        };
        tokio::time::timeout(s(20), exchange).await.map_err(|_| format!("no answer to {method}"))?
    }

    /// All tabs: identifier and address.
    async fn targets(&self) -> Vec<(String, String)> {
        let answer = self.call(None, "Target.getTargets", json!({})).await.unwrap_or_default();
        let targets = answer["targetInfos"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pages = targets.iter().filter(|target| target["type"] == "page");
        pages.map(|target| (text(&target["targetId"]), text(&target["url"]))).collect()
    }

    /// The addresses of all tabs.
    pub async fn addresses(&self) -> Vec<String> {
        self.targets().await.into_iter().map(|(_, url)| url).collect()
    }

    /// Waits for a tab with a fitting address, and controls it.
    pub async fn page(
        &self,
        what: &str,
        within: std::time::Duration,
        fits: impl Fn(&str) -> bool,
    ) -> Page<'_> {
        let (target, _) = eventually(&format!("a tab: {what}"), within, || async {
            self.targets().await.into_iter().find(|(_, url)| fits(url))
        })
        .await;
        self.attach(target).await
    }

    /// Opens an address in a new tab.
    pub async fn open(&self, url: &str) -> Page<'_> {
        let answer = self.call(None, "Target.createTarget", json!({ "url": url })).await.expect("open a tab");
        let target = answer["targetId"].as_str().expect("the new tab").to_owned();
        self.attach(target).await
    }

    async fn attach(&self, target: String) -> Page<'_> {
        let wanted = json!({ "targetId": target, "flatten": true });
        let answer = self.call(None, "Target.attachToTarget", wanted).await.expect("take a tab over");
        let session = answer["sessionId"].as_str().expect("a session with the tab").to_owned();
        let page = Page { browser: self, target, session };
        // Otherwise a tab in the background gets no key events.
        let _ = page.call("Page.bringToFront", json!({})).await;
        if self.dark {
            let dark = json!({ "features": [{ "name": "prefers-color-scheme", "value": "dark" }] });
            let _ = page.call("Emulation.setEmulatedMedia", dark).await;
        }
        page
    }
}

impl Drop for Browser<'_> {
    fn drop(&mut self) {
        picture_of_failure(self.room);
    }
}

impl Page<'_> {
    async fn call(&self, method: &str, parameters: Value) -> Result<Value, String> {
        self.browser.call(Some(&self.session), method, parameters).await
    }

    /// A command of the debugging protocol.
    ///
    /// # Panics
    ///
    /// When Chromium refuses it.
    pub async fn command(&self, method: &str, parameters: Value) -> Value {
        let answer = self.call(method, parameters).await;
        answer.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// The addresses of the tab's history.
    pub async fn history(&self) -> Vec<String> {
        let answer = self.call("Page.getNavigationHistory", json!({})).await.expect("the tab's history");
        let entries = answer["entries"].as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| entry["url"].as_str().map(str::to_owned)).collect()
    }

    /// Closes the tab, as a person does.
    pub async fn close(self) {
        let _ = self.browser.call(None, "Target.closeTarget", json!({ "targetId": self.target })).await;
    }
}

impl Tab for Page<'_> {
    async fn evaluate(&self, expression: &str) -> Value {
        let wanted = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let mut answer = self.call("Runtime.evaluate", wanted).await.unwrap_or_default();
        answer["result"]["value"].take()
    }

    async fn go(&self, url: &str) {
        let answer = self.call("Page.navigate", json!({ "url": url })).await;
        let answer = answer.expect("lead a tab to an address");
        assert!(answer["errorText"].is_null(), "{url}: {answer}");
    }

    async fn click(&self, selector: &str) {
        self.wait_for(selector).await;
        let place = self
            .evaluate(&format!(
                "(() => {{ const e = document.querySelector({}); e.scrollIntoView({{ block: 'center' }}); \
                 const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; }})()",
                json!(selector)
            ))
            .await;
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({
                "type": kind, "x": place[0], "y": place[1], "button": "left", "buttons": 1, "clickCount": 1
            });
            // A click that navigates may lose its answer.
            let _ = self.call("Input.dispatchMouseEvent", event).await;
        }
    }

    async fn fill(&self, selector: &str, text: &str) {
        self.click(selector).await;
        self.evaluate(&format!("document.querySelector({}).select()", json!(selector))).await;
        for character in text.chars() {
            let key = character.to_string();
            for kind in ["keyDown", "keyUp"] {
                let mut event = json!({ "type": kind, "key": key, "unmodifiedText": key });
                if kind == "keyDown" {
                    event["text"] = json!(key);
                }
                self.call("Input.dispatchKeyEvent", event).await.expect("press a key in the page");
            }
        }
        let typed = self.evaluate(&format!("document.querySelector({}).value", json!(selector))).await;
        assert_eq!(typed, text, "what was typed into {selector} is there");
    }

    async fn press_return(&self) {
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({
                "type": kind, "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13
            });
            if kind == "keyDown" {
                event["text"] = json!("\r");
            }
            let _ = self.call("Input.dispatchKeyEvent", event).await;
        }
    }

    async fn screenshot(&self, path: &Path) -> PathBuf {
        let path = path.with_extension("png");
        let answer = self.call("Page.captureScreenshot", json!({ "format": "png" })).await;
        let data = answer.expect("a picture of the page");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(data["data"].as_str().unwrap_or_default())
            .expect("a picture in base64");
        std::fs::write(&path, bytes).expect("keep the picture");
        path
    }
}

/// The reason why Chromium cannot use its sandbox here, if there is one.
fn unsandboxed(program: &Path) -> Option<&'static str> {
    if rustix::process::geteuid().is_root() {
        return Some("it refuses to work for root");
    }
    let mut namespaces = std::process::Command::new("unshare");
    namespaces.args(["--user", "--map-root-user", "--net", "true"]);
    let beside = [program.parent().unwrap_or(program), Path::new("/usr/lib/chromium")];
    let setuid = |folder: &Path| {
        folder.join("chrome-sandbox").metadata().is_ok_and(|file| file.permissions().mode() & 0o4000 != 0)
    };
    let there =
        namespaces.output().is_ok_and(|output| output.status.success()) || beside.into_iter().any(setuid);
    (!there).then_some("there are no user namespaces for ordinary users, and no chrome-sandbox")
}

/// Chromium, under one of its names.
fn find() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
        .iter()
        .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
        .find(|candidate| candidate.is_file())
        .expect("Chromium is not installed")
}

/// A development server with one page, which sets a cookie; its port.
///
/// # Panics
///
/// When the system has no port for it.
pub async fn site() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let port = listener.local_addr().expect("its number").port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut head = [0_u8; 8192];
                let _ = stream.read(&mut head).await;
                let page = "<!doctype html><title>app</title><h1>app</h1>";
                let head =
                    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nSet-Cookie: seen=1\r\nConnection: close";
                let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{page}", page.len());
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    port
}

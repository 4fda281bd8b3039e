//! The window's page, driven through WebDriver: by WebKitGTK's own driver, which joins a running `abide-desktop`.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::owned::Owned;
use crate::room::Room;
use crate::tab::Tab;
use crate::{eventually, free_port, http, s};

/// The driver, from Debian's `webkit2gtk-driver`.
const DRIVER: &str = "WebKitWebDriver";
/// The name of an element in an answer (WebDriver, section 12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Makes programs that are started later in this room let a driver join them. Returns the port for that; `None` without a
/// driver on this computer.
pub fn prepare(room: &mut Room) -> Option<u16> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).find(|folder| folder.join(DRIVER).is_file())?;
    let port = free_port();
    room.set("WEBKIT_INSPECTOR_SERVER", &format!("127.0.0.1:{port}"));
    room.set("TAURI_WEBVIEW_AUTOMATION", "true");
    Some(port)
}

/// The page of the open window.
pub struct Page {
    _driver: Owned,
    session: String,
}

impl Page {
    /// Joins the window, which is open or is about to be. `port` is that of [`prepare`].
    pub async fn join(room: &Room, port: u16) -> Self {
        let own = free_port();
        let arguments = [format!("--port={own}"), format!("--target=127.0.0.1:{port}")];
        let driver = room.start(DRIVER, &arguments);
        let base = format!("http://127.0.0.1:{own}/session");
        let session = eventually("the driver to join the window", s(20), || async {
            let wanted = json!({ "capabilities": { "alwaysMatch": {} } });
            let answer = http().post(&base).json(&wanted).send().await.ok()?;
            let answer: Value = answer.json().await.ok()?;
            answer["value"]["sessionId"].as_str().map(|id| format!("{base}/{id}"))
        })
        .await;
        Self { _driver: driver, session }
    }

    async fn post(&self, command: &str, body: Value) -> Result<Value, String> {
        let answer = http().post(format!("{}/{command}", self.session)).json(&body).send().await;
        value(answer).await
    }

    /// The element, once there is one.
    async fn element(&self, selector: &str) -> String {
        eventually(&format!("{selector} in the window"), s(10), || async {
            let found =
                self.post("element", json!({ "using": "css selector", "value": selector })).await.ok()?;
            found[ELEMENT].as_str().map(str::to_owned)
        })
        .await
    }
}

async fn value(answer: reqwest::Result<reqwest::Response>) -> Result<Value, String> {
    let answer = answer.map_err(|error| error.to_string())?;
    let (status, mut body) =
        (answer.status(), answer.json::<Value>().await.map_err(|error| error.to_string())?);
    if status.is_success() { Ok(body["value"].take()) } else { Err(body["value"].to_string()) }
}

impl Tab for Page {
    async fn evaluate(&self, expression: &str) -> Value {
        let script = json!({ "script": format!("return ({expression})"), "args": [] });
        self.post("execute/sync", script).await.unwrap_or_default()
    }

    async fn go(&self, url: &str) {
        self.post("url", json!({ "url": url })).await.expect("open an address");
    }

    async fn click(&self, selector: &str) {
        let element = self.element(selector).await;
        let clicked = self.post(&format!("element/{element}/click"), json!({})).await;
        clicked.unwrap_or_else(|error| panic!("click {selector}: {error}"));
    }

    async fn fill(&self, selector: &str, text: &str) {
        let element = self.element(selector).await;
        self.post(&format!("element/{element}/clear"), json!({})).await.expect("empty the field");
        let typed = self.post(&format!("element/{element}/value"), json!({ "text": text })).await;
        typed.unwrap_or_else(|error| panic!("type into {selector}: {error}"));
    }

    async fn press_return(&self) {
        let field = http().get(format!("{}/element/active", self.session)).send().await;
        let field = value(field).await.expect("the element with the keyboard");
        let field = field[ELEMENT].as_str().expect("an element").to_owned();
        self.post(&format!("element/{field}/value"), json!({ "text": "\u{e007}" }))
            .await
            .expect("press Return");
    }

    async fn screenshot(&self, path: &Path) -> PathBuf {
        use base64::Engine as _;
        let picture = http().get(format!("{}/screenshot", self.session)).send().await;
        let picture = value(picture).await.expect("a picture of the page");
        let picture = base64::engine::general_purpose::STANDARD.decode(picture.as_str().unwrap_or_default());
        std::fs::write(path, picture.expect("a picture")).expect("keep the picture");
        path.to_owned()
    }
}

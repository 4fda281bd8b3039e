//! `abide login --no-browser`, with a person who has no browser either.

use std::path::PathBuf;
use std::process::Stdio;

use abide_demo_op::{Config, DemoOp};
use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::Child;

use crate::app::{App, Done, command, configure, one_account};
use crate::form::{Landed, Visitor};
use crate::providers::{PASSWORD, USER};
use crate::room::Room;
use crate::{eventually, s};

/// A program instead of a browser, which notes the address that Abide opens.
pub struct Scribe {
    file: PathBuf,
}

impl Scribe {
    /// One for each room.
    #[must_use]
    pub fn new(room: &Room) -> Self {
        Self { file: room.path("opened") }
    }

    /// The command for Abide's configuration.
    #[must_use]
    pub fn command(&self) -> [String; 3] {
        let script = format!("printf %s \"$0\" > {0}.new && mv {0}.new {0}", self.file.display());
        ["sh".to_owned(), "-c".to_owned(), script]
    }

    /// Waits for the next address.
    ///
    /// # Panics
    ///
    /// When none comes, or it cannot be read.
    pub async fn address(&self) -> String {
        let read = async || std::fs::read_to_string(&self.file).ok();
        let address = eventually("an address to open", s(20), read).await;
        std::fs::remove_file(&self.file).expect("take the address");
        address
    }
}

/// A pending sign-in: the command waits for its end.
pub struct Login {
    child: Child,
    /// The address that it printed.
    pub url: String,
}

impl Login {
    /// Begins. Panics with the output if the command prints no address.
    pub async fn begin(room: &Room) -> Self {
        Self::begin_with(room, &[]).await
    }

    /// Begins for one of several accounts.
    pub async fn begin_for(room: &Room, account: &str) -> Self {
        Self::begin_with(room, &["--account", account]).await
    }

    /// Begins on another device: the address is the page that has the code in it.
    ///
    /// # Panics
    ///
    /// When the command does not say where that is.
    pub async fn on_another_device(room: &Room) -> Self {
        Self::on_another_device_with(room, &[]).await
    }

    /// The same for one of several accounts.
    pub async fn on_another_device_for(room: &Room, account: &str) -> Self {
        Self::on_another_device_with(room, &["--account", account]).await
    }

    async fn on_another_device_with(room: &Room, more: &[&str]) -> Self {
        let mut child = command(room, &[&["login", "--device", "--json"], more].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run abide");
        let line = first_line(&mut child).await;
        let begun: serde_json::Value = serde_json::from_str(&line).unwrap_or_default();
        let page = begun["device"]["verification_uri_complete"].as_str().unwrap_or_default().to_owned();
        if page.is_empty() {
            let done = Self { child, url: page }.end().await;
            panic!("abide login --device printed no page: {line} {done:?}");
        }
        Self { child, url: page }
    }

    async fn begin_with(room: &Room, more: &[&str]) -> Self {
        let begun = Self::try_begin(room, more).await;
        begun.unwrap_or_else(|done| panic!("abide login --no-browser printed no address: {done:?}"))
    }

    /// Begins with these arguments, or returns the command's output if it prints no address.
    ///
    /// # Errors
    ///
    /// When it does not begin, for instance because the provider refuses the pushed request.
    pub async fn try_begin(room: &Room, more: &[&str]) -> Result<Self, Done> {
        let mut child = command(room, &[&["login", "--no-browser"], more].concat())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("run abide");
        let url = first_line(&mut child).await.trim().to_owned();
        let begun = Self { child, url };
        if begun.url.starts_with("http") { Ok(begun) } else { Err(begun.end().await) }
    }

    /// Sends the command a signal.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn signal(&self, signal: Signal) {
        let process = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("a process");
        kill_process(process, signal).expect("send a signal");
    }

    /// Waits for the command to end.
    pub async fn end(mut self) -> Done {
        let (mut stdout, mut stderr) = (String::new(), String::new());
        let ending = async {
            if let Some(output) = self.child.stderr.as_mut() {
                let _ = output.read_to_string(&mut stderr).await;
            }
            if let Some(output) = self.child.stdout.as_mut() {
                let _ = output.read_to_string(&mut stdout).await;
            }
            self.child.wait().await.expect("the command's end")
        };
        let status = tokio::time::timeout(s(30), ending).await.expect("abide login to end");
        Done { code: status.code().unwrap_or(-1), stdout, stderr }
    }
}

async fn first_line(child: &mut Child) -> String {
    let mut line = String::new();
    let output = child.stdout.as_mut().expect("the command's output");
    // One byte at a time, so that nothing after the line is consumed.
    let mut output = BufReader::with_capacity(1, output);
    let _ = tokio::time::timeout(s(20), output.read_line(&mut line)).await.expect("an address within 20 s");
    line
}

/// A demo provider and an agent without a window, signed in. The session ends after 15 minutes without use.
///
/// # Panics
///
/// When that does not work.
pub async fn signed_in(room: &Room) -> (DemoOp, App<'_>) {
    let provider = DemoOp::start(Config::default()).await.expect("a provider");
    configure(room, &one_account(provider.issuer(), None, "end_after = \"15m\"\nwarn_after = \"12m\""));
    let app = App::headless(room).await;
    sign_in(room).await;
    (provider, app)
}

/// Signs in to one of several accounts completely.
pub async fn sign_in_to(room: &Room, account: &str) {
    let login = Login::begin_for(room, account).await;
    Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
    let done = login.end().await;
    assert_eq!(done.code, 0, "{done:?}");
}

/// Signs in completely; returns the last page.
pub async fn sign_in(room: &Room) -> Landed {
    let login = Login::begin(room).await;
    let page = Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
    let done = login.end().await;
    assert_eq!(done.code, 0, "abide login: {done:?}, the page: {}", page.body);
    page
}

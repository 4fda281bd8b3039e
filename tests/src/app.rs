//! Abide's two programs.

use std::process::Stdio;

use serde_json::Value;

use crate::desktop::picture_of_failure;
use crate::owned::Owned;
use crate::raw_http::Way;
use crate::room::Room;
use crate::{eventually, program, s};

/// A running `abide-desktop`, or a headless `abide agent`. Killed when dropped.
pub struct App<'a> {
    room: &'a Room,
    program: Owned,
    way: Way,
    tcp: Option<u16>,
}

impl<'a> App<'a> {
    /// Starts the tray application in a room with a desktop, and waits until its endpoint answers.
    pub async fn desktop(room: &'a Room) -> Self {
        Self::answering(room, room.start::<&str>(program("abide-desktop"), &[])).await
    }

    /// Starts the agent without a desktop, and waits until its endpoint answers.
    pub async fn headless(room: &'a Room) -> Self {
        Self::answering(room, room.start(program("abide"), &["agent"])).await
    }

    /// Waits until an agent answers that was started in another way.
    ///
    /// # Panics
    ///
    /// When it does not, with its output.
    pub async fn answering(room: &'a Room, mut program: Owned) -> Self {
        let places = room.places();
        let way = Way::Socket(places.socket());
        let process = program.id();
        let mut tcp = None;
        for _ in 0..1200 {
            if let Some(ended) = program.ended() {
                panic!("the application ended ({ended}) instead of answering:\n{}", program.output());
            }
            let text = std::fs::read_to_string(places.endpoint_file()).unwrap_or_default();
            let bound: Value = serde_json::from_str(&text).unwrap_or_default();
            if bound["pid"] == process && way.connect().await.is_ok() {
                let health = way.request("GET", "/health", &["Host: localhost"], "").await;
                if health.is_some_and(|answer| answer.status == 200) {
                    tcp = bound["http"].as_str().and_then(|url| url.rsplit(':').next()?.parse().ok());
                    return Self { room, program, way, tcp };
                }
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the application's endpoint does not answer ({tcp:?}):\n{}", program.output());
    }

    /// The process ID.
    #[must_use]
    pub fn process(&self) -> u32 {
        self.program.id()
    }

    /// Its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.program.output()
    }

    /// Its socket.
    #[must_use]
    pub fn socket(&self) -> Way {
        self.way.clone()
    }

    /// Its port on 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When it advertised none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.tcp.expect("a port in endpoint.json")
    }

    /// All accounts, as in `GET /v1/sessions`.
    pub async fn snapshot(&self) -> Value {
        let answer = self.way.request("GET", "/v1/sessions", &["Host: localhost"], "").await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    /// One account.
    pub async fn session(&self, account: &str) -> Value {
        let snapshot = self.snapshot().await;
        let accounts = snapshot["accounts"].as_array().cloned().unwrap_or_default();
        accounts.into_iter().find(|status| status["account"] == account).unwrap_or_default()
    }

    /// Waits until an account is in this state (`active`, `expiring`, …) and returns it.
    pub async fn state(&self, account: &str, state: &str, within: std::time::Duration) -> Value {
        eventually(&format!("{account} to be {state}"), within, || async {
            Some(self.session(account).await).filter(|session| session["state"] == state)
        })
        .await
    }

    /// Runs the command beside it.
    pub async fn abide(&self, arguments: &[&str]) -> Done {
        abide(self.room, arguments).await
    }

    /// Runs the command beside it, as a person at a terminal does.
    pub async fn abide_at_terminal(&self, arguments: &[&str]) -> Done {
        abide_at_terminal(self.room, arguments).await
    }

    /// Ends it as a crash or a power failure does (SIGKILL).
    pub fn kill(&mut self) {
        self.program.kill();
    }

    /// Sends it a signal, `STOP` and `CONT` for instance.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn signal(&self, signal: rustix::process::Signal) {
        let process = rustix::process::Pid::from_raw(self.process().cast_signed()).expect("a process");
        rustix::process::kill_process(process, signal).expect("send a signal");
    }

    /// Its exit status, if it has ended.
    pub fn ended(&mut self) -> Option<std::process::ExitStatus> {
        self.program.ended()
    }

    /// Asks it to end and waits until it has.
    pub async fn quit(mut self) {
        self.program.terminate();
        let program = std::cell::RefCell::new(&mut self.program);
        eventually("the application to end", s(20), || async { program.borrow_mut().ended() }).await;
    }
}

impl Drop for App<'_> {
    fn drop(&mut self) {
        picture_of_failure(self.room);
    }
}

/// The result of `abide …`.
#[derive(Clone, Debug)]
pub struct Done {
    /// The exit code.
    pub code: i32,
    /// Standard output, without the line end.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs the command in a room.
pub async fn abide(room: &Room, arguments: &[&str]) -> Done {
    let running = command(room, arguments).output();
    let output = tokio::time::timeout(s(60), running)
        .await
        .unwrap_or_else(|_| panic!("abide {arguments:?} does not end"))
        .expect("run abide");
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).trim_end().to_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs the command in a room as a person does: at a terminal of its own, in front of it.
pub async fn abide_at_terminal(room: &Room, arguments: &[&str]) -> Done {
    let words: Vec<String> = std::iter::once(program("abide").display().to_string())
        .chain(arguments.iter().map(|word| (*word).to_owned()))
        .map(|word| format!("'{word}'"))
        .collect();
    let log = room.path("tmp/terminal");
    let mut command = tokio::process::Command::new("script");
    command
        .args(["--quiet", "--return", "--flush", "--command", &format!("exec {}", words.join(" "))])
        .arg(&log)
        .env_clear()
        .envs(room.environment().iter().map(|(key, value)| (key, value)))
        // Open and silent: a terminal whose input has ended would send the end on.
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let running = command.spawn().expect("run script(1)").wait_with_output();
    let output = tokio::time::timeout(s(60), running).await.expect("abide ends").expect("run abide");
    let shown = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    let code = output.status.code().unwrap_or(-1);
    Done { code, stdout: shown.trim_end().to_owned(), stderr: String::new() }
}

/// The command in a room, for the caller to start; killed when dropped.
#[must_use]
pub fn command(room: &Room, arguments: &[&str]) -> tokio::process::Command {
    let mut command = tokio::process::Command::new(program("abide"));
    command
        .args(arguments)
        .env_clear()
        .envs(room.environment().iter().map(|(key, value)| (key, value)))
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Writes `config.toml` into a room.
///
/// # Panics
///
/// When it cannot be written.
pub fn configure(room: &Room, text: &str) {
    let file = room.places().config_file();
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder of the configuration");
    std::fs::write(file, text).expect("write the configuration");
}

/// The text of a `config.toml` with one account, `work`, and any free port for the endpoint.
#[must_use]
pub fn one_account(issuer: &str, browser: Option<&[String]>, session: &str) -> String {
    let browser =
        browser.map(|command| format!("browser = {}\n", serde_json::json!(command))).unwrap_or_default();
    let scopes = "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";
    browser + &account_with(issuer, scopes, session)
}

/// The same with more settings for the account, one line each.
#[must_use]
pub fn account_with(issuer: &str, settings: &str, session: &str) -> String {
    format!(
        "[endpoint]\nport = 0\n\n[accounts.work]\nissuer = \"{issuer}\"\nclient_id = \"abide\"\n{settings}\n\
         [accounts.work.session]\n{session}\n"
    )
}

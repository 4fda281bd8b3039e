//! Tools and SDKs of others that get their tokens from Abide.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

use crate::app::{Done, abide, abide_at_terminal};
use crate::owned::Owned;
use crate::room::Room;
use crate::{eventually, program, s, workspace};

/// A tool in a room, without a terminal.
#[must_use]
pub fn tool(room: &Room, program: impl AsRef<Path>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .args(arguments)
        .env_clear()
        .envs(room.environment().iter().map(|(key, value)| (key, value)))
        .current_dir(room.path("home"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Its result.
///
/// # Panics
///
/// When it does not end within a minute.
pub async fn done(mut command: Command) -> Done {
    let output =
        tokio::time::timeout(s(60), command.output()).await.expect("the tool ends").expect("run the tool");
    Done {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A program that this user can run.
#[must_use]
pub fn found(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|place| std::process::Command::new(place).arg("--help").output().is_ok())
}

/// A program of the Python environment with the SDKs, if it is installed.
#[must_use]
pub fn installed(name: &str) -> Option<PathBuf> {
    let environment = workspace().join("target/tools/sdks");
    let place = environment.join("bin").join(name);
    (environment.join("abide-requirements").is_file() && place.is_file()).then_some(place)
}

/// Node.js, if it and the SDKs from npm are installed.
#[must_use]
pub fn node() -> Option<PathBuf> {
    let installed = sdk("node_modules/.abide-lock").is_file();
    found("node").filter(|_| installed)
}

/// The program with the SDKs for Go, if it is installed.
#[must_use]
pub fn go_sdks() -> Option<PathBuf> {
    Some(workspace().join("target/tools/go-sdks/sdks")).filter(|place| place.is_file())
}

/// A file of `tests/sdks`.
#[must_use]
pub fn sdk(name: &str) -> PathBuf {
    workspace().join("tests/sdks").join(name)
}

/// `abide`, and links to it, in a folder that comes first in `PATH`.
///
/// # Panics
///
/// When they cannot be made.
pub fn links(room: &mut Room, names: &[&str]) {
    let folder = room.path("home/bin");
    std::fs::create_dir_all(&folder).expect("a folder for links");
    for name in names {
        symlink(program("abide"), folder.join(name)).expect("a link");
    }
    let rest = room.variable("PATH").unwrap_or_default().to_owned();
    room.set("PATH", &format!("{}:{rest}", folder.display()));
}

/// The user allows everything that this test starts, until the session ends: by an open question, or by that of a script.
///
/// # Panics
///
/// When that does not work.
pub async fn allow(room: &Room) {
    let open = abide(room, &["approve", "--json"]).await;
    let open: serde_json::Value = serde_json::from_str(&open.stdout).expect("JSON");
    // Earlier ones may be about a session that has ended.
    let newest = open["questions"].as_array().and_then(|questions| questions.last()?["id"].as_u64());
    if let Some(question) = newest {
        let words = ["approve", &question.to_string(), "--allow", "agent"];
        let answered = abide_at_terminal(room, &words).await;
        assert_eq!(answered.code, 0, "{answered:?}");
        return;
    }
    let script = room.path("home/first.sh");
    std::fs::write(&script, "abide token\n").expect("a script");
    let path = program("abide").parent().expect("its folder").display().to_string();
    let answers = abide_at_terminal(room, &["approve", "--wait", "--allow", "agent"]);
    let run = async {
        // The user looks before the script begins.
        tokio::time::sleep(s(1)).await;
        let mut command = tool(room, "/bin/sh", &[script.to_str().expect("a path")]);
        let rest = room.variable("PATH").unwrap_or_default();
        command.env("PATH", format!("{path}:{rest}"));
        done(command).await
    };
    let (answered, done) = tokio::join!(answers, run);
    assert_eq!((answered.code, done.code), (0, 0), "{answered:?} {done:?}");
}

/// A service of `tests/sdks` that a SDK exchanges its token at. It prints its port, and each token.
pub struct Service {
    program: Owned,
    port: u16,
}

impl Service {
    /// Starts it, and waits until it listens.
    pub async fn start(room: &Room, python: &Path, file: &str, more: &[&str]) -> Self {
        let words: Vec<String> = std::iter::once(sdk(file).display().to_string())
            .chain(more.iter().map(|word| (*word).to_owned()))
            .collect();
        let program = room.start(python, &words);
        let port = eventually("the port of the service", s(20), || async {
            program.output().lines().find_map(|line| line.strip_prefix("PORT ")?.parse().ok())
        })
        .await;
        Self { program, port }
    }

    /// Its port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it has printed.
    #[must_use]
    pub fn log(&self) -> String {
        self.program.output()
    }

    /// The tokens that it got, the last one at the end.
    #[must_use]
    pub fn tokens(&self) -> Vec<String> {
        let output = self.program.output();
        output.lines().filter_map(|line| Some(line.strip_prefix("TOKEN ")?.to_owned())).collect()
    }
}

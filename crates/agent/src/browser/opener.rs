//! Opens the user's own browser.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use url::Url;

use crate::platform::file;

/// Why no browser opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BrowserError {
    #[error("Only web addresses are opened in the browser.")]
    NotAWebAddress,
    #[error(
        "Your browser could not be opened ({0}). Use `abide login --no-browser` to get the address instead."
    )]
    Start(#[from] io::Error),
}

impl BrowserError {
    /// A stable name, in snake case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotAWebAddress => "browser_not_a_web_address",
            Self::Start(_) => "browser_not_started",
        }
    }
}

/// The way to open a browser.
#[derive(Clone, Debug)]
pub(crate) enum Opener {
    /// Programs with their arguments; the first that exists is used. The address replaces `%s`, or is added as the last
    /// argument.
    Programs(Vec<Vec<String>>),
    /// The desktop's default browser.
    Desktop,
}

impl Opener {
    /// The configured command, otherwise `$BROWSER`, otherwise the desktop's default.
    pub(crate) fn choose(configured: Option<&[String]>, browser: Option<OsString>) -> Self {
        if let Some(words) = configured.filter(|words| !words.is_empty()) {
            return Self::Programs(vec![words.to_vec()]);
        }
        // `$BROWSER` is a list of commands, separated by colons; on Windows by semicolons, because drive letters have a
        // colon.
        let separator = if cfg!(windows) { ';' } else { ':' };
        let list = browser.and_then(|list| list.into_string().ok()).unwrap_or_default();
        let commands: Vec<Vec<String>> = list
            .split(separator)
            .map(|command| {
                // A path with a space is one word if the file exists.
                if std::path::Path::new(command).is_file() {
                    vec![command.to_owned()]
                } else {
                    command.split_whitespace().map(str::to_owned).collect()
                }
            })
            .filter(|words: &Vec<String>| !words.is_empty())
            .collect();
        if commands.is_empty() { Self::Desktop } else { Self::Programs(commands) }
    }

    /// Opens an http or https address. It is one argument of a program, never part of a shell line.
    ///
    /// Does not wait for the browser to end, but a second for its start: a program that fails within that time, such as `xdg-open` without
    /// a browser, has opened nothing. What fails later is told by what is returned.
    pub(crate) async fn open(&self, address: &Url) -> Result<Opened, BrowserError> {
        if !matches!(address.scheme(), "https" | "http") {
            return Err(BrowserError::NotAWebAddress);
        }
        let (opener, address) = (self.clone(), address.clone());
        let opened = tokio::task::spawn_blocking(move || opener.start(&address)).await;
        opened.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into())).map_err(BrowserError::from)
    }

    fn start(&self, address: &Url) -> io::Result<Opened> {
        let Self::Programs(programs) = self else { return start_desktop(address) };
        first(programs.iter().map(|words| command(words, address).and_then(start)))
    }
}

/// A browser that has been started, as far as that is known after a second.
#[derive(Debug)]
pub(crate) struct Opened(Option<oneshot::Receiver<io::Error>>);

impl Opened {
    /// Returns if the program that was to open the browser fails within [`LATE`] of its start; never otherwise.
    pub(crate) async fn fails(&mut self) -> BrowserError {
        if let Some(failure) = self.0.as_mut()
            && let Ok(error) = failure.await
        {
            self.0 = None;
            return error.into();
        }
        self.0 = None;
        std::future::pending().await
    }
}

/// How long a browser may take to fail at its start.
const STARTS: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);
/// A program that fails later has opened a browser before: it was closed.
const LATE: Duration = Duration::from_secs(20);

/// The first that starts. Otherwise why: a program that has failed says more than one that is not there.
fn first(started: impl Iterator<Item = io::Result<Opened>>) -> io::Result<Opened> {
    let mut failed: Option<io::Error> = None;
    for started in started {
        match started {
            Ok(opened) => return Ok(opened),
            Err(error) if failed.as_ref().is_none_or(|kept| kept.kind() == io::ErrorKind::NotFound) => {
                failed = Some(error);
            }
            Err(_) => {}
        }
    }
    Err(failed.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

#[cfg(unix)]
fn start_desktop(address: &Url) -> io::Result<Opened> {
    first(open::commands(address.as_str()).into_iter().map(start))
}

#[cfg(windows)]
fn start_desktop(address: &Url) -> io::Result<Opened> {
    open::that_detached_with_timeout(address.as_str(), STARTS).map(|()| Opened(None))
}

/// The program with its arguments. One that other users can change is not run: it would get the address, and act as this user.
fn command(words: &[String], address: &Url) -> io::Result<Command> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let search: Vec<PathBuf> = std::env::var_os("PATH").iter().flat_map(std::env::split_paths).collect();
    if let Some(path) = file::program(program, &search).filter(|path| file::others_may_write(path)) {
        let why = format!("{}: {}", path.display(), file::NOT_TRUSTED);
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    let mut command = Command::new(program);
    let mut placed = false;
    for argument in arguments {
        if argument == "%s" {
            command.arg(address.as_str());
            placed = true;
        } else {
            command.arg(argument);
        }
    }
    if !placed {
        command.arg(address.as_str());
    }
    Ok(command)
}

fn start(mut command: Command) -> io::Result<Opened> {
    // Ctrl-C in the terminal of `abide agent` does not close the browser.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let began = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let program = command.get_program().to_string_lossy().into_owned();
    let failed = move |status: ExitStatus| io::Error::other(format!("{program}: {status}"));
    while began.elapsed() < STARTS {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(Opened(None)),
            Some(status) => return Err(failed(status)),
            None => std::thread::sleep(LOOK),
        }
    }
    let (tell, told) = oneshot::channel();
    // On a thread of its own, so that it does not become a zombie.
    let reaper = std::thread::Builder::new().name("browser".to_owned()).stack_size(64 * 1024);
    let _ = reaper.spawn(move || {
        if let Ok(status) = child.wait()
            && !status.success()
            && began.elapsed() < LATE
        {
            let _ = tell.send(failed(status));
        }
    });
    Ok(Opened(Some(told)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn programs(opener: &Opener) -> Vec<Vec<String>> {
        match opener {
            Opener::Programs(programs) => programs.clone(),
            Opener::Desktop => Vec::new(),
        }
    }

    #[test]
    fn the_configured_command_comes_before_the_environment_and_that_before_the_desktop() {
        let configured = ["chromium".to_owned(), "--incognito".to_owned()];
        assert_eq!(
            programs(&Opener::choose(Some(&configured), Some("firefox".into()))),
            [configured.to_vec()]
        );
        assert_eq!(programs(&Opener::choose(None, Some("firefox".into()))), [["firefox"]]);
        assert!(matches!(Opener::choose(Some(&[]), None), Opener::Desktop));
        assert!(matches!(Opener::choose(None, Some(":".into())), Opener::Desktop));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_environment_names_commands_in_order_and_may_say_where_the_address_goes() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let list = format!("/no/such/browser:/usr/bin/env ln -s %s {}", told.display());
        Opener::choose(None, Some(list.into()))
            .open(&Url::parse("https://id.example.com/a").unwrap())
            .await
            .unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while told.symlink_metadata().is_err() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(told.read_link().unwrap().to_str(), Some("https://id.example.com/a"));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_fails_has_opened_nothing() {
        let address = Url::parse("https://id.example.com/").unwrap();
        let fails = ["sh", "-c", "exit 3", "sh"].map(str::to_owned);
        assert!(matches!(
            Opener::choose(Some(&fails), None).open(&address).await,
            Err(BrowserError::Start(_))
        ));
        assert!(Opener::choose(None, Some("false:true".into())).open(&address).await.is_ok(), "the next one");
        let runs_on = ["sleep", "3"].map(str::to_owned);
        let words = ["sh".to_owned(), "-c".to_owned(), runs_on.join(" ")];
        assert!(Opener::choose(Some(&words), None).open(&address).await.is_ok(), "it is still there");
    }

    /// On a busy machine, `xdg-open` needs more than a second to find that there is no browser.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_fails_late_is_told() {
        let address = Url::parse("https://id.example.com/").unwrap();
        let open = async |script: &str| {
            let words = ["sh", "-c", script, "sh"].map(str::to_owned);
            Opener::choose(Some(&words), None).open(&address).await.unwrap()
        };
        let error =
            tokio::time::timeout(Duration::from_secs(30), open("sleep 1.3; exit 3").await.fails()).await;
        assert_eq!(error.unwrap().code(), "browser_not_started");
        let ends_well =
            tokio::time::timeout(Duration::from_millis(600), open("sleep 1.3").await.fails()).await;
        assert!(ends_well.is_err());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_program_that_others_can_change_is_not_run() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (program, ran) = (folder.path().join("browser"), folder.path().join("ran"));
        // Not by this process: what it has open to write cannot be run (ETXTBSY).
        let writes = format!("printf '#!/bin/sh\ntouch {}\n' >\"$0\"", ran.display());
        assert!(Command::new("sh").args(["-c", &writes]).arg(&program).status().unwrap().success());
        let address = Url::parse("https://id.example.com/").unwrap();
        let open = async |mode| {
            std::fs::set_permissions(&program, std::fs::Permissions::from_mode(mode)).unwrap();
            let by_setting =
                Opener::choose(Some(&[program.display().to_string()]), None).open(&address).await;
            let by_variable = Opener::choose(None, Some(program.clone().into())).open(&address).await;
            [by_setting.err(), by_variable.err()]
        };
        for error in open(0o777).await {
            let said = error.unwrap().to_string();
            assert!(said.contains(file::NOT_TRUSTED), "{said}");
        }
        assert!(!ran.exists());
        assert!(open(0o755).await.iter().all(Option::is_none));
        assert!(ran.exists());
    }

    #[tokio::test]
    async fn nothing_but_a_web_address_is_opened() {
        let opener = Opener::choose(Some(&["true".to_owned()]), None);
        for address in ["file:///etc/passwd", "javascript:alert(1)", "data:text/html,x", "abide:login"] {
            let opened = opener.open(&Url::parse(address).unwrap()).await;
            assert!(matches!(opened, Err(BrowserError::NotAWebAddress)));
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn the_address_is_one_argument_whatever_it_contains() {
        let folder = tempfile::tempdir().unwrap();
        let told = folder.path().join("told");
        let script =
            format!("printf '%s\\n' \"$#\" \"$1\" > '{0}.part'; mv '{0}.part' '{0}'", told.display());
        let words = ["sh", "-c", &script, "sh"].map(str::to_owned);
        let address = Url::parse("https://id.example.com/authorize?a=$(reboot)&b=;rm%20-rf&c='x'").unwrap();
        Opener::choose(Some(&words), None).open(&address).await.unwrap();
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while !told.exists() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
        assert_eq!(std::fs::read_to_string(&told).unwrap(), format!("1\n{address}\n"));
    }

    #[tokio::test]
    async fn a_browser_that_is_not_there_is_said_with_a_way_out() {
        let opener = Opener::choose(Some(&["/no/such/browser".to_owned()]), None);
        let said =
            opener.open(&Url::parse("https://id.example.com/").unwrap()).await.unwrap_err().to_string();
        assert!(said.contains("--no-browser"), "{said}");
    }
}

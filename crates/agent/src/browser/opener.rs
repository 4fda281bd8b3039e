//! Opens the user's own browser.

use std::ffi::OsString;
use std::io;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use url::Url;

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
    /// a browser, has opened nothing.
    pub(crate) async fn open(&self, address: &Url) -> Result<(), BrowserError> {
        if !matches!(address.scheme(), "https" | "http") {
            return Err(BrowserError::NotAWebAddress);
        }
        let (opener, address) = (self.clone(), address.clone());
        let opened = tokio::task::spawn_blocking(move || opener.start(&address)).await;
        opened.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into())).map_err(BrowserError::from)
    }

    fn start(&self, address: &Url) -> io::Result<()> {
        let Self::Programs(programs) = self else {
            return open::that_detached_with_timeout(address.as_str(), STARTS);
        };
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for words in programs {
            match start(words, address) {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }
}

/// How long a browser may take to fail at its start.
const STARTS: Duration = Duration::from_secs(1);
const LOOK: Duration = Duration::from_millis(10);

fn start(words: &[String], address: &Url) -> io::Result<()> {
    let (program, arguments) = words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
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
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    let until = Instant::now() + STARTS;
    while Instant::now() < until {
        match child.try_wait()? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(io::Error::other(format!("{program}: {status}"))),
            None => std::thread::sleep(LOOK),
        }
    }
    reap(child);
    Ok(())
}

/// Waits for a child on its own thread, so that it does not become a zombie.
fn reap(mut child: std::process::Child) {
    let _ = std::thread::Builder::new()
        .name("browser".to_owned())
        .stack_size(64 * 1024)
        .spawn(move || child.wait());
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

//! A second start hands over to the first.

use std::fmt;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use abide_wire::AccountLink;
use abide_wire::paths::{OWNER, Places};
use serde::{Deserialize, Serialize};

use crate::platform;
use crate::platform::file;
#[cfg(unix)]
use crate::platform::occupant::Occupant;

/// The agent that holds the lock of the vault, as far as it has said. The lock itself says whether that is still so.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct Owner {
    pid: Option<u32>,
    host: Option<String>,
    socket: Option<PathBuf>,
}

impl Owner {
    /// Writes down this agent.
    pub(crate) fn write(places: &Places) -> io::Result<()> {
        let this = Self {
            pid: Some(std::process::id()),
            host: platform::host_name(),
            socket: Some(places.socket()),
        };
        file::write(&places.state.join(OWNER), &serde_json::to_vec(&this).map_err(io::Error::other)?)
    }

    /// What the agent that holds the lock has written; nothing if that cannot be read.
    pub(crate) fn read(state: &Path) -> Self {
        let text = std::fs::read(state.join(OWNER)).unwrap_or_default();
        serde_json::from_slice(&text).unwrap_or_default()
    }

    /// Its socket, if it runs on this machine.
    pub(crate) fn socket(&self) -> Option<&Path> {
        if self.host == platform::host_name() { self.socket.as_deref() } else { None }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(pid) = self.pid {
            write!(f, " as process {pid}")?;
        }
        if let Some(host) = &self.host {
            write!(f, " on {host}")?;
        }
        match &self.socket {
            Some(socket) => write!(f, ", at {}", socket.display()),
            None => Ok(()),
        }
    }
}

/// The agent with the state in this folder, if it answers. The file that it has locked can have been removed, and a second lock be
/// made there.
#[cfg(unix)]
pub(crate) async fn answering(state: &Path) -> Option<Owner> {
    let owner = Owner::read(state);
    let found = Occupant::of(owner.socket()?).await;
    // Another number: the socket has another owner by now.
    let it_is = matches!(found, Occupant::Another(process) if process.is_some() && process == owner.pid);
    it_is.then_some(owner)
}

/// The lock is a file that is open, which cannot be replaced.
#[cfg(windows)]
pub(crate) async fn answering(_: &Path) -> Option<Owner> {
    None
}

/// The process that listens at this socket, if that is not this agent; within, its number, if it is known.
#[cfg(unix)]
pub(crate) async fn another_has(socket: &Path) -> Option<Option<u32>> {
    match Occupant::of(socket).await {
        Occupant::Another(process) => Some(process),
        _ => None,
    }
}

/// Making the pipe tells it.
#[cfg(windows)]
pub(crate) async fn another_has(_: &Path) -> Option<Option<u32>> {
    None
}

/// The request that shows the window, or the account that a link asks for.
fn request(link: Option<&AccountLink>) -> String {
    let (path, body) = match link {
        None => ("/v1/show", String::new()),
        Some(link) => ("/v1/link", serde_json::json!({ "link": link.link() }).to_string()),
    };
    format!(
        "POST {path} HTTP/1.1\r\nHost: abide\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// Asks the agent that runs to show its window, or what a link asks for. It may be one without a desktop, or about to end: then nothing
/// happens.
pub(crate) async fn show_the_other(socket: &Path, link: Option<&AccountLink>) {
    let (socket, request) = (socket.to_owned(), request(link));
    let asked = tokio::task::spawn_blocking(move || show(&socket, &request)).await;
    if let Ok(Err(error)) = asked {
        tracing::info!(%error, "the agent that runs could not be asked to show its window");
    }
}

#[cfg(unix)]
fn show(socket: &Path, request: &str) -> io::Result<()> {
    let mut stream = std::os::unix::net::UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.set_write_timeout(Some(Duration::from_secs(5)))?;
    exchange(&mut stream, request)
}

#[cfg(windows)]
fn show(socket: &Path, request: &str) -> io::Result<()> {
    // A pipe that is busy for a moment is free again soon.
    let open = || std::fs::OpenOptions::new().read(true).write(true).open(socket);
    let mut stream = open().or_else(|_| {
        std::thread::sleep(Duration::from_millis(200));
        open()
    })?;
    exchange(&mut stream, request)
}

fn exchange(stream: &mut (impl Read + Write), request: &str) -> io::Result<()> {
    stream.write_all(request.as_bytes())?;
    let mut first = [0_u8; 12];
    stream.read_exact(&mut first)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_agent_that_runs_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let places = Places {
            config: folder.path().join("config"),
            state: folder.path().join("state"),
            runtime: folder.path().join("run"),
        };
        assert_eq!(Owner::read(&places.state).to_string(), "");
        Owner::write(&places).unwrap();
        let owner = Owner::read(&places.state);
        assert_eq!(owner.socket(), Some(&*places.socket()));
        let named = owner.to_string();
        for part in [std::process::id().to_string(), platform::host_name().unwrap()] {
            assert!(named.contains(&part), "{named}");
        }
        let elsewhere = Owner { host: Some("another-machine".to_owned()), ..owner };
        assert_eq!(elsewhere.socket(), None);
    }
}

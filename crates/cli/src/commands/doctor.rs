//! `abide doctor`: what is there, and whether it is as it should be. Changes nothing.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use abide_wire::Snapshot;
use abide_wire::paths::Places;
use serde::{Deserialize, Serialize};

use super::is_signed_in;
use crate::Io;
use crate::failure::Failure;
use crate::http::exchange;
use crate::style::{Ink, plain};

/// How long a connection over loopback may take.
const SOON: Duration = Duration::from_secs(3);

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

#[derive(Deserialize)]
struct Health {
    version: String,
}

/// What the agent has bound (`endpoint.json`).
#[derive(Deserialize)]
struct Bound {
    http: Option<String>,
    pid: u32,
}

pub(super) fn doctor(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let places = io.places()?;
    let mut checks = vec![configuration(&places)];
    checks.extend(folder(&places.runtime, io.user));
    let agent = agent(io);
    let running = !matches!(agent, Err(Failure::NotRunning));
    checks.push(check("agent", agent));
    if running {
        checks.push(check("HTTP", over_http(&places, io.user)));
        checks.push(check("accounts", accounts(io)));
    }
    let well = checks.iter().all(|check| check.ok);
    if json {
        io.json(&serde_json::json!({ "ok": well, "checks": checks }))?;
    } else {
        report(io, &checks)?;
    }
    match (well, running) {
        (true, _) => Ok(()),
        (_, false) => Err(Failure::NotRunning),
        _ => Err(Failure::Unhealthy),
    }
}

fn report(io: &mut Io<'_>, checks: &[Check]) -> Result<(), Failure> {
    let style = io.style();
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut page = String::new();
    for check in checks {
        let word = if check.ok { style.paint(Ink::Accent, "ok  ") } else { style.paint(Ink::Red, "fail") };
        page.push_str(&format!("{word}  {:width$}  {}\n", check.name, plain(&check.detail)));
    }
    io.say(&page)
}

fn check(name: &'static str, result: Result<String, Failure>) -> Check {
    match result {
        Ok(detail) => Check { name, ok: true, detail },
        Err(failure) => Check { name, ok: false, detail: failure.to_string() },
    }
}

fn configuration(places: &Places) -> Check {
    let file = places.config_file();
    let shown = file.display();
    let (ok, detail) = match fs::metadata(&file) {
        Ok(_) => (true, shown.to_string()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            (true, format!("{shown} (not there; the built-in settings are used)"))
        }
        Err(error) => (false, format!("{shown} cannot be read: {error}")),
    };
    Check { name: "configuration", ok, detail }
}

/// Nobody else may enter the folder of the socket: who can, could put another socket there.
#[cfg(unix)]
fn folder(folder: &Path, user: u32) -> Option<Check> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(folder).ok()?;
    let mode = metadata.mode() & 0o777;
    let (ok, what) = match (metadata.uid() == user, mode & 0o077) {
        (true, 0) => (true, "yours alone".to_owned()),
        (true, _) => (false, format!("open to others (mode {mode:03o}, should be 700)")),
        _ => (false, format!("belongs to another user (uid {})", metadata.uid())),
    };
    Some(Check { name: "folder", ok, detail: format!("{} · {what}", folder.display()) })
}

#[cfg(not(unix))]
fn folder(_folder: &Path, _user: u32) -> Option<Check> {
    None
}

fn agent(io: &Io<'_>) -> Result<String, Failure> {
    let endpoint = io.endpoint()?;
    let health: Health = endpoint.call("GET", "/health")?.json()?;
    let ours = env!("CARGO_PKG_VERSION");
    let note = if health.version == ours { String::new() } else { format!(" (this command is {ours})") };
    Ok(format!("version {}{note} at {}", health.version, endpoint.socket.display()))
}

fn over_http(places: &Places, user: u32) -> Result<String, Failure> {
    let failed =
        |problem: &str| Failure::NotOurs { socket: places.endpoint_file(), problem: problem.to_owned() };
    if !belongs_to(&places.endpoint_file(), user) {
        return Err(failed("is not there or not yours"));
    }
    let text = fs::read(places.endpoint_file()).map_err(Failure::Transport)?;
    let bound: Bound = serde_json::from_slice(&text).map_err(|_| failed("is damaged"))?;
    let Some(http) = bound.http else { return Ok("switched off".to_owned()) };
    let host = http.strip_prefix("http://").unwrap_or(&http).trim_end_matches('/');
    let address: SocketAddr = host.parse().map_err(|_| failed("names no address"))?;
    if !address.ip().is_loopback() {
        return Err(failed("names an address that is not of this machine"));
    }
    let stream = TcpStream::connect_timeout(&address, SOON).map_err(Failure::Transport)?;
    stream
        .set_read_timeout(Some(SOON))
        .and_then(|()| stream.set_write_timeout(Some(SOON)))
        .map_err(Failure::Transport)?;
    let health: Health = exchange(stream, host, "GET", "/health", None)?.json()?;
    Ok(format!("version {} at {http}, process {}", health.version, bound.pid))
}

#[cfg(unix)]
fn belongs_to(file: &Path, user: u32) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(file).is_ok_and(|metadata| metadata.uid() == user)
}

#[cfg(not(unix))]
fn belongs_to(file: &Path, _user: u32) -> bool {
    file.is_file()
}

fn accounts(io: &Io<'_>) -> Result<String, Failure> {
    let snapshot: Snapshot = io.endpoint()?.call("GET", "/v1/sessions")?.json()?;
    let signed_in = snapshot.accounts.iter().filter(|status| is_signed_in(status)).count();
    let mut text = format!("{} configured, {signed_in} signed in", snapshot.accounts.len());
    for remark in &snapshot.remarks {
        text.push_str(" · ");
        text.push_str(remark);
    }
    Ok(text)
}

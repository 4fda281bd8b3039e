//! `abide doctor`: checks the installation without changing anything.

mod check;
mod dialects;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use abide_wire::paths::Places;
use abide_wire::terminal::plain;
use abide_wire::text::duration;
use abide_wire::{
    ActivityPolicy, ConfigCheck, OnLock, PresenceStatus, ProxyList, ProxyStatus, SessionStatus, Snapshot,
    VaultMode, VaultStatus,
};
use serde::Deserialize;

use self::check::{Check, Level};
use super::target::is_signed_in;
use crate::failure::{AnswerFault, Failure};
use crate::http::{Endpoint, exchange, push_encoded};
use crate::io::Io;
use crate::program::Program;
use crate::terminal::Ink;

/// The longest time for a connection over loopback.
const SOON: Duration = Duration::from_secs(3);

/// The largest difference of two clocks, in seconds: the same as in the validation of ID tokens.
const MAX_SKEW: u64 = 60;

#[derive(Deserialize)]
struct Health {
    version: String,
}

/// The addresses that the agent has bound (`endpoint.json`).
#[derive(Deserialize)]
struct Bound {
    http: Option<String>,
    pid: u32,
    /// The configured address, when another program holds it.
    port_taken: Option<Taken>,
}

#[derive(Deserialize)]
struct Taken {
    address: String,
    uid: Option<u32>,
}

impl Taken {
    /// The consequence for programs that send a client key to the configured address.
    fn warning(&self, http: &str) -> String {
        let whose = match self.uid {
            Some(uid) => format!("a program of the user with the uid {uid}"),
            None => "another program".to_owned(),
        };
        let address = &self.address;
        format!("{address} belongs to {whose}. Send no plain client key to it. Abide is at {http}")
    }
}

/// The longest wait for one answer of the agent.
const PATIENCE: Duration = Duration::from_secs(5);

pub(super) fn doctor(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    io.patience = io.patience.min(PATIENCE);
    let places = io.places()?;
    let endpoint = io.endpoint()?;
    let endpoint_file = endpoint_file(&places, &endpoint);
    let agent = agent(&endpoint);
    let running = !agent.as_ref().is_err_and(Failure::is_not_running);
    let hidden = matches!(agent, Err(Failure::Hidden { .. }));
    let answers = running && !matches!(agent, Err(Failure::Timeout(_)));
    let mut checks = vec![configuration(&places, checked(io, &endpoint, agent.is_ok()))];
    checks.extend(policy());
    checks.extend(endpoint_file.parent().and_then(|runtime| folder(runtime, io.user)));
    checks.extend(Places::not_used(io.environment).map(|folder| not_used(&folder)));
    checks.push(check("agent", agent));
    if !running && endpoint_file.exists() {
        checks.push(Check::new(
            "HTTP",
            Level::Warning,
            format!(
                "{} is left over from an agent that has ended. Send nothing to the address in it: it can belong to another \
                 program by now. The next start of Abide removes the file",
                endpoint_file.display()
            ),
        ));
    }
    if answers {
        checks.push(check("HTTP", over_http(&endpoint_file, io.user)));
        checks.extend(vault(&endpoint));
        match snapshot(&endpoint) {
            Ok(snapshot) => {
                checks.push(Check::of("accounts", true, accounts(&snapshot)));
                checks.extend(clocks(&snapshot.accounts));
                checks.extend(proxies(&endpoint));
                checks.extend(presence(&endpoint, &snapshot.accounts));
                checks.extend(dialects::programs(io));
            }
            Err(failure) => checks.push(Check::of("accounts", false, failure.to_string())),
        }
    }
    checks.extend(dialects::instead(io));
    checks.extend(dialects::agents(io));
    let well = checks.iter().all(|check| check.ok);
    if json {
        io.json(&serde_json::json!({ "ok": well, "checks": checks }))?;
    } else {
        report(io, &checks)?;
    }
    match (well, running) {
        (true, _) => Ok(()),
        (_, false) if !hidden => Err(Failure::NotRunning),
        _ => Err(Failure::Unhealthy),
    }
}

fn report(io: &mut Io<'_>, checks: &[Check]) -> Result<(), Failure> {
    let style = io.style();
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut page = String::new();
    for check in checks {
        let word = match check.level {
            Level::Ok => style.paint(Ink::Accent, "ok  "),
            Level::Warning => style.paint(Ink::Amber, "warn"),
            Level::Fail => style.paint(Ink::Red, "fail"),
        };
        page.push_str(&format!("{word}  {:width$}  {}\n", check.name, plain(&check.detail)));
    }
    io.say(&page)
}

fn check(name: &'static str, result: Result<String, Failure>) -> Check {
    match result {
        Ok(detail) => Check::of(name, true, detail),
        Err(failure) => Check::of(name, false, failure.to_string()),
    }
}

/// The file of an agent with this socket. The runtime folder of the agent may be another one than that of this command.
fn endpoint_file(places: &Places, endpoint: &Endpoint) -> PathBuf {
    let file = places.endpoint_file();
    match file.file_name() {
        Some(name) if cfg!(unix) => endpoint.socket.with_file_name(name),
        _ => file,
    }
}

/// The check of the configuration file, by the agent's own reader; a sentence if there is none.
fn checked(io: &Io<'_>, endpoint: &Endpoint, answers: bool) -> Result<ConfigCheck, String> {
    if answers {
        let answer = endpoint.call("GET", "/v1/config/check");
        return answer.and_then(|answer| answer.json()).map_err(|failure| failure.to_string());
    }
    let printed = (io.program)(Program::ReadCheck)?;
    serde_json::from_slice(&printed).map_err(|_| AnswerFault::Content.to_string())
}

fn configuration(places: &Places, checked: Result<ConfigCheck, String>) -> Check {
    let file = places.config_file();
    let shown = file.display();
    let (level, detail) = match (fs::metadata(&file), checked) {
        // Without a file, too: the administrator's policy is read with it.
        (_, Ok(checked)) if !checked.problems.is_empty() => found_in(&file, &checked),
        (Ok(_), Ok(_)) => (Level::Ok, shown.to_string()),
        (Ok(_), Err(why)) => (Level::Warning, format!("{shown} (not checked: {why})")),
        (Err(error), _) if error.kind() == std::io::ErrorKind::NotFound => {
            (Level::Ok, format!("{shown} (does not exist; built-in settings are used)"))
        }
        (Err(error), _) => (Level::Fail, format!("{shown} cannot be read: {error}")),
    };
    Check::new("configuration", level, detail)
}

/// The first problem: errors come first.
fn found_in(file: &Path, checked: &ConfigCheck) -> (Level, String) {
    let shown = file.display();
    let Some(first) = checked.problems.first() else { return (Level::Ok, shown.to_string()) };
    let level = if checked.ok { Level::Warning } else { Level::Fail };
    let more = match checked.problems.len() {
        1 => String::new(),
        number => format!(" · {} more: `abide config check`", number - 1),
    };
    let place = first.line.map(|line| format!(":{line}")).unwrap_or_default();
    (level, format!("{shown}{place}: {}{more}", first.message.replace('\n', " ")))
}

/// Whether an administrator has decided on settings.
fn policy() -> Option<Check> {
    let file = abide_wire::paths::policy_file().filter(|file| file.exists())?;
    let detail = format!(
        "{}: settings of your administrator. You cannot change those that are locked",
        file.display()
    );
    Some(Check::of("policy", true, detail))
}

/// Only the user may enter the folder of the socket: anyone else could put another socket there.
#[cfg(unix)]
fn folder(folder: &Path, user: u32) -> Option<Check> {
    use std::os::unix::fs::MetadataExt as _;
    let metadata = fs::metadata(folder).ok()?;
    let mode = metadata.mode() & 0o777;
    let (ok, what) = match (metadata.uid() == user, mode & 0o077) {
        (true, 0) => (true, "only you have access".to_owned()),
        (true, _) => (false, format!("others have access (mode {mode:03o}, should be 700)")),
        _ => (false, format!("belongs to another user (uid {})", metadata.uid())),
    };
    Some(Check::of("folder", ok, format!("{} · {what}", folder.display())))
}

/// What Abide does not use, although the environment names it.
fn not_used(folder: &Path) -> Check {
    let detail = format!(
        "XDG_RUNTIME_DIR names {}, which every user may write to, so Abide does not use it. Its mode should be 700",
        folder.display()
    );
    Check::new("folder", Level::Warning, detail)
}

#[cfg(not(unix))]
fn folder(_folder: &Path, _user: u32) -> Option<Check> {
    None
}

fn agent(endpoint: &Endpoint) -> Result<String, Failure> {
    let health: Health = endpoint.call("GET", "/health")?.json()?;
    let ours = env!("CARGO_PKG_VERSION");
    let note = if health.version == ours { String::new() } else { format!(" (this command is {ours})") };
    Ok(format!("version {}{note} at {}", health.version, endpoint.socket.display()))
}

fn over_http(file: &Path, user: u32) -> Result<String, Failure> {
    let failed = |problem: &str| Failure::NotOurs { socket: file.to_owned(), problem: problem.to_owned() };
    if !belongs_to(file, user) {
        return Err(failed("does not exist or does not belong to you"));
    }
    let text = fs::read(file).map_err(Failure::Transport)?;
    let bound: Bound = serde_json::from_slice(&text).map_err(|_| failed("is damaged"))?;
    let Some(http) = bound.http else { return Ok("switched off".to_owned()) };
    let host = http.strip_prefix("http://").unwrap_or(&http).trim_end_matches('/');
    let address: SocketAddr = host.parse().map_err(|_| failed("has no valid address"))?;
    if !address.ip().is_loopback() {
        return Err(failed("has an address of another computer"));
    }
    let stream = TcpStream::connect_timeout(&address, SOON).map_err(Failure::Transport)?;
    stream
        .set_read_timeout(Some(SOON))
        .and_then(|()| stream.set_write_timeout(Some(SOON)))
        .map_err(Failure::Transport)?;
    let health: Health = exchange(stream, host, "GET", "/health", None, SOON)?.json()?;
    if let Some(taken) = bound.port_taken {
        return Err(Failure::Program(taken.warning(&http)));
    }
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

fn snapshot(endpoint: &Endpoint) -> Result<Snapshot, Failure> {
    endpoint.call("GET", "/v1/sessions")?.json()
}

fn accounts(snapshot: &Snapshot) -> String {
    let signed_in = snapshot.accounts.iter().filter(|status| is_signed_in(status)).count();
    let mut text = format!("{} configured, {signed_in} signed in", snapshot.accounts.len());
    for warning in &snapshot.warnings {
        text.push_str(" · ");
        text.push_str(warning);
    }
    text
}

/// How sessions are stored, and so whether they survive a restart.
fn vault(endpoint: &Endpoint) -> Option<Check> {
    let answered = endpoint.call("GET", "/v1/vault").and_then(|answer| answer.json::<VaultStatus>());
    Some(match answered {
        Ok(VaultStatus { mode: VaultMode::Keyring }) => {
            Check::new("vault", Level::Ok, "sealed, with its key in the keyring")
        }
        Ok(VaultStatus { mode: VaultMode::Passphrase }) => {
            Check::new("vault", Level::Ok, "sealed with a passphrase")
        }
        Ok(VaultStatus { mode: VaultMode::Memory }) => {
            let detail = "in memory only: you sign in again after a restart. `mode` under [vault] in the configuration \
                          chooses another way";
            Check::new("vault", Level::Warning, detail)
        }
        // An older agent, which has no such choice.
        Err(Failure::Refused { code, .. }) if code == "not_found" => return None,
        Err(failure) => Check::of("vault", false, failure.to_string()),
    })
}

/// The forwarding proxies that are configured.
fn proxies(endpoint: &Endpoint) -> Vec<Check> {
    let answered = endpoint.call("GET", "/v1/proxies").and_then(|answer| answer.json::<ProxyList>());
    let proxies = match answered {
        Ok(list) => list.proxies,
        // An older agent, which has none.
        Err(Failure::Refused { code, .. }) if code == "not_found" => return Vec::new(),
        Err(failure) => return vec![Check::of("proxies", false, failure.to_string())],
    };
    let check = |proxy: &ProxyStatus| match (&proxy.problem, &proxy.address) {
        (Some(problem), _) => Check::new("proxies", Level::Fail, problem.clone()),
        (None, Some(address)) if proxy.listening => {
            Check::new("proxies", Level::Ok, format!("{}: {address} \u{2192} {}", proxy.name, proxy.upstream))
        }
        _ => Check::new("proxies", Level::Warning, format!("{}: not open yet", proxy.name)),
    };
    proxies.iter().map(check).collect()
}

/// This machine's clock, compared with every provider whose time is known.
fn clocks(accounts: &[SessionStatus]) -> Vec<Check> {
    let mut checks = Vec::<Check>::new();
    for (status, skew) in accounts.iter().filter_map(|status| Some((status, status.clock_skew?))) {
        let (provider, apart) = (&status.provider, skew.unsigned_abs());
        let which = if skew > 0 { "ahead of" } else { "behind" };
        let check = if apart <= MAX_SKEW {
            let detail = match apart {
                0 => format!("the same as {provider}\u{2019}s"),
                _ => format!(
                    "{provider}\u{2019}s clock is {} {which} this computer\u{2019}s, within the tolerance",
                    duration(apart)
                ),
            };
            Check::new("clock", Level::Ok, detail)
        } else {
            let here = if skew > 0 { "slow" } else { "fast" };
            let detail = format!(
                "the clock of {provider} is {} {which} this computer\u{2019}s, so signing in can fail. If this computer\u{2019}s \
                 clock is {here}, {SET_THE_CLOCK}; if it is right, tell the administrators of {provider}",
                duration(apart)
            );
            Check::new("clock", Level::Fail, detail)
        };
        // Two accounts at one provider have the same clock.
        if !checks.iter().any(|there| there.detail == check.detail) {
            checks.push(check);
        }
    }
    if checks.is_empty() {
        checks.push(Check::new(
            "clock",
            Level::Ok,
            "not compared yet: Abide has not contacted a provider since it started",
        ));
    }
    checks
}

const SET_THE_CLOCK: &str = if cfg!(windows) {
    "choose Sync now under Settings, Time & language, Date & time"
} else if cfg!(target_os = "macos") {
    "switch on \u{201c}Set time and date automatically\u{201d} in System Settings, General, Date & Time"
} else {
    "let the network set it (timedatectl set-ntp true)"
};

/// The sources for locked screens, sleep and input, and whether the accounts need more than there are.
fn presence(endpoint: &Endpoint, accounts: &[SessionStatus]) -> Vec<Check> {
    let answered = endpoint.call("GET", "/v1/presence").and_then(|answer| answer.json::<PresenceStatus>());
    let presence = match answered {
        Ok(presence) => presence,
        // An older agent, which has no sources.
        Err(Failure::Refused { code, .. }) if code == "not_found" => return Vec::new(),
        Err(failure) => return vec![Check::of("presence", false, failure.to_string())],
    };
    let rules: Vec<(&str, PresenceRules)> = accounts
        .iter()
        .filter_map(|status| Some((status.account.as_str(), settings(endpoint, &status.account).ok()?)))
        .collect();
    let names = |wanted: &dyn Fn(&PresenceRules) -> bool| {
        let names = rules.iter().filter(|(_, rules)| wanted(rules)).map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    };
    vec![
        lock(&presence, &names(&|rules| rules.on_lock != OnLock::Keep)),
        match presence.sleep.as_slice() {
            [] => Check::new(
                "sleep",
                Level::Ok,
                "not detected; time limits are checked when the computer wakes up",
            ),
            sources => Check::new("sleep", Level::Ok, sources.join(", ")),
        },
        input(&presence, &names(&|rules| rules.activity != ActivityPolicy::Requests)),
    ]
}

/// The account settings that need such a source. An agent of another version may have more or fewer.
#[derive(serde::Deserialize)]
struct PresenceRules {
    activity: ActivityPolicy,
    on_lock: OnLock,
}

fn settings(endpoint: &Endpoint, account: &str) -> Result<PresenceRules, Failure> {
    let mut target = String::from("/v1/accounts/");
    push_encoded(&mut target, account);
    target.push_str("/session");
    endpoint.call("GET", &target)?.json()
}

fn lock(presence: &PresenceStatus, needed_by: &str) -> Check {
    match (presence.lock.as_slice(), needed_by) {
        ([], "") => Check::new("lock", Level::Ok, "not detected, and not needed by your accounts"),
        ([], names) => {
            let detail = format!(
                "Abide cannot detect a locked screen, so `on_lock` has no effect for {names}; time limits still apply"
            );
            Check::new("lock", Level::Warning, detail)
        }
        (sources, _) => {
            let now = if presence.locked { " · the screen is locked" } else { "" };
            Check::new("lock", Level::Ok, format!("{}{now}", sources.join(", ")))
        }
    }
}

fn input(presence: &PresenceStatus, needed_by: &str) -> Check {
    match (&presence.input, needed_by) {
        (Some(source), _) => Check::new("input", Level::Ok, source.as_str()),
        (None, "") => Check::new("input", Level::Ok, "not detected, and not needed by your accounts"),
        (None, names) => {
            let detail = format!(
                "Abide cannot detect keyboard and mouse use, which `activity` of {names} counts. It asks you instead. \
                 Set `activity` to \"requests\", or run Abide in your desktop session"
            );
            Check::new("input", Level::Fail, detail)
        }
    }
}

//! Runs commands in this process, with surroundings that the test controls.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, missing_docs, unreachable_pub)]

pub mod agent;

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt as _;
use std::process::Command;
use std::time::Duration;

use abide_cli::{Clock, Io, LastAct, Program};
pub use agent::*;

/// 2026-11-24 20:52:18 in a zone that is an hour ahead.
const NOW: u64 = 1_795_549_938;

#[derive(Debug)]
pub struct Outcome {
    pub code: u8,
    pub out: String,
    pub err: String,
}

/// The settings that a test may change.
pub struct Setting<'a> {
    pub terminal: bool,
    pub out_is_lost: bool,
    pub user: Option<u32>,
    pub patience: Duration,
    pub told_within: Duration,
    pub before_interruption: &'a dyn Fn(LastAct),
    pub more: Vec<(&'static str, OsString)>,
    /// What a tool writes.
    pub input: &'a str,
    /// Whether a person types it.
    pub typed: bool,
    pub launch: &'a dyn Fn(&mut Command) -> io::Result<u8>,
    /// What the check of the configuration prints where no agent runs.
    pub check: Option<&'a str>,
}

fn unlaunchable(_: &mut Command) -> io::Result<u8> {
    panic!("nothing was to be run")
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Self {
            terminal: false,
            out_is_lost: false,
            user: None,
            patience: Duration::from_secs(10),
            told_within: Duration::from_secs(10),
            before_interruption: &|_| {},
            more: Vec::new(),
            input: "",
            typed: false,
            launch: &unlaunchable,
            check: None,
        }
    }
}

pub fn run_with(
    agent: &FakeAgent,
    words: &[&str],
    setting: Setting<'_>,
    out: &mut dyn Write,
) -> (u8, String) {
    let mut environment = agent.environment();
    environment.extend(setting.more);
    let mut err = Vec::new();
    let code = abide_cli::run(
        words.iter().map(OsString::from),
        &mut Io {
            out,
            err: &mut err,
            out_is_terminal: setting.terminal,
            out_is_lost: setting.out_is_lost,
            err_is_terminal: setting.terminal,
            environment: &|name| {
                environment.iter().rfind(|(key, _)| *key == name).map(|(_, value)| value.clone())
            },
            user: setting.user.unwrap_or_else(|| agent.home().metadata().unwrap().uid()),
            clock: Clock { now: || NOW, utc_offset: |_| 3600 },
            patience: setting.patience,
            input: &mut setting.input.as_bytes(),
            input_is_terminal: setting.typed,
            look_every: Duration::from_millis(20),
            ask_every: Duration::from_millis(2),
            told_within: setting.told_within,
            before_interruption: setting.before_interruption,
            launch: setting.launch,
            program: &|program| match setting.check {
                Some(check) if program == Program::ReadCheck => Ok(check.as_bytes().to_vec()),
                _ => Err(format!("{program:?} cannot be started.")),
            },
        },
    );
    (code, String::from_utf8(err).unwrap())
}

pub fn abide_with(agent: &FakeAgent, words: &[&str], setting: Setting<'_>) -> Outcome {
    let mut out = Vec::new();
    let (code, err) = run_with(agent, words, setting, &mut out);
    Outcome { code, out: String::from_utf8(out).unwrap(), err }
}

pub fn abide(agent: &FakeAgent, words: &[&str]) -> Outcome {
    abide_with(agent, words, Setting::default())
}

/// Runs a command with an agent that gives one answer.
pub fn once(words: &[&str], expected: Vec<u8>, answer: Vec<u8>) -> Outcome {
    let agent = FakeAgent::new(vec![Step::Answer(expected, answer)]);
    let outcome = abide(&agent, words);
    agent.finish();
    outcome
}

pub fn status(account: &str, state: &str, more: &str) -> String {
    let base = r#""issuer":"https://id.example.com","provider":"id.example.com""#;
    let mut fields = String::new();
    for field in [
        "user",
        "ended",
        "ended_by",
        "provider_end",
        "ended_at",
        "expires_in",
        "limit",
        "lifetime",
        "since",
        "at_most_until",
        "access_token_expires_in",
        "clock_skew",
        "advised_end_after",
        "last_error",
        "last_error_code",
        "last_error_kind",
        "attempt",
        "provider_logout",
        "sign_out_page",
    ] {
        if !more.contains(&format!("\"{field}\":")) {
            fields.push_str(&format!("\"{field}\":null,"));
        }
    }
    for (field, value) in [
        ("renewable", "false"),
        ("can_be_kept", "true"),
        ("sign_in_needed", "false"),
        ("signing_in", "false"),
        ("provider_limit", "null"),
        ("frozen", "false"),
        ("layers", "[]"),
        ("signals", "[]"),
    ] {
        if !more.contains(&format!("\"{field}\":")) {
            fields.push_str(&format!("\"{field}\":{value},"));
        }
    }
    let comma = if more.is_empty() { "" } else { "," };
    format!(r#"{{"account":"{account}",{base},{fields}"state":"{state}"{comma}{more}}}"#)
}

pub fn active(account: &str) -> String {
    let more = r#""user":"alice@example.com","expires_in":702,"limit":"idle","lifetime":900,"at_most_until":1795550640,"access_token_expires_in":240,"renewable":true,"can_be_kept":true"#;
    status(account, "active", more)
}

pub fn sessions(statuses: &[String]) -> Vec<u8> {
    answer("200 OK", &format!(r#"{{"accounts":[{}],"questions":[],"warnings":[]}}"#, statuses.join(",")))
}

/// One of the three layers; `more` has its other members.
pub fn layer(layer: &str, name: &str, more: &str) -> String {
    let mut fields = format!(r#""layer":"{layer}""#);
    if !more.contains("\"name\":") {
        fields.push_str(&format!(r#","name":"{name}""#));
    }
    for (field, value) in [("since", "null"), ("ends_at", "null"), ("checked_at", "null"), ("methods", "[]")]
    {
        if !more.contains(&format!("\"{field}\":")) {
            fields.push_str(&format!(",\"{field}\":{value}"));
        }
    }
    format!("{{{fields},{more}}}")
}

pub fn question(account: &str, can_be_kept: bool) -> String {
    format!(
        r#"{{"id":1,"account":"{account}","provider":"id.example.com","seconds_left":58,"limit":"idle","can_be_kept":{can_be_kept},"yes_keeps_until":1795550838}}"#
    )
}

/// A configuration without problems.
pub fn sound_configuration() -> Vec<u8> {
    answer("200 OK", r#"{"file":"config.toml","ok":true,"problems":[]}"#)
}

/// A reader that has gone.
pub struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

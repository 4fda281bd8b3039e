//! The commands.

mod accounts;
mod claims;
mod clients;
mod configuration;
mod device;
mod doctor;
mod login;
mod session;
mod token;
mod watch;

use std::borrow::Cow;

use abide_wire::paths::Places;
use abide_wire::terminal::{self, plain};
use abide_wire::{SessionState, SessionStatus, Snapshot};

use crate::Io;
use crate::args::Command;
use crate::failure::{AnswerFault, Failure};
use crate::help;
use crate::http::{Answer, Endpoint, push_encoded};
use crate::style::Style;

/// Runs a command and returns its exit code.
pub(crate) fn run(command: Command, json: bool, io: &mut Io<'_>) -> Result<u8, Failure> {
    match command {
        Command::Token(request) => token::token(io, &request, json)?,
        Command::Header(request) => token::header(io, &request, json)?,
        Command::Curl { request, arguments } => return token::curl(io, &request, arguments),
        Command::Run { request, program, arguments } => return token::run(io, &request, program, arguments),
        Command::Status => session::status(io, json)?,
        Command::Login { account, way } => login::login(io, account, way, json)?,
        Command::Logout { account, wait } => session::logout(io, account, wait, json)?,
        Command::Keep { account } => session::keep(io, account, json)?,
        Command::Watch { account } => watch::watch(io, account, json)?,
        Command::Monitor { account } => session::monitor(io, account, json)?,
        Command::Claims { account } => claims::claims(io, account, json)?,
        Command::AccountsList => accounts::list(io, json)?,
        Command::AccountsAdd(account) => accounts::add(io, &account, json)?,
        Command::AccountsRemove(name) => accounts::remove(io, &name, json)?,
        Command::ClientsList => clients::list(io, json)?,
        Command::ClientsAllow { name, program } => clients::allow(io, &name, program, json)?,
        Command::ClientsRevoke(name) => clients::revoke(io, &name, json)?,
        Command::Doctor => doctor::doctor(io, json)?,
        Command::ConfigPath => configuration::path(io, json)?,
        Command::ConfigCheck => return configuration::check(io, json),
        Command::Program(program) => (io.program)(program).map_err(Failure::Program)?,
        Command::Help(topic) => {
            io.say(topic.as_deref().and_then(help::page).unwrap_or(help::OVERVIEW))?;
        }
        Command::Version => io.say(concat!("abide ", env!("CARGO_PKG_VERSION"), "\n"))?,
    }
    Ok(0)
}

impl Io<'_> {
    fn places(&self) -> Result<Places, Failure> {
        Places::from_environment(self.environment).ok_or(Failure::NoHome)
    }

    fn endpoint(&self) -> Result<Endpoint, Failure> {
        Ok(Endpoint { socket: self.places()?.socket(), user: self.user, patience: self.patience })
    }

    fn style(&self) -> Style {
        Style::new(self.out_is_terminal, self.environment)
    }

    /// Writes a result, whole lines, at once.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).and_then(|()| self.out.flush()).map_err(Failure::Output)
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Writes JSON that the agent answered.
    fn pass_on(&mut self, answer: &Answer) -> Result<(), Failure> {
        self.json_line(answer.body())
    }

    /// Writes JSON that the agent sent, on a line. It means what the agent wrote, and a terminal can show it.
    fn json_line(&mut self, json: &[u8]) -> Result<(), Failure> {
        serde_json::from_slice::<serde::de::IgnoredAny>(json).map_err(|_| AnswerFault::Content)?;
        let json = std::str::from_utf8(json.trim_ascii_end()).map_err(|_| AnswerFault::Content)?;
        let mut line = zeroize::Zeroizing::new(Vec::with_capacity(json.len() + 1));
        terminal::push_json(&mut line, json);
        line.push(b'\n');
        self.write(&line)
    }

    fn json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        self.say(&format!("{}\n", terminal::json(&value.to_string())))
    }

    /// Tells people something that is not the result. Whether they hear it does not change the outcome.
    fn tell(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }
}

/// The target of a call about one account's session.
fn session_target(account: &str, call: &str) -> String {
    let mut target = String::from("/v1/sessions/");
    push_encoded(&mut target, account);
    target.push_str(call);
    target
}

/// Which account is meant when none is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    /// The only one there is.
    All,
    /// The only one there is, or the only one that is signed in.
    SignedIn,
}

fn is_signed_in(status: &SessionStatus) -> bool {
    matches!(status.state, SessionState::Active | SessionState::Expiring)
}

/// The account that was named, or the only one that can be meant.
fn account(
    endpoint: &Endpoint,
    named: Option<String>,
    among: Among,
    command: &str,
) -> Result<String, Failure> {
    if let Some(named) = named {
        return Ok(named);
    }
    let snapshot: Snapshot = endpoint.call("GET", "/v1/sessions")?.json()?;
    let names = || snapshot.accounts.iter().map(|status| plain(&status.account)).collect::<Vec<_>>();
    let mut signed_in = snapshot.accounts.iter().filter(|status| is_signed_in(status));
    match snapshot.accounts.as_slice() {
        [] => {
            let sentence = "There is no account yet. Add one with `abide accounts add`.";
            Err(Failure::usage(sentence, "accounts"))
        }
        [only] => Ok(only.account.clone()),
        _ => match (among, signed_in.next(), signed_in.next()) {
            (Among::SignedIn, Some(only), None) => Ok(only.account.clone()),
            _ => {
                let sentence = format!("Which account? Say --account and one of: {}.", names().join(", "));
                Err(Failure::usage(sentence, command))
            }
        },
    }
}

/// A session's user and provider in a sentence: `alice@example.com at id.example.com`.
fn who(status: &SessionStatus) -> Cow<'_, str> {
    match &status.user {
        Some(user) => Cow::Owned(format!("{} at {}", plain(user), plain(&status.provider))),
        None => plain(&status.provider),
    }
}

/// Rows with aligned columns.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.chars().count() + 3));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

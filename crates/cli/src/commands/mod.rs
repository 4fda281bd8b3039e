//! The commands.

mod accounts;
mod approve;
mod audit;
mod claims;
mod clients;
mod configuration;
mod credential;
mod device;
mod dialects;
mod doctor;
mod login;
mod run;
mod session;
mod token;
mod watch;

use std::borrow::Cow;

use abide_wire::terminal::plain;
use abide_wire::{SessionState, SessionStatus, Snapshot};

use crate::arguments::help;
use crate::arguments::parse::Command;
use crate::failure::Failure;
use crate::http::{Endpoint, push_encoded};
use crate::io::Io;

/// Runs a command and returns its exit code.
pub(crate) fn run(command: Command, json: bool, io: &mut Io<'_>) -> Result<u8, Failure> {
    match command {
        Command::Token(request) => token::token(io, &request, json)?,
        Command::Header(request) => token::header(io, &request, json)?,
        Command::Curl { request, arguments } => return token::curl(io, &request, arguments),
        Command::Run { request, ways, program, arguments } => {
            return run::run(io, &request, &ways, program, arguments);
        }
        Command::Dialects => dialects::list(io, json)?,
        Command::Credential(asked) => return credential::credential(io, &asked, json),
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
        Command::Approve(approval) => approve::approve(io, &approval, json)?,
        Command::AuditShow { last, account } => audit::show(io, last, account.as_deref(), json)?,
        Command::AuditFollow { account } => audit::follow(io, account.as_deref(), json)?,
        Command::AuditVerify => return audit::verify(io, json),
        Command::AuditExport { ocsf } => return audit::export(io, ocsf),
        Command::Doctor => doctor::doctor(io, json)?,
        Command::ConfigPath => configuration::path(io, json)?,
        Command::ConfigCheck => return configuration::check(io, json),
        Command::ConfigReload => configuration::reload(io, json)?,
        Command::Program(program) => (io.program)(program).map_err(Failure::Program)?,
        Command::Help(topic) => {
            io.say(&topic.as_deref().and_then(help::page).unwrap_or_else(help::overview))?;
        }
        Command::Version => io.say(concat!("abide ", env!("CARGO_PKG_VERSION"), "\n"))?,
    }
    Ok(0)
}

/// The target of a call about one account's session.
fn session_target(account: &str, call: &str) -> String {
    let mut target = String::from("/v1/sessions/");
    push_encoded(&mut target, account);
    target.push_str(call);
    target
}

/// The choice of an account if none is named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    /// The only one.
    All,
    /// The only one, or the only one that is signed in.
    SignedIn,
}

fn is_signed_in(status: &SessionStatus) -> bool {
    matches!(status.state, SessionState::Active | SessionState::Expiring)
}

/// The named account, or the only possible one.
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
            let sentence = "No account yet. Add one with `abide accounts add`.";
            Err(Failure::usage(sentence, "accounts"))
        }
        [only] => Ok(only.account.clone()),
        _ => match (among, signed_in.next(), signed_in.next()) {
            (Among::SignedIn, Some(only), None) => Ok(only.account.clone()),
            _ => {
                let sentence = format!("Which account? Use --account with one of: {}.", names().join(", "));
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

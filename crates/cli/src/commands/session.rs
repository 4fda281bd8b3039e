//! `abide status`, `abide watch`, `abide logout`, `abide keep`.

use std::io::ErrorKind;
use std::sync::mpsc;
use std::thread;

use abide_wire::text::duration;
use abide_wire::{SessionState, SessionStatus, Snapshot};

use super::{Among, account, session_target, who};
use crate::Io;
use crate::failure::{AnswerFault, Failure};
use crate::style::{Ink, plain};
use crate::text;

pub(super) fn status(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let answer = io.endpoint()?.call("GET", "/v1/sessions")?;
    if json {
        return io.pass_on(&answer);
    }
    let snapshot: Snapshot = answer.json()?;
    let page = text::status(&snapshot, io.clock, io.style());
    io.say(&page)
}

pub(super) fn logout(io: &mut Io<'_>, named: Option<String>, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let account = account(&endpoint, named, Among::SignedIn, "logout")?;
    let answer = endpoint.call("POST", &session_target(&account, "/logout"))?;
    if json {
        return io.pass_on(&answer);
    }
    let status: SessionStatus = answer.json()?;
    io.say(&format!("You are signed out of {} ({}).\n", plain(&status.account), plain(&status.provider)))
}

pub(super) fn keep(io: &mut Io<'_>, named: Option<String>, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let account = account(&endpoint, named, Among::SignedIn, "keep")?;
    let answer = endpoint.call("POST", &session_target(&account, "/keep"))?;
    if json {
        return io.pass_on(&answer);
    }
    let status: SessionStatus = answer.json()?;
    let left = match (status.state, status.expires_in) {
        (SessionState::Active, Some(left)) => format!(", {} left", duration(left)),
        _ => String::new(),
    };
    io.say(&format!("Your session is kept: {}{left}.\n", who(&status)))
}

/// Shows every change. One thread an account: each waits at its own connection.
pub(super) fn watch(io: &mut Io<'_>, named: Option<String>, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let accounts = match named {
        Some(named) => vec![named],
        None => {
            let snapshot: Snapshot = endpoint.call("GET", "/v1/sessions")?.json()?;
            snapshot.accounts.into_iter().map(|status| status.account).collect()
        }
    };
    let width = accounts.iter().map(|name| plain(name).chars().count()).max().unwrap_or(0) + 3;
    let (sender, changes) = mpsc::channel();
    for account in &accounts {
        let mut events = endpoint.events(&session_target(account, "/events"))?;
        let sender = sender.clone();
        thread::spawn(move || {
            loop {
                let event = events.next();
                let over = !matches!(event, Ok(Some(_)));
                if sender.send(event).is_err() || over {
                    break;
                }
            }
        });
    }
    drop(sender);
    for event in changes {
        let Some(data) = event? else { continue };
        match show(io, &data, json, width) {
            // The reader has seen enough: that is how a watch ends.
            Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => return Ok(()),
            result => result?,
        }
    }
    Err(Failure::Stopped)
}

fn show(io: &mut Io<'_>, data: &[u8], json: bool, width: usize) -> Result<(), Failure> {
    let status: SessionStatus = serde_json::from_slice(data).map_err(|_| AnswerFault::Content)?;
    if json {
        let mut line = data.to_vec();
        line.push(b'\n');
        return io.write(&line);
    }
    let style = io.style();
    let time = text::time_of_day((io.clock.now)(), io.clock);
    let name = plain(&status.account);
    let pad = " ".repeat(width.saturating_sub(name.chars().count()).max(1));
    let line = format!(
        "{}  {}{pad}{}\n",
        style.paint(Ink::Dim, &time),
        style.paint(Ink::Bold, &name),
        text::summary(&status, style)
    );
    io.say(&line)
}

//! `abide status`, `abide logout`, `abide keep`, `abide monitor`.

use std::thread;

use abide_wire::terminal::plain;
use abide_wire::text::{duration, why_it_cannot_be_kept};
use abide_wire::{ProviderEnd, SessionStatus, Snapshot};

use super::target::{Among, account, is_stuck, session_target, who};
use crate::failure::Failure;
use crate::http::{Answer, Endpoint};
use crate::io::Io;
use crate::view::session as view;

pub(super) fn status(io: &mut Io<'_>, json: bool) -> Result<(), Failure> {
    let answer = io.endpoint()?.call("GET", "/v1/sessions")?;
    if json {
        return io.pass_on(&answer);
    }
    let snapshot: Snapshot = answer.json()?;
    let page = view::status(&snapshot, io.clock, io.style());
    io.say(&page)
}

pub(super) fn logout(io: &mut Io<'_>, named: Option<String>, wait: bool, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let account = account(&endpoint, named, Among::SignedIn, "logout")?;
    let answer = endpoint.call("POST", &session_target(&account, "/logout"))?;
    if json && !wait {
        return io.pass_on(&answer);
    }
    let status: SessionStatus = answer.json()?;
    if !json {
        // The session has ended here, whatever happens next.
        let (account, provider) = (plain(&status.account), plain(&status.provider));
        io.say(&format!("You are signed out of {account} ({provider}).\n"))?;
    }
    let (answer, status) = if wait { until_told(io, &endpoint, answer, status) } else { (answer, status) };
    if json {
        return io.pass_on(&answer);
    }
    match view::provider_side(&status, io.style()) {
        Some(sentence) => io.say(&format!("{sentence}\n")),
        None => Ok(()),
    }
}

/// Asks until the provider has been notified, or the time is over. If that fails, the sign-out still counts, and the last
/// known state is shown.
fn until_told(
    io: &Io<'_>,
    endpoint: &Endpoint,
    mut answer: Answer,
    mut status: SessionStatus,
) -> (Answer, SessionStatus) {
    let endpoint = Endpoint { patience: io.patience.min(io.told_within), ..endpoint.clone() };
    let target = session_target(&status.account, "");
    let times = io.told_within.as_millis() / io.ask_every.as_millis().max(1);
    for _ in 0..times {
        if status.provider_end != Some(ProviderEnd::Pending) {
            break;
        }
        thread::sleep(io.ask_every);
        let Ok(later) = endpoint.call("GET", &target) else { break };
        let Ok(known) = later.json() else { break };
        (answer, status) = (later, known);
    }
    (answer, status)
}

/// If the provider's limit is the nearest, only a renewal moves it: waits for that, for a limited time. Returns the last
/// state, and whether the renewal is finished.
fn until_renewed(
    io: &Io<'_>,
    endpoint: &Endpoint,
    mut answer: Answer,
    mut status: SessionStatus,
) -> (Answer, SessionStatus, bool) {
    let outstanding =
        |status: &SessionStatus| status.limit == Some(abide_wire::Limit::Provider) && status.can_be_kept;
    let Some(before) = status.expires_in.filter(|_| outstanding(&status)) else {
        return (answer, status, true);
    };
    let endpoint = Endpoint { patience: io.patience.min(io.told_within), ..endpoint.clone() };
    let target = session_target(&status.account, "");
    let times = io.told_within.as_millis() / io.ask_every.as_millis().max(1);
    for _ in 0..times {
        thread::sleep(io.ask_every);
        let Ok(later) = endpoint.call("GET", &target) else { break };
        let Ok(known) = later.json() else { break };
        (answer, status) = (later, known);
        if !outstanding(&status) || status.expires_in.is_none_or(|left| left > before) {
            return (answer, status, true);
        }
        if status.last_error.is_some() {
            break;
        }
    }
    (answer, status, false)
}

/// The session is kept, and has no token until the person signs in.
fn no_tokens(status: &SessionStatus) -> Failure {
    let why = status.last_error.clone();
    let why = why.unwrap_or_else(|| format!("{} gives no new tokens.", status.provider));
    let sentence =
        format!("{why} Sign in again: `abide login --account {}`. Your session is kept.", status.account);
    Failure::SignIn { sentence, exit: 3 }
}

pub(super) fn monitor(io: &mut Io<'_>, named: Option<String>, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let account = account(&endpoint, named, Among::SignedIn, "monitor")?;
    let answer = endpoint.call("POST", &session_target(&account, "/monitor"))?;
    if json {
        return io.pass_on(&answer);
    }
    let status: SessionStatus = answer.json()?;
    let provider = plain(&status.provider);
    io.say(&format!("Opening the browser tab that detects a logout at {provider}. Leave it open.\n"))
}

pub(super) fn keep(io: &mut Io<'_>, named: Option<String>, json: bool) -> Result<(), Failure> {
    let endpoint = io.endpoint()?;
    let account = account(&endpoint, named, Among::SignedIn, "keep")?;
    let answer = endpoint.call("POST", &session_target(&account, "/keep"))?;
    let status: SessionStatus = answer.json()?;
    let (answer, status, renewed) = until_renewed(io, &endpoint, answer, status);
    if json {
        io.pass_on(&answer)?;
    }
    if status.sign_in_needed || is_stuck(&status) {
        return Err(no_tokens(&status));
    }
    if json {
        return Ok(());
    }
    let left = status.expires_in.map(duration);
    let cannot_be_kept = status.limit.filter(|_| !status.can_be_kept);
    io.say(&match (cannot_be_kept, left) {
        (Some(limit), Some(left)) => {
            let why = why_it_cannot_be_kept(limit);
            format!("Your session cannot be extended: {}. It ends in {left}: {why}\n", who(&status))
        }
        (_, Some(left)) if !renewed => {
            let provider = plain(&status.provider);
            format!("{provider} has not renewed your session yet; Abide keeps trying. {left} left.\n")
        }
        (_, Some(left)) => format!("Session extended: {}, {left} left.\n", who(&status)),
        (_, None) => format!("Session extended: {}.\n", who(&status)),
    })
}

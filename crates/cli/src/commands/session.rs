//! `abide status`, `abide logout`, `abide keep`.

use abide_wire::text::{duration, why_it_cannot_be_kept};
use abide_wire::{Limit, SessionStatus, Snapshot};

use super::{Among, account, session_target, who};
use crate::Io;
use crate::failure::Failure;
use crate::style::plain;
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
    let left = status.expires_in.map(duration);
    let cannot_be_kept = match status.limit {
        Some(Limit::Absolute) => Some(Limit::Absolute),
        Some(Limit::Provider) if !status.renewable => Some(Limit::Provider),
        _ => None,
    };
    io.say(&match (cannot_be_kept, left) {
        (Some(limit), Some(left)) => {
            let why = why_it_cannot_be_kept(limit);
            format!("Your session cannot be kept longer: {}. It ends in {left}: {why}\n", who(&status))
        }
        (_, Some(left)) => format!("Your session is kept: {}, {left} left.\n", who(&status)),
        (_, None) => format!("Your session is kept: {}.\n", who(&status)),
    })
}

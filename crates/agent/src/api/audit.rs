//! The record: what of a call belongs into it, and the call about it.

use abide_audit::{Caller as Who, CallerKind, Event};
use abide_wire::{AuditStatus, ErrorAnswer, ErrorCode, TokenAnswer};

use super::auth::{Caller, Peer};
use super::body::{Answered, ok};
use super::call::Call;
use crate::agent::Agent;
use crate::identity;
use crate::tokens::TokenParams;

/// A caller as it is recorded: with the program that a request is made for, where its ancestors were looked at.
pub(crate) fn who(caller: &Caller, peer: &Peer, behind: &identity::Caller) -> Who {
    let (kind, name) = match caller {
        Caller::Owner => (CallerKind::Owner, None),
        Caller::Client(name) => (CallerKind::Client, Some(name.clone())),
        Caller::Page(origin) => (CallerKind::Program, Some(origin.clone())),
        Caller::Neighbour => (CallerKind::Program, None),
        Caller::Stranger => (CallerKind::Unknown, None),
    };
    let behind = behind.recorded();
    Who { kind, name, program: behind.program.or_else(|| program(peer)), ..behind }
}

fn program(peer: &Peer) -> Option<String> {
    match peer {
        Peer::Socket { program: Some(program), .. } => Some(program.path.to_string_lossy().into_owned()),
        _ => None,
    }
}

/// A request that was refused before it was known who asks.
pub(crate) fn turned_away(agent: &Agent, peer: &Peer, refused: &ErrorAnswer) {
    agent.audit().event(Event::RequestRefused, |entry| {
        entry.caller = Some(Who { program: program(peer), ..Who::new(CallerKind::Unknown) });
        entry.reason = Some(refused.error.as_str().to_owned());
    });
}

/// A call that the caller has no right to.
pub(super) fn no_right(agent: &Agent, who: Who, call: &str, tokens: bool, refused: &ErrorAnswer) {
    let event = if tokens { Event::TokenRefused } else { Event::RequestRefused };
    agent.audit().event(event, |entry| {
        entry.caller = Some(who);
        entry.name = Some(call.to_owned());
        entry.reason = Some(refused.error.as_str().to_owned());
    });
}

/// Refuses where the record has to be written and cannot.
///
/// # Errors
///
/// `temporarily_unavailable`.
pub(super) fn has_to_be_written(call: &Call) -> Result<(), ErrorAnswer> {
    admits(&call.agent, &call.who)
}

/// The same for a program that asks in a dialect.
///
/// # Errors
///
/// `temporarily_unavailable`.
pub(crate) fn admits(agent: &Agent, who: &Who) -> Result<(), ErrorAnswer> {
    if agent.audit().admits_tokens() {
        return Ok(());
    }
    let code = ErrorCode::TemporarilyUnavailable;
    // This line is also the attempt that may find room again.
    agent.audit().event(Event::TokenRefused, |entry| {
        entry.caller = Some(who.clone());
        entry.reason = Some(code.as_str().to_owned());
    });
    Err(ErrorAnswer::new(
        code,
        "The record of tokens cannot be written, and this computer hands out no token without it. Make room on the disk.",
    ))
}

/// Records an answer to a request for a token, before it leaves.
pub(crate) fn token(
    agent: &Agent,
    who: &Who,
    asked: &TokenParams,
    answer: Result<TokenAnswer, ErrorAnswer>,
) -> Result<TokenAnswer, ErrorAnswer> {
    let audit = agent.audit();
    let event = if answer.is_ok() { Event::TokenServed } else { Event::TokenRefused };
    audit.event(event, |entry| {
        entry.caller = Some(who.clone());
        entry.audience = [&asked.target.resources[..], &asked.target.audiences].concat();
        match &answer {
            Ok(answer) => {
                entry.account = Some(answer.account.clone());
                entry.scope = Some(answer.scope.clone());
                entry.expires_at = Some(answer.expires_at);
                entry.token = Some(audit.fingerprint(answer.access_token.expose()));
            }
            Err(refused) => {
                entry.account.clone_from(&asked.account);
                entry.scope = Some(asked.target.scopes.join(" ")).filter(|scope| !scope.is_empty());
                entry.reason = Some(refused.error.as_str().to_owned());
            }
        }
    });
    answer
}

/// Records that a client was allowed or revoked.
pub(super) fn grant(agent: &Agent, who: &Who, event: Event, client: &str) {
    agent.audit().event(event, |entry| {
        entry.caller = Some(who.clone());
        entry.name = Some(client.to_owned());
    });
}

/// Records that claims about the user were read.
pub(super) fn claims(call: &Call) {
    call.agent.audit().event(Event::ClaimsServed, |entry| {
        entry.caller = Some(call.who.clone());
        entry.account = Some(call.name().to_owned());
    });
}

/// `GET /v1/audit`.
pub(super) async fn status(call: Call) -> Answered {
    let audit = call.agent.audit();
    let status = audit.settle().await.ok_or_else(|| {
        ErrorAnswer::new(ErrorCode::TemporarilyUnavailable, "The record is not open. Restart Abide.")
    })?;
    ok(&AuditStatus {
        folder: audit.folder().display().to_string(),
        first: status.first,
        last: status.last.n,
        hash: status.last.hash.to_string(),
        sealed: status.sealed,
        trouble: audit.trouble().borrow().clone(),
    })
}

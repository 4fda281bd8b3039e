//! Calls about sessions.

use abide_wire::{ErrorAnswer, ErrorCode, SessionStatus, Snapshot};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Either, StreamBody};
use hyper::body::{Bytes, Frame};
use serde::Deserialize;

use super::auth::Caller;
use super::body::{Answered, Body, body, json_answer, ok, secure};
use super::call::Call;
use crate::agent::Agent;
use crate::grants::Holder;
use crate::identity;
use crate::state::account::Opening;

/// `GET /v1/sessions`.
pub(super) async fn list(call: Call) -> Answered {
    ok(&shown_to(&call.caller, call.agent.snapshot()))
}

/// What a caller sees of a snapshot: what the programs of the user run is for the user alone.
fn shown_to(caller: &Caller, snapshot: Snapshot) -> Snapshot {
    match caller {
        Caller::Owner => snapshot,
        _ => Snapshot { consents: Vec::new(), grants: Vec::new(), ..snapshot },
    }
}

/// `GET /v1/sessions/{account}`.
pub(super) async fn one(call: Call) -> Answered {
    ok(&call.agent.status(call.name())?)
}

/// `GET /v1/sessions/{account}/events`.
pub(super) async fn events(call: Call) -> Answered {
    let first = call.agent.status(call.name())?;
    if !call.connection.streams() {
        return Err(ErrorAnswer::new(
            ErrorCode::TemporarilyUnavailable,
            "This program has as many event streams open as one may have. Close one.",
        ));
    }
    call.connection.has_no_end();
    let holder = match &call.caller {
        Caller::Client(name) => Some(call.agent.clients().holder(name)?),
        _ => None,
    };
    Ok(event_stream(&call.agent, call.name().to_owned(), first, holder))
}

/// `POST /v1/sessions/{account}/login`.
pub(super) async fn login(call: Call) -> Answered {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        #[serde(default = "yes")]
        browser: bool,
        #[serde(default)]
        device: bool,
    }
    fn yes() -> bool {
        true
    }
    let account = call.name().to_owned();
    let wanted: Wanted = body(call.request).await?;
    let opening = match (wanted.device, wanted.browser) {
        (true, _) => Opening::Device,
        (false, true) => Opening::Browser,
        (false, false) => Opening::Address,
    };
    let begun = call.agent.begin_sign_in(&account, opening).await?;
    Ok(json_answer(StatusCode::ACCEPTED, &begun))
}

/// `POST /v1/sessions/{account}/monitor`.
pub(super) async fn monitor(call: Call) -> Answered {
    call.agent.open_monitor(call.name()).await?;
    accepted(&call)
}

/// `POST /v1/sessions/{account}/keep`.
pub(super) async fn keep(call: Call) -> Answered {
    if call.agent.only_input_counts(call.name())? && !identity::is_at_terminal(&call.seen.lineage) {
        return Err(ErrorAnswer::new(
            ErrorCode::AccessDenied,
            "Only keyboard and mouse keep this session. Answer Abide\u{2019}s question, or run `abide keep` at a terminal.",
        ));
    }
    call.agent.keep(call.name())?;
    accepted(&call)
}

/// `POST /v1/sessions/{account}/logout`.
pub(super) async fn logout(call: Call) -> Answered {
    call.agent.sign_out(call.name())?;
    // A user who is told that they are signed out stays signed out, whatever happens next.
    call.agent.settle().await;
    accepted(&call)
}

/// `POST /v1/sessions/{account}/cancel`.
pub(super) async fn cancel(call: Call) -> Answered {
    #[derive(Deserialize)]
    struct Cancelled {
        attempt: Option<u64>,
    }
    let account = call.name().to_owned();
    let cancelled: Cancelled = body(call.request).await?;
    call.agent.cancel_attempt(&account, cancelled.attempt)?;
    Ok(json_answer(StatusCode::ACCEPTED, &call.agent.status(&account)?))
}

fn accepted(call: &Call) -> Answered {
    Ok(json_answer(StatusCode::ACCEPTED, &call.agent.status(call.name())?))
}

/// The present state first, then each change of it. With a client key, it ends when that is revoked.
fn event_stream(
    agent: &Agent,
    account: String,
    first: SessionStatus,
    holder: Option<Holder>,
) -> Response<Body> {
    let revoked = async move {
        match holder {
            Some(holder) => holder.revoked().await,
            None => std::future::pending().await,
        }
    };
    let changes = statuses(agent, account, first).take_until(revoked);
    let frames = changes.map(|status| {
        let data = serde_json::to_string(&status).unwrap_or_default();
        Ok(Frame::data(Bytes::from(format!("event: session\ndata: {data}\n\n"))))
    });
    let mut response = Response::new(Either::Right(BodyExt::boxed_unsync(StreamBody::new(frames))));
    secure(response.headers_mut(), "text/event-stream");
    response
}

fn statuses(
    agent: &Agent,
    account: String,
    first: SessionStatus,
) -> impl Stream<Item = SessionStatus> + use<> {
    let changes = agent.watch();
    let rest = stream::unfold((changes, account, first.clone()), |(mut changes, account, last)| async move {
        loop {
            changes.changed().await.ok()?;
            let now = changes
                .borrow_and_update()
                .accounts
                .iter()
                .find(|status| status.account == account)
                .cloned()?;
            if now != last {
                return Some((now.clone(), (changes, account, now)));
            }
        }
    });
    stream::once(async { first }).chain(rest)
}

#[cfg(test)]
mod tests {
    use abide_wire::{LiveGrant, Span};

    use super::*;

    #[test]
    fn what_programs_run_is_shown_to_the_user_alone() {
        let grant = LiveGrant {
            id: 1,
            program: "terraform".to_owned(),
            account: "work".to_owned(),
            targets: Vec::new(),
            scopes: Vec::new(),
            span: Span::Run,
            until: None,
            labels: Vec::new(),
            allows: true,
            tokens: 0,
            since: 0,
            last_used: None,
        };
        let all = Snapshot { grants: vec![grant], warnings: vec!["x".to_owned()], ..Snapshot::default() };
        assert_eq!(shown_to(&Caller::Owner, all.clone()), all);
        for other in [Caller::Client("ci".to_owned()), Caller::Neighbour] {
            let shown = shown_to(&other, all.clone());
            assert!(shown.grants.is_empty() && shown.consents.is_empty() && shown.warnings == all.warnings);
        }
    }
}

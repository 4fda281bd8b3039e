//! Calls about sessions.

use abide_wire::{ErrorAnswer, ErrorCode, SessionStatus};
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use http::{Response, StatusCode};
use http_body_util::{BodyExt, Either, StreamBody};
use hyper::body::{Bytes, Frame};
use serde::Deserialize;

use super::body::{Answered, Body, body, json_answer, ok, secure};
use super::call::Call;
use crate::agent::Agent;
use crate::identity;
use crate::state::account::Opening;

/// `GET /v1/sessions`.
pub(super) async fn list(call: Call) -> Answered {
    ok(&call.agent.snapshot())
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
    Ok(event_stream(&call.agent, call.name().to_owned(), first))
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

/// The present state first, then each change of it.
fn event_stream(agent: &Agent, account: String, first: SessionStatus) -> Response<Body> {
    let changes = statuses(agent, account, first);
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

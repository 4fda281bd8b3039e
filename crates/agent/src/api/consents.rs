//! Calls about programs that wait for the user's answer.

use std::time::Duration;

use abide_wire::{ConsentAnswer, ErrorAnswer, ErrorCode};
use http::StatusCode;

use super::body::{Answered, body, empty, not_found, ok};
use super::call::Call;
use super::clients::denied_by_a_person;
use super::token::duration;

/// The longest time that a call waits for a question.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// `GET /v1/consents`; with `wait`, once a question is open, or after that time.
pub(super) async fn list(call: Call) -> Answered {
    let mut pairs = url::form_urlencoded::parse(call.query().as_bytes());
    let wait = pairs.find(|(name, _)| name == "wait").map(|(_, value)| duration(&value)).transpose()?;
    match wait {
        // Programs wait for a person who is there, not for a program that looks.
        Some(_) if !call.is_at_terminal().await => Err(not_at_a_terminal()),
        Some(wait) => ok(&call.agent.consent().wait_for_question(wait.min(LONGEST_WAIT)).await),
        None => ok(&call.agent.consent().open()),
    }
}

fn not_at_a_terminal() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::AccessDenied,
        "Only a person at a terminal can wait for questions. Run `abide approve --wait` yourself, or over SSH with `ssh -t`.",
    )
}

/// `POST /v1/consents/{id}`.
pub(super) async fn answer(call: Call) -> Answered {
    let id = number(&call)?;
    let answer: ConsentAnswer = body(call.request).await?;
    call.agent.consent().answer(id, answer, &call.seen.lineage)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `DELETE /v1/grants/{id}`. A program that was denied does not take that back itself.
pub(super) async fn stop(call: Call) -> Answered {
    let id = number(&call)?;
    if call.agent.clients().judge(|grants| grants.iter().any(|grant| grant.id == id && !grant.allows))
        && !call.is_at_terminal().await
    {
        return Err(denied_by_a_person());
    }
    call.agent.consent().stop(id)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

fn number(call: &Call) -> Result<u64, ErrorAnswer> {
    call.name().parse().map_err(|_| not_found())
}

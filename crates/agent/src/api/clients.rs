//! Calls about grants.

use abide_audit::Event;
use abide_wire::{ErrorAnswer, ErrorCode};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::audit;
use super::body::{Answered, body, empty, invalid, json_answer, ok};
use super::call::Call;

/// `GET /v1/clients`.
pub(super) async fn list(call: Call) -> Answered {
    ok(&json!({ "clients": call.agent.clients().list() }))
}

/// `POST /v1/clients`.
pub(super) async fn allow(call: Call) -> Answered {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wanted {
        name: String,
        program: Option<std::path::PathBuf>,
        /// A key that is sent as it is, in place of one that signs.
        #[serde(default)]
        plain: bool,
    }
    let wanted: Wanted = body(call.request).await?;
    call.agent.consent().know_accounts();
    let key = match &wanted.program {
        Some(_) if wanted.plain => {
            return Err(invalid("`plain` is for a key, not for a program.".to_owned()));
        }
        None if !wanted.plain => Some(call.agent.allow_signing(&wanted.name).await?),
        program => call.agent.clients().allow(&wanted.name, program.as_deref())?,
    };
    audit::grant(&call.agent, &call.who, Event::GrantGiven, &wanted.name);
    let key = key.as_ref().map(|key| key.as_str());
    Ok(json_answer(StatusCode::CREATED, &json!({"name": wanted.name, "key": key})))
}

/// `DELETE /v1/clients/{name}`. A program that was denied does not take that back itself.
pub(super) async fn revoke(call: Call) -> Answered {
    if call.agent.clients().denies(call.name()) && !call.is_at_terminal().await {
        return Err(denied_by_a_person());
    }
    call.agent.clients().revoke(call.name())?;
    audit::grant(&call.agent, &call.who, Event::GrantRevoked, call.name());
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Programs take grants back, but no denial: that would be a way round the person's answer.
pub(super) fn denied_by_a_person() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::AccessDenied,
        "Only a person at a terminal can take a denial back. Run the command yourself, or over SSH with `ssh -t`.",
    )
}

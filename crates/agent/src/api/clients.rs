//! Calls about grants.

use abide_audit::Event;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::audit;
use super::body::{Answered, body, empty, json_answer, ok};
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
    }
    let wanted: Wanted = body(call.request).await?;
    let key = call.agent.clients().allow(&wanted.name, wanted.program.as_deref())?;
    audit::grant(&call.agent, &call.who, Event::GrantGiven, &wanted.name);
    let key = key.as_ref().map(|key| key.as_str());
    Ok(json_answer(StatusCode::CREATED, &json!({"name": wanted.name, "key": key})))
}

/// `DELETE /v1/clients/{name}`.
pub(super) async fn revoke(call: Call) -> Answered {
    call.agent.clients().revoke(call.name())?;
    audit::grant(&call.agent, &call.who, Event::GrantRevoked, call.name());
    Ok(empty(StatusCode::NO_CONTENT))
}

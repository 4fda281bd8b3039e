//! Calls about accounts and their settings.

use abide_wire::window::WindowError;
use abide_wire::{AccountRequest, ErrorAnswer, ErrorCode, SessionSettings};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::audit;
use super::body::{Answered, body, empty, json_answer, ok};
use super::call::Call;
use crate::agent::Configured;
use crate::tokens::TokenParams;

/// `GET /v1/accounts`.
pub(super) async fn list(call: Call) -> Answered {
    let accounts: Vec<_> = call
        .agent
        .accounts()
        .into_iter()
        .map(|account| {
            let Configured { name, label, issuer, client_id } = account;
            json!({ "name": name, "label": label, "issuer": issuer, "client_id": client_id })
        })
        .collect();
    ok(&json!({ "accounts": accounts }))
}

/// `POST /v1/accounts`.
pub(super) async fn add(call: Call) -> Answered {
    let new: AccountRequest = body(call.request).await?;
    let added = call.agent.add(new, false).await.map_err(|error| error.answer())?;
    Ok(json_answer(StatusCode::CREATED, &added))
}

/// `DELETE /v1/accounts/{account}`.
pub(super) async fn remove(call: Call) -> Answered {
    call.agent.status(call.name())?;
    Ok(match call.agent.remove(call.name()).await.map_err(refused)? {
        Some(removed) => json_answer(StatusCode::OK, &removed),
        None => empty(StatusCode::NO_CONTENT),
    })
}

/// `GET /v1/accounts/{account}/session`.
pub(super) async fn settings(call: Call) -> Answered {
    ok(&call.agent.settings(call.name()).map_err(refused)?)
}

/// `PUT /v1/accounts/{account}/session`.
pub(super) async fn change_settings(call: Call) -> Answered {
    let account = call.name().to_owned();
    let settings: SessionSettings = body(call.request).await?;
    call.agent.change_settings(&account, settings).await.map_err(refused)?;
    ok(&call.agent.settings(&account).map_err(refused)?)
}

/// `GET /v1/claims/{account}`.
pub(super) async fn claims(call: Call) -> Answered {
    let asked = TokenParams::of_session(call.name());
    call.permit(&asked, false).await?;
    let claims = call.agent.claims(call.name())?;
    audit::claims(&call);
    ok(&claims)
}

/// `POST /v1/discover`.
pub(super) async fn discover(call: Call) -> Answered {
    #[derive(Deserialize)]
    struct Wanted {
        issuer: String,
        preset: Option<String>,
    }
    let wanted: Wanted = body(call.request).await?;
    let found = call.agent.discover(&wanted.issuer, wanted.preset.as_deref()).await;
    ok(&found.map_err(|refused| ErrorAnswer::new(ErrorCode::InvalidRequest, refused.message))?)
}

fn refused(refused: WindowError) -> ErrorAnswer {
    let code = if refused.code == ErrorCode::UnknownAccount.as_str() {
        ErrorCode::UnknownAccount
    } else {
        ErrorCode::InvalidRequest
    };
    ErrorAnswer { field: refused.field, ..ErrorAnswer::new(code, refused.message) }
}

//! Calls about Abide itself.

use abide_wire::{AccountLink, DialectServers, ErrorAnswer, ErrorCode, ProxyList, VaultStatus};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;

use super::body::{Answered, body, empty, invalid, json_text, ok};
use super::call::Call;
use crate::state::event::Event;

/// `GET /health`.
pub(super) async fn health(_: Call) -> Answered {
    ok(&json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

/// `GET /openapi.json`: this API, described. `./x types` makes the file from the routes and the types of `abide-wire`.
pub(super) async fn openapi(_: Call) -> Answered {
    Ok(json_text(include_str!("openapi.json")))
}

/// `GET /v1/challenge`: a nonce for the next signed request on this connection.
pub(super) async fn challenge(call: Call) -> Answered {
    let nonce = call.channel.give().ok_or_else(|| {
        ErrorAnswer::new(
            ErrorCode::TemporarilyUnavailable,
            "The system gives no random numbers right now. Try again.",
        )
    })?;
    ok(&json!({ "nonce": nonce.expose_secret() }))
}

/// `GET /v1/vault`.
pub(super) async fn vault(call: Call) -> Answered {
    ok(&VaultStatus { mode: call.agent.vault_mode() })
}

/// `GET /v1/presence`.
pub(super) async fn presence(call: Call) -> Answered {
    ok(&call.agent.presence().await)
}

/// `GET /v1/dialects/{format}/servers`.
pub(super) async fn servers(call: Call) -> Answered {
    ok(&DialectServers { servers: call.agent.servers(call.name()) })
}

/// `GET /v1/proxies`.
pub(super) async fn proxies(call: Call) -> Answered {
    ok(&ProxyList { proxies: call.agent.proxy_list() })
}

/// `GET /v1/config/check`.
pub(super) async fn config_check(call: Call) -> Answered {
    ok(&call.agent.config_check().await)
}

/// `POST /v1/config/reload`.
pub(super) async fn reload(call: Call) -> Answered {
    call.agent
        .reload()
        .await
        .map_err(|refused| ErrorAnswer::new(ErrorCode::InvalidRequest, refused.message))?;
    ok(&call.agent.config_check().await)
}

/// `POST /v1/show`.
pub(super) async fn show(call: Call) -> Answered {
    call.agent.announce(Event::ShowWindow)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `POST /v1/link`: shows the account that a link asks for. Nothing is added before the user agrees.
pub(super) async fn link(call: Call) -> Answered {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        link: String,
    }
    let asked: Asked = body(call.request).await?;
    let link = AccountLink::parse(&asked.link).map_err(|refused| invalid(refused.to_string()))?;
    call.agent.announce(Event::Link(link))?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// `POST /v1/quit`.
pub(super) async fn quit(call: Call) -> Answered {
    call.agent.announce(Event::Quit)?;
    Ok(empty(StatusCode::NO_CONTENT))
}

//! The device authorization endpoint (RFC 8628 section 3.1).

use std::sync::Arc;

use serde_json::json;

use crate::clients::{self, dpop};
use crate::crypto::secret;
use crate::http::{Endpoint, Failure, Reply, Request};
use crate::state::devices::{self, Decision, Device, new_user_code, shown};
use crate::state::provider::Provider;
use crate::state::resource;

pub(crate) fn authorize(provider: &Arc<Provider>, asked: &Request) -> Result<Reply, Failure> {
    let client = match clients::authenticate(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let jkt = match dpop::proven(provider, asked, Endpoint::DeviceAuthorization, None) {
        Ok(jkt) => jkt,
        Err(refusal) => return Ok(refusal.reply()),
    };
    let Some(resource) = resource::resources(asked.named("resource")) else {
        return Ok(Reply::invalid_target());
    };
    let asked_scope = asked.named("scope").unwrap_or_default();
    if asked_scope.split(' ').any(|scope| scope == "openid") == provider.quirks().without_openid {
        return Ok(Reply::bad_request("invalid_scope", "the scope openid is missing"));
    }
    let Some(scope) = provider.known_scopes(asked_scope) else {
        return Ok(Reply::bad_request("invalid_scope", "a scope is not known here"));
    };
    let (device_code, user_code) = (secret::random_text()?, new_user_code()?);
    let (now, interval) = (provider.now(), provider.device_poll_interval());
    let device = Device {
        client_id: client.id.clone(),
        scope,
        resource,
        jkt,
        user_code: user_code.clone(),
        decision: Decision::None,
        interval,
        polled: None,
        expires: now + devices::LIFETIME,
        kept_until: now + 2 * devices::LIFETIME,
    };
    provider.devices().add(&device_code, device, now);
    let page = format!("{}{}", provider.issuer(), Endpoint::Device.path());
    Ok(Reply::json(json!({
        "device_code": device_code,
        "user_code": shown(&user_code),
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", shown(&user_code)),
        "expires_in": devices::LIFETIME,
        "interval": interval,
    })))
}

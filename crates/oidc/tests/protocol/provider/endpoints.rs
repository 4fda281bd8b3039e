//! The endpoints at which a client registers and a device begins.

use axum::response::Response;
use serde_json::{Value, json};

use super::{CLIENT, DEVICE_CODE, Issued, TestProvider, answer, authenticated, json_answer, oauth_error};

impl TestProvider {
    /// What the last form said under this name, each time.
    pub(crate) fn last_form(&self, name: &str) -> Vec<String> {
        let issued = self.issued.lock().unwrap();
        let form = issued.requests.last().map(|seen| seen.form.as_slice()).unwrap_or_default();
        form.iter().filter(|(found, _)| found == name).map(|(_, value)| value.clone()).collect()
    }

    pub(crate) fn last_registration(&self) -> Value {
        self.issued.lock().unwrap().last_registration.clone()
    }
}

/// Open to everybody who shows no token or the right one; what was asked for is registered.
pub(super) fn register(issued: &mut Issued, body: &[u8], authorization: Option<String>) -> Response {
    if authorization.is_some_and(|shown| shown != "Bearer canary-initial") {
        return answer(401, "text/plain", "no".into());
    }
    let asked: Value = serde_json::from_slice(body).unwrap();
    if let Some((status, error)) = issued.behaviour.registers_least
        && (asked.get("scope").is_some() || asked.get("post_logout_redirect_uris").is_some())
    {
        return json_answer(status, &json!({"error": error}));
    }
    if let Some((status, body)) = issued.behaviour.registers_bare
        && asked.as_object().unwrap().keys().any(|name| name != "redirect_uris")
    {
        return answer(status, "application/json", body.into());
    }
    let mut response = asked.clone();
    response["client_id"] = CLIENT.into();
    if asked["token_endpoint_auth_method"] != "none" {
        response["client_secret"] = "canary-secret".into();
        response["client_secret_expires_at"] = 0.into();
    }
    issued.last_registration = asked;
    if let Some(change) = &issued.behaviour.registered {
        change(&mut response);
    }
    json_answer(201, &response)
}

pub(super) fn device(
    issued: &mut Issued,
    issuer: &str,
    form: Vec<(String, String)>,
    authorization: Option<String>,
) -> Response {
    if let Err(error) = authenticated(issued, issuer, form, authorization) {
        return oauth_error(error);
    }
    let mut response = json!({
        "device_code": DEVICE_CODE, "user_code": "WDJB-MJHT", "expires_in": 600,
        "verification_uri": format!("{issuer}/enter"),
        "verification_uri_complete": format!("{issuer}/enter?user_code=WDJB-MJHT"),
    });
    if let Some(change) = &issued.behaviour.device {
        change(&mut response);
    }
    json_answer(200, &response)
}

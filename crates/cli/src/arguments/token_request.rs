//! The request for a token, and its form for the agent.

use std::time::Duration;

use serde_json::json;

use crate::failure::Failure;
use crate::http::{Answer, Endpoint, push_encoded};

/// The agent waits ten minutes for a person who signs in.
const SIGN_IN_PATIENCE: Duration = Duration::from_secs(11 * 60);

/// The request for a token.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct TokenRequest {
    /// The account; without one the agent takes the only one.
    pub(crate) account: Option<String>,
    /// The shortest time for which the token has to stay valid, in seconds.
    pub(crate) min_validity: Option<u64>,
    /// `none` or `request`: whether the request counts as use of the session.
    pub(crate) activity: Option<String>,
    /// Other parameters, by the agent's names: the target of the token, and the request that it is used in.
    pub(crate) parameters: Vec<(&'static str, String)>,
    /// The `WWW-Authenticate` header of a resource server (RFC 9470).
    pub(crate) challenge: Option<String>,
}

impl TokenRequest {
    /// Takes an option that the agent understands; others are ignored.
    pub(crate) fn take(&mut self, option: &str, value: &str) {
        let name = match option {
            "resource" => "resource",
            "audience" => "audience",
            "scope" => "scope",
            "reason" => "reason",
            // The names of the claims in a proof (RFC 9449, section 4.2).
            "url" => "htu",
            "method" => "htm",
            "nonce" => "nonce",
            "challenge" => {
                self.challenge = Some(value.to_owned());
                return;
            }
            _ => return,
        };
        self.parameters.push((name, value.to_owned()));
    }

    /// The value of a parameter, by the agent's name.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// Sends the request.
    pub(crate) fn send(&self, endpoint: &Endpoint) -> Result<Answer, Failure> {
        let target = self.target();
        let Some(challenge) = &self.challenge else { return endpoint.call("GET", &target) };
        let body = json!({ "www_authenticate": challenge }).to_string();
        let patient = Endpoint { patience: SIGN_IN_PATIENCE, ..endpoint.clone() };
        patient.call_with("POST", &target, Some(body.as_bytes()))
    }

    fn target(&self) -> String {
        let mut target = String::from("/v1/token");
        let mut separator = '?';
        let mut add = |name: &str, value: &str| {
            target.push(separator);
            separator = '&';
            target.push_str(name);
            target.push('=');
            push_encoded(&mut target, value);
        };
        if let Some(account) = &self.account {
            add("account", account);
        }
        if let Some(seconds) = self.min_validity {
            add("min_validity", &seconds.to_string());
        }
        if let Some(activity) = &self.activity {
            add("activity", activity);
        }
        for (name, value) in &self.parameters {
            add(name, value);
        }
        target
    }
}

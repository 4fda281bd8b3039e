//! The request for a token, and its form for the agent.

use std::time::Duration;

use abide_wire::{JobAnswer, JobRequest};
use serde_json::json;

use crate::failure::{AnswerFault, Failure};
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

    /// Asks for a job with these tokens. The answer may wait for a person.
    pub(crate) fn begin_job(&self, endpoint: &Endpoint, job: &JobRequest) -> Result<JobAnswer, Failure> {
        let body = serde_json::to_vec(job).map_err(|_| AnswerFault::Content)?;
        endpoint.call_with("POST", &self.target("/v1/jobs"), Some(&body))?.json()
    }

    /// Sends the request.
    pub(crate) fn send(&self, endpoint: &Endpoint) -> Result<Answer, Failure> {
        let target = self.target("/v1/token");
        let Some(challenge) = &self.challenge else { return endpoint.call("GET", &target) };
        let body = json!({ "www_authenticate": challenge }).to_string();
        let patient = Endpoint { patience: SIGN_IN_PATIENCE, ..endpoint.clone() };
        patient.call_with("POST", &target, Some(body.as_bytes()))
    }

    /// The target of a call with these parameters.
    pub(crate) fn target(&self, call: &str) -> String {
        let mut target = String::from(call);
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

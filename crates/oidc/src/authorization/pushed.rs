//! Pushed authorization requests: RFC 9126.

use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use crate::authorization::parameters::AuthorizationParameters;
use crate::authorization::request::AuthorizationRequest;
use crate::client::relying_party::{ClientAuthentication, PushedRequests, RelyingParty};
use crate::error::document::Document;
use crate::error::oauth::OAuthError;
use crate::error::pushed_request::PushedRequestError;
use crate::error::{Endpoint, Error};
use crate::http::{Answer, Http, JSON};

/// Longer than the 512 characters that RFC 9101, section 5.2 recommends: some providers write the whole request into it.
const MAX_REQUEST_URI: usize = 2048;
/// The longest lifetime, in seconds, that is believed: one day.
const MAX_LIFETIME: u64 = 24 * 60 * 60;

/// Where the provider keeps the request, and for how long.
pub(crate) struct Reference {
    pub(crate) request_uri: SecretString,
    pub(crate) expires_in: Duration,
}

#[derive(Deserialize)]
struct PushedResponse {
    request_uri: Option<SecretString>,
    expires_in: Option<Value>,
}

impl RelyingParty {
    /// An authorization request in the way that the provider wants it: pushed (RFC 9126) if its metadata offers that,
    /// otherwise as in [`Self::authorization_request`]. [`Registration::pushed_requests`](crate::Registration) can change
    /// this.
    ///
    /// After a push, the URL holds only `client_id` and `request_uri`. It can be opened once, for as long as
    /// [`Pending::opens_within`](crate::Pending::opens_within) says.
    ///
    /// A push that fails is an error even if the provider does not require one. RFC 9126 has no fallback: the answer of
    /// section 2.3 is the provider's decision about this request. A fallback to the browser would also let anyone who can
    /// make the push fail remove its protection (section 1: the request cannot be read or changed on its way, and the client
    /// has authenticated). So transient errors are retried, and all others are shown.
    ///
    /// Fails as [`Self::authorization_request`] does; with `endpoint_missing` if a push is required and the provider names
    /// no endpoint; with [`Error::PushedRequest`]; with `pushed_request_refused` if only other clients may push; or with the
    /// provider's refusal.
    pub async fn start_authorization(
        &self,
        http: &Http,
        redirect_uri: &Url,
        parameters: &AuthorizationParameters,
        now: SystemTime,
    ) -> Result<AuthorizationRequest, Error> {
        let request = self.compose(redirect_uri, parameters)?;
        let Some(endpoint) = self.push_endpoint()? else { return Ok(request) };
        let asked = self.asked(&request.url);
        let pushed = self.push(http, endpoint, &asked, now).await;
        let reference = pushed.map_err(|error| error.at(Endpoint::PushedAuthorization))?;
        let mut url = self.provider().authorization_endpoint().clone();
        url.query_pairs_mut()
            .append_pair("client_id", &self.registration().client_id)
            .append_pair("request_uri", reference.request_uri.expose_secret());
        let pending = request.pending.opened_within(reference.expires_in);
        Ok(AuthorizationRequest { url, pending })
    }

    /// Where to push; `None` if the browser carries the request.
    fn push_endpoint(&self) -> Result<Option<&Url>, Error> {
        let offered = || self.provider().pushed_authorization_endpoint();
        match self.registration().pushed_requests {
            PushedRequests::Auto => offered(),
            PushedRequests::Off if self.provider().requires_pushed_authorization() => {
                Err(Error::PushedAuthorizationRequired)
            }
            PushedRequests::Off => Ok(None),
            PushedRequests::Required => {
                let missing = Error::EndpointMissing { endpoint: Endpoint::PushedAuthorization };
                offered()?.ok_or(missing).map(Some)
            }
        }
    }

    /// The parameters of the request: those in the URL without the ones of the endpoint's own address, and without
    /// `client_id`, which the client's authentication adds.
    fn asked(&self, url: &Url) -> Vec<(String, String)> {
        let own = self.provider().authorization_endpoint().query_pairs().count();
        url.query_pairs().skip(own).filter(|(name, _)| name != "client_id").map(|pair| owned(&pair)).collect()
    }

    async fn push(
        &self,
        http: &Http,
        endpoint: &Url,
        asked: &[(String, String)],
        now: SystemTime,
    ) -> Result<Reference, Error> {
        let mut form: Vec<(&str, &str)> =
            asked.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // A parameter of the request (section 2.1), even if the client authenticates in the header.
        if self.authentication() == ClientAuthentication::ClientSecretBasic {
            form.push(("client_id", &self.registration().client_id));
        }
        let answer = self
            .send_proved(http, None, now, || self.authenticated(endpoint, &form, http.provider_time(now)))
            .await?;
        let public = self.authentication() == ClientAuthentication::None;
        reference(&answer).map_err(|error| if public { self.closed(error) } else { error })
    }

    /// Adds the endpoint's name if the provider refuses a client there that has no secret.
    fn closed(&self, error: Error) -> Error {
        let required = self.provider().requires_pushed_authorization();
        match error {
            Error::Refused { error, description, .. }
                if matches!(
                    error,
                    OAuthError::InvalidClient | OAuthError::UnauthorizedClient | OAuthError::AccessDenied
                ) =>
            {
                Error::PushedRequestRefused { refusal: Some((error, description)), required }
            }
            Error::UnexpectedStatus { status: 401 | 403, .. } => {
                Error::PushedRequestRefused { refusal: None, required }
            }
            other => other,
        }
    }
}

fn owned((name, value): &(std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)) -> (String, String) {
    (name.as_ref().to_owned(), value.as_ref().to_owned())
}

/// Section 2.2.
pub(crate) fn reference(answer: &Answer) -> Result<Reference, Error> {
    match answer.status.as_u16() {
        201 => {}
        413 => return Err(PushedRequestError::TooLarge.into()),
        200..=299 => return Err(PushedRequestError::NotCreated.into()),
        _ => return Err(answer.refusal()),
    }
    let PushedResponse { request_uri, expires_in } = answer.body_as(Document::PushedResponse, &[JSON])?;
    let request_uri = request_uri.ok_or(PushedRequestError::RequestUriMissing)?;
    if !is_request_uri(request_uri.expose_secret()) {
        return Err(PushedRequestError::RequestUriInvalid.into());
    }
    let seconds = match expires_in {
        None | Some(Value::Null) => return Err(PushedRequestError::ExpirationMissing.into()),
        Some(value) => value.as_u64().filter(|seconds| *seconds > 0),
    };
    let seconds = seconds.ok_or(PushedRequestError::ExpirationInvalid)?;
    Ok(Reference { request_uri, expires_in: Duration::from_secs(seconds.min(MAX_LIFETIME)) })
}

/// A URN (RFC 8141, section 2) or an https URI without fragment.
fn is_request_uri(text: &str) -> bool {
    if text.len() > MAX_REQUEST_URI
        || !text.bytes().all(|b| b.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&b))
    {
        return false;
    }
    let mut parts = text.splitn(3, ':');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(scheme), Some(namespace), Some(specific)) if scheme.eq_ignore_ascii_case("urn") => {
            let letters = namespace.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            (2..=32).contains(&namespace.len()) && letters && !specific.is_empty()
        }
        _ => crate::text::urls::endpoint(text, false).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_uri_is_a_urn_or_https() {
        for good in [
            "urn:ietf:params:oauth:request_uri:6esc_11ACC5bwc014ltc14eY22c",
            "URN:example:a/b?+c",
            "https://id.example.com/requests/1?x=a%20b",
        ] {
            assert!(is_request_uri(good), "{good}");
        }
        let long = format!("urn:example:{}", "a".repeat(MAX_REQUEST_URI));
        for bad in [
            "",
            "urn:",
            "urn:example",
            "urn:example:",
            "urn:x:a",
            "urn:ex ample:a",
            "urn:ex_ample:a",
            "urn:example:a b",
            "urn:example:a#b",
            "urn:example:a\r\nb",
            "urn:example:é",
            "http://id.example.com/requests/1",
            "http://127.0.0.1/requests/1",
            "https://user@id.example.com/1",
            "https://",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "6esc_11ACC5bwc014ltc14eY22c",
            &long,
        ] {
            assert!(!is_request_uri(bad), "{bad}");
        }
    }
}

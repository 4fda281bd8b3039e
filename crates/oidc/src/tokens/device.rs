//! Sign-in on another device: RFC 8628, for a machine without a browser.

use std::fmt;
use std::time::{Duration, SystemTime};

use openidconnect::PkceCodeChallenge;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::Url;

use crate::client::form;
use crate::client::relying_party::RelyingParty;
use crate::error::device::DeviceError;
use crate::error::document::Document;
use crate::error::oauth::OAuthError;
use crate::error::{Endpoint, Error};
use crate::http::{Http, JSON};
use crate::text::json::text_if_any;
use crate::text::urls::{self, UrlProblem};
use crate::tokens::id_token::Purpose;
use crate::tokens::response::{GrantError, Tokens, lifetime, lifetime_if_any};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";
const MAX_DEVICE_CODE: usize = 4096;
const MAX_USER_CODE: usize = 64;
/// The longest lifetime of a code that is believed.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
/// RFC 8628, section 3.2.
const DEFAULT_INTERVAL: Duration = Duration::from_secs(5);
const MIN_INTERVAL: Duration = Duration::from_secs(1);
/// The longest interval that is accepted. With a longer one, the person would wait long after they have agreed.
const MAX_INTERVAL: Duration = Duration::from_secs(5 * 60);

/// The parameters of the request (RFC 8628, section 3.1).
#[derive(Clone, Debug, Default)]
pub struct DeviceParameters {
    /// `openid` is always asked for and need not be listed.
    pub scopes: Vec<String>,
    /// Other parameters that the provider understands, such as `audience`, or `resource` (RFC 8707), which may appear
    /// several times. None of those that are set here.
    pub extra: Vec<(String, String)>,
    /// Use PKCE for the polls (RFC 7636). RFC 8628 does not define this, because the device code protects as well. But some
    /// providers that require PKCE in the browser require it here too.
    pub pkce: bool,
}

/// The codes and addresses for the person and for the polls (RFC 8628, section 3.2).
#[derive(Clone)]
pub struct DeviceAuthorization {
    /// To poll with. It never reaches the other device.
    pub device_code: SecretString,
    /// To be entered at [`Self::verification_uri`]: at most 64 printable ASCII characters.
    pub user_code: String,
    /// Where the person enters the code.
    pub verification_uri: Url,
    /// The same with the code in it, to be shown as a QR code. Show the code beside it, so that the person can compare
    /// (section 3.3.1).
    pub verification_uri_complete: Option<Url>,
    /// The lifetime from the arrival of the answer: more than zero, and at most a day.
    pub expires_in: Duration,
    /// The pause between two polls: between one second and five minutes. [`DevicePolling`](crate::DevicePolling) keeps to
    /// it.
    pub interval: Duration,
    scope: String,
    code_verifier: Option<SecretString>,
}

impl fmt::Debug for DeviceAuthorization {
    /// Without the codes: with both, the sign-in can be taken over.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeviceAuthorization")
            .field("host", &urls::host(&self.verification_uri))
            .field("expires_in", &self.expires_in)
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

/// The provider's answer to a poll (RFC 8628, section 3.5).
#[derive(Debug)]
pub enum DevicePoll {
    /// `authorization_pending`: the person has not answered yet.
    Pending,
    /// `slow_down`: no answer yet, and five seconds more between two polls from now on.
    SlowDown,
    /// The person has agreed.
    Done(Box<Tokens>),
}

#[derive(Deserialize)]
pub(crate) struct Response {
    device_code: Option<SecretString>,
    user_code: Option<String>,
    verification_uri: Option<String>,
    /// Google uses the name of the draft.
    #[serde(default, deserialize_with = "text_if_any")]
    verification_url: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    verification_uri_complete: Option<String>,
    #[serde(default, deserialize_with = "lifetime")]
    expires_in: Option<Duration>,
    #[serde(default, deserialize_with = "lifetime_if_any")]
    interval: Option<Duration>,
}

impl Response {
    pub(crate) fn check(
        self,
        http_on_loopback: bool,
        scope: String,
    ) -> Result<DeviceAuthorization, DeviceError> {
        let device_code = self.device_code.filter(|code| is_code(code.expose_secret(), MAX_DEVICE_CODE));
        let user_code = self.user_code.filter(|code| is_code(code, MAX_USER_CODE));
        let page = |raw: &str| urls::endpoint(raw, http_on_loopback).map_err(unusable);
        let verification_uri = self.verification_uri.filter(|uri| !uri.is_empty()).or(self.verification_url);
        let complete = self.verification_uri_complete.as_deref().filter(|raw| !raw.is_empty());
        let interval = self.interval.unwrap_or(DEFAULT_INTERVAL).max(MIN_INTERVAL);
        if interval > MAX_INTERVAL {
            return Err(DeviceError::IntervalInvalid);
        }
        let expires_in = self.expires_in.filter(|lifetime| !lifetime.is_zero());
        Ok(DeviceAuthorization {
            device_code: device_code.ok_or(DeviceError::DeviceCodeInvalid)?,
            user_code: user_code.ok_or(DeviceError::UserCodeInvalid)?,
            verification_uri: page(verification_uri.as_deref().unwrap_or_default())?,
            // Only a convenience.
            verification_uri_complete: complete.and_then(|raw| page(raw).ok()),
            expires_in: expires_in.ok_or(DeviceError::ExpiryInvalid)?.min(MAX_LIFETIME),
            interval,
            scope,
            code_verifier: None,
        })
    }
}

/// Printable ASCII, not only spaces.
fn is_code(code: &str, longest: usize) -> bool {
    code.len() <= longest && !code.trim().is_empty() && code.bytes().all(|b| matches!(b, 0x20..=0x7e))
}

fn unusable(problem: UrlProblem) -> DeviceError {
    match problem {
        UrlProblem::Insecure => DeviceError::VerificationUriInsecure,
        _ => DeviceError::VerificationUriInvalid,
    }
}

impl RelyingParty {
    /// Asks for a code that the person enters on another device (RFC 8628, section 3.1).
    ///
    /// `endpoint_missing` if the provider does not have that; [`Error::Device`] if its answer cannot be used. The pages
    /// are https, or plain http on loopback for an issuer there.
    pub async fn device_authorization(
        &self,
        http: &Http,
        parameters: &DeviceParameters,
        now: SystemTime,
    ) -> Result<DeviceAuthorization, Error> {
        form::check_extra(&parameters.extra)?;
        let openid = self.provider().is_openid().then_some("openid");
        let wanted = openid.into_iter().chain(parameters.scopes.iter().map(String::as_str));
        let scope = form::scope(wanted)?;
        let mut sent = Vec::new();
        if !scope.is_empty() {
            sent.push(("scope", scope.as_str()));
        }
        sent.extend(parameters.extra.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        if parameters.pkce {
            let method = ("code_challenge_method", challenge.method().as_str());
            sent.extend([("code_challenge", challenge.as_str()), method]);
        }
        let endpoint = self.provider().device_authorization_endpoint()?;
        // No specification asks for a proof here. A provider that reads it can bind the device code to the key, as RFC 9449,
        // section 10.1 does for pushed requests, and gives its nonce before the first poll.
        let call = || self.authenticated(endpoint, &sent, http.provider_time(now));
        let here = |error: Error| error.at(Endpoint::DeviceAuthorization);
        let answer = self.send_proved(http, None, now, call).await.map_err(here)?;
        let response: Response = answer.document(Document::DeviceAuthorization, &[JSON]).map_err(here)?;
        let code_verifier = parameters.pkce.then(|| verifier.into_secret().into());
        Ok(DeviceAuthorization { code_verifier, ..response.check(self.provider().is_plain(), scope)? })
    }

    /// Asks once whether the person has answered (RFC 8628, section 3.4), and validates the tokens.
    ///
    /// [`GrantError::unused`] is revoked. `access_denied`, `expired_token` and the other refusals are [`Error::Refused`]: the sign-in
    /// is over. After an error
    /// that [is transient](Error::is_transient) it continues. [`DevicePolling`](crate::DevicePolling) says when to ask
    /// again.
    pub async fn device_token(
        &self,
        http: &Http,
        authorization: &DeviceAuthorization,
        now: SystemTime,
    ) -> Result<DevicePoll, GrantError> {
        let device_code = authorization.device_code.expose_secret();
        let mut sent = vec![("grant_type", GRANT_TYPE), ("device_code", device_code)];
        let verifier = authorization.code_verifier.as_ref();
        sent.extend(verifier.map(|verifier| ("code_verifier", verifier.expose_secret())));
        let response = match self.token_request(http, &sent, now).await {
            Err(GrantError {
                error: Error::Refused { error: OAuthError::AuthorizationPending, .. }, ..
            }) => {
                return Ok(DevicePoll::Pending);
            }
            Err(GrantError { error: Error::Refused { error: OAuthError::SlowDown, .. }, .. }) => {
                return Ok(DevicePoll::SlowDown);
            }
            answered => answered?,
        };
        match self.person(http, &response, Purpose::Device, now).await {
            Ok(identity) => {
                Ok(DevicePoll::Done(Box::new(response.into_tokens(&authorization.scope, identity)?)))
            }
            Err(error) => Err(response.refused(error)),
        }
    }
}

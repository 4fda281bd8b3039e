//! Fetching security events: poll-based delivery, RFC 8936.

use std::collections::BTreeMap;
use std::fmt;

use ::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;
use zeroize::Zeroizing;

use crate::client::access::Access;
use crate::client::relying_party::RelyingParty;
use crate::error::document::Document;
use crate::error::security_event::SecurityEventError;
use crate::error::{Endpoint, Error, malformed};
use crate::http::{Body, Call, JSON};
use crate::text::urls;

/// The number of events in one poll if the caller sets none.
const DEFAULT_EVENTS: u32 = 100;

/// What to ask for, and which events of earlier polls to acknowledge (RFC 8936, section 2.2).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollRequest {
    /// The most events to return; 0 only acknowledges. `None`: 100.
    pub max_events: Option<u32>,
    /// Whether the provider answers at once if there are no events. Otherwise it holds the request open, for longer than the
    /// time limit that an [`Http`] has for other requests.
    pub return_immediately: bool,
    /// `jti` of the events that took effect or were ignored. The provider forgets them.
    pub ack: Vec<String>,
    /// `jti` of the events that were refused, and why. The provider forgets them too.
    ///
    /// Leave an event whose key is unknown out of both lists at first: it comes again, when the new keys can be read.
    pub set_errs: Vec<(String, SecurityEventError)>,
}

/// What the provider delivered (RFC 8936, section 2.3).
#[derive(Clone, PartialEq, Eq)]
pub struct PollAnswer {
    /// `jti` and the token, for [`RelyingParty::security_event`]. Nothing is validated yet. A token that is not text is
    /// empty here, so that it is refused there. Acknowledge it with this `jti`.
    pub sets: Vec<(String, String)>,
    /// True if there are more events now.
    pub more_available: bool,
}

impl fmt::Debug for PollAnswer {
    /// The numbers only: the content of the tokens is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PollAnswer")
            .field("sets", &self.sets.iter().map(|(jti, _)| jti).collect::<Vec<_>>())
            .field("more_available", &self.more_available)
            .finish()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Asked<'a> {
    max_events: u32,
    return_immediately: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    ack: &'a [String],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    set_errs: BTreeMap<&'a str, SetError>,
}

/// RFC 8936, section 2.6. The description is our stable code, which the provider's administrator can look up.
#[derive(Serialize)]
struct SetError {
    err: &'static str,
    description: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Delivered {
    #[serde(default)]
    sets: Option<serde_json::Map<String, Value>>,
    /// Anything but `true` is no: the next poll asks again.
    #[serde(default)]
    more_available: Value,
}

impl RelyingParty {
    /// Fetches events from the provider's poll endpoint and reports the outcome of earlier ones (RFC 8936, section 2).
    ///
    /// `access` is for the event stream; `access_token_rejected` if the provider answers 401.
    /// Events that are not acknowledged come again, so acknowledge an event only after it has taken effect. Events beyond
    /// `max_events` stay at the provider.
    pub async fn poll_events(
        &self,
        access: &Access<'_>,
        endpoint: &Url,
        request: &PollRequest,
    ) -> Result<PollAnswer, Error> {
        urls::endpoint(endpoint.as_str(), self.provider().is_plain())
            .map_err(|problem| Error::EndpointInvalid { endpoint: Endpoint::Events, problem })?;
        let body = Zeroizing::new(asked(request)?);
        let call = || Call { body: Some(Body::Json(body.clone())), ..Call::get(endpoint) };
        let answer = self.send_with_access(access, call).await?;
        if answer.status == StatusCode::NOT_FOUND {
            // The stream is gone, whatever the body tells.
            return Err(Error::UnexpectedStatus {
                host: answer.host,
                status: answer.status.as_u16(),
                at: None,
            });
        }
        if [StatusCode::ACCEPTED, StatusCode::NO_CONTENT].contains(&answer.status) {
            // Some transmitters answer so if there is no event.
            return Ok(PollAnswer { sets: Vec::new(), more_available: false });
        }
        Ok(delivered(answer.document(Document::Events, &[JSON])?, wanted(request)))
    }
}

fn wanted(request: &PollRequest) -> u32 {
    request.max_events.unwrap_or(DEFAULT_EVENTS)
}

fn asked(request: &PollRequest) -> Result<String, Error> {
    let told = |error: &SecurityEventError| SetError { err: error.reported_as(), description: error.code() };
    let asked = Asked {
        max_events: wanted(request),
        return_immediately: request.return_immediately,
        ack: &request.ack,
        set_errs: request.set_errs.iter().map(|(jti, error)| (jti.as_str(), told(error))).collect(),
    };
    serde_json::to_string(&asked).map_err(|_| malformed(Document::Events, None))
}

pub(crate) fn delivered(answer: Delivered, wanted: u32) -> PollAnswer {
    let wanted = usize::try_from(wanted).unwrap_or(usize::MAX);
    let sets = answer.sets.unwrap_or_default();
    let more_available = answer.more_available == true || sets.len() > wanted;
    let text = |value| if let Value::String(text) = value { text } else { String::new() };
    let sets = sets.into_iter().take(wanted).map(|(jti, value)| (jti, text(value))).collect();
    PollAnswer { sets, more_available }
}

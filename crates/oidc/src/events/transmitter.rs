//! The management of a stream of security events at its transmitter: Shared Signals Framework 1.0, sections 7 and 8.1.

use std::time::SystemTime;

use ::http::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use zeroize::Zeroizing;

use crate::client::relying_party::RelyingParty;
use crate::error::document::Document;
use crate::error::{Endpoint, Error, malformed};
use crate::events::poll::{PollAnswer, PollRequest};
use crate::events::security_event::{self, SecurityEvent};
use crate::http::{Answer, Body, Call, Http, JSON, sensitive};
use crate::identity::Identity;
use crate::jose::jwt::is_name;
use crate::text::{self, urls};

const WELL_KNOWN: &str = "/.well-known/ssf-configuration";
/// Delivery by push (section 6.1.1) and by poll (section 6.1.2).
const PUSH: &str = "urn:ietf:rfc:8935";
const POLL: &str = "urn:ietf:rfc:8936";
const MAX_SHOWN: usize = 200;
/// The most streams of one receiver that are looked at.
const MAX_STREAMS: usize = 100;
/// The events that a stream is asked for: those that have an effect on a session, and a changed credential.
const EVENTS: [&str; 5] = [
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
    "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
    "https://schemas.openid.net/secevent/caep/event-type/credential-change",
    "https://schemas.openid.net/secevent/risc/event-type/account-disabled",
    "https://schemas.openid.net/secevent/risc/event-type/account-purged",
];

/// A transmitter of security events whose metadata were checked (section 7.1).
#[derive(Clone, Debug)]
pub struct Transmitter {
    receiver: RelyingParty,
    configuration: Url,
    status: Option<Url>,
    verification: Option<Url>,
    add_subject: Option<Url>,
    remove_subject: Option<Url>,
    sends_all: bool,
}

/// The metadata that are used.
#[derive(Deserialize)]
struct Metadata {
    issuer: Option<String>,
    jwks_uri: Option<String>,
    configuration_endpoint: Option<String>,
    status_endpoint: Option<String>,
    verification_endpoint: Option<String>,
    add_subject_endpoint: Option<String>,
    remove_subject_endpoint: Option<String>,
    #[serde(default)]
    default_subjects: Value,
}

/// The stream that a receiver wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedStream {
    /// Where the transmitter sends events (RFC 8935). `None`: they are fetched (RFC 8936).
    pub push_to: Option<Url>,
    /// A text by which the receiver knows its stream again.
    pub description: String,
}

/// A stream at a transmitter (section 8.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventStream {
    /// `stream_id`.
    pub id: String,
    /// Where events are fetched; `None` if they are sent.
    pub poll: Option<Url>,
    push_to: Option<String>,
    audiences: Vec<String>,
    requested: Vec<String>,
    description: Option<String>,
}

/// Whether the transmitter sends events (section 8.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamStatus {
    /// It does.
    Enabled,
    /// It keeps them for later.
    Paused,
    /// It drops them.
    Disabled,
}

impl EventStream {
    /// Whether events arrive in the wanted way.
    fn delivers(&self, wanted: &WantedStream) -> bool {
        match &wanted.push_to {
            None => self.poll.is_some(),
            Some(url) => self.push_to.as_deref() == Some(url.as_str()),
        }
    }

    /// Whether it is asked for all events that have an effect.
    pub fn requests_all(&self) -> bool {
        EVENTS.iter().all(|event| self.requested.iter().any(|requested| requested == event))
    }

    fn read(value: &Value, plain: bool) -> Result<Self, Error> {
        let wrong = |member| malformed(Document::EventStream, Some(member));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = |value: &Value| match value {
            Value::Array(values) => values.iter().filter_map(text).collect(),
            value => text(value).into_iter().collect::<Vec<_>>(),
        };
        let id = text(&value["stream_id"])
            .filter(|id| !id.is_empty() && is_name(id))
            .ok_or_else(|| wrong("stream_id"))?;
        let delivery = &value["delivery"];
        let address = text(&delivery["endpoint_url"]);
        let (poll, push_to) = match (delivery["method"].as_str(), address) {
            (Some(POLL), Some(address)) => {
                let url = urls::endpoint(&address, plain)
                    .map_err(|problem| Error::EndpointInvalid { endpoint: Endpoint::Events, problem })?;
                (Some(url), None)
            }
            (Some(PUSH), Some(address)) => (None, Some(address)),
            _ => return Err(wrong("delivery")),
        };
        Ok(Self {
            id,
            poll,
            push_to,
            audiences: texts(&value["aud"]),
            requested: texts(&value["events_requested"]),
            description: text(&value["description"]),
        })
    }
}

impl RelyingParty {
    /// Reads and checks the metadata of the transmitter of this issuer (section 7.2), and its keys if they are not the
    /// provider's.
    pub async fn transmitter(&self, http: &Http, issuer: &str) -> Result<Transmitter, Error> {
        let url = urls::issuer(issuer)
            .map_err(|problem| Error::IssuerInvalid { issuer: text::plain(issuer, MAX_SHOWN), problem })?;
        let answer = http.send(Call::get(&well_known(&url))).await?;
        let metadata: Metadata = answer.document(Document::EventStream, &[JSON])?;
        let found = metadata.issuer.ok_or_else(|| malformed(Document::EventStream, Some("issuer")))?;
        if found != issuer {
            return Err(mismatch(issuer, &found));
        }
        let plain = url.scheme() == "http";
        let optional = |raw: Option<String>| {
            raw.map(|raw| urls::endpoint(&raw, plain))
                .transpose()
                .map_err(|problem| Error::EndpointInvalid { endpoint: Endpoint::Events, problem })
        };
        let missing = Error::EndpointMissing { endpoint: Endpoint::Events };
        Ok(Transmitter {
            configuration: optional(metadata.configuration_endpoint)?.ok_or(missing)?,
            status: optional(metadata.status_endpoint)?,
            verification: optional(metadata.verification_endpoint)?,
            add_subject: optional(metadata.add_subject_endpoint)?,
            remove_subject: optional(metadata.remove_subject_endpoint)?,
            sends_all: metadata.default_subjects == "ALL",
            receiver: self.receiving(http, issuer, metadata.jwks_uri.as_deref()).await?,
        })
    }
}

impl Transmitter {
    fn issuer(&self) -> &str {
        self.receiver.provider().issuer()
    }

    /// One of the receiver's streams that delivers as wanted: the one with this description, or any if `any`.
    pub async fn find(
        &self,
        http: &Http,
        token: &SecretString,
        wanted: &WantedStream,
        any: bool,
    ) -> Result<Option<EventStream>, Error> {
        let answer = match self.send(http, token, Method::GET, &self.configuration, None).await {
            Err(Error::UnexpectedStatus { status: 404, .. }) => return Ok(None),
            answer => answer?,
        };
        let found: Value = answer.document(Document::EventStream, &[JSON])?;
        let streams = match found {
            Value::Array(streams) => streams,
            one => vec![one],
        };
        let plain = self.receiver.provider().is_plain();
        let ours = streams
            .iter()
            .take(MAX_STREAMS)
            .filter(|stream| stream["iss"] == self.issuer())
            .filter_map(|stream| EventStream::read(stream, plain).ok())
            .find(|stream| {
                let known = stream.description.as_deref() == Some(wanted.description.as_str());
                stream.delivers(wanted) && (any || known)
            });
        Ok(ours)
    }

    /// Makes a stream (section 8.1.1.1). `provider_unexpected_status` with 409 if the receiver has all that it may have.
    ///
    /// A stream of another issuer is deleted again, with `issuer_mismatch`.
    pub async fn create(
        &self,
        http: &Http,
        token: &SecretString,
        wanted: &WantedStream,
    ) -> Result<EventStream, Error> {
        let delivery = match &wanted.push_to {
            None => json!({ "method": POLL }),
            Some(url) => json!({ "method": PUSH, "endpoint_url": url.as_str() }),
        };
        let request = json!({
            "delivery": delivery,
            "events_requested": EVENTS,
            "description": wanted.description,
        });
        let answer = self.send(http, token, Method::POST, &self.configuration, Some(&request)).await?;
        let found: Value = answer.created(Document::EventStream, &[JSON])?;
        let stream = EventStream::read(&found, self.receiver.provider().is_plain())?;
        if let Err(error) = self.check_issuer(&found) {
            // Not used, so not left behind.
            let _ = self.delete(http, token, &stream).await;
            return Err(error);
        }
        Ok(stream)
    }

    /// Reads the configuration of a stream (section 8.1.1.2). `provider_unexpected_status` with 404 if the stream does not exist.
    pub async fn read(
        &self,
        http: &Http,
        token: &SecretString,
        stream: &EventStream,
    ) -> Result<EventStream, Error> {
        let url = about(&self.configuration, stream);
        let answer = self.send(http, token, Method::GET, &url, None).await?;
        let found: Value = answer.document(Document::EventStream, &[JSON])?;
        self.check_issuer(&found)?;
        let read = EventStream::read(&found, self.receiver.provider().is_plain())?;
        if read.id != stream.id {
            return Err(malformed(Document::EventStream, Some("stream_id")));
        }
        Ok(read)
    }

    fn check_issuer(&self, stream: &Value) -> Result<(), Error> {
        let issuer = stream["iss"].as_str().unwrap_or_default();
        if issuer == self.issuer() { Ok(()) } else { Err(mismatch(self.issuer(), issuer)) }
    }

    /// Asks for all events that have an effect (section 8.1.1.3).
    pub async fn update(&self, http: &Http, token: &SecretString, stream: &EventStream) -> Result<(), Error> {
        let request = json!({ "stream_id": stream.id, "events_requested": EVENTS });
        let answer = self.send(http, token, Method::PATCH, &self.configuration, Some(&request)).await?;
        succeeded(&answer)
    }

    /// Deletes a stream (section 8.1.1.5).
    pub async fn delete(&self, http: &Http, token: &SecretString, stream: &EventStream) -> Result<(), Error> {
        let url = about(&self.configuration, stream);
        let answer = self.send(http, token, Method::DELETE, &url, None).await?;
        succeeded(&answer)
    }

    /// Reads the status (section 8.1.2.1); `None` if the transmitter does not tell it. `provider_unexpected_status` with 404
    /// if there is no such stream.
    pub async fn status(
        &self,
        http: &Http,
        token: &SecretString,
        stream: &EventStream,
    ) -> Result<Option<StreamStatus>, Error> {
        let Some(endpoint) = &self.status else { return Ok(None) };
        let answer = self.send(http, token, Method::GET, &about(endpoint, stream), None).await?;
        let found: Value = answer.document(Document::EventStream, &[JSON])?;
        match found["status"].as_str() {
            Some("enabled") => Ok(Some(StreamStatus::Enabled)),
            Some("paused") => Ok(Some(StreamStatus::Paused)),
            Some("disabled") => Ok(Some(StreamStatus::Disabled)),
            _ => Err(malformed(Document::EventStream, Some("status"))),
        }
    }

    /// Asks the transmitter to send events (section 8.1.2.2).
    pub async fn enable(&self, http: &Http, token: &SecretString, stream: &EventStream) -> Result<(), Error> {
        let Some(endpoint) = &self.status else { return Ok(()) };
        let request = json!({ "stream_id": stream.id, "status": "enabled" });
        succeeded(&self.send(http, token, Method::POST, endpoint, Some(&request)).await?)
    }

    /// Asks for events about this person, unless the transmitter sends those about everybody anyway (section 8.1.3.2).
    pub async fn add_subject(
        &self,
        http: &Http,
        token: &SecretString,
        stream: &EventStream,
        identity: &Identity,
    ) -> Result<(), Error> {
        let Some(endpoint) = self.add_subject.as_ref().filter(|_| !self.sends_all) else { return Ok(()) };
        let mut request = subject(stream, identity);
        request["verified"] = true.into();
        succeeded(&self.send(http, token, Method::POST, endpoint, Some(&request)).await?)
    }

    /// Ends that (section 8.1.3.3).
    pub async fn remove_subject(
        &self,
        http: &Http,
        token: &SecretString,
        stream: &EventStream,
        identity: &Identity,
    ) -> Result<(), Error> {
        let Some(endpoint) = &self.remove_subject else { return Ok(()) };
        let request = subject(stream, identity);
        succeeded(&self.send(http, token, Method::POST, endpoint, Some(&request)).await?)
    }

    /// Asks for a verification event with this `state` (section 8.1.4.2). Returns whether there will be one.
    pub async fn verify(
        &self,
        http: &Http,
        token: &SecretString,
        stream: &EventStream,
        state: &str,
    ) -> Result<bool, Error> {
        let Some(endpoint) = &self.verification else { return Ok(false) };
        let request = json!({ "stream_id": stream.id, "state": state });
        succeeded(&self.send(http, token, Method::POST, endpoint, Some(&request)).await?)?;
        Ok(true)
    }

    /// Fetches events of a stream, as [`RelyingParty::poll_events`].
    pub async fn poll(
        &self,
        http: &Http,
        token: &SecretString,
        endpoint: &Url,
        request: &PollRequest,
    ) -> Result<PollAnswer, Error> {
        self.receiver.poll_events(http, endpoint, token, request).await
    }

    /// Validates an event of a stream, as [`RelyingParty::security_event`], with the transmitter's keys. It is for one of the
    /// stream's audiences.
    pub async fn security_event(
        &self,
        http: &Http,
        raw: &str,
        stream: &EventStream,
        now: SystemTime,
    ) -> Result<SecurityEvent, Error> {
        let ours: Vec<&str> = stream.audiences.iter().map(String::as_str).collect();
        security_event::judge(&self.receiver, http, raw, &ours, now).await
    }

    async fn send(
        &self,
        http: &Http,
        token: &SecretString,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let header = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
        let call = Call {
            method: Some(method),
            authorization: Some(sensitive(&header)?),
            body: body.map(|body| Body::Json(Zeroizing::new(body.to_string()))),
            ..Call::get(url)
        };
        let answer = http.send(call).await?;
        match answer.status {
            StatusCode::UNAUTHORIZED => Err(Error::AccessTokenRejected),
            // A stream that is gone, or one that is there already. The body does not matter.
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
                Err(Error::UnexpectedStatus { host: answer.host, status: answer.status.as_u16() })
            }
            _ => Ok(answer),
        }
    }
}

fn succeeded(answer: &Answer) -> Result<(), Error> {
    if answer.status.is_success() { Ok(()) } else { Err(answer.refusal()) }
}

fn mismatch(expected: &str, found: &str) -> Error {
    Error::IssuerMismatch { expected: expected.to_owned(), found: text::plain(found, MAX_SHOWN) }
}

fn about(endpoint: &Url, stream: &EventStream) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().append_pair("stream_id", &stream.id);
    url
}

fn subject(stream: &EventStream, identity: &Identity) -> Value {
    let subject = json!({ "format": "iss_sub", "iss": identity.issuer, "sub": identity.subject });
    json!({ "stream_id": stream.id, "subject": subject })
}

/// Section 7.2.1: between the host and the path of the issuer.
fn well_known(issuer: &Url) -> Url {
    let mut url = issuer.clone();
    url.set_path(&format!("{WELL_KNOWN}{}", issuer.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_metadata_are_between_host_and_path() {
        let at = |issuer: &str| well_known(&Url::parse(issuer).unwrap()).to_string();
        assert_eq!(at("https://t.example"), "https://t.example/.well-known/ssf-configuration");
        assert_eq!(at("https://t.example/a/"), "https://t.example/.well-known/ssf-configuration/a");
    }

    #[test]
    fn a_stream_that_cannot_be_used_is_not_read() {
        let good = json!({
            "stream_id": "s1", "iss": "https://t.example", "aud": ["a", "b"], "events_requested": EVENTS,
            "delivery": { "method": POLL, "endpoint_url": "https://t.example/poll" },
        });
        let read = |change: fn(&mut Value)| {
            let mut stream = good.clone();
            change(&mut stream);
            EventStream::read(&stream, false).map_err(|error| error.code())
        };
        let stream = read(|_| ()).unwrap();
        assert_eq!((stream.id.as_str(), stream.audiences.len(), stream.requests_all()), ("s1", 2, true));
        assert!(!read(|stream| stream["events_requested"] = json!([EVENTS[0]])).unwrap().requests_all());
        for (code, change) in [
            ("event_stream_malformed", (|stream| stream["stream_id"] = 7.into()) as fn(&mut Value)),
            ("event_stream_malformed", |stream| stream["stream_id"] = "".into()),
            ("event_stream_malformed", |stream| stream["delivery"] = Value::Null),
            ("event_stream_malformed", |stream| stream["delivery"]["method"] = "carrier pigeon".into()),
            ("endpoint_insecure", |stream| {
                stream["delivery"]["endpoint_url"] = "http://t.example/poll".into();
            }),
        ] {
            assert_eq!(read(change), Err(code));
        }
    }
}

//! The management of a stream of security events at its transmitter: Shared Signals Framework 1.0, sections 7 and 8.1.

use std::time::SystemTime;

use ::http::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;
use zeroize::Zeroizing;

use crate::client::access::Access;
use crate::client::relying_party::RelyingParty;
use crate::error::document::Document;
use crate::error::{Endpoint, Error, malformed};
use crate::events::poll::{PollAnswer, PollRequest};
use crate::events::security_event::{self, SecurityEvent};
use crate::events::stream::{self, EVENTS, EventStream, StreamStatus, WantedStream};
use crate::http::{Answer, Body, Call, Http, JSON};
use crate::identity::Identity;
use crate::text::json::text_if_any;
use crate::text::{self, urls};

const WELL_KNOWN: &str = "/.well-known/ssf-configuration";
const MAX_SHOWN: usize = 200;
/// The most streams of one receiver that are looked at.
const MAX_STREAMS: usize = 100;

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
    #[serde(default, deserialize_with = "text_if_any")]
    status_endpoint: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    verification_endpoint: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    add_subject_endpoint: Option<String>,
    #[serde(default, deserialize_with = "text_if_any")]
    remove_subject_endpoint: Option<String>,
    #[serde(default)]
    default_subjects: Value,
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
        let configuration = metadata
            .configuration_endpoint
            .ok_or(Error::EndpointMissing { endpoint: Endpoint::Events })
            .and_then(|raw| {
                urls::endpoint(&raw, plain)
                    .map_err(|problem| Error::EndpointInvalid { endpoint: Endpoint::Events, problem })
            })?;
        // Events arrive without the others. One that cannot be used counts as missing.
        let optional = |raw: Option<String>| raw.and_then(|raw| urls::endpoint(&raw, plain).ok());
        Ok(Transmitter {
            configuration,
            status: optional(metadata.status_endpoint),
            verification: optional(metadata.verification_endpoint),
            add_subject: optional(metadata.add_subject_endpoint),
            remove_subject: optional(metadata.remove_subject_endpoint),
            sends_all: metadata.default_subjects == "ALL",
            receiver: self.receiving(http, issuer, metadata.jwks_uri.as_deref()).await?,
        })
    }
}

impl Transmitter {
    fn issuer(&self) -> &str {
        self.receiver.provider().issuer()
    }

    /// The same transmitter, asked with the tokens of this client: bound to its key, or to none.
    #[must_use]
    pub fn with_tokens_of(&self, client: &RelyingParty) -> Self {
        Self { receiver: self.receiver.with_tokens_of(client), ..self.clone() }
    }

    /// The stream that the receiver has made before, known by its description. Of several, one that delivers as wanted.
    pub async fn find(
        &self,
        access: &Access<'_>,
        wanted: &WantedStream,
    ) -> Result<Option<EventStream>, Error> {
        let own = self.own(access, wanted).await?;
        let readable = own.iter().filter(|stream| self.check_issuer(stream).is_ok());
        let mut streams: Vec<_> = readable.filter_map(|stream| self.readable(stream)).collect();
        let place = streams.iter().position(|stream| stream.delivers(wanted)).unwrap_or_default();
        Ok((!streams.is_empty()).then(|| streams.swap_remove(place)))
    }

    /// The configurations of the streams with this description.
    async fn own(&self, access: &Access<'_>, wanted: &WantedStream) -> Result<Vec<Value>, Error> {
        let answer = match self.send(access, Method::GET, &self.configuration, None).await {
            Err(Error::UnexpectedStatus { status: 404, .. }) => return Ok(Vec::new()),
            answer => answer?,
        };
        let streams = match answer.document(Document::EventStream, &[JSON])? {
            Value::Array(streams) => streams,
            one => vec![one],
        };
        Ok(streams.into_iter().take(MAX_STREAMS).filter(|stream| wanted.is_of(stream)).collect())
    }

    fn readable(&self, configuration: &Value) -> Option<EventStream> {
        EventStream::read(configuration, self.receiver.provider().is_plain()).ok()
    }

    /// Makes a stream (section 8.1.1.1). `provider_unexpected_status` with 409 if the receiver has all that it may have.
    ///
    /// A stream of another issuer is deleted again, with `issuer_mismatch`. If the answer cannot be read, the new stream is
    /// looked for.
    pub async fn create(&self, access: &Access<'_>, wanted: &WantedStream) -> Result<EventStream, Error> {
        let request = wanted.configuration();
        let answer = self.send(access, Method::POST, &self.configuration, Some(&request)).await?;
        if !answer.status.is_success() {
            return Err(answer.refusal());
        }
        let found: Result<Value, Error> = answer.created(Document::EventStream, &[JSON]);
        let read = found.as_ref().map_err(Error::clone).and_then(|found| {
            let stream = EventStream::read(found, self.receiver.provider().is_plain())?;
            Ok((stream, self.check_issuer(found)))
        });
        match read {
            Ok((stream, Ok(()))) => Ok(stream),
            Ok((stream, Err(error))) => {
                // Not used, so not left behind.
                let _ = self.delete(access, &stream).await;
                Err(error)
            }
            Err(error) => self.recover(access, wanted, found.ok().as_ref(), error).await,
        }
    }

    /// Looks for a stream that was made with an answer that cannot be read. It is deleted if it cannot be used.
    async fn recover(
        &self,
        access: &Access<'_>,
        wanted: &WantedStream,
        answer: Option<&Value>,
        error: Error,
    ) -> Result<EventStream, Error> {
        let named = answer.and_then(stream::id);
        let kept = match named {
            Some(id) => self.configuration_of(access, id).await.map(|found| vec![found]),
            None => self.own(access, wanted).await,
        };
        let kept = kept.unwrap_or_default();
        let ours = kept.iter().filter(|stream| self.check_issuer(stream).is_ok());
        if let Some(stream) = ours.filter_map(|stream| self.readable(stream)).find(|s| s.delivers(wanted)) {
            return Ok(stream);
        }
        let unusable = kept.iter().filter(|stream| self.readable(stream).is_none()).filter_map(stream::id);
        let left: Vec<&str> = named.map_or_else(|| unusable.collect(), |id| vec![id]);
        for id in left {
            let _ = self.send(access, Method::DELETE, &about(&self.configuration, id), None).await;
        }
        Err(error)
    }

    /// Replaces the configuration of a stream (section 8.1.1.4), and reads it as it is kept then. `event_stream_malformed` if
    /// it does not deliver as wanted.
    pub async fn replace(
        &self,
        access: &Access<'_>,
        stream: &EventStream,
        wanted: &WantedStream,
    ) -> Result<EventStream, Error> {
        let mut request = wanted.configuration();
        request["stream_id"] = stream.id.as_str().into();
        succeeded(&self.send(access, Method::PUT, &self.configuration, Some(&request)).await?)?;
        let replaced = self.read(access, stream).await?;
        match replaced.delivers(wanted) {
            true => Ok(replaced),
            false => Err(malformed(Document::EventStream, Some("delivery"))),
        }
    }

    async fn configuration_of(&self, access: &Access<'_>, id: &str) -> Result<Value, Error> {
        let answer = self.send(access, Method::GET, &about(&self.configuration, id), None).await?;
        answer.document(Document::EventStream, &[JSON])
    }

    /// Reads the configuration of a stream (section 8.1.1.2). `provider_unexpected_status` with 404 if the stream does not exist.
    pub async fn read(&self, access: &Access<'_>, stream: &EventStream) -> Result<EventStream, Error> {
        let found = self.configuration_of(access, &stream.id).await?;
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
    pub async fn update(&self, access: &Access<'_>, stream: &EventStream) -> Result<(), Error> {
        let request = json!({ "stream_id": stream.id, "events_requested": EVENTS });
        let answer = self.send(access, Method::PATCH, &self.configuration, Some(&request)).await?;
        succeeded(&answer)
    }

    /// Deletes a stream (section 8.1.1.5).
    pub async fn delete(&self, access: &Access<'_>, stream: &EventStream) -> Result<(), Error> {
        let url = about(&self.configuration, &stream.id);
        let answer = self.send(access, Method::DELETE, &url, None).await?;
        succeeded(&answer)
    }

    /// Reads the status (section 8.1.2.1); `None` if the transmitter does not tell it. `provider_unexpected_status` with 404
    /// if there is no such stream.
    pub async fn status(
        &self,
        access: &Access<'_>,
        stream: &EventStream,
    ) -> Result<Option<StreamStatus>, Error> {
        let Some(endpoint) = &self.status else { return Ok(None) };
        let answer = self.send(access, Method::GET, &about(endpoint, &stream.id), None).await?;
        let found: Value = answer.document(Document::EventStream, &[JSON])?;
        match found["status"].as_str() {
            Some("enabled") => Ok(Some(StreamStatus::Enabled)),
            Some("paused") => Ok(Some(StreamStatus::Paused)),
            Some("disabled") => Ok(Some(StreamStatus::Disabled)),
            _ => Err(malformed(Document::EventStream, Some("status"))),
        }
    }

    /// Asks the transmitter to send events (section 8.1.2.2).
    pub async fn enable(&self, access: &Access<'_>, stream: &EventStream) -> Result<(), Error> {
        let Some(endpoint) = &self.status else { return Ok(()) };
        let request = json!({ "stream_id": stream.id, "status": "enabled" });
        succeeded(&self.send(access, Method::POST, endpoint, Some(&request)).await?)
    }

    /// Asks for events about this person, unless the transmitter sends those about everybody anyway (section 8.1.3.2).
    pub async fn add_subject(
        &self,
        access: &Access<'_>,
        stream: &EventStream,
        identity: &Identity,
    ) -> Result<(), Error> {
        let Some(endpoint) = self.add_subject.as_ref().filter(|_| !self.sends_all) else { return Ok(()) };
        let mut request = subject(stream, identity);
        request["verified"] = true.into();
        succeeded(&self.send(access, Method::POST, endpoint, Some(&request)).await?)
    }

    /// Ends that (section 8.1.3.3).
    pub async fn remove_subject(
        &self,
        access: &Access<'_>,
        stream: &EventStream,
        identity: &Identity,
    ) -> Result<(), Error> {
        let Some(endpoint) = &self.remove_subject else { return Ok(()) };
        let request = subject(stream, identity);
        succeeded(&self.send(access, Method::POST, endpoint, Some(&request)).await?)
    }

    /// Asks for a verification event with this `state` (section 8.1.4.2). Returns whether there will be one.
    pub async fn verify(
        &self,
        access: &Access<'_>,
        stream: &EventStream,
        state: &str,
    ) -> Result<bool, Error> {
        let Some(endpoint) = &self.verification else { return Ok(false) };
        let request = json!({ "stream_id": stream.id, "state": state });
        succeeded(&self.send(access, Method::POST, endpoint, Some(&request)).await?)?;
        Ok(true)
    }

    /// Fetches events of a stream, as [`RelyingParty::poll_events`].
    pub async fn poll(
        &self,
        access: &Access<'_>,
        endpoint: &Url,
        request: &PollRequest,
    ) -> Result<PollAnswer, Error> {
        self.receiver.poll_events(access, endpoint, request).await
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
        access: &Access<'_>,
        method: Method,
        url: &Url,
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let make = || Call {
            method: Some(method.clone()),
            body: body.map(|body| Body::Json(Zeroizing::new(body.to_string()))),
            ..Call::get(url)
        };
        let answer = self.receiver.send_with_access(access, make).await?;
        match answer.status {
            // A stream that is gone, or one that is there already. The body does not matter.
            StatusCode::NOT_FOUND | StatusCode::CONFLICT => {
                Err(Error::UnexpectedStatus { host: answer.host, status: answer.status.as_u16(), at: None })
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

fn about(endpoint: &Url, id: &str) -> Url {
    let mut url = endpoint.clone();
    url.query_pairs_mut().append_pair("stream_id", id);
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
}

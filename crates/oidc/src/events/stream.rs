//! A stream of security events, as a transmitter describes it: Shared Signals Framework 1.0, section 8.1.1.

use serde_json::{Value, json};
use url::Url;

use crate::error::document::Document;
use crate::error::{Endpoint, Error, malformed};
use crate::jose::jwt::is_name;
use crate::text::urls;

/// Delivery by push (section 6.1.1) and by poll (section 6.1.2).
const PUSH: &str = "urn:ietf:rfc:8935";
const POLL: &str = "urn:ietf:rfc:8936";
/// The events that a stream is asked for: those that have an effect on a session, and a changed credential.
pub(super) const EVENTS: [&str; 5] = [
    "https://schemas.openid.net/secevent/caep/event-type/session-revoked",
    "https://schemas.openid.net/secevent/caep/event-type/token-claims-change",
    "https://schemas.openid.net/secevent/caep/event-type/credential-change",
    "https://schemas.openid.net/secevent/risc/event-type/account-disabled",
    "https://schemas.openid.net/secevent/risc/event-type/account-purged",
];

/// The stream that a receiver wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WantedStream {
    /// Where the transmitter sends events (RFC 8935). `None`: they are fetched (RFC 8936).
    pub push_to: Option<Url>,
    /// A text by which the receiver knows its stream again.
    pub description: String,
}

impl WantedStream {
    /// What the receiver supplies of the configuration (section 8.1.1).
    pub(super) fn configuration(&self) -> Value {
        let delivery = match &self.push_to {
            None => json!({ "method": POLL }),
            Some(url) => json!({ "method": PUSH, "endpoint_url": url.as_str() }),
        };
        json!({ "delivery": delivery, "events_requested": EVENTS, "description": self.description })
    }

    /// Whether the receiver has made the stream of this configuration.
    pub(super) fn is_of(&self, configuration: &Value) -> bool {
        configuration["description"].as_str() == Some(self.description.as_str())
    }
}

/// A stream at a transmitter (section 8.1.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventStream {
    /// `stream_id`.
    pub id: String,
    /// Where events are fetched; `None` if they are sent.
    pub poll: Option<Url>,
    push_to: Option<String>,
    pub(super) audiences: Vec<String>,
    requested: Vec<String>,
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
    pub fn delivers(&self, wanted: &WantedStream) -> bool {
        match &wanted.push_to {
            None => self.poll.is_some(),
            Some(url) => self.push_to.as_deref() == Some(url.as_str()),
        }
    }

    /// Whether it is asked for all events that have an effect.
    pub fn requests_all(&self) -> bool {
        EVENTS.iter().all(|event| self.requested.iter().any(|requested| requested == event))
    }

    pub(super) fn read(value: &Value, plain: bool) -> Result<Self, Error> {
        let wrong = |member| malformed(Document::EventStream, Some(member));
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let texts = |value: &Value| match value {
            Value::Array(values) => values.iter().filter_map(text).collect(),
            value => text(value).into_iter().collect::<Vec<_>>(),
        };
        let id = id(value).ok_or_else(|| wrong("stream_id"))?.to_owned();
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
        })
    }
}

/// The `stream_id` of a configuration, if it can be one.
pub(super) fn id(configuration: &Value) -> Option<&str> {
    configuration["stream_id"].as_str().filter(|id| !id.is_empty() && is_name(id))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

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

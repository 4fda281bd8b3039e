//! The receiver manages its stream of security events: OpenID Shared Signals Framework 1.0 sections 7 and 8.1. There is one
//! receiver, and it may have one stream.

use std::sync::Arc;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::config::StreamDeviation;
use crate::crypto::secret;
use crate::events::{self, EventError, SecurityEvent};
use crate::http::{Endpoint, Reply, Request};
use crate::state::event_queue::{Events, MadeStream};
use crate::state::provider::Provider;

const PUSH: &str = "urn:ietf:rfc:8935";
const POLL: &str = "urn:ietf:rfc:8936";

/// The transmitter's metadata (section 7.1).
pub(crate) fn metadata(provider: &Provider) -> Reply {
    if provider.events().is_none_or(|events| !events.stream.managed) {
        return Reply::refused(StatusCode::NOT_FOUND, "not_found", "this provider manages no streams");
    }
    let at = |endpoint: Endpoint| format!("{}{}", provider.issuer(), endpoint.path());
    Reply::json(json!({
        "spec_version": "1_0",
        "issuer": provider.issuer(),
        "jwks_uri": at(Endpoint::Jwks),
        "delivery_methods_supported": [PUSH, POLL],
        "configuration_endpoint": at(Endpoint::Streams),
        "status_endpoint": at(Endpoint::StreamStatus),
        "add_subject_endpoint": at(Endpoint::AddSubject),
        "remove_subject_endpoint": at(Endpoint::RemoveSubject),
        "verification_endpoint": at(Endpoint::StreamVerification),
        "authorization_schemes": [{ "spec_urn": "urn:ietf:rfc:6749" }],
        "default_subjects": "NONE",
    }))
}

pub(crate) fn respond(provider: &Arc<Provider>, endpoint: Endpoint, asked: &Request) -> Reply {
    let Some(events) = provider.events().filter(|events| events.stream.managed) else {
        return Reply::refused(StatusCode::NOT_FOUND, "not_found", "this provider manages no streams");
    };
    if let Err(refusal) = events::admit(provider, &events.stream, asked, endpoint) {
        return *refusal;
    }
    if endpoint == Endpoint::Streams && asked.method == Method::POST {
        return create(provider, events, asked);
    }
    let wanted = asked.json["stream_id"].as_str().or(asked.named("stream_id"));
    let mut made = events.made();
    let known = made.as_mut().filter(|made| wanted.is_none_or(|wanted| wanted == made.id));
    let Some(stream) = known else {
        return match (endpoint, wanted) {
            (Endpoint::Streams, None) => Reply::json(json!([])),
            _ => Reply::refused(StatusCode::NOT_FOUND, "not_found", "there is no such stream"),
        };
    };
    match (endpoint, &asked.method) {
        (Endpoint::Streams, &Method::DELETE) => {
            *made = None;
            Reply::empty().with_status(StatusCode::NO_CONTENT)
        }
        (Endpoint::Streams, &Method::PATCH) => {
            stream.updates += 1;
            stream.requested = asked.json["events_requested"].clone();
            Reply::json(shown(provider, stream))
        }
        (Endpoint::Streams, &Method::PUT)
            if events.stream.deviation == Some(StreamDeviation::NoReplacement) =>
        {
            Reply::refused(StatusCode::METHOD_NOT_ALLOWED, "invalid_request", "streams are not replaced")
        }
        (Endpoint::Streams, &Method::PUT) => {
            stream.replacements += 1;
            stream.delivery = asked.json["delivery"].clone();
            stream.requested = asked.json["events_requested"].clone();
            stream.description = asked.json["description"].clone();
            Reply::json(shown(provider, stream))
        }
        (Endpoint::Streams, _) if wanted.is_none() => Reply::json(json!([shown(provider, stream)])),
        (Endpoint::Streams, _) => Reply::json(shown(provider, stream)),
        (Endpoint::StreamStatus, &Method::POST) => {
            stream.status = asked.json["status"].as_str().unwrap_or_default().to_owned();
            let answer = json!({ "stream_id": stream.id, "status": stream.status });
            let status = stream.status.clone();
            drop(made);
            if events.stream.deviation == Some(StreamDeviation::TellsStatus) {
                let _ = events::queue(provider, &SecurityEvent::StreamUpdated { status });
            }
            Reply::json(answer)
        }
        (Endpoint::StreamStatus, _) => {
            Reply::json(json!({ "stream_id": stream.id, "status": stream.status }))
        }
        (Endpoint::AddSubject, _) => {
            stream.subjects.push(asked.json["subject"].clone());
            Reply::empty()
        }
        (Endpoint::RemoveSubject, _) => {
            stream.subjects.retain(|subject| *subject != asked.json["subject"]);
            Reply::empty().with_status(StatusCode::NO_CONTENT)
        }
        _ => {
            stream.verifications += 1;
            let first = stream.verifications == 1;
            drop(made);
            verify(provider, events, first, asked.json["state"].as_str())
        }
    }
}

fn create(provider: &Arc<Provider>, events: &Events, asked: &Request) -> Reply {
    let mut made = events.made();
    if made.is_some() {
        return Reply::refused(StatusCode::CONFLICT, "conflict", "there is a stream already");
    }
    let Ok(id) = secret::random::<8>().map(|bytes| secret::encode(&bytes)) else {
        return Reply::error("server_error", "there are no random numbers");
    };
    let stream = MadeStream {
        id,
        delivery: asked.json["delivery"].clone(),
        requested: asked.json["events_requested"].clone(),
        description: asked.json["description"].clone(),
        status: "enabled".to_owned(),
        subjects: Vec::new(),
        verifications: 0,
        updates: 0,
        replacements: 0,
    };
    let mut answer = shown(provider, &stream);
    if events.stream.deviation == Some(StreamDeviation::ForeignIssuer) {
        answer["iss"] = format!("{}/another", provider.issuer()).into();
    }
    let first = events.stream.deviation == Some(StreamDeviation::EventsFirst);
    let status = if first { "paused" } else { "enabled" };
    *made = Some(MadeStream { status: status.to_owned(), ..stream });
    drop(made);
    if first {
        for _ in 0..3 {
            let _ = events::queue(provider, &SecurityEvent::CredentialChange { user: "bob".to_owned() });
        }
        if let Some(made) = events.made().as_mut() {
            "enabled".clone_into(&mut made.status);
        }
    }
    match events.stream.deviation {
        Some(StreamDeviation::UnreadableAnswer) => Reply::empty().with_status(StatusCode::CREATED),
        _ => Reply::json(answer).with_status(StatusCode::CREATED),
    }
}

/// Section 8.1.4.2.
fn verify(provider: &Arc<Provider>, events: &Events, first: bool, state: Option<&str>) -> Reply {
    send_held(provider, events);
    let deviation = events.stream.deviation.filter(|_| first);
    let state = match deviation {
        Some(StreamDeviation::WrongState) => Some("another".to_owned()),
        _ => state.map(str::to_owned),
    };
    let other = (deviation == Some(StreamDeviation::WrongSubject))
        .then(|| json!({ "format": "opaque", "id": "another-stream" }));
    match events::queue_about(provider, &SecurityEvent::VerificationOf { state }, other) {
        Ok(_) => Reply::empty().with_status(StatusCode::NO_CONTENT),
        Err(error) => Reply::error("server_error", error.code()),
    }
}

fn shown(provider: &Provider, stream: &MadeStream) -> Value {
    let mut delivery = stream.delivery.clone();
    if delivery["method"] == POLL {
        delivery["endpoint_url"] = format!("{}{}", provider.issuer(), Endpoint::Events.path()).into();
    }
    let audience = provider.events().map(|events| events.stream.audience.clone());
    let deviation = provider.events().and_then(|events| events.stream.deviation);
    if deviation == Some(StreamDeviation::UnusableStream) {
        delivery = Value::Null;
    }
    json!({
        "stream_id": stream.id,
        "iss": provider.issuer(),
        "aud": audience,
        "delivery": delivery,
        "events_requested": stream.requested,
        "events_delivered": stream.requested,
        "description": stream.description,
    })
}

/// The provider changes the status of the stream and tells the receiver (section 8.1.5).
pub(crate) fn change_status(provider: &Arc<Provider>, status: &str) -> Result<String, EventError> {
    let events = provider.events().ok_or(EventError::NoStream)?;
    if let Some(made) = events.made().as_mut() {
        status.clone_into(&mut made.status);
    }
    let told = events::queue(provider, &SecurityEvent::StreamUpdated { status: status.to_owned() })?;
    if !events.is_paused() {
        send_held(provider, events);
    }
    Ok(told)
}

fn send_held(provider: &Arc<Provider>, events: &Events) {
    for (jti, token) in events.release(provider.record()) {
        events::send(provider, &jti, token);
    }
}

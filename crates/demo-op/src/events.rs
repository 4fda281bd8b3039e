//! Security events for one receiver that polls for them (RFC 8936, RFC 8417): the events of CAEP that end a session or
//! change claims about a person.

use std::sync::Arc;

use axum::http::StatusCode;
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clients::dpop;
use crate::config::EventStream;
use crate::crypto::algorithm::SigningAlgorithm;
use crate::crypto::secret;
use crate::http::{Endpoint, Reply, Request};
use crate::record::{Delivery, EventState};
use crate::session::back_channel;
use crate::state::event_queue::Events;
use crate::state::provider::Provider;
use crate::state::users::User;

/// The number of events in an answer if the receiver sets none.
const AT_ONCE: usize = 32;

const SESSION_REVOKED: &str = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
const CREDENTIAL_CHANGE: &str = "https://schemas.openid.net/secevent/caep/event-type/credential-change";
const VERIFICATION: &str = "https://schemas.openid.net/secevent/ssf/event-type/verification";
const STREAM_UPDATED: &str = "https://schemas.openid.net/secevent/ssf/event-type/stream-updated";
const TOKEN_CLAIMS_CHANGE: &str = "https://schemas.openid.net/secevent/caep/event-type/token-claims-change";

/// An event for the receiver (OpenID Continuous Access Evaluation Profile 1.0). A user is named by user name, e-mail address
/// or subject.
#[derive(Clone, Debug, PartialEq)]
pub enum SecurityEvent {
    /// `session-revoked`: the session with this `sid`, or all of the user's.
    SessionRevoked {
        /// The user.
        user: String,
        /// The session; `None` for all.
        sid: Option<String>,
    },
    /// `token-claims-change`: these claims have new values. This is only a message: the claims in the provider's own ID
    /// tokens do not change.
    TokenClaimsChange {
        /// The user.
        user: String,
        /// The new values.
        claims: Map<String, Value>,
    },
    /// `credential-change`: the user has a new password.
    CredentialChange {
        /// The user.
        user: String,
    },
    /// `verification` of the stream (OpenID Shared Signals Framework 1.0 section 8.1.4).
    Verification,
    /// The same, as the answer to the receiver's question with this `state` (section 8.1.4.2).
    VerificationOf {
        /// The receiver's state; `None`: it has sent none.
        state: Option<String>,
    },
    /// `stream-updated`: the stream has this status (section 8.1.5), `paused` for example.
    StreamUpdated {
        /// The status.
        status: String,
    },
}

/// Why an event was not queued.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The provider was started without an [`EventStream`].
    #[error("the demo provider has no receiver for events")]
    NoStream,
    /// The user does not exist.
    #[error("the demo provider does not know {0}")]
    UnknownUser(String),
    /// It could not be signed.
    #[error("the demo provider could not sign the event")]
    Signing,
}

impl EventError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            EventError::NoStream => "demo_provider_no_event_stream",
            EventError::UnknownUser(_) => "demo_provider_unknown_user",
            EventError::Signing => "demo_provider_event_signing",
        }
    }
}

/// Signs an event and puts it into the receiver's queue. Returns its `jti`.
pub(crate) fn queue(provider: &Arc<Provider>, event: &SecurityEvent) -> Result<String, EventError> {
    queue_about(provider, event, None)
}

/// The same about another subject.
pub(crate) fn queue_about(
    provider: &Arc<Provider>,
    event: &SecurityEvent,
    other: Option<Value>,
) -> Result<String, EventError> {
    let events = provider.events().ok_or(EventError::NoStream)?;
    let (user, subject, kind, details) = describe(provider, event)?;
    let jti = secret::random::<16>().map(|bytes| secret::encode(&bytes)).map_err(|_| EventError::Signing)?;
    let now = provider.now();
    let mut details = details;
    details["event_timestamp"] = json!(now);
    details["initiating_entity"] = json!("admin");
    tracing::debug!(kind, user, "an event is queued");
    // Without `exp` and `sub`: both would let the token pass for another kind (RFC 8417 section 4).
    let claims = json!({
        "iss": provider.issuer(),
        "aud": events.stream.audience,
        "iat": now,
        "jti": jti,
        "sub_id": other.unwrap_or(subject),
        "events": { kind: details },
    });
    let token = provider
        .keys()
        .sign(SigningAlgorithm::Es256, "secevent+jwt", &claims)
        .map_err(|_| EventError::Signing)?;
    if events.is_paused() && !matches!(event, SecurityEvent::StreamUpdated { .. }) {
        events.hold(provider.record(), &jti, token);
    } else {
        events.put(provider.record(), &jti, token.clone());
        send(provider, &jti, token);
    }
    Ok(jti)
}

/// Sends an event to a receiver that does not poll, without waiting.
pub(crate) fn send(provider: &Arc<Provider>, jti: &str, token: String) {
    let Some(receiver) = provider.events().and_then(Events::push_to) else { return };
    let (sender, jti) = (Arc::clone(provider), jti.to_owned());
    provider.runtime().spawn(async move { push(&sender, &receiver, &jti, token).await });
}

/// Sends an event to its receiver (RFC 8935 section 2). One that does not arrive stays in the queue.
async fn push(provider: &Provider, receiver: &str, jti: &str, token: String) {
    let Some(events) = provider.events() else { return };
    provider.record().note_event(jti, EventState::Delivered);
    let state = match back_channel::deliver(receiver, "application/secevent+jwt", token).await {
        Delivery::Answered(202) => EventState::Acknowledged,
        Delivery::Answered(400) => EventState::Refused { code: "400".to_owned(), description: String::new() },
        _ => return,
    };
    events.settle(provider.record(), jti, state);
}

/// The subject of an event as a subject identifier (RFC 9493), its type and its members.
fn describe(
    provider: &Provider,
    event: &SecurityEvent,
) -> Result<(&'static str, Value, &'static str, Value), EventError> {
    let find = |name: &str| User::named(name).ok_or_else(|| EventError::UnknownUser(name.to_owned()));
    let person = |user: &User| json!({ "format": "iss_sub", "iss": provider.issuer(), "sub": user.subject });
    let made = provider.events().and_then(|events| events.made().as_ref().map(|made| made.id.clone()));
    let stream = || json!({ "format": "opaque", "id": made.as_deref().unwrap_or("demo-stream") });
    Ok(match event {
        SecurityEvent::SessionRevoked { user, sid } => {
            let user = find(user)?;
            let subject = match sid {
                None => person(user),
                Some(sid) => json!({
                    "format": "complex",
                    "user": person(user),
                    "session": { "format": "opaque", "id": sid },
                }),
            };
            (user.subject, subject, SESSION_REVOKED, json!({}))
        }
        SecurityEvent::TokenClaimsChange { user, claims } => {
            let user = find(user)?;
            (user.subject, person(user), TOKEN_CLAIMS_CHANGE, json!({ "claims": claims }))
        }
        SecurityEvent::CredentialChange { user } => {
            let user = find(user)?;
            let details = json!({ "credential_type": "password", "change_type": "update" });
            (user.subject, person(user), CREDENTIAL_CHANGE, details)
        }
        SecurityEvent::Verification | SecurityEvent::VerificationOf { state: None } => {
            ("", stream(), VERIFICATION, json!({}))
        }
        SecurityEvent::VerificationOf { state: Some(state) } => {
            ("", stream(), VERIFICATION, json!({ "state": state }))
        }
        SecurityEvent::StreamUpdated { status } => {
            // A receiver ignores members that it does not know (section 4.2.3).
            let details = json!({ "status": status, "unknown_to_receivers": true });
            ("", stream(), STREAM_UPDATED, details)
        }
    })
}

/// The request of a poll (RFC 8936 section 2.2). Unknown members are ignored.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Poll {
    max_events: Option<usize>,
    return_immediately: bool,
    ack: Vec<String>,
    set_errs: std::collections::BTreeMap<String, SetError>,
}

#[derive(Deserialize)]
struct SetError {
    err: String,
    #[serde(default)]
    description: String,
}

/// Refuses a request without the receiver's own token or an access token of the client that the events are for. A bound token
/// needs a proof of its key (RFC 9449 section 7.1).
pub(crate) fn admit(
    provider: &Provider,
    stream: &EventStream,
    asked: &Request,
    endpoint: Endpoint,
) -> Result<(), Box<Reply>> {
    if asked.bearer().is_some_and(|shown| secret::same(shown, stream.token.expose_secret())) {
        return Ok(());
    }
    let proven = dpop::proven(provider, asked, endpoint, asked.bound_token())
        .map_err(|refusal| Box::new(refusal.challenge()))?;
    let key = proven.filter(|_| asked.bound_token().is_some());
    let shown = asked.bound_token().or(asked.bearer()).unwrap_or_default();
    let store = provider.store();
    let found = store.tokens.access_token(shown, provider.now());
    if found.is_some_and(|(access, family)| family.client_id == stream.audience && access.jkt == key) {
        return Ok(());
    }
    let refused = Reply::refused(StatusCode::UNAUTHORIZED, "invalid_token", "the receiver's token is needed");
    Err(Box::new(refused.with_challenge("Bearer realm=\"demo events\", error=\"invalid_token\"")))
}

pub(crate) async fn respond(provider: &Arc<Provider>, asked: &Request) -> Reply {
    let Some(events) = provider.events() else {
        return Reply::refused(StatusCode::NOT_FOUND, "not_found", "this provider sends no events");
    };
    if let Err(refusal) = admit(provider, &events.stream, asked, Endpoint::Events) {
        return *refusal;
    }
    if events.stream.managed && events.made().is_none() {
        return Reply::refused(StatusCode::NOT_FOUND, "not_found", "there is no such stream");
    }
    // A list would be parsed as a struct whose fields are in this order.
    let poll = Some(&asked.json).filter(|json| json.is_object());
    let Some(poll) = poll.and_then(|json| serde_json::from_value::<Poll>(json.clone()).ok()) else {
        return Reply::bad_request("invalid_request", "this is not a request for events");
    };
    for jti in &poll.ack {
        events.settle(provider.record(), jti, EventState::Acknowledged);
    }
    for (jti, SetError { err, description }) in poll.set_errs {
        events.settle(provider.record(), &jti, EventState::Refused { code: err, description });
    }
    let count = poll.max_events.unwrap_or(AT_ONCE).min(AT_ONCE);
    // A poll with `maxEvents` 0 only acknowledges.
    let (first, more) = match poll.return_immediately || count == 0 {
        true => events.first(count),
        false => {
            let waited = tokio::time::timeout(events.stream.longest_wait, events.next(count)).await;
            waited.unwrap_or_default()
        }
    };
    let mut sets = Map::new();
    for (jti, token) in first {
        provider.record().note_event(&jti, EventState::Delivered);
        sets.insert(jti, json!(token));
    }
    Reply::json(json!({ "sets": sets, "moreAvailable": more }))
}

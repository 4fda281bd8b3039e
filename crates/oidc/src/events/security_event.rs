//! Security event tokens: RFC 8417, with the part of CAEP 1.0 and RISC 1.0 that concerns a session.

use std::fmt;
use std::time::SystemTime;

use openidconnect::core::CoreJsonWebKeySet;
use serde_json::{Map, Value};

use crate::client::relying_party::RelyingParty;
use crate::error::Error;
use crate::error::security_event::SecurityEventError;
use crate::events::subject_id::SubjectId;
use crate::http::Http;
use crate::identity::Identity;
use crate::jose::jwt::{
    self, Kind, Refusal, Signer, audiences, check_begun, check_issuer, is_name, issued, text, time,
};
use crate::provider::keys::Occasion;

const MAX_TOKEN: usize = 64 * 1024;
/// No other token may be accepted as one (RFC 8417, section 2.3).
const KIND: Kind = Kind { types: &["secevent+jwt"], is_required: true };

/// An event that Abide understands. All others are acknowledged and have no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// CAEP 1.0, section 3.1.
    SessionRevoked,
    /// CAEP 1.0, section 3.2.
    TokenClaimsChange,
    /// CAEP 1.0, section 3.3.
    CredentialChange,
    /// RISC 1.0, section 2.3.
    AccountDisabled,
    /// RISC 1.0, section 2.2.
    AccountPurged,
    /// Shared Signals Framework 1.0, section 8.1.4: the stream works.
    StreamVerification,
    /// Shared Signals Framework 1.0, section 8.1.5.
    StreamUpdated,
}

impl EventKind {
    /// From the name of the event in `events`.
    pub fn from_uri(uri: &str) -> Option<Self> {
        let (family, name) =
            uri.strip_prefix("https://schemas.openid.net/secevent/")?.split_once("/event-type/")?;
        match (family, name) {
            ("caep", "session-revoked") => Some(Self::SessionRevoked),
            ("caep", "token-claims-change") => Some(Self::TokenClaimsChange),
            ("caep", "credential-change") => Some(Self::CredentialChange),
            ("risc", "account-disabled") => Some(Self::AccountDisabled),
            ("risc", "account-purged") => Some(Self::AccountPurged),
            ("ssf", "verification") => Some(Self::StreamVerification),
            ("ssf", "stream-updated") => Some(Self::StreamUpdated),
            _ => None,
        }
    }

    /// Whether it is about the stream, not about a person.
    fn is_about_the_stream(self) -> bool {
        matches!(self, Self::StreamVerification | Self::StreamUpdated)
    }
}

/// The meaning of an event for one session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conclusion {
    /// The provider has ended this session, or disabled or removed the account.
    SessionRevoked,
    /// The claims in the tokens are out of date: refresh them.
    ClaimsChanged,
    /// Not about this session, or without effect on it.
    Nothing,
}

/// A validated security event token.
#[derive(Clone, PartialEq, Eq)]
pub struct SecurityEvent {
    /// `iss`, byte for byte.
    pub issuer: String,
    /// `jti`: the name to acknowledge it by.
    pub jti: String,
    /// `iat`, in seconds since 1970.
    pub issued_at: u64,
    /// When it happened, in seconds since 1970: `event_timestamp` (CAEP 1.0, section 2), else `toe` (RFC 8417, section 2.2),
    /// else `iat`, and never later than `iat`.
    pub occurred_at: u64,
    /// The events that are understood. Empty if none is.
    pub kinds: Vec<EventKind>,
    /// Whether the provider sends no more events for now: `status` of `stream-updated` is `paused` or `disabled`. `None` if the
    /// event does not say.
    pub stream_stops: Option<bool>,
    /// `state` of `verification`: what the receiver sent when it asked for it.
    pub state: Option<String>,
    subject: Option<SubjectId>,
    /// The issuer of the sessions that the sender tells about.
    speaks_for: String,
}

impl fmt::Debug for SecurityEvent {
    /// Without the subject, which is personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityEvent")
            .field("issuer", &self.issuer)
            .field("jti", &self.jti)
            .field("kinds", &self.kinds)
            .finish_non_exhaustive()
    }
}

impl SecurityEvent {
    /// The meaning of the event for this session.
    ///
    /// An event from before the session began ([`Identity::is_younger_than`]) has no effect: it may have waited at the
    /// provider for days. A changed credential alone has no effect either: a provider that ends sessions because of it sends
    /// an event about that.
    pub fn conclusion(&self, identity: &Identity, began: u64) -> Conclusion {
        let about = self.speaks_for == identity.issuer
            && self.subject.as_ref().is_some_and(|subject| subject.names(identity));
        if !about || identity.is_younger_than(self.occurred_at, began) {
            return Conclusion::Nothing;
        }
        let ends = |kind: &EventKind| {
            matches!(kind, EventKind::SessionRevoked | EventKind::AccountDisabled | EventKind::AccountPurged)
        };
        if self.kinds.iter().any(ends) {
            Conclusion::SessionRevoked
        } else if self.kinds.contains(&EventKind::TokenClaimsChange) {
            Conclusion::ClaimsChanged
        } else {
            Conclusion::Nothing
        }
    }
}

impl SecurityEvent {
    /// Whether it is about a stream, and not about the one with this `stream_id`.
    pub fn is_of_another_stream(&self, id: &str) -> bool {
        let about_a_stream = self.kinds.iter().any(|kind| kind.is_about_the_stream());
        about_a_stream && self.subject.as_ref().is_some_and(|subject| !subject.is_opaque(id))
    }

    /// Whether it only tells that the stream works.
    pub fn is_verification(&self) -> bool {
        self.kinds.contains(&EventKind::StreamVerification)
    }
}

impl RelyingParty {
    /// Validates a security event token from a poll ([`RelyingParty::poll_events`]).
    ///
    /// `audience` is our name in the provider's event stream, if that is not the client ID. The event is signed with the
    /// keys of the issuer's metadata. `sub` is ignored; only `sub_id` counts.
    pub async fn security_event(
        &self,
        http: &Http,
        raw: &str,
        audience: Option<&str>,
        now: SystemTime,
    ) -> Result<SecurityEvent, Error> {
        let ours: Vec<&str> = audience.into_iter().collect();
        judge(self, http, raw, &ours, now).await
    }
}

/// Validates an event for one of these audiences. With an unknown key, `security_event_key_not_read` tells that the keys
/// could not be read again now.
pub(crate) async fn judge(
    client: &RelyingParty,
    http: &Http,
    raw: &str,
    audiences: &[&str],
    now: SystemTime,
) -> Result<SecurityEvent, Error> {
    let judged =
        client.judged(http, now, Occasion::Message, |keys| verify(raw, keys, client, audiences, now)).await;
    match judged {
        Err(Error::SecurityEvent(SecurityEventError::KeyUnknown))
            if !client.provider().has_read_keys_at(now) =>
        {
            Err(SecurityEventError::KeyNotRead.into())
        }
        judged => judged,
    }
}

pub(crate) fn verify(
    raw: &str,
    keys: &CoreJsonWebKeySet,
    client: &RelyingParty,
    audiences: &[&str],
    now: SystemTime,
) -> Result<SecurityEvent, Refusal<SecurityEventError>> {
    if raw.len() > MAX_TOKEN {
        return Err(SecurityEventError::TooLong.into());
    }
    let signer = Signer {
        keys,
        algorithms: client.algorithms(),
        secret: client.registration().client_secret.as_ref(),
    };
    Ok(jwt::verify(raw, &KIND, &signer, |claims| check_claims(claims, client, audiences, now))?.0)
}

fn check_claims(
    claims: &Map<String, Value>,
    client: &RelyingParty,
    names: &[&str],
    now: SystemTime,
) -> Result<SecurityEvent, SecurityEventError> {
    let issuer = client.provider().issuer();
    check_issuer(claims, issuer)?;
    let ours = |found: &&str| *found == client.registration().client_id || names.contains(found);
    if !audiences(claims)?.iter().any(ours) {
        return Err(SecurityEventError::AudienceMismatch);
    }
    let issued_at = issued(claims, now)?;
    // Neither belongs in an event (RFC 8417, section 2.2). What is no time decides nothing.
    check_begun(time(claims, "nbf").unwrap_or_default(), now)?;
    if claims.get("exp").is_some_and(|exp| !exp.is_null()) {
        return Err(SecurityEventError::ExpirationPresent);
    }
    let jti = text(claims, "jti")?.filter(|jti| !jti.is_empty()).ok_or(SecurityEventError::IdMissing)?;
    if !is_name(jti) {
        return Err(SecurityEventError::IdInvalid);
    }
    let events = events(claims)?;
    let kinds: Vec<EventKind> = events.keys().filter_map(|uri| EventKind::from_uri(uri)).collect();
    let subject = subject(claims)?;
    if subject.is_none() && !kinds.iter().all(|kind| kind.is_about_the_stream()) {
        return Err(SecurityEventError::SubjectMissing);
    }
    let occurred_at = occurred_at(claims, events, issued_at);
    Ok(SecurityEvent {
        issuer: issuer.to_owned(),
        jti: jti.to_owned(),
        issued_at,
        occurred_at,
        stream_stops: stream_stops(events),
        state: state(events),
        kinds,
        subject,
        speaks_for: client.speaks_for().to_owned(),
    })
}

/// The `state` of a verification. A receiver sends text only, so another value is never the one that was sent.
fn state(events: &Map<String, Value>) -> Option<String> {
    let mut verification =
        events.iter().filter(|(uri, _)| EventKind::from_uri(uri) == Some(EventKind::StreamVerification));
    let state = verification.next()?.1.get("state").filter(|state| !state.is_null())?;
    Some(state.as_str().unwrap_or_default().to_owned())
}

fn stream_stops(events: &Map<String, Value>) -> Option<bool> {
    let mut updated =
        events.iter().filter(|(uri, _)| EventKind::from_uri(uri) == Some(EventKind::StreamUpdated));
    match updated.next()?.1["status"].as_str()? {
        "enabled" => Some(false),
        "paused" | "disabled" => Some(true),
        _ => None,
    }
}

fn events(claims: &Map<String, Value>) -> Result<&Map<String, Value>, SecurityEventError> {
    let events = claims.get("events").and_then(Value::as_object);
    // Its name says what has happened. The details of an event that is not understood are not read.
    let is_event = |(uri, details): (&String, &Value)| {
        details.is_object() || details.is_null() || EventKind::from_uri(uri).is_none()
    };
    events
        .filter(|events| !events.is_empty() && events.iter().all(is_event))
        .ok_or(SecurityEventError::EventsMissing)
}

fn subject(claims: &Map<String, Value>) -> Result<Option<SubjectId>, SecurityEventError> {
    match claims.get("sub_id") {
        None => Ok(None),
        Some(value) => SubjectId::read(value).map(Some).ok_or(SecurityEventError::SubjectInvalid),
    }
}

/// An impossible timestamp (early drafts of CAEP used milliseconds) is skipped.
fn occurred_at(claims: &Map<String, Value>, events: &Map<String, Value>, issued_at: u64) -> u64 {
    let stamp = |event: &Value| time(event.as_object()?, "event_timestamp").ok()?;
    let stamped = events.values().filter_map(stamp).min();
    let occurred = stamped.or_else(|| time(claims, "toe").ok().flatten());
    occurred.map_or(issued_at, |occurred| occurred.min(issued_at))
}

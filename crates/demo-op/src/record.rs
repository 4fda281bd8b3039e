//! The record of all requests, for assertions in tests.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::sync::Notify;

use crate::crypto::secret::fingerprint;
use crate::http::{Endpoint, Outcome, Parameters};

/// The most entries that are kept; older ones are dropped. The counts continue.
const KEPT: usize = 2048;
const PARAMETERS_KEPT: usize = 32;
const CHARACTERS_KEPT: usize = 512;

/// Parameters of which only a fingerprint is kept.
const SECRET: [&str; 14] = [
    "access_token",
    "actor_token",
    "client_assertion",
    "client_secret",
    "code",
    "code_verifier",
    "csrf",
    "device_code",
    "id_token_hint",
    "password",
    "refresh_token",
    "subject_token",
    "token",
    "transaction",
];

/// One request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// The time, by the provider's clock.
    pub at: SystemTime,
    /// The parameters. Secrets (code, code verifier, tokens, password) appear as a [`fingerprint`]; a token in the header
    /// appears as `access_token`; of a DPoP proof the key's thumbprint is `dpop`, its nonce `dpop_nonce`. Empty while the
    /// provider is unreachable.
    pub parameters: BTreeMap<String, String>,
    /// The result.
    pub outcome: Outcome,
}

impl Entry {
    /// A parameter's value, or "" if it was not sent.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Whether this is a token request with the grant type `refresh_token`.
    pub fn is_refresh(&self) -> bool {
        self.endpoint == Endpoint::Token && self.parameter("grant_type") == "refresh_token"
    }
}

/// The channel of a logout notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// A logout token (OpenID Connect Back-Channel Logout 1.0).
    Back,
    /// An iframe on the "signed out" page (OpenID Connect Front-Channel Logout 1.0).
    Front,
}

/// The result of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The client answered with this HTTP status.
    Answered(u16),
    /// The client did not answer: `unreachable`, `timed_out` or `not_http`.
    Failed(&'static str),
    /// The browser was given the iframe. The provider does not learn whether it was loaded.
    Framed,
}

/// A logout notification to a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The client.
    pub client_id: String,
    /// The channel.
    pub channel: Channel,
    /// The `sub` of the session.
    pub subject: String,
    /// The `sid` of the session.
    pub sid: String,
    /// The target; for [`Channel::Front`] with `iss` and `sid`.
    pub uri: String,
    /// The `jti` of the logout token.
    pub jti: Option<String>,
    /// The result.
    pub delivery: Delivery,
    /// The time of the result, by the provider's clock.
    pub at: SystemTime,
}

/// The state of a security event (RFC 8936 section 2.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventState {
    /// No poll has returned it yet.
    Waiting,
    /// It was returned, possibly several times, and is returned until it is acknowledged or refused.
    Delivered,
    /// The receiver has acknowledged it (`ack`).
    Acknowledged,
    /// The receiver does not accept it (`setErrs`).
    Refused {
        /// The receiver's error code.
        code: String,
        /// The receiver's description.
        description: String,
    },
}

/// The time limit of [`Record::wait_for`] passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the expected request did not arrive within {0:?}")]
pub struct DeadlinePassed(pub Duration);

impl DeadlinePassed {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        "deadline_passed"
    }
}

/// A handle on the record. Clones are cheap and share the record.
#[derive(Clone, Debug, Default)]
pub struct Record(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    log: Mutex<Log>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Log {
    entries: VecDeque<Entry>,
    counts: BTreeMap<Endpoint, usize>,
    refreshes: usize,
    deregistrations: usize,
    notices: VecDeque<Notice>,
    /// By `jti`, oldest first.
    events: VecDeque<(String, EventState)>,
}

impl Record {
    /// The latest requests (up to 2,048), oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.log().entries.iter().cloned().collect()
    }

    /// The number of requests to an endpoint, whatever their result.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.log().counts.get(&endpoint).copied().unwrap_or_default()
    }

    /// The number of token requests with the grant type `refresh_token`, including refused ones, but not those that came
    /// while the provider was unreachable.
    pub fn refreshes(&self) -> usize {
        self.log().refreshes
    }

    /// The number of registrations that clients have ended (RFC 7592).
    pub fn deregistrations(&self) -> usize {
        self.log().deregistrations
    }

    /// The latest logout notifications (up to 2,048), oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.log().notices.iter().cloned().collect()
    }

    /// The state of the security event with this `jti`. `None` if it is unknown or too old.
    pub fn event(&self, jti: &str) -> Option<EventState> {
        self.log().events.iter().find(|(known, _)| known == jti).map(|(_, state)| state.clone())
    }

    /// The latest security events (up to 2,048) by `jti`, oldest first.
    pub fn events(&self) -> Vec<(String, EventState)> {
        self.log().events.iter().cloned().collect()
    }

    /// Waits until `predicate` is true for the entries, at most `within`.
    ///
    /// # Errors
    /// [`DeadlinePassed`] if that did not happen in time.
    pub async fn wait_for(
        &self,
        predicate: impl Fn(&[Entry]) -> bool,
        within: Duration,
    ) -> Result<(), DeadlinePassed> {
        self.wait_until(|record| predicate(&record.entries()), within).await
    }

    /// Waits until `predicate` is true for the record, at most `within`: for other things than requests, notices and events.
    ///
    /// # Errors
    /// [`DeadlinePassed`] if that did not happen in time.
    pub async fn wait_until(
        &self,
        predicate: impl Fn(&Record) -> bool,
        within: Duration,
    ) -> Result<(), DeadlinePassed> {
        let arrival = async {
            loop {
                let mut changed = std::pin::pin!(self.0.changed.notified());
                // Registered before looking, so that an entry made in between is not missed.
                changed.as_mut().enable();
                if predicate(self) {
                    return;
                }
                changed.await;
            }
        };
        tokio::time::timeout(within, arrival).await.map_err(|_| DeadlinePassed(within))
    }

    pub(crate) fn add(
        &self,
        endpoint: Endpoint,
        at: SystemTime,
        parameters: BTreeMap<String, String>,
        outcome: Outcome,
    ) {
        tracing::debug!(?endpoint, ?outcome, "answered");
        let entry = Entry { endpoint, at, parameters, outcome };
        let mut log = self.log();
        *log.counts.entry(endpoint).or_default() += 1;
        log.refreshes += usize::from(entry.is_refresh());
        if log.entries.len() >= KEPT {
            log.entries.pop_front();
        }
        log.entries.push_back(entry);
        drop(log);
        self.0.changed.notify_waiters();
    }

    pub(crate) fn add_deregistration(&self) {
        self.log().deregistrations += 1;
        self.0.changed.notify_waiters();
    }

    pub(crate) fn add_notice(&self, notice: Notice) {
        tracing::debug!(client = notice.client_id, channel = ?notice.channel, delivery = ?notice.delivery, "told");
        let mut log = self.log();
        if log.notices.len() >= KEPT {
            log.notices.pop_front();
        }
        log.notices.push_back(notice);
        drop(log);
        self.0.changed.notify_waiters();
    }

    /// Notes the state of an event. An acknowledged or refused one does not change any more.
    pub(crate) fn note_event(&self, jti: &str, state: EventState) {
        let mut log = self.log();
        match log.events.iter_mut().find(|(known, _)| known == jti) {
            Some((_, EventState::Acknowledged | EventState::Refused { .. })) => {}
            Some((_, known)) => *known = state,
            None => {
                if log.events.len() >= KEPT {
                    log.events.pop_front();
                }
                log.events.push_back((jti.to_owned(), state));
            }
        }
        drop(log);
        self.0.changed.notify_waiters();
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The parameters of a request in the form that is kept.
pub(crate) fn kept(
    parameters: &Parameters,
    token: Option<&str>,
    proof: Vec<(&'static str, String)>,
) -> BTreeMap<String, String> {
    let shown = |name: &str, value: &str| match SECRET.contains(&name) {
        true => fingerprint(value),
        false => value.chars().take(CHARACTERS_KEPT).collect(),
    };
    parameters
        .iter()
        .take(PARAMETERS_KEPT)
        .map(|(name, value)| (name.chars().take(CHARACTERS_KEPT).collect(), shown(name, value)))
        .chain(token.map(|token| ("access_token".to_owned(), fingerprint(token))))
        .chain(proof.into_iter().map(|(name, value)| (name.to_owned(), shown(name, &value))))
        .collect()
}

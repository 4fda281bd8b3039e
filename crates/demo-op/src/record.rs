//! The record of what the provider was asked: tests assert on it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use axum::http::Method;
use tokio::sync::Notify;

use crate::parameters::Parameters;
use crate::secret::fingerprint;

/// So many entries are kept; older ones make room. The counts go on.
const KEPT: usize = 2048;
const PARAMETERS_KEPT: usize = 32;
const CHARACTERS_KEPT: usize = 512;

/// Parameters of which only a fingerprint is kept.
const SECRET: [&str; 10] = [
    "access_token",
    "client_secret",
    "code",
    "code_verifier",
    "csrf",
    "id_token_hint",
    "password",
    "refresh_token",
    "token",
    "transaction",
];

/// An endpoint of the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Endpoint {
    /// `/.well-known/openid-configuration`
    Discovery,
    /// `/jwks`
    Jwks,
    /// `/authorize`
    Authorization,
    /// `/sign-in`, where the sign-in page's form goes
    SignIn,
    /// `/token`
    Token,
    /// `/userinfo`
    UserInfo,
    /// `/revoke` (RFC 7009)
    Revocation,
    /// `/introspect` (RFC 7662)
    Introspection,
    /// `/logout` (OpenID Connect RP-Initiated Logout)
    EndSession,
}

impl Endpoint {
    const ALL: [Endpoint; 9] = [
        Endpoint::Discovery,
        Endpoint::Jwks,
        Endpoint::Authorization,
        Endpoint::SignIn,
        Endpoint::Token,
        Endpoint::UserInfo,
        Endpoint::Revocation,
        Endpoint::Introspection,
        Endpoint::EndSession,
    ];

    /// Its path below the issuer.
    pub fn path(self) -> &'static str {
        match self {
            Endpoint::Discovery => "/.well-known/openid-configuration",
            Endpoint::Jwks => "/jwks",
            Endpoint::Authorization => "/authorize",
            Endpoint::SignIn => "/sign-in",
            Endpoint::Token => "/token",
            Endpoint::UserInfo => "/userinfo",
            Endpoint::Revocation => "/revoke",
            Endpoint::Introspection => "/introspect",
            Endpoint::EndSession => "/logout",
        }
    }

    pub(crate) fn at(path: &str) -> Option<Endpoint> {
        Endpoint::ALL.into_iter().find(|endpoint| endpoint.path() == path)
    }

    /// The methods that it answers.
    pub(crate) fn methods(self) -> &'static [Method] {
        match self {
            Endpoint::Discovery | Endpoint::Jwks => &[Method::GET, Method::HEAD],
            Endpoint::Authorization | Endpoint::EndSession | Endpoint::UserInfo => {
                &[Method::GET, Method::POST]
            }
            Endpoint::SignIn | Endpoint::Token | Endpoint::Revocation | Endpoint::Introspection => {
                &[Method::POST]
            }
        }
    }

    /// Whether a person looks at its answers, so that errors are pages.
    pub(crate) fn is_page(self) -> bool {
        matches!(self, Endpoint::Authorization | Endpoint::SignIn | Endpoint::EndSession)
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As asked (a page counts as that).
    Ok,
    /// With this error code.
    Error(&'static str),
}

/// One request.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Which endpoint was asked.
    pub endpoint: Endpoint,
    /// When, by the provider's clock.
    pub at: SystemTime,
    /// What it said. Of secrets (code, code verifier, tokens, password) the [`fingerprint`]; a bearer token
    /// appears as `access_token`. Empty while the provider is unreachable.
    pub parameters: BTreeMap<String, String>,
    /// How it was answered.
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

/// The time that [`Record::wait_for`] was given passed without what it waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the provider was not asked for what was waited for within {0:?}")]
pub struct DeadlinePassed(pub Duration);

impl DeadlinePassed {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        "deadline_passed"
    }
}

/// A handle on the record; clones are cheap and see the same.
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
}

impl Record {
    /// The latest requests (up to 2,048), oldest first.
    pub fn entries(&self) -> Vec<Entry> {
        self.log().entries.iter().cloned().collect()
    }

    /// How many requests an endpoint had, however they were answered.
    pub fn count(&self, endpoint: Endpoint) -> usize {
        self.log().counts.get(&endpoint).copied().unwrap_or_default()
    }

    /// How many token requests with the grant type `refresh_token` there were, refused ones included (but not those
    /// that came while the provider was unreachable).
    pub fn refreshes(&self) -> usize {
        self.log().refreshes
    }

    /// Waits until the entries are as `predicate` wants them, at most `within`.
    ///
    /// # Errors
    /// [`DeadlinePassed`] if that did not happen in time.
    pub async fn wait_for(
        &self,
        predicate: impl Fn(&[Entry]) -> bool,
        within: Duration,
    ) -> Result<(), DeadlinePassed> {
        let arrival = async {
            loop {
                let mut changed = std::pin::pin!(self.0.changed.notified());
                // Enabled before looking, so that an entry made in between is not missed.
                changed.as_mut().enable();
                if predicate(&self.entries()) {
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

    fn log(&self) -> MutexGuard<'_, Log> {
        self.0.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What may be kept of a request's parameters.
pub(crate) fn kept(parameters: &Parameters, bearer: Option<&str>) -> BTreeMap<String, String> {
    let shown = |name: &str, value: &str| match SECRET.contains(&name) {
        true => fingerprint(value),
        false => value.chars().take(CHARACTERS_KEPT).collect(),
    };
    parameters
        .iter()
        .take(PARAMETERS_KEPT)
        .map(|(name, value)| (name.chars().take(CHARACTERS_KEPT).collect(), shown(name, value)))
        .chain(bearer.map(|token| ("access_token".to_owned(), fingerprint(token))))
        .collect()
}

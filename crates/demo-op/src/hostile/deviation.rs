//! Deviations: which answers are wrong, when, and how.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::grant_type;
use crate::crypto::keys::{KeyError, Keys};
use crate::hostile::body::Answer;
use crate::hostile::edit::{Edit, QueryEdit};
use crate::hostile::id_token::IdToken;
use crate::http::Endpoint;

/// A wrong answer of one endpoint.
#[derive(Clone, Debug)]
pub struct Deviation {
    /// The endpoint. The authorization response comes from [`Endpoint::SignIn`], which sends the browser back.
    pub at: Endpoint,
    /// The requests that get it.
    pub when: When,
    /// The change.
    pub what: Wrong,
}

/// The requests that get a deviation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// To all of them.
    Always,
    /// This request and all later ones, counted from 1 since the deviations were set.
    From(usize),
    /// Only this request, counted in the same way.
    Only(usize),
    /// To those with the grant type `refresh_token`.
    Renewing,
    /// To those with the grant type of a token exchange (RFC 8693).
    Exchanging,
}

impl Deviation {
    /// Always.
    pub fn new(at: Endpoint, what: Wrong) -> Deviation {
        Deviation { at, when: When::Always, what }
    }
}

/// The change to an answer.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// A different answer.
    Answer(Answer),
    /// Changes to its JSON.
    Json(Vec<Edit>),
    /// A different ID token in it.
    IdToken(IdToken),
    /// A header field with another value or, if that is empty, without the field.
    Header(&'static str, String),
    /// An additional header field, even if there is one of the same name.
    Another(&'static str, String),
    /// Changes to the URL that the browser is sent to.
    Query(Vec<QueryEdit>),
}

/// The deviations of a provider, and a key that does not belong to it.
pub(crate) struct Hostile {
    deviations: Mutex<Deviations>,
    pub(crate) stranger: Keys,
}

#[derive(Default)]
struct Deviations {
    list: Vec<Deviation>,
    requests: BTreeMap<Endpoint, usize>,
}

impl Deviations {
    /// The changes to the answer to the next request to this endpoint.
    fn next(&self, at: Endpoint, grant: Option<&str>) -> impl Iterator<Item = &Wrong> {
        let request = self.requests.get(&at).copied().unwrap_or_default() + 1;
        let renews = grant == Some(grant_type::REFRESH_TOKEN);
        let exchanges = grant == Some(grant_type::TOKEN_EXCHANGE);
        let concerned = move |one: &&Deviation| {
            one.at == at
                && match one.when {
                    When::Always => true,
                    When::From(first) => first <= request,
                    When::Only(one) => one == request,
                    When::Renewing => renews,
                    When::Exchanging => exchanges,
                }
        };
        self.list.iter().filter(concerned).map(|one| &one.what)
    }
}

impl Hostile {
    pub(crate) fn new() -> Result<Hostile, KeyError> {
        Ok(Hostile { deviations: Mutex::default(), stranger: Keys::generate(false)? })
    }

    pub(crate) fn tell(&self, deviations: Vec<Deviation>) {
        *self.deviations() = Deviations { list: deviations, requests: BTreeMap::new() };
    }

    fn deviations(&self) -> MutexGuard<'_, Deviations> {
        self.deviations.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The changes to the answer to this request, which is counted.
    pub(super) fn wrongs(&self, at: Endpoint, grant: Option<&str>) -> Vec<Wrong> {
        let mut deviations = self.deviations();
        let wrongs = deviations.next(at, grant).cloned().collect();
        *deviations.requests.entry(at).or_default() += 1;
        wrongs
    }

    /// Whether the answer to the next request is completely replaced: then the provider does not act on the request.
    pub(crate) fn answers_unasked(&self, at: Endpoint, grant: Option<&str>) -> bool {
        let unasked = |wrong: &Wrong| matches!(wrong, Wrong::Answer(answer) if answer.is_made_up());
        self.deviations().next(at, grant).any(unasked)
    }
}

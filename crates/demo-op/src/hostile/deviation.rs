//! Deviations: which answers are wrong, when, and in what.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::config::grant_type;
use crate::crypto::keys::{KeyError, Keys};
use crate::hostile::body::Answer;
use crate::hostile::edit::{Edit, QueryEdit};
use crate::hostile::id_token::IdToken;
use crate::http::Endpoint;

/// What the provider gets wrong at one endpoint.
#[derive(Clone, Debug)]
pub struct Deviation {
    /// Where. The authorization response comes from [`Endpoint::SignIn`], which sends the browser back.
    pub at: Endpoint,
    /// When.
    pub when: When,
    /// What.
    pub what: Wrong,
}

/// To which requests a deviation is the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// To all of them.
    Always,
    /// To this one and those after it, the first since the provider was told to misbehave being 1.
    From(usize),
    /// To this one alone, counted in the same way.
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

/// What is wrong with an answer.
#[derive(Clone, Debug)]
pub enum Wrong {
    /// It is another one.
    Answer(Answer),
    /// Its JSON says something else.
    Json(Vec<Edit>),
    /// The ID token in it is another one.
    IdToken(IdToken),
    /// A header field has another value, or (with an empty one) is not there.
    Header(&'static str, String),
    /// It has one more header field, beside another of the same name if there is one.
    Another(&'static str, String),
    /// The address to which the browser is sent is another one.
    Query(Vec<QueryEdit>),
}

/// What a provider gets wrong, and the key that it has no right to sign with.
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
    /// What is wrong with the answer to the next request there.
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

    /// What is wrong with the answer to this request, which is counted.
    pub(super) fn wrongs(&self, at: Endpoint, grant: Option<&str>) -> Vec<Wrong> {
        let mut deviations = self.deviations();
        let wrongs = deviations.next(at, grant).cloned().collect();
        *deviations.requests.entry(at).or_default() += 1;
        wrongs
    }

    /// Whether the answer to the next request there has nothing of the right one: then the provider does not act on it.
    pub(crate) fn answers_unasked(&self, at: Endpoint, grant: Option<&str>) -> bool {
        let unasked = |wrong: &Wrong| matches!(wrong, Wrong::Answer(answer) if answer.is_made_up());
        self.deviations().next(at, grant).any(unasked)
    }
}

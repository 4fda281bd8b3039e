//! A provider that gets things wrong, one deviation at a time, as data: what a test says is laid over an answer that is
//! otherwise in order, just before it goes out.

mod body;
mod edit;
mod id_token;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::{Body as HttpBody, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use serde_json::Value;

pub use body::{Answer, Body};
pub use edit::{Edit, QueryEdit};
pub use id_token::{Form, IdToken, Signature};

use crate::keys::{KeyError, Keys};
use crate::provider::Provider;
use crate::record::Endpoint;
use crate::token_exchange;

/// An answer of the provider's own is never larger.
const LARGEST: usize = 1 << 20;

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

/// What a provider was told to get wrong, and the key that it has no right to sign with.
pub(crate) struct Hostile {
    told: Mutex<Told>,
    stranger: Keys,
}

#[derive(Default)]
struct Told {
    deviations: Vec<Deviation>,
    requests: BTreeMap<Endpoint, usize>,
}

impl Told {
    /// What is wrong with the answer to the next request there.
    fn next(&self, at: Endpoint, grant: Option<&str>) -> impl Iterator<Item = &Wrong> {
        let request = self.requests.get(&at).copied().unwrap_or_default() + 1;
        let renews = grant == Some("refresh_token");
        let exchanges = grant == Some(token_exchange::GRANT_TYPE);
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
        self.deviations.iter().filter(concerned).map(|one| &one.what)
    }
}

impl Hostile {
    pub(crate) fn new() -> Result<Hostile, KeyError> {
        Ok(Hostile { told: Mutex::default(), stranger: Keys::generate(false)? })
    }

    pub(crate) fn tell(&self, deviations: Vec<Deviation>) {
        *self.told() = Told { deviations, requests: BTreeMap::new() };
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with the answer to this request, which is counted.
    fn wrongs(&self, at: Endpoint, grant: Option<&str>) -> Vec<Wrong> {
        let mut told = self.told();
        let wrongs = told.next(at, grant).cloned().collect();
        *told.requests.entry(at).or_default() += 1;
        wrongs
    }

    /// Whether the answer to the next request there has nothing of the right one: then the provider does not act on it.
    pub(crate) fn answers_unasked(&self, at: Endpoint, grant: Option<&str>) -> bool {
        let unasked = |wrong: &Wrong| matches!(wrong, Wrong::Answer(answer) if answer.is_made_up());
        self.told().next(at, grant).any(unasked)
    }
}

/// What stands for something that only the provider knows.
pub(crate) struct Known<'a> {
    provider: &'a Provider,
}

impl Known<'_> {
    /// The text with every `{issuer}`, `{port}` and `{nul}` in it replaced.
    fn text(&self, text: &str) -> String {
        text.replace("{issuer}", self.provider.issuer())
            .replace("{port}", &self.provider.port().to_string())
            .replace("{nul}", "\0")
    }

    /// The value with its texts replaced; `{own key}` and `{stranger's key}` stand for a
    /// JSON Web Key, `{stranger's kid}` for the name of one.
    fn value(&self, value: &Value) -> Value {
        let key = |keys: &Keys| keys.jwks()["keys"][0].clone();
        match value {
            Value::String(text) if text == "{own key}" => key(self.provider.keys()),
            Value::String(text) if text == "{stranger's key}" => key(&self.provider.hostile().stranger),
            Value::String(text) if text == "{stranger's kid}" => {
                key(&self.provider.hostile().stranger)["kid"].clone()
            }
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => list.iter().map(|value| self.value(value)).collect(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), self.value(value))).collect()
            }
            other => other.clone(),
        }
    }

    fn now(&self) -> u64 {
        self.provider.now()
    }

    fn own(&self) -> &Keys {
        self.provider.keys()
    }

    fn stranger(&self) -> &Keys {
        &self.provider.hostile().stranger
    }
}

/// Lays what is wrong over an answer that is in order.
pub(crate) async fn distort(
    provider: &Provider,
    at: Endpoint,
    grant: Option<&str>,
    response: Response,
) -> Response {
    let known = Known { provider };
    let mut response = response;
    for wrong in provider.hostile().wrongs(at, grant) {
        response = match wrong {
            Wrong::Answer(answer) => answer.in_place_of(&known, response).await,
            Wrong::Json(edits) => rewrite(response, |document| edit::apply(&known, document, &edits)).await,
            Wrong::IdToken(wrong) => {
                rewrite(response, |mut document| {
                    if let Some(Value::String(good)) = document.get("id_token") {
                        document["id_token"] = id_token::wrong(&known, good, &wrong).into();
                    }
                    document.to_string()
                })
                .await
            }
            Wrong::Header(name, value) => with_header(response, name, &known.text(&value)),
            Wrong::Another(name, value) => with_another(response, name, &known.text(&value)),
            Wrong::Query(edits) => redirected(&known, response, &edits),
        };
    }
    response
}

/// The response with its JSON replaced. One that is an error stays what it is.
async fn rewrite(response: Response, change: impl FnOnce(Value) -> String) -> Response {
    if !response.status().is_success() {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let bytes = to_bytes(body, LARGEST).await.unwrap_or_default();
    let changed = match serde_json::from_slice(&bytes) {
        Ok(document) => change(document).into_bytes(),
        Err(_) => bytes.to_vec(),
    };
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, HttpBody::from(changed))
}

fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    let name = HeaderName::from_static(name);
    match HeaderValue::from_str(value) {
        Ok(value) if !value.is_empty() => drop(response.headers_mut().insert(name, value)),
        _ => drop(response.headers_mut().remove(name)),
    }
    response
}

fn with_another(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().append(HeaderName::from_static(name), value);
    }
    response
}

fn redirected(known: &Known<'_>, mut response: Response, edits: &[QueryEdit]) -> Response {
    let place = response.headers().get(LOCATION).and_then(|place| place.to_str().ok());
    if let Some(place) = place
        && let Ok(place) = HeaderValue::from_str(&edit::query(known, place, edits))
    {
        response.headers_mut().insert(LOCATION, place);
        response.headers_mut().remove(CONTENT_TYPE);
    }
    response
}

//! A provider that is played. It rotates refresh tokens, and ends a grant when a spent one is sent (RFC 9700, section 4.14).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_oidc::scripted::{Answering, Script};
use abide_oidc::{Identity, Tokens};
use http::{Request, Response};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::form_urlencoded;

use crate::platform::clock;

pub(super) const ISSUER: &str = "https://id.example.com";
pub(super) const CLIENT: &str = "abide";
/// How long a client waits for the answer to a request that it does not repeat.
const PATIENT: Duration = Duration::from_secs(300);
const IMPATIENT: Duration = Duration::from_secs(30);

/// How one request fares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It arrives and is answered after these pauses.
    Answered(Duration, Duration),
    /// It never arrives.
    Lost,
    /// It arrives, and the answer does not.
    AnswerLost,
    /// It is answered with a status of trouble.
    Trouble(u16),
    /// It is refused, and nothing is done.
    Refused(&'static str),
    /// A page of the network, with status 200. The request never arrives.
    Portal,
    /// The answer is not JSON, although the request was carried out.
    Malformed,
    /// The answer is as it should be, but for one member that has a wrong type.
    Odd(&'static str),
    /// The access token has no time left.
    OverAtOnce,
}

pub(super) const AT_ONCE: Fate = Fate::Answered(Duration::ZERO, Duration::ZERO);

pub(super) fn after(seconds: u64) -> Fate {
    Fate::Answered(Duration::ZERO, Duration::from_secs(seconds))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Good,
    Spent,
    Revoked,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct RefreshToken {
    pub(super) grant: u64,
    pub(super) state: State,
    /// Its answer has reached a client.
    pub(super) delivered: bool,
}

#[derive(Default)]
pub(super) struct Inner {
    /// By their numbers: `rt-7` came with `at-7`.
    pub(super) refresh_tokens: BTreeMap<u64, RefreshToken>,
    /// Access tokens by their numbers: that of the refresh token that they came with or by.
    pub(super) access_tokens: BTreeMap<u64, u64>,
    numbers: u64,
    grants: u64,
    /// What comes next; then everything is answered at once.
    pub(super) fates: VecDeque<Fate>,
    /// Chooses the fate where nothing was planned.
    pub(super) chooser: Option<fn(&str) -> Fate>,
    /// Refreshes that are on their way, and the most there ever were of one grant.
    under_way: BTreeMap<u64, u32>,
    pub(super) most_under_way: u32,
    pub(super) refreshes: u32,
    /// A refresh token was sent that had been spent.
    pub(super) reused: Vec<u64>,
    pub(super) revoked: Vec<String>,
    /// Whether a refresh brings a new refresh token.
    pub(super) keeps_tokens: bool,
    /// The status of UserInfo, where there is one.
    pub(super) userinfo: Option<u16>,
    /// Whether pages for front-channel logout are offered, and whether they name the session.
    pub(super) frontchannel: bool,
    pub(super) frontchannel_session: bool,
    /// The `sid` in the ID token of a sign-in.
    pub(super) sid: Option<&'static str>,
    /// The `Date` of every answer.
    pub(super) date: Option<&'static str>,
    /// What the ID token of a sign-in says about the end of the provider's session.
    pub(super) session_expiry: Option<u64>,
    /// A revocation ends everything.
    pub(super) revocation_ends_all: bool,
    /// Whether it says if a token is good.
    pub(super) introspects: bool,
    /// Whether a refresh ends the earlier access tokens.
    pub(super) ends_earlier: bool,
    /// Whether a token for less narrows the grant.
    pub(super) narrows: bool,
    /// The scopes of the grants that were narrowed.
    scopes: BTreeMap<u64, String>,
    pub(super) log: Vec<String>,
    /// Grants of which a refresh token did not reach the client, or not the disk; and tokens that are nowhere.
    pub(super) lost_grants: BTreeSet<u64>,
    pub(super) lost_tokens: BTreeSet<u64>,
    failed_revocations: u32,
    /// What asks for this path next panics.
    pub(super) panics_at: Option<&'static str>,
}

#[derive(Clone, Default)]
pub(super) struct Provider(Arc<Mutex<Inner>>);

impl Provider {
    pub(super) fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn plan(&self, fates: impl IntoIterator<Item = Fate>) {
        self.inner().fates.extend(fates);
    }

    pub(super) fn state(&self, refresh_token: u64) -> State {
        self.inner().refresh_tokens[&refresh_token].state
    }

    /// The numbers of the refresh tokens that clients were given and that are good.
    pub(super) fn good(&self) -> Vec<u64> {
        let inner = self.inner();
        let good =
            inner.refresh_tokens.iter().filter(|(_, token)| token.state == State::Good && token.delivered);
        good.map(|(number, _)| *number).collect()
    }

    /// The provider ends everything.
    pub(super) fn end_all(&self) {
        let mut inner = self.inner();
        let grants: Vec<u64> = inner.refresh_tokens.values().map(|token| token.grant).collect();
        inner.lost_grants.extend(grants);
        for token in inner.refresh_tokens.values_mut() {
            token.state = State::Revoked;
        }
    }

    /// What a sign-in brings.
    pub(super) fn sign_in(&self, subject: &str) -> Tokens {
        let mut inner = self.inner();
        inner.grants += 1;
        let grant = inner.grants;
        let number = inner.issue(grant);
        inner.delivered(number);
        Tokens {
            access_token: SecretString::from(format!("at-{number}")),
            token_type: "Bearer".to_owned(),
            expires_in: Some(Duration::from_secs(300)),
            scope: "openid offline_access".to_owned(),
            refresh_token: Some(SecretString::from(format!("rt-{number}"))),
            refresh_expires_in: None,
            refresh_token_timeout: None,
            authorization_expires_in: None,
            id_token: None,
            identity: Identity {
                session_expiry: inner.session_expiry,
                sid: inner.sid.map(str::to_owned),
                ..identity(subject)
            },
        }
    }
}

pub(super) fn identity(subject: &str) -> Identity {
    let identity = json!({"issuer": ISSUER, "subject": subject, "name": subject});
    serde_json::from_value(identity).unwrap()
}

/// The number in `rt-7` or `at-7`.
pub(super) fn number(token: &str) -> Option<u64> {
    token.get(3..)?.parse().ok()
}

impl Inner {
    fn issue(&mut self, grant: u64) -> u64 {
        self.numbers += 1;
        let token = RefreshToken { grant, state: State::Good, delivered: false };
        self.refresh_tokens.insert(self.numbers, token);
        self.access_tokens.insert(self.numbers, self.numbers);
        self.numbers
    }

    fn delivered(&mut self, number: u64) {
        if let Some(token) = self.refresh_tokens.get_mut(&number) {
            token.delivered = true;
        }
    }

    fn refresh(&mut self, form: &BTreeMap<String, String>) -> (u16, Value, Option<u64>) {
        let refused = (400, json!({"error": "invalid_grant"}), None);
        let Some(sent) = form.get("refresh_token").and_then(|token| number(token)) else { return refused };
        let Some(token) = self.refresh_tokens.get(&sent).copied() else { return refused };
        self.refreshes += 1;
        match token.state {
            State::Good => {}
            State::Revoked => return refused,
            State::Spent => {
                self.reused.push(sent);
                let family = self.refresh_tokens.values_mut().filter(|other| other.grant == token.grant);
                family.for_each(|token| token.state = State::Revoked);
                return refused;
            }
        }
        let mut answer = json!({"token_type": "Bearer", "expires_in": 300});
        let given = if self.keeps_tokens {
            self.numbers += 1;
            let number = self.numbers;
            self.access_tokens.insert(number, sent);
            answer["access_token"] = json!(format!("at-{number}"));
            None
        } else {
            let number = self.issue(token.grant);
            if let Some(spent) = self.refresh_tokens.get_mut(&sent) {
                spent.state = State::Spent;
            }
            answer["access_token"] = json!(format!("at-{number}"));
            answer["refresh_token"] = json!(format!("rt-{number}"));
            Some(number)
        };
        if let Some(scope) = form.get("scope") {
            answer["scope"] = json!(scope);
        }
        if self.narrows {
            let less = form.get("scope").cloned().or(form.get("resource").map(|_| "openid".to_owned()));
            self.scopes.extend(less.map(|scope| (token.grant, scope)));
            if let Some(scope) = self.scopes.get(&token.grant) {
                answer["scope"] = json!(scope);
            }
        }
        (200, answer, given)
    }

    /// A code is redeemed. The ID token that comes with the tokens cannot be read.
    fn redeem(&mut self) -> (u16, Value, Option<u64>) {
        self.grants += 1;
        let number = self.issue(self.grants);
        let answer = json!({
            "token_type": "Bearer",
            "access_token": format!("at-{number}"),
            "refresh_token": format!("rt-{number}"),
            "id_token": "e30.e30.e30",
        });
        (200, answer, Some(number))
    }

    /// Whether a token is good.
    pub(super) fn accepts(&self, token: &str) -> bool {
        let Some(number) = number(token) else { return false };
        if self.revoked.iter().any(|revoked| revoked == token) {
            return false;
        }
        if token.starts_with("rt-") {
            return self.refresh_tokens.get(&number).is_some_and(|token| token.state == State::Good);
        }
        let grant = |access: u64| Some(self.refresh_tokens.get(self.access_tokens.get(&access)?)?.grant);
        let of = grant(number);
        let newer = self.access_tokens.keys().any(|other| *other > number && grant(*other) == of);
        of.is_some() && !(newer && self.ends_earlier)
    }

    fn carry_out(&mut self, path: &str, form: &BTreeMap<String, String>) -> (u16, Value, Option<u64>) {
        match path {
            "/.well-known/openid-configuration" => {
                let at = |path: &str| format!("{ISSUER}{path}");
                let mut metadata = json!({
                    "issuer": ISSUER,
                    "authorization_endpoint": at("/authorize"),
                    "token_endpoint": at("/token"),
                    "revocation_endpoint": at("/revoke"),
                    "introspection_endpoint": at("/introspect"),
                    "device_authorization_endpoint": at("/device"),
                    "jwks_uri": at("/keys"),
                    "response_types_supported": ["code"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "code_challenge_methods_supported": ["S256"],
                    "scopes_supported": ["openid", "offline_access"],
                });
                if self.userinfo.is_some() {
                    metadata["userinfo_endpoint"] = json!(at("/userinfo"));
                }
                metadata["frontchannel_logout_supported"] = json!(self.frontchannel);
                metadata["frontchannel_logout_session_supported"] = json!(self.frontchannel_session);
                metadata["backchannel_logout_supported"] = json!(true);
                (200, metadata, None)
            }
            "/keys" => (200, json!({"keys": []}), None),
            "/token" if form.contains_key("refresh_token") => self.refresh(form),
            "/token" => self.redeem(),
            "/device" => {
                let page = format!("{ISSUER}/code");
                let codes = json!({"device_code": "code", "user_code": "CODE", "verification_uri": page, "expires_in": 600});
                (200, codes, None)
            }
            "/revoke" => {
                let token = form.get("token").cloned().unwrap_or_default();
                if let Some(known) = number(&token).and_then(|number| self.refresh_tokens.get_mut(&number))
                    && token.starts_with("rt-")
                {
                    known.state = State::Revoked;
                    if self.revocation_ends_all {
                        self.refresh_tokens.values_mut().for_each(|token| token.state = State::Revoked);
                    }
                }
                self.revoked.push(token);
                (200, json!({}), None)
            }
            "/userinfo" => (self.userinfo.unwrap_or(404), json!({"sub": "alice"}), None),
            "/introspect" if self.introspects => {
                let token = form.get("token").map_or("", String::as_str);
                (200, json!({"active": self.accepts(token)}), None)
            }
            "/introspect" => (401, json!({"error": "invalid_client"}), None),
            _ => (404, json!({}), None),
        }
    }

    fn fate(&mut self, path: &str) -> Fate {
        // What is read only is never in the way.
        if !matches!(path, "/token" | "/revoke") {
            return AT_ONCE;
        }
        if let Some(fate) = self.fates.pop_front() {
            return fate;
        }
        let fate = self.chooser.map_or(AT_ONCE, |choose| choose(path));
        if path == "/revoke" {
            // A provider that cannot be reached for long keeps what a process did not write down.
            let fails = !matches!(fate, Fate::Answered(..));
            self.failed_revocations = if fails { self.failed_revocations + 1 } else { 0 };
            if self.failed_revocations > 2 {
                self.failed_revocations = 0;
                return AT_ONCE;
            }
        }
        fate
    }
}

/// A new refresh token on its way. If it does not arrive, the client has nothing to go on with.
struct OnItsWay(Provider, u64, bool);

impl Drop for OnItsWay {
    fn drop(&mut self) {
        if !self.2 {
            let mut inner = self.0.inner();
            let grant = inner.refresh_tokens[&self.1].grant;
            inner.lost_grants.insert(grant);
            inner.lost_tokens.insert(self.1);
        }
    }
}

/// A refresh on its way: it counts until the client knows, or is gone.
struct UnderWay(Provider, u64);

impl UnderWay {
    fn new(provider: &Provider, form: &BTreeMap<String, String>) -> Option<Self> {
        let sent = number(form.get("refresh_token")?)?;
        let mut inner = provider.inner();
        // Whether a revoked token is still accepted may be tried at any time.
        let grant = inner.refresh_tokens.get(&sent).filter(|token| token.state != State::Revoked)?.grant;
        let count = inner.under_way.entry(grant).or_default();
        *count += 1;
        let count = *count;
        inner.most_under_way = inner.most_under_way.max(count);
        Some(Self(provider.clone(), grant))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        if let Some(count) = self.0.inner().under_way.get_mut(&self.1) {
            *count -= 1;
        }
    }
}

impl Script for Provider {
    fn answer(&self, request: Request<Vec<u8>>) -> Answering {
        let provider = self.clone();
        Box::pin(async move {
            let path = request.uri().path().to_owned();
            let form: BTreeMap<String, String> =
                form_urlencoded::parse(request.body()).into_owned().collect();
            let panics = provider.inner().panics_at.take_if(|at| *at == path).is_some();
            assert!(!panics, "a test");
            let fate = provider.inner().fate(&path);
            let _under_way = UnderWay::new(&provider, &form).filter(|_| path == "/token");
            let patience = if path == "/token" { PATIENT } else { IMPATIENT };
            let exchange = provider.exchange(&path, &form, fate);
            let mut answer = clock::timeout(patience, exchange).await.ok().flatten()?;
            if let Some(date) = provider.inner().date {
                answer.headers_mut().insert(http::header::DATE, http::HeaderValue::from_static(date));
            }
            Some(answer)
        })
    }
}

impl Provider {
    async fn exchange(
        &self,
        path: &str,
        form: &BTreeMap<String, String>,
        fate: Fate,
    ) -> Option<Response<Vec<u8>>> {
        let (there, back) = match fate {
            Fate::Answered(there, back) => (there, back),
            _ => (Duration::from_millis(20), Duration::from_millis(20)),
        };
        clock::sleep(there).await;
        if let Fate::Trouble(status) = fate {
            clock::sleep(back).await;
            return Some(response(status, b"{}".to_vec()));
        }
        if let Fate::Refused(code) = fate {
            return Some(response(400, json!({"error": code}).to_string().into_bytes()));
        }
        if fate == Fate::Portal {
            let mut page = response(200, b"<html>sign in to this network".to_vec());
            let html = http::HeaderValue::from_static("text/html; charset=utf-8");
            page.headers_mut().insert(http::header::CONTENT_TYPE, html);
            return Some(page);
        }
        if fate == Fate::Lost {
            return None;
        }
        let (status, answer, given) = self.inner().carry_out(path, form);
        let sent = form.get("refresh_token").or(form.get("token")).map_or("", String::as_str).to_owned();
        self.inner().log.push(format!("{:?} {path} {sent} {status} {fate:?}", clock::now().boot));
        let mut on_its_way = given.map(|number| OnItsWay(self.clone(), number, false));
        clock::sleep(back).await;
        match fate {
            Fate::AnswerLost => None,
            Fate::Malformed => Some(response(status, b"<html>".to_vec())),
            _ => {
                let mut answer = answer;
                match fate {
                    Fate::Odd(member) => answer[member] = json!(-1),
                    Fate::OverAtOnce => answer["expires_in"] = json!(0),
                    _ => {}
                }
                if let Some(given) = &mut on_its_way {
                    given.2 = true;
                    self.inner().delivered(given.1);
                }
                Some(response(status, serde_json::to_vec(&answer).unwrap_or_default()))
            }
        }
    }
}

fn response(status: u16, body: Vec<u8>) -> Response<Vec<u8>> {
    let mut response = Response::new(body);
    *response.status_mut() = http::StatusCode::from_u16(status).unwrap();
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    response
}

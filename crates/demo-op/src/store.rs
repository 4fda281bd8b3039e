//! What the provider remembers: transactions, sessions, codes and tokens. Every map is bounded, and of every secret
//! only the digest is here. Times are seconds since 1970, by the provider's clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::Hash;

use serde::{Deserialize, Serialize};

use crate::parameters::Parameters;
use crate::secret::{self, Digest};
use crate::users::User;
use crate::wishes;

/// How long an authorization code can be exchanged, in seconds.
pub(crate) const CODE_LIFETIME: u64 = 60;
/// How long a used code is remembered, so that a second use is noticed.
const USED_CODE_KEPT: u64 = 60 * 60;
/// How long somebody may take over a page.
const TRANSACTION_LIFETIME: u64 = 15 * 60;
/// How long the browser stays signed in at the provider.
const SESSION_LIFETIME: u64 = 12 * 60 * 60;

const TRANSACTIONS: usize = 512;
const SESSIONS: usize = 512;
const CODES: usize = 1024;
const FAMILIES: usize = 1024;
const ACCESS_TOKENS: usize = 4096;
const PUSHED: usize = 512;
const ONCE: usize = 8192;

/// The length of a refresh token: 16 bytes that name its family and 32 that are new with every rotation, in base64url.
const FAMILY_BYTES: usize = 16;
const REFRESH_TOKEN_BYTES: usize = FAMILY_BYTES + 32;

/// A page that waits for its form to come back.
#[derive(Clone)]
pub(crate) struct Transaction {
    /// Of the cookie of the browser that was given the page.
    pub(crate) browser: Digest,
    pub(crate) csrf: Digest,
    pub(crate) purpose: Purpose,
    expires: u64,
}

#[derive(Clone)]
pub(crate) enum Purpose {
    Authorize(AuthorizationRequest),
    EndSession(EndSessionRequest),
    Device(DeviceRequest),
}

/// A validated authorization request (OpenID Connect Core 3.1.2.1, RFC 7636).
#[derive(Clone)]
pub(crate) struct AuthorizationRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) scope: Vec<String>,
    pub(crate) code_challenge: String,
    pub(crate) prompt: Prompt,
    pub(crate) max_age: Option<u64>,
    pub(crate) login_hint: Option<String>,
    /// The subject of the `id_token_hint`.
    pub(crate) hinted_subject: Option<String>,
    pub(crate) acr_values: Option<String>,
    pub(crate) resource: Vec<String>,
    /// The key that the code is bound to (RFC 9449 section 10).
    pub(crate) dpop_jkt: Option<String>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Prompt {
    #[default]
    AsNeeded,
    None,
    Login,
    /// `consent` or `select_account`: somebody who is signed in is asked whether to go on.
    Ask,
}

/// A validated request to sign out.
#[derive(Clone, Default)]
pub(crate) struct EndSessionRequest {
    /// The `sid` of the ID token that was sent as a hint.
    pub(crate) sid: Option<String>,
    /// The subject of that ID token.
    pub(crate) subject: Option<String>,
    /// Where to go afterwards, `state` already added.
    pub(crate) return_to: Option<String>,
    /// Who asks, as the pages call it.
    pub(crate) client: Option<String>,
}

/// What somebody is asked about who entered the code of another device; before that, nothing.
#[derive(Clone)]
pub(crate) enum DeviceRequest {
    EnterCode,
    Confirm { user_code: String },
}

/// Somebody's signed-in browser.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user: &'static User,
    pub(crate) sid: String,
    pub(crate) auth_time: u64,
    /// Who was given a code in it, and so is told when it ends.
    clients: BTreeSet<String>,
    expires: u64,
}

/// A session that is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) sid: String,
    pub(crate) subject: String,
    /// Who has to be told.
    pub(crate) clients: BTreeSet<String>,
}

/// An authorization code that can still be exchanged, or one that was.
struct Code {
    state: CodeState,
    kept_until: u64,
}

enum CodeState {
    Fresh(Box<FreshCode>),
    /// With the family that it led to.
    Used(Option<Digest>),
}

/// What somebody allowed a client in a session.
pub(crate) struct Granted<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a [String],
    pub(crate) resource: &'a [String],
    pub(crate) nonce: Option<&'a str>,
    /// How the person signed in, for a client that asked.
    pub(crate) acr: Option<&'a str>,
    /// The key that everything that comes of it is bound to.
    pub(crate) jkt: Option<&'a str>,
    pub(crate) session: &'a Session,
}

#[derive(Clone)]
pub(crate) struct FreshCode {
    pub(crate) request: AuthorizationRequest,
    pub(crate) session: Session,
    /// When it was issued.
    pub(crate) issued: u64,
    expires: u64,
}

impl FreshCode {
    /// What it stands for, for a client that has shown the key `jkt`.
    pub(crate) fn granted<'a>(&'a self, jkt: Option<&'a str>) -> Granted<'a> {
        let age = self.issued.saturating_sub(self.session.auth_time);
        Granted {
            client_id: &self.request.client_id,
            scope: &self.request.scope,
            resource: &self.request.resource,
            nonce: self.request.nonce.as_deref(),
            acr: wishes::class(self.request.acr_values.as_deref(), age),
            jkt,
            session: &self.session,
        }
    }
}

/// What becomes of that which was issued with the scope `offline_access` when its session ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offline {
    End,
    Keep,
}

/// Everything that was issued because of one authorization code.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Family {
    pub(crate) client_id: String,
    pub(crate) subject: String,
    pub(crate) sid: String,
    pub(crate) auth_time: u64,
    pub(crate) scope: Vec<String>,
    #[serde(default)]
    pub(crate) resource: Vec<String>,
    /// The key that its refresh tokens are bound to.
    #[serde(default)]
    pub(crate) jkt: Option<String>,
    /// The digest of the one refresh token that is good now.
    refresh: Option<Digest>,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
}

impl Family {
    fn is_offline(&self) -> bool {
        self.scope.iter().any(|scope| scope == "offline_access")
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) family: Digest,
    pub(crate) scope: Vec<String>,
    /// Where it is good (RFC 8707). Empty: at this provider.
    #[serde(default)]
    pub(crate) resource: Vec<String>,
    /// The key that it is bound to.
    #[serde(default)]
    pub(crate) jkt: Option<String>,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
}

/// What became of a refresh token that was shown.
pub(crate) enum Refreshing {
    /// It was the good one. The family and its key.
    Good(Digest, Box<Family>),
    /// It belongs to a family, but was already used: the family is gone now.
    Reused,
    /// It belongs to another client: nothing changed.
    AnotherClient,
    Unknown,
}

/// What lasts beyond the process.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    families: HashMap<Digest, Family>,
    access_tokens: HashMap<Digest, AccessToken>,
}

#[derive(Default)]
pub(crate) struct Store {
    transactions: HashMap<Digest, Transaction>,
    sessions: HashMap<Digest, Session>,
    codes: HashMap<Digest, Code>,
    pushed: HashMap<Digest, (Parameters, u64)>,
    /// What may come once, and until when it is remembered.
    once: HashMap<Digest, u64>,
    tokens: Tokens,
}

impl Store {
    pub(crate) fn with_tokens(tokens: Tokens) -> Store {
        Store { tokens, ..Store::default() }
    }

    pub(crate) fn tokens(&self) -> Tokens {
        self.tokens.clone()
    }

    // Transactions

    pub(crate) fn begin(&mut self, id: &str, browser: Digest, csrf: Digest, purpose: Purpose, now: u64) {
        let transaction = Transaction { browser, csrf, purpose, expires: now + TRANSACTION_LIFETIME };
        bounded_insert(&mut self.transactions, TRANSACTIONS, Digest::of(id), transaction, now, |t| t.expires);
    }

    pub(crate) fn transaction(&self, id: &str, now: u64) -> Option<&Transaction> {
        self.transactions.get(&Digest::of(id)).filter(|transaction| transaction.expires > now)
    }

    /// Ends a transaction. Whether it was there: of two answers to one page, only the first counts.
    pub(crate) fn finish(&mut self, id: &str) -> bool {
        self.transactions.remove(&Digest::of(id)).is_some()
    }

    // Pushed authorization requests, and what is used up

    pub(crate) fn push(&mut self, reference: &str, parameters: Parameters, expires: u64, now: u64) {
        let pushed = (parameters, expires);
        bounded_insert(&mut self.pushed, PUSHED, Digest::of(reference), pushed, now, |pushed| pushed.1);
    }

    /// Takes a pushed request: it is good for one browser.
    pub(crate) fn take_pushed(&mut self, reference: &str, now: u64) -> Option<Parameters> {
        let (parameters, expires) = self.pushed.remove(&Digest::of(reference))?;
        (expires > now).then_some(parameters)
    }

    /// Notes that something was used. Whether that was the first time.
    pub(crate) fn note_once(&mut self, name: &str, until: u64, now: u64) -> bool {
        let name = Digest::of(name);
        if self.once.get(&name).is_some_and(|until| *until > now) {
            return false;
        }
        bounded_insert(&mut self.once, ONCE, name, until, now, |until| *until);
        true
    }

    // Sessions

    pub(crate) fn session(&self, cookie: &str, now: u64) -> Option<&Session> {
        self.sessions.get(&Digest::of(cookie)).filter(|session| session.expires > now)
    }

    /// Whether the session with this `sid` still lasts.
    pub(crate) fn lasts(&self, sid: &str, now: u64) -> bool {
        self.sessions.values().any(|session| session.sid == sid && session.expires > now)
    }

    /// Remembers that a client has something of this session, and so is told when it ends.
    pub(crate) fn involve(&mut self, sid: &str, client_id: &str) {
        for known in self.sessions.values_mut().filter(|known| known.sid == sid) {
            known.clients.insert(client_id.to_owned());
        }
    }

    /// Signs a browser in. Its earlier session, if it has one, ends; with the same user, the `sid` stays.
    pub(crate) fn sign_in(
        &mut self,
        earlier: Option<&str>,
        cookie: &str,
        sid: String,
        user: &'static User,
        now: u64,
    ) -> Session {
        let earlier = earlier.and_then(|earlier| self.sessions.remove(&Digest::of(earlier)));
        let (sid, clients) = match earlier {
            Some(earlier) if earlier.user.subject == user.subject && earlier.expires > now => {
                (earlier.sid, earlier.clients)
            }
            _ => (sid, BTreeSet::new()),
        };
        let session = Session { user, sid, auth_time: now, clients, expires: now + SESSION_LIFETIME };
        bounded_insert(&mut self.sessions, SESSIONS, Digest::of(cookie), session.clone(), now, |s| s.expires);
        session
    }

    /// Ends the session of this browser, every session with this `sid`, and what was issued in them.
    pub(crate) fn sign_out(
        &mut self,
        cookie: Option<&str>,
        sid: Option<&str>,
        offline: Offline,
    ) -> Vec<Ended> {
        let of_browser = cookie.and_then(|cookie| self.sessions.get(&Digest::of(cookie)));
        let of_browser = of_browser.map(|session| session.sid.clone());
        self.end(offline, |_, ended| Some(ended) == sid || Some(ended) == of_browser.as_deref())
    }

    /// Ends the sessions of somebody, or everybody's.
    pub(crate) fn end_sessions(&mut self, subject: Option<&str>, offline: Offline) -> Vec<Ended> {
        self.end(offline, |ended, _| subject.is_none_or(|subject| subject == ended))
    }

    /// Ends what `is_meant` says by subject and `sid`.
    fn end(&mut self, offline: Offline, is_meant: impl Fn(&str, &str) -> bool) -> Vec<Ended> {
        let mut ended = BTreeMap::<String, Ended>::new();
        let mut note = |subject: &str, sid: &str, clients: &BTreeSet<String>| {
            let known = ended.entry(sid.to_owned()).or_insert_with(|| Ended {
                sid: sid.to_owned(),
                subject: subject.to_owned(),
                clients: BTreeSet::new(),
            });
            known.clients.extend(clients.iter().cloned());
        };
        self.sessions.retain(|_, session| {
            let ends = is_meant(session.user.subject, &session.sid);
            if ends {
                note(session.user.subject, &session.sid, &session.clients);
            }
            !ends
        });
        self.codes.retain(|_, code| match &code.state {
            CodeState::Fresh(fresh) => !is_meant(fresh.session.user.subject, &fresh.session.sid),
            CodeState::Used(_) => true,
        });
        self.tokens.families.retain(|_, family| {
            let ends =
                is_meant(&family.subject, &family.sid) && !(offline == Offline::Keep && family.is_offline());
            // After a restart, this is all that is known of the session.
            if ends {
                note(&family.subject, &family.sid, &BTreeSet::from([family.client_id.clone()]));
            }
            !ends
        });
        self.drop_orphans();
        ended.into_values().collect()
    }

    /// Ends everything.
    pub(crate) fn revoke_all(&mut self) {
        self.sessions.clear();
        self.codes.clear();
        self.tokens = Tokens::default();
    }

    // Authorization codes

    pub(crate) fn issue_code(
        &mut self,
        code: &str,
        request: AuthorizationRequest,
        session: Session,
        now: u64,
    ) {
        self.involve(&session.sid, &request.client_id);
        let fresh = FreshCode { request, session, issued: now, expires: now + CODE_LIFETIME };
        let code = (
            Digest::of(code),
            Code { state: CodeState::Fresh(Box::new(fresh)), kept_until: now + USED_CODE_KEPT },
        );
        bounded_insert(&mut self.codes, CODES, code.0, code.1, now, |code| code.kept_until);
    }

    /// Takes an authorization code: the first time, it is returned if it is still good. Any other time, what it led to
    /// is revoked (RFC 6749 section 4.1.2).
    pub(crate) fn take_code(&mut self, code: &str, now: u64) -> Option<FreshCode> {
        let code = self.codes.get_mut(&Digest::of(code)).filter(|code| code.kept_until > now)?;
        match std::mem::replace(&mut code.state, CodeState::Used(None)) {
            CodeState::Fresh(fresh) => Some(*fresh).filter(|fresh| fresh.expires > now),
            CodeState::Used(family) => {
                if let Some(family) = family {
                    self.revoke_family(family);
                }
                None
            }
        }
    }

    // Tokens

    /// Begins a family for what was granted, with an authorization code or without one. Without `refresh_token` it lasts
    /// as long as its access token.
    pub(crate) fn begin_family(
        &mut self,
        code: Option<&str>,
        granted: &Granted<'_>,
        handle: [u8; FAMILY_BYTES],
        refresh_token: Option<&str>,
        expires: u64,
        now: u64,
    ) -> Digest {
        let key = Digest::of(handle);
        let family = Family {
            client_id: granted.client_id.to_owned(),
            subject: granted.session.user.subject.to_owned(),
            sid: granted.session.sid.clone(),
            auth_time: granted.session.auth_time,
            scope: granted.scope.to_vec(),
            resource: granted.resource.to_vec(),
            jkt: granted.jkt.map(str::to_owned),
            refresh: refresh_token.map(Digest::of),
            issued: now,
            expires,
        };
        bounded_insert(&mut self.tokens.families, FAMILIES, key, family, now, |family| family.expires);
        if let Some(code) = code.and_then(|code| self.codes.get_mut(&Digest::of(code))) {
            code.state = CodeState::Used(Some(key));
        }
        self.drop_orphans();
        key
    }

    /// Looks at a refresh token that a client shows in order to use it. It names its family, so that a token that was
    /// used before is told from one that never was, however long ago that is.
    pub(crate) fn refreshing(&mut self, token: &str, client_id: &str, now: u64) -> Refreshing {
        let Some((key, family)) = self.family_of(token, now) else { return Refreshing::Unknown };
        if family.client_id != client_id {
            return Refreshing::AnotherClient;
        }
        match &family.refresh {
            Some(good) if good.matches(token) => Refreshing::Good(key, Box::new(family.clone())),
            _ => {
                self.revoke_family(key);
                Refreshing::Reused
            }
        }
    }

    /// Replaces the refresh token of a family.
    pub(crate) fn rotate(&mut self, key: Digest, refresh_token: &str, expires: u64, now: u64) {
        if let Some(family) = self.tokens.families.get_mut(&key) {
            family.refresh = Some(Digest::of(refresh_token));
            family.issued = now;
            family.expires = expires;
        }
    }

    pub(crate) fn issue_access_token(&mut self, token: &str, issued: AccessToken, now: u64) {
        let limit = ACCESS_TOKENS;
        bounded_insert(&mut self.tokens.access_tokens, limit, Digest::of(token), issued, now, |t| t.expires);
    }

    /// An access token that is good now, with its family.
    pub(crate) fn access_token(&self, token: &str, now: u64) -> Option<(&AccessToken, &Family)> {
        let access =
            self.tokens.access_tokens.get(&Digest::of(token)).filter(|access| access.expires > now)?;
        Some((access, self.tokens.families.get(&access.family)?))
    }

    /// A refresh token that is good now.
    pub(crate) fn refresh_token(&self, token: &str, now: u64) -> Option<&Family> {
        let (_, family) = self.family_of(token, now)?;
        family.refresh.as_ref().is_some_and(|good| good.matches(token)).then_some(family)
    }

    /// The family that a refresh token belongs to, whether it is the good one or an earlier one.
    pub(crate) fn family_of(&self, token: &str, now: u64) -> Option<(Digest, &Family)> {
        let bytes = secret::decode(token).filter(|bytes| bytes.len() == REFRESH_TOKEN_BYTES)?;
        let key = Digest::of(&bytes[..FAMILY_BYTES]);
        self.tokens.families.get(&key).filter(|family| family.expires > now).map(|family| (key, family))
    }

    pub(crate) fn revoke_family(&mut self, key: Digest) {
        self.tokens.families.remove(&key);
        self.drop_orphans();
    }

    pub(crate) fn revoke_access_token(&mut self, token: &str) {
        self.tokens.access_tokens.remove(&Digest::of(token));
    }

    /// An access token lasts no longer than its family.
    fn drop_orphans(&mut self) {
        let Tokens { families, access_tokens } = &mut self.tokens;
        access_tokens.retain(|_, access| families.contains_key(&access.family));
    }
}

/// A family's handle, for a new family.
pub(crate) fn family_handle() -> Result<[u8; FAMILY_BYTES], getrandom::Error> {
    secret::random()
}

/// A new refresh token of the family with this handle.
pub(crate) fn new_refresh_token(handle: [u8; FAMILY_BYTES]) -> Result<String, getrandom::Error> {
    let mut bytes = handle.to_vec();
    bytes.extend(secret::random::<32>()?);
    Ok(secret::encode(&bytes))
}

/// The handle in a refresh token that is known to be good.
pub(crate) fn handle_in(refresh_token: &str) -> Option<[u8; FAMILY_BYTES]> {
    secret::decode(refresh_token)?.get(..FAMILY_BYTES)?.try_into().ok()
}

/// Puts a value in, after what has expired has gone and, if need be, what expires first.
pub(crate) fn bounded_insert<K: Copy + Eq + Hash, V>(
    map: &mut HashMap<K, V>,
    limit: usize,
    key: K,
    value: V,
    now: u64,
    expires: impl Fn(&V) -> u64,
) {
    map.retain(|_, value| expires(value) > now);
    while map.len() >= limit {
        let Some(first) = map.iter().min_by_key(|(_, value)| expires(value)).map(|(key, _)| *key) else {
            break;
        };
        map.remove(&first);
    }
    map.insert(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_makes_room_by_what_is_over_and_then_by_what_ends_first() {
        let mut map = HashMap::from([(1, 10), (2, 20), (3, 30)]);
        bounded_insert(&mut map, 3, 4, 40, 10, |expires| *expires);
        assert_eq!(map, HashMap::from([(2, 20), (3, 30), (4, 40)]));
        bounded_insert(&mut map, 3, 5, 50, 10, |expires| *expires);
        assert_eq!(map, HashMap::from([(3, 30), (4, 40), (5, 50)]));
    }
}

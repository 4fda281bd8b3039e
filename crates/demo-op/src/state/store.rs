//! The store: transactions, sessions, codes and tokens. Every map is bounded, and secrets are stored as digests only. Times
//! are seconds since 1970, by the provider's clock.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::crypto::secret::Digest;
use crate::http::Parameters;
use crate::state::acr;
use crate::state::bounded::bounded_insert;
use crate::state::purpose::{AuthorizationRequest, Purpose};
use crate::state::token_store::{FAMILY_BYTES, Family, Lifetime, Tokens};
use crate::state::users::User;

/// The lifetime of an authorization code, in seconds.
pub(crate) const CODE_LIFETIME: u64 = 60;
/// The time for which a used code is remembered, in seconds, so that a second use is noticed.
const USED_CODE_KEPT: u64 = 60 * 60;
/// The time that a person may take for a page, in seconds.
const TRANSACTION_LIFETIME: u64 = 15 * 60;
/// The lifetime of the browser's session at the provider, in seconds.
pub(crate) const SESSION_LIFETIME: u64 = 12 * 60 * 60;

const TRANSACTIONS: usize = 512;
const SESSIONS: usize = 512;
const CODES: usize = 1024;
const PUSHED: usize = 512;
const ONCE: usize = 8192;

/// A page that waits for its form to come back.
#[derive(Clone)]
pub(crate) struct Transaction {
    /// The digest of the cookie of the browser that was given the page.
    pub(crate) browser: Digest,
    pub(crate) csrf: Digest,
    pub(crate) purpose: Purpose,
    expires: u64,
}

/// A browser's session.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) user: &'static User,
    pub(crate) sid: String,
    pub(crate) auth_time: u64,
    /// The clients that were given a code in it, and so are notified of its end.
    clients: BTreeSet<String>,
    expires: u64,
}

/// A session that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    pub(crate) sid: String,
    pub(crate) subject: String,
    /// The clients to notify.
    pub(crate) clients: BTreeSet<String>,
}

/// An authorization code that can still be exchanged, or a used one.
struct Code {
    state: CodeState,
    kept_until: u64,
}

enum CodeState {
    Fresh(Box<FreshCode>),
    /// With the token family that it led to.
    Used(Option<Digest>),
}

/// A person's grant to a client in a session.
pub(crate) struct Granted<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) scope: &'a [String],
    pub(crate) resource: &'a [String],
    pub(crate) nonce: Option<&'a str>,
    /// The authentication context class, for a client that requested one.
    pub(crate) acr: Option<&'a str>,
    /// The key that all tokens of the grant are bound to.
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
    /// The grant of the code, for a client that has proved the key `jkt`.
    pub(crate) fn granted<'a>(&'a self, jkt: Option<&'a str>) -> Granted<'a> {
        let age = self.issued.saturating_sub(self.session.auth_time);
        Granted {
            client_id: &self.request.client_id,
            scope: &self.request.scope,
            resource: &self.request.resource,
            nonce: self.request.nonce.as_deref(),
            acr: acr::class(self.request.acr_values.as_deref(), age),
            jkt,
            session: &self.session,
        }
    }
}

/// The handling of tokens with the scope `offline_access` when their session ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Offline {
    End,
    Keep,
}

#[derive(Default)]
pub(crate) struct Store {
    transactions: HashMap<Digest, Transaction>,
    sessions: HashMap<Digest, Session>,
    codes: HashMap<Digest, Code>,
    pushed: HashMap<Digest, (Parameters, u64)>,
    /// The person who is signed in at the provider behind this one, by that provider's cookie, and the end of that session.
    upstream: HashMap<Digest, (&'static User, u64)>,
    /// Values that can be used once, and the time until which they are remembered.
    once: HashMap<Digest, u64>,
    pub(crate) tokens: Tokens,
}

impl Store {
    pub(crate) fn with_tokens(tokens: Tokens) -> Store {
        Store { tokens, ..Store::default() }
    }

    // Transactions

    pub(crate) fn begin(&mut self, id: &str, browser: Digest, csrf: Digest, purpose: Purpose, now: u64) {
        let transaction = Transaction { browser, csrf, purpose, expires: now + TRANSACTION_LIFETIME };
        bounded_insert(&mut self.transactions, TRANSACTIONS, Digest::of(id), transaction, now, |t| t.expires);
    }

    pub(crate) fn transaction(&self, id: &str, now: u64) -> Option<&Transaction> {
        self.transactions.get(&Digest::of(id)).filter(|transaction| transaction.expires > now)
    }

    /// Ends a transaction. Returns whether it existed: of two answers to one page, only the first counts.
    pub(crate) fn finish(&mut self, id: &str) -> bool {
        self.transactions.remove(&Digest::of(id)).is_some()
    }

    // Pushed authorization requests, and values that can be used once

    pub(crate) fn push(&mut self, reference: &str, parameters: Parameters, expires: u64, now: u64) {
        let pushed = (parameters, expires);
        bounded_insert(&mut self.pushed, PUSHED, Digest::of(reference), pushed, now, |pushed| pushed.1);
    }

    /// Takes a pushed request, which can be used in one browser.
    pub(crate) fn take_pushed(&mut self, reference: &str, now: u64) -> Option<Parameters> {
        let (parameters, expires) = self.pushed.remove(&Digest::of(reference))?;
        (expires > now).then_some(parameters)
    }

    /// Notes the use of a value. Returns whether it is the first.
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

    /// Whether the session with this `sid` has not ended.
    pub(crate) fn lasts(&self, sid: &str, now: u64) -> bool {
        self.sessions.values().any(|session| session.sid == sid && session.expires > now)
    }

    /// Notes that a client has tokens of this session, so that it is notified of its end.
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
        expires: u64,
        now: u64,
    ) -> Session {
        let earlier = earlier.and_then(|earlier| self.sessions.remove(&Digest::of(earlier)));
        let (sid, clients) = match earlier {
            Some(earlier) if earlier.user.subject == user.subject && earlier.expires > now => {
                (earlier.sid, earlier.clients)
            }
            _ => (sid, BTreeSet::new()),
        };
        let session = Session { user, sid, auth_time: now, clients, expires };
        bounded_insert(&mut self.sessions, SESSIONS, Digest::of(cookie), session.clone(), now, |s| s.expires);
        session
    }

    /// Whether there is a session with this `sid` whose only client is this one.
    pub(crate) fn is_only_client(&self, sid: &str, client_id: &str) -> bool {
        let mut sessions = self.sessions.values().filter(|session| session.sid == sid).peekable();
        sessions.peek().is_some()
            && sessions.all(|session| session.clients.iter().all(|client| client == client_id))
    }

    /// Ends the session of this browser, every session with this `sid`, and their tokens.
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

    /// Ends the sessions of one person, or all.
    pub(crate) fn end_sessions(&mut self, subject: Option<&str>, offline: Offline) -> Vec<Ended> {
        self.end(offline, |ended, _| subject.is_none_or(|subject| subject == ended))
    }

    /// Ends the sessions for which `is_meant` is true, by subject and `sid`.
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
        let is_kept = |family: &Family| offline == Offline::Keep && family.is_offline();
        let families = self.tokens.end(|family| is_meant(&family.subject, &family.sid) && !is_kept(family));
        for family in families {
            // After a restart, only the family is known of the session.
            note(&family.subject, &family.sid, &BTreeSet::from([family.client_id]));
        }
        ended.into_values().collect()
    }

    /// Signs a browser in at the provider behind this one.
    pub(crate) fn sign_in_upstream(&mut self, cookie: &str, user: &'static User, now: u64) {
        let value = (user, now + SESSION_LIFETIME);
        bounded_insert(&mut self.upstream, SESSIONS, Digest::of(cookie), value, now, |value| value.1);
    }

    /// The person who is signed in in this browser at the provider behind this one.
    pub(crate) fn upstream(&self, cookie: &str, now: u64) -> Option<&'static User> {
        self.upstream.get(&Digest::of(cookie)).filter(|(_, until)| *until > now).map(|(user, _)| *user)
    }

    pub(crate) fn sign_out_upstream(&mut self, cookie: &str) {
        self.upstream.remove(&Digest::of(cookie));
    }

    /// The number of browsers that are signed in at the provider behind this one.
    pub(crate) fn upstream_sessions(&self, now: u64) -> usize {
        self.upstream.values().filter(|(_, until)| *until > now).count()
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

    /// Takes an authorization code. The first time, it is returned if it is still valid. Any later time, the tokens that it
    /// led to are revoked (RFC 6749 section 4.1.2).
    pub(crate) fn take_code(&mut self, code: &str, now: u64) -> Option<FreshCode> {
        let code = self.codes.get_mut(&Digest::of(code)).filter(|code| code.kept_until > now)?;
        match std::mem::replace(&mut code.state, CodeState::Used(None)) {
            CodeState::Fresh(fresh) => Some(*fresh).filter(|fresh| fresh.expires > now),
            CodeState::Used(family) => {
                if let Some(family) = family {
                    self.tokens.revoke_family(family);
                }
                None
            }
        }
    }

    /// Begins a token family for a grant, with an authorization code or without one. Without `refresh_token` it lasts as
    /// long as its access token.
    pub(crate) fn begin_family(
        &mut self,
        code: Option<&str>,
        granted: &Granted<'_>,
        handle: [u8; FAMILY_BYTES],
        refresh_token: Option<&str>,
        lifetime: Lifetime,
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
            earlier: Vec::new(),
            issued: now,
            expires: lifetime.expires(now),
            ends: lifetime.ends,
        };
        self.tokens.add_family(key, family, now);
        if let Some(code) = code.and_then(|code| self.codes.get_mut(&Digest::of(code))) {
            code.state = CodeState::Used(Some(key));
        }
        key
    }
}

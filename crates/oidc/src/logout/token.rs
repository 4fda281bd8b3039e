//! Logout tokens: OpenID Connect Back-Channel Logout 1.0.

use std::fmt;
use std::time::{Duration, SystemTime};

use openidconnect::core::CoreJsonWebKeySet;
use serde_json::{Map, Value};

use crate::client::relying_party::RelyingParty;
use crate::error::Error;
use crate::error::logout_token::LogoutTokenError;
use crate::http::Http;
use crate::identity::Identity;
use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::jwt::{
    self, CLOCK_SKEW, Kind, Refusal, Signer, audiences, check_issuer, is_name, issued_at, seconds, text, time,
};
use crate::provider::keys::Occasion;

/// The longest time after its issue that a logout token is accepted, whatever its `exp`. Section 4 recommends two minutes.
/// An expired token need not be remembered ([`ReplayGuard`](crate::ReplayGuard)).
pub const MAX_LOGOUT_TOKEN_AGE: Duration = Duration::from_secs(10 * 60);

/// The same for a token without `exp`. The final specification requires one (section 2.4), its drafts did not, and some
/// providers still send none. Section 4 recommends two minutes.
const MAX_AGE_WITHOUT_EXPIRATION: Duration = Duration::from_secs(2 * 60);

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
const MAX_TOKEN: usize = 16 * 1024;
const KIND: Kind = Kind { types: &["logout+jwt", "jwt"], is_required: false };

/// A validated logout token (section 2.4): all sessions of this person have ended, or this one session.
#[derive(Clone, PartialEq, Eq)]
pub struct LogoutToken {
    /// `iss`, byte for byte.
    pub issuer: String,
    /// `sub`: the person. Either this or `sid` is set, or both.
    pub subject: Option<String>,
    /// `sid`: which session.
    pub sid: Option<String>,
    /// `jti`: unique for each token.
    pub jti: String,
    /// `iat`, in seconds since 1970.
    pub issued_at: u64,
    /// `exp`, in seconds since 1970; without one, two minutes after `iat`.
    pub expires_at: u64,
    /// `alg` of its header.
    pub signed_with: SigningAlgorithm,
}

impl fmt::Debug for LogoutToken {
    /// Without the person's data, which do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogoutToken")
            .field("issuer", &self.issuer)
            .field("jti", &self.jti)
            .finish_non_exhaustive()
    }
}

impl LogoutToken {
    /// True if this session is meant.
    ///
    /// The names in the token have to be the session's. A session whose ID token had no `sid` is meant by a token with its
    /// subject, and never by one with only a `sid`. A token that names only the person has to be younger than the session,
    /// which began at `began`, in seconds since 1970: a delayed or replayed token is about an earlier session.
    ///
    /// It has to be signed as the ID token of the sign-in was, or with `registered`, if the client has registered an algorithm (section
    /// 2.6, rule 2). Every session that it may end is asked, not only the one whose address it was sent to.
    pub fn answers(&self, identity: &Identity, began: u64, registered: Option<SigningAlgorithm>) -> bool {
        let session = identity.sid.as_deref().filter(|sid| !sid.is_empty());
        let person = self.subject.as_deref().map(|subject| subject == identity.subject);
        let session = match (self.sid.as_deref(), session) {
            (Some(ended), Some(ours)) => Some(ended == ours),
            (Some(_), None) | (None, _) => None,
        };
        // A symmetric one is always registered.
        let algorithm = registered.or(identity.signed_with.filter(|algorithm| !algorithm.is_symmetric()));
        // All values that can be compared are equal, and at least one was compared.
        algorithm.is_none_or(|algorithm| algorithm == self.signed_with)
            && self.issuer == identity.issuer
            && person != Some(false)
            && session != Some(false)
            && (session.is_some() || (person.is_some() && !identity.is_younger_than(self.issued_at, began)))
    }

    /// True if nothing in it says that another session is meant. That is less than [an answer](Self::answers): if it is all that there
    /// is, no such token can ever end this session.
    pub fn may_be_about(&self, identity: &Identity, began: u64) -> bool {
        let Self { issuer, subject, sid, issued_at, .. } = self;
        may_be_about(issuer, subject.as_deref(), sid.as_deref(), Some(*issued_at), identity, began)
    }

    /// Whether it names a session (`sid`), and not only a user.
    pub fn names_a_session(&self) -> bool {
        self.sid.is_some()
    }

    /// The time from which it would be refused as too old.
    pub(crate) fn refused_from(&self) -> u64 {
        let age = self.issued_at.saturating_add(MAX_LOGOUT_TOKEN_AGE.as_secs());
        age.min(self.expires_at).saturating_add(CLOCK_SKEW.as_secs()).saturating_add(1)
    }
}

impl RelyingParty {
    /// Validates a logout token (section 2.6), except for its replay: see [`ReplayGuard`](crate::ReplayGuard).
    ///
    /// For an unknown `kid` the provider's keys are read again, at most once a minute. A transient error is not about the
    /// token; the provider may send it again.
    pub async fn logout_token(&self, http: &Http, raw: &str, now: SystemTime) -> Result<LogoutToken, Error> {
        self.judged(http, now, Occasion::Message, |keys| verify(raw, keys, self, now)).await
    }
}

/// A logout token that was refused, although the provider has signed it for this client: its sign-outs do not reach us.
pub struct UnusableLogoutToken {
    issuer: String,
    subject: Option<String>,
    sid: Option<String>,
    issued_at: Option<u64>,
}

impl UnusableLogoutToken {
    /// True if nothing in it says that another session is meant, which began at `began`, in seconds since 1970.
    pub fn may_be_about(&self, identity: &Identity, began: u64) -> bool {
        let Self { issuer, subject, sid, issued_at } = self;
        may_be_about(issuer, subject.as_deref(), sid.as_deref(), *issued_at, identity, began)
    }
}

/// Whether none of these values, as far as they are there, is another one than the session's.
fn may_be_about(
    issuer: &str,
    subject: Option<&str>,
    sid: Option<&str>,
    issued_at: Option<u64>,
    identity: &Identity,
    began: u64,
) -> bool {
    let ours = identity.sid.as_deref().filter(|sid| !sid.is_empty());
    let session = sid.zip(ours).map(|(ended, ours)| ended == ours);
    let younger = issued_at.is_some_and(|issued_at| identity.is_younger_than(issued_at, began));
    issuer == identity.issuer
        && subject.is_none_or(|subject| subject == identity.subject)
        && session.unwrap_or(!younger)
}

impl RelyingParty {
    /// What a refused token says about itself, if the provider has signed it for this client, with a key that is known. Nothing is
    /// asked, and nothing follows from it for a session.
    pub fn unusable_logout_token(&self, raw: &str) -> Option<UnusableLogoutToken> {
        if raw.len() > MAX_TOKEN {
            return None;
        }
        let asymmetric: Vec<_> = SigningAlgorithm::asymmetric().collect();
        let algorithms = self.registration().id_token_alg.filter(|algorithm| algorithm.is_symmetric());
        let algorithms = algorithms.map_or(asymmetric, |algorithm| vec![algorithm]);
        let secret = self.registration().client_secret.as_ref();
        let signer = Signer { keys: &self.provider().keys(), algorithms: &algorithms, secret };
        let addressed = |claims: &Map<String, Value>| {
            let issuer = issuer(claims, self)?;
            check_audience(claims, self)?;
            // Not an ID token, which anyone can have.
            let is_ours = claims.get("events").is_some_and(|events| events.get(EVENT).is_some());
            if is_ours { Ok(issuer) } else { Err(LogoutTokenError::EventMismatch) }
        };
        let (issuer, verified) = jwt::verify(raw, &KIND, &signer, addressed).ok()?;
        let named = |name| given(&verified.claims, name).ok().flatten();
        let (subject, sid) = (named("sub"), named("sid"));
        let issued_at = time(&verified.claims, "iat").ok().flatten();
        Some(UnusableLogoutToken { issuer, subject, sid, issued_at })
    }
}

/// Cheap checks come first, because anyone can send us a token.
pub(crate) fn verify(
    raw: &str,
    keys: &CoreJsonWebKeySet,
    client: &RelyingParty,
    now: SystemTime,
) -> Result<LogoutToken, Refusal<LogoutTokenError>> {
    if raw.len() > MAX_TOKEN {
        return Err(LogoutTokenError::TooLong.into());
    }
    let signer = Signer {
        keys,
        algorithms: client.algorithms(),
        secret: client.registration().client_secret.as_ref(),
    };
    let (token, verified) = jwt::verify(raw, &KIND, &signer, |claims| check_claims(claims, client, now))?;
    Ok(token(verified.algorithm))
}

/// The token, once it is known what it is signed with.
fn check_claims(
    claims: &Map<String, Value>,
    client: &RelyingParty,
    now: SystemTime,
) -> Result<impl FnOnce(SigningAlgorithm) -> LogoutToken + use<>, LogoutTokenError> {
    let issuer = issuer(claims, client)?;
    check_audience(claims, client)?;
    let (issued_at, expires_at) = check_times(claims, now)?;
    check_event(claims)?;
    // Even a `nonce` that is null: it would not be there by accident.
    if claims.contains_key("nonce") {
        return Err(LogoutTokenError::NoncePresent);
    }
    let jti = given(claims, "jti")?.ok_or(LogoutTokenError::IdMissing)?;
    if !is_name(&jti) {
        return Err(LogoutTokenError::IdInvalid);
    }
    let (subject, sid) = (given(claims, "sub")?, given(claims, "sid")?);
    if subject.is_none() && sid.is_none() {
        return Err(LogoutTokenError::SubjectMissing);
    }
    if !subject.as_deref().is_none_or(is_name) {
        return Err(LogoutTokenError::SubjectInvalid);
    }
    Ok(move |signed_with| LogoutToken { issuer, subject, sid, jti, issued_at, expires_at, signed_with })
}

/// The provider's, or that of one of its tenants: [`LogoutToken::answers`] compares it with the issuer of the session.
fn issuer(claims: &Map<String, Value>, client: &RelyingParty) -> Result<String, LogoutTokenError> {
    let Some(tenants) = client.provider().tenants() else {
        let issuer = client.provider().issuer();
        check_issuer(claims, issuer)?;
        return Ok(issuer.to_owned());
    };
    let found = text(claims, "iss")?.ok_or(LogoutTokenError::IssuerMissing)?;
    match tenants.fits(found) {
        true => Ok(found.to_owned()),
        false => Err(LogoutTokenError::IssuerMismatch),
    }
}

/// As for an ID token (OpenID Connect Core 1.0, section 3.1.3.7, rule 3).
fn check_audience(claims: &Map<String, Value>, client: &RelyingParty) -> Result<(), LogoutTokenError> {
    let registration = client.registration();
    let audiences = audiences(claims)?;
    if !audiences.contains(&registration.client_id.as_str()) {
        return Err(LogoutTokenError::AudienceMismatch);
    }
    let trusted = |audience: &&str| {
        *audience == registration.client_id || registration.trusted_audiences.iter().any(|t| t == audience)
    };
    if audiences.iter().all(trusted) { Ok(()) } else { Err(LogoutTokenError::AudienceUntrusted) }
}

fn check_times(claims: &Map<String, Value>, now: SystemTime) -> Result<(u64, u64), LogoutTokenError> {
    let issued = issued_at(claims, now)?;
    let (now, skew) = (seconds(now), CLOCK_SKEW.as_secs());
    let over = |end: u64| end.saturating_add(skew) <= now;
    let Some(expires) = time(claims, "exp")? else {
        let expires = issued.saturating_add(MAX_AGE_WITHOUT_EXPIRATION.as_secs());
        return if over(expires) { Err(LogoutTokenError::TooOld) } else { Ok((issued, expires)) };
    };
    if over(expires) {
        return Err(LogoutTokenError::Expired);
    }
    if now.saturating_sub(issued) > MAX_LOGOUT_TOKEN_AGE.as_secs() + skew {
        return Err(LogoutTokenError::TooOld);
    }
    Ok((issued, expires))
}

fn check_event(claims: &Map<String, Value>) -> Result<(), LogoutTokenError> {
    let events = claims.get("events").and_then(Value::as_object).ok_or(LogoutTokenError::EventsMissing)?;
    if events.get(EVENT).is_some_and(Value::is_object) {
        Ok(())
    } else {
        Err(LogoutTokenError::EventMismatch)
    }
}

fn given(claims: &Map<String, Value>, name: &'static str) -> Result<Option<String>, LogoutTokenError> {
    Ok(text(claims, name)?.filter(|text| !text.is_empty()).map(str::to_owned))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://id.example.com";

    fn token(subject: Option<&str>, sid: Option<&str>) -> LogoutToken {
        LogoutToken {
            issuer: ISSUER.into(),
            subject: subject.map(Into::into),
            sid: sid.map(Into::into),
            jti: "1".into(),
            issued_at: 0,
            expires_at: 0,
            signed_with: SigningAlgorithm::Es256,
        }
    }

    fn session(subject: &str, sid: Option<&str>) -> Identity {
        let claims = json!({ "sid": sid });
        Identity::from_claims(ISSUER, subject, claims.as_object().unwrap())
    }

    #[test]
    fn a_logout_token_ends_the_session_that_it_names_and_no_other() {
        let (ours, without_sid) = (session("alice", Some("s1")), session("alice", None));
        for (subject, sid, ends_ours, ends_without_sid) in [
            (Some("alice"), Some("s1"), true, true),
            (Some("alice"), Some("s2"), false, true),
            (Some("alice"), None, true, true),
            (Some("bob"), Some("s1"), false, false),
            (Some("bob"), None, false, false),
            (None, Some("s1"), true, false),
            (None, Some("s2"), false, false),
            (None, None, false, false),
        ] {
            let token = token(subject, sid);
            assert_eq!(token.answers(&ours, 0, None), ends_ours, "{subject:?} {sid:?}");
            assert_eq!(token.answers(&without_sid, 0, None), ends_without_sid, "{subject:?} {sid:?}");
        }
        let elsewhere =
            LogoutToken { issuer: "https://evil.example".into(), ..token(Some("alice"), Some("s1")) };
        assert!(!elsewhere.answers(&ours, 0, None));
        assert!(!token(None, Some("")).answers(&session("alice", Some("")), 0, None));
    }

    #[test]
    fn a_logout_token_that_is_late_does_not_end_the_next_session_of_that_person() {
        let late = LogoutToken { issued_at: 1_000, ..token(Some("alice"), None) };
        let again = session("alice", None);
        assert!(late.answers(&again, 1_060, None), "the clocks may differ by a minute");
        assert!(!late.answers(&again, 1_061, None));
        // The provider's own clock is exact.
        let authenticated = |at| Identity { auth_time: Some(at), ..session("alice", None) };
        assert!(late.answers(&authenticated(1_000), 9_000, None));
        assert!(!late.answers(&authenticated(1_001), 0, None));
        // A session that is named is that session, whenever it began.
        let named = LogoutToken { issued_at: 1_000, ..token(Some("alice"), Some("s1")) };
        assert!(named.answers(&session("alice", Some("s1")), 9_000, None));
        assert!(!named.answers(&again, 9_000, None));
    }

    /// Section 2.6, rule 2.
    #[test]
    fn a_logout_token_ends_no_session_whose_id_token_was_signed_otherwise() {
        use SigningAlgorithm::{Es256, Ps256, Rs256};
        let token = token(Some("alice"), Some("s1"));
        for (signed_with, registered, ends) in [
            (Some(Es256), None, true),
            (Some(Rs256), None, false),
            // A session of an earlier version.
            (None, None, true),
            (Some(Rs256), Some(Es256), true),
            (Some(Es256), Some(Ps256), false),
        ] {
            let ours = Identity { signed_with, ..session("alice", Some("s1")) };
            assert_eq!(token.answers(&ours, 0, registered), ends, "{signed_with:?} {registered:?}");
        }
    }

    #[test]
    fn a_logout_token_does_not_print_whose_it_is() {
        let printed = format!("{:?}", token(Some("canary-sub"), Some("canary-sid")));
        assert!(!printed.contains("canary"), "{printed}");
    }
}

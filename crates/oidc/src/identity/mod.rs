//! Who signed in.

pub(crate) mod claims;

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::jose::algorithm::SigningAlgorithm;
use crate::jose::jwt::CLOCK_SKEW;
use crate::text;

const MAX_TEXT: usize = 200;
/// The longest `acr` and the longest value in `amr`, in characters, and the most values in it. Registered ones are much shorter.
const MAX_METHOD: usize = 256;
const MAX_METHODS: usize = 32;

/// The person, from a validated ID token (OpenID Connect Core 1.0, sections 2 and 5.1). Names are for people to read; only
/// `issuer` and `subject` together identify a person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// `iss`, byte for byte.
    pub issuer: String,
    /// `sub`: never reassigned within the issuer, at most 255 characters. Empty if the provider names no person: an authorization
    /// server without OpenID Connect.
    pub subject: String,
    /// `name`, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `email`, one line. Not necessarily verified.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// `preferred_username`, one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<String>,
    /// When the person authenticated, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<u64>,
    /// `session_expiry`: when the session has to end, in seconds since 1970 (OpenID IPSIE, SL1 profile). A renewal without
    /// it keeps the earlier value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_expiry: Option<u64>,
    /// `sid`: the provider's session (Front- and Back-Channel Logout 1.0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// `acr`: the authentication context class, one line of at most 256 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// `amr`: the authentication methods, at most 32, each as `acr`. Others are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// The identity provider behind this provider: `idp` or `identity_provider`, which no specification defines and many
    /// providers send. One line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idp: Option<String>,
    /// The `nonce` of the sign-in, which a refreshed ID token must repeat if it has one (section 12.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The algorithm of the ID token at the sign-in. Later ID tokens and logout tokens must use it too, unless the
    /// registration names the algorithm (Core, section 12.2; Back-Channel Logout 1.0, section 2.6).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_with: Option<SigningAlgorithm>,
}

impl Identity {
    /// What to call this person: email, user name, name, or else the subject. Where the provider names no person: the provider.
    pub fn label(&self) -> &str {
        let named = [&self.email, &self.preferred_username, &self.name].into_iter().flatten().next();
        match named {
            Some(named) => named,
            None if self.subject.is_empty() => {
                self.issuer.split_once("://").map_or(self.issuer.as_str(), |(_, rest)| rest)
            }
            None => &self.subject,
        }
    }

    pub(crate) fn unnamed(issuer: &str) -> Self {
        Self::from_claims(issuer, "", &Map::new())
    }

    /// True if both are the same person: the same issuer and subject, byte for byte.
    pub fn same_person(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.subject == other.subject
    }

    /// True if this session is younger than an event that the provider dates `moment`. `began` is the start of the session
    /// by our clock, used only if the provider does not say when the person authenticated. All in seconds since 1970.
    pub fn is_younger_than(&self, moment: u64, began: u64) -> bool {
        let since = self.auth_time.unwrap_or_else(|| began.saturating_sub(CLOCK_SKEW.as_secs()));
        since > moment
    }

    pub(crate) fn from_claims(issuer: &str, subject: &str, claims: &Map<String, Value>) -> Self {
        let exact = |name: &str| claims.get(name).and_then(Value::as_str).map(str::to_owned);
        let shown = |name: &str| {
            let shown = text::plain(claims.get(name)?.as_str()?, MAX_TEXT);
            (!shown.is_empty()).then_some(shown)
        };
        let methods = claims.get("amr").and_then(Value::as_array);
        Self {
            issuer: issuer.to_owned(),
            subject: subject.to_owned(),
            name: shown("name"),
            email: shown("email"),
            preferred_username: shown("preferred_username"),
            auth_time: None,
            session_expiry: claims.get("session_expiry").and_then(end_of_session),
            sid: exact("sid"),
            acr: claims.get("acr").and_then(method),
            amr: methods.into_iter().flatten().filter_map(method).take(MAX_METHODS).collect(),
            idp: shown("idp").or_else(|| shown("identity_provider")),
            nonce: exact("nonce"),
            signed_with: None,
        }
    }

    /// Keeps earlier values that a refreshed ID token leaves out.
    pub(crate) fn or(self, earlier: &Self) -> Self {
        Self {
            name: self.name.or_else(|| earlier.name.clone()),
            email: self.email.or_else(|| earlier.email.clone()),
            preferred_username: self.preferred_username.or_else(|| earlier.preferred_username.clone()),
            auth_time: self.auth_time.or(earlier.auth_time),
            session_expiry: self.session_expiry.or(earlier.session_expiry),
            sid: self.sid.or_else(|| earlier.sid.clone()),
            acr: self.acr.or_else(|| earlier.acr.clone()),
            amr: if self.amr.is_empty() { earlier.amr.clone() } else { self.amr },
            idp: self.idp.or_else(|| earlier.idp.clone()),
            nonce: self.nonce.or_else(|| earlier.nonce.clone()),
            signed_with: earlier.signed_with.or(self.signed_with),
            ..self
        }
    }
}

/// A way to sign in, unchanged: it is compared with what was asked for. `None` for one that cannot be shown as it is.
fn method(value: &Value) -> Option<String> {
    let found = value.as_str()?;
    (text::plain(found, MAX_METHOD) == found && !found.is_empty()).then(|| found.to_owned())
}

/// A time in whole seconds since 1970 (RFC 7519, section 2: NumericDate). `None` for anything else, which is not an error.
fn whole_seconds(value: &Value) -> Option<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = |seconds: f64| (seconds >= 0.0).then_some(seconds as u64);
    value.as_u64().or_else(|| value.as_f64().and_then(whole))
}

/// The end of the provider's session (`session_expiry`, OpenID IPSIE), also where the number is text. 0 is none, as for lifetimes.
fn end_of_session(value: &Value) -> Option<u64> {
    let written = |text: &str| text.trim().parse().ok();
    whole_seconds(value).or_else(|| value.as_str().and_then(written)).filter(|end| *end > 0)
}

impl fmt::Debug for Identity {
    /// Without the person's data, which do not belong in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("issuer", &self.issuer).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    fn identity(claims: Value) -> Identity {
        Identity::from_claims("https://id.example.com", "248289", claims.as_object().unwrap())
    }

    #[test]
    fn the_end_of_a_session_is_read_as_providers_write_it() {
        let end = |value: Value| identity(json!({ "session_expiry": value })).session_expiry;
        assert_eq!([end(json!(1_795_991_687)), end(json!("1795991687"))], [Some(1_795_991_687); 2]);
        for none in [json!(0), json!("0"), json!(-1), json!("soon"), json!(null)] {
            assert_eq!(end(none.clone()), None, "{none}");
        }
    }

    #[test]
    fn the_label_is_what_people_know_themselves_by() {
        let all = json!({"name": "Alice", "email": "alice@example.com", "preferred_username": "alice"});
        assert_eq!(identity(all).label(), "alice@example.com");
        assert_eq!(identity(json!({"name": "Alice", "preferred_username": "alice"})).label(), "alice");
        assert_eq!(identity(json!({"name": "Alice"})).label(), "Alice");
        assert_eq!(identity(json!({"name": " \n\u{202e}", "email": 7})).label(), "248289");
    }

    #[test]
    fn a_refresh_that_says_less_forgets_nothing() {
        let first = identity(json!({"name": "Alice", "sid": "s1", "amr": ["pwd"], "nonce": "n"}));
        let first = Identity { idp: Some("Example Bank".into()), ..first };
        let later = identity(json!({"name": "Alice B."})).or(&first);
        assert_eq!(later.idp.as_deref(), Some("Example Bank"));
        assert_eq!(later.name.as_deref(), Some("Alice B."));
        assert_eq!(
            (later.sid.as_deref(), later.amr, later.nonce.as_deref()),
            (Some("s1"), vec!["pwd".into()], Some("n"))
        );
    }

    #[test]
    fn of_the_ways_to_sign_in_only_so_much_is_kept() {
        let long = "x".repeat(10_000);
        let many: Vec<String> = (0..5000).map(|number| format!("m{number}")).collect();
        let kept = identity(json!({"acr": long, "amr": many}));
        assert_eq!((kept.acr, kept.amr.len(), kept.amr[31].as_str()), (None, 32, "m31"));
        let fits = "\u{e9}".repeat(256);
        let kept = identity(json!({"acr": fits, "amr": [long, "", "a\nb", "o\u{202e}tp", 7, "pwd"]}));
        assert_eq!((kept.acr, kept.amr), (Some(fits), vec!["pwd".to_owned()]));
    }

    #[test]
    fn a_person_is_an_issuer_and_a_subject() {
        let alice = identity(json!({"email": "alice@example.com", "sid": "s1"}));
        assert!(alice.same_person(&identity(json!({"email": "other@example.com", "sid": "s2"}))));
        assert!(!alice.same_person(&Identity { subject: "248290".into(), ..alice.clone() }));
        assert!(!alice.same_person(&Identity { issuer: "https://id.example.com/".into(), ..alice.clone() }));
    }

    #[test]
    fn it_survives_being_stored() {
        let first = identity(json!({"name": "Alice", "sid": "s1"}));
        let stored = serde_json::to_string(&first).unwrap();
        assert_eq!(serde_json::from_str::<Identity>(&stored).unwrap(), first);
        assert!(!format!("{first:?}").contains("Alice"));
    }
}

//! The subject of an event: RFC 9493, and the complex subjects of the Shared Signals Framework 1.0, section 3.

use serde_json::{Map, Value};

use crate::identity::Identity;

const MAX_ALIASES: usize = 32;

/// A subject identifier. Only what identifies a person or session for sure is kept, so no email address and no telephone
/// number.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum SubjectId {
    /// RFC 9493, section 3.2.3.
    IssSub { issuer: String, subject: String },
    /// RFC 9493, section 3.2.4. For a session it is the `sid`.
    Opaque(String),
    /// RFC 9493, section 3.2.8: several names for one subject.
    Aliases(Vec<SubjectId>),
    /// Shared Signals Framework 1.0, section 3.3: the subject that all members together describe.
    Complex(Box<Complex>),
    /// A format that identifies no person or session here.
    Other,
}

#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Complex {
    user: Option<SubjectId>,
    session: Option<SubjectId>,
    /// It also names something that Abide cannot compare, for example a device.
    narrower: bool,
}

impl SubjectId {
    /// `None` if a member that the format requires is missing or of the wrong type.
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        match members.get("format")?.as_str()? {
            "complex" => Complex::read(members).map(Box::new).map(Self::Complex),
            "aliases" => {
                let names = members.get("identifiers")?.as_array()?;
                // Aliases do not contain aliases (RFC 9493, section 3.2.8).
                let names = (names.len() <= MAX_ALIASES).then_some(names)?;
                names.iter().map(Self::read_simple).collect::<Option<_>>().map(Self::Aliases)
            }
            _ => Self::read_simple(value),
        }
    }

    fn read_simple(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        let text =
            |name: &str| members.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        match members.get("format")?.as_str()? {
            "iss_sub" => Some(Self::IssSub { issuer: text("iss")?, subject: text("sub")? }),
            "opaque" => text("id").map(Self::Opaque),
            "complex" | "aliases" => None,
            _ => Some(Self::Other),
        }
    }

    /// True if it is this opaque name.
    pub(crate) fn is_opaque(&self, name: &str) -> bool {
        matches!(self, Self::Opaque(id) if id == name)
    }

    /// True if this session, or its person, is named.
    pub(crate) fn names(&self, identity: &Identity) -> bool {
        match self {
            Self::Aliases(names) => names.iter().any(|name| name.names(identity)),
            Self::Complex(complex) => complex.names(identity),
            simple => simple.names_person(identity) || simple.names_session(identity),
        }
    }

    fn names_person(&self, identity: &Identity) -> bool {
        match self {
            Self::IssSub { issuer, subject } => *issuer == identity.issuer && *subject == identity.subject,
            Self::Aliases(names) => names.iter().any(|name| name.names_person(identity)),
            _ => false,
        }
    }

    fn names_session(&self, identity: &Identity) -> bool {
        match self {
            Self::Opaque(id) => identity.sid.as_deref() == Some(id),
            Self::Aliases(names) => names.iter().any(|name| name.names_session(identity)),
            _ => false,
        }
    }
}

impl Complex {
    fn read(members: &Map<String, Value>) -> Option<Self> {
        let member = |name: &str| match members.get(name) {
            None => Some(None),
            Some(value) if value.get("format")?.as_str()? == "complex" => None,
            Some(value) => SubjectId::read(value).map(Some),
        };
        // The organization of the person does not narrow down the session. Every other member might, and a session must not
        // be ended for a subject that cannot be compared (Shared Signals Framework 1.0, section 3: critical members).
        let known = ["format", "user", "session", "tenant", "org_unit", "group"];
        let narrower = members.keys().any(|name| !known.contains(&name.as_str()));
        Some(Self { user: member("user")?, session: member("session")?, narrower })
    }

    fn names(&self, identity: &Identity) -> bool {
        !self.narrower
            && (self.user.is_some() || self.session.is_some())
            && self.user.as_ref().is_none_or(|user| user.names_person(identity))
            && self.session.as_ref().is_none_or(|session| session.names_session(identity))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use serde_json::json;

    const ISSUER: &str = "https://id.example.com";

    /// Whether it names alice's session `s1`, and alice's session without `sid`; `None` if it cannot be read.
    fn named(subject: Value) -> Option<(bool, bool)> {
        let session = |sid: Option<&str>| {
            let claims = json!({"sid": sid, "email": "alice@example.com"});
            Identity::from_claims(ISSUER, "alice", claims.as_object().unwrap())
        };
        let subject = SubjectId::read(&subject)?;
        Some((subject.names(&session(Some("s1"))), subject.names(&session(None))))
    }

    fn user(subject: &str) -> Value {
        json!({"format": "iss_sub", "iss": ISSUER, "sub": subject})
    }

    fn opaque(id: &str) -> Value {
        json!({"format": "opaque", "id": id})
    }

    #[test]
    fn a_person_is_named_by_issuer_and_subject_and_a_session_by_its_sid() {
        assert_eq!(named(user("alice")), Some((true, true)));
        assert_eq!(named(user("bob")), Some((false, false)));
        let elsewhere = json!({"format": "iss_sub", "iss": "https://evil.example", "sub": "alice"});
        assert_eq!(named(elsewhere), Some((false, false)));
        assert_eq!(named(opaque("s1")), Some((true, false)));
        assert_eq!(named(opaque("alice")), Some((false, false)), "an opaque id does not name a person");
        let email = json!({"format": "email", "email": "alice@example.com"});
        assert_eq!(named(email.clone()), Some((false, false)), "anybody may have had that address");
        assert_eq!(
            named(json!({"format": "aliases", "identifiers": [email, user("alice")]})),
            Some((true, true))
        );
    }

    #[test]
    fn all_that_a_complex_subject_names_has_to_fit() {
        let complex = |members: Value| {
            let mut subject = members;
            subject["format"] = "complex".into();
            named(subject)
        };
        assert_eq!(complex(json!({"user": user("alice")})), Some((true, true)));
        assert_eq!(complex(json!({"session": opaque("s1")})), Some((true, false)));
        assert_eq!(complex(json!({"user": user("alice"), "session": opaque("s1")})), Some((true, false)));
        assert_eq!(complex(json!({"user": user("alice"), "session": opaque("s2")})), Some((false, false)));
        assert_eq!(complex(json!({"user": user("bob"), "session": opaque("s1")})), Some((false, false)));
        assert_eq!(complex(json!({"user": user("alice"), "tenant": opaque("t")})), Some((true, true)));
        let device = complex(json!({"user": user("alice"), "device": opaque("laptop-7")}));
        assert_eq!(device, Some((false, false)), "it may be about another device");
        assert_eq!(complex(json!({"tenant": opaque("t")})), Some((false, false)));
        assert_eq!(
            complex(json!({"user": opaque("s1")})),
            Some((false, false)),
            "a user does not name a session"
        );
        assert_eq!(complex(json!({"session": user("alice")})), Some((false, false)));
        assert_eq!(complex(json!({"user": {"format": "complex"}})), None);
    }

    #[test]
    fn subjects_that_are_not_what_they_say() {
        for wrong in [
            json!("alice"),
            json!({}),
            json!({"format": 7}),
            json!({"format": "iss_sub", "iss": ISSUER}),
            json!({"format": "iss_sub", "iss": ISSUER, "sub": 7}),
            json!({"format": "opaque"}),
            json!({"format": "opaque", "id": ""}),
            json!({"format": "aliases", "identifiers": [{"format": "aliases", "identifiers": []}]}),
            json!({"format": "complex", "user": "alice"}),
        ] {
            assert_eq!(named(wrong.clone()), None, "{wrong}");
        }
        assert_eq!(named(json!({"format": "did", "url": "did:example:1"})), Some((false, false)));
    }
}

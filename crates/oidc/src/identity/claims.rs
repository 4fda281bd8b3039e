//! Claims about the person, from the ID token and UserInfo, and the names under which they are handed on.
//!
//! Pure functions: input has been validated, output may be shown.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::error::id_token::IdTokenError;
use crate::jose::jwt::unverified_claims;
use crate::text;

/// A few thousand groups fit; a profile picture in text does not.
const MAX_SIZE: usize = 256 * 1024;
const MAX_MAPPINGS: usize = 64;
const MAX_NAME: usize = 64;
const MAX_SOURCE: usize = 512;
const MAX_STEPS: usize = 16;

const MAX_LINE: usize = 200;

/// Claims about the statement, its issuer or the session instead of the person. `_claim_sources` may even contain access
/// tokens (OpenID Connect Core 1.0, section 5.6.2).
const PROTOCOL: [&str; 19] = [
    "_claim_names",
    "_claim_sources",
    "at_hash",
    "aud",
    "azp",
    "c_hash",
    "cnf",
    "events",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "s_hash",
    "session_state",
    "sid",
    "sub_jwk",
    "typ",
];

/// Claims about the sign-in, which only the ID token contains.
const AUTHENTICATION: [&str; 3] = ["acr", "amr", "auth_time"];

/// Claims about the person who signed in, as the provider wrote them.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Claims(pub(crate) Map<String, Value>);

impl Claims {
    /// One claim.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// One claim, if it is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).and_then(Value::as_str)
    }

    /// One claim for people to read: one line without control characters, at most 200 characters. `None` if it is not text
    /// or nothing is left of it.
    pub fn line(&self, name: &str) -> Option<String> {
        let line = text::plain(self.text(name)?, MAX_LINE);
        (!line.is_empty()).then_some(line)
    }

    /// All claims, ordered by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }
}

impl fmt::Debug for Claims {
    /// The names only: the values are personal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Why claims are not handed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimsError {
    /// One of the two has no `sub`.
    #[error("The provider's profile does not say whom it describes.")]
    SubjectMissing,
    /// They describe two people (OpenID Connect Core 1.0, section 5.3.2).
    #[error("The provider's profile describes a different person than the one who signed in.")]
    SubjectMismatch,
    /// More than 256 KiB.
    #[error("The provider's profile is larger than it should be.")]
    TooLarge,
    /// A configured name is empty, longer than 64 characters, or cannot be shown; or there are more than 64.
    #[error("A name for a claim is empty, too long, or contains characters that cannot be shown.")]
    NameInvalid,
    /// A source of a claim is empty, longer than 512 bytes, or begins with a slash and is not a JSON Pointer (RFC 6901).
    #[error("The name of a claim cannot be understood.")]
    SourceInvalid,
}

impl ClaimsError {
    /// A stable name, in snake case.
    pub fn code(self) -> &'static str {
        match self {
            Self::SubjectMissing => "claims_subject_missing",
            Self::SubjectMismatch => "claims_subject_mismatch",
            Self::TooLarge => "claims_too_large",
            Self::NameInvalid => "claim_name_invalid",
            Self::SourceInvalid => "claim_source_invalid",
        }
    }
}

impl Claims {
    /// The claims of an ID token that has been validated ([`Tokens::id_token`](crate::Tokens::id_token)). Validates nothing
    /// itself.
    pub fn of_id_token(id_token: &SecretString) -> Result<Self, IdTokenError> {
        Ok(Self(unverified_claims(id_token.expose_secret())?))
    }

    /// The claims of both, for people and programs to read.
    ///
    /// Both need the same `sub`. UserInfo is newer and wins, except for `acr`, `amr` and `auth_time`. Claims that only the
    /// protocol needs (`iss`, `aud`, `exp`, `nonce`, ...) are left out, and so are `null` values (Core, section 5.3.2).
    pub fn merged(id_token: &Self, userinfo: Option<&Self>) -> Result<Self, ClaimsError> {
        let subject = id_token.text("sub").ok_or(ClaimsError::SubjectMissing)?;
        let mut merged = Map::new();
        merged.extend(id_token.about_the_person());
        if let Some(userinfo) = userinfo {
            match userinfo.text("sub") {
                None => return Err(ClaimsError::SubjectMissing),
                Some(found) if found != subject => return Err(ClaimsError::SubjectMismatch),
                Some(_) => {}
            }
            merged.extend(
                userinfo.about_the_person().filter(|(name, _)| !AUTHENTICATION.contains(&name.as_str())),
            );
        }
        bounded(merged)
    }

    fn about_the_person(&self) -> impl Iterator<Item = (String, Value)> {
        self.0
            .iter()
            .filter(|(name, value)| !PROTOCOL.contains(&name.as_str()) && !value.is_null())
            .map(|(name, value)| (name.clone(), value.clone()))
    }
}

fn bounded(claims: Map<String, Value>) -> Result<Claims, ClaimsError> {
    let claims = Claims(claims);
    let size = serde_json::to_vec(&claims).map_or(usize::MAX, |text| text.len());
    if size <= MAX_SIZE { Ok(claims) } else { Err(ClaimsError::TooLarge) }
}

/// Configured names for claims.
///
/// Each is the name for a claim, spelled exactly (`email`, `https://example.com/claims/employee`), or, if it begins with a
/// slash, for a part of one by JSON Pointer (RFC 6901): `/groups/0`, `/address/country`. In a pointer, `~1` is a slash and
/// `~0` a tilde.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimsMapping(BTreeMap<String, Vec<String>>);

impl ClaimsMapping {
    /// Reads pairs of a name and its source. Fails with `claim_name_invalid` or `claim_source_invalid`.
    pub fn new<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, ClaimsError> {
        let mut mapping = BTreeMap::new();
        for (name, source) in pairs {
            let shown = !name.is_empty() && text::plain(name, MAX_NAME) == name;
            if !shown || mapping.len() == MAX_MAPPINGS {
                return Err(ClaimsError::NameInvalid);
            }
            mapping.insert(name.to_owned(), steps(source)?);
        }
        Ok(Self(mapping))
    }

    /// The claims under the configured names. A name whose claim is missing is left out.
    ///
    /// `claims_too_large` if the result has more than 256 KiB: one claim may have many names.
    pub fn apply(&self, claims: &Claims) -> Result<Claims, ClaimsError> {
        let mut mapped = Map::new();
        let mut room = MAX_SIZE;
        for (name, steps) in &self.0 {
            let Some(value) = follow(claims, steps).filter(|value| !value.is_null()) else { continue };
            // Counted before it is copied.
            let size = serde_json::to_vec(value).map_or(usize::MAX, |text| text.len());
            room = room.checked_sub(size).ok_or(ClaimsError::TooLarge)?;
            mapped.insert(name.clone(), value.clone());
        }
        bounded(mapped)
    }
}

/// The path to a value, from the outside in.
fn steps(source: &str) -> Result<Vec<String>, ClaimsError> {
    if source.is_empty() || source.len() > MAX_SOURCE {
        return Err(ClaimsError::SourceInvalid);
    }
    let Some(pointer) = source.strip_prefix('/') else { return Ok(vec![source.to_owned()]) };
    let steps: Vec<String> = pointer.split('/').map(unescape).collect::<Option<_>>().unwrap_or_default();
    if (1..=MAX_STEPS).contains(&steps.len()) { Ok(steps) } else { Err(ClaimsError::SourceInvalid) }
}

/// RFC 6901, section 4. `None` for a tilde that is not followed by 0 or 1.
fn unescape(step: &str) -> Option<String> {
    let mut parts = step.split('~');
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.as_bytes().first()? {
            b'0' => plain.push('~'),
            b'1' => plain.push('/'),
            _ => return None,
        }
        plain.push_str(&part[1..]);
    }
    Some(plain)
}

fn follow<'a>(claims: &'a Claims, steps: &[String]) -> Option<&'a Value> {
    let (first, rest) = steps.split_first()?;
    rest.iter().try_fold(claims.claim(first)?, |value, step| match value {
        Value::Object(members) => members.get(step),
        Value::Array(items) => items.get(index(step)?),
        _ => None,
    })
}

/// RFC 6901, section 4: digits, without zeros in front. `-`, the end of an array, is never there.
fn index(step: &str) -> Option<usize> {
    let digits = step.bytes().all(|b| b.is_ascii_digit()) && (step == "0" || !step.starts_with('0'));
    if digits { step.parse().ok() } else { None }
}

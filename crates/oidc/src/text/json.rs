//! JSON from outside.
//!
//! `serde_json` keeps the last of two members with one name; other parsers keep the first. If two parsers disagree, a signed
//! claim can have two meanings. So a document with a duplicated member is refused (RFC 8259, section 4; RFC 7519, section
//! 4).

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use secrecy::SecretString;
use serde::Deserialize;
use serde::de::value::MapDeserializer;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::text;

/// Why a document cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DocumentProblem {
    /// Its content type is not JSON.
    NotJson,
    /// Not JSON, or a member is missing or of the wrong type.
    Malformed,
    /// Two members with one name.
    DuplicateMember,
    /// Nested too deeply.
    TooDeep,
}

impl fmt::Display for DocumentProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotJson => "it has the wrong content type",
            Self::Malformed => "it has a wrong format",
            Self::DuplicateMember => "it has the same member twice",
            Self::TooDeep => "it is nested too deeply",
        })
    }
}

/// Text. Anything else, for a member that decides nothing, is ignored.
pub(crate) fn text_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => Some(text),
        _ => None,
    })
}

/// The same for what nobody may see.
pub(crate) fn secret_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SecretString>, D::Error> {
    Ok(text_if_any(deserializer)?.map(SecretString::from))
}

/// How deep objects and arrays may be nested. Real metadata and claims stay below 6.
const MAX_DEPTH: usize = 24;

/// The longest member name that is shown.
const MAX_SHOWN: usize = 64;

/// Why a document cannot be read, and the name of the member at fault, if there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) problem: DocumentProblem,
    pub(crate) member: Option<String>,
}

impl From<DocumentProblem> for Unreadable {
    fn from(problem: DocumentProblem) -> Self {
        Self { problem, member: None }
    }
}

/// Reads one JSON document: no duplicated members, at most [`MAX_DEPTH`] levels, nothing after it.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    check(bytes)?;
    serde_json::from_slice(bytes)
        .map_err(|_| Unreadable { problem: DocumentProblem::Malformed, member: member_at_fault::<T>(bytes) })
}

/// The member at which parsing a `T` fails: the last one that was read.
fn member_at_fault<T: DeserializeOwned>(bytes: &[u8]) -> Option<String> {
    let members: serde_json::Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let last = RefCell::new(None);
    let taken = members.into_iter().inspect(|(name, _)| {
        last.replace(Some(text::plain(name, MAX_SHOWN)));
    });
    // After the last member, only a missing one can be the cause.
    let all = taken.chain(std::iter::from_fn(|| {
        last.replace(None);
        None
    }));
    let read = T::deserialize(MapDeserializer::<_, serde_json::Error>::new(all));
    read.err().and(last.into_inner())
}

fn check(bytes: &[u8]) -> Result<(), Unreadable> {
    let found = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let walked =
        Walk { depth: 0, found: &found }.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    walked.map_err(|_| found.take().unwrap_or_else(|| DocumentProblem::Malformed.into()))
}

/// Walks a document and keeps only the names of the members that are open.
#[derive(Clone, Copy)]
struct Walk<'a> {
    depth: usize,
    found: &'a RefCell<Option<Unreadable>>,
}

impl Walk<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            self.found.replace(Some(DocumentProblem::TooDeep.into()));
            return Err(E::custom("too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<Name>()? {
            if let Some(twice) = names.replace(name) {
                let member = Some(text::plain(&twice.0, MAX_SHOWN));
                self.found.replace(Some(Unreadable { problem: DocumentProblem::DuplicateMember, member }));
                return Err(A::Error::custom("duplicated member"));
            }
            map.next_value_seed(inner)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while seq.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[derive(Deserialize, PartialEq, Eq, Hash)]
struct Name(String);

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> Option<DocumentProblem> {
        parse::<Value>(text.as_bytes()).err().map(|unreadable| unreadable.problem)
    }

    #[test]
    fn one_document_without_duplicates() {
        assert_eq!(problem(r#"{"a":[1,-2,3.5,"x",null,true,{"a":1}],"b":{"a":2}}"#), None);
        assert_eq!(problem(r#"{"sub":"a","sub":"b"}"#), Some(DocumentProblem::DuplicateMember));
        assert_eq!(problem(r#"{"sub":"a","s\u0075b":"b"}"#), Some(DocumentProblem::DuplicateMember));
        assert_eq!(problem(r#"[{"x":{"a":1,"a":1}}]"#), Some(DocumentProblem::DuplicateMember));
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(problem(&nested(MAX_DEPTH)), None);
        assert_eq!(problem(&nested(MAX_DEPTH + 1)), Some(DocumentProblem::TooDeep));
        assert_eq!(problem(&nested(500_000)), Some(DocumentProblem::TooDeep));
    }

    #[test]
    fn everything_else_is_malformed() {
        for text in ["", "{", "{} {}", "<html>", "{\"a\":1,}", "\u{feff}{}", "{\"a\":NaN}"] {
            assert_eq!(problem(text), Some(DocumentProblem::Malformed), "{text}");
        }
        assert_eq!(parse::<Value>(b"{\"a\":\"\xff\"}").err(), Some(DocumentProblem::Malformed.into()));
    }

    #[test]
    fn the_member_at_fault_is_named() {
        #[derive(Debug, Deserialize)]
        #[allow(dead_code)]
        struct Two {
            a: Option<String>,
            b: Option<Vec<String>>,
            c: u8,
        }
        let member = |text: &str| parse::<Two>(text.as_bytes()).err().and_then(|error| error.member);
        assert_eq!(member(r#"{"a":7,"b":[],"c":1}"#).as_deref(), Some("a"));
        assert_eq!(member(r#"{"z":7,"b":["x",7],"a":"x","c":1}"#).as_deref(), Some("b"));
        assert_eq!(member(r#"{"a":"x"}"#), None, "no member is wrong, one is missing");
        assert_eq!(member("[]"), None);
        assert_eq!(member(r#"{"c":1,"x":{"y":1,"y":2}}"#).as_deref(), Some("y"));
    }
}

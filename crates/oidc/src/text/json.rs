//! JSON from somewhere else.
//!
//! `serde_json` keeps the last of two members with one name; others keep the first. Two readers that disagree about
//! one document are how a signed claim comes to mean two things, so a document with a duplicated member is refused
//! (RFC 8259, section 4; RFC 7519, section 4).

use std::collections::HashSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

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
            Self::NotJson => "it is of another kind than it should be",
            Self::Malformed => "it is not written as it should be",
            Self::DuplicateMember => "it says one thing twice",
            Self::TooDeep => "it is nested too deeply",
        })
    }
}

/// How deep objects and arrays may be nested. Real metadata and claims stay below 6.
const MAX_DEPTH: usize = 24;

/// Reads one JSON document: no duplicated members, at most [`MAX_DEPTH`] levels, nothing after it.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, DocumentProblem> {
    check(bytes)?;
    serde_json::from_slice(bytes).map_err(|_| DocumentProblem::Malformed)
}

fn check(bytes: &[u8]) -> Result<(), DocumentProblem> {
    let found = std::cell::Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    Walk { depth: 0, found: &found }
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end())
        .map_err(|_| found.get().unwrap_or(DocumentProblem::Malformed))
}

/// Walks a document without keeping any of it but the names of the members that are open.
#[derive(Clone, Copy)]
struct Walk<'a> {
    depth: usize,
    found: &'a std::cell::Cell<Option<DocumentProblem>>,
}

impl Walk<'_> {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            self.found.set(Some(DocumentProblem::TooDeep));
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
            if !names.insert(name.0) {
                self.found.set(Some(DocumentProblem::DuplicateMember));
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
    use serde_json::Value;

    fn problem(text: &str) -> Option<DocumentProblem> {
        parse::<Value>(text.as_bytes()).err()
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
        assert_eq!(parse::<Value>(b"{\"a\":\"\xff\"}").err(), Some(DocumentProblem::Malformed));
    }
}

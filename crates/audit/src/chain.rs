//! The chain: how a line is bound to the one before.

use std::fmt;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::entry::Entry;

const SEPARATOR: &[u8] = b",\"hash\":\"";
const END: &[u8] = b"\"}";
/// A hash in hexadecimal.
const DIGITS: usize = 64;

/// The hash of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What the first line of all is bound to.
    pub const ZERO: Self = Self([0; 32]);

    /// Reads 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let lower = digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        if digits.len() != DIGITS || !lower {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Where the record has got to: makes the next line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The number of the last line; 0 before the first.
    pub n: u64,
    /// Its hash.
    pub hash: Hash,
}

impl Default for Chain {
    fn default() -> Self {
        Self { n: 0, hash: Hash::ZERO }
    }
}

impl Chain {
    /// The next line, with the newline. The chain moves on.
    pub fn append(&mut self, entry: &Entry) -> Vec<u8> {
        let n = self.n + 1;
        // An entry is a JSON object of plain types; that cannot fail.
        let body = ascii(&serde_json::to_string(entry).unwrap_or_else(|_| "{}".to_owned()));
        let inner = body.strip_prefix('{').and_then(|body| body.strip_suffix('}')).unwrap_or_default();
        let mut line = format!("{{\"n\":{n},{inner},\"prev\":\"{}\"", self.hash).into_bytes();
        let hash = Hash(Sha256::digest(&line).into());
        line.extend_from_slice(SEPARATOR);
        line.extend_from_slice(hash.to_string().as_bytes());
        line.extend_from_slice(END);
        line.push(b'\n');
        *self = Self { n, hash };
        line
    }
}

/// The same JSON in ASCII alone (RFC 8259 section 7). No terminal, export or system log has a reason to change such a line, and a copy
/// of it can be verified.
fn ascii(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && !character.is_ascii_control() {
            line.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                line.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    line
}

/// A line that is whole: its content fits its hash.
#[derive(Clone, Debug)]
pub struct Line {
    /// Its number.
    pub n: u64,
    /// The hash of the line before.
    pub prev: Hash,
    /// Its own.
    pub hash: Hash,
    /// What it says.
    pub entry: Entry,
}

/// What is wrong with a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotALine {
    /// It is not a line of the record.
    Form,
    /// Its content is not what its hash says. `n` is the number that it claims.
    Changed {
        /// The number that it claims.
        n: u64,
    },
}

impl Line {
    /// Reads a line, without its newline.
    ///
    /// # Errors
    ///
    /// When it is not a whole line of the record.
    pub fn read(line: &[u8]) -> Result<Self, NotALine> {
        #[derive(Deserialize)]
        struct Bound {
            n: u64,
            prev: String,
            #[serde(flatten)]
            entry: Entry,
        }
        let bound: Bound = serde_json::from_slice(line).map_err(|_| NotALine::Form)?;
        let prev = Hash::read(&bound.prev).ok_or(NotALine::Form)?;
        let changed = NotALine::Changed { n: bound.n };
        let rest = line.strip_suffix(END).ok_or(changed)?;
        let (content, digits) = rest.split_at_checked(rest.len().saturating_sub(DIGITS)).ok_or(changed)?;
        let content = content.strip_suffix(SEPARATOR).ok_or(changed)?;
        let hash = std::str::from_utf8(digits).ok().and_then(Hash::read).ok_or(changed)?;
        if Hash(Sha256::digest(content).into()) != hash {
            return Err(changed);
        }
        Ok(Self { n: bound.n, prev, hash, entry: bound.entry })
    }
}

//! `session_state`: OpenID Connect Session Management 1.0, section 2.

use std::fmt;

const MAX_LENGTH: usize = 1024;

/// The value that the provider's OP iframe is asked about. It represents the person's login state at the provider in one
/// browser, and is opaque.
///
/// At most 1 KiB, without spaces (a space separates it from the client ID in the message to the iframe, section 3.1) and
/// without control characters.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionState(String);

impl SessionState {
    /// `None` if it cannot be one. A provider that sends such a value counts as one that sends none.
    pub fn new(text: impl Into<String>) -> Option<Self> {
        let text = text.into();
        let usable = !text.is_empty()
            && text.len() <= MAX_LENGTH
            && !text.chars().any(|c| c.is_whitespace() || c.is_control());
        usable.then_some(Self(text))
    }

    /// As the provider wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionState {
    /// It is made from the provider's cookie: not for a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionState")
    }
}

#[cfg(test)]
mod tests {
    use super::SessionState;

    #[test]
    fn a_session_state_fits_into_the_question() {
        for good in ["a.b", "4cf3ab1d.salt", &"x".repeat(1024), "é"] {
            assert_eq!(SessionState::new(good).as_ref().map(SessionState::as_str), Some(good));
        }
        for bad in ["", "a b", " ", "a\tb", "a\u{a0}b", "a\0b", &"x".repeat(1025)] {
            assert_eq!(SessionState::new(bad), None, "{bad:?}");
        }
        assert_eq!(format!("{:?}", SessionState::new("canary")), "Some(SessionState)");
    }
}

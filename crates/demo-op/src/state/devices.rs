//! Devices that wait for a person (RFC 8628): their codes, and the person's decision.

use std::collections::HashMap;

use crate::crypto::secret::{self, Digest};
use crate::state::bounded::bounded_insert;
use crate::state::store::Session;

/// The time in which a code can be entered, in seconds.
pub(crate) const LIFETIME: u64 = 10 * 60;
/// The seconds that `slow_down` adds between two polls (RFC 8628 section 3.5).
const SLOWER: u64 = 5;
const CODES: usize = 512;
/// The wrong codes that are allowed in a minute, in all browsers together (RFC 8628 section 5.1).
const WRONG_CODES: usize = 20;
const WRONG_CODES_KEPT: u64 = 60;

/// Letters that are not easily confused and do not form words (RFC 8628 section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LETTERS_IN_CODE: usize = 8;

/// The devices that wait for a person.
#[derive(Default)]
pub(crate) struct Devices {
    /// By the digest of their device code.
    codes: HashMap<Digest, Device>,
    /// The times at which a wrong code was entered.
    wrong: Vec<u64>,
}

/// The result of entering a code.
pub(crate) enum Entered {
    Waiting(Waiting),
    Unknown,
    /// Too many wrong codes were entered recently. This one was not checked.
    TooMany,
}

pub(crate) struct Device {
    pub(crate) client_id: String,
    pub(crate) scope: Vec<String>,
    pub(crate) resource: Vec<String>,
    /// The key in the first request's proof: the tokens are issued only with the same key.
    pub(crate) jkt: Option<String>,
    pub(crate) user_code: String,
    pub(crate) decision: Decision,
    pub(crate) interval: u64,
    pub(crate) polled: Option<u64>,
    pub(crate) expires: u64,
    /// Expired codes are kept for the same time again, so that a late poll gets the right error.
    pub(crate) kept_until: u64,
}

pub(crate) enum Decision {
    None,
    Allowed(Session),
    Denied,
}

/// A waiting device, for the question to the person.
pub(crate) struct Waiting {
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scope: Vec<String>,
}

/// The result of a poll.
pub(crate) enum Polled {
    Unknown,
    Expired,
    AnotherKey,
    TooEarly,
    Undecided,
    Denied,
    Allowed { scope: Vec<String>, resource: Vec<String>, session: Box<Session> },
}

impl Devices {
    pub(crate) fn add(&mut self, device_code: &str, device: Device, now: u64) {
        bounded_insert(&mut self.codes, CODES, Digest::of(device_code), device, now, |device| {
            device.kept_until
        });
    }

    fn undecided(&mut self, user_code: &str, now: u64) -> Option<&mut Device> {
        self.codes.values_mut().find(|device| {
            device.user_code == user_code && device.expires > now && matches!(device.decision, Decision::None)
        })
    }

    /// The device with this code, if it still waits.
    pub(crate) fn waiting(&mut self, user_code: &str, now: u64) -> Option<Waiting> {
        self.undecided(user_code, now).map(|device| Waiting {
            user_code: device.user_code.clone(),
            client_id: device.client_id.clone(),
            scope: device.scope.clone(),
        })
    }

    /// Looks up an entered code.
    pub(crate) fn entered(&mut self, text: &str, now: u64) -> Entered {
        self.wrong.retain(|then| now < then + WRONG_CODES_KEPT);
        if self.wrong.len() >= WRONG_CODES {
            return Entered::TooMany;
        }
        match typed(text).and_then(|code| self.waiting(&code, now)) {
            Some(waiting) => Entered::Waiting(waiting),
            None => {
                self.wrong.push(now);
                Entered::Unknown
            }
        }
    }

    /// Stores the person's decision, with their session if they allow it. Returns whether the device still waited.
    pub(crate) fn decide(&mut self, user_code: &str, allowed: Option<Session>, now: u64) -> bool {
        let Some(device) = self.undecided(user_code, now) else { return false };
        device.decision = allowed.map_or(Decision::Denied, Decision::Allowed);
        true
    }

    pub(crate) fn poll(&mut self, device_code: &str, client_id: &str, jkt: Option<&str>, now: u64) -> Polled {
        let key = Digest::of(device_code);
        let Some(device) = self.codes.get_mut(&key).filter(|device| device.client_id == client_id) else {
            return Polled::Unknown;
        };
        if device.expires <= now {
            return Polled::Expired;
        }
        if device.jkt.is_some() && device.jkt.as_deref() != jkt {
            return Polled::AnotherKey;
        }
        if device.polled.replace(now).is_some_and(|last| now < last + device.interval) {
            device.interval += SLOWER;
            return Polled::TooEarly;
        }
        match &device.decision {
            Decision::None => Polled::Undecided,
            Decision::Denied => Polled::Denied,
            // The tokens are issued once.
            Decision::Allowed(_) => match self.codes.remove(&key) {
                Some(Device { decision: Decision::Allowed(session), scope, resource, .. }) => {
                    Polled::Allowed { scope, resource, session: Box::new(session) }
                }
                _ => Polled::Unknown,
            },
        }
    }
}

/// About 34 random bits, valid for ten minutes.
pub(crate) fn new_user_code() -> Result<String, getrandom::Error> {
    let mut code = String::with_capacity(LETTERS_IN_CODE);
    while code.len() < LETTERS_IN_CODE {
        let [byte] = secret::random::<1>()?;
        // Values of 240 and above would make some letters more frequent.
        if byte < 240 {
            code.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        }
    }
    Ok(code)
}

/// The code in the form for people: two halves.
pub(crate) fn shown(user_code: &str) -> String {
    let half = LETTERS_IN_CODE / 2;
    match (user_code.get(..half), user_code.get(half..)) {
        (Some(first), Some(second)) => format!("{first}-{second}"),
        _ => user_code.to_owned(),
    }
}

/// A code as it was typed, normalized.
fn typed(text: &str) -> Option<String> {
    let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
    let code: String = letters.map(|c| c.to_ascii_uppercase()).take(LETTERS_IN_CODE + 1).collect();
    (code.len() == LETTERS_IN_CODE && code.bytes().all(|b| LETTERS.contains(&b))).then_some(code)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        let code = new_user_code().unwrap();
        assert_eq!(typed(&shown(&code)).as_deref(), Some(code.as_str()));
        assert_eq!(typed(" wdjb mjht ").as_deref(), Some("WDJBMJHT"));
        for wrong in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH0", "<script>", "ÄDJBMJHT"] {
            assert_eq!(typed(wrong), None, "{wrong}");
        }
    }
}

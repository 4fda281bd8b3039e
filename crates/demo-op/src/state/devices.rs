//! Devices that wait for a person (RFC 8628): their codes, and what was decided.

use std::collections::HashMap;

use crate::crypto::secret::{self, Digest};
use crate::state::bounded::bounded_insert;
use crate::state::store::Session;

/// How long a code can be entered, in seconds.
pub(crate) const LIFETIME: u64 = 10 * 60;
/// What a poll that comes too early adds to that (RFC 8628 section 3.5).
const SLOWER: u64 = 5;
const CODES: usize = 512;
/// Who tries out codes gets so many attempts in a minute, all browsers together (RFC 8628 section 5.1).
const WRONG_CODES: usize = 20;
const WRONG_CODES_KEPT: u64 = 60;

/// Letters that are not mistaken for others and spell no word (RFC 8628 section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LETTERS_IN_CODE: usize = 8;

/// The devices that wait for somebody.
#[derive(Default)]
pub(crate) struct Devices {
    /// By the digest of their device code.
    codes: HashMap<Digest, Device>,
    /// When somebody entered a code that no device shows.
    wrong: Vec<u64>,
}

/// What became of a code that somebody entered.
pub(crate) enum Entered {
    Waiting(Waiting),
    Unknown,
    /// Too many wrong ones were entered lately: whether this one is right is not said.
    TooMany,
}

pub(crate) struct Device {
    pub(crate) client_id: String,
    pub(crate) scope: Vec<String>,
    pub(crate) resource: Vec<String>,
    /// The key in the proof that it began with: nobody else may fetch the tokens.
    pub(crate) jkt: Option<String>,
    pub(crate) user_code: String,
    pub(crate) decision: Decision,
    pub(crate) interval: u64,
    pub(crate) polled: Option<u64>,
    pub(crate) expires: u64,
    /// The digests of codes that are over stay for as long again, so that a late poll learns why.
    pub(crate) kept_until: u64,
}

pub(crate) enum Decision {
    None,
    Allowed(Session),
    Denied,
}

/// What the person who entered a code is asked about.
pub(crate) struct Waiting {
    pub(crate) user_code: String,
    pub(crate) client_id: String,
    pub(crate) scope: Vec<String>,
}

/// What came of a poll.
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

    /// The device that shows this code and still waits for somebody.
    pub(crate) fn waiting(&mut self, user_code: &str, now: u64) -> Option<Waiting> {
        self.undecided(user_code, now).map(|device| Waiting {
            user_code: device.user_code.clone(),
            client_id: device.client_id.clone(),
            scope: device.scope.clone(),
        })
    }

    /// Looks a code up that somebody entered.
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

    /// Somebody allows it, in their session, or not. Whether the device still waited.
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
            // Only once.
            Decision::Allowed(_) => match self.codes.remove(&key) {
                Some(Device { decision: Decision::Allowed(session), scope, resource, .. }) => {
                    Polled::Allowed { scope, resource, session: Box::new(session) }
                }
                _ => Polled::Unknown,
            },
        }
    }
}

/// About 34 random bits, which last for ten minutes.
pub(crate) fn new_user_code() -> Result<String, getrandom::Error> {
    let mut code = String::with_capacity(LETTERS_IN_CODE);
    while code.len() < LETTERS_IN_CODE {
        let [byte] = secret::random::<1>()?;
        // Above the last multiple of 20, some letters would come more often than others.
        if byte < 240 {
            code.push(char::from(LETTERS[usize::from(byte) % LETTERS.len()]));
        }
    }
    Ok(code)
}

/// A code as people read it: in two halves.
pub(crate) fn shown(user_code: &str) -> String {
    let half = LETTERS_IN_CODE / 2;
    match (user_code.get(..half), user_code.get(half..)) {
        (Some(first), Some(second)) => format!("{first}-{second}"),
        _ => user_code.to_owned(),
    }
}

/// A code as somebody typed it, without what they may have added or left out.
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

//! The device authorization grant (RFC 8628): the codes, and what a device is told that polls.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::StatusCode;
use serde_json::json;

use crate::authorize::SCOPES;
use crate::config::Client;
use crate::dpop;
use crate::provider::{Failure, Provider};
use crate::record::Endpoint;
use crate::reply::Reply;
use crate::secret::{self, Digest};
use crate::server::Asked;
use crate::store::{Granted, Session, bounded_insert};
use crate::token;
use crate::wishes;

/// The `grant_type` of a poll (RFC 8628 section 3.4).
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// How long a code can be entered, in seconds.
const LIFETIME: u64 = 10 * 60;
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

struct Device {
    client_id: String,
    scope: Vec<String>,
    resource: Vec<String>,
    /// The key in the proof that it began with: nobody else may fetch the tokens.
    jkt: Option<String>,
    user_code: String,
    decision: Decision,
    interval: u64,
    polled: Option<u64>,
    expires: u64,
    /// The digests of codes that are over stay for as long again, so that a late poll learns why.
    kept_until: u64,
}

enum Decision {
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
enum Polled {
    Unknown,
    Expired,
    AnotherKey,
    TooEarly,
    Undecided,
    Denied,
    Allowed { scope: Vec<String>, resource: Vec<String>, session: Box<Session> },
}

impl Devices {
    fn add(&mut self, device_code: &str, device: Device, now: u64) {
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

    fn poll(&mut self, device_code: &str, client_id: &str, jkt: Option<&str>, now: u64) -> Polled {
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

/// The device authorization endpoint (RFC 8628 section 3.1).
pub(crate) fn authorize(provider: &Arc<Provider>, asked: &Asked) -> Result<Reply, Failure> {
    let client = match token::client(provider, asked) {
        Ok(client) => client,
        Err(refused) => return Ok(*refused),
    };
    let jkt = match dpop::proven(provider, asked, Endpoint::DeviceAuthorization, None) {
        Ok(jkt) => jkt,
        Err(refusal) => return Ok(refusal.reply()),
    };
    let Some(resource) = wishes::resources(asked.named("resource")) else {
        return Ok(token::invalid_target());
    };
    let asked_scope = asked.named("scope").unwrap_or_default();
    if !asked_scope.split(' ').any(|scope| scope == "openid") {
        return Ok(Reply::bad_request("invalid_scope", "the scope openid is missing"));
    }
    let known = SCOPES.into_iter().filter(|known| asked_scope.split(' ').any(|scope| scope == *known));
    let scope = known.map(str::to_owned).collect();
    let (device_code, user_code) = (secret::random_text()?, new_user_code()?);
    let (now, interval) = (provider.now(), provider.device_poll_interval());
    let device = Device {
        client_id: client.id.clone(),
        scope,
        resource,
        jkt,
        user_code: user_code.clone(),
        decision: Decision::None,
        interval,
        polled: None,
        expires: now + LIFETIME,
        kept_until: now + 2 * LIFETIME,
    };
    provider.devices().add(&device_code, device, now);
    let page = format!("{}{}", provider.issuer(), Endpoint::Device.path());
    Ok(Reply::json(json!({
        "device_code": device_code,
        "user_code": shown(&user_code),
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={}", shown(&user_code)),
        "expires_in": LIFETIME,
        "interval": interval,
    })))
}

/// A poll at the token endpoint (RFC 8628 sections 3.4 and 3.5).
pub(crate) fn exchange(
    provider: &Provider,
    client: &Client,
    asked: &Asked,
    jkt: Option<String>,
) -> Result<Reply, Failure> {
    let Some(device_code) = asked.named("device_code") else {
        return Ok(Reply::bad_request("invalid_request", "device_code is missing"));
    };
    let now = provider.now();
    let polled = provider.devices().poll(device_code, &client.id, jkt.as_deref(), now);
    let (code, why) = match polled {
        Polled::Unknown => return Ok(token::invalid_grant("the device code is unknown or was used")),
        Polled::AnotherKey => ("invalid_dpop_proof", "the device code is bound to another key"),
        Polled::Expired => ("expired_token", "nobody entered the code in time"),
        Polled::TooEarly => ("slow_down", "the device asks too often"),
        Polled::Undecided => ("authorization_pending", "nobody has answered yet"),
        Polled::Denied => ("access_denied", "the person said no"),
        Polled::Allowed { scope, resource, session } => {
            // Who has signed out since then has taken it back.
            if !provider.store().lasts(&session.sid, now) {
                return Ok(Reply::bad_request("access_denied", "the session has ended"));
            }
            provider.store().involve(&session.sid, &client.id);
            let granted = Granted {
                client_id: &client.id,
                scope: &scope,
                resource: &resource,
                nonce: None,
                acr: None,
                jkt: jkt.as_deref(),
                session: &session,
            };
            let Some(resource) = wishes::narrowed(asked.named("resource"), granted.resource) else {
                return Ok(token::invalid_target());
            };
            return token::begin(provider, client, None, &granted, &resource);
        }
    };
    Ok(Reply::refused(StatusCode::BAD_REQUEST, code, why))
}

/// About 34 random bits, which last for ten minutes.
fn new_user_code() -> Result<String, getrandom::Error> {
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

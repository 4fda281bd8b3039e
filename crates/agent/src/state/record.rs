//! A session as the vault keeps it.

use std::time::Duration;

use abide_session::{Checkpoint, Now, RemainingLimit};
use abide_vault::Zeroizing;
use abide_wire::{LimitSource, Signal};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::platform::clock;
use crate::state::tokens::Held;
use crate::view::convert::{limit_source, session_limit_source, signal_of};

const FORMAT: u32 = 1;

/// The name of an account's record.
pub(crate) fn record_name(account: &str) -> String {
    format!("session/{account}")
}

/// A session that another process has written down.
pub(crate) struct StoredSession {
    pub(crate) heading: Heading,
    pub(crate) held: Held,
    pub(crate) checkpoint: Checkpoint,
}

/// Whose session a record holds.
#[derive(Serialize, Deserialize)]
pub(crate) struct Heading {
    format: u32,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    boot_id: Option<String>,
}

impl Heading {
    pub(crate) fn new(issuer: &str, client_id: &str) -> Self {
        let (issuer, client_id) = (issuer.to_owned(), client_id.to_owned());
        Self { format: FORMAT, issuer, client_id, boot_id: clock::boot_id() }
    }
}

/// The session's deadlines, as they were when the record was written.
#[derive(Serialize, Deserialize)]
struct Deadlines {
    #[serde(default)]
    doubt: Option<Signal>,
    at_wall: Duration,
    at_boot: Duration,
    began: Duration,
    idle_left: Duration,
    absolute_left: Duration,
    /// In records of earlier versions, which knew `refresh_expires_in` alone.
    #[serde(default, skip_serializing)]
    provider_left: Option<Duration>,
    #[serde(default, skip_serializing)]
    provider_lifetime: Option<Duration>,
    #[serde(default)]
    provider_limits: Vec<ProviderLimit>,
}

impl Deadlines {
    fn of(checkpoint: &Checkpoint) -> Self {
        Self {
            doubt: checkpoint.suspicion.map(signal_of),
            at_wall: checkpoint.at.wall,
            at_boot: checkpoint.at.boot,
            began: checkpoint.began,
            idle_left: checkpoint.idle_left,
            absolute_left: checkpoint.absolute_left,
            provider_left: None,
            provider_lifetime: None,
            provider_limits: checkpoint.provider.iter().map(ProviderLimit::of).collect(),
        }
    }

    fn read(self, renewable: bool) -> Checkpoint {
        let earlier = self.provider_left.map(|left| RemainingLimit {
            source: abide_session::LimitSource::RefreshExpiresIn,
            left,
            lifetime: self.provider_lifetime.unwrap_or(left),
            declared: None,
        });
        let limits = self.provider_limits.into_iter().map(ProviderLimit::read);
        Checkpoint {
            at: Now { wall: self.at_wall, boot: self.at_boot },
            began: self.began,
            idle_left: self.idle_left,
            absolute_left: self.absolute_left,
            provider: earlier.into_iter().chain(limits).collect(),
            renewable,
            suspicion: self.doubt.and_then(rumour),
        }
    }
}

/// One object in JSON; each part is read by itself.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    heading: &'a Heading,
    #[serde(flatten)]
    held: &'a Held,
    #[serde(flatten)]
    deadlines: Deadlines,
}

/// An end that the provider has declared.
#[derive(Serialize, Deserialize)]
struct ProviderLimit {
    source: LimitSource,
    left: Duration,
    lifetime: Duration,
    #[serde(default)]
    declared: Option<Duration>,
}

impl ProviderLimit {
    fn of(limit: &RemainingLimit) -> Self {
        let RemainingLimit { source, left, lifetime, declared } = *limit;
        Self { source: limit_source(source), left, lifetime, declared }
    }

    fn read(self) -> RemainingLimit {
        let Self { source, left, lifetime, declared } = self;
        RemainingLimit { source: session_limit_source(source), left, lifetime, declared }
    }
}

/// The other way round from [`signal_of`].
fn rumour(signal: Signal) -> Option<abide_session::Signal> {
    use abide_session::Signal::{BackChannel, FrontChannel, Iframe, Introspection, SecurityEvent, UserInfo};
    [Iframe, Introspection, UserInfo, FrontChannel, BackChannel, SecurityEvent]
        .into_iter()
        .find(|rumour| signal_of(*rumour) == signal)
}

/// Enough for any session but for what UserInfo says, so that the buffer never moves and leaves a copy behind.
const ROOM: usize = 64 * 1024;

/// What the vault keeps of a session.
pub(crate) fn encode(heading: &Heading, held: &Held, checkpoint: &Checkpoint) -> Option<Zeroizing<Vec<u8>>> {
    let profile = held.profile.as_ref().and_then(|profile| serde_json::to_vec(profile).ok());
    let room = ROOM + profile.map_or(0, |profile| profile.len());
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    let written = Written { heading, held, deadlines: Deadlines::of(checkpoint) };
    serde_json::to_writer(&mut *bytes, &written).ok()?;
    Some(bytes)
}

impl StoredSession {
    /// From the vault; `None` for what this version does not understand.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let heading: Heading = serde_json::from_slice(bytes).ok()?;
        if heading.format != FORMAT {
            return None;
        }
        let held: Held = serde_json::from_slice(bytes).ok()?;
        let deadlines: Deadlines = serde_json::from_slice(bytes).ok()?;
        let checkpoint = deadlines.read(held.refresh_token.is_some());
        Some(Self { heading, held, checkpoint })
    }

    /// Whether the machine has not been restarted since, so that its boot times compare.
    pub(crate) fn same_boot(&self) -> bool {
        self.heading.boot_id.is_some() && self.heading.boot_id == clock::boot_id()
    }
}

/// The refresh tokens of a session, and whom they were issued to.
pub(crate) struct Tokens {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) tokens: Vec<SecretString>,
}

/// What can be read of the tokens in a record, also in one that this version does not understand; `None` if there are none.
pub(crate) fn tokens_in(bytes: &[u8]) -> Option<Tokens> {
    let members: Map<String, Value> = serde_json::from_slice(bytes).ok()?;
    let text = |name: &str| members.get(name).and_then(Value::as_str);
    let leftovers = members.get("leftovers").and_then(Value::as_array);
    let leftovers = leftovers.into_iter().flatten().filter_map(Value::as_str);
    let tokens: Vec<_> = text("refresh_token").into_iter().chain(leftovers).map(SecretString::from).collect();
    let (issuer, client_id) = (text("issuer")?.to_owned(), text("client_id")?.to_owned());
    (!tokens.is_empty()).then_some(Tokens { issuer, client_id, tokens })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use secrecy::ExposeSecret as _;

    use super::*;

    /// The first that was ever written, and one with everything that came to it.
    const FIRST: &str = include_str!("../../../../fuzz/corpus/stored_session/good-least");
    const LATER: &str = include_str!("../../../../fuzz/corpus/stored_session/good-more");
    const FULL: &str = include_str!("../../../../fuzz/corpus/stored_session/good-full");

    fn written_again(text: &str) -> Value {
        let StoredSession { heading, held, checkpoint } = StoredSession::decode(text.as_bytes()).unwrap();
        serde_json::from_slice(&encode(&heading, &held, &checkpoint).unwrap()).unwrap()
    }

    #[test]
    fn records_of_earlier_versions_open() {
        let first = StoredSession::decode(FIRST.as_bytes()).unwrap();
        assert_eq!(first.held.refresh_token.unwrap().expose_secret(), "canary-rt-1");
        assert_eq!((first.held.identity.label(), first.held.scope.as_str()), ("alice@example.com", "openid"));
        assert!(first.checkpoint.renewable && first.checkpoint.provider.iter().next().is_none());
        let later = StoredSession::decode(LATER.as_bytes()).unwrap();
        assert_eq!(later.held.leftovers[0].expose_secret(), "canary-rt-0");
        assert_eq!(later.checkpoint.suspicion, Some(abide_session::Signal::Iframe));
        let limits: Vec<_> = later.checkpoint.provider.iter().map(|limit| limit.lifetime.as_secs()).collect();
        assert_eq!(limits, [1800]);
    }

    /// An earlier version reads what this one writes, and nothing that a record holds is lost.
    #[test]
    fn what_is_read_is_written_under_the_same_names() {
        let full: Value = serde_json::from_str(FULL).unwrap();
        assert_eq!(written_again(FULL), full);
        assert_eq!(written_again(&written_again(FIRST).to_string()), written_again(FIRST));
    }

    #[test]
    fn what_is_not_understood_is_no_session() {
        let newer = FIRST.replace("\"format\":1", "\"format\":2");
        let no_key = FIRST.replace("\"scope\"", "\"dpop\":\"AA\",\"scope\"");
        let nameless = FIRST.replace("\"identity\"", "\"someone\"");
        let twice = FIRST.replace("\"scope\"", "\"scope\":\"a\",\"scope\"");
        for text in [newer.as_str(), &no_key, &nameless, &twice, "", "[]", "{}"] {
            assert!(StoredSession::decode(text.as_bytes()).is_none(), "{text}");
        }
        for text in [newer.as_str(), &no_key, &nameless, LATER] {
            let found = tokens_in(text.as_bytes()).unwrap();
            assert_eq!(
                (found.issuer.as_str(), found.client_id.as_str()),
                ("https://id.example.com", "abide")
            );
            assert_eq!(found.tokens[0].expose_secret(), "canary-rt-1", "it can be revoked");
        }
        assert_eq!(tokens_in(LATER.as_bytes()).unwrap().tokens.len(), 2);
        for text in ["", "[]", "{}", r#"{"issuer":"i","client_id":"c"}"#, r#"{"refresh_token":"r"}"#] {
            assert!(tokens_in(text.as_bytes()).is_none(), "{text}");
        }
    }
}

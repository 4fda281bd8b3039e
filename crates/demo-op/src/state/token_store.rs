//! Families of tokens: everything that was issued because of one authorization code. Bounded, and of every token only the
//! digest.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::crypto::secret::{self, Digest};
use crate::state::bounded::bounded_insert;

const FAMILIES: usize = 1024;
const ACCESS_TOKENS: usize = 4096;
/// So many earlier refresh tokens of a family go on working.
const EARLIER: usize = 32;

/// The length of a refresh token: 16 bytes that name its family and 32 that are new with every rotation, in base64url.
pub(crate) const FAMILY_BYTES: usize = 16;
const REFRESH_TOKEN_BYTES: usize = FAMILY_BYTES + 32;

/// Everything that was issued because of one authorization code.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Family {
    pub(crate) client_id: String,
    pub(crate) subject: String,
    pub(crate) sid: String,
    pub(crate) auth_time: u64,
    pub(crate) scope: Vec<String>,
    #[serde(default)]
    pub(crate) resource: Vec<String>,
    /// The key that its refresh tokens are bound to.
    #[serde(default)]
    pub(crate) jkt: Option<String>,
    /// The digest of the newest refresh token.
    pub(crate) refresh: Option<Digest>,
    /// Those before that still work, each with its scope.
    #[serde(default)]
    pub(crate) earlier: Vec<(Digest, Vec<String>)>,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
    /// When it is over, however often it is refreshed.
    #[serde(default)]
    pub(crate) ends: Option<u64>,
}

/// How long a family lasts.
#[derive(Clone, Copy)]
pub(crate) struct Lifetime {
    /// Without being used, in seconds.
    pub(crate) idle: u64,
    /// When it is over in any case.
    pub(crate) ends: Option<u64>,
}

impl Lifetime {
    pub(crate) fn expires(self, now: u64) -> u64 {
        let idle = now + self.idle;
        self.ends.map_or(idle, |ends| idle.min(ends))
    }
}

/// What a refresh changes in its family.
pub(crate) struct Rotation<'a> {
    /// The refresh token that is good from now on.
    pub(crate) refresh_token: &'a str,
    /// The scope that it has.
    pub(crate) scope: Vec<String>,
    /// Whether those before go on working.
    pub(crate) keep_earlier: bool,
}

impl Family {
    /// The scope of an earlier refresh token that still works.
    fn earlier(&self, token: &str) -> Option<&[String]> {
        self.earlier.iter().find(|(known, _)| known.matches(token)).map(|(_, scope)| scope.as_slice())
    }

    pub(crate) fn is_offline(&self) -> bool {
        self.scope.iter().any(|scope| scope == "offline_access")
    }
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct AccessToken {
    pub(crate) family: Digest,
    pub(crate) scope: Vec<String>,
    /// Where it is good (RFC 8707). Empty: at this provider.
    #[serde(default)]
    pub(crate) resource: Vec<String>,
    /// The key that it is bound to.
    #[serde(default)]
    pub(crate) jkt: Option<String>,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
}

/// What lasts beyond the process.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    families: HashMap<Digest, Family>,
    access_tokens: HashMap<Digest, AccessToken>,
}

/// What became of a refresh token that was shown.
pub(crate) enum Refreshing {
    /// It was the good one. The family and its key.
    Good(Digest, Box<Family>),
    /// It belongs to a family, but was already used: the family is gone now.
    Reused,
    /// It belongs to another client: nothing changed.
    AnotherClient,
    Unknown,
}

impl Tokens {
    pub(crate) fn add_family(&mut self, key: Digest, family: Family, now: u64) {
        bounded_insert(&mut self.families, FAMILIES, key, family, now, |family| family.expires);
        self.drop_orphans();
    }

    /// Ends the families that `is_meant` says.
    pub(crate) fn end(&mut self, is_meant: impl Fn(&Family) -> bool) -> Vec<Family> {
        let mut ended = Vec::new();
        self.families.retain(|_, family| {
            let ends = is_meant(family);
            if ends {
                ended.push(family.clone());
            }
            !ends
        });
        self.drop_orphans();
        ended
    }

    /// Looks at a refresh token that a client shows in order to use it. It names its family, so that a token that was
    /// used before is told from one that never was, however long ago that is.
    pub(crate) fn refreshing(&mut self, token: &str, client_id: &str, now: u64) -> Refreshing {
        let Some((key, family)) = self.family_of(token, now) else { return Refreshing::Unknown };
        if family.client_id != client_id {
            return Refreshing::AnotherClient;
        }
        match &family.refresh {
            Some(good) if good.matches(token) => Refreshing::Good(key, Box::new(family.clone())),
            _ if family.earlier(token).is_some() => {
                let scope = family.earlier(token).map(<[String]>::to_vec).unwrap_or_default();
                Refreshing::Good(key, Box::new(Family { scope, ..family.clone() }))
            }
            _ => {
                self.revoke_family(key);
                Refreshing::Reused
            }
        }
    }

    /// Replaces the refresh token of a family.
    pub(crate) fn rotate(&mut self, key: Digest, rotation: Rotation<'_>, idle: u64, now: u64) {
        let Some(family) = self.families.get_mut(&key) else { return };
        let before = family.refresh.replace(Digest::of(rotation.refresh_token));
        let scope = std::mem::replace(&mut family.scope, rotation.scope);
        if let Some(before) = before.filter(|before| rotation.keep_earlier && Some(*before) != family.refresh)
        {
            if family.earlier.len() >= EARLIER {
                family.earlier.remove(0);
            }
            family.earlier.push((before, scope));
        }
        family.issued = now;
        family.expires = Lifetime { idle, ends: family.ends }.expires(now);
    }

    /// Ends the access tokens of a family.
    pub(crate) fn end_access_tokens(&mut self, family: Digest) {
        self.access_tokens.retain(|_, access| access.family != family);
    }

    pub(crate) fn issue_access_token(&mut self, token: &str, issued: AccessToken, now: u64) {
        let limit = ACCESS_TOKENS;
        bounded_insert(&mut self.access_tokens, limit, Digest::of(token), issued, now, |t| t.expires);
    }

    /// An access token that is good now, with its family.
    pub(crate) fn access_token(&self, token: &str, now: u64) -> Option<(&AccessToken, &Family)> {
        let access = self.access_tokens.get(&Digest::of(token)).filter(|access| access.expires > now)?;
        Some((access, self.families.get(&access.family)?))
    }

    /// A refresh token that is good now.
    pub(crate) fn refresh_token(&self, token: &str, now: u64) -> Option<&Family> {
        let (_, family) = self.family_of(token, now)?;
        let newest = family.refresh.as_ref().is_some_and(|good| good.matches(token));
        (newest || family.earlier(token).is_some()).then_some(family)
    }

    /// The family that a refresh token belongs to, whether it is the good one or an earlier one.
    pub(crate) fn family_of(&self, token: &str, now: u64) -> Option<(Digest, &Family)> {
        let bytes = secret::decode(token).filter(|bytes| bytes.len() == REFRESH_TOKEN_BYTES)?;
        let key = Digest::of(&bytes[..FAMILY_BYTES]);
        self.families.get(&key).filter(|family| family.expires > now).map(|family| (key, family))
    }

    pub(crate) fn revoke_family(&mut self, key: Digest) {
        self.families.remove(&key);
        self.drop_orphans();
    }

    pub(crate) fn revoke_access_token(&mut self, token: &str) {
        self.access_tokens.remove(&Digest::of(token));
    }

    /// An access token lasts no longer than its family.
    fn drop_orphans(&mut self) {
        let Tokens { families, access_tokens } = self;
        access_tokens.retain(|_, access| families.contains_key(&access.family));
    }
}

/// A family's handle, for a new family.
pub(crate) fn family_handle() -> Result<[u8; FAMILY_BYTES], getrandom::Error> {
    secret::random()
}

/// A new refresh token of the family with this handle.
pub(crate) fn new_refresh_token(handle: [u8; FAMILY_BYTES]) -> Result<String, getrandom::Error> {
    let mut bytes = handle.to_vec();
    bytes.extend(secret::random::<32>()?);
    Ok(secret::encode(&bytes))
}

/// The handle in a refresh token that is known to be good.
pub(crate) fn handle_in(refresh_token: &str) -> Option<[u8; FAMILY_BYTES]> {
    secret::decode(refresh_token)?.get(..FAMILY_BYTES)?.try_into().ok()
}

//! Token families: all tokens that were issued because of one authorization code. Bounded, and stored as digests only.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::crypto::secret::{self, Digest};
use crate::state::bounded::bounded_insert;

const FAMILIES: usize = 1024;
const ACCESS_TOKENS: usize = 4096;
/// The most earlier refresh tokens of a family that stay valid.
const EARLIER: usize = 32;

/// The length of a refresh token: 16 bytes that name its family and 32 that are new with every rotation, in base64url.
pub(crate) const FAMILY_BYTES: usize = 16;
const REFRESH_TOKEN_BYTES: usize = FAMILY_BYTES + 32;

/// All tokens that were issued because of one authorization code.
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
    /// Earlier ones that are still valid, each with its scope.
    #[serde(default)]
    pub(crate) earlier: Vec<(Digest, Vec<String>)>,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
    /// The end of the family, however often it is refreshed.
    #[serde(default)]
    pub(crate) ends: Option<u64>,
}

/// The lifetime of a family.
#[derive(Clone, Copy)]
pub(crate) struct Lifetime {
    /// While it is unused, in seconds.
    pub(crate) idle: u64,
    /// The latest end.
    pub(crate) ends: Option<u64>,
}

impl Lifetime {
    pub(crate) fn expires(self, now: u64) -> u64 {
        let idle = now + self.idle;
        self.ends.map_or(idle, |ends| idle.min(ends))
    }
}

/// The change of a family by a refresh.
pub(crate) struct Rotation<'a> {
    /// The new refresh token.
    pub(crate) refresh_token: &'a str,
    /// Its scope.
    pub(crate) scope: Vec<String>,
    /// Whether earlier ones stay valid.
    pub(crate) keep_earlier: bool,
}

impl Family {
    /// The scope of an earlier refresh token that is still valid.
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
    /// The resource servers (RFC 8707). Empty: this provider.
    #[serde(default)]
    pub(crate) resource: Vec<String>,
    /// The key that it is bound to.
    #[serde(default)]
    pub(crate) jkt: Option<String>,
    pub(crate) issued: u64,
    pub(crate) expires: u64,
}

/// The part that is kept between two starts.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tokens {
    families: HashMap<Digest, Family>,
    access_tokens: HashMap<Digest, AccessToken>,
}

/// The result of presenting a refresh token.
pub(crate) enum Refreshing {
    /// It was valid. The family and its key.
    Good(Digest, Box<Family>),
    /// It was used already: the family has been ended.
    Reused,
    /// It belongs to another client. Nothing was changed.
    AnotherClient,
    Unknown,
}

impl Tokens {
    pub(crate) fn add_family(&mut self, key: Digest, family: Family, now: u64) {
        bounded_insert(&mut self.families, FAMILIES, key, family, now, |family| family.expires);
        self.drop_orphans();
    }

    /// Ends the families for which `is_meant` is true.
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

    /// Checks a refresh token that a client wants to use. It contains the handle of its family, so that a used token can be
    /// told from an unknown one, however old it is.
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

    /// A valid access token, with its family.
    pub(crate) fn access_token(&self, token: &str, now: u64) -> Option<(&AccessToken, &Family)> {
        let access = self.access_tokens.get(&Digest::of(token)).filter(|access| access.expires > now)?;
        Some((access, self.families.get(&access.family)?))
    }

    /// The family of a valid refresh token.
    pub(crate) fn refresh_token(&self, token: &str, now: u64) -> Option<&Family> {
        let (_, family) = self.family_of(token, now)?;
        let newest = family.refresh.as_ref().is_some_and(|good| good.matches(token));
        (newest || family.earlier(token).is_some()).then_some(family)
    }

    /// The family of a refresh token, whether it is the newest or an earlier one.
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

    pub(crate) fn end_all_access_tokens(&mut self) {
        self.access_tokens.clear();
    }

    /// Removes access tokens whose family has ended.
    fn drop_orphans(&mut self) {
        let Tokens { families, access_tokens } = self;
        access_tokens.retain(|_, access| families.contains_key(&access.family));
    }
}

/// The handle of a new family.
pub(crate) fn family_handle() -> Result<[u8; FAMILY_BYTES], getrandom::Error> {
    secret::random()
}

/// A new refresh token of the family with this handle.
pub(crate) fn new_refresh_token(handle: [u8; FAMILY_BYTES]) -> Result<String, getrandom::Error> {
    let mut bytes = handle.to_vec();
    bytes.extend(secret::random::<32>()?);
    Ok(secret::encode(&bytes))
}

/// The handle in a valid refresh token.
pub(crate) fn handle_in(refresh_token: &str) -> Option<[u8; FAMILY_BYTES]> {
    secret::decode(refresh_token)?.get(..FAMILY_BYTES)?.try_into().ok()
}

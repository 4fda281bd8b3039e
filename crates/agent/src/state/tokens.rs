//! What a signed-in account holds: its tokens, and who they are about.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{Claims, DpopKey, Identity, Tokens};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::state::secret_text;
use crate::view::layers::Heard;

/// At most this many refresh tokens of silent requests are kept until they are revoked.
const MOST_LEFTOVERS: usize = 32;

/// The type of an access token that is bound to a key (RFC 9449, section 7.1).
pub(crate) const BOUND: &str = "DPoP";

/// What a signed-in account holds, in memory and in the vault: a field that is added here is kept. One that earlier versions did
/// not write needs a default.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Held {
    /// In memory only.
    #[serde(skip)]
    pub(crate) access: Option<Access>,
    #[serde(default, with = "secret_text::token")]
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) scope: String,
    pub(crate) identity: Identity,
    /// Whose refresh token this is, where a later sign-in brought none: its ID tokens repeat the claims of its own sign-in.
    #[serde(default)]
    pub(crate) grant: Option<Identity>,
    /// When and how the provider's session was last confirmed.
    #[serde(default)]
    pub(crate) heard: Option<Heard>,
    /// The newest ID token, for `id_token_hint`.
    #[serde(default, with = "secret_text::token")]
    pub(crate) id_token: Option<SecretString>,
    /// What the provider's iframe compares (Session Management 1.0, section 2).
    #[serde(default)]
    pub(crate) session_state: Option<String>,
    /// What UserInfo said last.
    #[serde(default)]
    pub(crate) profile: Option<Profile>,
    /// What all of them are bound to (RFC 9449); `None` for bearer tokens.
    #[serde(default, with = "secret_text::key")]
    pub(crate) dpop: Option<Arc<DpopKey>>,
    /// Unused refresh tokens of silent requests: they are revoked with the others.
    #[serde(default, with = "secret_text::tokens")]
    pub(crate) leftovers: Vec<SecretString>,
}

/// An access token. The session knows when it ends.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) token: SecretString,
}

/// What is being written to disk. Until it is stored it is not served, and nothing older may be written over it.
pub(crate) struct Uncommitted {
    pub(crate) number: u64,
    pub(crate) held: Held,
}

impl Held {
    pub(crate) fn new(tokens: Tokens, heard: Heard) -> Self {
        Self {
            access: Some(Access { token: tokens.access_token }),
            heard: Some(heard),
            refresh_token: tokens.refresh_token,
            scope: tokens.scope,
            identity: tokens.identity,
            grant: None,
            id_token: tokens.id_token,
            session_state: None,
            profile: None,
            dpop: None,
            leftovers: Vec::new(),
        }
    }

    /// Who the refresh token is about, as its own sign-in said.
    pub(crate) fn granted_to(&self) -> &Identity {
        self.grant.as_ref().unwrap_or(&self.identity)
    }

    /// Takes out the oldest of the refresh tokens that are not used, if there are too many: they are to be revoked.
    pub(crate) fn surplus(&mut self) -> Vec<SecretString> {
        let most = self.leftovers.len().saturating_sub(MOST_LEFTOVERS);
        self.leftovers.drain(..most).collect()
    }

    /// Takes over what a refresh does not bring.
    pub(crate) fn inherit(&mut self, before: &Self) {
        self.id_token = self.id_token.take().or_else(|| before.id_token.clone());
        self.session_state.clone_from(&before.session_state);
        self.profile.clone_from(&before.profile);
        self.dpop.clone_from(&before.dpop);
        self.leftovers.clone_from(&before.leftovers);
    }
}

/// What UserInfo said, and when (wall time).
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Profile {
    pub(crate) claims: Claims,
    pub(crate) at: Duration,
}

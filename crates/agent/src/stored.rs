//! A session as the vault keeps it.

use std::time::Duration;

use abide_oidc::Identity;
use abide_session::{Checkpoint, Now};
use abide_vault::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::layers::Heard;
use crate::platform;

/// The name of an account's record.
pub(crate) fn record_name(account: &str) -> String {
    format!("session/{account}")
}

/// What goes on in another process.
pub(crate) struct StoredSession {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) scope: String,
    pub(crate) identity: Identity,
    pub(crate) heard: Option<Heard>,
    pub(crate) checkpoint: Checkpoint,
    pub(crate) boot_id: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Form<'a> {
    format: u32,
    issuer: std::borrow::Cow<'a, str>,
    client_id: std::borrow::Cow<'a, str>,
    refresh_token: Option<Zeroizing<String>>,
    scope: std::borrow::Cow<'a, str>,
    identity: std::borrow::Cow<'a, Identity>,
    #[serde(default)]
    heard: Option<Heard>,
    boot_id: Option<String>,
    at_wall: Duration,
    at_boot: Duration,
    began: Duration,
    idle_left: Duration,
    absolute_left: Duration,
    provider_left: Option<Duration>,
    #[serde(default)]
    provider_lifetime: Option<Duration>,
}

/// Enough for any session, so that the buffer never moves and leaves a copy behind.
const ROOM: usize = 64 * 1024;

impl StoredSession {
    /// As bytes for the vault.
    pub(crate) fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let form = Form {
            format: 1,
            issuer: self.issuer.as_str().into(),
            client_id: self.client_id.as_str().into(),
            refresh_token: self
                .refresh_token
                .as_ref()
                .map(|token| Zeroizing::new(token.expose_secret().to_owned())),
            scope: self.scope.as_str().into(),
            identity: std::borrow::Cow::Borrowed(&self.identity),
            heard: self.heard,
            boot_id: self.boot_id.clone(),
            at_wall: self.checkpoint.at.wall,
            at_boot: self.checkpoint.at.boot,
            began: self.checkpoint.began,
            idle_left: self.checkpoint.idle_left,
            absolute_left: self.checkpoint.absolute_left,
            provider_left: self.checkpoint.provider_left,
            provider_lifetime: self.checkpoint.provider_lifetime,
        };
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM));
        serde_json::to_writer(&mut *bytes, &form).ok()?;
        Some(bytes)
    }

    /// From the vault; `None` for what this version does not understand.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let form: Form<'_> = serde_json::from_slice(bytes).ok()?;
        if form.format != 1 {
            return None;
        }
        let refresh_token = form.refresh_token.map(|token| SecretString::from(token.as_str().to_owned()));
        Some(Self {
            issuer: form.issuer.into_owned(),
            client_id: form.client_id.into_owned(),
            scope: form.scope.into_owned(),
            identity: form.identity.into_owned(),
            heard: form.heard,
            boot_id: form.boot_id,
            checkpoint: Checkpoint {
                at: Now { wall: form.at_wall, boot: form.at_boot },
                began: form.began,
                idle_left: form.idle_left,
                absolute_left: form.absolute_left,
                provider_left: form.provider_left,
                provider_lifetime: form.provider_lifetime,
                renewable: refresh_token.is_some(),
            },
            refresh_token,
        })
    }

    /// Whether the machine has not been restarted since, so that its boot times compare.
    pub(crate) fn same_boot(&self) -> bool {
        self.boot_id.is_some() && self.boot_id == platform::boot_id()
    }
}

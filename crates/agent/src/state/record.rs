//! A session as the vault keeps it.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{DpopKey, Identity};
use abide_session::{Checkpoint, Now, RemainingLimit};
use abide_vault::Zeroizing;
use abide_wire::{LimitSource, Signal};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::platform;
use crate::state::tokens::Profile;
use crate::view::convert::{limit_source, session_limit_source, signal_of};
use crate::view::layers::Heard;

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
    pub(crate) grant: Option<Identity>,
    pub(crate) heard: Option<Heard>,
    pub(crate) id_token: Option<SecretString>,
    pub(crate) session_state: Option<String>,
    pub(crate) profile: Option<Profile>,
    pub(crate) dpop: Option<Arc<DpopKey>>,
    pub(crate) leftovers: Vec<SecretString>,
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
    grant: Option<Identity>,
    #[serde(default)]
    heard: Option<Heard>,
    #[serde(default)]
    id_token: Option<Zeroizing<String>>,
    #[serde(default)]
    session_state: Option<String>,
    #[serde(default)]
    profile: Option<Profile>,
    #[serde(default)]
    dpop: Option<KeyText>,
    #[serde(default)]
    leftovers: Vec<Zeroizing<String>>,
    #[serde(default)]
    doubt: Option<Signal>,
    boot_id: Option<String>,
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

/// A key as a record keeps it: base64url.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct KeyText(Zeroizing<String>);

impl KeyText {
    pub(crate) fn of(key: &DpopKey) -> Self {
        Self(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*key.to_bytes())))
    }

    pub(crate) fn read(&self) -> Option<Arc<DpopKey>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(self.0.as_bytes()).map(Zeroizing::new).ok()?;
        DpopKey::from_bytes(&bytes).ok().map(Arc::new)
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

impl StoredSession {
    /// As bytes for the vault.
    pub(crate) fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let text = |token: &SecretString| Zeroizing::new(token.expose_secret().to_owned());
        let form = Form {
            format: 1,
            issuer: self.issuer.as_str().into(),
            client_id: self.client_id.as_str().into(),
            refresh_token: self.refresh_token.as_ref().map(text),
            id_token: self.id_token.as_ref().map(text),
            session_state: self.session_state.clone(),
            profile: self.profile.clone(),
            dpop: self.dpop.as_deref().map(KeyText::of),
            leftovers: self.leftovers.iter().map(text).collect(),
            doubt: self.checkpoint.suspicion.map(signal_of),
            scope: self.scope.as_str().into(),
            identity: std::borrow::Cow::Borrowed(&self.identity),
            grant: self.grant.clone(),
            heard: self.heard,
            boot_id: self.boot_id.clone(),
            at_wall: self.checkpoint.at.wall,
            at_boot: self.checkpoint.at.boot,
            began: self.checkpoint.began,
            idle_left: self.checkpoint.idle_left,
            absolute_left: self.checkpoint.absolute_left,
            provider_left: None,
            provider_lifetime: None,
            provider_limits: self.checkpoint.provider.iter().map(ProviderLimit::of).collect(),
        };
        let profile = form.profile.as_ref().and_then(|profile| serde_json::to_vec(profile).ok());
        let mut bytes = Zeroizing::new(Vec::with_capacity(ROOM + profile.map_or(0, |profile| profile.len())));
        serde_json::to_writer(&mut *bytes, &form).ok()?;
        Some(bytes)
    }

    /// From the vault; `None` for what this version does not understand.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let form: Form<'_> = serde_json::from_slice(bytes).ok()?;
        if form.format != 1 {
            return None;
        }
        let secret = |token: Zeroizing<String>| SecretString::from(token.as_str().to_owned());
        let refresh_token = form.refresh_token.map(secret);
        // Without its key a bound token is of no use.
        let dpop = form.dpop.map(|key| key.read().ok_or(())).transpose().ok()?;
        let earlier = form.provider_left.map(|left| RemainingLimit {
            source: abide_session::LimitSource::RefreshExpiresIn,
            left,
            lifetime: form.provider_lifetime.unwrap_or(left),
            declared: None,
        });
        let limits = form.provider_limits.into_iter().map(ProviderLimit::read);
        Some(Self {
            issuer: form.issuer.into_owned(),
            client_id: form.client_id.into_owned(),
            scope: form.scope.into_owned(),
            identity: form.identity.into_owned(),
            grant: form.grant,
            heard: form.heard,
            id_token: form.id_token.map(secret),
            session_state: form.session_state,
            profile: form.profile,
            dpop,
            leftovers: form.leftovers.into_iter().map(secret).collect(),
            boot_id: form.boot_id,
            checkpoint: Checkpoint {
                at: Now { wall: form.at_wall, boot: form.at_boot },
                began: form.began,
                idle_left: form.idle_left,
                absolute_left: form.absolute_left,
                provider: earlier.into_iter().chain(limits).collect(),
                renewable: refresh_token.is_some(),
                suspicion: form.doubt.and_then(rumour),
            },
            refresh_token,
        })
    }

    /// Whether the machine has not been restarted since, so that its boot times compare.
    pub(crate) fn same_boot(&self) -> bool {
        self.boot_id.is_some() && self.boot_id == platform::boot_id()
    }
}

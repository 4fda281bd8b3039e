//! The state that all endpoints share: configuration, keys, store, record.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::runtime::Handle;
use tokio::sync::watch;

#[cfg(feature = "hostile")]
use crate::hostile::{self, Hostile, Known};
#[cfg(feature = "hostile")]
use crate::http::Endpoint;
#[cfg(feature = "hostile")]
use axum::response::Response;

use crate::config::{Client, Clock, Config, OfflineAccess, PushedAuthorization, Quirks, Registration};
use crate::crypto::keys::{KeyError, Keys};
use crate::crypto::secret::{self, Digest};
use crate::record::Record;
use crate::state::devices::Devices;
use crate::state::event_queue::Events;
use crate::state::scope::{OFFLINE_ACCESS, SCOPES};
use crate::state::state_file;
use crate::state::store::{Offline, SESSION_LIFETIME, Store};
use crate::state::token_store::Tokens;

pub(crate) struct Provider {
    port: u16,
    issuer: String,
    clients: RwLock<Vec<Arc<Client>>>,
    /// The token that ends the registration, for each client that registered dynamically (RFC 7592).
    registrations: Mutex<BTreeMap<String, Digest>>,
    access_token_lifetime: Duration,
    refresh_token_lifetime: Duration,
    clock: Clock,
    keys: Keys,
    store: Mutex<Store>,
    devices: Mutex<Devices>,
    record: Record,
    session_management: bool,
    offline: Offline,
    events: Option<Events>,
    registration: Registration,
    reads_client_documents: bool,
    device_poll_interval: Duration,
    pushed_authorization: PushedAuthorization,
    /// The secret for making nonces, if proofs have to contain one.
    nonce_secret: Option<String>,
    quirks: RwLock<Arc<Quirks>>,
    /// The number of silent requests that are still answered with `consent_required`.
    consent_required: AtomicU32,
    reachable: AtomicBool,
    paused: watch::Sender<bool>,
    /// Runs notifications to clients while other requests are answered.
    runtime: Handle,
    state_file: Option<PathBuf>,
    #[cfg(feature = "hostile")]
    hostile: Hostile,
    /// Held while the state file is written, so that an older state never overwrites a newer one.
    writing: Mutex<()>,
}

impl Provider {
    pub(crate) fn new(
        config: Config,
        port: u16,
        keys: Keys,
        tokens: Tokens,
        runtime: Handle,
    ) -> Result<Provider, KeyError> {
        Ok(Provider {
            port,
            issuer: format!("http://127.0.0.1:{port}"),
            clients: RwLock::new(config.clients.into_iter().map(Arc::new).collect()),
            registrations: Mutex::default(),
            access_token_lifetime: config.access_token_lifetime,
            refresh_token_lifetime: config.refresh_token_lifetime,
            clock: config.clock,
            keys,
            store: Mutex::new(Store::with_tokens(tokens)),
            devices: Mutex::default(),
            record: Record::default(),
            session_management: config.session_management,
            offline: match config.offline_access_outlives_session {
                true => Offline::Keep,
                false => Offline::End,
            },
            events: config.event_stream.map(Events::new),
            registration: config.registration,
            reads_client_documents: config.client_documents.is_some(),
            device_poll_interval: config.device_poll_interval,
            pushed_authorization: config.pushed_authorization,
            nonce_secret: config
                .require_dpop_nonce
                .then(secret::random_text)
                .transpose()
                .map_err(|_| KeyError)?,
            consent_required: AtomicU32::new(config.quirks.consent_required),
            quirks: RwLock::new(Arc::new(config.quirks)),
            reachable: AtomicBool::new(true),
            paused: watch::Sender::new(false),
            runtime,
            state_file: config.state_file,
            #[cfg(feature = "hostile")]
            hostile: Hostile::new()?,
            writing: Mutex::new(()),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:port`: the only accepted `Host`.
    pub(crate) fn authority(&self) -> &str {
        self.issuer.trim_start_matches("http://")
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn client(&self, id: &str) -> Option<Arc<Client>> {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients.iter().find(|client| client.id == id).cloned()
    }

    /// Whether a client ID may be the address of the client's metadata.
    pub(crate) fn reads_client_documents(&self) -> bool {
        self.reads_client_documents
    }

    /// Registers a client, or replaces the one with this `client_id`.
    pub(crate) fn register(&self, client: Client) {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        clients.retain(|known| known.id != client.id);
        clients.push(Arc::new(client));
    }

    /// Registers a client dynamically. Their number is limited; the oldest is dropped.
    pub(crate) fn register_dynamically(&self, client: Client, management: Digest) {
        const KEPT: usize = 256;
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        let dynamic = |known: &Arc<Client>| known.id.starts_with("dynamic-");
        if clients.iter().filter(|known| dynamic(known)).count() >= KEPT
            && let Some(oldest) = clients.iter().position(dynamic)
        {
            clients.remove(oldest);
        }
        let mut registrations = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        registrations.retain(|id, _| clients.iter().any(|known| known.id == *id));
        registrations.insert(client.id.clone(), management);
        clients.push(Arc::new(client));
    }

    /// Ends the registration of a client that registered dynamically. False for any other client, or with the wrong token.
    pub(crate) fn deregister(&self, id: &str, token: &str) -> bool {
        let mut clients = self.clients.write().unwrap_or_else(PoisonError::into_inner);
        let mut registrations = self.registrations.lock().unwrap_or_else(PoisonError::into_inner);
        if !registrations.get(id).is_some_and(|known| known.matches(token)) {
            return false;
        }
        registrations.remove(id);
        clients.retain(|known| known.id != id);
        true
    }

    /// The number of clients that are registered dynamically.
    pub(crate) fn dynamic_clients(&self) -> usize {
        self.registrations.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub(crate) fn quirks(&self) -> Arc<Quirks> {
        Arc::clone(&self.quirks.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_quirks(&self, quirks: Quirks) {
        self.consent_required.store(quirks.consent_required, Ordering::Release);
        *self.quirks.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(quirks);
    }

    /// Whether this silent request is answered with `consent_required`. Counts it.
    pub(crate) fn wants_consent(&self) -> bool {
        let (set, get) = (Ordering::AcqRel, Ordering::Acquire);
        self.consent_required.fetch_update(set, get, |left| left.checked_sub(1)).is_ok()
    }

    /// The supported scopes.
    pub(crate) fn scopes(&self) -> Vec<&'static str> {
        let known = self.quirks().offline_access != OfflineAccess::Unknown;
        SCOPES.into_iter().filter(|scope| known || *scope != OFFLINE_ACCESS).collect()
    }

    /// The scopes in the metadata.
    pub(crate) fn listed_scopes(&self) -> Vec<&'static str> {
        let listed = self.quirks().offline_access == OfflineAccess::Listed;
        SCOPES.into_iter().filter(|scope| listed || *scope != OFFLINE_ACCESS).collect()
    }

    /// The supported scopes of a request. `None`: the request is refused because of an unknown one.
    pub(crate) fn known_scopes(&self, asked: &str) -> Option<Vec<String>> {
        let known = self.scopes();
        let asked: Vec<&str> = asked.split(' ').filter(|scope| !scope.is_empty()).collect();
        if self.quirks().refuse_unknown_scopes && !asked.iter().all(|scope| known.contains(scope)) {
            return None;
        }
        Some(known.into_iter().filter(|scope| asked.contains(scope)).map(str::to_owned).collect())
    }

    /// The lifetime of a session in the browser, in seconds.
    pub(crate) fn session_lifetime(&self) -> u64 {
        self.quirks().session_expiry.map_or(SESSION_LIFETIME, |expiry| expiry.as_secs())
    }

    pub(crate) fn registration(&self) -> &Registration {
        &self.registration
    }

    pub(crate) fn device_poll_interval(&self) -> u64 {
        self.device_poll_interval.as_secs()
    }

    pub(crate) fn has_session_management(&self) -> bool {
        self.session_management
    }

    pub(crate) fn offers_pushed_authorization(&self) -> bool {
        self.pushed_authorization != PushedAuthorization::Unmentioned
    }

    pub(crate) fn requires_pushed_authorization(&self) -> bool {
        self.pushed_authorization == PushedAuthorization::Required
    }

    pub(crate) fn wants_dpop_nonce(&self) -> bool {
        self.nonce_secret.is_some()
    }

    pub(crate) fn nonce_secret(&self) -> &str {
        self.nonce_secret.as_deref().unwrap_or_default()
    }

    /// Whether a client authenticates with a key.
    pub(crate) fn has_clients_with_keys(&self) -> bool {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients.iter().any(|client| client.public_key.is_some())
    }

    /// Whether a client authenticates with a secret.
    pub(crate) fn has_clients_with_secrets(&self) -> bool {
        let clients = self.clients.read().unwrap_or_else(PoisonError::into_inner);
        clients.iter().any(|client| client.secret.is_some())
    }

    pub(crate) fn offline(&self) -> Offline {
        self.offline
    }

    pub(crate) fn events(&self) -> Option<&Events> {
        self.events.as_ref()
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    #[cfg(feature = "hostile")]
    pub(crate) fn hostile(&self) -> &Hostile {
        &self.hostile
    }

    /// Applies the deviations to an answer.
    #[cfg(feature = "hostile")]
    pub(crate) async fn distorted(
        &self,
        at: Endpoint,
        grant_type: Option<&str>,
        response: Response,
    ) -> Response {
        let known = Known {
            issuer: &self.issuer,
            port: self.port,
            now: self.now(),
            own: &self.keys,
            stranger: &self.hostile.stranger,
        };
        hostile::distort(&self.hostile, &known, at, grant_type, response).await
    }

    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn devices(&self) -> MutexGuard<'_, Devices> {
        self.devices.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn access_token_lifetime(&self) -> u64 {
        self.access_token_lifetime.as_secs()
    }

    pub(crate) fn refresh_token_lifetime(&self) -> u64 {
        self.refresh_token_lifetime.as_secs()
    }

    pub(crate) fn clock_time(&self) -> SystemTime {
        (self.clock)()
    }

    /// Seconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.clock_time().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
    }

    pub(crate) fn is_reachable(&self) -> bool {
        self.reachable.load(Ordering::Acquire)
    }

    pub(crate) fn set_reachable(&self, reachable: bool) {
        self.reachable.store(reachable, Ordering::Release);
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        self.paused.send_replace(paused);
    }

    /// Waits until it is not paused.
    pub(crate) async fn until_resumed(&self) {
        // The only other result is that the sender is gone, but `self` holds it.
        let _ = self.paused.subscribe().wait_for(|paused| !paused).await;
    }

    pub(crate) fn revoke_all(&self) {
        self.store().revoke_all();
        *self.devices() = Devices::default();
        self.save_or_warn();
    }

    /// Writes the state file, if there is one.
    pub(crate) fn save(&self) -> std::io::Result<()> {
        let Some(path) = &self.state_file else { return Ok(()) };
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = self.store().tokens.clone();
        let keys = self.keys.store().map_err(std::io::Error::other)?;
        state_file::write(path, self.port, keys, tokens)
    }

    /// Writes the state file before an answer is sent. If that fails, the answer is still sent: it is right as long as this
    /// process runs.
    pub(crate) async fn persist(self: &Arc<Self>) {
        if self.state_file.is_some() {
            let provider = Arc::clone(self);
            if let Err(error) = tokio::task::spawn_blocking(move || provider.save_or_warn()).await {
                tracing::warn!(%error, "the demo provider's state was not written");
            }
        }
    }

    pub(crate) fn save_or_warn(&self) {
        if let Err(error) = self.save() {
            tracing::warn!(%error, "the demo provider's state was not written");
        }
    }
}

//! What all endpoints share: the configuration, the keys, the store, the record.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use crate::config::{Client, Clock, Config};
use crate::keys::{KeyError, Keys};
use crate::record::Record;
use crate::state_file;
use crate::store::{Store, Tokens};

/// Something that only the machine can be blamed for. The answer to it is `server_error`.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the system gave no randomness: {0}")]
    Random(#[from] getrandom::Error),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error("an answer could not be put into a header: {0}")]
    Header(#[from] axum::http::header::InvalidHeaderValue),
}

pub(crate) struct Provider {
    port: u16,
    issuer: String,
    clients: Vec<Client>,
    access_token_lifetime: Duration,
    refresh_token_lifetime: Duration,
    clock: Clock,
    keys: Keys,
    store: Mutex<Store>,
    record: Record,
    reachable: AtomicBool,
    state_file: Option<PathBuf>,
    /// Held while the state file is written, so that an older state never follows a newer one.
    writing: Mutex<()>,
}

impl Provider {
    pub(crate) fn new(config: Config, port: u16, keys: Keys, tokens: Tokens) -> Provider {
        Provider {
            port,
            issuer: format!("http://127.0.0.1:{port}"),
            clients: config.clients,
            access_token_lifetime: config.access_token_lifetime,
            refresh_token_lifetime: config.refresh_token_lifetime,
            clock: config.clock,
            keys,
            store: Mutex::new(Store::with_tokens(tokens)),
            record: Record::default(),
            reachable: AtomicBool::new(true),
            state_file: config.state_file,
            writing: Mutex::new(()),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:port`: the only `Host` that is answered.
    pub(crate) fn authority(&self) -> &str {
        self.issuer.trim_start_matches("http://")
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    pub(crate) fn client(&self, id: &str) -> Option<&Client> {
        self.clients.iter().find(|client| client.id == id)
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) fn record(&self) -> &Record {
        &self.record
    }

    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
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

    pub(crate) fn revoke_all(&self) {
        self.store().revoke_all();
        self.save_or_warn();
    }

    /// Writes the state file, if there is one.
    pub(crate) fn save(&self) -> std::io::Result<()> {
        let Some(path) = &self.state_file else { return Ok(()) };
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = self.store().tokens();
        let keys = self.keys.store().map_err(std::io::Error::other)?;
        state_file::write(path, self.port, keys, tokens)
    }

    /// Writes the state file before an answer is given. If that fails, the answer is still right for as long as this
    /// process runs, so it is given.
    pub(crate) async fn persist(self: &Arc<Self>) {
        if self.state_file.is_some() {
            let provider = Arc::clone(self);
            if let Err(error) = tokio::task::spawn_blocking(move || provider.save_or_warn()).await {
                tracing::warn!(%error, "the demo provider's state was not written");
            }
        }
    }

    fn save_or_warn(&self) {
        if let Err(error) = self.save() {
            tracing::warn!(%error, "the demo provider's state was not written");
        }
    }
}

//! A demonstration OpenID Provider, embedded in the program that starts it.
//!
//! It is the first provider that a newcomer signs in to, and a strict one for tests: authorization code flow with PKCE
//! (S256, always), ID tokens signed with ES256 or RS256, rotating refresh tokens with reuse detection, UserInfo,
//! revocation, introspection and RP-initiated logout. It keeps a [`Record`] of what it was asked.
//!
//! What it never does: listen on anything but 127.0.0.1 (a port is all that can be configured), answer to another
//! `Host`, run a script in a page, store a token (it stores digests), or hide that it is a demonstration.
//!
//! Two decisions that a client may notice: a refresh token is issued when the scope `offline_access` was granted, for
//! which signing in counts as consent; and signing out at the provider also ends what was issued in that session.

mod authorize;
mod config;
mod discovery;
mod end_session;
mod keys;
mod pages;
mod parameters;
mod provider;
mod record;
mod reply;
mod secret;
mod server;
mod sign_in;
mod state_file;
mod store;
mod token;
mod token_state;
mod transaction;
mod userinfo;
mod users;

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use config::{Client, Clock, Config, SigningAlgorithm, StartError};
pub use record::{DeadlinePassed, Endpoint, Entry, Outcome, Record};
pub use secret::fingerprint;

use keys::Keys;
use provider::Provider;
use state_file::Saved;
use store::Tokens;

/// A running provider. It stops when dropped: connections that are in the middle of an answer get a second to finish.
pub struct DemoOp {
    provider: Arc<Provider>,
    stop: watch::Sender<()>,
    serving: JoinHandle<()>,
}

impl fmt::Debug for DemoOp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DemoOp").field("issuer", &self.issuer()).finish_non_exhaustive()
    }
}

impl DemoOp {
    /// Starts a provider on 127.0.0.1. It must be called within a tokio runtime, on which the provider then runs.
    ///
    /// # Errors
    /// If the port is taken, the state file cannot be used, or a client is registered with what is not a URI.
    pub async fn start(config: Config) -> Result<DemoOp, StartError> {
        config::check(&config.clients)?;
        let saved = read_state(&config).await?;
        let listener = listen(config.port, saved.as_ref().map(|saved| saved.port)).await?;
        let port = listener
            .local_addr()
            .map_err(|source| StartError::Bind { port: config.port.unwrap_or_default(), source })?
            .port();
        // Tokens belong to their issuer: under another port they are nobody's.
        let (keys, tokens) = match saved {
            Some(saved) if saved.port == port => (Some(saved.keys), saved.tokens),
            Some(saved) => (Some(saved.keys), Tokens::default()),
            None => (None, Tokens::default()),
        };
        let rsa = config.clients.iter().any(|client| client.signing == SigningAlgorithm::Rs256);
        let (state_file, provider) = (config.state_file.clone(), move || {
            let keys = match keys {
                Some(keys) => keys.with_rsa(rsa),
                None => Keys::generate(rsa),
            };
            let provider = Provider::new(config, port, keys.map_err(|_| StartError::SigningKey)?, tokens);
            let saved = provider.save();
            Ok((provider, saved))
        });
        let (provider, saved) = blocking(provider).await.map_err(|_| StartError::SigningKey)??;
        if let (Err(source), Some(path)) = (saved, state_file) {
            return Err(StartError::StateFile { path, source });
        }
        let provider = Arc::new(provider);
        let (stop, stopped) = watch::channel(());
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&provider), stopped));
        tracing::info!(issuer = provider.issuer(), "the demo provider listens");
        Ok(DemoOp { provider, stop, serving })
    }

    /// The issuer: `http://127.0.0.1:` and the port, without a slash at the end.
    pub fn issuer(&self) -> &str {
        self.provider.issuer()
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.provider.port()
    }

    /// What it was asked so far, and what it will be asked.
    pub fn record(&self) -> Record {
        self.provider.record().clone()
    }

    /// Ends every session, as an administrator would: no token that was issued works any more, and everybody has to
    /// sign in again.
    pub fn revoke_all(&self) {
        self.provider.revoke_all();
    }

    /// With `false`, every request is answered with 503 from now on, until it is `true` again.
    pub fn set_reachable(&self, reachable: bool) {
        self.provider.set_reachable(reachable);
    }

    /// Stops it, and returns when the port is free again.
    pub async fn stop(self) {
        drop(self.stop);
        // It only ends in another way if the runtime itself shuts down.
        let _ = self.serving.await;
    }
}

async fn read_state(config: &Config) -> Result<Option<Saved>, StartError> {
    let Some(path) = config.state_file.clone() else { return Ok(None) };
    let failed = |source| StartError::StateFile { path: path.clone(), source };
    let reading = path.clone();
    blocking(move || state_file::read(&reading)).await.and_then(|read| read).map_err(failed)
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(io::Error::other)
}

/// Binds the port that was asked for, or the one of last time if it is free, or any.
async fn listen(asked: Option<u16>, last: Option<u16>) -> Result<TcpListener, StartError> {
    let Some(port) = asked else {
        if let Some(last) = last
            && let Ok(listener) = bind_patiently(last).await
        {
            return Ok(listener);
        }
        return bind(0).await.map_err(|source| StartError::Bind { port: 0, source });
    };
    bind_patiently(port).await.map_err(|source| StartError::Bind { port, source })
}

async fn bind(port: u16) -> io::Result<TcpListener> {
    TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, port)).await
}

/// A program that was just ended may hold its port for a moment longer.
async fn bind_patiently(port: u16) -> io::Result<TcpListener> {
    const PATIENCE: Duration = Duration::from_millis(500);
    const PAUSE: Duration = Duration::from_millis(20);
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        match bind(port).await {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && tokio::time::Instant::now() < deadline =>
            {
                tokio::time::sleep(PAUSE).await;
            }
            done => return done,
        }
    }
}

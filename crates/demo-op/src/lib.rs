//! A demonstration OpenID Provider, embedded in the program that starts it.
//!
//! It is the first provider that a new user signs in to, and a strict one for tests. It supports the authorization code flow
//! with PKCE (S256, always), ID tokens signed with ES256 or RS256, rotating refresh tokens with reuse detection, UserInfo,
//! revocation, introspection, pushed authorization requests, sign-in on another device, registration of clients, token
//! exchange, resource indicators, tokens bound to a client's key (DPoP) and client authentication with a key. A client can
//! learn about the end of a session in every standard way: session management in an iframe, RP-initiated, front-channel and
//! back-channel logout, and security events by polling. It keeps a [`Record`] of its requests and of the clients that it
//! notified.
//!
//! It never listens on anything but 127.0.0.1 (only the port can be configured), answers to another `Host`, connects to
//! another computer, runs a script in a visible page, stores a token (it stores digests), or hides that it is a
//! demonstration.
//!
//! Two decisions that a client may notice: a refresh token is issued if the scope `offline_access` was granted, and signing
//! in counts as consent to it; and signing out at the provider also ends the tokens of that session, unless
//! [`Config::offline_access_outlives_session`] is set.
//!
//! Each deviation of real providers is a switch in [`Quirks`]; the switches can be combined, and set while the provider
//! runs. They are for behaviour that is allowed, or at least common. Wrong answers (bad signatures, broken JSON, endless
//! bodies) are the deviations of the feature `hostile`.
//!
//! The modules are rooms in a fixed order, which `xtask` checks: `crypto`, `config`, `http`, `record`, `hostile`, `state`,
//! `browser`, `pages`, `clients`, `session`, `tokens`, `authorization`, `device`, `events`, `streams`, `discovery`,
//! `registration`, `server`. Each uses only those before it.

mod authorization;
mod browser;
mod clients;
mod config;
mod crypto;
mod device;
mod discovery;
mod events;
#[cfg(feature = "hostile")]
mod hostile;
mod http;
mod pages;
mod record;
mod registration;
mod server;
mod session;
mod state;
mod streams;
mod tokens;

use std::fmt;
use std::io;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

pub use config::{
    Client, ClientSecret, Clock, Config, EventStream, FormPost, MetadataPlace, OfflineAccess,
    PushedAuthorization, Quirks, RefreshTokens, Registration, StartError, StreamDeviation,
};
pub use crypto::algorithm::SigningAlgorithm;
pub use crypto::secret::fingerprint;
pub use events::{EventError, SecurityEvent};
#[cfg(feature = "hostile")]
pub use hostile::{Answer, Body, Deviation, Edit, Form, IdToken, QueryEdit, Signature, When, Wrong};
pub use http::{Endpoint, Outcome};
pub use record::{Channel, DeadlinePassed, Delivery, Entry, EventState, Notice, Record};
pub use state::event_queue::MadeStream;

use crypto::keys::Keys;
use server::Command;
use session::ending;
use state::provider::Provider;
use state::state_file::{self, Saved};
use state::token_store::Tokens;
use state::users::User;

/// A running provider. It stops when dropped: connections that are sending an answer get a second to finish.
pub struct DemoOp {
    provider: Arc<Provider>,
    commands: mpsc::Sender<Command>,
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
    /// If the port is in use, the state file cannot be used, or a client has an invalid URI.
    pub async fn start(config: Config) -> Result<DemoOp, StartError> {
        config::check(&config.clients)?;
        let saved = read_state(&config).await?;
        let listener = server::listen(config.port, saved.as_ref().map(|saved| saved.port)).await?;
        let port = listener
            .local_addr()
            .map_err(|source| StartError::Bind { port: config.port.unwrap_or_default(), source })?
            .port();
        // Tokens are tied to their issuer, so they are not valid under another port.
        let (keys, tokens) = match saved {
            Some(saved) if saved.port == port => (Some(saved.keys), saved.tokens),
            Some(saved) => (Some(saved.keys), Tokens::default()),
            None => (None, Tokens::default()),
        };
        let rsa = config.clients.iter().any(|client| client.wants(SigningAlgorithm::Rs256))
            || config.quirks.logout_token_signing == Some(SigningAlgorithm::Rs256);
        let runtime = Handle::current();
        let (state_file, provider) = (config.state_file.clone(), move || {
            let keys = match keys {
                Some(keys) => keys.with_rsa(rsa),
                None => Keys::generate(rsa),
            };
            let keys = keys.map_err(|_| StartError::SigningKey)?;
            let documents = config.client_documents.clone().unwrap_or_default();
            let provider = Provider::new(config, port, keys, tokens, runtime);
            let provider = provider.map_err(|_| StartError::SigningKey)?;
            for (address, document) in &documents {
                match registration::of_document(&provider, address, document) {
                    Some(client) => provider.register(client),
                    None => tracing::warn!(address, "a client metadata document cannot be used"),
                }
            }
            let saved = provider.save();
            Ok((provider, saved))
        });
        let (provider, saved) = blocking(provider).await.map_err(|_| StartError::SigningKey)??;
        if let (Err(source), Some(path)) = (saved, state_file) {
            return Err(StartError::StateFile { path, source });
        }
        let provider = Arc::new(provider);
        let (stop, stopped) = watch::channel(());
        let (commands, commanded) = mpsc::channel(1);
        let serving = tokio::spawn(server::serve(listener, Arc::clone(&provider), commanded, stopped));
        tracing::info!(issuer = provider.issuer(), "the demo provider listens");
        Ok(DemoOp { provider, commands, stop, serving })
    }

    /// The issuer: `http://127.0.0.1:` and the port, without a slash at the end.
    pub fn issuer(&self) -> &str {
        self.provider.issuer()
    }

    /// The port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.provider.port()
    }

    /// The record of past and future requests.
    pub fn record(&self) -> Record {
        self.provider.record().clone()
    }

    /// Registers a client, or replaces the one with the same `client_id`: for a client that knows its own address only after
    /// the provider has started.
    ///
    /// # Errors
    /// If one of its URIs is invalid, or it needs RS256 and no client needed that at the start.
    pub fn register(&self, client: Client) -> Result<(), StartError> {
        config::check(std::slice::from_ref(&client))?;
        let algorithms = [Some(client.signing), client.userinfo_signing];
        if !algorithms.into_iter().flatten().all(|algorithm| self.provider.keys().can(algorithm)) {
            return Err(StartError::SigningKey);
        }
        self.provider.register(client);
        Ok(())
    }

    /// Ends the sessions of a user (named by user name, e-mail address or subject), as an administrator would. Their tokens
    /// end, and their clients are notified over the back channel, which this does not wait for. Returns the number of
    /// sessions. The browser notices at its next request.
    pub fn end_session(&self, user: &str) -> usize {
        User::named(user).map_or(0, |user| ending::by_administrator(&self.provider, Some(user.subject)))
    }

    /// Ends the sessions of all users, as [`DemoOp::end_session`] does for one.
    pub fn end_all_sessions(&self) -> usize {
        ending::by_administrator(&self.provider, None)
    }

    /// Sets other [`Quirks`]. Counters restart.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.provider.set_quirks(quirks);
    }

    /// The number of clients that have registered dynamically and are still registered.
    pub fn dynamic_clients(&self) -> usize {
        self.provider.dynamic_clients()
    }

    /// The number of browsers that are signed in at the provider behind this one ([`Quirks::upstream`]).
    pub fn upstream_sessions(&self) -> usize {
        self.provider.store().upstream_sessions(self.provider.now())
    }

    /// The endpoint for polls of security events, even if there is no receiver.
    pub fn events_endpoint(&self) -> String {
        format!("{}{}", self.issuer(), Endpoint::Events.path())
    }

    /// Signs a security event and puts it into the receiver's queue. Returns its `jti`, which [`Record::event`] needs.
    ///
    /// # Errors
    /// If no stream is configured, or there is no such user.
    pub fn queue_event(&self, event: &SecurityEvent) -> Result<String, EventError> {
        events::queue(&self.provider, event)
    }

    /// The stream that the receiver has made (OpenID Shared Signals Framework 1.0 section 8.1.1).
    pub fn stream(&self) -> Option<MadeStream> {
        self.provider.events().and_then(|events| events.made().clone())
    }

    /// The number of events that are neither acknowledged nor refused.
    pub fn waiting_events(&self) -> usize {
        self.provider.events().map_or(0, |events| events.first(usize::MAX).0.len())
    }

    /// Changes the status of that stream, and tells the receiver (section 8.1.5). Returns the `jti` of the event.
    ///
    /// # Errors
    /// If no stream is configured.
    pub fn change_stream_status(&self, status: &str) -> Result<String, EventError> {
        streams::change_status(&self.provider, status)
    }

    /// Changes that stream without a word, or makes one in the receiver's place.
    pub fn change_stream(&self, change: impl FnOnce(&mut Option<MadeStream>)) {
        if let Some(events) = self.provider.events() {
            change(&mut events.made());
        }
    }

    /// Ends all access tokens that were issued before. Refresh tokens stay valid.
    pub fn end_access_tokens(&self) {
        self.provider.store().tokens.end_all_access_tokens();
    }

    /// A compact JWS signed with the provider's key. `header` is merged into `{"alg": "ES256", "kid": …}`; a `null` removes
    /// a member. `RS256` signs with that key (if there is one), `none` leaves the signature out, and any other `alg` gets a
    /// signature that does not fit it.
    ///
    /// # Errors
    /// If the key that the header asks for does not exist.
    #[cfg(feature = "hostile")]
    pub fn sign_jwt(
        &self,
        header: &serde_json::Value,
        claims: &serde_json::Value,
    ) -> Result<String, EventError> {
        self.provider.keys().sign_anything(header, claims).map_err(|_| EventError::Signing)
    }

    /// Puts any text into the queue of the receiver of security events, under any `jti`.
    ///
    /// # Errors
    /// If no stream is configured.
    #[cfg(feature = "hostile")]
    pub fn queue_token(&self, jti: &str, token: String) -> Result<(), EventError> {
        let events = self.provider.events().ok_or(EventError::NoStream)?;
        events.put(self.provider.record(), jti, token);
        Ok(())
    }

    /// Sets the deviations of its answers; earlier ones end, and requests are counted anew.
    #[cfg(feature = "hostile")]
    pub fn misbehave(&self, deviations: Vec<Deviation>) {
        self.provider.hostile().tell(deviations);
    }

    /// Ends every session without a notification: all issued tokens become invalid, and everyone has to sign in again.
    pub fn revoke_all(&self) {
        self.provider.revoke_all();
    }

    /// With `false`, every request is answered with 503, until it is set to `true` again.
    pub fn set_reachable(&self, reachable: bool) {
        self.provider.set_reachable(reachable);
    }

    /// Makes it slow: connections are accepted but requests are not answered, until [`DemoOp::resume`]. A request whose
    /// sender has given up by then is dropped.
    pub fn pause(&self) {
        self.provider.set_paused(true);
    }

    /// Takes it down: connections are cut off, and refused when this returns, until [`DemoOp::resume`].
    pub async fn refuse(&self) {
        let (done, refused) = oneshot::channel();
        if self.commands.send(Command::Refuse(done)).await.is_ok() {
            // The only other result is a shutdown of the runtime.
            let _ = refused.await;
        }
    }

    /// Ends the effect of [`DemoOp::pause`] and [`DemoOp::refuse`].
    ///
    /// # Errors
    /// If another program took the port in the meantime.
    pub async fn resume(&self) -> Result<(), StartError> {
        self.provider.set_paused(false);
        let (done, listening) = oneshot::channel();
        let sent = self.commands.send(Command::Accept(done)).await.map_err(io::Error::other);
        let resumed = match sent {
            Ok(()) => listening.await.map_err(io::Error::other).and_then(|listening| listening),
            Err(error) => Err(error),
        };
        resumed.map_err(|source| StartError::Bind { port: self.port(), source })
    }

    /// Stops it, and returns when the port is free again.
    pub async fn stop(self) {
        drop(self.stop);
        // The only other result is a shutdown of the runtime.
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

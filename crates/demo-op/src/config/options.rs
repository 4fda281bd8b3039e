//! The configuration of a provider.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde_json::Value;

use crate::config::client::Client;
use crate::config::quirks::Quirks;

/// The provider's clock. Tests pass one that they move.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The configuration of a provider.
#[derive(Clone)]
pub struct Config {
    /// The port on 127.0.0.1. `None`: the one in the state file if it is free, otherwise any free one.
    pub port: Option<u16>,
    /// The registered clients, before any registers dynamically.
    pub clients: Vec<Client>,
    /// How long an access token lasts.
    pub access_token_lifetime: Duration,
    /// The lifetime of a refresh token. It starts again with each rotation.
    pub refresh_token_lifetime: Duration,
    /// The file that keeps keys and tokens (as digests) between two starts. `None`: they are lost.
    pub state_file: Option<PathBuf>,
    /// Whether a client can watch the browser's session in an iframe (OpenID Connect Session Management 1.0):
    /// `check_session_iframe` in the metadata and `session_state` in every authorization response.
    pub session_management: bool,
    /// Whether tokens with the scope `offline_access` stay valid when the session ends (OpenID Connect Back-Channel Logout
    /// 1.0 section 2.7). Otherwise they end too.
    pub offline_access_outlives_session: bool,
    /// The receiver that may poll for security events (RFC 8936). `None`: there is no such endpoint.
    pub event_stream: Option<EventStream>,
    /// Who may register further clients (RFC 7591). They are forgotten when the provider stops.
    pub registration: Registration,
    /// Client metadata documents (draft-ietf-oauth-client-id-metadata-document) at https addresses, as if they were fetched
    /// from there. An address is then a client ID. `None`: a client ID is no address.
    pub client_documents: Option<Vec<(String, Value)>>,
    /// The time that a waiting device has to wait between two polls (RFC 8628 section 3.2), in whole seconds.
    pub device_poll_interval: Duration,
    /// Whether authorization requests may or must be pushed (RFC 9126).
    pub pushed_authorization: PushedAuthorization,
    /// Whether DPoP proofs have to contain a nonce of this provider (RFC 9449 section 8).
    pub require_dpop_nonce: bool,
    /// Deviations from the default that real providers have.
    pub quirks: Quirks,
    /// Where the time comes from.
    pub clock: Clock,
}

/// Support for pushed authorization requests (RFC 9126).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushedAuthorization {
    /// Pushed requests are accepted, but the metadata do not name the endpoint.
    #[default]
    Unmentioned,
    /// The metadata offers it.
    Offered,
    /// Other requests are refused.
    Required,
}

impl Default for Config {
    /// One client `abide`, access tokens of five minutes, refresh tokens of 30 days that end with their session, session
    /// management in an iframe, no events, registration for everyone on this computer, a poll every five seconds, the
    /// system's clock, no state file.
    fn default() -> Config {
        Config {
            port: None,
            clients: vec![Client::default()],
            access_token_lifetime: Duration::from_secs(5 * 60),
            refresh_token_lifetime: Duration::from_secs(30 * 24 * 60 * 60),
            state_file: None,
            session_management: true,
            offline_access_outlives_session: false,
            event_stream: None,
            registration: Registration::Open,
            client_documents: None,
            device_poll_interval: Duration::from_secs(5),
            pushed_authorization: PushedAuthorization::default(),
            require_dpop_nonce: false,
            quirks: Quirks::default(),
            clock: Arc::new(SystemTime::now),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("port", &self.port)
            .field("clients", &self.clients)
            .field("access_token_lifetime", &self.access_token_lifetime)
            .field("refresh_token_lifetime", &self.refresh_token_lifetime)
            .field("state_file", &self.state_file)
            .field("session_management", &self.session_management)
            .field("offline_access_outlives_session", &self.offline_access_outlives_session)
            .field("event_stream", &self.event_stream)
            .field("registration", &self.registration)
            .field("client_documents", &self.client_documents)
            .field("device_poll_interval", &self.device_poll_interval)
            .field("pushed_authorization", &self.pushed_authorization)
            .field("require_dpop_nonce", &self.require_dpop_nonce)
            .field("quirks", &self.quirks)
            .finish_non_exhaustive()
    }
}

/// The one receiver of security events (RFC 8936).
#[derive(Clone, Debug)]
pub struct EventStream {
    /// The `aud` of the events.
    pub audience: String,
    /// The receiver's bearer token. An access token of the client of that name is accepted too.
    pub token: SecretString,
    /// The longest wait for an event, for a poll that does not want an answer at once.
    pub longest_wait: Duration,
    /// Where events are sent at once (RFC 8935). `None`: they wait for a poll.
    pub push_to: Option<String>,
    /// Whether the receiver makes the stream (OpenID Shared Signals Framework 1.0 section 8.1). Before that, no stream exists.
    pub managed: bool,
    /// A deviation of the transmitter.
    pub deviation: Option<StreamDeviation>,
}

/// A deviation of a transmitter, as the OpenID Foundation's tests of receivers have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamDeviation {
    /// A stream that the receiver makes has another `iss`.
    ForeignIssuer,
    /// The first verification event has another `state` than the receiver has sent.
    WrongState,
    /// The first verification event is about another stream.
    WrongSubject,
    /// A new stream has three events about another person in it.
    EventsFirst,
    /// When the receiver changes the status, an event tells it the same.
    TellsStatus,
    /// The answer about a new stream is empty.
    UnreadableAnswer,
    /// No answer names a delivery.
    UnusableStream,
    /// A configuration cannot be replaced.
    NoReplacement,
}

impl EventStream {
    /// A stream for this audience and bearer token, whose polls wait for up to 30 seconds.
    pub fn new(audience: impl Into<String>, token: impl Into<String>) -> EventStream {
        EventStream {
            audience: audience.into(),
            token: SecretString::from(token.into()),
            longest_wait: Duration::from_secs(30),
            push_to: None,
            managed: false,
            deviation: None,
        }
    }
}

/// Who may register clients (RFC 7591 section 3).
#[derive(Clone, Debug)]
pub enum Registration {
    /// No one, and the metadata name no such endpoint.
    Closed,
    /// Everyone who can reach the provider.
    Open,
    /// Requests with this initial access token.
    WithToken(SecretString),
}

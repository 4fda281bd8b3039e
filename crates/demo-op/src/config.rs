//! What a provider is started with, and what can go wrong when it starts.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::secret::Digest;

/// Where the provider takes the time from. Tests pass one that they move.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// What a provider is started with.
#[derive(Clone)]
pub struct Config {
    /// The port on 127.0.0.1. `None`: the one that the state file remembers, if it is free, or else an ephemeral one.
    pub port: Option<u16>,
    /// The registered clients, before any registers by itself.
    pub clients: Vec<Client>,
    /// How long an access token lasts.
    pub access_token_lifetime: Duration,
    /// How long a refresh token lasts. Each rotation begins this time anew.
    pub refresh_token_lifetime: Duration,
    /// Where keys and tokens (as digests) outlive the process. `None`: nowhere.
    pub state_file: Option<PathBuf>,
    /// Whether a client can watch the browser's session in an iframe (OpenID Connect Session Management 1.0):
    /// `check_session_iframe` in the metadata and `session_state` in every authorization response.
    pub session_management: bool,
    /// Whether what was issued with the scope `offline_access` goes on when its session ends (OpenID Connect
    /// Back-Channel Logout 1.0 section 2.7). Otherwise it ends, too.
    pub offline_access_outlives_session: bool,
    /// Who may poll for security events (RFC 8936). `None`: nobody, and there is no such endpoint.
    pub event_stream: Option<EventStream>,
    /// Who may register further clients (RFC 7591). They are forgotten when the provider stops.
    pub registration: Registration,
    /// How long a device that waits for somebody has to wait between two polls (RFC 8628 section 3.2), in whole seconds.
    pub device_poll_interval: Duration,
    /// Whether authorization requests may, or have to be, pushed (RFC 9126).
    pub pushed_authorization: PushedAuthorization,
    /// Whether DPoP proofs have to contain a nonce of this provider (RFC 9449 section 8).
    pub require_dpop_nonce: bool,
    /// Where the time comes from.
    pub clock: Clock,
}

/// What becomes of authorization requests that are pushed (RFC 9126).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PushedAuthorization {
    /// They are taken, and the metadata does not say so.
    #[default]
    Unmentioned,
    /// The metadata offers it.
    Offered,
    /// No others are taken.
    Required,
}

impl Default for Config {
    /// One client `abide`, access tokens of five minutes, refresh tokens of 30 days that end with their session, the
    /// iframe of session management, no events, registration for everybody on this computer, a poll every five seconds, the system's clock, no state file.
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
            device_poll_interval: Duration::from_secs(5),
            pushed_authorization: PushedAuthorization::default(),
            require_dpop_nonce: false,
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
            .field("device_poll_interval", &self.device_poll_interval)
            .field("pushed_authorization", &self.pushed_authorization)
            .field("require_dpop_nonce", &self.require_dpop_nonce)
            .finish_non_exhaustive()
    }
}

/// The one receiver of security events (RFC 8936).
#[derive(Clone, Debug)]
pub struct EventStream {
    /// The `aud` of the events.
    pub audience: String,
    /// What the receiver shows as a bearer token. An access token of the client of that name is as good.
    pub token: SecretString,
    /// How long a poll that does not want an answer at once waits for an event.
    pub longest_wait: Duration,
}

impl EventStream {
    /// A stream for this audience and bearer token, whose polls wait for up to 30 seconds.
    pub fn new(audience: impl Into<String>, token: impl Into<String>) -> EventStream {
        EventStream {
            audience: audience.into(),
            token: SecretString::from(token.into()),
            longest_wait: Duration::from_secs(30),
        }
    }
}

/// Who may register clients (RFC 7591 section 3).
#[derive(Clone, Debug)]
pub enum Registration {
    /// Nobody, and the metadata has no such endpoint.
    Closed,
    /// Everybody who reaches the provider.
    Open,
    /// Who shows this initial access token.
    WithToken(SecretString),
}

/// A registered client: native, and public unless it has a key, so that it shows PKCE in place of a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// `client_name`: how the pages call it. `None`: by its `client_id`.
    pub name: Option<String>,
    /// Where an authorization response may go. A URI with a loopback IP literal matches with any port
    /// (RFC 8252 section 7.3), every other one only letter for letter.
    pub redirect_uris: Vec<String>,
    /// Where the browser may go after a sign-out, matched in the same way.
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told that a session ended, with a logout token (OpenID Connect Back-Channel Logout 1.0). The provider
    /// speaks plain HTTP with this computer only.
    pub backchannel_logout_uri: Option<String>,
    /// What the browser loads in an iframe when a session ends (OpenID Connect Front-Channel Logout 1.0). `iss` and `sid`
    /// are added.
    pub frontchannel_logout_uri: Option<String>,
    /// `id_token_signed_response_alg`.
    pub signing: SigningAlgorithm,
    /// `userinfo_signed_response_alg`. `None`: UserInfo is plain JSON.
    pub userinfo_signing: Option<SigningAlgorithm>,
    /// The public key (a JWK, on P-256 or of RSA) of a client that authenticates with `private_key_jwt`. `None`: a public
    /// client.
    pub public_key: Option<serde_json::Value>,
    /// What a client shows that authenticates with `client_secret_basic`. `None`: one that has no secret.
    pub secret: Option<ClientSecret>,
}

impl Default for Client {
    /// Abide itself.
    fn default() -> Client {
        Client {
            id: "abide".to_owned(),
            name: None,
            redirect_uris: vec!["http://127.0.0.1/callback".to_owned()],
            post_logout_redirect_uris: vec![
                "http://127.0.0.1/callback".to_owned(),
                "http://127.0.0.1/signed-out".to_owned(),
            ],
            backchannel_logout_uri: None,
            frontchannel_logout_uri: None,
            signing: SigningAlgorithm::Es256,
            userinfo_signing: None,
            public_key: None,
            secret: None,
        }
    }
}

/// By what the provider knows a client's secret: it keeps no more than a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSecret(Digest);

impl ClientSecret {
    /// Of this secret.
    pub fn of(secret: &str) -> ClientSecret {
        ClientSecret(Digest::of(secret))
    }

    pub(crate) fn matches(&self, shown: &str) -> bool {
        self.0.matches(shown)
    }
}

impl Client {
    /// True if one of its tokens is signed in this way.
    pub(crate) fn wants(&self, algorithm: SigningAlgorithm) -> bool {
        self.signing == algorithm || self.userinfo_signing == Some(algorithm)
    }

    /// How the pages call it: its name, or else its `client_id` with a capital.
    pub(crate) fn display_name(&self) -> String {
        if let Some(name) = &self.name {
            return name.clone();
        }
        let mut letters = self.id.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }

    pub(crate) fn may_redirect_to(&self, uri: &str) -> bool {
        registered(&self.redirect_uris, uri)
    }

    pub(crate) fn may_log_out_to(&self, uri: &str) -> bool {
        registered(&self.post_logout_redirect_uris, uri)
    }
}

/// How a client's ID tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256 and a key of 2048 bits, which is only made when a client wants it.
    #[serde(rename = "RS256")]
    Rs256,
}

impl SigningAlgorithm {
    /// The `alg` of a JWS (RFC 7518 section 3.1).
    pub fn name(self) -> &'static str {
        match self {
            SigningAlgorithm::Es256 => "ES256",
            SigningAlgorithm::Rs256 => "RS256",
        }
    }
}

/// Why a provider did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port could not be bound.
    #[error("the demo provider could not listen on port {port} of 127.0.0.1: {source}")]
    Bind {
        /// The port that was asked for; 0 for any.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The state file could not be read or written. (A damaged one is set aside and is no error.)
    #[error("the demo provider's state file {path} could not be used: {source}")]
    StateFile {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A signing key could not be made.
    #[error("the demo provider could not make its signing key")]
    SigningKey,
    /// A client is registered with a URI that is none, or for the back channel with one that is not on this computer.
    #[error(
        "the client {client} is registered with {uri}, which is not a URI that it can be registered with"
    )]
    InvalidClient {
        /// Its `client_id`.
        client: String,
        /// The URI.
        uri: String,
    },
}

impl StartError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            StartError::Bind { .. } => "demo_provider_bind",
            StartError::StateFile { .. } => "demo_provider_state_file",
            StartError::SigningKey => "demo_provider_signing_key",
            StartError::InvalidClient { .. } => "demo_provider_invalid_client",
        }
    }
}

pub(crate) fn check(clients: &[Client]) -> Result<(), StartError> {
    for client in clients {
        let (back, front) = (&client.backchannel_logout_uri, &client.frontchannel_logout_uri);
        let uris = client.redirect_uris.iter().chain(&client.post_logout_redirect_uris);
        let not_a_uri = uris.chain(back).chain(front).find(|uri| {
            Url::parse(uri).is_err() || !uri.is_ascii() || uri.bytes().any(|byte| byte.is_ascii_control())
        });
        let not_framed = front.iter().find(|uri| !uri.starts_with("http://") && !uri.starts_with("https://"));
        let elsewhere = back.iter().find(|uri| !is_on_this_computer(uri));
        if let Some(uri) = not_a_uri.or(not_framed).or(elsewhere) {
            return Err(StartError::InvalidClient { client: client.id.clone(), uri: uri.clone() });
        }
    }
    Ok(())
}

fn is_on_this_computer(uri: &str) -> bool {
    Url::parse(uri).is_ok_and(|url| {
        let host = match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        url.scheme() == "http" && host
    })
}

/// Whether a native application may have this redirect URI (RFC 8252 sections 7.1 and 7.3): a loopback address with any
/// port, or a scheme of its own, which is a domain name in reverse.
pub(crate) fn is_native(uri: &str) -> bool {
    match Url::parse(uri) {
        Ok(url) if url.fragment().is_some() || !url.username().is_empty() => false,
        Ok(url) if url.scheme() == "http" => is_on_this_computer(uri),
        Ok(url) => url.scheme().contains('.'),
        Err(_) => false,
    }
}

fn registered(known: &[String], asked: &str) -> bool {
    known.iter().any(|known| match (loopback(known), loopback(asked)) {
        (Some(known), Some(asked)) => known == asked,
        _ => known == asked,
    })
}

/// The host and what follows the port, if the URI's host is a loopback IP literal. It looks at the text as it came: a
/// parser would make several spellings one, and only one spelling is registered.
fn loopback(uri: &str) -> Option<(&str, &str)> {
    let after_scheme = uri.strip_prefix("http://")?;
    let host = ["127.0.0.1", "[::1]"].into_iter().find(|host| after_scheme.starts_with(host))?;
    let after_host = &after_scheme[host.len()..];
    let Some(after_colon) = after_host.strip_prefix(':') else { return Some((host, after_host)) };
    let digits = after_colon.bytes().take_while(u8::is_ascii_digit).count();
    let (port, rest) = after_colon.split_at(digits);
    port.parse::<u16>().ok().filter(|port| *port != 0)?;
    Some((host, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_port_of_a_loopback_literal_and_nothing_else_may_differ() {
        let known = [
            "http://127.0.0.1/callback".to_owned(),
            "http://[::1]:1/back?x=1".to_owned(),
            "app.example:/done".to_owned(),
            "http://localhost:80/callback".to_owned(),
        ];
        for good in [
            "http://127.0.0.1/callback",
            "http://127.0.0.1:1/callback",
            "http://127.0.0.1:65535/callback",
            "http://[::1]:99/back?x=1",
            "http://[::1]/back?x=1",
            "app.example:/done",
            "http://localhost:80/callback",
        ] {
            assert!(registered(&known, good), "{good}");
        }
        for bad in [
            "",
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:80@evil.example/callback",
            "http://127.0.0.1.evil.example/callback",
            "http://127.0.0.1/callback/",
            "http://127.0.0.1/Callback",
            "http://127.0.0.1/callback?x=1",
            "http://127.0.0.1/callback#x",
            "http://127.0.0.1/x/../callback",
            "http://127.0.0.1/%63allback",
            "http://127.0.0.1",
            "https://127.0.0.1/callback",
            "HTTP://127.0.0.1/callback",
            "http://127.0.0.2/callback",
            "http://127.1/callback",
            "http://localhost/callback",
            "http://localhost:81/callback",
            "http://user@127.0.0.1/callback",
            "http://[::1]:99/callback",
            "app.example:/done/",
        ] {
            assert!(!registered(&known, bad), "{bad}");
        }
    }
}

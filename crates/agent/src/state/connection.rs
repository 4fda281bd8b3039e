//! How the provider of an account is spoken to.

use std::sync::Arc;
use std::time::Duration;

use abide_oidc::{
    ClientKey, DiscoveryOptions, DpopKey, ErrorKind, Http, HttpOptions, IssuerTemplate, Provider,
    Registration, RelyingParty, Tokens,
};
use abide_session::ProviderLimits;
use zeroize::Zeroizing;

use crate::config::AccountConfig;
use crate::platform::{file, tcp_peer};

/// The largest file with certificates, a key or a secret, in bytes.
const LARGEST: u64 = 4 << 20;

/// How a provider is spoken to. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) http: Http,
    pub(crate) relying_party: RelyingParty,
    /// The key that the tokens of `relying_party` are bound to.
    pub(crate) key: Option<Arc<DpopKey>>,
    /// The settings that it was made with.
    pub(super) settings: Arc<AccountConfig>,
}

impl Connection {
    /// The same for exchanges that cannot be repeated ([`Http::patient`]).
    pub(crate) fn patient(&self) -> Self {
        Self { http: self.http.patient(), ..self.clone() }
    }

    /// How long a caller waits for the provider.
    pub(crate) fn patience(&self) -> Duration {
        self.settings.timeout
    }

    /// Whether it was made with these settings. Another `login_hint` makes no other connection: a link can bring one.
    pub(crate) fn is_for(&self, settings: &AccountConfig) -> bool {
        let login_hint = settings.login_hint.clone();
        AccountConfig { login_hint, ..AccountConfig::clone(&self.settings) } == *settings
    }
}

/// Why a provider cannot be spoken to. Each is a sentence for people.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error("{0} Nothing has changed; try again in a while.")]
    Unreachable(abide_oidc::Error),
    #[error("{0}")]
    Provider(#[from] abide_oidc::Error),
    #[error("The CA file {0} cannot be used ({1}).")]
    CaFile(String, std::io::Error),
    #[error("The file {0} with the client secret cannot be used ({1}).")]
    SecretFile(String, std::io::Error),
    #[error("The file {0} with the client key cannot be used ({1}).")]
    KeyFile(String, std::io::Error),
    #[error("The account was removed.")]
    AccountRemoved,
}

impl ConnectError {
    pub(crate) fn of(error: abide_oidc::Error) -> Self {
        if error.is_transient() { Self::Unreachable(error) } else { Self::Provider(error) }
    }

    /// How long the provider asked us to wait.
    pub(crate) fn retry_after(&self) -> Option<std::time::Duration> {
        match self {
            Self::Unreachable(error) | Self::Provider(error) => error.retry_after(),
            _ => None,
        }
    }

    /// What has to change before the provider can be spoken to.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::Unreachable(error) | Self::Provider(error) => error.kind(),
            Self::CaFile(..) | Self::SecretFile(..) | Self::KeyFile(..) => ErrorKind::ThisComputer,
            Self::AccountRemoved => ErrorKind::ActionRequired,
        }
    }

    /// A stable name, in snake case. An error of the provider keeps the name that `abide-oidc` gave it.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Unreachable(error) | Self::Provider(error) => error.code(),
            Self::CaFile(..) => "ca_file_unreadable",
            Self::SecretFile(..) => "client_secret_file_unreadable",
            Self::KeyFile(..) => "client_key_file_unreadable",
            Self::AccountRemoved => "given_up",
        }
    }
}

/// What the session has to know of tokens that have just come over this connection.
///
/// `session_expiry` is a moment of the provider's clock. The `Date` of the same answer says how far that clock is from this
/// computer's. `iat` would not do: a provider that hands out an older ID token would lengthen the session by its age.
pub(crate) fn lifetimes(http: &Http, tokens: &Tokens) -> abide_session::Tokens {
    abide_session::Tokens {
        access_expires_in: tokens.expires_in,
        renewable: tokens.refresh_token.is_some(),
        provider: ProviderLimits {
            session_expiry: tokens.identity.session_expiry.map(Duration::from_secs),
            clock_ahead: http.clock_skew().unwrap_or_default(),
            authorization_expires_in: tokens.authorization_expires_in,
            refresh_expires_in: tokens.refresh_expires_in,
            refresh_token_timeout: tokens.refresh_token_timeout,
        },
    }
}

/// Discovers the provider of an account.
/// # Errors
///
/// What keeps the provider from being reached, or from being understood.
pub(crate) async fn connect(config: &AccountConfig) -> Result<Connection, ConnectError> {
    let (http, provider) = discover(config).await?;
    let relying_party = RelyingParty::new(provider, registration(config).await?).map_err(ConnectError::of)?;
    Ok(Connection { http, relying_party, key: None, settings: Arc::new(config.clone()) })
}

/// The same before there is a client.
pub(crate) async fn discover(config: &AccountConfig) -> Result<(Http, Provider), ConnectError> {
    let http = http_of(config).await?;
    let template = config.issuer_template.as_deref();
    let options = DiscoveryOptions {
        tenants: template.map(|template| IssuerTemplate::new(template, &config.issuer)).transpose()?,
        metadata_url: config.metadata_url.clone(),
        oauth_metadata: config.oauth_metadata,
        require_pkce_support: config.require_pkce_support,
        openid: config.openid,
        ..DiscoveryOptions::new(config.issuer.clone())
    };
    let found = Provider::discover_with(&http, &options).await;
    Ok((http, found.map_err(ConnectError::of)?))
}

async fn registration(config: &AccountConfig) -> Result<Registration, ConnectError> {
    // What cannot be was refused when the file was read.
    let public = config.registered().unwrap_or_else(|_| Registration::public(&config.client_id));
    if let Some(path) = &config.client_key_file {
        let pem = file::read_trusted_aside(path, LARGEST)
            .await
            .map(Zeroizing::new)
            .map_err(|error| ConnectError::KeyFile(path.display().to_string(), error))?;
        let key = ClientKey::from_pem(&pem, config.client_key_id.clone())?;
        return Ok(Registration { client_key: Some(Arc::new(key)), ..public });
    }
    let Some(path) = &config.client_secret_file else { return Ok(public) };
    let unreadable = |error| ConnectError::SecretFile(path.display().to_string(), error);
    let bytes = file::read_trusted_aside(path, LARGEST).await.map(Zeroizing::new).map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is not UTF-8")))?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(unreadable(std::io::Error::new(std::io::ErrorKind::InvalidData, "it is empty")));
    }
    Ok(Registration { client_secret: Some(text.into()), ..public })
}

pub(crate) async fn http_of(config: &AccountConfig) -> Result<Http, ConnectError> {
    let ca_pem = match &config.ca_file {
        None => None,
        Some(path) => Some(
            file::read_trusted_aside(path, LARGEST)
                .await
                .map_err(|error| ConnectError::CaFile(path.display().to_string(), error))?,
        ),
    };
    let proxy = config.proxy.clone().unwrap_or_default();
    let options =
        HttpOptions { ca_pem, timeout: config.timeout, proxy, admits_port, ..HttpOptions::default() };
    Ok(Http::new(options)?)
}

/// The port of `abide demo` and of the demonstration account.
pub(crate) const DEMO_PORT: u16 = 47610;

/// Whether a provider at this port of this computer may be asked. The port of the demonstration is well known, so
/// another user may have taken it. At other ports, a provider may run as another user.
fn admits_port(port: u16) -> bool {
    port != DEMO_PORT || tcp_peer::no_other_user_listens(port)
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_pipe_in_the_place_of_a_file_holds_nothing_up() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let config = AccountConfig::new("https://id.example.com".to_owned(), "abide".to_owned());
        let of_certificates = AccountConfig { ca_file: Some(pipe.clone()), ..config.clone() };
        assert!(matches!(http_of(&of_certificates).await, Err(ConnectError::CaFile(..))));
        let of_a_key = AccountConfig { client_key_file: Some(pipe.clone()), ..config.clone() };
        assert!(matches!(registration(&of_a_key).await, Err(ConnectError::KeyFile(..))));
        let of_a_secret = AccountConfig { client_secret_file: Some(pipe), ..config };
        assert!(matches!(registration(&of_a_secret).await, Err(ConnectError::SecretFile(..))));
    }

    /// With the CA file, another user would decide whom Abide trusts; with secret or key, who Abide is.
    #[tokio::test]
    async fn a_file_that_others_can_change_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "secret").unwrap();
        let mode = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let config = AccountConfig::new("https://id.example.com".to_owned(), "abide".to_owned());
        let of_certificates = AccountConfig { ca_file: Some(path.clone()), ..config.clone() };
        let of_a_key = AccountConfig { client_key_file: Some(path.clone()), ..config.clone() };
        let of_a_secret = AccountConfig { client_secret_file: Some(path.clone()), ..config };
        mode(0o644);
        assert!(registration(&of_a_secret).await.is_ok());
        mode(0o666);
        let trusted = http_of(&of_certificates).await.err().unwrap();
        assert_eq!(trusted.code(), "ca_file_unreadable");
        assert!(trusted.to_string().contains(file::NOT_TRUSTED), "{trusted}");
        assert!(matches!(registration(&of_a_key).await, Err(ConnectError::KeyFile(..))));
        assert!(matches!(registration(&of_a_secret).await, Err(ConnectError::SecretFile(..))));
    }
}

//! Registering Abide at a provider by itself (RFC 7591), and ending that again (RFC 7592).
//!
//! What comes of it goes where its like is: the client identifier into `config.toml`, a secret that the provider insists on
//! into a file for this user alone that `client_secret_file` names, and what ends the registration into the vault.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use abide_oidc::{
    ClientManagement, ClientMetadata, Error, ErrorKind, OAuthError, Provider, RegisteredClient,
    RegistrationFailure, RelyingParty,
};
use abide_vault::Zeroizing;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::config::AccountConfig;
use crate::persistence::vault::StoreError;
use crate::platform::file;
use crate::sign_in::scopes::wanted_scopes;
use crate::state::account::host_of;
use crate::state::connection::{ConnectError, discover, http_of};
use crate::state::spawn::in_time;
use crate::state::store::Store;

/// Of the year 9999, since 1970: the last that has a date in four digits.
const LAST_SECOND: u64 = 253_402_300_799;
/// The largest file with a token, in bytes.
const LARGEST_TOKEN: u64 = 1 << 20;
const CLIENT_NAME: &str = "Abide";
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Why Abide did not register itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationError {
    #[error(
        "{0} does not let applications register themselves. Register Abide there yourself, as a native application, and \
         add the account with the client ID that you get."
    )]
    NotOffered(String),
    #[error(
        "{0} does not register everybody. Ask its administrator for an initial access token, put it into a file, and name \
         the file: --initial-token-file PATH. {1}"
    )]
    TokenNeeded(String, Error),
    #[error("{0} does not accept the initial access token. Ask its administrator for a new one. {1}")]
    TokenRefused(String, Error),
    #[error("The file {} with the initial access token cannot be read ({error}).", path.display())]
    TokenFile { path: PathBuf, error: io::Error },
    #[error("{0}")]
    Provider(#[from] ConnectError),
    #[error("The client secret that the provider gave cannot be kept in {} ({error}).", path.display())]
    SecretFile { path: PathBuf, error: io::Error },
    #[error("{0}")]
    Vault(#[from] StoreError),
    /// The client was made and is of no use, and the provider still has it.
    #[error("{0} {1}")]
    LeftBehind(Box<RegistrationError>, String),
}

impl RegistrationError {
    /// A stable name, in snake case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotOffered(_) => "registration_not_offered",
            Self::TokenNeeded(..) => "initial_token_needed",
            Self::TokenRefused(..) => "initial_token_refused",
            Self::TokenFile { .. } => "initial_token_file_unreadable",
            Self::Provider(error) => error.code(),
            Self::SecretFile { .. } => "client_secret_file_unwritable",
            Self::Vault(error) => error.code(),
            Self::LeftBehind(error, _) => error.code(),
        }
    }
}

impl RegistrationError {
    /// What has to change before the registration can succeed.
    pub(crate) fn kind(&self) -> ErrorKind {
        match self {
            Self::NotOffered(_) | Self::TokenNeeded(..) | Self::TokenRefused(..) => ErrorKind::ActionRequired,
            Self::TokenFile { .. } | Self::SecretFile { .. } | Self::Vault(_) => ErrorKind::ThisComputer,
            Self::Provider(error) => error.kind(),
            Self::LeftBehind(error, _) => error.kind(),
        }
    }
}

/// A registration that can be ended, as the vault keeps it.
pub(crate) struct Managed {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    uri: Url,
    token: SecretString,
}

#[derive(Serialize, Deserialize)]
struct Form {
    format: u32,
    issuer: String,
    client_id: String,
    uri: Url,
    token: Zeroizing<String>,
}

impl Managed {
    fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let form = Form {
            format: 1,
            issuer: self.issuer.clone(),
            client_id: self.client_id.clone(),
            uri: self.uri.clone(),
            token: Zeroizing::new(self.token.expose_secret().to_owned()),
        };
        // Room for everything, so that no half-filled copy of the token is left behind when the text grows.
        let mut bytes = Zeroizing::new(Vec::with_capacity(16 * 1024));
        serde_json::to_writer(&mut *bytes, &form).ok()?;
        Some(bytes)
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let form: Form = serde_json::from_slice(bytes).ok().filter(|form: &Form| form.format == 1)?;
        let token = SecretString::from(form.token.as_str().to_owned());
        Some(Self { issuer: form.issuer, client_id: form.client_id, uri: form.uri, token })
    }

    /// Asks the provider to forget the client. The error says, in a sentence, why it still knows it.
    pub(crate) async fn end(&self, config: &AccountConfig) -> Result<(), String> {
        let ended = async {
            let http = http_of(config).await?;
            abide_oidc::deregister(&http, &self.uri, &self.token).await.map_err(ConnectError::of)
        };
        ended.await.map_err(|error| {
            tracing::warn!(code = error.code(), "a registration could not be ended");
            let host = host_of(&self.issuer);
            match self.client_id.as_str() {
                "" => format!("{host} still knows the client that it made, which is not used. {error}"),
                id => {
                    format!("{host} still knows the client \u{201c}{id}\u{201d}, which is not used. {error}")
                }
            }
        })
    }
}

/// The name of the record of an account's registration.
fn record_name(account: &str) -> String {
    format!("registration/{account}")
}

/// What an account has got by its registration.
pub(crate) struct Registered {
    pub(crate) client: RegisteredClient,
    pub(crate) managed: Option<Managed>,
}

/// Registers a public native client with what the account is going to ask for. Not every provider wants to hear the
/// scopes.
pub(crate) async fn register(
    config: &AccountConfig,
    with_scopes: bool,
    token_file: Option<&Path>,
) -> Result<Registered, RegistrationError> {
    let initial_access_token = match token_file {
        Some(path) => Some(read_token(path).await?),
        None => None,
    };
    let (http, provider) = discover(config).await?;
    let host = provider.display_host();
    if !provider.has_registration() {
        return Err(RegistrationError::NotOffered(host));
    }
    let shown = initial_access_token.is_some();
    let mut metadata = metadata(config, &provider, initial_access_token);
    if with_scopes {
        metadata.scopes = wanted_scopes(config, &provider);
    }
    let issuer = config.issuer.clone();
    let managed = move |management: ClientManagement, client_id: &str| Managed {
        issuer: issuer.clone(),
        client_id: client_id.to_owned(),
        uri: management.uri,
        token: management.token,
    };
    let asked = {
        let (http, provider) = (http.patient(), provider.clone());
        async move { abide_oidc::register(&http, &provider, &metadata).await }
    };
    let (after, late_config) = (managed.clone(), config.clone());
    // The provider has made a client that nothing waits for any more.
    let late = async move |answer: Result<RegisteredClient, RegistrationFailure>| {
        let (management, client_id) = match answer {
            Ok(client) => (client.management, client.registration.client_id),
            Err(failure) => (failure.unused, failure.client_id.unwrap_or_default()),
        };
        match management {
            Some(management) => drop(after(management, &client_id).end(&late_config).await),
            None => tracing::warn!(client_id, "a client was registered too late, and cannot be removed"),
        }
    };
    let client = match in_time(config.timeout, asked, late).await {
        Some(Ok(client)) => client,
        failed => {
            let (error, unused, client_id) = match failed {
                Some(Err(RegistrationFailure { error, unused, client_id })) => (error, unused, client_id),
                _ => (Error::Timeout { host: host.clone() }, None, None),
            };
            let refused = matches!(
                error,
                Error::Refused { error: OAuthError::InvalidToken | OAuthError::InsufficientScope, .. }
            );
            let left = client_id.as_ref().filter(|_| unused.is_none()).map(|id| {
                format!(
                    "{host} still knows the client \u{201c}{id}\u{201d}, which is not used, and does not say how its registration ends."
                )
            });
            let error = match (refused, shown) {
                (true, false) => RegistrationError::TokenNeeded(host, error),
                (true, true) => RegistrationError::TokenRefused(host, error),
                (false, _) => RegistrationError::Provider(ConnectError::of(error)),
            };
            if let Some(left) = left {
                return Err(RegistrationError::LeftBehind(Box::new(error), left));
            }
            let unused = unused.map(|unused| managed(unused, client_id.as_deref().unwrap_or_default()));
            return Err(given_up(error, unused, config).await);
        }
    };
    let managed =
        client.management.clone().map(|management| managed(management, &client.registration.client_id));
    // A client that does not fit its provider could never sign in.
    if let Err(error) = RelyingParty::new(provider, client.registration.clone()) {
        let error = RegistrationError::Provider(ConnectError::of(error));
        return Err(given_up(error, managed, config).await);
    }
    Ok(Registered { client, managed })
}

/// Deletes a registration that is not needed. If the provider still has the client then, the error includes that.
pub(crate) async fn given_up(
    error: RegistrationError,
    managed: Option<Managed>,
    config: &AccountConfig,
) -> RegistrationError {
    let Some(managed) = managed else { return error };
    match managed.end(config).await {
        Ok(()) => error,
        Err(still_registered) => RegistrationError::LeftBehind(Box::new(error), still_registered),
    }
}

async fn read_token(path: &Path) -> Result<SecretString, RegistrationError> {
    let unreadable = |error| RegistrationError::TokenFile { path: path.to_owned(), error };
    let bytes =
        file::read_trusted_aside(path, LARGEST_TOKEN).await.map(Zeroizing::new).map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes)
        .map_err(|_| unreadable(io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8")))?;
    Ok(text.trim().into())
}

fn metadata(config: &AccountConfig, provider: &Provider, token: Option<SecretString>) -> ClientMetadata {
    let mut metadata = ClientMetadata::native(CLIENT_NAME, config.redirect_uris.clone());
    if provider.has_device_authorization() {
        metadata.grant_types.push(DEVICE_CODE.to_owned());
    }
    if provider.has_end_session() {
        metadata.post_logout_redirect_uris.extend(config.logout.redirect_uris.iter().cloned());
    }
    metadata.initial_access_token = token;
    metadata
}

impl Registered {
    /// Puts what the provider gave where it belongs. Into `lines` comes what the configuration needs; what comes back is
    /// what the user has to know.
    pub(crate) async fn keep(
        &self,
        store: &Arc<Store>,
        name: &str,
        lines: &mut toml_edit::Table,
    ) -> Result<Vec<String>, RegistrationError> {
        let registration = &self.client.registration;
        lines["client_id"] = toml_edit::value(&registration.client_id);
        if let Some(algorithm) = registration.id_token_alg {
            lines["id_token_signed_response_alg"] = toml_edit::value(algorithm.name());
        }
        let mut notes = Vec::new();
        if self.client.reduced {
            notes.push(
                "The provider refused to register all that the account asks for. It has registered what a sign-in needs; \
                 sign-out page, sign-in on another device or scopes may have to be allowed there by an administrator."
                    .to_owned(),
            );
        }
        // First what ends the registration: whatever goes wrong after that, it is not lost.
        match self.managed.as_ref().and_then(Managed::encode) {
            Some(content) => store.vault.put(&record_name(name), content).await?,
            None => notes.push(
                "The provider does not say how the registration can be ended; it stays when the account is removed."
                    .to_owned(),
            ),
        }
        if let Some(secret) = &registration.client_secret {
            let path = secret_file(store, name);
            write_secret(&path, secret)
                .map_err(|error| RegistrationError::SecretFile { path: path.clone(), error })?;
            lines["client_secret_file"] = toml_edit::value(path.to_string_lossy().as_ref());
            if let Some(method) = registration.auth_method {
                lines["token_endpoint_auth_method"] = toml_edit::value(method.name());
            }
            notes.push(format!("The provider insists on a client secret; it is in {}.", path.display()));
        }
        if let Some(end) = self.client.secret_expires_at.and_then(date) {
            notes.push(format!("The secret is good until {end}. Register again before that."));
        }
        Ok(notes)
    }
}

/// What an account's registration can be ended with, if it was made here and is still the account's.
pub(crate) async fn kept(store: &Arc<Store>, name: &str, config: &AccountConfig) -> Option<Managed> {
    let content = store.vault.read(&record_name(name)).await.ok()??;
    Managed::decode(&content)
        .filter(|managed| managed.issuer == config.issuer && managed.client_id == config.client_id)
}

/// Removes what [`Registered::keep`] has put down; the secret stays while tokens have still to be revoked with it.
pub(crate) async fn forget(store: &Arc<Store>, name: &str, secret_too: bool) {
    if let Err(error) = store.vault.remove(&record_name(name)).await {
        tracing::error!(%error, "a registration could not be removed from the vault");
    }
    if !secret_too {
        return;
    }
    match std::fs::remove_file(secret_file(store, name)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::error!(%error, "a client secret could not be removed");
        }
        _ => {}
    }
}

/// In seconds since 1970. A value after the year 9999 does not count as a date.
fn date(seconds: u64) -> Option<String> {
    let then = UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).filter(|_| seconds <= LAST_SECOND)?;
    Some(humantime::format_rfc3339_seconds(then).to_string())
}

fn secret_file(store: &Arc<Store>, name: &str) -> PathBuf {
    let file = store.options.places.config_file();
    file.with_file_name("client-secrets").join(name)
}

fn write_secret(path: &Path, secret: &SecretString) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        file::private_folder(folder).map_err(io::Error::other)?;
    }
    file::write(path, secret.expose_secret().as_bytes())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_client_that_stays_behind_is_named_beside_the_reason() {
        let config = AccountConfig::new("http://127.0.0.1:1".into(), "abide".into());
        let reason = || RegistrationError::NotOffered("id.example.com".into());
        let managed = |client_id: &str| Managed {
            issuer: config.issuer.clone(),
            client_id: client_id.into(),
            uri: "http://127.0.0.1:1/register/1".parse().unwrap(),
            token: "canary-token".into(),
        };
        for (client_id, named) in [("d-1", "\u{201c}d-1\u{201d}"), ("", "the client that it made")] {
            let error = given_up(reason(), Some(managed(client_id)), &config).await;
            let said = error.to_string();
            assert!(said.starts_with(&reason().to_string()) && said.contains(named), "{said}");
            assert!(!said.contains("canary"), "{said}");
            assert_eq!(error.code(), "registration_not_offered");
        }
        assert_eq!(given_up(reason(), None, &config).await.to_string(), reason().to_string());
    }

    #[test]
    fn a_provider_may_say_anything_of_the_end_of_a_secret() {
        assert_eq!(date(1_800_000_000).as_deref(), Some("2027-01-15T08:00:00Z"));
        assert_eq!(date(253_402_300_799).as_deref(), Some("9999-12-31T23:59:59Z"));
        for beyond in [253_402_300_800, 1_893_456_000_000, u64::MAX] {
            assert_eq!(date(beyond), None);
        }
    }
}

//! Accounts come and go.

#[cfg(feature = "demo")]
pub(crate) mod demo;
mod leaving;
pub(crate) mod presets;
pub(crate) mod registration;
pub(crate) mod reload;
mod trial;

use std::path::Path;
use std::sync::Arc;

use abide_oidc::is_client_metadata_document;
use abide_wire::window::WindowError;
use abide_wire::{AccountAdded, AccountRemoved, AccountRequest, ErrorAnswer, ErrorCode};
use tokio::sync::MutexGuard;

use crate::accounts::presets::Preset;
use crate::accounts::registration::RegistrationError;
use crate::config::edit::ConfigFile;
use crate::config::{AccountConfig, Config, ConfigError};
use crate::state::connection::{ConnectError, discover, http_of};
use crate::state::store::Store;
use crate::view::convert::error_code;

/// The name of the demonstration account.
const DEMO: &str = "demo";

/// A placeholder until the account has a client identifier.
const NOT_YET: &str = "not-registered-yet";

/// Why an account was not added.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AddError {
    #[error("{0}")]
    Config(#[from] ConfigError),
    #[error("{0}")]
    Registration(#[from] RegistrationError),
    /// The provider was asked before the account was saved.
    #[error("{0}")]
    Provider(#[from] ConnectError),
    #[error("There is no preset \u{201c}{0}\u{201d}. There are: {1}.")]
    NoSuchPreset(String, String),
    #[error("Say which provider: --issuer URL{0}")]
    IssuerMissing(String),
    #[error("Give the client ID that the provider knows Abide by, or let Abide register itself; not both.")]
    OneOfClientAndRegistration,
    /// The client was registered and is not used, and the provider still has it.
    #[error("{0} {1}")]
    LeftBehind(Box<AddError>, String),
}

impl AddError {
    /// A stable name, in snake case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Config(error) => error.code(),
            Self::Registration(error) => error.code(),
            Self::Provider(error) => error.code(),
            Self::NoSuchPreset(..) => "unknown_preset",
            Self::IssuerMissing(_) => "issuer_missing",
            Self::OneOfClientAndRegistration => "client_id_or_registration",
            Self::LeftBehind(error, _) => error.code(),
        }
    }

    /// As the local API says it: a mistake in the request is told from what the provider or this computer did.
    pub(crate) fn answer(&self) -> ErrorAnswer {
        ErrorAnswer::new(self.error_code(), self.to_string())
    }

    fn error_code(&self) -> ErrorCode {
        match self {
            Self::Registration(error) => error_code(error.kind()),
            Self::Provider(error) => error_code(error.kind()),
            Self::Config(error) if error.is_about_a_file() => ErrorCode::ThisComputer,
            Self::LeftBehind(error, _) => error.error_code(),
            Self::Config(_)
            | Self::NoSuchPreset(..)
            | Self::IssuerMissing(_)
            | Self::OneOfClientAndRegistration => ErrorCode::InvalidRequest,
        }
    }
}

impl From<AddError> for WindowError {
    fn from(error: AddError) -> Self {
        Self::new(error.code(), error.to_string())
    }
}

/// Tests an account before it is saved. A client that is going to be registered is tested by that.
///
/// # Errors
///
/// What is wrong with the account, and why the provider could not be asked.
pub(crate) async fn check(store: &Arc<Store>, request: &AccountRequest) -> Result<(), AddError> {
    if request.register {
        return Ok(());
    }
    let present = ConfigFile::read_aside(&store.options).await?.config;
    present.has_room_for(&request.name)?;
    let preset = preset(request.preset.as_deref(), request.issuer.as_deref())?;
    let issuer = request.issuer.as_deref().unwrap_or_default().trim();
    let mut config = Config::account(&request.name, &wanted(request, issuer, preset.as_ref()))?;
    config.proxy = config.proxy.or(present.proxy);
    Ok(trial::accepted(&config).await?)
}

/// Writes an account into the configuration file: with the settings of the provider that it is at, and with a client that
/// is registered now where that is asked for.
///
/// The provider is asked whether the account can work; one that cannot be reached is noted. `tested`: it was asked already.
///
/// Returns what was added, what the file says now, and the lock under which that is taken over. The caller holds [`Store::registering`].
pub(crate) async fn add(
    store: &Arc<Store>,
    mut request: AccountRequest,
    tested: bool,
) -> Result<(AccountAdded, Config, MutexGuard<'_, ()>), AddError> {
    let file = ConfigFile::read_aside(&store.options).await?;
    file.config.has_room_for(&request.name)?;
    let mut notes = Vec::new();
    if let Some(address) = request.issuer.take_if(|issuer| is_address(issuer)) {
        let issuer = provider_of(&file.config, &request, address.trim()).await?;
        notes.push(format!("The provider of {} is {issuer}.", address.trim()));
        request.issuer = Some(issuer);
    }

    let preset = preset(request.preset.as_deref(), request.issuer.as_deref())?;
    let issuer = match (&request.issuer, preset.as_ref().and_then(|preset| preset.issuer.clone())) {
        (Some(issuer), _) => issuer.trim().to_owned(),
        (None, Some(issuer)) => issuer,
        (None, None) => return Err(AddError::IssuerMissing(form_of(preset.as_ref()))),
    };
    // The address of a client metadata document: Abide registers only where the provider does not read it.
    let document = request.client_id.clone().filter(|id| request.register && is_client_metadata_document(id));
    if request.register == request.client_id.is_some() && document.is_none() {
        return Err(AddError::OneOfClientAndRegistration);
    }
    let mut lines = wanted(&request, &issuer, preset.as_ref());
    notes.extend(preset.iter().flat_map(|preset| preset.notes.clone()));
    // What cannot be an account is not registered either.
    let mut config = Config::account(&request.name, &lines)?;
    config.proxy = config.proxy.or_else(|| file.config.proxy.clone());
    if let Some(document) = document {
        let (_, provider) = discover(&config).await?;
        if provider.reads_client_metadata_documents() {
            request.register = false;
            notes.push(format!(
                "{} reads what Abide is at {document}. Nothing was registered.",
                provider.display_host()
            ));
        }
    }
    if !request.register && !tested {
        notes.extend(trial::misfit(&config).await?);
    }
    // The provider makes a client that only this knows: the end of the program waits until it is written down.
    let _exchange = store.exchanges.begin().filter(|_| request.register);
    let registered = match request.register {
        false => None,
        true => {
            let with_scopes = preset.as_ref().is_none_or(|preset| preset.registers_scopes);
            let token_file = request.initial_token_file.as_deref();
            Some(registration::register(&config, with_scopes, token_file).await?)
        }
    };
    let written = async {
        if let Some(registered) = &registered {
            notes.extend(registered.keep(store, &request.name, &mut lines).await?);
        }
        // The provider may have taken its time, and the file may have been changed meanwhile.
        let lock = store.adding.lock().await;
        let file = ConfigFile::read_aside(&store.options).await?;
        file.config.has_room_for(&request.name)?;
        Ok::<_, AddError>((file.add(&request.name, &lines)?, lock))
    };
    let (configured, lock) = match written.await {
        Ok(configured) => configured,
        Err(error) => {
            let managed = registered.and_then(|registered| registered.managed);
            if request.register {
                registration::forget(store, &request.name, true).await;
            }
            // A client that no account has is not left behind.
            let ended = match managed {
                Some(managed) => managed.end(&config).await,
                None => Ok(()),
            };
            return Err(match ended {
                Ok(()) => error,
                Err(still_registered) => AddError::LeftBehind(Box::new(error), still_registered),
            });
        }
    };
    let known = ["issuer", "client_id"];
    let added = AccountAdded {
        issuer,
        client_id: lines["client_id"].as_str().unwrap_or_default().to_owned(),
        registered: registered.is_some(),
        preset: preset.as_ref().map(|preset| preset.name.to_owned()),
        preset_title: preset.map(|preset| preset.title),
        settings: lines
            .to_string()
            .lines()
            .filter(|line| !known.iter().any(|key| line.starts_with(&format!("{key} ="))))
            .map(str::to_owned)
            .collect(),
        notes,
        name: request.name,
    };
    Ok((added, configured, lock))
}

/// Whether the issuer is an e-mail address.
pub(crate) fn is_address(issuer: &str) -> bool {
    issuer.contains('@') && !issuer.contains("://")
}

/// The issuer that the domain of an e-mail address names (OpenID Connect Discovery 1.0, section 2).
pub(crate) async fn provider_of(
    file: &Config,
    request: &AccountRequest,
    address: &str,
) -> Result<String, AddError> {
    let mut lines = toml_edit::Table::new();
    own_lines(request, &mut lines);
    let domain = address.rsplit_once('@').map_or(address, |(_, domain)| domain);
    lines["issuer"] = toml_edit::value(format!("https://{domain}"));
    lines["client_id"] = toml_edit::value(NOT_YET);
    let mut config = Config::account(&request.name, &lines)?;
    config.proxy = config.proxy.or_else(|| file.proxy.clone());
    let http = http_of(&config).await?;
    let found = abide_oidc::issuer_of_address(&http, address).await;
    Ok(found.map_err(ConnectError::of)?)
}

fn lines(issuer: &str, client_id: &str, preset: Option<&Preset>) -> toml_edit::Table {
    let mut lines = toml_edit::Table::new();
    lines["issuer"] = toml_edit::value(issuer);
    lines["client_id"] = toml_edit::value(client_id);
    let more = preset.into_iter().flat_map(|preset| preset.account.iter());
    lines.extend(more.map(|(key, item)| (key.to_owned(), item.clone())));
    lines
}

/// What the person has given beside issuer and client comes before what the preset says.
fn own_lines(request: &AccountRequest, lines: &mut toml_edit::Table) {
    for (key, file) in [("client_secret_file", &request.client_secret_file), ("ca_file", &request.ca_file)] {
        if let Some(file) = file {
            lines[key] = toml_edit::value(file.to_string_lossy().as_ref());
        }
    }
    if let Some(url) = &request.metadata_url {
        lines["metadata_url"] = toml_edit::value(url);
    }
    match request.redirect_uris.as_slice() {
        [] => {}
        [one] => lines["redirect_uri"] = toml_edit::value(one),
        several => lines["redirect_uri"] = toml_edit::value(several.iter().collect::<toml_edit::Array>()),
    }
}

/// The account that would be made of this request, with a client identifier of its own or none yet.
fn wanted(request: &AccountRequest, issuer: &str, preset: Option<&Preset>) -> toml_edit::Table {
    let mut lines = lines(issuer, request.client_id.as_deref().unwrap_or(NOT_YET), preset);
    own_lines(request, &mut lines);
    lines
}

/// An account at this issuer, for a look at the provider.
pub(crate) fn supposed(issuer: &str, preset: Option<&Preset>) -> Result<AccountConfig, AddError> {
    Ok(Config::account("supposed", &lines(issuer, NOT_YET, preset))?)
}

/// Whether this is the first start without an account. It is remembered in the folder; where that fails, the
/// answer is no, because a window that opens at each start would be worse than none.
pub(crate) fn is_first_start(state: &Path, configured: bool) -> bool {
    let mark = state.join("started");
    if configured || mark.exists() {
        return false;
    }
    crate::platform::file::write(&mark, b"").is_ok()
}

/// The preset of this name, or the one that fits the issuer.
pub(crate) fn preset(name: Option<&str>, issuer: Option<&str>) -> Result<Option<Preset>, AddError> {
    match name {
        Some("none") => Ok(None),
        Some(name) => {
            let unknown = || AddError::NoSuchPreset(name.to_owned(), presets::names().join(", "));
            presets::named(name).ok_or_else(unknown).map(Some)
        }
        None => Ok(issuer.and_then(|issuer| presets::of(issuer.trim()))),
    }
}

fn form_of(preset: Option<&Preset>) -> String {
    let forms = preset.map(|preset| preset.issuer_forms.join(" or ")).unwrap_or_default();
    if forms.is_empty() { String::new() } else { format!(", which is like {forms}") }
}

/// Ends the registration of an account that is removed, once its tokens have been revoked. `None` where Abide has not
/// registered itself.
pub(crate) async fn end_registration(
    store: &Arc<Store>,
    name: &str,
    config: &AccountConfig,
) -> Option<AccountRemoved> {
    let managed = registration::kept(store, name, config).await;
    // The provider would not listen to a client that it no longer knows, or that has lost its secret.
    let said = store.last_words().await;
    let ended = match &managed {
        Some(managed) => Some(managed.end(config).await),
        None => None,
    };
    registration::forget(store, name, said).await;
    let still_registered = ended?.err();
    Some(AccountRemoved { name: name.to_owned(), client_id: config.client_id.clone(), still_registered })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_the_provider_does_is_no_mistake_in_the_request() {
        use abide_oidc::{Endpoint, Error};
        let host = || "id.example.com".to_owned();
        let provider = |error| AddError::Provider(ConnectError::of(error));
        let registered = |error| {
            let error = RegistrationError::Provider(ConnectError::of(error));
            AddError::Registration(RegistrationError::LeftBehind(Box::new(error), "x".to_owned()))
        };
        let mismatch = || Error::IssuerMismatch { expected: "a".to_owned(), found: "b".to_owned() };
        let unread = std::io::Error::other("x");
        for (error, code) in [
            (provider(Error::Timeout { host: host() }), ErrorCode::ProviderUnreachable),
            (registered(Error::Timeout { host: host() }), ErrorCode::ProviderUnreachable),
            (provider(mismatch()), ErrorCode::ActionRequired),
            (registered(mismatch()), ErrorCode::ActionRequired),
            (provider(Error::EndpointMissing { endpoint: Endpoint::Token }), ErrorCode::UnusableAnswer),
            (registered(Error::TooLarge { host: host() }), ErrorCode::UnusableAnswer),
            (AddError::Registration(RegistrationError::NotOffered(host())), ErrorCode::ActionRequired),
            (provider(Error::CaFileInvalid), ErrorCode::ThisComputer),
            (AddError::Provider(ConnectError::CaFile("x".to_owned(), unread)), ErrorCode::ThisComputer),
            (AddError::Config(ConfigError::NotTrusted("x".into())), ErrorCode::ThisComputer),
            (AddError::Config(ConfigError::NameTaken("x".to_owned())), ErrorCode::InvalidRequest),
            (AddError::OneOfClientAndRegistration, ErrorCode::InvalidRequest),
        ] {
            let answer = error.answer();
            assert_eq!(answer.error, code, "{error:?}");
            assert_eq!(answer.error.exit_code() == 2, code == ErrorCode::InvalidRequest);
        }
    }

    #[test]
    fn the_first_start_without_an_account_is_one_start() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_first_start(folder.path(), true), "an account is configured");
        assert!(is_first_start(folder.path(), false));
        assert!(!is_first_start(folder.path(), false), "it is remembered");
        assert!(
            !is_first_start(&folder.path().join("started"), false),
            "it cannot be remembered: not a folder"
        );
    }

    #[test]
    fn a_provider_that_no_sign_in_can_use_is_not_looked_at() {
        let code = |issuer: &str| supposed(issuer, None).err().map(|error| error.code());
        assert_eq!(code("http://id.example.com"), Some("invalid_account"));
        assert_eq!(code("not an address"), Some("invalid_account"));
        assert_eq!(code("https://id.example.com"), None);
        assert_eq!(code("http://127.0.0.1:8080"), None);
    }

    #[test]
    fn what_the_person_gives_comes_before_the_preset() {
        let preset = presets::named("okta").unwrap();
        let request = AccountRequest {
            redirect_uris: vec!["http://127.0.0.1:8400/cb".into()],
            ca_file: Some("/etc/ssl/root.pem".into()),
            metadata_url: Some("https://id.example.com/flow/metadata".into()),
            ..AccountRequest::default()
        };
        let mut own = lines("https://id.example.com", "abide", Some(&preset));
        own_lines(&request, &mut own);
        let account = Config::account("work", &own).unwrap();
        assert_eq!(account.redirect_uris, ["http://127.0.0.1:8400/cb".parse().unwrap()]);
        assert_eq!(account.ca_file, Some("/etc/ssl/root.pem".into()));
        assert_eq!(account.metadata_url, Some("https://id.example.com/flow/metadata".parse().unwrap()));
        assert_eq!(account.prompt, Some(Vec::new()), "the rest of the preset stays");

        let several = ["http://127.0.0.1:8400/cb", "http://127.0.0.1:8401/cb"].map(str::to_owned).to_vec();
        let mut own = lines("https://id.example.com", "abide", Some(&preset));
        own_lines(&AccountRequest { redirect_uris: several, ..AccountRequest::default() }, &mut own);
        assert_eq!(Config::account("work", &own).unwrap().redirect_uris.len(), 2);

        let elsewhere = vec!["https://app.example.com/cb".to_owned()];
        let mut own = lines("https://id.example.com", "abide", None);
        own_lines(&AccountRequest { redirect_uris: elsewhere, ..AccountRequest::default() }, &mut own);
        assert!(Config::account("work", &own).unwrap_err().to_string().contains("redirect_uri"));
    }
}

//! From nothing to a running agent.

use std::io;
use std::path::Path;
use std::sync::Mutex;

use abide_presence::Presence;
use abide_vault::{KeyStoreError, VaultError};
use serde_json::json;

use crate::agent::{Agent, Inner};
use crate::api::{bind_tcp, serve_socket, serve_tcp};
use crate::browser::opener::Opener;
use crate::config::{Config, ConfigError};
use crate::grants::Clients;
use crate::options::Options;
use crate::persistence::options::{Keeping, OpenError, PassphraseError};
use crate::persistence::vault::{NotOpen, VaultThread};
use crate::platform;
use crate::platform::file;
use crate::provider_session::logout_listener::LogoutListeners;
use crate::runtime::effects::Flows;
use crate::runtime::presence;
use crate::runtime::single_instance;
use crate::sign_out::pending;
use crate::state::record::record_name;
use crate::state::store::Store;

/// Why no agent runs now. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another agent of this user runs; it was asked to show its window.
    #[error("Abide is already running.")]
    AlreadyRunning,
    /// The configuration cannot be used.
    #[error("{0}\nAbide has changed nothing. Correct the file and start Abide again.")]
    Config(#[from] ConfigError),
    /// The vault cannot be opened.
    #[error("{0}")]
    Vault(VaultError),
    /// The vault is sealed with a passphrase, and there is none.
    #[error("{0}\nNothing was changed.")]
    Passphrase(#[from] PassphraseError),
    /// The configuration says that the key of the vault is in the keyring, and the keyring does not serve.
    #[error(
        "{0}\nTwo other ways are there, chosen with `mode` under [vault] in the configuration: \"passphrase\" seals the \
         vault with a passphrase of yours, \"memory\" keeps sessions until Abide ends."
    )]
    Keyring(KeyStoreError),
    /// The vault's thread could not be started.
    #[error("The system has no room for another thread. Close some programs and start Abide again.")]
    Thread,
    /// The grants cannot be read.
    #[error(
        "The list of allowed clients cannot be read: {0}\nNothing has been handed out. Move clients.json away to begin anew."
    )]
    Clients(io::Error),
    /// The local endpoint cannot be opened.
    #[error("The local endpoint cannot be opened: {0}")]
    Endpoint(io::Error),
}

impl StartError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRunning => "already_running",
            Self::Config(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Passphrase(error) => error.code(),
            Self::Keyring(error) => error.code(),
            Self::Thread => "thread",
            Self::Clients(_) => "clients",
            Self::Endpoint(_) => "endpoint",
        }
    }
}

impl From<OpenError> for StartError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Vault(error) => Self::Vault(error),
            OpenError::Passphrase(error) => Self::Passphrase(error),
            OpenError::Keyring(error) => Self::Keyring(error),
        }
    }
}

impl Agent {
    /// Opens the vault, takes up the sessions in it, and opens the local endpoint.
    ///
    /// # Errors
    ///
    /// When one of these cannot be done. Nothing has changed then.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        platform::harden();
        let config = Config::read(&options.places.config_file())?;
        file::private_folder(&options.places.state).map_err(StartError::Endpoint)?;
        file::private_folder(&options.places.runtime).map_err(StartError::Endpoint)?;
        // Both ask others: at the same time.
        let (found, mut presence) = tokio::join!(
            VaultThread::open(options.places.state.clone(), Keeping::new(&config.vault, &options)),
            Presence::open(options.presence.clone()),
        );
        let found = match found {
            Ok(found) => found,
            Err(NotOpen::Refused(OpenError::Vault(VaultError::InUse { .. }))) => {
                single_instance::show_the_other(&options.places.socket()).await;
                return Err(StartError::AlreadyRunning);
            }
            Err(NotOpen::Refused(error)) => return Err(error.into()),
            Err(NotOpen::NoThread) => return Err(StartError::Thread),
        };
        let clients =
            Clients::open(options.places.state.join("clients.json")).map_err(StartError::Clients)?;
        let configured = options.browser.as_deref().or(config.browser.as_deref());
        let opener = Opener::choose(configured, options.browser_variable.clone());
        let store = Store::new(options, Box::new(Flows), opener, found.vault, found.remarks);
        let kept = |name: &str| {
            let wanted = record_name(name);
            found.records.iter().find(|(record, _)| *record == wanted).map(|(_, content)| content.as_slice())
        };
        for (name, account) in &config.accounts {
            store.add(name, account.clone(), kept(name));
        }
        #[cfg(feature = "demo")]
        let demo = crate::accounts::demo::Embedded::start_if_first(
            &store,
            &config,
            kept(crate::accounts::demo::ACCOUNT),
        )
        .await;
        pending::resume(&store, &found.records);
        presence::begin(&store, &mut presence).await;
        let (listener, bound, as_wished) =
            bind_tcp(config.endpoint.port).await.map_err(StartError::Endpoint)?;
        if !as_wished {
            store.remark(format!(
                "Port {} is in use, so Abide listens on port {} until the next start.",
                config.endpoint.port, bound.port
            ));
        }
        let (ask_presence, asked) = tokio::sync::mpsc::channel(4);
        let agent = Self(std::sync::Arc::new(Inner {
            presence: ask_presence,
            store: store.clone(),
            clients,
            tasks: Mutex::default(),
            logouts: LogoutListeners::default(),
            port: bound.port,
            vault: found.mode,
            #[cfg(feature = "demo")]
            demo,
        }));
        let places = &store.options.places;
        let socket = serve_socket(agent.clone(), &places.socket()).map_err(StartError::Endpoint)?;
        let tasks = [
            socket.abort_handle(),
            tokio::spawn(serve_tcp(agent.clone(), listener, bound.port)).abort_handle(),
            tokio::spawn(store.clone().keep_time()).abort_handle(),
            tokio::spawn(presence::follow(store.clone(), presence, asked)).abort_handle(),
        ];
        if let Ok(mut kept) = agent.0.tasks.lock() {
            kept.extend(tasks);
        }
        agent.0.logouts.apply(&store, &config.logout_listener).await;
        advertise(&places.endpoint_file(), bound.port, &places.socket()).map_err(StartError::Endpoint)?;
        tracing::info!(port = bound.port, "the local endpoint is open");
        Ok(agent)
    }
}

/// Says what is bound, for those who look.
fn advertise(path: &Path, port: u16, socket: &Path) -> io::Result<()> {
    let content = json!({
        "http": format!("http://127.0.0.1:{port}"),
        "socket": socket,
        "pid": std::process::id(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    file::write(path, content.to_string().as_bytes())
}

//! From nothing to a running agent.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU16};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use abide_presence::Presence;
use abide_vault::{KeyStoreError, VaultError};
use abide_wire::paths::Places;
use serde_json::json;

use crate::accounts::reload::{FromTheStart, arrange};
use crate::agent::{Agent, Inner};
use crate::api::{NotBound, Taken, bind_socket, bind_tcp, left_socket, serve_tcp};
use crate::audit::{Audit, AuditError, SEAL};
use crate::browser::opener::Opener;
use crate::config::{Config, ConfigError};
use crate::consent::Consent;
use crate::grants::Clients;
use crate::jobs::Jobs;
use crate::options::Options;
use crate::persistence::options::{Keeping, OpenError, PassphraseError};
use crate::persistence::vault::{NotOpen, VaultThread};
use crate::platform;
use crate::platform::file::{self, FolderError};
use crate::platform::handover::{Heritage, Kept, forget};
use crate::platform::installed::Installed;
use crate::provider_session::logout_listener::LogoutListeners;
use crate::proxy;
use crate::runtime::effects::Flows;
use crate::runtime::port::{self, Held};
use crate::runtime::single_instance::{self, Owner};
use crate::runtime::socket;
use crate::runtime::{keyring, lock, presence, reload, updates, upgrade};
use crate::sign_in::port_guard;
use crate::sign_out::pending;
use crate::state::proxies::Proxies;
use crate::state::record::record_name;
use crate::state::set_aside;
use crate::state::store::Store;
use crate::tokens::refresh;

/// How long a port that the program before has left waits for its listener. Connections wait there meanwhile.
const LEFT_PATIENCE: Duration = Duration::from_secs(10);

/// Why no agent runs now. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Another agent of this user runs; it was asked to show its window.
    #[error("Abide is already running{0}.")]
    AlreadyRunning(Owner),
    /// The configuration cannot be used.
    #[error("{0}\nAbide has changed nothing. Correct the file and start Abide again.")]
    Config(#[from] ConfigError),
    /// The vault cannot be opened.
    #[error("{0}")]
    Vault(VaultError),
    /// The passphrase of the vault is missing, not wanted, or cannot be read.
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
    /// A folder cannot be used.
    #[error("{0}")]
    Folder(#[from] FolderError),
    /// The record of tokens and sign-ins cannot be opened.
    #[error("The record of tokens and sign-ins cannot be opened: {0}\nNothing has been handed out.")]
    Audit(String),
    /// The local endpoint cannot be opened.
    #[error("The local endpoint cannot be opened: {0}")]
    Endpoint(io::Error),
    /// An agent with another folder for its state has the socket.
    #[error(
        "Another agent of yours{} has the socket {} already. It keeps its sessions in another folder. Quit it, or start this one \
         with a runtime folder of its own (XDG_RUNTIME_DIR).",
        process.map(|process| format!(", process {process},")).unwrap_or_default(),
        socket.display()
    )]
    SocketInUse {
        /// The socket.
        socket: PathBuf,
        /// The number of the other agent's process, if it is known.
        process: Option<u32>,
    },
}

impl StartError {
    /// What is wrong, without what it means for this start.
    pub(crate) fn cause(&self) -> String {
        match self {
            Self::Config(error) => error.to_string(),
            Self::Passphrase(error) => error.to_string(),
            Self::Clients(error) => format!("The list of allowed clients cannot be read: {error}"),
            other => other.to_string(),
        }
    }

    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::AlreadyRunning(_) => "already_running",
            Self::Config(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Passphrase(error) => error.code(),
            Self::Keyring(error) => error.code(),
            Self::Thread => "thread",
            Self::Clients(_) => "clients",
            Self::Folder(_) => "folder",
            Self::Audit(_) => "audit",
            Self::Endpoint(_) => "endpoint",
            Self::SocketInUse { .. } => "socket_in_use",
        }
    }

    fn of_socket(socket: &Path, why: NotBound) -> Self {
        match why {
            NotBound::InUse(process) => Self::SocketInUse { socket: socket.to_owned(), process },
            NotBound::System(error) => Self::Endpoint(error),
        }
    }
}

impl From<AuditError> for StartError {
    fn from(error: AuditError) -> Self {
        Self::Audit(error.to_string())
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
        #[cfg(target_os = "linux")]
        let predecessor = platform::predecessor::Predecessor::take();
        let started = Self::begin(options).await;
        #[cfg(target_os = "linux")]
        if let (Err(error), Some(predecessor)) = (&started, predecessor) {
            tracing::error!(code = error.code(), %error, "this version does not start; the one before runs again");
            let failed = predecessor.return_to(&error.cause());
            tracing::error!(error = %failed, "the version before does not start either");
        }
        started
    }

    async fn begin(options: Options) -> Result<Self, StartError> {
        platform::harden();
        let mut heritage = Heritage::take();
        // Before they can be replaced.
        #[cfg(target_os = "linux")]
        platform::program::hold_commands();
        let installed = Installed::of_this_process(options.desktop);
        let config = Config::effective(&options)?;
        file::private_folder(&options.places.state)?;
        file::runtime_folder(&options.places.runtime)?;
        if let Some(owner) = single_instance::answering(&options.places.state).await {
            return Err(already_running(owner, &options).await);
        }
        // Both ask others: at the same time.
        let (found, mut presence) = tokio::join!(
            VaultThread::open(options.places.state.clone(), Keeping::new(&config.vault, &options)),
            Presence::open(options.presence.clone()),
        );
        let found = match found {
            Ok(found) => found,
            Err(NotOpen::Refused(OpenError::Vault(VaultError::InUse { .. }))) => {
                return Err(already_running(Owner::read(&options.places.state), &options).await);
            }
            Err(NotOpen::Refused(error)) => return Err(error.into()),
            Err(NotOpen::NoThread) => return Err(StartError::Thread),
        };
        let socket = options.places.socket();
        // Before anything is written that the other agent, or a program that looks for it, reads.
        if let Some(process) = single_instance::another_has(&socket).await {
            return Err(StartError::SocketInUse { socket, process });
        }
        if let Err(error) = Owner::write(&options.places) {
            tracing::warn!(%error, "where this agent is could not be written down");
        }
        // The lock is ours, so what an agent has left there that was killed is about a port that anyone may have by now.
        if !heritage.is_there() {
            let _ = std::fs::remove_file(options.places.endpoint_file());
        }
        let clients =
            Clients::open(options.places.state.join("clients.json")).map_err(StartError::Clients)?;
        clients.take_secrets(&found.records);
        for revoked in clients.left_over(&found.records) {
            drop(found.vault.remove(revoked));
        }
        let configured = options.browser.as_deref().or(config.browser.as_deref());
        let opener = Opener::choose(configured, options.browser_variable.clone());
        let sealed =
            found.records.iter().find(|(name, _)| name == SEAL).map(|(_, content)| content.as_slice());
        let audit = Audit::open(&options.places.state, &config.audit, found.vault.clone(), sealed)?;
        let store = Store::new(options, Box::new(Flows), opener, found.vault, audit, found.warnings);
        let kept = |name: &str| {
            let wanted = record_name(name);
            found.records.iter().find(|(record, _)| *record == wanted).map(|(_, content)| content.as_slice())
        };
        if let Some(folder) = Places::not_used(|name| std::env::var_os(name)) {
            let warning = not_used(&folder, &socket);
            tracing::warn!("{warning}");
            store.warning(warning);
        }
        store.spoken.obey(&config);
        store.updates.obey(&config);
        for (name, account) in &config.accounts {
            set_aside::take_up(&store, name, account.clone(), kept(name));
        }
        store.take_learned(&found.records);
        arrange(&store, &config);
        #[cfg(feature = "demo")]
        let demo = crate::accounts::demo::Embedded::start_if_first(
            &store,
            &config,
            kept(crate::accounts::demo::ACCOUNT),
        )
        .await;
        refresh::after_interruption(&store, &found.interrupted);
        pending::resume(&store, &found.records);
        set_aside::resume(&store, &found.records);
        presence::begin(&store, &mut presence).await;
        let bound = bind_tcp(config.endpoint.port, &mut heritage).map_err(StartError::Endpoint)?;
        let (port, held) = (bound.port, Held::new(bound.taken));
        let (ask_presence, asked) = tokio::sync::mpsc::channel(4);
        let agent = Self(std::sync::Arc::new(Inner {
            presence: ask_presence,
            store: store.clone(),
            consent: Consent::new(store.clone(), clients, config.policy.about_programs()),
            jobs: Jobs::new(&store.options.places.runtime),
            mcp: crate::mcp::Servers::default(),
            tasks: Mutex::default(),
            logouts: LogoutListeners::default(),
            started_with: FromTheStart::of(&config),
            config_warnings: Mutex::default(),
            dialects: Mutex::new(config.dialects.clone()),
            proxies: Proxies::new(config.proxies.clone()),
            has_policy: AtomicBool::new(config.policy.is_there()),
            restarts: AtomicBool::new(config.restarts_after_upgrade()),
            reloaded: tokio::sync::Notify::new(),
            links: AtomicBool::new(config.takes_links()),
            installed,
            kept: Arc::new(Kept::default()),
            port: AtomicU16::new(port),
            vault: Mutex::new(found.mode),
            #[cfg(feature = "demo")]
            demo,
        }));
        agent.consent().know_accounts();
        let places = &store.options.places;
        let socket = match left_socket(&socket, &mut heritage) {
            Some(left) => left,
            None => bind_socket(&socket).await.map_err(|why| StartError::of_socket(&socket, why))?,
        };
        heritage.keep_the_rest();
        tokio::spawn(async {
            tokio::time::sleep(LEFT_PATIENCE).await;
            forget();
        });
        let warning = held.now().map(|taken| port::warn(&agent, taken));
        let advertised = {
            let (places, agent, held) = (places.clone(), agent.clone(), held.clone());
            move || advertise(&places, agent.port(), held.now())
        };
        let tasks = [
            tokio::spawn(socket::keep(agent.clone(), places.clone(), socket, advertised.clone()))
                .abort_handle(),
            tokio::spawn(port::take(agent.clone(), held, warning, advertised.clone())).abort_handle(),
            tokio::spawn(serve_tcp(agent.clone(), bound)).abort_handle(),
            tokio::spawn(store.clone().keep_time()).abort_handle(),
            tokio::spawn(presence::follow(store.clone(), presence, asked)).abort_handle(),
            tokio::spawn(warn_of_the_record(store.clone())).abort_handle(),
            tokio::spawn(port_guard::keep(store.clone())).abort_handle(),
            tokio::spawn(reload::when_changed(agent.clone())).abort_handle(),
            tokio::spawn(proxy::keep(agent.clone())).abort_handle(),
            tokio::spawn(lock::keep(agent.clone())).abort_handle(),
            tokio::spawn(upgrade::when_replaced(agent.clone())).abort_handle(),
            tokio::spawn(updates::follow(agent.clone())).abort_handle(),
        ];
        if let Ok(mut kept) = agent.0.tasks.lock() {
            kept.extend(tasks);
        }
        if let (Some(warning), Ok(mut kept)) = (found.until_unlocked, agent.0.tasks.lock()) {
            kept.push(tokio::spawn(keyring::when_unlocked(agent.clone(), warning)).abort_handle());
        }
        agent.0.logouts.apply(&store, &config.logout_listener).await;
        if let Err(error) = advertised() {
            // The socket is there. It is tried again.
            tracing::warn!(%error, "endpoint.json cannot be written: programs that look for the port do not find it");
        }
        tracing::info!(port, "the local endpoint is open");
        Ok(agent)
    }
}

/// Why there is no second agent with this state. The first one is asked to show its window.
async fn already_running(owner: Owner, options: &Options) -> StartError {
    // It may have been started with another runtime folder.
    let socket = owner.socket().map_or_else(|| options.places.socket(), Path::to_owned);
    // A process that is closed to others could be any program, and would be refused.
    platform::show_program();
    single_instance::show_the_other(&socket, options.link.as_ref()).await;
    StartError::AlreadyRunning(owner)
}

/// Why `XDG_RUNTIME_DIR` is not used.
fn not_used(folder: &Path, socket: &Path) -> String {
    format!(
        "XDG_RUNTIME_DIR names {}, which every user may write to, so Abide does not use it. Its mode should be 700. Abide\u{2019}s \
         socket is {}.",
        folder.display(),
        socket.display()
    )
}

/// Shows what is wrong with the record, as long as it is.
async fn warn_of_the_record(store: std::sync::Arc<Store>) {
    let mut trouble = store.audit.trouble();
    let mut shown: Option<String> = None;
    loop {
        let present = trouble.borrow_and_update().clone();
        if let Some(before) = shown.take().filter(|before| present.as_ref() != Some(before)) {
            store.end_warning(&before);
        }
        if let Some(text) = &present {
            store.warning(text.clone());
        }
        shown = present;
        if trouble.changed().await.is_err() {
            return;
        }
    }
}

/// When this process wrote it for the first time.
static STARTED: OnceLock<Duration> = OnceLock::new();

/// Writes what is bound, for programs that look for it.
fn advertise(places: &Places, port: u16, taken: Option<Taken>) -> io::Result<()> {
    let content = json!({
        "http": format!("http://127.0.0.1:{port}"),
        "port_taken": taken.map(|taken| json!({ "address": taken.address, "uid": taken.user })),
        "socket": places.socket(),
        "lock": places.state.join("vault.lock"),
        "pid": std::process::id(),
        // Also when the file is written again.
        "started": STARTED.get_or_init(platform::clock::wall).as_secs(),
        "version": env!("CARGO_PKG_VERSION"),
    });
    file::write(&places.endpoint_file(), content.to_string().as_bytes())
}

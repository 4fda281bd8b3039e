//! The façade: everything that a view or the local endpoint can ask of the running core.

mod account_list;
mod activity;
mod announce;
mod end;
mod language;
mod mcp;
mod permits;
mod proxies;
mod tools;
mod updates;

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use abide_audit::Event as Recorded;
use abide_oidc::StepUp;
use abide_session::{Input, QuestionId};
use abide_wire::window::{
    Diagnosis, DiscoveredProvider, NewAccount, NewAccountAdded, ProviderPreset, WindowError,
};
use abide_wire::{
    AccountAdded, AccountRequest, ActivityPolicy, ClaimsAnswer, ConfigCheck, ErrorAnswer, PresenceStatus,
    SessionSettings, SessionStatus, SignInBegun, Snapshot, TokenAnswer, VaultMode,
};
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::task::AbortHandle;

use crate::accounts::AddError;
use crate::audit::Audit;
use crate::config::dialects::DialectsConfig;
use crate::config::edit::ConfigFile;
use crate::config::{Config, ConfigError, check};
use crate::consent::{Consent, Permit};
use crate::grants::Clients;
use crate::jobs::Jobs;
use crate::persistence::options::look_at_vault;
use crate::platform::clock;
use crate::platform::handover::Kept;
use crate::platform::installed::Installed;
use crate::provider_session::check_session;
use crate::provider_session::event_stream;
use crate::provider_session::logout_listener::LogoutListeners;
use crate::state::account::Opening;
use crate::state::connection::discover;
use crate::state::event::Event;
use crate::state::proxies::Proxies;
use crate::state::store::Store;
use crate::tokens::TokenParams;
use crate::view::notices;
use crate::{accounts, sign_in, tokens};

/// How long a reminder is put off.
const REMIND_LATER: std::time::Duration = std::time::Duration::from_secs(600);

/// A running agent. Clones are handles on the same one. Lives in a tokio runtime.
#[derive(Clone)]
pub struct Agent(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) store: Arc<Store>,
    pub(crate) consent: Consent,
    pub(crate) jobs: Jobs,
    /// The MCP servers that were looked at.
    pub(crate) mcp: crate::mcp::Servers,
    /// The time keeper and the transports.
    pub(crate) tasks: Mutex<Vec<AbortHandle>>,
    pub(crate) logouts: LogoutListeners,
    /// What counts from the start on.
    pub(crate) started_with: accounts::reload::FromTheStart,
    /// What is shown about the configuration file.
    pub(crate) config_warnings: Mutex<Vec<String>>,
    /// The servers that tools get tokens for.
    pub(crate) dialects: Mutex<DialectsConfig>,
    /// The forwarding proxies.
    pub(crate) proxies: Proxies,
    /// Whether there was a policy since the start.
    pub(crate) has_policy: AtomicBool,
    /// Whether another version that is installed takes over by itself.
    pub(crate) restarts: AtomicBool,
    /// The configuration was read again.
    pub(crate) reloaded: tokio::sync::Notify,
    /// Whether links can ask to add an account.
    pub(crate) links: AtomicBool,
    /// The file that this program was started from.
    pub(crate) installed: Option<Installed>,
    /// What is left to another version.
    pub(crate) kept: Arc<Kept>,
    /// The port of the endpoint, which can change once: when the configured one becomes free.
    pub(crate) port: AtomicU16,
    /// How sessions are kept between two starts.
    pub(crate) vault: Mutex<VaultMode>,
    pub(crate) presence: mpsc::Sender<oneshot::Sender<PresenceStatus>>,
    #[cfg(feature = "demo")]
    pub(crate) demo: accounts::demo::Embedded,
}

/// An account as it is configured.
#[derive(Clone, Debug)]
pub(crate) struct Configured {
    pub(crate) name: String,
    pub(crate) label: Option<String>,
    pub(crate) issuer: String,
    pub(crate) client_id: String,
}

impl Agent {
    /// Everything that views show, now.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        self.0.store.snapshot()
    }

    /// The newest snapshot, whenever something visible has changed: each minute, each second in the last two minutes
    /// and while a question is up.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Snapshot> {
        self.0.store.snapshots.subscribe()
    }

    /// What happens once: notices, a wish to see the window, a wish to quit.
    #[must_use]
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.0.store.events.subscribe()
    }

    /// The port on 127.0.0.1 that the local endpoint is bound to.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port.load(Ordering::Relaxed)
    }

    pub(crate) fn listens_at(&self, port: u16) {
        self.0.port.store(port, Ordering::Relaxed);
    }

    /// How sessions are kept between two starts.
    #[must_use]
    pub fn vault_mode(&self) -> VaultMode {
        *self.0.vault.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One account's session.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub fn status(&self, account: &str) -> Result<SessionStatus, ErrorAnswer> {
        self.0.store.act(account, |account, now| account.status(now))
    }

    /// Signs in through the browser. Progress and outcome show in [`Agent::watch`].
    ///
    /// # Errors
    ///
    /// `unknown_account`; `invalid_request` when the user is already signed in.
    pub fn sign_in(&self, account: &str) -> Result<(), ErrorAnswer> {
        sign_in::begin(&self.0.store, account, Opening::Browser)
    }

    pub(crate) async fn begin_sign_in(
        &self,
        account: &str,
        opening: Opening,
    ) -> Result<SignInBegun, ErrorAnswer> {
        sign_in::begin(&self.0.store, account, opening)?;
        sign_in::begun(&self.0.store, account).await
    }

    /// Cancels the sign-in that is under way; without one, nothing happens.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub fn cancel_sign_in(&self, account: &str) -> Result<(), ErrorAnswer> {
        self.cancel_attempt(account, None)
    }

    /// Cancels this sign-in, and no other that has replaced it.
    pub(crate) fn cancel_attempt(&self, account: &str, attempt: Option<u64>) -> Result<(), ErrorAnswer> {
        self.0.store.act(account, |account, now| {
            let present = account.sign_in.as_ref().map(|sign_in| sign_in.attempt.number());
            if attempt.is_none() || attempt == present {
                account.session.handle(now, Input::CancelLogin);
            }
        })
    }

    /// Signs out: the session and its tokens are wiped, the refresh token is revoked at the provider.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub fn sign_out(&self, account: &str) -> Result<(), ErrorAnswer> {
        self.0.store.act(account, |account, now| {
            account.touched = true;
            account.session.handle(now, Input::Logout);
        })
    }

    /// Opens the page in the browser again that watches the provider's session.
    ///
    /// # Errors
    ///
    /// `unknown_account`; `login_required`; `invalid_request` where the provider or the account has no such page, or the
    /// browser does not open.
    pub async fn open_monitor(&self, account: &str) -> Result<(), ErrorAnswer> {
        check_session::open(&self.0.store, account).await
    }

    /// What the provider says about the person who is signed in, under names of the user's own where the account has them.
    ///
    /// # Errors
    ///
    /// `unknown_account`, `login_required`, `session_expired`.
    pub fn claims(&self, account: &str) -> Result<ClaimsAnswer, ErrorAnswer> {
        // What has ended by now has ended before anything is said.
        self.0.store.act(account, |account, now| account.session.handle(now, Input::Tick))?;
        self.0.store.act(account, |account, now| {
            if account.session.view(now).frozen {
                Err(notices::frozen(&account.name))
            } else {
                account.claims()
            }
        })?
    }

    /// Whether keyboard and mouse alone count as use of an account.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub(crate) fn only_input_counts(&self, account: &str) -> Result<bool, ErrorAnswer> {
        self.0.store.act(account, |account, _| account.config.session.activity == ActivityPolicy::Input)
    }

    /// Keeps the session, as *Yes* does.
    ///
    /// # Errors
    ///
    /// `unknown_account`; `login_required` when there is no session to keep.
    pub fn keep(&self, account: &str) -> Result<(), ErrorAnswer> {
        let store = &self.0.store;
        store.act(account, |account, now| {
            account.session.handle(now, Input::Keep);
            match account.session.checkpoint(now) {
                Some(_) => {
                    store.record(&account.name, Recorded::SessionKept, |_| {});
                    Ok(())
                }
                None => Err(notices::login_required(&account.name)),
            }
        })?
    }

    /// Reminds the user of the end of the session again: at this time (Unix seconds), or else in ten minutes.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub fn remind_later(&self, account: &str, at: Option<u64>) -> Result<(), ErrorAnswer> {
        let until = |at| std::time::Duration::from_secs(at).saturating_sub(clock::wall());
        let later = Input::RemindLater { after: at.map_or(REMIND_LATER, until) };
        self.0.store.act(account, |account, now| account.session.handle(now, later))
    }

    /// Answers the question "Keep session?". An answer to a question that is no longer up does nothing.
    pub fn answer(&self, question: u64, keep: bool) {
        let (serial, number) = ((question >> 32) as u32, question & u64::from(u32::MAX));
        let name = {
            let core = self.0.store.core();
            core.accounts.iter().find(|account| account.serial == serial).map(|account| account.name.clone())
        };
        if let Some(name) = name {
            let input = Input::Answer { question: QuestionId(number), keep };
            let answer = if keep { "yes" } else { "no" };
            self.0
                .store
                .record(&name, Recorded::QuestionAnswered, |entry| entry.reason = Some(answer.to_owned()));
            let _ = self.0.store.act(&name, |account, now| account.session.handle(now, input));
        }
    }

    /// An access token.
    ///
    /// # Errors
    ///
    /// As [`tokens::token`].
    pub(crate) async fn token(
        &self,
        params: &TokenParams,
        permit: &Permit,
    ) -> Result<TokenAnswer, ErrorAnswer> {
        self.0.consent.still_holds(permit)?;
        let answer = tokens::token(&self.0.store, &permit.within(params)).await?;
        self.0.consent.served(permit);
        Ok(answer)
    }

    /// Has the person sign in again as `wanted`, and returns once that is done.
    ///
    /// # Errors
    ///
    /// As [`sign_in::step_up::step_up`].
    pub(crate) async fn step_up(&self, name: &str, wanted: StepUp, tool: &str) -> Result<(), ErrorAnswer> {
        sign_in::step_up::step_up(&self.0.store, name, wanted, tool).await
    }

    /// The account that a request means.
    ///
    /// # Errors
    ///
    /// As [`Store::account_for`].
    pub(crate) fn account_for(&self, asked: Option<&str>) -> Result<String, ErrorAnswer> {
        self.0.store.account_for(asked)
    }

    /// The providers whose settings are known, in the order of their names.
    #[must_use]
    pub fn presets(&self) -> Vec<ProviderPreset> {
        accounts::presets::all()
    }

    /// Looks at a provider before it becomes an account, with the settings of a preset or of the one that fits. Also takes an
    /// e-mail address whose domain names its provider.
    ///
    /// # Errors
    ///
    /// `unknown_preset`, `discovery_failed`, what can be wrong with the file, and why an e-mail address leads nowhere.
    pub async fn discover(
        &self,
        issuer: &str,
        preset: Option<&str>,
    ) -> Result<DiscoveredProvider, WindowError> {
        let config = ConfigFile::read_aside(&self.0.store.options).await.map_err(refused)?.config;
        let named = match issuer.trim() {
            address if accounts::is_address(address) => {
                let request = AccountRequest { name: "supposed".to_owned(), ..AccountRequest::default() };
                Some(accounts::provider_of(&config, &request, address).await?)
            }
            _ => None,
        };
        let issuer = named.as_deref().unwrap_or(issuer).trim();
        let preset = accounts::preset(preset, Some(issuer))?;
        let mut account = accounts::supposed(issuer, preset.as_ref())?;
        account.proxy = config.proxy;
        // Before there is a client: not every provider accepts one without a secret.
        let (_, provider) = discover(&account)
            .await
            .map_err(|error| WindowError::new("discovery_failed", error.to_string()))?;
        Ok(DiscoveredProvider {
            issuer: provider.issuer().to_owned(),
            provider: provider.display_host(),
            suggested_name: self.free_name(&provider.display_host()),
            offline_access: provider.offers_scope("offline_access"),
            provider_logout: provider.has_end_session(),
            revocation: provider.has_revocation(),
            session_management: provider.has_check_session(),
            logout_notices: provider.has_frontchannel_logout() || provider.has_backchannel_logout(),
            device: provider.has_device_authorization(),
            pushed_requests: provider.has_pushed_authorization(),
            dpop: provider.has_dpop(),
            registration: provider.has_registration(),
            preset: preset.as_ref().map(|preset| preset.name.to_owned()),
            preset_title: preset.as_ref().map(|preset| preset.title.clone()),
            notes: preset.map(|preset| preset.notes).unwrap_or_default(),
            redirect_uris: account.redirect_uris.iter().map(ToString::to_string).collect(),
            logout_redirect_uris: account.logout.redirect_uris.iter().map(ToString::to_string).collect(),
        })
    }

    /// A name for an account at this host: the part that says whose it is.
    fn free_name(&self, host: &str) -> String {
        let host = host.split(':').next().unwrap_or(host);
        let labels: Vec<&str> = host.split('.').collect();
        let numeric = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let label = if numeric || labels.len() < 2 { "local" } else { labels[labels.len() - 2] };
        let base: String = label
            .chars()
            .map(|c| c.to_ascii_lowercase())
            .filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-')
            .take(24)
            .collect();
        let base = if base.is_empty() { "work".to_owned() } else { base };
        let taken: Vec<String> = self.accounts().into_iter().map(|account| account.name).collect();
        std::iter::once(base.clone())
            .chain((2..).map(|number| format!("{base}-{number}")))
            .find(|name| !taken.contains(name))
            .unwrap_or(base)
    }

    pub(crate) fn accounts(&self) -> Vec<Configured> {
        let core = self.0.store.core();
        core.accounts
            .iter()
            .map(|account| Configured {
                name: account.name.clone(),
                label: account.config.label.clone(),
                issuer: account.config.issuer.clone(),
                client_id: account.config.client_id.clone(),
            })
            .collect()
    }

    /// Adds an account to the configuration file and offers it. The provider is asked first: a client that it refuses is
    /// not added.
    ///
    /// # Errors
    ///
    /// `name_taken`, `invalid_account`, what the provider says, and what can be wrong with the file.
    pub async fn add_account(&self, account: NewAccount) -> Result<NewAccountAdded, WindowError> {
        let request = AccountRequest::from(account);
        accounts::check(&self.0.store, &request).await?;
        let added = self.add(request, true).await?;
        Ok(NewAccountAdded { name: added.name, client_id: added.client_id, notes: added.notes })
    }

    /// The same with all that can be said about a new account. `tested`: the provider was asked already.
    pub(crate) async fn add(&self, request: AccountRequest, tested: bool) -> Result<AccountAdded, AddError> {
        // One after another: of two of the same name, the second must not touch what is the first one's.
        let _one = self.0.store.registering.lock().await;
        let (added, config, _written) = accounts::add(&self.0.store, request, tested).await?;
        self.0.store.record(&added.name, Recorded::AccountAdded, |_| {});
        self.take_over(&config).await;
        Ok(added)
    }

    /// Takes over what a configuration says.
    async fn take_over(&self, config: &Config) {
        let store = &self.0.store;
        // The demonstration is for those who have nothing else.
        #[cfg(feature = "demo")]
        self.0.demo.withdraw(store, &config.accounts);
        accounts::reload::take_over(store, config).await;
        self.0.has_policy.fetch_or(config.policy.is_there(), Ordering::Relaxed);
        self.0.consent.know_accounts();
        self.0.consent.obey(config.policy.about_programs());
        self.0.restarts.store(config.restarts_after_upgrade(), Ordering::Relaxed);
        self.0.links.store(config.takes_links(), Ordering::Relaxed);
        store.audit.configure(config.audit);
        let (speaks, looks) = (store.spoken.obey(config), store.updates.obey(config));
        if speaks || looks {
            store.show();
        }
        *self.0.dialects.lock().unwrap_or_else(PoisonError::into_inner) = config.dialects.clone();
        self.0.proxies.want(config.proxies.clone());
        self.0.logouts.apply(store, &config.logout_listener).await;
        self.0.reloaded.notify_one();
    }

    /// The files that the configuration is read from.
    pub(crate) fn config_files(&self) -> Vec<std::path::PathBuf> {
        let options = &self.0.store.options;
        let policy = options.policy.path().map(std::path::Path::to_owned);
        std::iter::once(options.places.config_file()).chain(policy).collect()
    }

    /// Reads the configuration file again. A file that cannot be used changes nothing, and views show why.
    ///
    /// # Errors
    ///
    /// What is wrong with the file.
    pub(crate) async fn reload(&self) -> Result<(), WindowError> {
        let store = &self.0.store;
        let _one = store.adding.lock().await;
        let read = self.read_again().await;
        let (warnings, code) = match &read {
            Ok(config) => (self.0.started_with.later(config).into_iter().collect(), None),
            Err(error) => {
                let text = format!("{error} Abide keeps the settings that it has read before.");
                (vec![text], Some(error.code().to_owned()))
            }
        };
        store.audit.event(Recorded::ConfigReloaded, |entry| entry.reason = code);
        let before = {
            let mut shown = self.0.config_warnings.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *shown, warnings.clone())
        };
        before.iter().filter(|text| !warnings.contains(text)).for_each(|text| store.end_warning(text));
        warnings.into_iter().for_each(|text| store.warning(text));
        let config = read.map_err(refused)?;
        self.take_over(&config).await;
        Ok(())
    }

    /// The configuration as it is now, unless a file of it is missing.
    async fn read_again(&self) -> Result<Config, ConfigError> {
        let options = &self.0.store.options;
        let file = ConfigFile::read_aside(options).await?;
        if self.0.has_policy.load(Ordering::Relaxed) && !file.config.policy.is_there() {
            return Err(ConfigError::PolicyMissing(options.policy.place()));
        }
        if accounts::reload::is_file_missing(&self.0.store, &file) {
            return Err(ConfigError::Missing(options.places.config_file()));
        }
        Ok(file.config)
    }

    /// The settings of an account's session, and of what is between it and the provider's.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub fn settings(&self, account: &str) -> Result<SessionSettings, WindowError> {
        self.0
            .store
            .act(account, |account, _| account.config.settings())
            .map_err(|answer| WindowError::new(answer.error.as_str(), answer.error_description))
    }

    /// Changes them, in the configuration file and at once.
    ///
    /// # Errors
    ///
    /// `not_configured` for the demonstration account, `invalid_account` when the limits contradict each other, and what
    /// can be wrong with the file. Nothing has changed then.
    pub async fn change_settings(&self, account: &str, settings: SessionSettings) -> Result<(), WindowError> {
        let _one = self.0.store.adding.lock().await;
        let file = ConfigFile::read_aside(&self.0.store.options).await.map_err(refused)?;
        let mut config = file.change_session(account, &settings).map_err(refused)?;
        self.0.store.record(account, Recorded::SettingsChanged, |_| {});
        if let Some(changed) = config.accounts.remove(account) {
            event_stream::adapt(&self.0.store, account, &changed.provider).await;
            self.0.store.change_rules(account, changed);
        }
        self.0.logouts.apply(&self.0.store, &config.logout_listener).await;
        Ok(())
    }

    /// Which services of the system report locked screens, sleep and input; none until the desktop has answered.
    pub async fn presence(&self) -> PresenceStatus {
        let (sender, answer) = oneshot::channel();
        match self.0.presence.send(sender).await {
            Ok(()) => answer.await.unwrap_or_default(),
            Err(_) => PresenceStatus::default(),
        }
    }

    /// Whether the window opens by itself: at the first start, if no account is configured. True once.
    #[must_use]
    pub fn is_first_start(&self) -> bool {
        let configured =
            Config::effective(&self.0.store.options).map_or(true, |config| !config.accounts.is_empty());
        accounts::is_first_start(&self.0.store.options.places.state, configured)
    }

    /// The state of the program, for the page that helps.
    pub async fn diagnosis(&self) -> Diagnosis {
        Diagnosis {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            endpoint: format!("http://127.0.0.1:{}", self.port()),
            vault: self.vault_mode(),
            presence: self.presence().await,
            configuration: self.config_check().await,
        }
    }

    /// What is wrong with the configuration file as it is now, and what would serve better.
    pub async fn config_check(&self) -> ConfigCheck {
        check::check_aside(&self.0.store.options, self.0.store.snapshot().accounts, look_at_vault).await
    }

    /// Returns when everything decided so far is on disk.
    pub(crate) async fn settle(&self) {
        self.0.store.vault.settle().await;
    }

    /// The record of what was decided.
    pub(crate) fn audit(&self) -> &Audit {
        &self.0.store.audit
    }

    pub(crate) fn clients(&self) -> &Clients {
        self.0.consent.clients()
    }
}

/// What is wrong with this user's configuration file, without an agent; `None` when not even a home folder is known.
#[must_use]
pub fn check_configuration() -> Option<ConfigCheck> {
    let options = crate::options::Options::of_this_user(false)?;
    Some(check::check(&options, &[], look_at_vault))
}

fn refused(error: ConfigError) -> WindowError {
    let field = match &error {
        ConfigError::Setting(problem) => Some(problem.field()),
        _ => None,
    };
    WindowError { code: error.code().to_owned(), message: error.to_string(), field }
}

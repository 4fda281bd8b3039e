//! One account in one agent, which can be ended as a crash does and started again.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use abide_oidc::TokenTarget;
use abide_session::{Attempt, EndReason, Input, State as SessionState};
use abide_vault::Zeroizing;
use abide_wire::paths::Places;
use abide_wire::{ErrorAnswer, Notice, NoticeKind, Signal, TokenAnswer};
use tokio::runtime::{Builder, Runtime};

use crate::audit::Audit;
use crate::browser::callback::Callback;
use crate::browser::opener::Opener;
use crate::config::AccountConfig;
use crate::options::{Options, PolicyFile};
use crate::platform::clock;
use crate::platform::clock::scripted::{self, Scripted};
use crate::provider_session::probe;
use crate::sign_out::{self, pending};
use crate::state::account::{Account, SignIn};
use crate::state::connection::connect;
use crate::state::event::Event;
use crate::state::set_aside;
use crate::state::spawn::spawn_settled;
use crate::state::store::{Effects, Store};
use crate::state::tokens::Held;
use crate::tests::disk::Disk;
use crate::tests::provider::{CLIENT, ISSUER, Provider};
use crate::tokens::{TokenParams, refresh, token};

pub(super) const ACCOUNT: &str = "work";

/// How the person signs in.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub(super) subject: &'static str,
    pub(super) takes: Duration,
}

impl Default for Person {
    fn default() -> Self {
        Self { subject: "alice", takes: Duration::from_secs(5) }
    }
}

/// The flows as they are, but for the browser.
#[derive(Clone, Default)]
struct Flows {
    provider: Provider,
    person: Arc<Mutex<Person>>,
    ended: Arc<Mutex<Vec<EndReason>>>,
}

impl Effects for Flows {
    fn authorize(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt) {
        let (name, config, provider) = (account.name.clone(), account.config.clone(), self.provider.clone());
        let person = self.person.lock().unwrap().clone();
        let work_store = store.clone();
        let work = async move {
            clock::sleep(person.takes).await;
            let Ok(connection) = connect(&config).await else { return };
            let tokens = provider.sign_in(person.subject);
            // Once the provider has issued tokens, nothing stops halfway.
            let complete =
                crate::sign_in::complete(work_store.clone(), name.clone(), attempt, connection, tokens, None);
            let done = tokio::spawn(complete).await.unwrap();
            if done.is_err() {
                let _ = work_store.act(&name, |account, now| {
                    account.session.handle(now, Input::AuthorizationFailed { attempt });
                });
            }
        };
        let (_, begun) = tokio::sync::watch::channel(None);
        let task = spawn_settled(work, || {});
        account.sign_in = Some(SignIn { attempt, task, begun });
    }

    fn refresh(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt) {
        refresh::start(store, account, attempt);
    }

    fn probe(&self, store: &Arc<Store>, account: &Account, attempt: Attempt) {
        if self.provider.inner().userinfo.is_some() || account.config.provider.watches(Signal::Introspection)
        {
            return probe::start(store, account, attempt);
        }
        let (store, name) = (store.clone(), account.name.clone());
        tokio::spawn(async move {
            let probe = abide_session::Probe::Unknown;
            let _ = store
                .act(&name, |account, now| account.session.handle(now, Input::Probed { attempt, probe }));
        });
    }

    fn query_idle(&self, store: &Arc<Store>, account: &Account) {
        let (store, name) = (store.clone(), account.name.clone());
        tokio::spawn(async move {
            let _ = store.act(&name, |account, now| account.session.handle(now, Input::UserInputUnknown));
        });
    }

    fn signed_in(&self, _: &Arc<Store>, _: &mut Account, callback: Callback) -> Option<Callback> {
        Some(callback)
    }

    fn ended(&self, store: &Arc<Store>, account: &mut Account, held: Option<Held>, reason: EndReason) {
        self.ended.lock().unwrap().push(reason);
        sign_out::ended(store, account, held, reason);
    }

    fn rules_changed(&self, _: &Arc<Store>) {}
}

/// Everything but the process.
pub(super) struct World {
    pub(super) provider: Provider,
    pub(super) disk: Disk,
    pub(super) config: AccountConfig,
    pub(super) person: Arc<Mutex<Person>>,
    pub(super) ended: Arc<Mutex<Vec<EndReason>>>,
    process: Option<(Runtime, Arc<Store>)>,
    pub(super) notices: Arc<Mutex<Vec<Notice>>>,
    /// Last: what waits takes itself off its list.
    _clock: Scripted,
}

impl World {
    pub(super) fn new(seed: u64) -> Self {
        let clock = Scripted::start(seed);
        let provider = Provider::default();
        abide_oidc::scripted::play(Some(Arc::new(provider.clone())));
        let mut world = Self {
            provider,
            disk: Disk::default(),
            config: AccountConfig::new(ISSUER.to_owned(), CLIENT.to_owned()),
            person: Arc::default(),
            ended: Arc::default(),
            process: None,
            notices: Arc::default(),
            _clock: clock,
        };
        world.config.provider.claims = false;
        world
    }

    /// Starts an agent with what is on the disk.
    pub(super) fn start(&mut self) -> Arc<Store> {
        let runtime = Builder::new_current_thread().on_thread_park(scripted::advance).build().unwrap();
        let places =
            Places { config: "/nowhere".into(), state: "/nowhere".into(), runtime: "/nowhere".into() };
        let options = Options {
            places,
            desktop: false,
            browser: None,
            presence: abide_presence::Environment::default(),
            browser_variable: None,
            passphrase_fd: None,
            credentials: None::<PathBuf>,
            policy: PolicyFile::at("/nowhere".into()),
            link: None,
            language: abide_wire::Language::En,
        };
        let flows =
            Flows { provider: self.provider.clone(), person: self.person.clone(), ended: self.ended.clone() };
        let store = runtime.block_on(async {
            let records: Vec<(String, Zeroizing<Vec<u8>>)> = self
                .disk
                .durable()
                .into_iter()
                .map(|(name, content)| (name, Zeroizing::new(content)))
                .collect();
            let opener = Opener::choose(Some(&["true".to_owned()]), None);
            let store =
                Store::new(options, Box::new(flows), opener, self.disk.vault(), Audit::nowhere(), Vec::new());
            let mut events = store.events.subscribe();
            let notices = self.notices.clone();
            tokio::spawn(async move {
                while let Ok(event) = events.recv().await {
                    if let Event::Notice(notice) = event {
                        notices.lock().unwrap().push(notice);
                    }
                }
            });
            let kept = records.iter().find(|(name, _)| *name == format!("session/{ACCOUNT}"));
            set_aside::take_up(
                &store,
                ACCOUNT,
                self.config.clone(),
                kept.map(|(_, content)| content.as_slice()),
            );
            store.take_learned(&records);
            pending::resume(&store, &records);
            set_aside::resume(&store, &records);
            tokio::spawn(store.clone().keep_time());
            store
        });
        self.process = Some((runtime, store.clone()));
        store
    }

    pub(super) fn store(&self) -> &Arc<Store> {
        &self.process.as_ref().unwrap().1
    }

    /// Does something in the agent.
    pub(super) fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.process.as_ref().unwrap().0.block_on(work)
    }

    /// Lets time pass.
    pub(super) fn pass(&self, seconds: u64) {
        self.run(clock::sleep(Duration::from_secs(seconds)));
    }

    /// Ends the process as it ends when it is told to.
    pub(super) fn end(&mut self) {
        let store = self.store().clone();
        self.run(async {
            store.exchanges.finish().await;
            store.write_all_down().await;
            store.last_words().await
        });
        drop(store);
        self.crash();
    }

    /// Ends the process without a word.
    pub(super) fn crash(&mut self) {
        self.process = None;
    }

    pub(super) fn input(&self, input: Input) {
        self.run(async {
            self.store().act(ACCOUNT, |account, now| account.session.handle(now, input)).unwrap();
        });
    }

    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Account) -> T) -> T {
        self.run(async { self.store().act(ACCOUNT, |account, _| work(account)).unwrap() })
    }

    pub(super) fn warnings(&self) -> Vec<String> {
        self.run(async { self.store().snapshot().warnings })
    }

    pub(super) fn state(&self) -> SessionState {
        self.with(|account| account.session.state())
    }

    pub(super) fn sign_in(&self) {
        self.input(Input::Login);
        self.pass(10);
        assert_eq!(self.state(), SessionState::Active);
    }

    /// Signed in, an agent is running.
    pub(super) fn signed_in(seed: u64) -> Self {
        let mut world = Self::new(seed);
        world.start();
        world.sign_in();
        world
    }

    pub(super) fn token(&self) -> Result<TokenAnswer, ErrorAnswer> {
        self.run(token(self.store(), &params(false)))
    }

    /// A request that waits beside everything else.
    #[allow(clippy::async_yields_async, reason = "the request is awaited later")]
    pub(super) fn ask(
        &self,
        params: TokenParams,
    ) -> tokio::task::JoinHandle<Result<TokenAnswer, ErrorAnswer>> {
        let store = self.store().clone();
        self.run(async move { tokio::spawn(async move { token(&store, &params).await }) })
    }

    /// The session's own token is too old.
    pub(super) fn let_it_expire(&self) {
        self.pass(301);
    }

    /// How often the person was asked.
    pub(super) fn questions(&self) -> usize {
        self.notices.lock().unwrap().iter().filter(|notice| notice.kind == NoticeKind::Expiring).count()
    }
}

pub(super) fn params(activity: bool) -> TokenParams {
    TokenParams {
        account: None,
        min_validity: Duration::ZERO,
        activity,
        target: TokenTarget::default(),
        proof: None,
        counted_for: None,
    }
}

/// A request for a token with fewer scopes.
pub(super) fn fewer(scope: &str) -> TokenParams {
    let target = TokenTarget { scopes: vec![scope.to_owned()], ..TokenTarget::default() };
    TokenParams { target, ..params(true) }
}

/// A request for a token for one resource.
pub(super) fn narrow(resource: &str) -> TokenParams {
    let target = TokenTarget { resources: vec![resource.to_owned()], ..TokenTarget::default() };
    TokenParams { target, ..params(true) }
}

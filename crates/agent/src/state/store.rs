//! The accounts behind one lock, and what follows from the outputs of their sessions. What follows outside of this room goes through
//! [`Effects`]; no flow is called by name.

use std::sync::atomic::AtomicU32;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use abide_audit::{Entry, Event as Recorded};
use abide_oidc::ErrorKind;
use abide_session::{Abandoned, Attempt, EndReason, Input, Now, Output, Withdrawn};
use abide_wire::{Consents, ErrorAnswer, ErrorCode, Notice, Question, Snapshot};
use tokio::sync::{Notify, broadcast, watch};

use crate::audit::Audit;
use crate::browser::callback::Callback;
use crate::browser::opener::Opener;
use crate::browser::ports::Ports;
use crate::config::language::Spoken;
use crate::options::Options;
use crate::persistence::vault::{StoreError, VaultThread};
use crate::platform::clock;
use crate::state::account::Account;
use crate::state::audit as record;
use crate::state::connection::Connection;
use crate::state::event::Event;
use crate::state::exchanges::Exchanges;
use crate::state::last_error::LastError;
use crate::state::learned::Client;
use crate::state::narrowed::Narrowed;
use crate::state::record::record_name;
use crate::state::signals::Signals;
use crate::state::tokens::Held;
use crate::state::updates::Updates;
use crate::state::warnings::Warnings;
use crate::view::notices;

/// How long the end of the program waits for a provider.
const LAST_WORDS: Duration = Duration::from_secs(3);

/// Pauses between attempts to remove a record from a disk that refuses; the last one is repeated.
const FORGET_PAUSES: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(15), Duration::from_secs(120)];

/// Everything that has a state, behind one lock that is never held over an `await`.
pub(crate) struct Core {
    pub(crate) accounts: Vec<Account>,
    pub(crate) warnings: Warnings,
    /// Whether the screen is locked.
    pub(crate) locked: bool,
    /// Programs that wait for the user's answer, and answers that hold now.
    consents: Consents,
    /// The boot time that the event loop sleeps until.
    armed: Option<Duration>,
    /// What was found out about providers.
    pub(crate) learned: Vec<Client>,
}

pub(crate) struct Store {
    pub(crate) options: Options,
    pub(crate) spoken: Spoken,
    /// What is known about newer versions.
    pub(crate) updates: Updates,
    pub(super) effects: Box<dyn Effects>,
    pub(crate) opener: Opener,
    pub(crate) vault: VaultThread,
    pub(crate) audit: Audit,
    pub(crate) snapshots: watch::Sender<Snapshot>,
    pub(crate) events: broadcast::Sender<Event>,
    /// When the user touched keyboard or mouse, once the desktop has been asked whether it tells.
    pub(crate) input: OnceLock<abide_presence::Input>,
    /// The fixed ports that our pages in the browser occupy.
    pub(crate) ports: Ports,
    /// Held while an account is added or removed: of one name, one thing after another.
    pub(crate) adding: tokio::sync::Mutex<()>,
    /// Held while a new account is tested and registered at its provider, which can take a minute.
    pub(crate) registering: tokio::sync::Mutex<()>,
    /// What cannot be repeated.
    pub(crate) exchanges: Exchanges,
    /// How many pieces of work at a provider the end of the program waits for.
    revoking: watch::Sender<usize>,
    core: Mutex<Core>,
    wake: Notify,
    pub(super) serials: AtomicU32,
}

/// The flows that a session's outputs set in motion. Every method is called under the store's lock and returns at once.
pub(crate) trait Effects: Send + Sync {
    /// Starts the sign-in that a session has asked for.
    fn authorize(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt);
    /// Starts the refresh that a session has asked for.
    fn refresh(&self, store: &Arc<Store>, account: &mut Account, attempt: Attempt);
    /// Asks the provider whether it still accepts the access token.
    fn probe(&self, store: &Arc<Store>, account: &Account, attempt: Attempt);
    /// Finds out when the user last touched keyboard or mouse.
    fn query_idle(&self, store: &Arc<Store>, account: &Account);
    /// A sign-in has come back through this listener. Returns the listener unless a page still uses it.
    fn signed_in(&self, store: &Arc<Store>, account: &mut Account, callback: Callback) -> Option<Callback>;
    /// A session has ended; `held` is what it had.
    fn ended(&self, store: &Arc<Store>, account: &mut Account, held: Option<Held>, reason: EndReason);
    /// Accounts were added, or what they are held to has changed. Called without the lock.
    fn rules_changed(&self, store: &Arc<Store>);
}

impl Store {
    pub(crate) fn new(
        options: Options,
        effects: Box<dyn Effects>,
        opener: Opener,
        vault: VaultThread,
        audit: Audit,
        warnings: Vec<String>,
    ) -> Arc<Self> {
        let spoken = Spoken::new(options.language);
        Arc::new(Self {
            options,
            ports: Ports::speaking(spoken.clone()),
            spoken,
            updates: Updates::default(),
            effects,
            opener,
            vault,
            audit,
            snapshots: watch::Sender::new(Snapshot::default()),
            events: broadcast::Sender::new(64),
            input: OnceLock::new(),
            adding: tokio::sync::Mutex::default(),
            registering: tokio::sync::Mutex::default(),
            exchanges: Exchanges::default(),
            revoking: watch::Sender::new(0),
            core: Mutex::new(Core {
                accounts: Vec::new(),
                warnings: Warnings::new(warnings),
                locked: false,
                consents: Consents::default(),
                armed: None,
                learned: Vec::new(),
            }),
            wake: Notify::new(),
            serials: AtomicU32::new(1),
        })
    }

    /// The flows that outputs set in motion.
    pub(crate) fn effects(&self) -> &dyn Effects {
        &*self.effects
    }

    pub(crate) fn core(&self) -> MutexGuard<'_, Core> {
        // A panic elsewhere leaves the accounts intact: each change to a session is one call that returns.
        self.core.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on one account and sets in motion what follows from it.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub(crate) fn act<T>(
        self: &Arc<Self>,
        name: &str,
        work: impl FnOnce(&mut Account, Now) -> T,
    ) -> Result<T, ErrorAnswer> {
        let mut core = self.core();
        let Some(index) = core.accounts.iter().position(|account| account.name == name) else {
            let known: Vec<String> = core.accounts.iter().map(|account| account.name.clone()).collect();
            return Err(notices::unknown_account(name, &known));
        };
        let now = clock::now();
        let last_error = core.accounts[index].last_error.clone();
        let result = work(&mut core.accounts[index], now);
        let changed = self.settle(&mut core, index, now);
        if changed || last_error != core.accounts[index].last_error {
            self.publish(&core, now);
        }
        Ok(result)
    }

    /// The account that a request means: the one that it names, else the only one, else the only one that is signed in.
    ///
    /// # Errors
    ///
    /// `login_required` without any account, `invalid_request` where several could be meant.
    pub(crate) fn account_for(&self, asked: Option<&str>) -> Result<String, ErrorAnswer> {
        if let Some(name) = asked {
            return Ok(name.to_owned());
        }
        let core = self.core();
        let names: Vec<&str> = core.accounts.iter().map(|account| account.name.as_str()).collect();
        let signed_in: Vec<&str> = core
            .accounts
            .iter()
            .filter(|account| account.held.is_some())
            .map(|account| account.name.as_str())
            .collect();
        match (names.as_slice(), signed_in.as_slice()) {
            ([only], _) | (_, [only]) => Ok((*only).to_owned()),
            ([], _) => {
                let text = "No account is set up yet. Add one in the window, or with `abide accounts add`.";
                Err(ErrorAnswer::new(ErrorCode::LoginRequired, text))
            }
            _ => {
                let text = format!("Say which account: {}.", names.join(", "));
                Err(ErrorAnswer::new(ErrorCode::InvalidRequest, text))
            }
        }
    }

    /// Reads without changing anything.
    pub(crate) fn snapshot(&self) -> Snapshot {
        self.picture(&self.core(), clock::now())
    }

    /// Shows a warning, once.
    pub(crate) fn warning(&self, text: String) {
        let mut core = self.core();
        if core.warnings.add(text) {
            self.publish(&core, clock::now());
        }
    }

    /// Takes a warning down.
    pub(crate) fn end_warning(&self, text: &str) {
        let mut core = self.core();
        core.warnings.end(text);
        self.publish(&core, clock::now());
    }

    /// Records something about an account.
    pub(crate) fn record(&self, account: &str, event: Recorded, more: impl FnOnce(&mut Entry)) {
        self.audit.event(event, |entry| {
            entry.account = Some(account.to_owned());
            more(entry);
        });
    }

    /// Shows which programs wait for the user's answer, and which answers hold now.
    pub(crate) fn show_consents(&self, consents: Consents) {
        let mut core = self.core();
        if core.consents != consents {
            core.consents = consents;
            self.publish(&core, clock::now());
        }
    }

    /// Tells the user something once.
    pub(crate) fn tell(&self, notice: Notice) {
        // Not its text, which is in the language of the user.
        tracing::info!(kind = ?notice.kind, account = notice.account.as_deref(), "a notification");
        // A headless agent has no listener for this.
        let _ = self.events.send(Event::Notice(notice));
    }

    /// Removes the record of an ended session from the vault.
    pub(crate) fn forget(self: &Arc<Self>, account: &str) {
        let removed = self.vault.remove(&record_name(account));
        let (store, name) = (self.clone(), account.to_owned());
        tokio::spawn(async move {
            store.unless_removed(&name, removed.await);
        });
    }

    /// The disk did not let the record of a session go that has ended: a crash would bring it back. That is tried again until it
    /// is gone, or the account has another session.
    pub(crate) fn not_forgotten(self: &Arc<Self>, account: &str, error: &StoreError) {
        tracing::error!(%error, "a session could not be removed from the vault");
        let text = format!("A session that has ended could not be removed from the vault. {error}");
        let mut core = self.core();
        core.warnings.unwritten(account, text);
        self.publish(&core, clock::now());
        drop(core);
        let (store, name) = (self.clone(), account.to_owned());
        tokio::spawn(async move {
            for pause in FORGET_PAUSES.into_iter().chain(std::iter::repeat(FORGET_PAUSES[2])) {
                clock::sleep(pause).await;
                let removed = store.act(&name, |account, _| {
                    let over = account.held.is_none() && account.uncommitted.is_none();
                    over.then(|| store.vault.remove(&record_name(&name)))
                });
                let removed = match removed {
                    Ok(None) => return,
                    Ok(Some(removed)) => removed.await,
                    // The account is gone.
                    Err(_) => store.vault.remove(&record_name(&name)).await,
                };
                if removed.is_ok() {
                    return store.has_written(&name, removed);
                }
            }
        });
    }

    /// Wakes each session at its deadlines, until it is aborted.
    pub(crate) async fn keep_time(self: Arc<Self>) {
        let mut alarm = clock::Alarm::new();
        loop {
            let deadline = {
                let mut core = self.core();
                core.armed = core.accounts.iter().filter_map(|account| account.session.deadline()).min();
                core.armed
            };
            match deadline {
                Some(deadline) => tokio::select! {
                    () = alarm.at(deadline) => {}
                    () = self.wake.notified() => {}
                },
                None => self.wake.notified().await,
            }
            self.everybody(Input::Tick);
        }
    }

    /// The screen was locked or unlocked.
    pub(crate) fn lock_screen(self: &Arc<Self>, locked: bool) {
        self.core().locked = locked;
        self.everybody(if locked { Input::Locked } else { Input::Unlocked });
    }

    /// Passes an input to every session.
    pub(crate) fn everybody(self: &Arc<Self>, input: Input) {
        let mut core = self.core();
        let now = clock::now();
        let mut changed = false;
        for index in 0..core.accounts.len() {
            core.accounts[index].session.handle(now, input);
            changed |= self.settle(&mut core, index, now);
        }
        if changed {
            self.publish(&core, now);
        }
    }

    /// Starts what the outputs of a session ask for. Returns whether something visible changed.
    pub(super) fn settle(self: &Arc<Self>, core: &mut Core, index: usize, now: Now) -> bool {
        let mut changed = false;
        while let Some(output) = core.accounts[index].session.poll() {
            // The number of a sign-in is visible: a caller that waits for one sees that another has taken its place.
            changed |= matches!(
                output,
                Output::Changed | Output::Authorize { .. } | Output::AbandonAuthorization { .. }
            );
            self.perform(&mut core.accounts[index], output, now);
        }
        let deadline = core.accounts[index].session.deadline();
        if deadline.is_some_and(|deadline| core.armed.is_none_or(|armed| deadline < armed)) {
            self.wake.notify_one();
        }
        changed
    }

    fn perform(self: &Arc<Self>, account: &mut Account, output: Output, now: Now) {
        record::output(&self.audit, account, output);
        let language = self.spoken.language();
        match output {
            Output::Authorize { attempt } => self.effects.authorize(self, account, attempt),
            Output::AbandonAuthorization { attempt, why } => self.abandon(account, attempt, why),
            Output::Refresh { attempt } => self.effects.refresh(self, account, attempt),
            Output::Ask { .. } => {
                if let Some(question) = account.question(now) {
                    self.tell(notices::expiring(language, &question));
                }
            }
            Output::Withdraw { why: Withdrawn::Activity, .. } => {
                self.tell(notices::still_active(language, &account.name, &account.provider()));
            }
            Output::Withdraw { why: Withdrawn::Presence, .. } => {
                self.tell(notices::still_here(language, &account.name, &account.provider()));
            }
            Output::SignInNeeded => {
                let why = account.last_error.as_ref().map(|last_error| last_error.sentence.as_str());
                self.tell(notices::sign_in_needed(language, &account.name, &account.provider(), why));
            }
            Output::Remind => {
                if let Some(reminder) = account.status(now).reminder {
                    self.tell(notices::reminder(
                        language,
                        &account.name,
                        account.title(),
                        &account.provider(),
                        &reminder,
                        now.wall,
                    ));
                }
            }
            Output::QueryIdleTime => self.effects.query_idle(self, account),
            Output::ProbeProvider { attempt } => self.effects.probe(self, account, attempt),
            Output::Began => {
                account.last_error = None;
                account.provider_end = None;
                account.sign_out_page = None;
                account.farewell = None;
                account.signals = Signals::default();
                account.new_grant();
                account.new_turn();
                account.note_what_is_missing();
                (account.own_is_suspect, account.interrupted) = (false, false);
                account.narrowed = Narrowed::default();
                if let Some(held) = &account.held {
                    let user = held.identity.label();
                    self.tell(notices::signed_in(language, &account.name, user, &account.provider()));
                }
            }
            Output::Ended { reason } => self.ended(account, reason),
            Output::Checkpoint => self.write_down(account, now),
            Output::Changed | Output::Withdraw { .. } => {}
        }
    }

    fn abandon(&self, account: &mut Account, attempt: Attempt, why: Abandoned) {
        if let Some(sign_in) = account.sign_in.take_if(|sign_in| sign_in.attempt == attempt) {
            sign_in.task.abort();
        }
        if why == Abandoned::TimedOut {
            let language = self.spoken.language();
            let message = notices::sign_in_timed_out(&account.provider());
            self.tell(notices::sign_in_failed(language, &account.name, &account.provider(), &message));
            account.last_error =
                Some(LastError::new("sign_in_timed_out", ErrorKind::ActionRequired, message));
        }
    }

    fn ended(self: &Arc<Self>, account: &mut Account, reason: EndReason) {
        tracing::info!(account = account.name, ?reason, "the session has ended");
        account.refresh = None;
        let mut held = account.held.take();
        if let (Some(held), Some(unserved)) = (&mut held, account.uncommitted.take()) {
            // A refresh token may be on its way to the disk. It is revoked with the others.
            held.leftovers.extend(unserved.held.refresh_token);
        }
        account.number += 1;
        // Requests that wait for it are told that the session is over.
        (account.stepping_up, account.declined) = (None, None);
        // This takes the tokens for one purpose: they are revoked, too.
        self.effects.ended(self, account, held, reason);
        account.new_grant();
        account.new_turn();
        // What has still to be said to the provider has its own.
        account.connection = account.connection.take().map(Connection::without_key);
        let language = self.spoken.language();
        if let Some(notice) = notices::ended(language, &account.name, &account.provider(), reason) {
            self.tell(notice);
        }
    }

    pub(crate) fn write_down(self: &Arc<Self>, account: &Account, now: Now) {
        let Some(content) = account.stored(now) else { return };
        let written = self.vault.update(&record_name(&account.name), content);
        let (store, name) = (self.clone(), account.name.clone());
        tokio::spawn(async move {
            store.has_written(&name, written.await);
        });
    }

    /// Writes what the account holds now over its record, or removes the record of an account without a session. Returns when
    /// that is done.
    pub(crate) async fn rewrite_record(self: &Arc<Self>, name: &str) {
        let record = record_name(name);
        // Queued under the lock, so that it cannot replace what a later commit writes.
        let queued = self.act(name, |account, now| match account.stored(now) {
            Some(content) => Ok(self.vault.update(&record, content)),
            None => Err(self.vault.remove(&record)),
        });
        match queued {
            Ok(Ok(written)) => self.has_written(name, written.await),
            Ok(Err(removed)) => self.unless_removed(name, removed.await),
            // The account is gone.
            Err(_) => self.unless_removed(name, self.vault.remove(&record).await),
        }
    }

    /// Shows whether the vault has what an account holds. When it can write again, it gets what it lacks of the others.
    pub(crate) fn has_written(self: &Arc<Self>, name: &str, written: Result<(), StoreError>) {
        let mut core = self.core();
        match written {
            Ok(()) => {
                let Some(others) = core.warnings.written(name) else { return };
                for account in core.accounts.iter().filter(|account| others.contains(&account.name)) {
                    self.write_down(account, clock::now());
                }
            }
            Err(error) => {
                tracing::error!(%error, "the session could not be written down");
                core.warnings.unwritten(name, error.to_string());
            }
        }
        self.publish(&core, clock::now());
    }

    fn unless_removed(self: &Arc<Self>, name: &str, removed: Result<(), StoreError>) {
        match removed {
            Ok(()) => self.has_written(name, removed),
            Err(error) => self.not_forgotten(name, &error),
        }
    }

    /// Runs work at the provider for which the end of the program waits a limited time.
    pub(crate) fn before_the_end(self: &Arc<Self>, work: impl Future<Output = ()> + Send + 'static) {
        self.revoking.send_modify(|count| *count += 1);
        let store = self.clone();
        let task = tokio::spawn(work);
        tokio::spawn(async move {
            // Also where the work has panicked.
            let _ = task.await;
            store.revoking.send_modify(|count| *count -= 1);
        });
    }

    /// Waits for that work. Returns whether it is done.
    pub(crate) async fn last_words(&self) -> bool {
        let mut count = self.revoking.subscribe();
        clock::timeout(LAST_WORDS, count.wait_for(|count| *count == 0)).await.is_ok()
    }

    /// Whether there is such work.
    pub(crate) fn has_last_words(&self) -> bool {
        *self.revoking.borrow() > 0
    }

    /// Writes every session down and waits until that is done.
    pub(crate) async fn write_all_down(self: &Arc<Self>) {
        {
            let core = self.core();
            let now = clock::now();
            for account in &core.accounts {
                self.write_down(account, now);
            }
        }
        self.vault.settle().await;
    }

    /// Publishes a new snapshot.
    pub(crate) fn show(&self) {
        self.publish(&self.core(), clock::now());
    }

    pub(super) fn publish(&self, core: &Core, now: Now) {
        let fresh = self.picture(core, now);
        self.snapshots.send_if_modified(|present| {
            let modified = *present != fresh;
            *present = fresh;
            modified
        });
    }

    fn picture(&self, core: &Core, now: Now) -> Snapshot {
        let mut questions: Vec<Question> =
            core.accounts.iter().filter_map(|account| account.question(now)).collect();
        questions.sort_by_key(|question| question.seconds_left);
        Snapshot {
            accounts: core.accounts.iter().map(|account| account.status(now)).collect(),
            questions,
            warnings: core.warnings.all(),
            consents: core.consents.questions.clone(),
            grants: core.consents.grants.clone(),
            language: self.spoken.setting(),
            updates: self.updates.status(),
        }
    }
}

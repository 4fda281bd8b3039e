//! The record of what was decided. Recording never waits for the disk: entries go through a bounded queue to a thread that writes
//! them in groups, in the order in which they came.

mod files;
mod lines;
mod queue;
mod reader;
mod refusals;
mod syslog;
#[cfg(test)]
mod tests;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use abide_audit::{Caller, Chain, Entry, Event, FingerprintKey, Hash};
use abide_vault::Zeroizing;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::{oneshot, watch};

use crate::config::audit::{AuditConfig, IfNotWritten};
use crate::persistence::vault::VaultThread;

pub(crate) use files::AuditError;
pub(crate) use queue::{SEAL, Status};
pub(crate) use reader::{Reader, Titles};

use queue::{Job, Sealed, Shared, now};

tokio::task_local! {
    /// Who asked for what this task does.
    static ASKED_BY: Caller;
}

/// Runs a call of a program. What it records names the program, unless a line names another caller.
pub(crate) async fn asked_by<F: Future>(who: Caller, call: F) -> F::Output {
    ASKED_BY.scope(who, call).await
}

/// How long somebody waits for the record.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many entries may wait for the disk.
const WAITING: usize = 2048;

/// A handle on the record.
#[derive(Clone)]
pub(crate) struct Audit {
    queue: SyncSender<Job>,
    shared: Arc<Shared>,
}

impl Audit {
    /// Takes up the record in `folder`. `sealed` is what the vault has of it.
    pub(crate) fn open(
        folder: &Path,
        config: &AuditConfig,
        vault: VaultThread,
        sealed: Option<&[u8]>,
    ) -> Result<Self, AuditError> {
        let sealed = sealed.and_then(|sealed| serde_json::from_slice::<Sealed>(sealed).ok());
        let key = sealed.as_ref().and_then(|sealed| key_of(&sealed.key)).map_or_else(new_key, Ok)?;
        let seal = sealed.as_ref().and_then(|sealed| {
            let last = Chain { n: sealed.last, hash: Hash::read(&sealed.hash)? };
            Some(Status { first: sealed.first, last, sealed: sealed.last })
        });
        let folder = folder.join(abide_audit::FOLDER);
        let (files, found) = files::Files::open(&folder, seal)?;
        let shared = Arc::new(Shared {
            folder,
            key,
            missing: AtomicU64::new(0),
            refuses: AtomicBool::new(config.if_not_written == IfNotWritten::Refuse),
            unwritten: AtomicBool::new(false),
            trouble: watch::Sender::new(None),
        });
        let (queue, jobs) = sync_channel(WAITING);
        let broken = found.as_ref().is_some_and(|entry| entry.event == Event::RecordBroken);
        let writer = writer::Writer::new(files, broken, *config, vault, shared.clone());
        let thread = std::thread::Builder::new().name("audit".to_owned());
        thread.spawn(move || writer.run(&jobs)).map_err(|_| AuditError::NoThread)?;
        let audit = Self { queue, shared };
        audit.event(Event::AgentStarted, |entry| entry.name = Some(env!("CARGO_PKG_VERSION").to_owned()));
        if let Some(found) = found {
            audit.put(found);
        }
        Ok(audit)
    }

    /// Whether the record in `folder` could be taken up. Changes nothing in it.
    pub(crate) fn check(folder: &Path) -> Result<(), AuditError> {
        files::check(&folder.join(abide_audit::FOLDER))
    }

    /// Records an event of now.
    pub(crate) fn event(&self, event: Event, more: impl FnOnce(&mut Entry)) {
        let mut entry = Entry::new(now(), event);
        more(&mut entry);
        entry.caller = entry.caller.or_else(|| ASKED_BY.try_with(Caller::clone).ok());
        self.put(entry);
    }

    fn put(&self, mut entry: Entry) {
        entry.bound();
        if self.queue.try_send(Job::Entry(Box::new(entry))).is_err() {
            self.shared.missing.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A record that is written nowhere.
    #[cfg(test)]
    #[allow(clippy::unwrap_used)]
    pub(crate) fn nowhere() -> Self {
        let shared = Arc::new(Shared {
            folder: std::path::PathBuf::new(),
            key: new_key().unwrap(),
            missing: AtomicU64::new(0),
            refuses: AtomicBool::new(false),
            unwritten: AtomicBool::new(false),
            trouble: watch::Sender::new(None),
        });
        let (queue, _) = sync_channel(1);
        Self { queue, shared }
    }

    /// What stands for a token in the record.
    pub(crate) fn fingerprint(&self, token: &str) -> String {
        self.shared.key.of(token)
    }

    /// Whether tokens may be handed out: always, unless they are refused while the record cannot be written.
    pub(crate) fn admits_tokens(&self) -> bool {
        let broken = || {
            self.shared.unwritten.load(Ordering::Relaxed) || self.shared.missing.load(Ordering::Relaxed) > 0
        };
        !(self.shared.refuses.load(Ordering::Relaxed) && broken())
    }

    /// What is wrong with the record, as it changes.
    pub(crate) fn trouble(&self) -> watch::Receiver<Option<String>> {
        self.shared.trouble.subscribe()
    }

    /// The folder of its files.
    pub(crate) fn folder(&self) -> &Path {
        &self.shared.folder
    }

    /// Waits until everything so far is on the disk.
    pub(crate) async fn settle(&self) -> Option<Status> {
        self.ask(Job::Settle).await
    }

    /// The same, and seals the end. For the end of the program.
    pub(crate) async fn close(&self) {
        let _ = self.ask(Job::Close).await;
    }

    async fn ask(&self, job: fn(oneshot::Sender<Status>) -> Job) -> Option<Status> {
        let (sender, answer) = oneshot::channel();
        let queue = self.queue.clone();
        // The queue may be full for as long as the disk hangs.
        let asked = async {
            tokio::task::spawn_blocking(move || queue.send(job(sender))).await.ok()?.ok()?;
            answer.await.ok()
        };
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
    }

    /// Takes over other settings.
    pub(crate) fn configure(&self, config: AuditConfig) {
        self.shared.refuses.store(config.if_not_written == IfNotWritten::Refuse, Ordering::Relaxed);
        let _ = self.queue.try_send(Job::Configure(config));
    }
}

fn key_of(text: &str) -> Option<FingerprintKey> {
    let bytes = Zeroizing::new(STANDARD_NO_PAD.decode(text).ok()?);
    Some(FingerprintKey::new(bytes.as_slice().try_into().ok()?))
}

fn new_key() -> Result<FingerprintKey, AuditError> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| AuditError::NoRandomness)?;
    Ok(FingerprintKey::new(key))
}

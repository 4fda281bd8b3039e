//! The thread that writes the record.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use abide_audit::{Entry, Event, file_name};
use tokio::sync::oneshot;

use super::files::Files;
use super::queue::{Job, SEAL, Shared, Status, now};
use super::refusals::Refusals;
use super::syslog::Syslog;
use crate::config::audit::AuditConfig;
use crate::persistence::vault::VaultThread;

/// The shortest time between two groups. The first entry after a pause is written at once.
const GROUP: Duration = Duration::from_millis(250);
/// At most this many entries are in a group, or are kept while the disk takes none.
const MOST: usize = 4096;
/// The end is sealed after so many lines,
const SEAL_LINES: u64 = 4096;
/// and when a line has waited for so long.
const SEAL_TIME: Duration = Duration::from_secs(300);

/// What views show if the record was not as Abide had left it, until the next start.
const CHANGED: &str = "The record of tokens and sign-ins is not as Abide left it: lines were removed or changed while Abide did not run. \
                       `abide audit verify` shows which.";
/// What views show once a file has gone while it was written, until the next start.
const LOST: &str = "A file of the record of tokens and sign-ins was removed or replaced while Abide used it. Abide has begun a new \
                    file. `abide audit verify` shows which lines are missing.";

/// What writes the record.
pub(super) struct Writer {
    files: Files,
    config: AuditConfig,
    vault: VaultThread,
    shared: Arc<Shared>,
    syslog: Option<Syslog>,
    /// Entries that are not on the disk yet.
    group: Vec<Entry>,
    /// Refusals that are counted in one line.
    refusals: Refusals,
    /// Events that are in no entry.
    missing: u64,
    sealed: u64,
    /// When the end is sealed, if there is something new.
    seal_at: Option<Instant>,
    /// When the last group was written.
    written: Option<Instant>,
    /// What views show although lines can be written.
    warning: Option<&'static str>,
}

/// Who waits for the end of a group.
#[derive(Default)]
struct Waiting {
    settled: Vec<oneshot::Sender<Status>>,
    close: bool,
}

impl Writer {
    /// `broken`: the record was not as Abide had left it.
    pub(super) fn new(
        files: Files,
        broken: bool,
        config: AuditConfig,
        vault: VaultThread,
        shared: Arc<Shared>,
    ) -> Self {
        let mut writer = Self {
            files,
            config,
            vault,
            shared,
            syslog: config.syslog.then(Syslog::open).flatten(),
            group: Vec::new(),
            refusals: Refusals::default(),
            missing: 0,
            sealed: 0,
            seal_at: None,
            written: None,
            warning: broken.then_some(CHANGED),
        };
        // The key has to be in the vault before the first fingerprint is in the record.
        writer.seal();
        writer
    }

    /// Runs until the last handle is gone.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            let next = [self.seal_at, self.refusals.due()].into_iter().flatten().min();
            let wait = next.map(|at| at.saturating_duration_since(Instant::now()));
            let job = match wait {
                Some(wait) => jobs.recv_timeout(wait),
                None => jobs.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let mut waiting = Waiting::default();
            match job {
                Err(RecvTimeoutError::Timeout) => {
                    self.end_window(false);
                    self.write();
                    if self.seal_at.is_some_and(|at| at <= Instant::now()) {
                        self.seal();
                    }
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => {
                    self.end_window(true);
                    self.write();
                    if self.seal_at.is_some() {
                        self.seal();
                    }
                    return;
                }
                Ok(job) => self.take(job, &mut waiting),
            }
            self.gather(jobs, &mut waiting);
            self.end_window(waiting.close);
            self.write();
            if waiting.close {
                self.seal();
            }
            let status = self.files.status(self.sealed);
            for settled in waiting.settled {
                let _ = settled.send(status);
            }
        }
    }

    /// Takes what is there, and what comes until the next group may be written.
    fn gather(&mut self, jobs: &Receiver<Job>, waiting: &mut Waiting) {
        let until = self.written.map(|written| written + GROUP);
        while self.group.len() < MOST {
            let job = match until {
                Some(until) if waiting.settled.is_empty() => {
                    jobs.recv_timeout(until.saturating_duration_since(Instant::now())).ok()
                }
                _ => jobs.try_recv().ok(),
            };
            let Some(job) = job else { return };
            self.take(job, waiting);
        }
    }

    fn take(&mut self, job: Job, waiting: &mut Waiting) {
        match job {
            Job::Entry(entry) => self.add(*entry),
            Job::Settle(sender) => waiting.settled.push(sender),
            Job::Close(sender) => {
                waiting.settled.push(sender);
                waiting.close = true;
            }
            Job::Configure(config) => {
                self.syslog = config.syslog.then(Syslog::open).flatten();
                self.config = config;
            }
        }
    }

    /// Puts an entry into the group, or counts it in one that is alike.
    fn add(&mut self, entry: Entry) {
        if entry.event.is_frequent()
            && let Some(same) = self.group.iter_mut().find(|one| one.is_alike(&entry))
        {
            same.count(&entry);
            return;
        }
        if !entry.event.is_from_outside() {
            return self.put(entry);
        }
        self.end_window(false);
        if let Some(entry) = self.refusals.admit(entry, Instant::now()) {
            self.put(entry);
        }
    }

    /// Puts the lines that count refusals into the group, once their minute is over or the record closes.
    fn end_window(&mut self, closes: bool) {
        if closes || self.refusals.is_over(Instant::now()) {
            self.refusals.take().into_iter().for_each(|entry| self.put(entry));
        }
    }

    fn put(&mut self, entry: Entry) {
        if self.group.len() >= MOST {
            self.missing += entry.times.unwrap_or(1);
        } else {
            self.group.push(entry);
        }
    }

    /// Writes the group. What the disk does not take is kept for the next time.
    fn write(&mut self) {
        let Some(first) = self.group.first_mut() else { return };
        self.missing += self.shared.missing.swap(0, Ordering::Relaxed);
        if self.missing > 0 {
            first.missing = Some(first.missing.unwrap_or(0) + std::mem::take(&mut self.missing));
        }
        self.written = Some(Instant::now());
        self.append();
        // Once more for a file that was removed meanwhile.
        if self.files.has_gone() {
            self.append();
        }
    }

    fn append(&mut self) {
        if self.files.has_gone() {
            if let Err(error) = self.files.begin_anew() {
                return self.failed(&error.to_string());
            }
            tracing::error!("a file of the record has gone while it was written");
            let mut entry = Entry::new(now(), Event::RecordBroken);
            entry.reason = Some("file_gone".to_owned());
            self.group.insert(0, entry);
            self.warning = Some(LOST);
            self.shared.unwritten.store(true, Ordering::Relaxed);
        } else if self.files.is_full(u64::from(self.config.file_mib) << 20) {
            self.rotate();
        }
        match self.files.append(&self.group) {
            Ok(lines) => {
                self.group.clear();
                self.shared.unwritten.store(false, Ordering::Relaxed);
                self.show(self.warning.map(str::to_owned));
                if let Some(syslog) = &self.syslog
                    && !syslog.send(&lines)
                {
                    tracing::warn!("the system's log did not take every line of the record");
                }
                self.seal_at.get_or_insert_with(|| Instant::now() + SEAL_TIME);
                if self.files.chain.n.saturating_sub(self.sealed) >= SEAL_LINES {
                    self.seal();
                }
            }
            Err(error) => self.failed(&format!("{error}.")),
        }
    }

    fn failed(&self, error: &str) {
        tracing::error!(%error, "the record could not be written");
        self.shared.unwritten.store(true, Ordering::Relaxed);
        self.show(Some(format!("The record of tokens and sign-ins cannot be written: {error}")));
    }

    /// Shows what is wrong with the record.
    fn show(&self, text: Option<String>) {
        self.shared.trouble.send_if_modified(|trouble| {
            let modified = *trouble != text;
            *trouble = text;
            modified
        });
    }

    /// Begins a new file. Its first line names the file that is removed for it.
    fn rotate(&mut self) {
        let removed = self.files.rotate(self.config.keep_files);
        let mut entry = Entry::new(now(), Event::RecordRotated);
        entry.name = removed.last().map(|first| file_name(*first));
        self.group.insert(0, entry);
        let removed: Vec<_> = removed.into_iter().map(|first| self.files.path(first)).collect();
        self.seal_then(move || {
            for path in removed {
                if let Err(error) = std::fs::remove_file(path) {
                    tracing::warn!(%error, "a file of the record could not be removed");
                }
            }
        });
    }

    /// Has the vault keep where the record has got to. Does not wait for it.
    fn seal(&mut self) {
        self.seal_then(|| ());
    }

    /// The same, and does the work when the vault has it: a file that is missing without that was removed by another program.
    fn seal_then(&mut self, work: impl FnOnce() + Send + 'static) {
        self.seal_at = None;
        let status = self.files.status(self.sealed);
        if let Some(content) = self.shared.sealed(status) {
            self.vault.update_then(SEAL, content, work);
            self.sealed = status.last.n;
        }
    }
}

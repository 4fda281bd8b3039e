//! What outlives a process: the records of the vault. Writes take time, and fail when they are told to.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use abide_vault::{MemoryOnly, Vault, VaultError, Zeroizing};

use crate::persistence::vault::{Job, VaultThread};
use crate::platform::clock;

pub(super) type Records = BTreeMap<String, Vec<u8>>;

#[derive(Default)]
struct Inner {
    /// What a crash leaves.
    durable: Records,
    /// How long a job takes.
    slow: Duration,
    /// So many of the next jobs fail.
    full: u32,
}

#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<Inner>>);

impl Disk {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn durable(&self) -> Records {
        self.inner().durable.clone()
    }

    pub(super) fn change(&self, work: impl FnOnce(&mut Records)) {
        work(&mut self.inner().durable);
    }

    pub(super) fn takes(&self, time: Duration) {
        self.inner().slow = time;
    }

    pub(super) fn is_full_for(&self, jobs: u32) {
        self.inner().full = jobs;
    }

    /// The names of the records that begin like this.
    pub(super) fn names(&self, prefix: &str) -> Vec<String> {
        self.inner().durable.keys().filter(|name| name.starts_with(prefix)).cloned().collect()
    }

    /// Whether a record contains these words.
    pub(super) fn holds(&self, words: &str) -> bool {
        self.inner().durable.values().any(|content| contains(content, words))
    }

    /// What is in the record of a session.
    pub(super) fn session(&self, account: &str) -> Option<serde_json::Value> {
        serde_json::from_slice(self.inner().durable.get(&format!("session/{account}"))?).ok()
    }

    /// A vault with what is durable, on a task of the present runtime.
    pub(super) fn vault(&self) -> VaultThread {
        let folder = tempfile::tempdir().unwrap();
        let mut vault = Vault::open(folder.path(), &MemoryOnly).unwrap().vault;
        for (name, content) in self.durable() {
            vault.put(&name, Zeroizing::new(content)).unwrap();
        }
        let (jobs, mut queue) = tokio::sync::mpsc::unbounded_channel::<Job>();
        let disk = self.clone();
        tokio::spawn(async move {
            let _folder = folder;
            while let Some(job) = queue.recv().await {
                let (slow, full) = {
                    let mut inner = disk.inner();
                    let full = inner.full > 0;
                    inner.full = inner.full.saturating_sub(1);
                    (inner.slow, full)
                };
                if !slow.is_zero() {
                    clock::sleep(slow).await;
                }
                if full {
                    job(Err(no_space()));
                    continue;
                }
                job(Ok(&mut vault));
                let names = vault.names().map(str::to_owned).collect::<Vec<_>>();
                let records = names.into_iter().filter_map(|name| {
                    let content = vault.record(&name)?.to_vec();
                    Some((name, content))
                });
                disk.inner().durable = records.collect();
            }
        });
        VaultThread::new(move |job| jobs.send(job).is_ok())
    }
}

pub(super) fn contains(content: &[u8], words: &str) -> bool {
    content.windows(words.len()).any(|part| part == words.as_bytes())
}

fn no_space() -> VaultError {
    VaultError::Storage {
        doing: "write",
        path: PathBuf::from("vault.abide"),
        source: io::Error::from(io::ErrorKind::StorageFull),
    }
}

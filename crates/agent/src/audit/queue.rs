//! The queue to the thread that writes the record, and what both ends share.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};

use abide_audit::{Chain, Entry, FingerprintKey};
use abide_vault::Zeroizing;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use tokio::sync::{oneshot, watch};

use crate::config::audit::AuditConfig;
use crate::platform::clock;

/// The record of the vault that seals the end.
pub(crate) const SEAL: &str = "audit";

/// What waits in the queue.
pub(super) enum Job {
    Entry(Box<Entry>),
    /// Answered with where the record has got to, once everything before is on the disk.
    Settle(oneshot::Sender<Status>),
    /// As before; the end is sealed too.
    Close(oneshot::Sender<Status>),
    Configure(AuditConfig),
}

/// Where the record has got to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    /// The first line that is kept.
    pub(crate) first: u64,
    /// The last line that is on the disk.
    pub(crate) last: Chain,
    /// The last line that is sealed in the vault.
    pub(crate) sealed: u64,
}

/// What the vault keeps of the record.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed {
    pub(super) key: Zeroizing<String>,
    pub(super) first: u64,
    pub(super) last: u64,
    pub(super) hash: String,
}

/// What the handles and the thread share.
pub(super) struct Shared {
    pub(super) folder: PathBuf,
    pub(super) key: FingerprintKey,
    /// Entries that found no place in the queue since the last one that was written.
    pub(super) missing: AtomicU64,
    /// Whether tokens are refused while the record cannot be written.
    pub(super) refuses: AtomicBool,
    /// Whether the last group is not on the disk.
    pub(super) unwritten: AtomicBool,
    /// What is wrong with the record, for views.
    pub(super) trouble: watch::Sender<Option<String>>,
}

impl Shared {
    /// What the vault is to keep; `None` if it cannot be written as JSON.
    pub(super) fn sealed(&self, status: Status) -> Option<Zeroizing<Vec<u8>>> {
        let sealed = Sealed {
            key: Zeroizing::new(STANDARD_NO_PAD.encode(self.key.expose())),
            first: status.first,
            last: status.last.n,
            hash: status.last.hash.to_string(),
        };
        serde_json::to_vec(&sealed).ok().map(Zeroizing::new)
    }
}

/// Unix milliseconds.
pub(super) fn now() -> u64 {
    u64::try_from(clock::wall().as_millis()).unwrap_or(u64::MAX)
}

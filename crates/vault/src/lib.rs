//! What must outlive the process: one sealed file, its key in the OS keyring, and a rotation journal.
//!
//! # What is on disk
//!
//! All in one folder, 0700 with 0600 files on Unix:
//!
//! | file | what it is |
//! | --- | --- |
//! | `vault.abide` | every record, sealed with XChaCha20-Poly1305 under one 32-byte key |
//! | `vault.abide.1` | the generation before, for when the first one cannot be read |
//! | `vault.journal` | which rotations have begun; sealed frames, appended |
//! | `vault.lock` | empty; held locked by the one process that owns the vault |
//! | `vault.abide.damaged-N` | a file that did not open and was set aside; never overwritten, never deleted |
//!
//! The key is in the OS keyring and nowhere else. Without a keyring there is a [`Passphrase`], from which the key is made
//! at each start, or [`MemoryOnly`]: then no content reaches the disk in any form. Every sealed file says which of the
//! two keys it has; the wrong one, and a wrong passphrase, are errors and no damage.
//!
//! # What it promises
//!
//! - **Durable**: when [`Vault::put`] returns `Ok`, the change survives a crash and a power cut. When it returns an
//!   error, the records in memory are unchanged; on disk is the old state or, only if the very last flush of the
//!   folder failed, possibly the new one. There is never a mixture and never an altered record.
//! - **Finished if it can be**: a process that ends while it puts leaves the old state or the new one, and the new one
//!   from the moment at which all of it was written, under whatever name: the next start finishes that.
//! - **Gone means gone**: when [`Vault::remove`] returns `Ok`, neither generation holds the record any more.
//!   (A record that is *replaced* stays in the previous generation until the next write: that is what the previous
//!   generation is for. A file that was set aside before keeps what it held.)
//! - **Nothing is thrown away on suspicion**: a keyring that is locked, refuses or hangs is an error, not a missing
//!   key; a vault from a newer Abide is an error, not damage.
//! - **One owner**: a second [`Vault::open`] on the same folder fails with [`VaultError::InUse`].
//!
//! It does not defend against someone who can write to the folder and puts back an older sealed file.
//!
//! # Rotation
//!
//! [`Vault::begin_rotation`] before the refresh is sent, [`Vault::put`] with the new token before anyone is served,
//! [`Vault::abandon_rotation`] when the provider answered without a new token. After a crash in between,
//! [`Vault::interrupted`] names the record: its token may be spent, so it is tried once. The journal costs one small
//! append and one flush; the commit is the vault's own write and touches the journal not at all, because every record
//! carries the generation in which it was last put.
//!
//! Everything here blocks: call it from a thread that may.

/// Where a test may end the process; nothing at all without the feature `failpoints`.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        abide_failpoint::reached($name);
    };
}

mod content;
mod disk;
mod error;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod journal;
mod key;
mod keyring;
mod passphrase;
mod sealed;
mod vault;

#[cfg(test)]
mod faults;

pub use error::{News, Reason, VaultError};
pub use key::{Key, KeyStore, KeyStoreError, MemoryOnly};
pub use keyring::{Bounded, Keyring};
pub use passphrase::{Costs, Passphrase};
pub use vault::{Changes, Opened, Vault};
pub use zeroize::Zeroizing;

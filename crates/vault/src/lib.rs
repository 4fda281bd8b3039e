//! The data that are kept between two starts: one sealed file, its key in the OS keyring, and a rotation journal.
//!
//! # Files
//!
//! All in one folder, 0700 with 0600 files on Unix:
//!
//! | file | content |
//! | --- | --- |
//! | `vault.abide` | every record, sealed with XChaCha20-Poly1305 under one 32-byte key |
//! | `vault.abide.1` | the previous generation, used if the first file cannot be read |
//! | `vault.journal` | the rotations that have begun; sealed frames, appended |
//! | `vault.lock` | empty; locked by the one process that owns the vault |
//! | `vault.abide.damaged-N` | a file that could not be opened and was set aside; never overwritten, never deleted |
//!
//! The key is only in the OS keyring. Without a keyring there is a [`Passphrase`], from which the key is made at each start,
//! or [`MemoryOnly`], where no content reaches the disk. Every sealed file names the kind of its key. The wrong kind and a
//! wrong passphrase are errors, and do not count as damage.
//!
//! # Guarantees
//!
//! - **Durable**: when [`Vault::put`] returns `Ok`, the change survives a crash and a power cut. When it returns an error,
//!   the records in memory are unchanged. The disk then has the old state or, only if the last flush of the folder failed,
//!   possibly the new one. There is never a mixture and never an altered record.
//! - **Finished if possible**: after a crash during a put, the vault has the old state or the new one. It has the new one if
//!   the new file was completely written, under any name: the next start finishes the write.
//! - **Removed means removed**: when [`Vault::remove`] returns `Ok`, the record is in neither generation. (A record that is
//!   *replaced* stays in the previous generation until the next write. A file that was set aside earlier keeps its content.)
//! - **Nothing is dropped because of a doubt**: a keyring that is locked, refuses or hangs is an error, not a missing key; a
//!   vault from a newer Abide is an error, not damage.
//! - **One owner**: a second [`Vault::open`] on the same folder fails with [`VaultError::InUse`].
//!
//! It does not protect against a person who can write to the folder and restores an older sealed file.
//!
//! # Rotation
//!
//! Call [`Vault::begin_rotation`] before the refresh is sent, [`Vault::put`] with the new token before it is served, and
//! [`Vault::abandon_rotation`] if the provider answered without a new token. After a crash in between,
//! [`Vault::interrupted`] names the record: its token may be used up, so it is tried once. The journal costs one small
//! append and one flush. The commit is only the vault's own write, because every record holds the generation in which it was
//! last set.
//!
//! All functions block: call them from a thread that may block.

/// Where a test may end the process. Empty without the feature `failpoints`.
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
pub use sealed::VERSION as FORMAT;
pub use vault::{Changes, Moved, Opened, Vault};
pub use zeroize::Zeroizing;

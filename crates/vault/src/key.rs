//! The vault's key and its store.

use std::fmt;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::error::VaultError;
use crate::passphrase::Origin;

const LENGTH: usize = 32;

/// The 32 bytes that seal the vault. Wiped when dropped; neither prints nor compares.
pub struct Key {
    bytes: Box<[u8; LENGTH]>,
    origin: Origin,
}

impl Key {
    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// [`VaultError::Randomness`].
    pub fn generate() -> Result<Self, VaultError> {
        let mut key = Self::blank(Origin::Keyring);
        getrandom::fill(key.bytes.as_mut_slice()).map_err(|_| VaultError::Randomness)?;
        Ok(key)
    }

    /// The key in the form of a keyring entry: 43 characters of base64. Text, because some keyrings store only text; short,
    /// because Windows stores at most 2,560 bytes.
    pub fn to_entry(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD_NO_PAD.encode(self.bytes.as_slice()))
    }

    /// Reads the form of [`to_entry`](Self::to_entry).
    ///
    /// # Errors
    /// [`KeyStoreError::Malformed`] for anything else.
    pub fn from_entry(entry: &[u8]) -> Result<Self, KeyStoreError> {
        let mut decoded = Zeroizing::new([0u8; 2 * LENGTH]);
        match STANDARD_NO_PAD.decode_slice(entry.trim_ascii(), decoded.as_mut_slice()) {
            Ok(LENGTH) => {
                let mut key = Self::blank(Origin::Keyring);
                key.bytes.copy_from_slice(&decoded[..LENGTH]);
                Ok(key)
            }
            _ => Err(KeyStoreError::Malformed),
        }
    }

    /// A key of zeros, to be filled.
    pub(crate) fn blank(origin: Origin) -> Self {
        Self { bytes: Box::new([0; LENGTH]), origin }
    }

    pub(crate) fn bytes(&self) -> &[u8; LENGTH] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8; LENGTH] {
        &mut self.bytes
    }

    /// The source of the key, which is in every file that it seals.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    pub(crate) fn duplicate(&self) -> Self {
        Self { bytes: self.bytes.clone(), origin: self.origin }
    }

    /// The key's identifier: a hash, which reveals nothing about 256 random bits.
    pub(crate) fn id(&self) -> [u8; 16] {
        let digest = Sha256::new()
            .chain_update(b"abide vault key id 1\0")
            .chain_update(self.bytes.as_slice())
            .finalize();
        let mut id = [0; 16];
        id.copy_from_slice(&digest[..16]);
        id
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The place where the vault's key is kept.
pub trait KeyStore: Send + Sync {
    /// The key. `None` only if the store is certain that it has none. A store that is locked, refuses or does not answer
    /// returns an error, because the vault makes a new key after `None`.
    ///
    /// # Errors
    /// Why the key could not be read.
    fn key(&self) -> Result<Option<Key>, KeyStoreError>;

    /// Stores the key, durably.
    ///
    /// # Errors
    /// Why it could not be kept.
    fn store(&self, key: &Key) -> Result<(), KeyStoreError>;

    /// Whether keys are kept between two starts. If not, the vault writes no content to disk.
    fn durable(&self) -> bool {
        true
    }
}

/// No keyring: the vault is in memory only, and nothing is written to the disk.
#[derive(Debug, Clone, Copy)]
pub struct MemoryOnly;

impl KeyStore for MemoryOnly {
    fn key(&self) -> Result<Option<Key>, KeyStoreError> {
        Ok(None)
    }

    fn store(&self, _key: &Key) -> Result<(), KeyStoreError> {
        Ok(())
    }

    fn durable(&self) -> bool {
        false
    }
}

/// Why a key could not be read or stored. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyStoreError {
    /// The keyring did not answer in time. It may be waiting for its password.
    #[error(
        "Your keyring did not answer within {} s; it may be waiting for its password. \
         Your sessions are untouched. Unlock the keyring and try again.",
        .after.as_secs_f32().ceil()
    )]
    TimedOut {
        /// The time limit.
        after: Duration,
    },
    /// The keyring is locked, or access to it was refused.
    #[error(
        "Your keyring is locked or refused access, so Abide cannot open its vault ({0}). \
         Your sessions are untouched. Unlock the keyring and try again."
    )]
    Denied(String),
    /// There is no keyring here.
    #[error(
        "No keyring is running in this login, so Abide has nowhere to keep the key of its vault ({0}). \
         Start one (GNOME Keyring, KWallet or KeePassXC on Linux) and start Abide again, or let Abide keep your sessions in memory only."
    )]
    Unavailable(String),
    /// The entry holds something that is not a key.
    #[error(
        "The keyring entry that should hold the key of Abide's vault holds something else. \
         Your sessions are untouched. Restore the entry; or, if it is lost, delete it, start Abide again and sign in again."
    )]
    Malformed,
    /// Several entries have the same name.
    #[error(
        "Your keyring has more than one entry for Abide's vault, so Abide cannot tell which is right. \
         Your sessions are untouched. Delete all but one and try again."
    )]
    Ambiguous,
    /// The keyring accepted the key but does not return it.
    #[error(
        "Your keyring accepted the key of Abide's vault but did not keep it. \
         Nothing was saved with it. Check the keyring, or let Abide keep your sessions in memory only."
    )]
    NotKept,
    /// Any other error, in the keyring's own words.
    #[error("Your keyring failed ({0}). Your sessions are untouched. Try again, or restart the keyring.")]
    Failed(String),
}

impl KeyStoreError {
    /// A stable code that is more precise than [`VaultError::code`].
    pub fn code(&self) -> &'static str {
        match self {
            Self::TimedOut { .. } => "keyring_timed_out",
            Self::Denied(_) => "keyring_denied",
            Self::Unavailable(_) => "keyring_unavailable",
            Self::Malformed => "keyring_malformed",
            Self::Ambiguous => "keyring_ambiguous",
            Self::NotKept => "keyring_not_kept",
            Self::Failed(_) => "keyring_failed",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_entry_reads_back_and_fits_every_keyring() {
        let key = Key::generate().unwrap();
        let entry = key.to_entry();
        assert!(entry.len() <= 2_560 && entry.is_ascii());
        assert_eq!(Key::from_entry(entry.as_bytes()).unwrap().bytes(), key.bytes());
        assert_eq!(Key::from_entry(format!("{}\n", *entry).as_bytes()).unwrap().bytes(), key.bytes());
    }

    #[test]
    fn anything_but_a_key_is_refused() {
        let entry = Key::generate().unwrap().to_entry();
        let long = "A".repeat(3_000);
        for wrong in ["", "hunter2", &entry[1..], &format!("{}A", *entry), &format!("{}=", *entry), &long] {
            assert_eq!(Key::from_entry(wrong.as_bytes()).unwrap_err(), KeyStoreError::Malformed);
        }
    }

    #[test]
    fn a_key_does_not_print() {
        let key = Key::generate().unwrap();
        assert_eq!(format!("{key:?}"), "Key(..)");
    }

    #[test]
    fn two_keys_have_two_names() {
        assert_ne!(Key::generate().unwrap().id(), Key::generate().unwrap().id());
    }
}

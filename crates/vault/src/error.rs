//! Errors of the vault, and notices after a successful start.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::key::KeyStoreError;

/// Why an operation of the vault failed. The records in memory are unchanged.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// Another process, or another handle in this one, owns the vault.
    #[error(
        "Another Abide is already running and owns the vault in {}. Use that one, or quit it and start Abide again.",
        .folder.display()
    )]
    InUse {
        /// The folder of the vault.
        folder: PathBuf,
    },
    /// The keyring did not return or store the key.
    #[error(transparent)]
    Keys(#[from] KeyStoreError),
    /// The file system refused.
    #[error("Abide could not {doing} {}: {source}. {}", .path.display(), advice(.source))]
    Storage {
        /// The failed action: a verb, for the sentence.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file is intact but written by a later version of Abide.
    #[error(
        "The vault {} was written by a newer version of Abide (format {version}). \
         Nothing was changed. Install that version again to use it.",
        .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its format version.
        version: u16,
    },
    /// The vault is sealed with a different passphrase.
    #[error(
        "This is not the passphrase that the vault {} is sealed with. Nothing was changed. Give the right one; if it is \
         lost, move all files away whose names begin with `vault.abide`, start Abide again and sign in again.",
        .path.display()
    )]
    WrongPassphrase {
        /// The file.
        path: PathBuf,
    },
    /// The vault is sealed in a different way than the configured one.
    #[error(
        "The vault {} is sealed with {}, and the configuration says {}. Nothing was changed. Set `mode` under [vault] to \
         \"{}\"; or move all files away whose names begin with `vault.abide`, start Abide again and sign in again.",
        .path.display(), way(*.passphrase), way(!*.passphrase), if *.passphrase { "passphrase" } else { "keyring" }
    )]
    OtherMode {
        /// The file.
        path: PathBuf,
        /// Whether it is sealed with a passphrase; if not, with a key in the keyring.
        passphrase: bool,
    },
    /// There is not enough memory to make a key from the passphrase.
    #[error(
        "Making a key from the passphrase takes {} MiB of memory, which this computer does not have free. Nothing was \
         changed. Close some programs and start Abide again.",
        .memory.div_ceil(1024)
    )]
    Derivation {
        /// The needed memory, in KiB.
        memory: u32,
    },
    /// More than the vault holds: 16 MiB in all, 1 to 1,024 bytes in a name.
    #[error(
        "There is more to keep than the vault takes (16 MiB in all, 1 to 1,024 bytes in a name). Nothing was changed."
    )]
    TooLarge,
    /// A rotation of a record that does not exist.
    #[error("There is nothing to renew: the vault holds no such record. Sign in again.")]
    UnknownRecord,
    /// The operating system gave no random bytes.
    #[error(
        "The system gave no random numbers, so nothing can be sealed and nothing was changed. Restart the computer and try again."
    )]
    Randomness,
}

impl VaultError {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse { .. } | Self::Keys(_) => "vault_locked",
            Self::Storage { .. } => "vault_storage",
            Self::Newer { .. } => "vault_newer",
            Self::WrongPassphrase { .. } => "vault_wrong_passphrase",
            Self::OtherMode { .. } => "vault_other_mode",
            Self::Derivation { .. } => "vault_derivation",
            Self::TooLarge => "vault_too_large",
            Self::UnknownRecord => "vault_unknown_record",
            Self::Randomness => "vault_randomness",
        }
    }
}

fn way(passphrase: bool) -> &'static str {
    if passphrase { "a passphrase" } else { "a key in the keyring" }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "What was saved before is intact. Free some space on that disk and try again."
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "What was saved before is intact. Make sure that the folder belongs to you and can be written to."
        }
        _ => "What was saved before is intact. Check the disk and try again.",
    }
}

/// Why a file was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// It is torn, altered, or not a vault.
    Damaged,
    /// It is sealed with a different key than the one in the keyring.
    OtherKey,
    /// The keyring no longer has a key.
    KeyMissing,
}

/// A notice of a successful [`Vault::open`](crate::Vault::open).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The newest generation was missing or could not be opened; the previous one is in use. The last change is lost.
    RecoveredPreviousGeneration,
    /// A file could not be opened and was moved, complete, to `path`.
    SetAside {
        /// The new place.
        path: PathBuf,
        /// Why.
        reason: Reason,
    },
    /// Neither generation could be opened: the vault starts empty.
    StartedEmpty,
    /// The end of the rotation journal could not be read: a rotation that began just before may be missing.
    JournalIncomplete,
    /// Nothing is written to the disk: everything is lost when Abide quits.
    MemoryOnly,
}

impl News {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::RecoveredPreviousGeneration => "recovered_previous_generation",
            Self::SetAside { reason: Reason::Damaged, .. } => "set_aside_damaged",
            Self::SetAside { reason: Reason::OtherKey, .. } => "set_aside_other_key",
            Self::SetAside { reason: Reason::KeyMissing, .. } => "set_aside_key_missing",
            Self::StartedEmpty => "started_empty",
            Self::JournalIncomplete => "journal_incomplete",
            Self::MemoryOnly => "memory_only",
        }
    }
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RecoveredPreviousGeneration => f.write_str(
                "The newest copy of your sessions could not be read, so Abide uses the one before it. \
                 You may have to sign in again where you signed in last.",
            ),
            Self::SetAside { path, reason } => {
                let why = match reason {
                    Reason::Damaged => "is damaged",
                    Reason::OtherKey => "is sealed with another key than the one in your keyring",
                    Reason::KeyMissing => "cannot be opened, because its key is no longer in your keyring",
                };
                write!(f, "A saved file {why}. Abide kept it as {} and does not use it.", path.display())
            }
            Self::StartedEmpty => {
                f.write_str("Your saved sessions could not be opened, so Abide starts without them. Please sign in again.")
            }
            Self::JournalIncomplete => f.write_str(
                "Abide was stopped while it noted that a session was about to be renewed. \
                 If that session does not renew, sign in again.",
            ),
            Self::MemoryOnly => f.write_str(
                "Abide keeps your sessions in memory only. You sign in again after Abide or your computer restarts.",
            ),
        }
    }
}

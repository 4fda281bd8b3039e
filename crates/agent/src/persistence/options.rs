//! How sessions are kept between two starts: `[vault]` in the configuration, and what follows from it.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use abide_vault::{KeyStoreError, Keyring, MemoryOnly, Opened, Passphrase, Vault, VaultError, Zeroizing};
use abide_wire::{Severity, VaultMode};
use std::time::Duration;

use crate::config::surroundings::Finding;
use crate::config::vault::{Source, VaultConfig};
use crate::options::Options;

/// How long the keyring may take. A locked one asks the user for its password meanwhile.
const KEYRING_PATIENCE: Duration = Duration::from_secs(30);
/// More than any passphrase has.
const MOST: u64 = 8 * 1024;

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PassphraseError {
    /// Nothing says where it is.
    #[error(
        "The vault is sealed with a passphrase, and nothing says where it is read from. Name a file \
         (`passphrase_file`) or a systemd credential (`passphrase_credential`) under [vault], or start \
         `abide agent --passphrase-fd NUMBER`."
    )]
    Missing,
    /// One is given, and the vault is kept in another way.
    #[error(
        "A passphrase is given with `--passphrase-fd`, and `mode` under [vault] says that the vault is kept in another way. \
         Take one of the two away."
    )]
    NotWanted,
    /// It cannot be read.
    #[error("The passphrase of the vault cannot be read from {from}: {error}")]
    Unreadable {
        /// Where from, as people would say it.
        from: String,
        /// What the system says.
        error: io::Error,
    },
    /// Others can read the file.
    #[error(
        "Others can read the passphrase of the vault in {} (mode {mode:03o}). Make it yours alone (`chmod 600`), and \
         change the passphrase if others may have read it.",
        .file.display()
    )]
    Exposed {
        /// The file.
        file: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// There is nothing in it, or far too much.
    #[error(
        "What is read from {from} is not a passphrase: it has 1 to 4,096 bytes, without the line end after it."
    )]
    Unusable {
        /// Where from.
        from: String,
    },
}

impl PassphraseError {
    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing => "passphrase_missing",
            Self::NotWanted => "passphrase_not_wanted",
            Self::Unreadable { .. } => "passphrase_unreadable",
            Self::Exposed { .. } => "passphrase_exposed",
            Self::Unusable { .. } => "passphrase_unusable",
        }
    }
}

/// Why the vault is not open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    /// The configuration wants the keyring, and it does not serve.
    #[error(transparent)]
    Keyring(KeyStoreError),
}

/// How sessions are to be kept by this process.
pub(crate) struct Keeping {
    mode: Option<VaultMode>,
    source: Option<Source>,
    credentials: Option<PathBuf>,
}

/// An open vault.
pub(crate) struct Kept {
    pub(crate) vault: Vault,
    pub(crate) mode: VaultMode,
    pub(crate) warnings: Vec<String>,
    /// The warning that ends if the keyring can be used later.
    pub(crate) until_unlocked: Option<String>,
}

impl Keeping {
    /// What the configuration says, and what the program was started with.
    pub(crate) fn new(config: &VaultConfig, options: &Options) -> Self {
        let given = options.passphrase_fd.map(Source::Descriptor);
        // Who gives a passphrase wants it to be used.
        let implied = given.as_ref().map(|_| VaultMode::Passphrase);
        Self {
            mode: config.mode.or(implied),
            source: given.or_else(|| config.source.clone()),
            credentials: options.credentials.clone(),
        }
    }

    /// Whether a passphrase is there, if one is needed. A descriptor can be read only once, and is not looked at.
    pub(crate) fn check(&self) -> Result<(), PassphraseError> {
        match (&self.source, self.mode) {
            (Some(Source::Descriptor(_)), _) => self.wanted(),
            (_, Some(VaultMode::Passphrase)) => self.passphrase().map(drop),
            _ => Ok(()),
        }
    }

    /// Whether a passphrase that was given serves a purpose.
    fn wanted(&self) -> Result<(), PassphraseError> {
        match (&self.source, self.mode) {
            (Some(Source::Descriptor(_)), Some(VaultMode::Keyring | VaultMode::Memory)) => {
                Err(PassphraseError::NotWanted)
            }
            _ => Ok(()),
        }
    }

    /// Opens the vault in `folder`. Blocks, for as long as a keyring may take to ask for its password.
    pub(crate) fn open(self, folder: &Path) -> Result<Kept, OpenError> {
        self.wanted()?;
        match self.mode {
            Some(VaultMode::Passphrase) => {
                let passphrase = self.passphrase()?;
                let opened = Vault::open_with(folder, &passphrase)?;
                Ok(Kept::durable(opened, VaultMode::Passphrase))
            }
            Some(VaultMode::Memory) => {
                let warning = "Abide keeps sessions in memory only, as `mode` under [vault] says: you sign in again after \
                              a restart.";
                in_memory(folder, warning.to_owned())
            }
            Some(VaultMode::Keyring) => in_keyring(folder).map_err(|error| match error {
                VaultError::Keys(error) => OpenError::Keyring(error),
                error => error.into(),
            }),
            None => match in_keyring(folder) {
                Err(VaultError::Keys(error)) => {
                    tracing::warn!(code = error.code(), %error, "no keyring, sessions are kept in memory");
                    let warning = without_a_keyring(&error);
                    let kept = in_memory(folder, warning.clone())?;
                    Ok(Kept { until_unlocked: Some(warning), ..kept })
                }
                opened => Ok(opened?),
            },
        }
    }

    fn passphrase(&self) -> Result<Passphrase, PassphraseError> {
        let (file, from) = match self.source.as_ref().ok_or(PassphraseError::Missing)? {
            Source::File(file) => {
                let from = file.display().to_string();
                let open = private(file).map_err(|error| unreadable(&from, error))?;
                (open.map_err(|mode| PassphraseError::Exposed { file: file.clone(), mode })?, from)
            }
            Source::Credential(name) => {
                let from = format!("the systemd credential \u{201c}{name}\u{201d}");
                let folder = self.credentials.as_ref().ok_or_else(|| {
                    let why =
                        "this process was started without credentials ($CREDENTIALS_DIRECTORY is not set)";
                    unreadable(&from, io::Error::new(io::ErrorKind::NotFound, why))
                })?;
                let open =
                    std::fs::File::open(folder.join(name)).map_err(|error| unreadable(&from, error))?;
                (open, from)
            }
            Source::Descriptor(number) => {
                let from = format!("the file descriptor {number}");
                let open = descriptor(*number).map_err(|error| unreadable(&from, error))?;
                (open, from)
            }
        };
        // Room for all of it at once: a buffer that grows leaves copies behind.
        let mut text = Zeroizing::new(Vec::with_capacity(MOST as usize + 1));
        file.take(MOST).read_to_end(&mut text).map_err(|error| unreadable(&from, error))?;
        if text.last() == Some(&b'\n') {
            text.pop();
            if text.last() == Some(&b'\r') {
                text.pop();
            }
        }
        Passphrase::new(text).ok_or(PassphraseError::Unusable { from })
    }
}

impl Kept {
    fn durable(opened: Opened, mode: VaultMode) -> Self {
        let warnings = opened.news.iter().map(ToString::to_string).collect();
        Self { vault: opened.vault, mode, warnings, until_unlocked: None }
    }
}

/// What would keep a start with these settings from its passphrase.
pub(crate) fn look_at_vault(config: &VaultConfig, options: &Options) -> Option<Finding> {
    // A pipe gives its content only once. What is not there is found elsewhere.
    if matches!(&config.source, Some(Source::File(path)) if !path.is_file()) {
        return None;
    }
    let error = Keeping::new(config, options).check().err()?;
    let severity = match (&error, &config.source) {
        (PassphraseError::Unreadable { .. }, Some(Source::File(_))) => return None,
        // The start can bring it: `--passphrase-fd`, or the credentials of a service.
        (PassphraseError::Missing, _) | (PassphraseError::Unreadable { .. }, _) => Severity::Advice,
        _ => Severity::Error,
    };
    Some(Finding { severity, account: None, message: format!("`vault`: {error}") })
}

/// The keyring of the system, with the entry of the vault's key.
pub(crate) fn keyring() -> Keyring {
    Keyring::new("Abide", "vault", KEYRING_PATIENCE)
}

fn in_keyring(folder: &Path) -> Result<Kept, VaultError> {
    Ok(Kept::durable(Vault::open(folder, &keyring())?, VaultMode::Keyring))
}

/// Nothing reaches the disk, and the user is told.
fn in_memory(folder: &Path, warning: String) -> Result<Kept, OpenError> {
    let Opened { vault, .. } = Vault::open(folder, &MemoryOnly)?;
    Ok(Kept { vault, mode: VaultMode::Memory, warnings: vec![warning], until_unlocked: None })
}

/// No way to keep sessions is configured and the usual one is not available: continues in memory, and says how to choose.
fn without_a_keyring(error: &KeyStoreError) -> String {
    let why = match error {
        KeyStoreError::Unavailable(_) | KeyStoreError::NotKept => "There is no keyring in this login",
        _ => "Your keyring is locked or does not answer",
    };
    format!(
        "{why}, so Abide keeps sessions in memory only: you sign in again after a restart. `mode` under [vault] in \
         config.toml chooses: \"passphrase\" keeps them without a keyring, \"memory\" leaves it at this. The log says more."
    )
}

fn unreadable(from: &str, error: io::Error) -> PassphraseError {
    PassphraseError::Unreadable { from: from.to_owned(), error }
}

/// Opens a file, or says with which permissions it is open to others.
#[cfg(unix)]
fn private(file: &Path) -> io::Result<Result<std::fs::File, u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    let open = std::fs::File::open(file)?;
    // Of what is open, not of what has that name by now.
    let mode = open.metadata()?.permissions().mode() & 0o777;
    Ok(if mode & 0o077 == 0 { Ok(open) } else { Err(mode) })
}

#[cfg(not(unix))]
fn private(file: &Path) -> io::Result<Result<std::fs::File, u32>> {
    // Below the user's profile, where others have no access by inheritance.
    std::fs::File::open(file).map(Ok)
}

#[cfg(unix)]
fn descriptor(number: u32) -> io::Result<std::fs::File> {
    let file = std::fs::File::open(format!("/dev/fd/{number}"))?;
    // The number itself stays open, and is nothing for the browser and other children. Standard streams are theirs too.
    if number > 2 {
        crate::platform::keep_from_children(number)?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn descriptor(_number: u32) -> io::Result<std::fs::File> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "only Unix hands file descriptors on by number"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[cfg(unix)]
    fn keeping(source: Option<Source>, credentials: Option<&Path>) -> Keeping {
        Keeping { mode: Some(VaultMode::Passphrase), source, credentials: credentials.map(Path::to_path_buf) }
    }

    #[cfg(unix)]
    fn written(folder: &Path, content: &[u8], mode: u32) -> PathBuf {
        use std::os::unix::fs::PermissionsExt as _;
        let file = folder.join("passphrase");
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    #[cfg(unix)]
    #[test]
    fn a_passphrase_that_others_can_read_is_none() {
        let folder = tempfile::tempdir().unwrap();
        for mode in [0o640, 0o604, 0o644, 0o660] {
            let file = written(folder.path(), b"correct horse\n", mode);
            let error = keeping(Some(Source::File(file)), None).passphrase().unwrap_err();
            assert_eq!(error.code(), "passphrase_exposed", "{mode:o}");
        }
        for mode in [0o600, 0o400] {
            let file = written(folder.path(), b"correct horse\n", mode);
            assert!(keeping(Some(Source::File(file.clone())), None).passphrase().is_ok(), "{mode:o}");
            std::fs::remove_file(file).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_keeps_a_start_from_its_passphrase_is_found_before() {
        let folder = tempfile::tempdir().unwrap();
        let options = Options::within(folder.path());
        let found = |source: Option<Source>| {
            let config = VaultConfig { mode: Some(VaultMode::Passphrase), source };
            look_at_vault(&config, &options).map(|finding| finding.severity)
        };
        let file = |content: &[u8], mode| {
            let _ = std::fs::remove_file(folder.path().join("passphrase"));
            found(Some(Source::File(written(folder.path(), content, mode))))
        };
        assert_eq!(file(b"correct horse", 0o600), None);
        assert_eq!(file(b"correct horse", 0o644), Some(Severity::Error));
        assert_eq!(file(b"\n", 0o600), Some(Severity::Error));
        assert_eq!(found(None), Some(Severity::Advice));
        assert_eq!(found(Some(Source::Credential("abide".to_owned()))), Some(Severity::Advice));
    }

    #[cfg(unix)]
    #[test]
    fn what_cannot_be_read_or_used_has_a_code_and_its_content_in_no_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let code = |keeping: Keeping| {
            let error = keeping.passphrase().unwrap_err();
            assert!(!error.to_string().contains("horse"), "{error}");
            error.code()
        };
        assert_eq!(code(keeping(None, None)), "passphrase_missing");
        let missing = Source::File(folder.path().join("nothing"));
        assert_eq!(code(keeping(Some(missing), None)), "passphrase_unreadable");
        let credential = || Some(Source::Credential("abide".to_owned()));
        assert_eq!(code(keeping(credential(), None)), "passphrase_unreadable");
        assert_eq!(code(keeping(credential(), Some(folder.path()))), "passphrase_unreadable");
        assert_eq!(code(keeping(Some(Source::Descriptor(987_654)), None)), "passphrase_unreadable");
        for content in [&b""[..], b"\n", b"\r\n", "horse".repeat(2_000).as_bytes()] {
            let file = written(folder.path(), content, 0o600);
            assert_eq!(code(keeping(Some(Source::File(file)), None)), "passphrase_unusable");
        }
        std::fs::write(folder.path().join("abide"), "correct horse\r\n").unwrap();
        assert!(keeping(credential(), Some(folder.path())).passphrase().is_ok());
    }
}

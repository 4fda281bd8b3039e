//! What an agent is started with.

use std::ffi::OsString;
use std::path::PathBuf;

use abide_wire::paths::Places;
use abide_wire::{AccountLink, Language};

/// What an agent is started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folders of the user.
    pub places: Places,
    /// Whether there is a desktop that shows windows and questions.
    pub desktop: bool,
    /// The program with its arguments that opens the browser; comes before the configuration.
    pub browser: Option<Vec<String>>,
    /// Where to find the desktop services that report locked screens, sleep and input.
    pub presence: abide_presence::Environment,
    /// `$BROWSER` as it was when the program started.
    pub browser_variable: Option<OsString>,
    /// The file descriptor that the passphrase of the vault is read from; comes before the configuration.
    pub passphrase_fd: Option<u32>,
    /// The folder of the credentials that systemd handed to this process.
    pub credentials: Option<PathBuf>,
    /// The administrator's policy.
    pub policy: PolicyFile,
    /// The link that the program was started with. If an agent runs already, it gets the link.
    pub link: Option<AccountLink>,
    /// The language that the system asks for.
    pub language: Language,
}

/// Where an administrator's policy is. Nothing that a user can set changes it in a program that is handed out.
#[derive(Clone, Debug)]
pub struct PolicyFile {
    path: Option<PathBuf>,
    whose: Whose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// That of this computer, which may also be in the registry or in managed preferences.
    System,
    /// A file that has to be root's.
    #[cfg_attr(not(test), allow(dead_code, reason = "tests of the owner"))]
    Root,
    /// A file of a test that need not be.
    Test,
}

impl PolicyFile {
    /// The file of this system; in a build for tests, the one that `ABIDE_TEST_POLICY` names.
    #[must_use]
    pub fn of_this_system() -> Self {
        #[cfg(debug_assertions)]
        if let Some(path) = std::env::var_os("ABIDE_TEST_POLICY") {
            return Self { path: Some(path.into()), whose: Whose::Test };
        }
        Self { path: abide_wire::paths::policy_file(), whose: Whose::System }
    }

    #[cfg(test)]
    pub(crate) fn at(path: PathBuf) -> Self {
        Self { path: Some(path), whose: Whose::Root }
    }

    pub(crate) fn path(&self) -> Option<&std::path::Path> {
        self.path.as_deref()
    }

    /// Where it is, for messages.
    pub(crate) fn place(&self) -> PathBuf {
        self.path.clone().unwrap_or_else(|| abide_wire::managed::REGISTRY_KEY.into())
    }

    /// Whether it is that of this computer.
    pub(crate) fn is_of_this_system(&self) -> bool {
        self.whose == Whose::System
    }

    /// Whether the file need not be root's.
    pub(crate) fn may_belong_to_this_user(&self) -> bool {
        cfg!(debug_assertions) && self.whose == Whose::Test
    }
}

impl Options {
    /// Everything in one folder, and nothing of this system.
    #[cfg(test)]
    pub(crate) fn within(folder: &std::path::Path) -> Self {
        Self {
            places: Places { config: folder.into(), state: folder.into(), runtime: folder.into() },
            desktop: false,
            browser: None,
            presence: abide_presence::Environment::of_this_process(),
            browser_variable: None,
            passphrase_fd: None,
            credentials: None,
            policy: PolicyFile { path: None, whose: Whose::Root },
            link: None,
            language: Language::En,
        }
    }

    /// What the environment of this process says; `None` when not even a home directory is known.
    #[must_use]
    pub fn of_this_user(desktop: bool) -> Option<Self> {
        let browser_variable = std::env::var_os("BROWSER").filter(|value| !value.is_empty());
        Some(Self {
            places: Places::of_this_user()?,
            desktop,
            browser: None,
            presence: abide_presence::Environment::of_this_process(),
            browser_variable,
            passphrase_fd: None,
            credentials: std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from),
            policy: PolicyFile::of_this_system(),
            link: None,
            language: abide_locale::of_system(),
        })
    }
}

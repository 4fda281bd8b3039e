//! What an agent is started with.

use std::ffi::OsString;
use std::path::PathBuf;

use abide_wire::paths::Places;

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
}

impl Options {
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
        })
    }
}

//! Why a configuration is refused.

use std::io;
use std::path::PathBuf;

use abide_wire::SettingProblem;

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be written.
    #[error("{} cannot be written: {error}. Nothing was changed.", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file cannot be read.
    #[error("{} cannot be used: {error}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// The file has gone, or is empty, while accounts from it are in use.
    #[error("{} is missing or empty.", .0.display())]
    Missing(PathBuf),
    /// The policy has gone while the agent runs.
    #[error("{} is missing. Tell your administrator.", .0.display())]
    PolicyMissing(PathBuf),
    /// The file is not TOML, or not of the form that is expected.
    #[error("{}:{line}:{column}: {message}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was expected.
        message: String,
    },
    /// An account contradicts itself.
    #[error("{}: account \u{201c}{account}\u{201d}: {message}", path.display())]
    Account {
        /// The file.
        path: PathBuf,
        /// The account.
        account: String,
        /// What is wrong and what to write instead.
        message: String,
    },
    /// The policy is not TOML, or not of the form that is expected.
    #[error("{}:{line}:{column}: {message} Tell your administrator.", path.display())]
    Policy {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What was expected.
        message: String,
    },
    /// A value that an administrator has set outside of a file is not of the form that is expected.
    #[error("{}: {setting}: {message} Tell your administrator.", place.display())]
    PolicyValue {
        /// The registry key, or the file of the managed preferences.
        place: PathBuf,
        /// The value, from there on.
        setting: String,
        /// What was expected.
        message: String,
    },
    /// Others can change the file.
    #[error(
        "Other users can change {}, so it is not used. The file and its folder have to belong to you, and others may not write to \
         them: chmod o-w.", .0.display()
    )]
    NotTrusted(PathBuf),
    /// The policy is not root's, or others can write to it.
    #[error(
        "{} must belong to root, and only root may write to it and to its folder. Tell your administrator.", .0.display()
    )]
    PolicyNotTrusted(PathBuf),
    /// The policy does not allow another value.
    #[error("`{setting}` is set by your administrator ({}). You cannot change it.", path.display())]
    Locked {
        /// The setting.
        setting: String,
        /// The file of the policy.
        path: PathBuf,
    },
    /// A new account has a name that is taken.
    #[error("There is an account \u{201c}{0}\u{201d} already. Choose another name.")]
    NameTaken(String),
    /// What was to be written cannot be accepted.
    #[error("{0}")]
    Refused(String),
    /// A setting of the session cannot have this value.
    #[error("{0}")]
    Setting(SettingProblem),
    /// The account does not come from the file.
    #[error(
        "\u{201c}{0}\u{201d} does not stand in the configuration, so it has no settings to change. Add an account of your own."
    )]
    NotInTheFile(String),
}

impl ConfigError {
    /// Whether a file of this computer is the cause, and not what was to be written into it.
    pub(crate) fn is_about_a_file(&self) -> bool {
        matches!(
            self,
            Self::File { .. }
                | Self::Missing(_)
                | Self::NotTrusted(_)
                | Self::PolicyMissing(_)
                | Self::Policy { .. }
                | Self::PolicyValue { .. }
                | Self::PolicyNotTrusted(_)
        )
    }

    /// A stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } | Self::Write { .. } => "config_file",
            Self::Missing(_) => "config_missing",
            Self::PolicyMissing(_) => "policy_missing",
            Self::Form { .. } => "config_form",
            Self::Account { .. } => "config_account",
            Self::Policy { .. } | Self::PolicyValue { .. } => "policy_form",
            Self::NotTrusted(_) => "config_not_trusted",
            Self::PolicyNotTrusted(_) => "policy_not_trusted",
            Self::Locked { .. } => "locked_by_policy",
            Self::NameTaken(_) => "name_taken",
            Self::Refused(_) => "invalid_account",
            Self::Setting(problem) => problem.code(),
            Self::NotInTheFile(_) => "not_configured",
        }
    }
}

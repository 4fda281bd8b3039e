//! Newer versions of Abide.

use serde::{Deserialize, Serialize};

/// What Abide does about newer versions of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum UpdateMode {
    /// It does not look for them.
    #[default]
    Off,
    /// It looks once a day, and tells the user.
    Notify,
    /// It looks once a day, and installs them where it can; elsewhere it tells the user.
    Install,
}

impl UpdateMode {
    /// As in `config.toml`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Notify => "notify",
            Self::Install => "install",
        }
    }
}

/// Why a newer version was not found or not installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum UpdateProblem {
    /// The server does not answer as it should.
    Unreachable,
    /// What the server says is not signed with the key of this build.
    NotSigned,
    /// What is signed cannot be read, or the file is not the one that is signed.
    Damaged,
    /// The newer version would not start on this computer.
    WouldNotStart,
    /// The file of the program cannot be replaced.
    NotWritten,
}

/// What is known about newer versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct UpdateStatus {
    /// `updates` in the configuration.
    pub mode: UpdateMode,
    /// Whether an administrator has set it.
    pub locked: bool,
    /// The server that is asked, as this build has it; `null` in a build that knows none.
    pub server: Option<String>,
    /// Whether Abide can install a newer version itself.
    pub installs: bool,
    /// The newer version that was found.
    pub newer: Option<String>,
    /// What went wrong at the last look.
    pub problem: Option<UpdateProblem>,
}

//! `[audit]`: the record of what was decided.

use serde::Deserialize;

/// `[audit]`.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AuditConfig {
    /// The size at which a new file begins, in MiB.
    pub(crate) file_mib: u32,
    /// How many files are kept.
    pub(crate) keep_files: usize,
    /// What happens to tokens while the record cannot be written.
    pub(crate) if_not_written: IfNotWritten,
    /// Whether the system's log gets a copy of each line.
    pub(crate) syslog: bool,
}

impl Default for AuditConfig {
    fn default() -> Self {
        Self { file_mib: 8, keep_files: 32, if_not_written: IfNotWritten::Serve, syslog: false }
    }
}

/// What happens to tokens while the record cannot be written.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IfNotWritten {
    /// They are handed out, and views show a warning.
    #[default]
    Serve,
    /// They are refused.
    Refuse,
}

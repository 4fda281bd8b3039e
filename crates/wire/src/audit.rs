//! The record of what was decided.

use serde::{Deserialize, Serialize};

/// What `GET /v1/audit` answers: where the record has got to, once everything before is on the disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuditStatus {
    /// The folder of its files.
    pub folder: String,
    /// The number of the first line that is kept.
    pub first: u64,
    /// The number of the last line.
    pub last: u64,
    /// The hash of the last line, in hexadecimal.
    pub hash: String,
    /// The last line that is sealed in the vault.
    pub sealed: u64,
    /// Why the record cannot be written at present.
    pub trouble: Option<String>,
}

//! The values that an administrator has set outside of a file.

use std::path::PathBuf;

/// The deepest place that a setting has.
#[cfg(any(windows, target_os = "macos", test))]
pub(super) const DEEPEST: usize = 8;

/// The values that are set.
#[derive(Debug)]
pub(crate) struct ManagedValues {
    /// Where they are, for messages.
    pub(crate) place: PathBuf,
    pub(crate) values: Vec<ManagedValue>,
}

/// A value, and where it is: the names from the outermost key on.
#[derive(Debug, PartialEq)]
pub(crate) struct ManagedValue {
    pub(crate) path: Vec<String>,
    pub(crate) content: Content,
}

/// What a value contains.
#[cfg_attr(
    not(any(windows, target_os = "macos", test)),
    allow(dead_code, reason = "only other systems have such values")
)]
#[derive(Debug, PartialEq)]
pub(crate) enum Content {
    Text(String),
    Number(u64),
    #[cfg_attr(windows, allow(dead_code, reason = "the registry has numbers for it"))]
    Flag(bool),
    List(Vec<String>),
    /// Of a kind that no setting has.
    Other,
}

//! What an administrator has set outside of a file: in the Windows registry, in managed preferences on macOS. Linux has no such place.

use std::io;
use std::path::PathBuf;

#[cfg(any(target_os = "macos", test))]
mod preferences;
#[cfg(windows)]
mod registry;

/// The deepest place that a setting has.
#[cfg(any(windows, target_os = "macos", test))]
const DEEPEST: usize = 8;

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

/// Reads them; `None` if nothing is set.
#[cfg(windows)]
pub(crate) fn read() -> io::Result<Option<ManagedValues>> {
    registry::read(windows_registry::LOCAL_MACHINE, "HKEY_LOCAL_MACHINE", abide_wire::managed::REGISTRY_KEY)
}

/// Reads them; `None` if nothing is set.
#[cfg(target_os = "macos")]
pub(crate) fn read() -> io::Result<Option<ManagedValues>> {
    preferences::read(abide_wire::managed::MANAGED_PREFERENCES.as_ref())
}

/// There is no such place.
#[cfg(not(any(windows, target_os = "macos")))]
pub(crate) fn read() -> io::Result<Option<ManagedValues>> {
    Ok(None)
}

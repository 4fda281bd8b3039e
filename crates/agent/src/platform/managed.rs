//! What an administrator has set outside of a file: in the Windows registry, in managed preferences on macOS. Linux has no such place.

use std::io;

#[cfg(any(target_os = "macos", test))]
mod preferences;
#[cfg(windows)]
mod registry;
mod values;

pub(crate) use values::{Content, ManagedValue, ManagedValues};

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

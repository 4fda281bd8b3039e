//! What only the operating system knows: time that counts while it sleeps, which boot this is, and who is at the other
//! end of the socket. The only place of this crate where `unsafe` may stand.

pub(crate) mod clock;
pub(crate) mod file;
pub(crate) mod log;
pub(crate) mod tcp_peer;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

pub(crate) use system::{Alarm, boot_id, boot_time, harden, program_of};

#[cfg(unix)]
pub(crate) use system::keep_from_children;

/// Device and inode of a file, which stay the same under every name.
#[cfg(unix)]
pub(crate) fn file_id(path: &std::path::Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// A number for the path of a file, in place of device and inode.
#[cfg(windows)]
pub(crate) fn file_id(path: &std::path::Path) -> Option<(u64, u64)> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    std::fs::canonicalize(path).ok()?.hash(&mut hasher);
    Some((0, hasher.finish()))
}

#[cfg(unix)]
pub(crate) fn same_program(a: &std::path::Path, b: &std::path::Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (std::fs::metadata(a), std::fs::metadata(b)) {
        (Ok(a), Ok(b)) => a.dev() == b.dev() && a.ino() == b.ino(),
        _ => false,
    }
}

#[cfg(windows)]
pub(crate) fn same_program(a: &std::path::Path, b: &std::path::Path) -> bool {
    matches!((std::fs::canonicalize(a), std::fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

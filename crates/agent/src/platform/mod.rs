//! What only the operating system knows: time that counts while it sleeps, which boot this is, and who is at the other
//! end of the socket. The only place of this crate where `unsafe` may stand.

pub(crate) mod clock;
pub(crate) mod file;
pub(crate) mod log;

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

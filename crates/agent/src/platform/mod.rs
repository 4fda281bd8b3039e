//! What only the operating system knows: time that counts while it sleeps, which boot this is, and who is at the other
//! end of the socket. The only place of this crate where `unsafe` may stand.

pub(crate) mod clock;
pub(crate) mod file;
pub(crate) mod log;
pub(crate) mod program;
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

pub(crate) use system::{Alarm, boot_id, boot_time, harden};

#[cfg(unix)]
pub(crate) use system::keep_from_children;

//! macOS.

#![allow(unsafe_code)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Time since boot. On macOS this clock counts on while the machine is asleep (`clock_gettime(3)`).
pub(crate) fn boot_time() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A name for this boot of the machine.
pub(crate) fn boot_id() -> Option<String> {
    let mut value = [0_u8; 64];
    let mut length = value.len();
    // SAFETY: the name is a C string; the buffer and its length belong together and outlive the call, which writes at
    // most `length` bytes and stores how many it wrote.
    let result = unsafe {
        libc::sysctlbyname(
            c"kern.bootsessionuuid".as_ptr(),
            value.as_mut_ptr().cast(),
            &raw mut length,
            std::ptr::null_mut(),
            0,
        )
    };
    let text = value.get(..length)?.split(|byte| *byte == 0).next()?;
    (result == 0 && !text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
}

/// Keeps secrets out of core dumps.
pub(crate) fn harden() {
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "core dumps could not be turned off");
    }
    super::more_descriptors();
}

/// Every program of this user can be looked at anyway.
pub(crate) fn show_program() {}

/// The executable of a process.
pub(crate) fn program_of(pid: i32) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStringExt;
    let mut path = vec![0_u8; libc::PROC_PIDPATHINFO_MAXSIZE as usize];
    // SAFETY: the buffer and its size belong together and outlive the call, which writes at most that many bytes.
    let length = unsafe { libc::proc_pidpath(pid, path.as_mut_ptr().cast(), path.len() as u32) };
    path.truncate(usize::try_from(length).ok().filter(|length| *length > 0)?);
    Some(PathBuf::from(std::ffi::OsString::from_vec(path)))
}

/// Wakes at a moment of boot time. The runtime's timers do not count sleep, so it looks again every second.
pub(crate) struct Alarm;

impl Alarm {
    pub(crate) fn new() -> Self {
        Self
    }

    /// Returns at `moment`, or at most a second later.
    pub(crate) async fn at(&mut self, moment: Duration) {
        while let Some(left) = moment.checked_sub(boot_time()).filter(|left| !left.is_zero()) {
            tokio::time::sleep(left.min(Duration::from_secs(1))).await;
        }
    }
}

/// The name of this machine.
pub(crate) fn host_name() -> Option<String> {
    let mut name = [0_u8; 256];
    // SAFETY: the buffer and its length belong together and outlive the call, which writes at most that many bytes.
    let result = unsafe { libc::gethostname(name.as_mut_ptr().cast(), name.len()) };
    let text = name.split(|byte| *byte == 0).next()?;
    (result == 0 && !text.is_empty()).then(|| String::from_utf8_lossy(text).into_owned())
}

/// Looks at a folder every ten seconds: there is no cheaper way that needs no thread.
pub(crate) struct FolderWatch;

impl FolderWatch {
    pub(crate) fn new(_: &Path) -> Self {
        Self
    }

    /// Returns after a while.
    pub(crate) async fn changed(&mut self) {
        tokio::time::sleep(Duration::from_secs(10)).await;
    }
}

/// Children do not get this descriptor.
pub(crate) fn keep_from_children(number: u32) -> std::io::Result<()> {
    let number = i32::try_from(number).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    // SAFETY: the caller has just opened the same file by that number, so it is open; nothing closes it meanwhile.
    let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    Ok(rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC)?)
}

//! Windows.

#![allow(unsafe_code)]

use std::path::{Path, PathBuf};
use std::time::Duration;

use windows_sys::Win32::Foundation::CloseHandle;
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::Threading::{
    OpenProcess, PROCESS_QUERY_LIMITED_INFORMATION, QueryFullProcessImageNameW,
};

/// Time since boot, sleep and hibernation included.
pub(crate) fn boot_time() -> Duration {
    // SAFETY: takes nothing and returns a number.
    Duration::from_millis(unsafe { GetTickCount64() })
}

/// A name for this boot of the machine. Windows has none that every user may read.
pub(crate) fn boot_id() -> Option<String> {
    None
}

/// Keeps secrets out of crash dumps: Windows writes none for a program that does not ask for them, so there is nothing
/// to turn off.
pub(crate) fn harden() {}

/// Every program of this user can be looked at anyway.
pub(crate) fn show_program() {}

/// The executable of a process.
pub(crate) fn program_of(pid: i32) -> Option<PathBuf> {
    use std::os::windows::ffi::OsStringExt;
    let mut name = vec![0_u16; 32_768];
    let mut length = name.len() as u32;
    // SAFETY: the handle is checked, used once and closed; the buffer and its length belong together and outlive the
    // call, which stores how many characters it wrote.
    let found = unsafe {
        let process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, u32::try_from(pid).ok()?);
        if process.is_null() {
            return None;
        }
        let found = QueryFullProcessImageNameW(process, 0, name.as_mut_ptr(), &raw mut length);
        CloseHandle(process);
        found
    };
    (found != 0).then(|| PathBuf::from(std::ffi::OsString::from_wide(&name[..length as usize])))
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
    std::env::var("COMPUTERNAME").ok().filter(|name| !name.is_empty())
}

/// Nothing to check: a pipe is not a file.
pub(crate) struct FolderWatch;

impl FolderWatch {
    pub(crate) fn new(_: &Path) -> Self {
        Self
    }

    /// Does not return.
    pub(crate) async fn changed(&mut self) {
        std::future::pending().await
    }
}

//! Linux.

#![allow(unsafe_code)]

use std::path::Path;
use std::time::Duration;

use rustix::fs::inotify;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
use rustix::time::{
    ClockId, Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, clock_gettime,
    timerfd_create, timerfd_settime,
};
use tokio::io::unix::AsyncFd;

/// How often a folder is looked at that cannot be watched.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Time since boot, suspended time included.
pub(crate) fn boot_time() -> Duration {
    let time = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(time.tv_sec).unwrap_or(0), u32::try_from(time.tv_nsec).unwrap_or(0))
}

/// A name for this boot of the machine.
pub(crate) fn boot_id() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

/// Keeps secrets out of core dumps, and other programs of this user out of our memory.
pub(crate) fn harden() {
    // The limit alone does not bind a program that the kernel pipes cores to (core(5)), such as Ubuntu's.
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        tracing::warn!(%error, "this process could not be closed to others");
    }
    if let Err(error) = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) }) {
        tracing::warn!(%error, "core dumps could not be turned off");
    }
    super::more_descriptors();
}

/// Lets the agent that runs already see which program this is. Only for a process that has no secret and is about to end.
pub(crate) fn show_program() {
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::Dumpable) {
        tracing::info!(%error, "the agent that runs cannot see which program this is");
    }
}

/// Wakes at a moment of boot time, also when the machine slept over it.
pub(crate) struct Alarm(Option<AsyncFd<std::os::fd::OwnedFd>>);

impl Alarm {
    pub(crate) fn new() -> Self {
        let descriptor =
            timerfd_create(TimerfdClockId::Boottime, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC);
        let alarm = descriptor.map_err(std::io::Error::from).and_then(|descriptor| {
            // SAFETY: an owned descriptor names the same open file until it is dropped, and the `AsyncFd` owns it.
            unsafe { AsyncFd::register(descriptor) }.map_err(std::io::Error::from)
        });
        Self(alarm.inspect_err(|error| tracing::warn!(%error, "no boot-time timer, a plain one serves")).ok())
    }

    /// Returns at `moment`, or a little later.
    pub(crate) async fn at(&mut self, moment: Duration) {
        let Some(descriptor) = &self.0 else {
            tokio::time::sleep(moment.saturating_sub(boot_time()).min(Duration::from_secs(1))).await;
            return;
        };
        // Zero would disarm the timer, and a moment that has passed is due now.
        let moment = moment.max(Duration::from_nanos(1));
        let value = Timespec {
            tv_sec: i64::try_from(moment.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(moment.subsec_nanos()),
        };
        let interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        let setting = Itimerspec { it_interval: interval, it_value: value };
        if timerfd_settime(descriptor.get_ref(), TimerfdTimerFlags::ABSTIME, &setting).is_err() {
            tokio::time::sleep(Duration::from_secs(1)).await;
            return;
        }
        while boot_time() < moment {
            match descriptor.readable().await {
                Ok(mut ready) => {
                    let mut expirations = [0_u8; 8];
                    let _ = rustix::io::read(descriptor.get_ref(), &mut expirations);
                    ready.clear_ready();
                }
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    }
}

/// The name of this machine.
pub(crate) fn host_name() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/hostname").ok().map(|name| name.trim().to_owned())
}

/// Notices that something is removed from a folder or replaced there, or the folder itself removed.
pub(crate) struct FolderWatch(Option<AsyncFd<std::os::fd::OwnedFd>>);

impl FolderWatch {
    pub(crate) fn new(folder: &Path) -> Self {
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let events = inotify::WatchFlags::DELETE
            | inotify::WatchFlags::MOVED_FROM
            | inotify::WatchFlags::MOVED_TO
            | inotify::WatchFlags::DELETE_SELF
            | inotify::WatchFlags::MOVE_SELF;
        let watch = inotify::init(flags).and_then(|descriptor| {
            inotify::add_watch(&descriptor, folder, events)?;
            Ok(descriptor)
        });
        let watch = watch.map_err(std::io::Error::from).and_then(|descriptor| {
            // SAFETY: an owned descriptor names the same open file until it is dropped, and the `AsyncFd` owns it.
            unsafe { AsyncFd::register(descriptor) }.map_err(std::io::Error::from)
        });
        Self(watch.inspect_err(|error| tracing::debug!(%error, "a folder cannot be watched")).ok())
    }

    /// Returns once something was removed or replaced; without the system's help after a while.
    pub(crate) async fn changed(&mut self) {
        match &self.0 {
            Some(watch) if watch.readable().await.is_ok() => {}
            _ => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Children do not get this descriptor.
pub(crate) fn keep_from_children(number: u32) -> std::io::Result<()> {
    let number = i32::try_from(number).map_err(|_| std::io::ErrorKind::InvalidInput)?;
    // SAFETY: the caller has just opened the same file by that number, so it is open; nothing closes it meanwhile.
    let descriptor = unsafe { std::os::fd::BorrowedFd::borrow_raw(number) };
    Ok(rustix::io::fcntl_setfd(descriptor, rustix::io::FdFlags::CLOEXEC)?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_process_that_holds_tokens_writes_no_core() {
        harden();
        assert!(matches!(rustix::process::dumpable_behavior().unwrap(), DumpableBehavior::NotDumpable));
        assert_eq!(rustix::process::getrlimit(Resource::Core).maximum, Some(0));
    }
}

//! Waits for a change in a folder.

use std::io;
use std::path::Path;
use std::time::Duration;

/// The changes of the files in a folder: inotify(7).
#[cfg(target_os = "linux")]
pub(crate) struct Changes(rustix::fd::OwnedFd);

#[cfg(target_os = "linux")]
impl Changes {
    /// Begins to watch.
    pub(crate) fn of(folder: &Path, _: Duration) -> io::Result<Self> {
        use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
        let watch = init(CreateFlags::CLOEXEC)?;
        add_watch(&watch, folder, WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
        Ok(Self(watch))
    }

    /// Returns when something has changed since the last time.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        // What changed is found by looking at the files.
        let mut events = [0_u8; 4096];
        loop {
            match rustix::io::read(&self.0, &mut events) {
                Err(rustix::io::Errno::INTR) => {}
                done => return done.map(drop).map_err(io::Error::from),
            }
        }
    }
}

/// Looks now and then: the other systems have no such call without another library.
#[cfg(not(target_os = "linux"))]
pub(crate) struct Changes(Duration);

#[cfg(not(target_os = "linux"))]
impl Changes {
    /// Begins to watch.
    pub(crate) fn of(folder: &Path, every: Duration) -> io::Result<Self> {
        std::fs::metadata(folder).map(|_| Self(every))
    }

    /// Returns when something may have changed.
    pub(crate) fn wait(&mut self) -> io::Result<()> {
        std::thread::sleep(self.0);
        Ok(())
    }
}

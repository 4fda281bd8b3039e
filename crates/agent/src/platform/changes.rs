//! The changes of files: inotify(7).
#![allow(unsafe_code)]

use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The nearest folder of a file that is there: the next one is made in it.
fn nearest(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| folder.is_dir())
}

/// The changes in the folders of files, and in the folders that links in their places lead to.
pub(crate) struct Changes(AsyncFd<std::os::fd::OwnedFd>);

impl Changes {
    pub(crate) fn of(paths: &[PathBuf]) -> io::Result<Self> {
        let watch = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let what = WatchFlags::CLOSE_WRITE
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::CREATE
            | WatchFlags::DELETE;
        for path in paths {
            let real = path.canonicalize().ok();
            let folders = [Some(path.as_path()), real.as_deref()].into_iter().flatten().map(nearest);
            for folder in folders.flatten() {
                add_watch(&watch, folder, what)?;
            }
        }
        // SAFETY: the descriptor is the watch's own, stays open until the `AsyncFd` is dropped, and is always the same.
        let watch = unsafe { AsyncFd::register_with_interest(watch, Interest::READABLE) };
        watch.map(Self).map_err(io::Error::from)
    }

    /// Returns when something has changed.
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.0.readable().await?;
            // What changed is found by reading the file.
            let mut events = [0_u8; 4096];
            let read = ready.try_io(|fd| Ok(rustix::io::read(fd.get_ref(), &mut events)?));
            if let Ok(read) = read {
                return read.map(drop);
            }
        }
    }
}

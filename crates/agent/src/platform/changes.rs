//! The changes of files: inotify(7).
#![allow(unsafe_code)]

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::inotify::{CreateFlags, ReadFlags, Reader, WatchFlags, add_watch, init};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// The nearest folder of a file that is there: the next one is made in it.
fn nearest(path: &Path) -> Option<&Path> {
    path.ancestors().skip(1).find(|folder| folder.is_dir())
}

/// The changes of files, as far as they are complete: a file that is being written is no change until it is closed.
pub(crate) struct Changes {
    watch: AsyncFd<OwnedFd>,
    folders: BTreeSet<PathBuf>,
    /// The names of the files, of links on the way to them, and of folders that are not there yet.
    names: BTreeSet<OsString>,
    /// Those that a program has open to write.
    open: BTreeSet<OsString>,
}

/// Where to watch for a file, and which names there matter.
fn places(paths: &[PathBuf]) -> (BTreeSet<PathBuf>, BTreeSet<OsString>) {
    let (mut folders, mut names) = (BTreeSet::new(), BTreeSet::new());
    for path in paths {
        let real = path.canonicalize().ok();
        for path in [Some(path.as_path()), real.as_deref()].into_iter().flatten() {
            let Some(folder) = nearest(path) else { continue };
            let next = path.strip_prefix(folder).ok().and_then(|rest| rest.components().next());
            names.extend(next.map(|next| next.as_os_str().to_owned()));
            folders.insert(folder.to_owned());
        }
    }
    (folders, names)
}

/// How long a disk may take.
const PATIENCE: Duration = Duration::from_secs(5);

async fn in_time<T>(look: tokio::task::JoinHandle<io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(PATIENCE, look).await {
        Ok(looked) => looked.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into())),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "a disk does not answer")),
    }
}

impl Changes {
    fn of(paths: &[PathBuf]) -> io::Result<Self> {
        let watch = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let what = WatchFlags::CLOSE_WRITE
            | WatchFlags::MODIFY
            | WatchFlags::MOVED_TO
            | WatchFlags::MOVED_FROM
            | WatchFlags::CREATE
            | WatchFlags::DELETE;
        let (folders, names) = places(paths);
        for folder in &folders {
            add_watch(&watch, folder, what)?;
        }
        // SAFETY: the descriptor is the watch's own, stays open until the `AsyncFd` is dropped, and is always the same.
        let watch = unsafe { AsyncFd::register_with_interest(watch, Interest::READABLE) };
        Ok(Self { watch: watch.map_err(io::Error::from)?, folders, names, open: BTreeSet::new() })
    }

    /// The same away from the event loop: a link may lead to a disk that does not answer.
    pub(crate) async fn aside(paths: &[PathBuf]) -> io::Result<Self> {
        let paths = paths.to_vec();
        in_time(tokio::task::spawn_blocking(move || Self::of(&paths))).await
    }

    /// Watches other folders if a link leads elsewhere now.
    pub(crate) async fn follow(&mut self, paths: &[PathBuf]) -> io::Result<()> {
        let (known, paths) = ((self.folders.clone(), self.names.clone()), paths.to_vec());
        let look = move || if places(&paths) == known { Ok(None) } else { Self::of(&paths).map(Some) };
        if let Some(changed) = in_time(tokio::task::spawn_blocking(look)).await? {
            *self = changed;
        }
        Ok(())
    }

    /// Whether a program writes one of the files now.
    pub(crate) fn is_being_written(&self) -> bool {
        !self.open.is_empty()
    }

    /// Returns when a file is complete after a change, or has gone.
    pub(crate) async fn next(&mut self) -> io::Result<()> {
        loop {
            let mut ready = self.watch.readable().await?;
            let Ok(events) = ready.try_io(|watch| read(watch.get_ref())) else { continue };
            drop(ready);
            let mut complete = false;
            for (what, name) in events? {
                complete |= self.is_complete(what, name);
            }
            if complete {
                return Ok(());
            }
        }
    }

    fn is_complete(&mut self, what: ReadFlags, name: Option<OsString>) -> bool {
        // Without a name it is about the folder, or about events that were lost.
        let Some(name) = name else { return true };
        if !self.names.contains(&name) {
            return false;
        }
        if what.contains(ReadFlags::MODIFY) || (what.contains(ReadFlags::CREATE) && self.is_new_file(&name)) {
            self.open.insert(name);
            return false;
        }
        self.open.remove(&name);
        true
    }

    /// Whether a name that has appeared is a file that a program has just made, and not a link or a folder: those are complete.
    fn is_new_file(&self, name: &OsStr) -> bool {
        use std::os::unix::fs::MetadataExt as _;
        let found = self.folders.iter().find_map(|folder| folder.join(name).symlink_metadata().ok());
        found.is_some_and(|found| found.is_file() && found.nlink() == 1)
    }
}

/// The events that are there.
fn read(watch: &OwnedFd) -> io::Result<Vec<(ReadFlags, Option<OsString>)>> {
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut reader = Reader::new(watch, &mut buffer);
    let mut events = Vec::new();
    loop {
        let event = reader.next()?;
        let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()).to_owned());
        events.push((event.events(), name));
        if reader.is_buffer_empty() {
            return Ok(events);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;

    use super::*;

    /// Whether a change is reported within this time.
    async fn changed(changes: &mut Changes) -> bool {
        tokio::time::timeout(Duration::from_millis(200), changes.next()).await.is_ok()
    }

    #[tokio::test]
    async fn a_file_that_is_being_written_is_no_change_until_it_is_closed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let mut changes = Changes::of(std::slice::from_ref(&path)).unwrap();
        let mut file = std::fs::File::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!changed(&mut changes).await, "it is open");
        drop(file);
        assert!(changed(&mut changes).await);
        std::fs::write(folder.path().join("other"), "").unwrap();
        assert!(!changed(&mut changes).await, "another file");
        let new = folder.path().join("new");
        std::fs::write(&new, "").unwrap();
        std::fs::rename(&new, &path).unwrap();
        assert!(changed(&mut changes).await, "replaced");
        std::fs::remove_file(&path).unwrap();
        assert!(changed(&mut changes).await, "removed");
        std::fs::write(folder.path().join("target"), "").unwrap();
        std::os::unix::fs::symlink("target", &path).unwrap();
        assert!(changed(&mut changes).await, "a link is whole at once");
    }
}

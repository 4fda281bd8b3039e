//! Files: private, replaced completely or not at all, flushed before the caller relies on them.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::error::VaultError;

const LOCK: &str = "vault.lock";

/// How often a folder is tried that another process has locked, and the pause between: a process that was killed a moment ago may still
/// have it.
const TRIES: u32 = 6;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(50);
/// The file that is being written. When it is complete, it gets its final name, if necessary at the next start.
pub(crate) const FRESH: &str = "vault.abide.new";
/// A second name for the newest generation while it becomes the previous one.
const LINK: &str = "vault.abide.old";
/// Far larger than anything that the vault writes. Larger files are not read into memory.
const LARGEST: u64 = 64 << 20;

pub(crate) struct Disk {
    folder: PathBuf,
    #[cfg(test)]
    pub(crate) faults: std::sync::Arc<crate::faults::Faults>,
}

/// The result of reading a file.
pub(crate) enum Found {
    Nothing,
    Bytes(Vec<u8>),
    /// Not read: larger than anything the vault writes.
    TooLarge,
}

/// The lock on a folder.
pub(crate) struct Lock {
    path: PathBuf,
    file: File,
    /// One that was removed while it was held. It stays locked: a process that had opened it may still be trying.
    removed: Option<File>,
}

impl Drop for Lock {
    /// Unlocks explicitly. A child process that another thread is just starting has a copy of the open file until it runs,
    /// so closing ours would leave the folder locked for that time.
    fn drop(&mut self) {
        let _ = self.file.unlock();
        if let Some(removed) = &self.removed {
            let _ = removed.unlock();
        }
    }
}

impl Lock {
    /// Makes the file again if it was removed: without it, another process would lock the folder, too. Returns whether that was so.
    ///
    /// # Errors
    ///
    /// [`VaultError::InUse`] if another process has made and locked one meanwhile.
    pub(crate) fn hold(&mut self) -> Result<bool, VaultError> {
        if is_at(&self.file, &self.path) {
            return Ok(false);
        }
        let path = &self.path;
        let failed = |source| VaultError::Storage { doing: "lock", path: path.clone(), source };
        let made = private(OpenOptions::new().write(true).create(true)).open(path).map_err(failed)?;
        lock(&made).map_err(|error| match error {
            TryLockError::WouldBlock => {
                VaultError::InUse { folder: path.parent().unwrap_or(path).to_owned() }
            }
            TryLockError::Error(source) => failed(source),
        })?;
        self.removed = Some(std::mem::replace(&mut self.file, made));
        Ok(true)
    }
}

/// Locks a file, with some patience.
fn lock(file: &File) -> Result<(), TryLockError> {
    for _ in 1..TRIES {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(PAUSE),
            tried => return tried,
        }
    }
    file.try_lock()
}

/// Whether an open file is the one at a path.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let known = |found: io::Result<fs::Metadata>| found.ok().map(|found| (found.dev(), found.ino()));
    let (open, there) = (known(file.metadata()), known(fs::symlink_metadata(path)));
    open.is_some() && open == there
}

/// The name of a file that is open stays taken.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

impl Disk {
    /// A folder whose lock this process has.
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            #[cfg(test)]
            faults: Default::default(),
        }
    }

    /// Makes the folder, private to this user, and locks it for this process.
    pub(crate) fn lock(folder: &Path) -> Result<(Self, Lock), VaultError> {
        let disk = Self::of(folder);
        disk.step("create the private folder", folder, || private_folder(folder))?;
        let path = disk.path(LOCK);
        for _ in 0..TRIES {
            let open = || private(OpenOptions::new().write(true).create(true)).open(&path);
            let file = disk.step("open", &path, open)?;
            match lock(&file) {
                // One that was removed since it was opened locks nothing.
                Ok(()) if !is_at(&file, &path) => {}
                Ok(()) => return Ok((disk, Lock { path, file, removed: None })),
                Err(TryLockError::WouldBlock) => break,
                Err(TryLockError::Error(source)) => {
                    return Err(VaultError::Storage { doing: "lock", path, source });
                }
            }
        }
        Err(VaultError::InUse { folder: folder.to_owned() })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Removes the remains of an interrupted write: they are sealed, but must not outlive a later removal.
    pub(crate) fn tidy(&self) -> Result<(), VaultError> {
        [FRESH, LINK].into_iter().try_for_each(|name| self.remove(name))
    }

    pub(crate) fn read(&self, name: &str) -> Result<Found, VaultError> {
        let path = self.path(name);
        self.step("read", &path, || {
            let file = match File::open(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
                file => file?,
            };
            if file.metadata()?.len() > LARGEST {
                return Ok(Found::TooLarge);
            }
            let mut bytes = Vec::new();
            file.take(LARGEST).read_to_end(&mut bytes)?;
            Ok(Found::Bytes(bytes))
        })
    }

    /// Writes `bytes` to `name`, durably, or leaves the file unchanged. With `keep`, the old content of `name` is kept as
    /// `keep`. The file `name` exists at every moment, except on file systems without hard links.
    pub(crate) fn replace(&self, name: &str, bytes: &[u8], keep: Option<&str>) -> Result<(), VaultError> {
        let (fresh, target) = (self.path(FRESH), self.path(name));
        let done = self.write_fresh(&fresh, bytes).and_then(|()| self.take_over(&fresh, &target, keep));
        if done.is_err() {
            // If this fails, the next write or start removes it.
            let _ = self.remove(FRESH);
        }
        failpoint!("disk.done");
        done
    }

    /// Renames the complete file of an interrupted [`Self::replace`] to `name`.
    pub(crate) fn finish(&self, name: &str, keep: &str) -> Result<(), VaultError> {
        let (fresh, target) = (self.path(FRESH), self.path(name));
        // It was read, so it exists, but it may not survive a power cut yet.
        self.step("save", &fresh, || OpenOptions::new().write(true).open(&fresh)?.sync_all())?;
        self.remove(LINK)?;
        self.take_over(&fresh, &target, Some(keep))
    }

    fn take_over(&self, fresh: &Path, target: &Path, keep: Option<&str>) -> Result<(), VaultError> {
        let moved = match keep {
            Some(keep) => self.keep(target, &self.path(keep))?,
            None => None,
        };
        let renamed = self.step("replace", target, || fs::rename(fresh, target));
        if let (Err(_), Some(moved)) = (&renamed, moved) {
            // If this fails too, the state is in the previous generation, which opening finds.
            let _ = self.step("restore", target, || fs::rename(&moved, target));
        }
        renamed?;
        failpoint!("disk.replaced");
        self.flush_folder()
    }

    fn write_fresh(&self, fresh: &Path, bytes: &[u8]) -> Result<(), VaultError> {
        self.tidy()?;
        let mut file = self
            .step("create", fresh, || private(OpenOptions::new().write(true).create_new(true)).open(fresh))?;
        failpoint!("disk.created");
        self.step("write", fresh, || file.write_all(bytes))?;
        failpoint!("disk.written");
        self.step("save", fresh, || file.sync_all())?;
        failpoint!("disk.saved");
        Ok(())
    }

    /// Gives `current` a second name, `previous`. If the file system has no hard links, moves it there and returns the path.
    fn keep(&self, current: &Path, previous: &Path) -> Result<Option<PathBuf>, VaultError> {
        let link = self.path(LINK);
        match self.step("keep", current, || fs::hard_link(current, &link)) {
            Ok(()) => {
                failpoint!("disk.linked");
                self.step("keep", previous, || fs::rename(&link, previous))?;
                failpoint!("disk.kept");
                // If both were names of one file, a rename would do nothing and leave both.
                self.remove(LINK)?;
                failpoint!("disk.unlinked");
                Ok(None)
            }
            Err(VaultError::Storage { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(_) => {
                self.step("keep", previous, || fs::rename(current, previous))?;
                Ok(Some(previous.to_owned()))
            }
        }
    }

    /// Writes `bytes` into `name` at `offset` and cuts off the old content after it; durable if `flush`. Returns `false`,
    /// and writes nothing, if the file is shorter than `offset`.
    pub(crate) fn write_at(
        &self,
        name: &str,
        offset: u64,
        bytes: &[u8],
        flush: bool,
    ) -> Result<bool, VaultError> {
        let path = self.path(name);
        let mut file = self.step("open", &path, || {
            private(OpenOptions::new().write(true).create(true).truncate(false)).open(&path)
        })?;
        failpoint!("disk.opened");
        let length = self.step("read", &path, || file.metadata())?.len();
        if length < offset {
            return Ok(false);
        }
        self.step("write", &path, || {
            if length > offset {
                file.set_len(offset)?;
            }
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)
        })?;
        failpoint!("disk.appended");
        if flush {
            self.step("save", &path, || file.sync_data())?;
            failpoint!("disk.flushed");
            if offset == 0 {
                // The file may be new; then its name has to be durable too.
                self.flush_folder()?;
            }
        }
        Ok(true)
    }

    /// Moves `name` to the first free `vault.abide.damaged-N`.
    pub(crate) fn set_aside(&self, name: &str) -> Result<PathBuf, VaultError> {
        let path = self.path(name);
        let free = (1u32..).map(|n| self.path(&format!("vault.abide.damaged-{n}")));
        let aside = self.step("set aside", &path, || {
            for aside in free {
                match fs::symlink_metadata(&aside) {
                    Ok(_) => {}
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        fs::rename(&path, &aside)?;
                        return Ok(aside);
                    }
                    Err(error) => return Err(error),
                }
            }
            Err(io::Error::other("every name is taken"))
        })?;
        self.flush_folder()?;
        Ok(aside)
    }

    fn remove(&self, name: &str) -> Result<(), VaultError> {
        let path = self.path(name);
        self.step("remove", &path, || match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
    }

    /// Makes names durable. Windows flushes them with the file and does not open folders.
    fn flush_folder(&self) -> Result<(), VaultError> {
        self.step("save", &self.folder, || {
            #[cfg(unix)]
            match File::open(&self.folder)?.sync_all() {
                // Some file systems (network ones) cannot flush a folder and return this error. Nothing more is possible
                // there.
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {}
                flushed => flushed?,
            }
            Ok(())
        })
    }

    fn step<T>(
        &self,
        doing: &'static str,
        path: &Path,
        act: impl FnOnce() -> io::Result<T>,
    ) -> Result<T, VaultError> {
        #[cfg(test)]
        let done = self.faults.check(doing).and_then(|()| act());
        #[cfg(not(test))]
        let done = act();
        done.map_err(|source| VaultError::Storage { doing, path: path.to_owned(), source })
    }
}

fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

#[cfg(unix)]
fn private_folder(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mode = fs::metadata(folder)?.permissions().mode();
    if mode & 0o077 != 0 {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn private_folder(folder: &Path) -> io::Result<()> {
    // Below the user's profile, where others have no access by inheritance.
    fs::create_dir_all(folder)
}

//! Which program is at the other end of a local connection: by what its executable is, never by the text of a path.

use std::path::{Path, PathBuf};

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "by_path.rs"]
mod system;

pub(crate) use system::of_peer;

/// What stays the same of a file under every name: device and inode.
pub(crate) type FileId = (u64, u64);

/// A running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// Where its file was, for texts.
    pub(crate) path: PathBuf,
    /// Its file.
    pub(crate) id: FileId,
    /// Whether it sees other files, users or processes than this program does, as in a container: its path can mean another
    /// file there.
    pub(crate) contained: bool,
}

impl Program {
    /// Whether it runs the file at a path, outside of containers.
    pub(crate) fn is(&self, path: &Path) -> bool {
        !self.contained && file_id(path) == Some(self.id)
    }

    /// Whether it is the `abide` command beside this program, or this program itself.
    pub(crate) fn is_ours(&self) -> bool {
        let Ok(this) = std::env::current_exe() else { return false };
        let command = this.with_file_name(if cfg!(windows) { "abide.exe" } else { "abide" });
        self.is(&command) || self.is(system::this_file(&this))
    }
}

/// Device and inode of the file at a path.
#[cfg(unix)]
pub(crate) fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// A number for the path of the file itself, in place of device and inode.
#[cfg(windows)]
pub(crate) fn file_id(path: &Path) -> Option<FileId> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    std::fs::canonicalize(path).ok()?.hash(&mut hasher);
    Some((0, hasher.finish()))
}

//! Files and folders that belong to the user alone.

use std::fs::File;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

/// Why a folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// It, or the folder that it would be made in, is another user's.
    #[error("{} belongs to another user (uid {uid}). Abide keeps its files in folders of the user that runs it.", path.display())]
    Foreign {
        /// The folder.
        path: PathBuf,
        /// Its owner.
        uid: u32,
    },
    /// A symbolic link, or a file.
    #[error("{} is not a folder of its own. Remove it, and Abide makes a new one.", .0.display())]
    NoFolder(PathBuf),
    /// The system refused.
    #[error("{} cannot be used: {source}", path.display())]
    System {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Makes a folder, and its parents, that only this user may enter. A link in its place is followed.
pub(crate) fn private_folder(path: &Path) -> Result<(), FolderError> {
    system::private_folder(path, false)
}

/// Makes a folder that only this user may enter, as [`private_folder`] does, and takes no link in its place: what is found there
/// has been put there since the machine started, perhaps by another program.
pub(crate) fn runtime_folder(path: &Path) -> Result<(), FolderError> {
    system::private_folder(path, true)
}

/// Whether other users may write to a file, or put another one in its place.
pub(crate) fn others_may_write(path: &Path) -> bool {
    system::others_may_write(path)
}

/// Whether a file is root's, and only root may write to it or put another one in its place.
pub(crate) fn only_root_may_write(path: &Path) -> bool {
    system::only_root_may_write(path)
}

#[cfg(unix)]
mod system {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};

    use super::*;

    pub(super) fn private_folder(path: &Path, itself: bool) -> Result<(), FolderError> {
        let failed = |source| FolderError::System { path: path.to_owned(), source };
        owned(path)?;
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(|source| {
            if path.symlink_metadata().is_ok() {
                FolderError::NoFolder(path.to_owned())
            } else {
                failed(source)
            }
        })?;
        let found = if itself { path.symlink_metadata() } else { path.metadata() }.map_err(failed)?;
        if !found.is_dir() {
            return Err(FolderError::NoFolder(path.to_owned()));
        }
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(failed)
    }

    /// Whether the folder is this user's or, where it is not there yet, can be made in one that is: this user's, or root's, who
    /// may do everything.
    fn owned(path: &Path) -> Result<(), FolderError> {
        let this_user = rustix::process::geteuid().as_raw();
        for (depth, folder) in path.ancestors().enumerate() {
            if let Ok(found) = folder.metadata() {
                let uid = found.uid();
                let fits = uid == this_user || (depth > 0 && uid == 0);
                return if fits {
                    Ok(())
                } else {
                    Err(FolderError::Foreign { path: folder.to_owned(), uid })
                };
            }
        }
        Ok(())
    }

    pub(super) fn only_root_may_write(path: &Path) -> bool {
        let roots =
            |path: &Path| path.metadata().is_ok_and(|found| found.uid() == 0 && found.mode() & 0o022 == 0);
        path.canonicalize().is_ok_and(|real| roots(&real) && real.parent().is_some_and(roots))
    }

    pub(super) fn others_may_write(path: &Path) -> bool {
        let this_user = rustix::process::geteuid().as_raw();
        let writable = |path: &Path, is_folder: bool| {
            path.metadata().is_ok_and(|found| {
                let (mode, uid) = (found.mode(), found.uid());
                // In a folder with this bit, as /tmp is, only the owner of a file may replace it.
                let sticky = is_folder && mode & 0o1000 != 0;
                (uid != this_user && uid != 0) || (mode & 0o002 != 0 && !sticky)
            })
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        writable(&real, false) || real.parent().is_some_and(|folder| writable(folder, true))
    }
}

#[cfg(not(unix))]
mod system {
    use super::*;

    pub(super) fn private_folder(path: &Path, _: bool) -> Result<(), FolderError> {
        let created = std::fs::create_dir_all(path);
        created.map_err(|source| FolderError::System { path: path.to_owned(), source })
    }

    pub(super) fn only_root_may_write(_: &Path) -> bool {
        false
    }

    /// The folders of a user's profile are that user's.
    pub(super) fn others_may_write(_: &Path) -> bool {
        false
    }
}

/// The bytes of a file of at most `longest` bytes. Anything else in its place is refused and not waited for, such as a pipe.
pub(crate) fn read(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let file = open_at_once(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut content = Vec::new();
    if found.len() > longest || file.take(longest + 1).read_to_end(&mut content)? as u64 > longest {
        let text = format!("it is longer than {} MiB", longest >> 20);
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, text));
    }
    Ok(content)
}

/// The same for a text in UTF-8.
pub(crate) fn read_text(path: &Path, longest: u64) -> io::Result<String> {
    let text = String::from_utf8(read(path, longest)?);
    text.map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Opens what is at a path to be read, without waiting for another program that has the other end of a pipe or a device.
pub(crate) fn open_at_once(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    options.open(path)
}

/// Writes a file whole or not at all: readers see the old content or the new, never a part. Temporary files are made
/// for this user alone.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout)]
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_link_in_the_place_of_the_runtime_folder_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (target, link) = (folder.path().join("target"), folder.path().join("abide"));
        std::fs::create_dir(&target).unwrap();
        set_mode(&target, 0o755);
        symlink(&target, &link).unwrap();
        assert!(matches!(runtime_folder(&link), Err(FolderError::NoFolder(_))));
        assert_eq!(mode(&target), 0o755, "its target stays as it was");
        assert!(runtime_folder(&folder.path().join("a/b")).is_ok());
        assert_eq!(mode(&folder.path().join("a/b")), 0o700);
    }

    #[test]
    fn a_folder_of_another_user_is_not_used() {
        let given = tempfile::tempdir().unwrap();
        // To an ordinary user, root is another one.
        let (folder, owner) = if rustix::process::geteuid().is_root() {
            std::os::unix::fs::chown(given.path(), Some(65534), None).unwrap();
            (given.path(), 65534)
        } else {
            (Path::new("/usr"), 0)
        };
        for path in [folder.to_owned(), folder.join("abide-state/abide")] {
            let refused = private_folder(&path);
            assert!(matches!(refused, Err(FolderError::Foreign { uid, .. }) if uid == owner), "{refused:?}");
        }
        assert!(!folder.join("abide-state").exists());
    }

    #[test]
    fn what_others_may_write_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "").unwrap();
        set_mode(&file, 0o664);
        assert!(!others_may_write(&file), "a group of one's own is usual");
        set_mode(&file, 0o666);
        assert!(others_may_write(&file));
        set_mode(&file, 0o644);
        set_mode(folder.path(), 0o777);
        assert!(others_may_write(&file), "another user can put another file there");
        set_mode(folder.path(), 0o1777);
        assert!(!others_may_write(&file));
    }
}

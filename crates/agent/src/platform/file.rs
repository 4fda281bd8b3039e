//! Files and folders that belong to the user alone.

use std::fs::{File, Permissions};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

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
    /// Other users may put another folder in its place.
    #[error("Other users may write to {}, so Abide keeps no socket there. Its mode should be 700.", .0.display())]
    Shared(PathBuf),
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

/// Whether other users may read a file: its own mode lets them, and they may enter every folder on the way to it.
pub(crate) fn others_may_read(path: &Path) -> bool {
    system::others_may_read(path)
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
        if itself {
            own(path)?;
        }
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

    /// Whether only this user and root may replace what is there.
    fn own(path: &Path) -> Result<(), FolderError> {
        let this_user = rustix::process::geteuid().as_raw();
        let Some((folder, found)) = path.parent().and_then(|folder| Some((folder, folder.metadata().ok()?)))
        else {
            return Ok(());
        };
        let mode = found.mode();
        let by_others = mode & 0o002 != 0 || (mode & 0o020 != 0 && has_others(found.gid(), this_user));
        if by_others && mode & 0o1000 == 0 { Err(FolderError::Shared(folder.to_owned())) } else { Ok(()) }
    }

    /// Whether a group has members besides this user and root. Many systems give each user a group of its own. A group that the system
    /// has from elsewhere (LDAP) counts as one with others, unless it has the number of this user.
    fn has_others(group: u32, this_user: u32) -> bool {
        if cfg!(not(target_os = "linux")) {
            return group != this_user;
        }
        let read = |path: &str| read_text(Path::new(path), MOST_NAMES).unwrap_or_default();
        has_others_in(group, this_user, &read("/etc/group"), &read("/etc/passwd"))
    }

    /// The same by the text of `/etc/group` and `/etc/passwd` (group(5), passwd(5)).
    pub(super) fn has_others_in(group: u32, this_user: u32, groups: &str, users: &str) -> bool {
        let users: Vec<Vec<&str>> = users.lines().map(|line| line.split(':').collect()).collect();
        let number = |user: &[&str], field: usize| user.get(field).and_then(|text| text.parse::<u32>().ok());
        let is_other = |user: &[&str]| number(user, 2).is_some_and(|uid| uid != this_user && uid != 0);
        let mut found = groups.lines().map(|line| line.split(':').collect::<Vec<_>>());
        let Some(found) = found.find(|found| number(found, 2) == Some(group)) else {
            return group != this_user;
        };
        let is_other_name = |name: &str| {
            let known = users.iter().find(|user| user.first() == Some(&name));
            !name.is_empty() && known.is_none_or(|user| is_other(user))
        };
        let members = found.get(3).copied().unwrap_or_default();
        members.split(',').any(|name| is_other_name(name.trim()))
            || users.iter().any(|user| number(user, 3) == Some(group) && is_other(user))
    }

    pub(super) fn only_root_may_write(path: &Path) -> bool {
        let roots =
            |path: &Path| path.metadata().is_ok_and(|found| found.uid() == 0 && found.mode() & 0o022 == 0);
        path.canonicalize().is_ok_and(|real| roots(&real) && real.parent().is_some_and(roots))
    }

    pub(super) fn others_may_read(path: &Path) -> bool {
        let this_user = rustix::process::geteuid().as_raw();
        let lets = |path: &Path, everybody: u32, group: u32| {
            path.metadata().is_ok_and(|found| {
                let mode = found.mode();
                mode & everybody != 0 || (mode & group != 0 && has_others(found.gid(), this_user))
            })
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        lets(&real, 0o004, 0o040) && real.ancestors().skip(1).all(|folder| lets(folder, 0o001, 0o010))
    }

    pub(super) fn others_may_write(path: &Path) -> bool {
        let this_user = rustix::process::geteuid().as_raw();
        let writable = |path: &Path, is_folder: bool| {
            path.metadata().is_ok_and(|found| {
                let (mode, uid) = (found.mode(), found.uid());
                // In a folder with this bit, as /tmp is, only the owner of a file may replace it.
                let sticky = is_folder && mode & 0o1000 != 0;
                let by_group = mode & 0o020 != 0 && has_others(found.gid(), this_user);
                (uid != this_user && uid != 0) || ((mode & 0o002 != 0 || by_group) && !sticky)
            })
        };
        let folder_of = |path: &Path| path.parent().is_some_and(|folder| writable(folder, true));
        let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // A link can be replaced, too.
        writable(&real, false) || folder_of(&real) || (path.is_absolute() && folder_of(path))
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

    pub(super) fn others_may_read(_: &Path) -> bool {
        false
    }
}

/// The program of this name: a path, or the first of that name in the folders of `search` (`PATH`) that can be run.
pub(crate) fn program(name: &str, search: &[PathBuf]) -> Option<PathBuf> {
    if name.contains(std::path::is_separator) {
        return Some(PathBuf::from(name)).filter(|path| can_run(path));
    }
    let names = [name.to_owned(), format!("{name}{}", std::env::consts::EXE_SUFFIX)];
    let mut paths = search.iter().flat_map(|folder| names.iter().map(|name| folder.join(name)));
    paths.find(|path| can_run(path))
}

#[cfg(unix)]
fn can_run(program: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    program.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn can_run(program: &Path) -> bool {
    program.is_file()
}

/// The largest list of users or groups that is read, in bytes.
#[cfg(unix)]
const MOST_NAMES: u64 = 4 << 20;

/// How long a disk may take.
const DISK_PATIENCE: Duration = Duration::from_secs(5);

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

/// The same for a file that decides whom Abide trusts, or who Abide is: one that other users can change is refused.
pub(crate) fn read_trusted(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let content = read(path, longest)?;
    if others_may_write(path) {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, NOT_TRUSTED));
    }
    Ok(content)
}

/// Why a file is refused that other users can change.
pub(crate) const NOT_TRUSTED: &str = "other users can change it, or its folder";

/// The same away from the event loop: the disk of a file that somebody names may never answer.
pub(crate) async fn read_trusted_aside(path: &Path, longest: u64) -> io::Result<Vec<u8>> {
    let path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || read_trusted(&path, longest));
    match tokio::time::timeout(DISK_PATIENCE, reading).await {
        Ok(read) => read.unwrap_or_else(|_| Err(io::ErrorKind::Interrupted.into())),
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "its disk does not answer")),
    }
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
    write_with(path, content, None)
}

/// The same for a file of the user's own: the permissions of the one that is there stay.
pub(crate) fn rewrite(path: &Path, content: &[u8]) -> io::Result<()> {
    let present = path.metadata().ok().map(|found| found.permissions());
    // On Windows, they are those of the folder.
    write_with(path, content, present.filter(|_| cfg!(unix)))
}

fn write_with(path: &Path, content: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let folder = path.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(content)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

/// Whether a file can be written in a folder now: the disk may be full. Writes as much as [`write`] is asked for at a start, and removes it.
pub(crate) fn try_to_write(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(&[b' '; PROBE])?;
    file.as_file().sync_all()?;
    file.close()
}

/// More than the files that say where the agent is, in bytes.
const PROBE: usize = 4096;

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
    fn a_runtime_folder_that_others_can_replace_is_not_used() {
        let above = tempfile::tempdir().unwrap();
        let path = above.path().join("abide");
        for (mode, fits) in [(0o777, false), (0o1777, true), (0o755, true)] {
            set_mode(above.path(), mode);
            let made = runtime_folder(&path);
            assert_eq!(made.is_ok(), fits, "{mode:o}");
            assert!(fits || matches!(made, Err(FolderError::Shared(folder)) if folder == above.path()));
        }
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
        // Only root can make a folder there.
        let below = Some(folder.join("abide-state/abide")).filter(|_| owner != 0);
        for path in below.into_iter().chain([folder.to_owned()]) {
            let refused = private_folder(&path);
            assert!(matches!(refused, Err(FolderError::Foreign { uid, .. }) if uid == owner), "{refused:?}");
        }
        assert!(!folder.join("abide-state").exists());
    }

    #[test]
    fn a_group_of_ones_own_has_nobody_else() {
        let groups =
            "root:x:0:\nstaff:x:50:\nusers:x:100:alice,bob\nteam:x:200:\nsudo:x:27:alice\nalice:x:1000:\n";
        let users =
            "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:\nbob:x:1001:200::/home/bob:\n";
        for (group, others) in
            [(1000, false), (50, false), (27, false), (0, false), (100, true), (200, true), (4711, true)]
        {
            assert_eq!(system::has_others_in(group, 1000, groups, users), others, "{group}");
        }
        assert!(!system::has_others_in(1000, 1000, "", ""), "a group with the number of the user");
    }

    #[test]
    fn what_others_may_write_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.toml");
        std::fs::write(&file, "").unwrap();
        set_mode(&file, 0o666);
        assert!(others_may_write(&file));
        set_mode(&file, 0o644);
        set_mode(folder.path(), 0o777);
        assert!(others_may_write(&file), "another user can put another file there");
        set_mode(folder.path(), 0o1777);
        assert!(!others_may_write(&file));
        let (open, link) = (folder.path().join("open"), folder.path().join("open/link"));
        std::fs::create_dir(&open).unwrap();
        symlink(&file, &link).unwrap();
        set_mode(&open, 0o777);
        assert!(others_may_write(&link), "another user can put another link there");
        set_mode(&open, 0o755);
        assert!(!others_may_write(&link));
    }

    #[test]
    fn what_others_may_read_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "").unwrap();
        set_mode(&file, 0o644);
        set_mode(folder.path(), 0o711);
        let reachable = folder.path().ancestors().skip(1).all(|above| mode(above) & 0o001 != 0);
        assert_eq!(others_may_read(&file), reachable);
        set_mode(&file, 0o600);
        assert!(!others_may_read(&file));
        set_mode(&file, 0o644);
        set_mode(folder.path(), 0o700);
        assert!(!others_may_read(&file), "nobody comes to it");
    }

    #[test]
    fn what_others_can_change_is_no_trusted_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        std::fs::write(&file, "text").unwrap();
        set_mode(&file, 0o644);
        assert_eq!(read_trusted(&file, 9).unwrap(), b"text");
        set_mode(&file, 0o666);
        assert_eq!(read_trusted(&file, 9).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
    }
}

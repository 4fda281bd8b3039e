//! Which program is at the other end of a local connection, and what started it: by what its executable is, never by the text
//! of a path.

mod aside;
mod digest;
#[cfg(target_os = "linux")]
mod earlier;
#[cfg(target_os = "linux")]
mod folder;
#[cfg(target_os = "linux")]
mod lineage;
#[cfg(target_os = "linux")]
mod members;
#[cfg(target_os = "linux")]
mod opened;
mod process;
#[cfg(target_os = "linux")]
mod surroundings;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(not(target_os = "linux"))]
#[path = "by_path.rs"]
mod system;

use std::path::{Path, PathBuf};

use crate::platform::environment;
pub(crate) use abide_decision::{FileId, ProcessId, Program, Stamp};
pub(crate) use aside::aside;
pub(crate) use digest::{Digests, Opened};
#[cfg(target_os = "linux")]
use earlier::is_earlier;
#[cfg(target_os = "linux")]
pub(crate) use earlier::leave_commands;
#[cfg(target_os = "linux")]
pub(crate) use members::{holder, holds, is_left};
pub(crate) use process::{Process, Surroundings};
#[cfg(target_os = "linux")]
pub(crate) use surroundings::{surroundings, text};
#[cfg(not(target_os = "linux"))]
use system::is_earlier;
pub(crate) use system::{Connected, ends_here, is_running};
#[cfg(not(target_os = "linux"))]
pub(crate) use system::{holder, holds, is_left, surroundings, text};

/// The name of the command.
const COMMAND: &str = if cfg!(windows) { "abide.exe" } else { "abide" };

/// Whether a program runs the file at a path, outside of containers.
pub(crate) fn runs(program: &Program, path: &Path) -> bool {
    !program.contained && file_id(path) == Some(program.id)
}

/// Where the file of this program is; after another one has taken its place, where that one is.
pub(crate) fn this_program() -> Option<PathBuf> {
    let path = std::env::current_exe().ok()?;
    // The mark of the system (proc_pid_exe(5)) is no part of the name.
    let marked = path.to_str().and_then(|path| path.strip_suffix(" (deleted)")).map(PathBuf::from);
    Some(marked.filter(|_| !path.exists()).unwrap_or(path))
}

/// The file of this program, whatever its path leads to.
pub(crate) fn this_stamp() -> Option<Stamp> {
    stamp(system::this_file(&std::env::current_exe().ok()?))
}

/// Where the `abide` command is that belongs to this program.
pub(crate) fn command() -> Option<PathBuf> {
    Some(this_program()?.with_file_name(COMMAND))
}

/// What the command is that belongs to this program, in words.
pub(crate) fn command_in_words() -> String {
    match (environment::image(), command()) {
        (Some(image), _) => format!("the one of {}", image.display()),
        (None, Some(command)) => command.display().to_string(),
        (None, None) => "the one beside it".to_owned(),
    }
}

/// Whether a program has the name of the command. Proves nothing.
pub(crate) fn is_called_abide(program: &Program) -> bool {
    name_of(program) == COMMAND
}

/// Holds that command and those before it, so that each counts as long as it runs. Once, at the start.
#[cfg(target_os = "linux")]
pub(crate) fn hold_commands() {
    if let Some(command) = command() {
        earlier::hold_commands(&command);
    }
}

/// Whether a program is the `abide` command beside this one, also an earlier version of it that still runs, or this one itself.
pub(crate) fn is_ours(program: &Program) -> bool {
    let Some(command) = command() else { return false };
    let is_this = std::env::current_exe().is_ok_and(|this| runs(program, system::this_file(&this)));
    runs(program, &command) || is_this || is_earlier(program)
}

/// Whether a program is one of ours, or the start of the AppImage that this one is in: where the image is extracted for each call, that
/// waits for the `abide` command that it has started.
pub(crate) fn is_ours_or_starts_us(program: &Program) -> bool {
    is_ours(program) || starts(program, environment::image().as_deref())
}

fn starts(program: &Program, image: Option<&Path>) -> bool {
    image.is_some_and(|image| runs(program, image))
}

/// The name of a program's file.
pub(crate) fn name_of(program: &Program) -> String {
    let path = &program.path;
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    name.strip_suffix(" (deleted)").map(str::to_owned).unwrap_or(name)
}

/// Device and inode of the file at a path.
#[cfg(unix)]
pub(crate) fn file_id(path: &Path) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// The file at a path as it is now.
#[cfg(unix)]
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).as_ref().map(stamp_of)
}

#[cfg(unix)]
fn stamp_of(metadata: &std::fs::Metadata) -> Stamp {
    use std::os::unix::fs::MetadataExt;
    Stamp {
        device: metadata.dev(),
        inode: metadata.ino(),
        size: metadata.len(),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    }
}

/// Whether the user root alone can change what is at a path: the file, and every folder above it.
#[cfg(unix)]
pub(crate) fn only_root_writes(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let Ok(real) = std::fs::canonicalize(path) else { return false };
    real == path
        && !is_mounted_by_users(path)
        && real.ancestors().all(|part| {
            std::fs::symlink_metadata(part).is_ok_and(|data| data.uid() == 0 && data.mode() & 0o022 == 0)
        })
}

/// Whether a file is on a file system that a user may have mounted: a stick, an image, an `AppImage`. Who makes one chooses the owners
/// of its files. The system mounts these with `nosuid` (mount(8), `user`).
#[cfg(unix)]
fn is_mounted_by_users(path: &Path) -> bool {
    use rustix::fs::{StatVfsMountFlags, statvfs};
    !statvfs(path).is_ok_and(|found| !found.f_flag.contains(StatVfsMountFlags::NOSUID))
}

/// A number for the path of the file itself, in place of device and inode.
#[cfg(windows)]
pub(crate) fn file_id(path: &Path) -> Option<FileId> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    std::fs::canonicalize(path).ok()?.hash(&mut hasher);
    Some((0, hasher.finish()))
}

/// The file at a path as it is now.
#[cfg(windows)]
pub(crate) fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let (device, inode) = file_id(path)?;
    Some(Stamp { device, inode, ..stamp_of(&metadata) })
}

#[cfg(windows)]
fn stamp_of(metadata: &std::fs::Metadata) -> Stamp {
    use std::os::windows::fs::MetadataExt;
    let changed = i64::try_from(metadata.last_write_time()).unwrap_or(0);
    Stamp { device: 0, inode: 0, size: metadata.file_size(), changed: (changed, 0) }
}

/// Not known there.
#[cfg(windows)]
pub(crate) fn only_root_writes(_: &Path) -> bool {
    false
}

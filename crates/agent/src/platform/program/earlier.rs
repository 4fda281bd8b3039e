//! The `abide` commands of earlier versions. Such a command may run for days (`abide mcp connect`, `abide audit follow`), and its file has
//! no name any more once another version is installed.
//!
//! The files are held open, because the system gives the number of a file that nothing holds to the next one. The program that takes
//! over gets them, also if it is the old one again.
#![allow(unsafe_code)]

use std::ffi::OsString;
use std::os::fd::{AsRawFd as _, BorrowedFd, FromRawFd as _, IntoRawFd, OwnedFd, RawFd};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use abide_decision::{FileId, Program};
use rustix::fs::{FileType, Mode, OFlags, Stat, fstat};
use rustix::io::{FdFlags, fcntl_setfd};

use crate::platform::environment;

/// So many are held: the latest.
const MOST: usize = 8;

static COMMANDS: Mutex<Commands> = Mutex::new(Commands(Vec::new()));

fn commands() -> MutexGuard<'static, Commands> {
    COMMANDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Holds the commands that the program before has left, and the one that is installed at this path now. Once, at the start.
pub(super) fn hold_commands(path: &Path) {
    let left = environment::descriptors(environment::left().get(environment::EARLIER), std::process::id());
    let mut commands = commands();
    for number in left {
        commands.adopt(number, path);
    }
    commands.hold(path);
}

/// Leaves the commands to the next program of this process: their descriptors, for [`environment::EARLIER`].
pub(crate) fn leave_commands() -> Option<OsString> {
    commands().leave()
}

/// Whether a program runs the file of an `abide` command that belonged to this agent.
pub(super) fn is_earlier(program: &Program) -> bool {
    commands().have(program)
}

/// The files of `abide` commands, the latest at the end.
#[derive(Debug, Default)]
struct Commands(Vec<Held>);

#[derive(Debug)]
struct Held {
    file: OwnedFd,
    id: FileId,
    /// Whether this program has found it where the command is installed. What the environment names counts only as long as it has no
    /// name: another program may have started this one, with any file.
    found: bool,
}

impl Commands {
    /// Holds the file at a path.
    fn hold(&mut self, path: &Path) {
        let file = rustix::fs::open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty());
        let Some((file, stat)) = file.ok().and_then(regular) else { return };
        let id = id(&stat);
        self.0.retain(|held| held.id != id);
        self.push(Held { file, id, found: true });
    }

    /// Takes what is open by a number, if it is a file that was at this path and was replaced or removed there.
    fn adopt(&mut self, number: RawFd, path: &Path) {
        // SAFETY: the number is used for the time of these calls. If nothing is open by that number, they fail.
        let one = unsafe { BorrowedFd::borrow_raw(number) };
        let Some(stat) = was_at(one, path) else { return };
        if fcntl_setfd(one, FdFlags::CLOEXEC).is_err() {
            return;
        }
        // SAFETY: it is open, and leads to a file that this program has not opened: it opens no file that was removed. So the program before
        // has left it, to this process alone, and each number is taken once.
        let file = unsafe { OwnedFd::from_raw_fd(number) };
        let id = id(&stat);
        if !self.0.iter().any(|held| held.id == id) {
            self.push(Held { file, id, found: false });
        }
    }

    fn push(&mut self, held: Held) {
        self.0.push(held);
        if self.0.len() > MOST {
            self.0.remove(0);
        }
    }

    fn have(&self, program: &Program) -> bool {
        let is_it = |held: &Held| held.id == program.id && (held.found || program.replaced);
        !program.contained && self.0.iter().any(is_it)
    }

    fn leave(&mut self) -> Option<OsString> {
        let left = self.0.drain(..).filter(|held| fcntl_setfd(&held.file, FdFlags::empty()).is_ok());
        // Not closed here: the next program owns them.
        let numbers: Vec<RawFd> = left.map(|held| held.file.into_raw_fd()).collect();
        (!numbers.is_empty()).then(|| environment::descriptors_in_words(&numbers))
    }
}

fn id(stat: &Stat) -> FileId {
    (stat.st_dev, stat.st_ino)
}

fn regular(file: OwnedFd) -> Option<(OwnedFd, Stat)> {
    let stat = fstat(&file).ok().filter(is_regular)?;
    Some((file, stat))
}

fn is_regular(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode).is_file()
}

/// A file that was at a path. Only a user who may replace the file there can make such a file. The path alone would prove nothing: in a
/// namespace of its own, a program can mount another file there.
fn was_at(one: BorrowedFd<'_>, path: &Path) -> Option<Stat> {
    let stat = fstat(one).ok().filter(is_regular)?;
    let mut removed = path.as_os_str().to_owned();
    removed.push(" (deleted)");
    let leads_to = std::fs::read_link(format!("/proc/self/fd/{}", one.as_raw_fd())).ok()?;
    let folder = rustix::fs::stat(path.parent()?).ok()?;
    let fits = leads_to.as_os_str() == removed
        && stat.st_dev == folder.st_dev
        && (stat.st_uid == folder.st_uid || stat.st_uid == 0);
    fits.then_some(stat)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::File;

    use super::*;

    /// A program that runs an open file.
    fn running(file: &File) -> Program {
        let stat = fstat(file).unwrap();
        Program {
            path: "/proc/self/exe".into(),
            id: id(&stat),
            stamp: None,
            replaced: stat.st_nlink == 0,
            contained: false,
        }
    }

    /// Puts another file in the place of the one at a path, and returns the one that was there.
    fn replace(path: &Path) -> File {
        let old = File::open(path).unwrap();
        std::fs::write(path.with_extension("new"), "another").unwrap();
        std::fs::rename(path.with_extension("new"), path).unwrap();
        old
    }

    fn adopted(file: &File, path: &Path) -> Commands {
        let mut commands = Commands::default();
        commands.adopt(file.try_clone().unwrap().into_raw_fd(), path);
        commands
    }

    #[test]
    fn a_command_that_was_replaced_counts_here_and_in_the_next_program() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("abide");
        std::fs::write(&path, "first").unwrap();
        let mut commands = Commands::default();
        commands.hold(&path);
        commands.hold(&path);
        assert_eq!(commands.0.len(), 1, "once");
        let old = replace(&path);
        let program = running(&old);
        assert!(commands.have(&program) && !commands.have(&running(&File::open(&path).unwrap())));
        assert!(!commands.have(&Program { contained: true, ..program.clone() }), "in a container");
        // Nothing else holds it, and no other file gets its number.
        drop(old);
        for _ in 0..20 {
            drop(replace(&path));
            assert_ne!(id(&rustix::fs::stat(&path).unwrap()), program.id);
        }
        let left = commands.leave().unwrap();
        let mut next = Commands::default();
        for number in environment::descriptors(Some(&left), std::process::id()) {
            next.adopt(number, &path);
        }
        assert!(next.have(&program));
        assert!(!next.have(&Program { replaced: false, ..program }), "as long as it has no name");
    }

    #[test]
    fn only_what_was_the_command_is_taken_from_the_program_before() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let (path, other) = (folder.join("abide"), folder.join("other"));
        std::fs::create_dir(folder.join("below")).unwrap();
        let below = folder.join("below/abide");
        for path in [&path, &other, &below] {
            std::fs::write(path, "first").unwrap();
        }
        let present = File::open(&path).unwrap();
        assert!(adopted(&present, &path).0.is_empty(), "it is the present one");
        let old = replace(&path);
        assert_eq!(adopted(&old, &path).0.len(), 1);
        for other in [&other, &below] {
            assert!(adopted(&replace(other), &path).0.is_empty(), "{other:?}");
        }
        let (socket, _) = std::os::unix::net::UnixStream::pair().unwrap();
        let mut commands = Commands::default();
        commands.adopt(socket.as_raw_fd(), &path);
        commands.adopt(987_654, &path);
        assert!(commands.0.is_empty());
    }

    #[test]
    fn the_latest_are_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("abide");
        std::fs::write(&path, "first").unwrap();
        let mut commands = Commands::default();
        let programs: Vec<Program> = (0..=MOST)
            .map(|_| {
                commands.hold(&path);
                running(&replace(&path))
            })
            .collect();
        let have: Vec<bool> = programs.iter().map(|program| commands.have(program)).collect();
        assert_eq!(have.iter().filter(|have| **have).count(), MOST);
        assert!(!have[0] && have[MOST]);
    }
}

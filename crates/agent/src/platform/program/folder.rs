//! Linux: a process as `/proc/PID` shows it.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use rustix::fs::{AtFlags, Mode, OFlags, Stat};

use super::{FileId, Process, ProcessId, Program, Stamp, is_mounted_by_users};

/// What a container has of its own: files, users and their rights, processes.
const NAMESPACES: [&str; 3] = ["ns/mnt", "ns/user", "ns/pid"];
/// Those of this process, which never change.
static OWN_NAMESPACES: LazyLock<[Option<FileId>; 3]> = LazyLock::new(|| {
    let own = open(rustix::fs::CWD, Path::new("/proc/self"), OFlags::PATH | OFlags::DIRECTORY);
    NAMESPACES.map(|name| own.as_ref().and_then(|own| file_in(own.as_fd(), name)).as_ref().map(id))
});
/// So much of the arguments is read, in bytes. Linux allows megabytes of them.
const ARGUMENTS: u64 = 64 << 10;

/// `/proc/PID`, held open: it keeps naming the same process.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) number: i32,
    folder: OwnedFd,
}

/// What `/proc/PID/stat` says (proc_pid_stat(5)).
pub(super) struct Status {
    name: String,
    pub(super) state: char,
    pub(super) parent: i32,
    pub(super) group: i32,
    leader: i32,
    terminal: u64,
    in_front: i32,
    only_forked: bool,
    pub(super) started: u64,
}

/// The flag of a process that has forked and has run no other program since (`PF_FORKNOEXEC`, linux/sched.h). The kernel sets it with
/// `fork`, and takes it back with `exec`.
const ONLY_FORKED: i64 = 0x40;

impl Folder {
    pub(super) fn open(number: i32) -> Option<Self> {
        let path = format!("/proc/{number}");
        let folder = open(rustix::fs::CWD, Path::new(&path), OFlags::PATH | OFlags::DIRECTORY)?;
        Some(Self { number, folder })
    }

    fn read(&self, name: &str, longest: u64) -> Option<Vec<u8>> {
        let file = open(self.folder.as_fd(), Path::new(name), OFlags::RDONLY)?;
        let mut content = Vec::new();
        File::from(file).take(longest).read_to_end(&mut content).ok()?;
        Some(content)
    }

    fn link(&self, name: &str) -> Option<PathBuf> {
        let path = rustix::fs::readlinkat(self.folder.as_fd(), name, Vec::new()).ok()?;
        Some(PathBuf::from(OsString::from_vec(path.into_bytes())))
    }

    pub(super) fn status(&self) -> Option<Status> {
        status(&String::from_utf8_lossy(&self.read("stat", 4096)?))
    }

    /// The process, and the number of its parent.
    pub(super) fn process(&self) -> Option<(Process, i32)> {
        let user = self.user()?;
        let before = self.status()?;
        let file = self.file("exe");
        let program = self.program();
        let (arguments, arguments_cut) = arguments(&self.read("cmdline", ARGUMENTS + 1).unwrap_or_default());
        let reads_terminal =
            before.terminal != 0 && self.file("fd/0").is_some_and(|input| input.st_rdev == before.terminal);
        let in_front = reads_terminal && before.in_front == before.group;
        let after = self.status()?;
        // The same process from the first look to the last, and the same program in it.
        let still = program.as_ref().map(|program| program.id) == self.file("exe").as_ref().map(id);
        if before.started != after.started || !still {
            return None;
        }
        let process = Process {
            id: ProcessId { number: self.number, started: before.started },
            user,
            name: before.name,
            only_forked: after.only_forked,
            program,
            system_file: file.is_some_and(|file| file.st_uid == 0 && file.st_mode & 0o022 == 0)
                && !is_mounted_by_users(Path::new(&format!("/proc/{}/exe", self.number))),
            arguments,
            arguments_cut,
            folder: self.link("cwd"),
            leader: before.leader,
            terminal: before.terminal,
            reads_terminal,
            in_front,
            ancestors_cut: false,
        };
        Some((process, after.parent))
    }

    /// The user that it runs as. The owner of the folder would not do: a process that hides itself has a folder of root's.
    fn user(&self) -> Option<u32> {
        let text = String::from_utf8(self.read("status", 4096)?).ok()?;
        let users = text.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        users.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    pub(super) fn program(&self) -> Option<Program> {
        let file = self.file("exe")?;
        let path = self.link("exe")?;
        let contained = NAMESPACES.iter().zip(&*OWN_NAMESPACES).any(|(name, own)| {
            let theirs = self.file(name).as_ref().map(id);
            theirs.is_none() || theirs != *own
        });
        let stamp = Stamp {
            device: file.st_dev,
            inode: file.st_ino,
            size: u64::try_from(file.st_size).unwrap_or(0),
            changed: (file.st_ctime, i64::try_from(file.st_ctime_nsec).unwrap_or(0)),
        };
        Some(Program { path, id: id(&file), stamp: Some(stamp), replaced: file.st_nlink == 0, contained })
    }

    fn file(&self, name: &str) -> Option<Stat> {
        file_in(self.folder.as_fd(), name)
    }
}

fn id(file: &Stat) -> FileId {
    (file.st_dev, file.st_ino)
}

fn open(at: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Option<OwnedFd> {
    rustix::fs::openat(at, path, OFlags::CLOEXEC | flags, Mode::empty()).ok()
}

/// The arguments of a process, and whether they are not all of them. It has none for a moment while it becomes another program.
fn arguments(read: &[u8]) -> (Vec<String>, bool) {
    let is_cut = read.is_empty() || read.len() as u64 > ARGUMENTS;
    let words = read.strip_suffix(b"\0").unwrap_or(read).split(|byte| *byte == 0);
    (words.map(|word| String::from_utf8_lossy(word).into_owned()).collect(), is_cut)
}

/// What a link of `/proc/PID` leads to, not what it says. As the system remembers it: a server of files that does not answer is not
/// waited for.
fn file_in(folder: BorrowedFd<'_>, name: &str) -> Option<Stat> {
    rustix::fs::statat(folder, name, AtFlags::STATX_DONT_SYNC).ok()
}

/// The name is in parentheses and may contain any character, so what follows the last one counts.
fn status(text: &str) -> Option<Status> {
    let (before, after) = text.rsplit_once(')')?;
    let (_, name) = before.split_once('(')?;
    let fields: Vec<&str> = after.split_ascii_whitespace().collect();
    let number = |index: usize| fields.get(index).and_then(|field| field.parse::<i64>().ok());
    let small = |index: usize| number(index).and_then(|number| i32::try_from(number).ok());
    Some(Status {
        name: name.to_owned(),
        state: fields.first()?.chars().next()?,
        parent: small(1)?,
        group: small(2)?,
        leader: small(3)?,
        terminal: device(number(4)?),
        in_front: small(5)?,
        only_forked: number(6)? & ONLY_FORKED != 0,
        started: number(19).and_then(|started| u64::try_from(started).ok())?,
    })
}

/// The number of a terminal as files have it. `stat` has the minor number in bits 31 to 20 and 7 to 0, the major number in bits
/// 15 to 8.
fn device(terminal: i64) -> u64 {
    let terminal = terminal as u32;
    if terminal == 0 {
        return 0;
    }
    let (major, minor) = (terminal >> 8 & 0xfff, terminal & 0xff | terminal >> 12 & 0xf_ff00);
    rustix::fs::makedev(major, minor)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::process::{Command, Stdio};
    use std::time::Duration;

    use super::*;

    #[test]
    fn arguments_that_are_too_long_are_known_to_be_incomplete() {
        for (count, whole) in [(1, true), (40_000, false)] {
            let mut child =
                Command::new("sleep").args(vec!["60"; count]).stderr(Stdio::null()).spawn().unwrap();
            // Until it runs the other program.
            let process = loop {
                let folder = Folder::open(child.id().cast_signed()).unwrap();
                match folder.process() {
                    Some((process, _)) if process.name == "sleep" && process.arguments.len() > 1 => {
                        break process;
                    }
                    _ => std::thread::sleep(Duration::from_millis(5)),
                }
            };
            child.kill().unwrap();
            child.wait().unwrap();
            assert_eq!(process.known_arguments().is_some(), whole, "{count}");
            assert_eq!(process.arguments[..2], ["sleep", "60"]);
        }
    }

    #[test]
    fn a_process_that_becomes_another_program_is_not_known_to_have_no_arguments() {
        assert!(arguments(b"").1, "a shell without arguments would be a prompt");
        assert_eq!(arguments(b"bash\0"), (vec!["bash".to_owned()], false));
        assert_eq!(arguments(b"a\0b\0\0"), (vec!["a".to_owned(), "b".to_owned(), String::new()], false));
        assert_eq!(arguments(b"title").0, ["title"]);
    }

    #[test]
    fn a_name_with_parentheses_and_spaces_moves_no_field() {
        let line = "42 (a) R 1 (b) S 7 8 9 34817 8 4194368 0 0 0 0 0 0 0 0 20 0 1 0 1234 0";
        let read = status(line).unwrap();
        assert_eq!((read.name.as_str(), read.parent, read.group, read.leader), ("a) R 1 (b", 7, 8, 9));
        assert_eq!((read.terminal, read.in_front, read.started), (rustix::fs::makedev(136, 1), 8, 1234));
        assert!(read.only_forked);
    }
}

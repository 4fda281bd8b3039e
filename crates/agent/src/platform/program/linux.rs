//! Linux: what `/proc/PID/exe` leads to, the namespaces of a process, and its ancestors.

#![allow(unsafe_code)]

use std::ffi::OsString;
use std::fs::File;
use std::io::Read as _;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use rustix::fs::{AtFlags, Mode, OFlags, Stat};
use rustix::process::{Pid, PidfdFlags};
use tokio::io::unix::AsyncFd;

use super::{FileId, Process, ProcessId, Program, Stamp, is_mounted_by_users, opened};

/// What a container has of its own: files, users and their rights, processes.
const NAMESPACES: [&str; 3] = ["ns/mnt", "ns/user", "ns/pid"];
/// Those of this process, which never change.
static OWN_NAMESPACES: LazyLock<[Option<FileId>; 3]> = LazyLock::new(|| {
    let own = open(rustix::fs::CWD, Path::new("/proc/self"), OFlags::PATH | OFlags::DIRECTORY);
    NAMESPACES.map(|name| own.as_ref().and_then(|own| file_in(own.as_fd(), name)).as_ref().map(id))
});
/// So many ancestors are looked at.
const DEEPEST: usize = 64;
/// How often Abide checks a process whose end the system does not report.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So much of the arguments is read, in bytes. Linux allows megabytes of them.
const ARGUMENTS: u64 = 64 << 10;

/// A process that has connected, held so that its number cannot come to mean another one.
#[derive(Debug)]
pub(crate) struct Connected {
    folder: Folder,
    /// What tells whether it still runs.
    held: Option<OwnedFd>,
}

impl Connected {
    /// The process at the other end of a socket. `process` is its number, as the socket tells it.
    pub(crate) fn of(socket: &impl AsFd, process: i32) -> Option<Self> {
        let held = peer_process(socket.as_fd())
            .or_else(|| rustix::process::pidfd_open(Pid::from_raw(process)?, PidfdFlags::empty()).ok());
        let folder = Folder::open(process)?;
        let connected = Self { folder, held };
        // It still runs, so the folder is its own and not that of a later process with the same number.
        connected.runs().then_some(connected)
    }

    fn runs(&self) -> bool {
        self.held.as_ref().is_none_or(runs) && self.folder.status().is_some()
    }

    /// The process.
    pub(crate) fn id(&self) -> Option<ProcessId> {
        let started = self.folder.status()?.started;
        self.runs().then_some(ProcessId { number: self.folder.number, started })
    }

    /// Returns once the process has ended.
    pub(crate) async fn ended(&self) {
        let held = self.held.as_ref().and_then(|held| held.try_clone().ok());
        // SAFETY: an owned descriptor names the same process until it is dropped, and the `AsyncFd` owns it.
        let held = held.and_then(|held| unsafe { AsyncFd::register(held) }.ok());
        if let Some(held) = held
            && held.readable().await.is_ok()
        {
            return;
        }
        while self.runs() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Its program as it is now: it may have become another one since it connected.
    pub(crate) fn program(&self) -> Option<Program> {
        let program = self.folder.program()?;
        // Read twice, so that no half of it belongs to another program.
        (self.runs() && self.folder.program()? == program).then_some(program)
    }

    /// Whether the program that the process runs now has opened its end of this connection: it may have become another one
    /// between connecting and now. Yes if the kernel does not tell.
    pub(crate) fn has_opened(&self, socket: &impl AsFd) -> bool {
        let opened = opened::is_opened_by_program(socket.as_fd(), self.folder.number);
        self.runs() && opened != Some(false)
    }

    /// The process as it is now, then its ancestors. Ends where one cannot be looked at.
    pub(crate) fn lineage(&self) -> Vec<Process> {
        let found = lineage(&self.folder);
        if self.runs() { found } else { Vec::new() }
    }
}

/// A process, and its ancestors.
pub(super) fn lineage_of(number: i32) -> Vec<Process> {
    Folder::open(number).map(|folder| lineage(&folder)).unwrap_or_default()
}

fn lineage(folder: &Folder) -> Vec<Process> {
    let mut found: Vec<Process> = Vec::new();
    let Some((first, mut parent)) = folder.process() else { return found };
    found.push(first);
    while parent > 0 && found.len() < DEEPEST {
        let Some(folder) = Folder::open(parent) else { break };
        let Some((process, next)) = folder.process() else { break };
        let Some(child) = found.last() else { break };
        // Who has started a process was there before it, and still is its parent. Otherwise the number means another
        // process by now.
        let still = Folder::open(child.id.number).and_then(|folder| folder.status());
        let still = still.is_some_and(|now| now.started == child.id.started && now.parent == parent);
        if process.id.started > child.id.started || !still {
            break;
        }
        found.push(process);
        parent = next;
    }
    found
}

/// Whether the lineage of a process ends with it, because its ancestors are not looked at.
pub(crate) const fn ends_here() -> bool {
    false
}

/// Whether a process still runs.
pub(crate) fn is_running(process: ProcessId) -> bool {
    let now = Folder::open(process.number).and_then(|folder| folder.status());
    now.is_some_and(|now| now.started == process.started && now.state != 'Z')
}

/// The number of the process that has started another one, as far as it is still there.
pub(super) fn parent_of(number: i32) -> Option<i32> {
    Some(Folder::open(number)?.status()?.parent)
}

/// The process group of a process.
pub(super) fn group_of(number: i32) -> Option<i32> {
    Some(Folder::open(number)?.status()?.group)
}

/// The file of this program, also after another one has taken its place under its name.
pub(super) fn this_file(_: &Path) -> &'static Path {
    Path::new("/proc/self/exe")
}

/// `/proc/PID`, held open: it keeps naming the same process.
#[derive(Debug)]
struct Folder {
    number: i32,
    folder: OwnedFd,
}

/// What `/proc/PID/stat` says (proc_pid_stat(5)).
struct Status {
    name: String,
    state: char,
    parent: i32,
    group: i32,
    leader: i32,
    terminal: u64,
    in_front: i32,
    started: u64,
}

impl Folder {
    fn open(number: i32) -> Option<Self> {
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

    fn status(&self) -> Option<Status> {
        status(&String::from_utf8_lossy(&self.read("stat", 4096)?))
    }

    /// The process, and the number of its parent.
    fn process(&self) -> Option<(Process, i32)> {
        let user = self.user()?;
        let before = self.status()?;
        let file = self.file("exe");
        let program = self.program();
        let arguments = self.read("cmdline", ARGUMENTS + 1).unwrap_or_default();
        let arguments_cut = arguments.len() as u64 > ARGUMENTS;
        let arguments = arguments
            .split(|byte| *byte == 0)
            .map(|argument| String::from_utf8_lossy(argument).into_owned())
            .collect::<Vec<_>>();
        let arguments = match arguments.split_last() {
            Some((last, rest)) if last.is_empty() => rest.to_vec(),
            _ => arguments,
        };
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
        };
        Some((process, after.parent))
    }

    /// The user that it runs as. The owner of the folder would not do: a process that hides itself has a folder of root's.
    fn user(&self) -> Option<u32> {
        let text = String::from_utf8(self.read("status", 4096)?).ok()?;
        let users = text.lines().find_map(|line| line.strip_prefix("Uid:"))?;
        users.split_ascii_whitespace().nth(1)?.parse().ok()
    }

    fn program(&self) -> Option<Program> {
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

/// The process that has connected, from the kernel itself (`SO_PEERPIDFD`, since Linux 6.5).
fn peer_process(socket: BorrowedFd<'_>) -> Option<OwnedFd> {
    let mut descriptor: libc::c_int = -1;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the socket is open for as long as it is borrowed; the number and its length belong together and outlive the call.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERPIDFD,
            (&raw mut descriptor).cast(),
            &raw mut length,
        )
    };
    // SAFETY: the kernel has just opened this descriptor for us, and nothing else knows its number.
    (result == 0 && descriptor >= 0).then(|| unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// A descriptor of a process becomes readable when it ends.
fn runs(process: &OwnedFd) -> bool {
    let mut polled = libc::pollfd { fd: process.as_raw_fd(), events: libc::POLLIN, revents: 0 };
    // SAFETY: the descriptor is open for as long as it is borrowed, and the one entry outlives the call, which does not wait.
    unsafe { libc::poll(&raw mut polled, 1, 0) == 0 }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout)]
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::process::{Command, Stdio};

    use super::*;
    use crate::platform::program::{file_id, is_ours, starts};

    /// Names the socket that a copy of this test is to connect to.
    const CONNECT: &str = "ABIDE_TEST_CONNECT";

    /// Whether that copy closes itself to others first, and opens again.
    const CLOSED: &str = "ABIDE_TEST_CLOSED";

    /// Connects where it is told and stays until it is turned away; does nothing as a test of its own.
    #[test]
    fn connects_where_it_is_told() {
        if let Some(path) = std::env::var_os(CONNECT) {
            match std::env::var(CLOSED).as_deref() {
                Ok("becomes another program") => become_another_program(&path),
                Ok("closed") => crate::platform::harden(),
                Ok(_) => {
                    crate::platform::harden();
                    crate::platform::show_program();
                }
                Err(_) => {}
            }
            let mut stream = UnixStream::connect(path).unwrap();
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    }

    /// Connects, and after a byte it is `sleep`, with the same connection.
    fn become_another_program(path: &std::ffi::OsStr) {
        use std::io::Read as _;
        use std::os::unix::process::CommandExt as _;
        let mut stream = UnixStream::connect(path).unwrap();
        rustix::io::fcntl_setfd(&stream, rustix::io::FdFlags::empty()).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        panic!("{}", Command::new("sleep").arg("60").exec());
    }

    #[test]
    fn a_process_that_has_become_another_program_since_it_connected_is_that_program() {
        use std::io::Write as _;
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["platform::program::system::tests::connects_where_it_is_told", "--exact"])
            .env(CONNECT, &socket)
            .env(CLOSED, "becomes another program")
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (mut stream, _) = listener.accept().unwrap();
        let peer = rustix::net::sockopt::socket_peercred(&stream).unwrap();
        let connected = Connected::of(&stream, peer.pid.as_raw_nonzero().get()).unwrap();
        assert!(is_ours(&connected.program().unwrap()), "as it has connected");
        stream.write_all(b"x").unwrap();
        let is_sleep = || connected.lineage().first().is_some_and(|process| process.label() == "sleep");
        let until = std::time::Instant::now() + Duration::from_secs(10);
        while !is_sleep() && std::time::Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(is_sleep() && !is_ours(&connected.program().unwrap()), "{:?}", connected.program());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// What is found of this test's program when it is started by a shell with these lines, where `$SELF` is its path, `$COPY`
    /// that of a copy, and `"$@"` its arguments. Otherwise why it could not be.
    fn found_when_run_by(before: &[&str], lines: &str) -> Result<Program, String> {
        looked_at_when_run_by(before, lines).map(|found| found.unwrap())
    }

    fn looked_at_when_run_by(before: &[&str], lines: &str) -> Result<Option<Program>, String> {
        let folder = tempfile::tempdir().unwrap();
        let (socket, this) = (folder.path().join("socket"), std::env::current_exe().unwrap());
        let copy = folder.path().join("copy");
        std::fs::copy(&this, &copy).unwrap();
        let listener = UnixListener::bind(&socket).unwrap();
        let words = [
            "sh",
            "-c",
            lines,
            "sh",
            "platform::program::system::tests::connects_where_it_is_told",
            "--exact",
        ];
        let mut words = before.iter().chain(&words);
        let mut child = Command::new(words.next().unwrap())
            .args(words)
            .env(CONNECT, &socket)
            .env("SELF", &this)
            .env("COPY", &copy)
            .env("JAIL", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| error.to_string())?;
        listener.set_nonblocking(true).unwrap();
        let stream = loop {
            if let Ok((stream, _)) = listener.accept() {
                break stream;
            }
            if child.try_wait().unwrap().is_some() {
                return Err(String::from_utf8_lossy(&child.wait_with_output().unwrap().stderr).into_owned());
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        let peer = rustix::net::sockopt::socket_peercred(&stream).unwrap();
        let found = Connected::of(&stream, peer.pid.as_raw_nonzero().get()).and_then(|peer| peer.program());
        drop(stream);
        child.wait().unwrap();
        Ok(found)
    }

    #[test]
    fn a_program_is_known_by_its_file() {
        let this = found_when_run_by(&[], "exec \"$SELF\" \"$@\"").unwrap();
        assert!(is_ours(&this) && !this.contained, "{this:?}");
        let copy = found_when_run_by(&[], "exec \"$COPY\" \"$@\"").unwrap();
        assert!(!is_ours(&copy), "{copy:?}");
        assert_ne!(Some(copy.id), file_id(&this.path));
        assert!(starts(&this, Some(&this.path)) && !starts(&copy, Some(&this.path)) && !starts(&this, None));
    }

    /// As a second start of the agent does that asks the first for its window.
    #[test]
    fn a_process_that_is_closed_to_others_can_show_its_program_again() {
        if rustix::process::geteuid().is_root() {
            println!(
                "skipped: a_process_that_is_closed_to_others_can_show_its_program_again: root sees every program"
            );
            return;
        }
        let closed = "export ABIDE_TEST_CLOSED=closed; exec \"$SELF\" \"$@\"";
        assert_eq!(looked_at_when_run_by(&[], closed).unwrap(), None, "any program could be it");
        let open = "export ABIDE_TEST_CLOSED=shown; exec \"$SELF\" \"$@\"";
        assert!(is_ours(&found_when_run_by(&[], open).unwrap()));
    }

    #[test]
    fn another_program_under_our_path_is_not_ours() {
        let lines = "mount --bind \"$COPY\" \"$SELF\" && exec \"$SELF\" \"$@\"";
        match found_when_run_by(&["unshare", "-Urm"], lines) {
            Ok(program) => {
                assert_eq!(program.path, std::env::current_exe().unwrap(), "the path says that it is");
                assert!(!is_ours(&program), "{program:?}");
            }
            Err(why) => println!("skipped: another_program_under_our_path_is_not_ours: {why}"),
        }
    }

    #[test]
    fn our_own_program_in_a_container_is_not_ours() {
        for namespaces in ["-Urm", "-Ur", "-Urpf"] {
            match found_when_run_by(&["unshare", namespaces], "exec \"$SELF\" \"$@\"") {
                Ok(program) => assert!(program.contained && !is_ours(&program), "{namespaces}: {program:?}"),
                Err(why) => println!("skipped: our_own_program_in_a_container_is_not_ours: {why}"),
            }
        }
    }

    #[test]
    fn the_ancestors_of_a_process_are_found_with_what_they_run() {
        let (mine, theirs) = UnixStream::pair().unwrap();
        drop(theirs);
        let this = Connected::of(&mine, std::process::id().cast_signed()).unwrap();
        let lineage = this.lineage();
        assert_eq!(lineage[0].id.number, std::process::id().cast_signed());
        assert_eq!(lineage[0].arguments, std::env::args().collect::<Vec<_>>());
        assert_eq!(lineage[1].id.number, std::os::unix::process::parent_id().cast_signed());
        assert!(lineage.iter().is_sorted_by(|child, parent| child.id.started >= parent.id.started));
        assert!(is_running(lineage[0].id));
        let reused = ProcessId { started: lineage[0].id.started + 1, ..lineage[0].id };
        assert!(!is_running(reused), "a later process with the same number is another one");
    }

    #[test]
    fn arguments_that_are_too_long_are_known_to_be_incomplete() {
        for (count, whole) in [(1, true), (40_000, false)] {
            let mut child =
                Command::new("sleep").args(vec!["60"; count]).stderr(Stdio::null()).spawn().unwrap();
            // Until it runs the other program.
            let process = loop {
                let folder = Folder::open(child.id().cast_signed()).unwrap();
                match folder.process() {
                    Some((process, _)) if process.name == "sleep" => break process,
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
    fn a_name_with_parentheses_and_spaces_moves_no_field() {
        let line = "42 (a) R 1 (b) S 7 8 9 34817 8 0 0 0 0 0 0 0 0 0 20 0 1 0 1234 0";
        let read = status(line).unwrap();
        assert_eq!((read.name.as_str(), read.parent, read.group, read.leader), ("a) R 1 (b", 7, 8, 9));
        assert_eq!((read.terminal, read.in_front, read.started), (rustix::fs::makedev(136, 1), 8, 1234));
    }
}

//! Linux: the process at the other end of a socket, held so that it stays the same one.

#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags};
use tokio::io::unix::AsyncFd;

use super::folder::Folder;
use super::lineage::lineage;
use super::{Process, ProcessId, Program, opened};

/// How often Abide checks a process whose end the system does not report.
const LOOK_EVERY: Duration = Duration::from_secs(1);

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
        let held = match peer_process(socket.as_fd()) {
            Ok(held) => Some(held),
            // An older kernel. For any other reason the process has gone, and its number may be that of another one.
            Err(error) if error.raw_os_error() == Some(libc::ENOPROTOOPT) => {
                rustix::process::pidfd_open(Pid::from_raw(process)?, PidfdFlags::empty()).ok()
            }
            Err(_) => return None,
        };
        let folder = Folder::open(process)?;
        let connected = Self { folder, held };
        // It still runs, so the folder is its own and not that of a later process with the same number.
        connected.runs().then_some(connected)
    }

    /// Whether this process has made that connection, too. `process` is the number that the socket tells. Both are seen running, and
    /// no two processes that run have one number. `false` if the kernel does not tell.
    pub(crate) fn has_connected(&self, socket: &impl AsFd, process: i32) -> bool {
        process == self.folder.number
            && peer_process(socket.as_fd()).is_ok_and(|other| runs(&other))
            && self.held.is_some()
            && self.runs()
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

/// The process that has connected, from the kernel itself (`SO_PEERPIDFD`, since Linux 6.5).
fn peer_process(socket: BorrowedFd<'_>) -> std::io::Result<OwnedFd> {
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
    if result != 0 || descriptor < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: the kernel has just opened this descriptor for us, and nothing else knows its number.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
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

    #[test]
    fn a_connection_is_that_of_a_known_process_only_if_that_process_has_made_it() {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["platform::program::system::tests::connects_where_it_is_told", "--exact"])
            .env(CONNECT, &socket)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let (of_child, _) = listener.accept().unwrap();
        let (number, own) = (child.id().cast_signed(), std::process::id().cast_signed());
        if peer_process(of_child.as_fd()).is_err() {
            println!("skipped: connections: the kernel does not tell their process");
            child.kill().unwrap();
            child.wait().unwrap();
            return;
        }
        let connected = Connected::of(&of_child, number).unwrap();
        assert!(connected.has_connected(&of_child, number));
        let _ours = UnixStream::connect(&socket).unwrap();
        let (of_ours, _) = listener.accept().unwrap();
        assert!(!connected.has_connected(&of_ours, own), "another process");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!connected.has_connected(&of_child, number), "its number may be that of another process now");
        assert!(!connected.has_connected(&of_ours, number), "as if that other process had its number");
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
        // Not by this process: what it has open to write, a child of another thread has for a moment, and it cannot be run (ETXTBSY).
        assert!(Command::new("cp").arg(&this).arg(&copy).status().unwrap().success());
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

    /// `chroot` puts another file at our path without a mount. In a namespace of users everyone may do that.
    #[test]
    fn another_program_at_our_path_in_another_root_folder_is_not_ours() {
        let lines = r#"root="$JAIL/root"
            for file in "$SELF" "$ABIDE_TEST_CONNECT" $(ldd "$SELF" | grep -o '/[^ ]*'); do
                mkdir -p "$root$(dirname "$file")"
            done
            ln "$COPY" "$root$SELF" && ln "$ABIDE_TEST_CONNECT" "$root$ABIDE_TEST_CONNECT" || exit 1
            for file in $(ldd "$SELF" | grep -o '/[^ ]*'); do cp "$file" "$root$file"; done
            exec chroot "$root" "$SELF" "$@""#;
        for namespaces in ["-Urm", "-Ur"] {
            match found_when_run_by(&["unshare", namespaces], lines) {
                Ok(program) => {
                    let path = std::env::current_exe().unwrap();
                    assert!(program.path.ends_with(path.strip_prefix("/").unwrap()), "{program:?}");
                    assert!(!is_ours(&program), "{namespaces}: {program:?}");
                }
                Err(why) => {
                    println!(
                        "skipped: another_program_at_our_path_in_another_root_folder_is_not_ours: {why}"
                    );
                }
            }
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
}

//! Linux: what `/proc/PID/exe` leads to, and the namespaces of the process.

#![allow(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::process::{Pid, PidfdFlags};

use super::{FileId, Program};

/// What a container has of its own: files, users and their rights, processes.
const NAMESPACES: [&str; 3] = ["ns/mnt", "ns/user", "ns/pid"];

/// The program at the other end of a socket. `process` is its number, as the socket tells it.
pub(crate) fn of_peer(socket: &impl AsFd, process: i32) -> Option<Program> {
    // Held open, it goes on to mean this process; its number may come to mean another one.
    let held = peer_process(socket.as_fd())
        .or_else(|| rustix::process::pidfd_open(Pid::from_raw(process)?, PidfdFlags::empty()).ok());
    let folder = open(rustix::fs::CWD, Path::new(&format!("/proc/{process}")), OFlags::DIRECTORY)?;
    // It still runs, so the folder is its own and not that of a later process with the same number.
    if held.is_some_and(|held| !runs(&held)) {
        return None;
    }
    of_process(folder.as_fd())
}

fn of_process(folder: BorrowedFd<'_>) -> Option<Program> {
    let id = file_in(folder, "exe")?;
    let path = rustix::fs::readlinkat(folder, "exe", Vec::new()).ok()?;
    let own = open(rustix::fs::CWD, Path::new("/proc/self"), OFlags::DIRECTORY)?;
    let contained = NAMESPACES.iter().any(|name| {
        let theirs = file_in(folder, name);
        theirs.is_none() || theirs != file_in(own.as_fd(), name)
    });
    let path =
        PathBuf::from(<std::ffi::OsString as std::os::unix::ffi::OsStringExt>::from_vec(path.into_bytes()));
    Some(Program { path, id, contained })
}

/// The file of this program, also after another one has taken its place under its name.
pub(super) fn this_file(_: &Path) -> &'static Path {
    Path::new("/proc/self/exe")
}

fn open(at: BorrowedFd<'_>, path: &Path, flags: OFlags) -> Option<OwnedFd> {
    rustix::fs::openat(at, path, OFlags::PATH | OFlags::CLOEXEC | flags, Mode::empty()).ok()
}

/// What a link of `/proc/PID` leads to, not what it says.
fn file_in(folder: BorrowedFd<'_>, name: &str) -> Option<FileId> {
    let file = rustix::fs::statat(folder, name, AtFlags::empty()).ok()?;
    Some((file.st_dev, file.st_ino))
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
    use crate::platform::program::file_id;

    /// Names the socket that a copy of this test is to connect to.
    const CONNECT: &str = "ABIDE_TEST_CONNECT";

    /// Connects where it is told and stays until it is turned away; does nothing as a test of its own.
    #[test]
    fn connects_where_it_is_told() {
        if let Some(path) = std::env::var_os(CONNECT) {
            let mut stream = UnixStream::connect(path).unwrap();
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    }

    /// What is found of this test's program when it is started by a shell with these lines, where `$SELF` is its path, `$COPY`
    /// that of a copy, and `"$@"` its arguments. Otherwise why it could not be.
    fn found_when_run_by(before: &[&str], lines: &str) -> Result<Program, String> {
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
        let found = of_peer(&stream, peer.pid.as_raw_nonzero().get());
        drop(stream);
        child.wait().unwrap();
        Ok(found.unwrap())
    }

    #[test]
    fn a_program_is_known_by_its_file() {
        let this = found_when_run_by(&[], "exec \"$SELF\" \"$@\"").unwrap();
        assert!(this.is_ours() && !this.contained, "{this:?}");
        let copy = found_when_run_by(&[], "exec \"$COPY\" \"$@\"").unwrap();
        assert!(!copy.is_ours(), "{copy:?}");
        assert_ne!(Some(copy.id), file_id(&this.path));
    }

    #[test]
    fn another_program_under_our_path_is_not_ours() {
        let lines = "mount --bind \"$COPY\" \"$SELF\" && exec \"$SELF\" \"$@\"";
        match found_when_run_by(&["unshare", "-Urm"], lines) {
            Ok(program) => {
                assert_eq!(program.path, std::env::current_exe().unwrap(), "the path says that it is");
                assert!(!program.is_ours(), "{program:?}");
            }
            Err(why) => println!("skipped: another_program_under_our_path_is_not_ours: {why}"),
        }
    }

    #[test]
    fn our_own_program_in_a_container_is_not_ours() {
        for namespaces in ["-Urm", "-Ur", "-Urpf"] {
            match found_when_run_by(&["unshare", namespaces], "exec \"$SELF\" \"$@\"") {
                Ok(program) => assert!(program.contained && !program.is_ours(), "{namespaces}: {program:?}"),
                Err(why) => println!("skipped: our_own_program_in_a_container_is_not_ours: {why}"),
            }
        }
    }
}

#![allow(unsafe_code)]

use std::fs;
use std::io::{self, Write as _};
use std::os::fd::{AsFd as _, IntoRawFd as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use zeroize::Zeroizing;

use super::LastAct;
use crate::failure::Failure;

/// A connection to the agent.
pub(crate) type Stream = UnixStream;

/// The effective user of this process.
pub(crate) fn effective_user() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The name of this computer.
pub(crate) fn host_name() -> Option<String> {
    Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
}

/// Whether what is written to standard output is lost. At its start, Rust opens the null device in the place of a closed one.
pub(crate) fn stdout_is_lost() -> bool {
    let device =
        |found: io::Result<fs::Metadata>| found.ok().map(|found| found.rdev()).filter(|device| *device != 0);
    let out = io::stdout().as_fd().try_clone_to_owned().and_then(|out| fs::File::from(out).metadata());
    device(out).is_some_and(|out| device(fs::metadata("/dev/null")) == Some(out))
}

/// Connects to the user's own agent. Sockets of other users are refused: their owner would learn the request, and could
/// return a token of their choice.
pub(crate) fn connect(socket: &Path, user: u32, patience: Duration) -> Result<Stream, Failure> {
    let foreign = |problem: String| Failure::NotOurs { socket: socket.to_owned(), problem };
    let anothers =
        |owner: u32| foreign(format!("belongs to another user (uid {owner}) and not to you (uid {user})"));
    let unreachable = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Failure::NotRunning,
        // EACCES and EPERM: a sandbox, or another user's folder. The agent may still be running.
        io::ErrorKind::PermissionDenied => Failure::Forbidden { socket: socket.to_owned(), source: error },
        _ => Failure::Transport(error),
    };
    let metadata = fs::metadata(socket).map_err(unreachable)?;
    if metadata.uid() != user {
        return Err(anothers(metadata.uid()));
    }
    if !metadata.file_type().is_socket() {
        return Err(foreign("is not a socket".to_owned()));
    }
    let stream = UnixStream::connect(socket).map_err(unreachable)?;
    // The file may have been replaced since the check; the listener at the other end cannot.
    let owner = listener(&stream).map_err(Failure::Transport)?;
    if owner != user {
        return Err(anothers(owner));
    }
    stream
        .set_read_timeout(Some(patience))
        .and_then(|()| stream.set_write_timeout(Some(patience)))
        .map_err(Failure::Transport)?;
    Ok(stream)
}

/// The user of the process that listens at the other end.
#[cfg(target_os = "linux")]
fn listener(stream: &UnixStream) -> io::Result<u32> {
    use std::os::fd::AsRawFd as _;
    // Not rustix: its type has no room for the process 0, which the kernel answers in a PID namespace without the listener.
    let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the descriptor is open for as long as `stream` is borrowed; both pointers are to local variables, and the length is
    // that of the first, which is plain data that the call fills in.
    let result = unsafe {
        libc::getsockopt(
            stream.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut peer).cast(),
            &mut length,
        )
    };
    match result {
        0 if length as usize == size_of::<libc::ucred>() => Ok(peer.uid),
        0 => Err(io::ErrorKind::InvalidData.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The user of the process that listens at the other end.
#[cfg(not(target_os = "linux"))]
fn listener(stream: &UnixStream) -> io::Result<u32> {
    use std::os::fd::AsRawFd as _;
    let (mut user, mut group) = (0, 0);
    // SAFETY: the descriptor is open for as long as `stream` is borrowed, and both pointers are to local variables of the
    // types that getpeereid(3) fills in.
    let result = unsafe { libc::getpeereid(stream.as_raw_fd(), &mut user, &mut group) };
    if result == 0 { Ok(user) } else { Err(io::Error::last_os_error()) }
}

/// Ends a connection from another thread.
pub(crate) struct HangUp(Stream);

/// The means to end this connection from another thread.
pub(crate) fn hang_up(stream: &Stream) -> Option<HangUp> {
    stream.try_clone().ok().map(HangUp)
}

impl HangUp {
    /// Ends the connection. A thread that reads from it finds its end.
    pub(crate) fn now(&self) {
        let _ = self.0.shutdown(std::net::Shutdown::Both);
    }
}

/// Removes the timeout of reads.
pub(crate) fn wait_forever(stream: &Stream) -> io::Result<()> {
    stream.set_read_timeout(None)
}

/// The offset of local time from UTC at a time (Unix seconds), in seconds.
pub(crate) fn utc_offset(at: u64) -> i32 {
    let Ok(at) = libc::time_t::try_from(at) else { return 0 };
    // SAFETY: `tm` is plain data for which all zeroes is a valid value, and localtime_r(3) writes only to it. It reads the
    // environment, which this program never changes.
    let local = unsafe {
        let mut local: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&at, &mut local).is_null() {
            return 0;
        }
        local
    };
    i32::try_from(local.tm_gmtoff).unwrap_or(0)
}

/// Replaces this process with the program: same process, same terminal, its own exit status. Returns only on failure.
pub(crate) fn become_program(command: &mut Command) -> io::Result<u8> {
    Err(command.exec())
}

/// Makes curl read a header from an inherited pipe. The pipe is written before curl reads it, so a header that does not fit
/// is refused: no server accepts one of that length.
pub(crate) fn pass_header(command: &mut Command, header: Zeroizing<Vec<u8>>) -> io::Result<()> {
    let (reader, mut writer) = io::pipe()?;
    rustix::fs::fcntl_setfl(&writer, rustix::fs::OFlags::NONBLOCK)?;
    if writer.write(&header)? < header.len() {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    rustix::io::fcntl_setfd(&reader, rustix::io::FdFlags::empty())?;
    // Stays open until curl has replaced this process.
    command.arg("--header").arg(format!("@/dev/fd/{}", reader.into_raw_fd()));
    Ok(())
}

/// Runs `last` when the user interrupts the program (Ctrl-C, a closed terminal, kill), and then lets the signal end it, so
/// that a shell sees the reason. Call it while there is only one thread, because the others inherit its mask.
pub(crate) fn before_interruption(last: LastAct) {
    // SAFETY: both are plain data for which all zeroes is a valid value; every pointer is to a local variable of the type
    // that the call reads or fills in, and a null action only asks.
    let signals = unsafe {
        let mut signals: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut signals);
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            let mut action: libc::sigaction = std::mem::zeroed();
            // A signal that the caller has disabled (nohup) stays disabled.
            let asked = libc::sigaction(signal, std::ptr::null(), &mut action);
            if asked == 0 && action.sa_sigaction == libc::SIG_DFL {
                libc::sigaddset(&mut signals, signal);
            }
        }
        // Blocked, so that no signal is lost before the thread below waits for it.
        if libc::pthread_sigmask(libc::SIG_BLOCK, &signals, std::ptr::null_mut()) != 0 {
            return;
        }
        signals
    };
    std::thread::spawn(move || {
        let mut signal = 0;
        // SAFETY: the set was made above; the number is written to a local variable.
        if unsafe { libc::sigwait(&signals, &mut signal) } != 0 {
            return;
        }
        super::interrupted();
        last(&mut io::stderr());
        // SAFETY: takes no pointers but the one to the set. The signal has its default action, which ends the process.
        unsafe {
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &signals, std::ptr::null_mut());
            libc::raise(signal);
        }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_listener_of_our_own_socket_is_us() {
        let (one, _other) = UnixStream::pair().unwrap();
        assert_eq!(listener(&one).unwrap(), effective_user());
    }
}

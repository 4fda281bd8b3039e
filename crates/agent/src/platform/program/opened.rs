//! Whether the program that a process runs now has opened the other end of a connection itself. A process can connect and then
//! become another program, which keeps the socket only without `FD_CLOEXEC`. `abide` sets that flag on each socket.

use std::io;
use std::os::fd::BorrowedFd;
use std::path::Path;

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
/// `UDIAG_SHOW_PEER` (linux/unix_diag.h).
const SHOW_PEER: u32 = 4;
/// `UNIX_DIAG_PEER`.
const PEER: u16 = 2;
/// The length of `struct nlmsghdr` and `struct unix_diag_msg`.
const HEAD: usize = 32;
/// `O_CLOEXEC` as `/proc/PID/fdinfo` shows it.
const CLOSED_ON_EXEC: u32 = 0o2_000_000;

/// `None` if the system does not tell.
pub(super) fn is_opened_by_program(socket: BorrowedFd<'_>, process: i32) -> Option<bool> {
    let own = u32::try_from(rustix::fs::fstat(socket).ok()?.st_ino).ok()?;
    let link = format!("socket:[{}]", peer(own).ok().flatten()?);
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).ok()?.flatten();
    let is_the_socket = |path: &Path| std::fs::read_link(path).is_ok_and(|target| target == Path::new(&link));
    let mut open = files.filter(|file| is_the_socket(&file.path()));
    Some(open.any(|file| is_closed_on_exec(process, &file.file_name().to_string_lossy())))
}

fn is_closed_on_exec(process: i32, file: &str) -> bool {
    let text = std::fs::read_to_string(format!("/proc/{process}/fdinfo/{file}")).unwrap_or_default();
    let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
    flags
        .and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok())
        .is_some_and(|flags| flags & CLOSED_ON_EXEC != 0)
}

/// The inode of the socket that the one with this inode is connected to (sock_diag(7)). The kernel answers before the sending
/// returns, so nothing waits.
fn peer(inode: u32) -> io::Result<Option<u32>> {
    let kernel = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    rustix::net::connect(&kernel, &netlink::SocketAddrNetlink::new(0, 0))?;
    rustix::net::send(&kernel, &request(inode), SendFlags::empty())?;
    let mut buffer = [0_u8; 1024];
    let (_, length) = rustix::net::recv(&kernel, &mut buffer[..], RecvFlags::DONTWAIT)?;
    Ok(buffer.get(..length).and_then(|message| peer_in(message, inode)))
}

/// `struct nlmsghdr` and `struct unix_diag_req`.
fn request(inode: u32) -> Vec<u8> {
    let mut message = Vec::with_capacity(40);
    message.extend(40_u32.to_ne_bytes());
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([AddressFamily::UNIX.as_raw().to_le_bytes()[0], 0, 0, 0]);
    message.extend(u32::MAX.to_ne_bytes());
    message.extend(inode.to_ne_bytes());
    message.extend(SHOW_PEER.to_ne_bytes());
    // No cookie is known.
    message.extend([0xff; 8]);
    message
}

/// The attribute with the peer, behind `struct unix_diag_msg` of this socket.
fn peer_in(message: &[u8], inode: u32) -> Option<u32> {
    let short = |from: usize| message.get(from..from + 2)?.try_into().ok().map(u16::from_ne_bytes);
    let number = |from: usize| message.get(from..from + 4)?.try_into().ok().map(u32::from_ne_bytes);
    if short(4)? != SOCK_DIAG_BY_FAMILY || number(20)? != inode {
        return None;
    }
    let mut at = HEAD;
    while let (Some(length), Some(kind)) = (short(at), short(at + 2)) {
        if kind == PEER {
            return number(at + 4);
        }
        // Attributes begin at multiples of four.
        at += usize::from(length).max(4).next_multiple_of(4);
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::print_stdout)]
    use std::os::fd::AsFd as _;
    use std::os::unix::net::{UnixListener, UnixStream};
    use std::process::Command;

    use rustix::io::{FdFlags, fcntl_setfd};

    use super::*;

    #[test]
    fn a_socket_that_is_kept_over_exec_is_not_the_new_programs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let listener = UnixListener::bind(&path).unwrap();
        let client = UnixStream::connect(&path).unwrap();
        let (ours, _) = listener.accept().unwrap();
        let this = std::process::id().cast_signed();
        if is_opened_by_program(ours.as_fd(), this).is_none() {
            println!(
                "skipped: a_socket_that_is_kept_over_exec_is_not_the_new_programs: the kernel has no unix_diag"
            );
            return;
        }
        let opened = |process| is_opened_by_program(ours.as_fd(), process);
        assert_eq!(opened(this), Some(true));
        fcntl_setfd(&client, FdFlags::empty()).unwrap();
        let mut kept = Command::new("sleep").arg("60").spawn().unwrap();
        fcntl_setfd(&client, FdFlags::CLOEXEC).unwrap();
        let mut other = Command::new("sleep").arg("60").spawn().unwrap();
        // A process can be looked at a moment after its `exec`.
        let seen = |child: &std::process::Child| {
            let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
            loop {
                match opened(child.id().cast_signed()) {
                    None if std::time::Instant::now() < until => std::thread::yield_now(),
                    found => return found,
                }
            }
        };
        assert_eq!(seen(&kept), Some(false), "it has come with the exec");
        assert_eq!(seen(&other), Some(false), "it has none");
        for child in [&mut kept, &mut other] {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        drop(client);
        assert_ne!(opened(this), Some(true), "it is closed");
    }
}

//! Windows: the table of connections has the process of each, and a process has a user.

#![allow(unsafe_code)]

use std::net::{IpAddr, SocketAddr};

use windows_sys::Win32::Foundation::{CloseHandle, ERROR_INSUFFICIENT_BUFFER, HANDLE};
use windows_sys::Win32::NetworkManagement::IpHelper::{
    GetExtendedTcpTable, MIB_TCP6ROW_OWNER_PID, MIB_TCPROW_OWNER_PID, TCP_TABLE_OWNER_PID_CONNECTIONS,
};
use windows_sys::Win32::Networking::WinSock::{AF_INET, AF_INET6};
use windows_sys::Win32::Security::{EqualSid, GetTokenInformation, TOKEN_QUERY, TOKEN_USER, TokenUser};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, OpenProcess, OpenProcessToken, PROCESS_QUERY_LIMITED_INFORMATION,
};

use super::{TcpPeer, canonical};

pub(super) fn tcp_peer(own: SocketAddr, peer: SocketAddr) -> TcpPeer {
    let Some(process) = process(peer, own) else { return TcpPeer::Gone };
    // A process that may not be opened belongs to another user.
    match (user_of(Some(process)), user_of(None)) {
        (Some(theirs), Some(ours)) if theirs.same(&ours) => TcpPeer::Own,
        (_, None) => TcpPeer::Unknown,
        _ => TcpPeer::Other(None),
    }
}

pub(super) fn listening_user(_address: SocketAddr) -> Option<u32> {
    None
}

/// The process whose socket is bound to `at` and connected to `to`.
fn process(at: SocketAddr, to: SocketAddr) -> Option<u32> {
    let port = |number: u32| u16::from_be((number & 0xffff) as u16);
    let address = |ip: IpAddr, number: u32| canonical(SocketAddr::new(ip, port(number)));
    let v4 = rows::<MIB_TCPROW_OWNER_PID>(u32::from(AF_INET)).into_iter().map(|row| {
        let ip = |number: u32| IpAddr::from(number.to_ne_bytes());
        let own = address(ip(row.dwLocalAddr), row.dwLocalPort);
        (own, address(ip(row.dwRemoteAddr), row.dwRemotePort), row.dwOwningPid)
    });
    let v6 = rows::<MIB_TCP6ROW_OWNER_PID>(u32::from(AF_INET6)).into_iter().map(|row| {
        let own = address(IpAddr::from(row.ucLocalAddr), row.dwLocalPort);
        (own, address(IpAddr::from(row.ucRemoteAddr), row.dwRemotePort), row.dwOwningPid)
    });
    v4.chain(v6).find(|(own, other, _)| (*own, *other) == (at, to)).map(|(_, _, process)| process)
}

/// The rows of the table for one family. A table is a number of rows and then the rows, all of them made of numbers of
/// four bytes.
fn rows<R: Copy>(family: u32) -> Vec<R> {
    let mut words = vec![0_u32; 4096];
    for _ in 0..4 {
        let mut size = (words.len() * 4) as u32;
        // SAFETY: the buffer and its size in bytes belong together and outlive the call, which writes at most that much and
        // stores how much it wanted.
        let result = unsafe {
            GetExtendedTcpTable(
                words.as_mut_ptr().cast(),
                &raw mut size,
                0,
                family,
                TCP_TABLE_OWNER_PID_CONNECTIONS,
                0,
            )
        };
        match result {
            0 => break,
            ERROR_INSUFFICIENT_BUFFER => words.resize(size as usize / 4 + 1024, 0),
            _ => return Vec::new(),
        }
    }
    let (count, size) = (words.first().copied().unwrap_or(0) as usize, size_of::<R>() / 4);
    let all = words.get(1..).unwrap_or_default();
    all.chunks_exact(size)
        .take(count)
        // SAFETY: a chunk has as many bytes as a row, and a row is plain data of numbers and bytes for which every value is
        // valid.
        .map(|row| unsafe { row.as_ptr().cast::<R>().read_unaligned() })
        .collect()
}

/// A `TOKEN_USER`, which points into itself; in words so that it is aligned.
struct User(Vec<u64>);

impl User {
    fn same(&self, other: &Self) -> bool {
        // SAFETY: each buffer was filled with a `TOKEN_USER` by the system and is as it was, so its pointer leads to a
        // security identifier inside the same buffer, which is alive.
        unsafe {
            let (one, two) =
                (&*self.0.as_ptr().cast::<TOKEN_USER>(), &*other.0.as_ptr().cast::<TOKEN_USER>());
            EqualSid(one.User.Sid, two.User.Sid) != 0
        }
    }
}

/// The user of a process; of this one if no other is given.
fn user_of(process: Option<u32>) -> Option<User> {
    let mut token: HANDLE = std::ptr::null_mut();
    // SAFETY: every handle that was opened is checked and closed once; the token is written to a local variable.
    let opened = unsafe {
        match process {
            None => OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) != 0,
            Some(process) => {
                let process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, 0, process);
                if process.is_null() {
                    return None;
                }
                let opened = OpenProcessToken(process, TOKEN_QUERY, &raw mut token) != 0;
                CloseHandle(process);
                opened
            }
        }
    };
    if !opened {
        return None;
    }
    let (mut buffer, mut length) = (vec![0_u64; 64], 0);
    // SAFETY: the token is open and closed here; the buffer and its size in bytes belong together and outlive the call.
    let found = unsafe {
        let size = (buffer.len() * 8) as u32;
        let found = GetTokenInformation(token, TokenUser, buffer.as_mut_ptr().cast(), size, &raw mut length);
        CloseHandle(token);
        found
    };
    (found != 0).then_some(User(buffer))
}

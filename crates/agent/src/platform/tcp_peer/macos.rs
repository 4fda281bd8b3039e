//! macOS: the list of all TCP sockets, which has the user of each.

#![allow(unsafe_code)]

use std::io;
use std::net::SocketAddr;

use super::{TcpPeer, pcblist};

const NAME: &std::ffi::CStr = c"net.inet.tcp.pcblist_n";

pub(super) fn tcp_peer(own: SocketAddr, peer: SocketAddr) -> TcpPeer {
    // SAFETY: takes nothing and returns a number.
    let this_user = unsafe { libc::geteuid() };
    match list().map(|list| pcblist::user_of(&list, peer, own)) {
        Ok(Some(user)) if user == this_user => TcpPeer::Own,
        Ok(Some(user)) => TcpPeer::Other(Some(user)),
        Ok(None) => TcpPeer::Gone,
        Err(error) => {
            tracing::warn!(%error, "the system does not tell whose a connection is");
            TcpPeer::Unknown
        }
    }
}

pub(super) fn listening_user(address: SocketAddr) -> Option<u32> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (std::net::Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (std::net::Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    pcblist::user_of(&list().ok()?, address, any)
}

/// The list as it is now. It grows while it is asked for, so there is room for more than it says.
fn list() -> io::Result<Vec<u8>> {
    let mut length = 0_usize;
    // SAFETY: the name is a C string; without a buffer the call only stores a length in the number, which outlives it.
    let asked = unsafe {
        libc::sysctlbyname(NAME.as_ptr(), std::ptr::null_mut(), &raw mut length, std::ptr::null_mut(), 0)
    };
    if asked != 0 {
        return Err(io::Error::last_os_error());
    }
    let mut list = vec![0_u8; length + length / 4 + 4096];
    length = list.len();
    // SAFETY: the name is a C string; the buffer and its length belong together and outlive the call, which writes at
    // most `length` bytes and stores how many it wrote.
    let read = unsafe {
        libc::sysctlbyname(NAME.as_ptr(), list.as_mut_ptr().cast(), &raw mut length, std::ptr::null_mut(), 0)
    };
    if read != 0 {
        return Err(io::Error::last_os_error());
    }
    list.truncate(length);
    Ok(list)
}

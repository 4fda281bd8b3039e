//! Linux: asks the kernel for the one socket with these addresses (sock_diag(7)); where that is not allowed, reads
//! /proc/net/tcp.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, netlink};

use super::{TcpPeer, canonical};

const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const NLMSG_ERROR: u16 = 2;
const TCP: u8 = 6;
/// The length of `struct nlmsghdr`.
const HEADER: usize = 16;
/// `ENOENT` as a netlink error: no such socket.
const NOT_THERE: i32 = -2;

const ESTABLISHED: u8 = 1;
const LISTEN: u8 = 10;
/// States in which a program may still hold the socket: established, and the two ends closing one after the other. A socket
/// that is still connecting, or has ended, is not the other end of a connection of ours.
const CONNECTED: [u8; 6] = [ESTABLISHED, 4, 5, 8, 9, 11];

/// A socket as the kernel tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Found {
    state: u8,
    user: u32,
    /// 0 when no program holds it; the user is then 0 too, and means nothing.
    inode: u32,
}

pub(super) fn tcp_peer(own: SocketAddr, peer: SocketAddr) -> TcpPeer {
    let found = match socket(peer, own) {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "the system does not tell whose a connection is");
            return TcpPeer::Unknown;
        }
    };
    match found {
        Some(found) if found.inode == 0 || !CONNECTED.contains(&found.state) => TcpPeer::Gone,
        Some(found) if found.user == rustix::process::geteuid().as_raw() => TcpPeer::Own,
        Some(found) => TcpPeer::Other(Some(found.user)),
        None => TcpPeer::Gone,
    }
}

pub(super) fn tcp_inode(own: SocketAddr, peer: SocketAddr) -> Option<u32> {
    let found = socket(peer, own).ok().flatten()?;
    (found.inode != 0 && CONNECTED.contains(&found.state)).then_some(found.inode)
}

pub(super) fn listening_user(address: SocketAddr) -> Option<u32> {
    let any: SocketAddr = match address {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    socket(address, any).ok().flatten().filter(|found| found.state == LISTEN).map(|found| found.user)
}

/// The socket that is bound to `at` and connected to `to`.
fn socket(at: SocketAddr, to: SocketAddr) -> io::Result<Option<Found>> {
    ask(at, to).or_else(|_| in_tables(at, to))
}

/// One message to the kernel and one back. The kernel answers before the sending returns, so nothing waits.
fn ask(at: SocketAddr, to: SocketAddr) -> io::Result<Option<Found>> {
    let kernel = rustix::net::socket_with(
        AddressFamily::NETLINK,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        Some(netlink::SOCK_DIAG),
    )?;
    rustix::net::connect(&kernel, &netlink::SocketAddrNetlink::new(0, 0))?;
    rustix::net::send(&kernel, &request(at, to), SendFlags::empty())?;
    let mut buffer = [0_u8; 1024];
    let (_, length) = rustix::net::recv(&kernel, &mut buffer[..], RecvFlags::DONTWAIT)?;
    answer(buffer.get(..length).unwrap_or_default(), at, to)
}

/// `struct nlmsghdr` and `struct inet_diag_req_v2` (linux/inet_diag.h).
fn request(at: SocketAddr, to: SocketAddr) -> Vec<u8> {
    let (family, any_state) =
        (if at.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 }, u32::MAX);
    let mut message = Vec::with_capacity(72);
    message.extend(72_u32.to_ne_bytes());
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    message.extend([family.as_raw().to_le_bytes()[0], TCP, 0, 0]);
    message.extend(any_state.to_ne_bytes());
    message.extend(at.port().to_be_bytes());
    message.extend(to.port().to_be_bytes());
    message.extend(padded(at.ip()));
    message.extend(padded(to.ip()));
    message.extend(0_u32.to_ne_bytes());
    // No cookie is known.
    message.extend([0xff; 8]);
    message
}

fn padded(ip: IpAddr) -> [u8; 16] {
    match ip {
        IpAddr::V4(ip) => {
            let mut bytes = [0; 16];
            bytes[..4].copy_from_slice(&ip.octets());
            bytes
        }
        IpAddr::V6(ip) => ip.octets(),
    }
}

/// `struct inet_diag_msg`, or an error. An answer about another socket does not count: where none is connected, the kernel
/// may answer about one that listens there.
fn answer(message: &[u8], at: SocketAddr, to: SocketAddr) -> io::Result<Option<Found>> {
    let unusable = || io::Error::from(io::ErrorKind::InvalidData);
    let bytes =
        |from: usize, length: usize| message.get(HEADER + from..HEADER + from + length).ok_or_else(unusable);
    let number = |from: usize| bytes(from, 4)?.try_into().map(u32::from_ne_bytes).map_err(|_| unusable());
    let kind = message.get(4..6).and_then(|kind| kind.try_into().ok()).map(u16::from_ne_bytes);
    if kind == Some(NLMSG_ERROR) {
        return match number(0)?.cast_signed() {
            NOT_THERE => Ok(None),
            error => Err(io::Error::from_raw_os_error(error.saturating_neg())),
        };
    }
    if kind != Some(SOCK_DIAG_BY_FAMILY) {
        return Err(unusable());
    }
    let family = bytes(0, 1)?[0];
    let address = |port: usize, ip: usize| -> io::Result<SocketAddr> {
        let port = bytes(port, 2)?.try_into().map(u16::from_be_bytes).map_err(|_| unusable())?;
        let octets: [u8; 16] = bytes(ip, 16)?.try_into().map_err(|_| unusable())?;
        let ip = if u16::from(family) == AddressFamily::INET.as_raw() {
            IpAddr::from([octets[0], octets[1], octets[2], octets[3]])
        } else {
            IpAddr::from(octets)
        };
        Ok(canonical(SocketAddr::new(ip, port)))
    };
    let (state, user, inode) = (bytes(1, 1)?[0], number(64)?, number(68)?);
    let same = address(4, 8)? == at && address(6, 24)? == to;
    Ok((same || state == LISTEN).then_some(Found { state, user, inode }))
}

fn in_tables(at: SocketAddr, to: SocketAddr) -> io::Result<Option<Found>> {
    // A program may reach IPv4 through a socket for IPv6.
    let tables: &[&str] = if at.is_ipv4() { &["tcp", "tcp6"] } else { &["tcp6"] };
    let mut problem = None;
    for table in tables {
        match std::fs::read_to_string(format!("/proc/self/net/{table}")) {
            Ok(text) => {
                if let Some(found) = in_table(&text, at, to) {
                    return Ok(Some(found));
                }
            }
            // Without IPv6 there is no such table.
            Err(error) if *table == "tcp6" && error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => problem = Some(error),
        }
    }
    problem.map_or(Ok(None), Err)
}

/// A row of proc_net_tcp: number, local address, remote address, state, queues, timer, retransmits, user, timeout, inode.
fn in_table(text: &str, at: SocketAddr, to: SocketAddr) -> Option<Found> {
    text.lines().skip(1).find_map(|row| {
        let columns: Vec<&str> = row.split_ascii_whitespace().collect();
        let [_, local, remote, state, _, _, _, user, _, inode, ..] = columns[..] else { return None };
        let same = table_address(local)? == at && table_address(remote)? == to;
        let state = u8::from_str_radix(state, 16).ok()?;
        same.then(|| Some(Found { state, user: user.parse().ok()?, inode: inode.parse().ok()? }))?
    })
}

/// `0100007F:BA00`: the address in words of 32 bits as they lie in memory, the port as a number.
fn table_address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut octets = Vec::with_capacity(16);
    for word in 0..ip.len() / 8 {
        octets.extend(u32::from_str_radix(ip.get(word * 8..word * 8 + 8)?, 16).ok()?.to_ne_bytes());
    }
    let ip = match octets.len() {
        4 => IpAddr::from(<[u8; 4]>::try_from(octets).ok()?),
        16 => IpAddr::from(<[u8; 16]>::try_from(octets).ok()?),
        _ => return None,
    };
    Some(canonical(SocketAddr::new(ip, port)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn the_tables_say_the_same_as_the_kernel() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let at = listener.local_addr().unwrap();
        for host in ["127.0.0.1", "[::ffff:127.0.0.1]"] {
            let client = TcpStream::connect(format!("{host}:{}", at.port())).unwrap();
            let (_ours, peer) = listener.accept().unwrap();
            let asked = ask(peer, at).unwrap().unwrap();
            assert_eq!(in_tables(peer, at).unwrap(), Some(asked), "{host}");
            drop(client);
        }
        let any = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
        assert_eq!(ask(at, any).unwrap().unwrap().state, LISTEN);
        assert_eq!(in_tables(at, any).unwrap().unwrap().state, LISTEN);
    }

    #[test]
    fn a_row_of_the_table_is_read_whatever_its_family() {
        let text = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n\
            3: 0100007F:9C40 0100007F:B9F0 01 00000000:00000000 00:00000000 00000000  1000        0 8911 1 0\n\
            4: 0000000000000000FFFF00000100007F:9C41 0000000000000000FFFF00000100007F:B9F0 01 00000000:00000000 00:00000000 00000000  1001        0 8912 1 0\n";
        let to = "127.0.0.1:47600".parse().unwrap();
        let user = |at: &str| in_table(text, at.parse().unwrap(), to).map(|found| found.user);
        if cfg!(target_endian = "little") {
            assert_eq!(user("127.0.0.1:40000"), Some(1000));
            assert_eq!(user("127.0.0.1:40001"), Some(1001));
        }
        assert_eq!(user("127.0.0.1:40002"), None);
    }

    #[test]
    fn an_answer_that_is_cut_off_or_about_another_socket_is_not_used() {
        let (at, to) = ("127.0.0.1:40000".parse().unwrap(), "127.0.0.1:47600".parse().unwrap());
        let mut message = request(at, to);
        message.resize(HEADER + 72, 0);
        assert!(answer(&message[..40], at, to).is_err());
        message[HEADER] = 2;
        message[HEADER + 1] = ESTABLISHED;
        message[HEADER + 4..HEADER + 6].copy_from_slice(&1_u16.to_be_bytes());
        assert_eq!(answer(&message, at, to).unwrap(), None);
    }
}

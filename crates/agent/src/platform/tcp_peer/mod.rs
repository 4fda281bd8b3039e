//! Which user is at the other end of a TCP connection on this machine.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use url::{Host, Url};

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

#[cfg(any(target_os = "macos", test))]
#[cfg_attr(not(target_os = "macos"), allow(dead_code, reason = "tested on every system, used on macOS"))]
mod pcblist;

/// The user at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TcpPeer {
    /// This user.
    Own,
    /// Another user, with the uid where the system has one. Root is another user too, unless the agent is root's.
    Other(Option<u32>),
    /// The other end is closed already, or is not on this machine.
    Gone,
    /// The system did not tell.
    Unknown,
}

/// The user whose socket is bound to `peer` and connected to `own`, the address of our end.
pub(crate) fn tcp_peer(own: SocketAddr, peer: SocketAddr) -> TcpPeer {
    system::tcp_peer(canonical(own), canonical(peer))
}

/// The inode of the socket at the other end, which `/proc` lists for the process that holds it. `None` if the socket is closed, or on a
/// system without inodes of sockets.
pub(crate) fn tcp_inode(own: SocketAddr, peer: SocketAddr) -> Option<u32> {
    #[cfg(target_os = "linux")]
    return system::tcp_inode(canonical(own), canonical(peer));
    #[cfg(not(target_os = "linux"))]
    {
        let _ = (own, peer);
        None
    }
}

/// The user whose socket listens at `address`: a uid, where the system has them and tells.
pub(crate) fn listening_user(address: SocketAddr) -> Option<u32> {
    system::listening_user(canonical(address))
}

/// Whether no other user's program listens at this port of `127.0.0.1` and `::1`, as far as the system reports.
pub(crate) fn no_other_user_listens(port: u16) -> bool {
    own_user().is_none_or(|own| {
        LOCALHOST.iter().all(|ip| listening_user(SocketAddr::new(*ip, port)).is_none_or(|user| user == own))
    })
}

/// Whether a program of this user listens at this port of `127.0.0.1` or `::1`, and no other user's, as far as the system reports. A port
/// at which nobody listens can have been another user's a moment ago.
pub(crate) fn only_this_user_listens(port: u16) -> bool {
    own_user().is_none_or(|own| {
        let users: Vec<u32> =
            LOCALHOST.iter().filter_map(|ip| listening_user(SocketAddr::new(*ip, port))).collect();
        !users.is_empty() && users.iter().all(|user| *user == own)
    })
}

/// Whether a server on this computer may get a token: no other user's program listens at its address, as far as the system reports.
/// Root may: containers publish their ports with a program of root's. True for a server elsewhere.
pub(crate) fn may_get_a_token(server: &Url) -> bool {
    let Some(port) = server.port_or_known_default() else { return false };
    let addresses = match server.host() {
        Some(Host::Ipv4(ip)) => vec![IpAddr::from(ip)],
        Some(Host::Ipv6(ip)) => vec![IpAddr::from(ip)],
        Some(Host::Domain("localhost")) => LOCALHOST.to_vec(),
        Some(Host::Domain(_)) | None => return true,
    };
    own_user().is_none_or(|own| {
        let listening = |ip: IpAddr| listening_user(SocketAddr::new(ip, port));
        addresses.into_iter().all(|ip| listening(ip).is_none_or(|user| user == own || user == 0))
    })
}

const LOCALHOST: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];

/// The user of this process: a uid, where the system has them.
fn own_user() -> Option<u32> {
    #[cfg(unix)]
    {
        Some(rustix::process::geteuid().as_raw())
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// IPv4 in the clothes of IPv6 is IPv4.
fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn connected(listening: &str, to: &str) -> Option<(TcpStream, TcpStream)> {
        let listener = TcpListener::bind(listening).ok()?;
        let port = listener.local_addr().unwrap().port();
        let client = TcpStream::connect(format!("{to}:{port}")).unwrap();
        Some((client, listener.accept().unwrap().0))
    }

    fn judged(ours: &TcpStream) -> TcpPeer {
        tcp_peer(ours.local_addr().unwrap(), ours.peer_addr().unwrap())
    }

    #[test]
    fn a_connection_of_this_user_is_known_in_both_families() {
        for (listening, to) in
            [("127.0.0.1:0", "127.0.0.1"), ("127.0.0.1:0", "[::ffff:127.0.0.1]"), ("[::1]:0", "[::1]")]
        {
            // A machine without IPv6 has nothing to know there.
            let Some((_client, ours)) = connected(listening, to) else { continue };
            assert_eq!(judged(&ours), TcpPeer::Own, "{listening} from {to}");
        }
    }

    #[test]
    fn a_listener_for_both_families_knows_a_client_of_either() {
        let Ok(listener) = TcpListener::bind((Ipv6Addr::UNSPECIFIED, 0)) else { return };
        let port = listener.local_addr().unwrap().port();
        let _client = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let ours = listener.accept().unwrap().0;
        assert_eq!(judged(&ours), TcpPeer::Own);
    }

    #[test]
    fn a_connection_that_is_closed_is_not_taken_for_one_of_root() {
        let (client, ours) = connected("127.0.0.1:0", "127.0.0.1").unwrap();
        drop(client);
        assert_eq!(judged(&ours), TcpPeer::Gone);
    }

    #[test]
    fn a_client_that_has_sent_all_is_still_known() {
        let (client, ours) = connected("127.0.0.1:0", "127.0.0.1").unwrap();
        client.shutdown(std::net::Shutdown::Write).unwrap();
        assert_eq!(judged(&ours), TcpPeer::Own);
    }

    #[cfg(unix)]
    #[test]
    fn who_holds_a_port_is_known() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        assert_eq!(listening_user(address), Some(rustix::process::geteuid().as_raw()));
        assert!(no_other_user_listens(address.port()));
        assert!(may_get_a_token(&format!("http://{address}").parse().unwrap()));
        drop(listener);
        assert_eq!(listening_user(address), None);
    }

    #[cfg(unix)]
    #[test]
    fn who_holds_a_port_on_every_address_is_known_on_loopback() {
        let own = Some(rustix::process::geteuid().as_raw());
        for every in ["0.0.0.0:0", "[::]:0"] {
            let Ok(listener) = TcpListener::bind(every) else { continue };
            let port = listener.local_addr().unwrap().port();
            let here: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
            assert_eq!(listening_user(here), own, "{every}");
        }
    }
}

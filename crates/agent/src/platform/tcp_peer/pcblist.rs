//! The list of TCP sockets that macOS gives (`net.inet.tcp.pcblist_n`; bsd/netinet/in_pcb.h and bsd/sys/socketvar.h in
//! Apple's xnu): a head, and for each connection a record of its addresses, one of its socket and others, each with its
//! length and kind, on boundaries of eight bytes.

use std::net::{IpAddr, SocketAddr};

use super::canonical;

const SOCKET: u32 = 0x001;
const ADDRESSES: u32 = 0x010;
/// `INP_IPV4` in `inp_vflag`.
const IPV4: u8 = 0x1;

/// The user of the socket that is bound to `at` and connected to `to`.
pub(super) fn user_of(list: &[u8], at: SocketAddr, to: SocketAddr) -> Option<u32> {
    let number = |from: usize| list.get(from..from + 4)?.try_into().ok().map(u32::from_ne_bytes);
    let mut place = rounded(number(0)?)?;
    let mut this_one = false;
    loop {
        let (length, kind) = (number(place)?, number(place + 4)?);
        match kind {
            ADDRESSES => this_one = addresses(list.get(place..)?)? == (at, to),
            SOCKET if this_one => return number(place + 64),
            _ => {}
        }
        place = place.checked_add(rounded(length)?)?;
    }
}

/// The own and the other address of `struct xinpcb_n`.
fn addresses(record: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let port = |from: usize| record.get(from..from + 2)?.try_into().ok().map(u16::from_be_bytes);
    let is_ipv4 = record.get(44)? & IPV4 != 0;
    let ip = |from: usize| {
        let octets: [u8; 16] = record.get(from..from + 16)?.try_into().ok()?;
        let [.., a, b, c, d] = octets;
        Some(if is_ipv4 { IpAddr::from([a, b, c, d]) } else { IpAddr::from(octets) })
    };
    let own = canonical(SocketAddr::new(ip(64)?, port(18)?));
    let other = canonical(SocketAddr::new(ip(48)?, port(16)?));
    Some((own, other))
}

/// A length on the next boundary of eight bytes; `None` for one that leads nowhere.
fn rounded(length: u32) -> Option<usize> {
    usize::try_from(length).ok()?.checked_next_multiple_of(8).filter(|length| *length >= 8)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn record(kind: u32, length: usize, fields: &[(usize, &[u8])]) -> Vec<u8> {
        let mut bytes = vec![0; length.next_multiple_of(8)];
        bytes[..4].copy_from_slice(&u32::try_from(length).unwrap().to_ne_bytes());
        bytes[4..8].copy_from_slice(&kind.to_ne_bytes());
        for (at, field) in fields {
            bytes[*at..at + field.len()].copy_from_slice(field);
        }
        bytes
    }

    #[test]
    fn the_user_of_a_socket_is_found_by_its_addresses() {
        let loopback = [127, 0, 0, 1];
        let connection = |own: u16, other: u16, user: u32| {
            let (own, other, user) = (own.to_be_bytes(), other.to_be_bytes(), user.to_ne_bytes());
            let inpcb: &[(usize, &[u8])] =
                &[(16, &other), (18, &own), (44, &[IPV4]), (60, &loopback), (76, &loopback)];
            [record(ADDRESSES, 100, inpcb), record(SOCKET, 76, &[(64, &user)]), record(0x20, 12, &[])]
                .concat()
        };
        let list =
            [record(0, 24, &[]), connection(40000, 47600, 501), connection(40001, 47600, 502), vec![0; 8]]
                .concat();
        let user = |at: &str| user_of(&list, at.parse().unwrap(), "127.0.0.1:47600".parse().unwrap());
        assert_eq!(user("127.0.0.1:40000"), Some(501));
        assert_eq!(user("127.0.0.1:40001"), Some(502));
        assert_eq!(user("127.0.0.1:40002"), None);
        for length in 0..list.len() {
            let _ = user_of(&list[..length], "127.0.0.1:9".parse().unwrap(), "127.0.0.1:8".parse().unwrap());
        }
    }
}

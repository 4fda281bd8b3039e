//! TCP on this machine.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

use super::{Accept, Quiet, Source};
use crate::platform::handover::left_port;
use crate::platform::tcp_peer::{TcpPeer, tcp_peer};

/// Connections that the system keeps until they are accepted.
pub(crate) const BACKLOG: u32 = 4096;

/// Binds, with room for many that connect at once. What the program before has left at this address is taken.
pub(crate) fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    if let Some(left) = left_port(address) {
        return TcpListener::from_std(left);
    }
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A port that was used a moment ago may be used again. On Windows the option would let two programs have one port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Binds. A fixed port may just be let go of by a listener of ours, which takes a moment.
pub(crate) async fn bind_patiently(address: SocketAddr) -> io::Result<TcpListener> {
    for _ in 0..20 {
        match bind(address) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && address.port() != 0 => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            done => return done,
        }
    }
    bind(address)
}

/// Who may connect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Admits {
    /// Programs of this user.
    ThisUser,
    /// Every program of every machine that reaches the listener.
    Anyone,
}

/// A listener that knows whose a connection is.
pub(crate) struct Tcp {
    listener: TcpListener,
    who: Admits,
    turned_away: Quiet,
}

impl Tcp {
    pub(crate) fn new(listener: TcpListener, who: Admits) -> Self {
        Self { listener, who, turned_away: Quiet::new() }
    }

    /// Whether a connection may stay. One system call for a connection, whatever it brings.
    fn admits(&mut self, stream: &TcpStream, peer: SocketAddr) -> bool {
        if self.who == Admits::Anyone {
            return true;
        }
        let peer_user = stream.local_addr().map_or(TcpPeer::Unknown, |own| tcp_peer(own, peer));
        match peer_user {
            TcpPeer::Own => return true,
            // It has hung up: there is nothing to be told.
            TcpPeer::Gone => {}
            TcpPeer::Other(user) => self.turned_away.say(|more| {
                tracing::warn!(user, more, "another user's process was turned away from a port of Abide");
            }),
            TcpPeer::Unknown => self.turned_away.say(|more| {
                tracing::warn!(more, "a connection was closed: the system does not tell which user it is of");
            }),
        }
        false
    }
}

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// Ours; `None` if the system does not tell.
    pub(crate) own: Option<SocketAddr>,
    /// The other one.
    pub(crate) peer: SocketAddr,
}

impl Accept for Tcp {
    type Stream = TcpStream;
    type Peer = Ends;

    async fn accept(&mut self) -> io::Result<Option<(TcpStream, Ends)>> {
        let (stream, peer) = self.listener.accept().await?;
        if !self.admits(&stream, peer) {
            return Ok(None);
        }
        let _ = stream.set_nodelay(true);
        let ends = Ends { own: stream.local_addr().ok(), peer };
        Ok(Some((stream, ends)))
    }

    fn source(_: &Ends) -> Source {
        Source::Others
    }
}

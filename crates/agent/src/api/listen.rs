//! The two transports.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use http::Request;
use hyper::body::Incoming;
use tokio::net::{TcpListener, TcpStream};

use super::auth::{Channel, Peer};
use super::routes;
use crate::agent::Agent;
use crate::platform::handover::Heritage;
use crate::platform::program::{Connected, is_ours};
use crate::platform::tcp_peer::listening_user;
use crate::server::tcp::{Admits, Tcp, bind};
use crate::server::{Accept, Limits, Source, serve};

/// Why the socket is not bound.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotBound {
    /// Another program of this user listens there. Its number, if it is known.
    #[error("another program listens there")]
    InUse(Option<u32>),
    #[error("{0}")]
    System(#[from] io::Error),
}

/// Ports that are tried when the configured one is taken.
const ATTEMPTS: usize = 8;

/// What is bound.
#[derive(Debug)]
pub(crate) struct Bound {
    /// 127.0.0.1, and ::1 where the machine has it.
    listeners: Vec<TcpListener>,
    /// The port of both.
    pub(crate) port: u16,
    /// What another program holds of the port that is configured.
    pub(crate) taken: Option<Taken>,
}

/// A port that is configured and held by another program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    /// The address that could not be bound.
    pub(crate) address: SocketAddr,
    /// The uid of the user whose program it is, where the system tells.
    pub(crate) user: Option<u32>,
}

/// Binds the port on 127.0.0.1 and ::1, so that no other program answers there under the name `localhost`; any free port when
/// it is 0 or 127.0.0.1 is taken. Where only ::1 is taken, the documented address stays.
///
/// What an earlier program of this process has left is taken first.
pub(crate) fn bind_tcp(port: u16, heritage: &mut Heritage) -> io::Result<Bound> {
    let v4 = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let taken = |address| Taken { address, user: listening_user(address) };
    match at(v4, heritage) {
        Ok(listener) if port != 0 => {
            let (other, in_use) = beside(port, heritage)?;
            let taken = in_use.map(taken);
            Ok(Bound { listeners: std::iter::once(listener).chain(other).collect(), port, taken })
        }
        Ok(listener) => any_port(listener, heritage),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            let taken = taken(v4);
            let any = at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), heritage)?;
            let bound = any_port(any, heritage)?;
            Ok(Bound { taken: Some(taken), ..bound })
        }
        Err(error) => Err(error),
    }
}

/// Binds the configured port, as far as the program that has held it is gone; `None` while it holds the address.
pub(crate) fn bind_freed(taken: Taken) -> Option<Bound> {
    let (address, port) = (taken.address, taken.address.port());
    let first = bind(address).ok()?;
    // On the address that was free, Abide listens already.
    let (other, in_use) =
        if address.is_ipv4() { beside(port, &mut Heritage::default()).ok()? } else { (None, None) };
    let taken = in_use.map(|address| Taken { address, user: listening_user(address) });
    Some(Bound { listeners: std::iter::once(first).chain(other).collect(), port, taken })
}

/// Both families on one port that the system has chosen: another one when a program has it in the other family.
fn any_port(mut listener: TcpListener, heritage: &mut Heritage) -> io::Result<Bound> {
    for _ in 0..ATTEMPTS {
        let port = listener.local_addr()?.port();
        if let (other, None) = beside(port, heritage)? {
            return Ok(Bound {
                listeners: std::iter::once(listener).chain(other).collect(),
                port,
                taken: None,
            });
        }
        listener = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    }
    Err(io::ErrorKind::AddrInUse.into())
}

/// The same port on ::1; nothing on a machine that has no IPv6, and the address if another program has it.
fn beside(port: u16, heritage: &mut Heritage) -> io::Result<(Option<TcpListener>, Option<SocketAddr>)> {
    let address = SocketAddr::from((Ipv6Addr::LOCALHOST, port));
    match at(address, heritage) {
        Ok(listener) => Ok((Some(listener), None)),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok((None, Some(address))),
        Err(_) => Ok((None, None)),
    }
}

/// The listener at an address: one that is left, or a new one.
fn at(address: SocketAddr, heritage: &mut Heritage) -> io::Result<TcpListener> {
    match heritage.port(address) {
        Some(listener) => TcpListener::from_std(listener),
        None => bind(address),
    }
}

/// Serves what is bound, until it is aborted.
pub(crate) async fn serve_tcp(agent: Agent, bound: Bound) {
    let port = bound.port;
    #[cfg(unix)]
    bound.listeners.iter().for_each(|listener| agent.0.kept.port(listener));
    let listeners = bound.listeners.into_iter().map(|listener| {
        let agent = agent.clone();
        let listening = Port { tcp: Tcp::new(listener, Admits::ThisUser), port };
        serve(listening, Limits::endpoint(), move |request: Request<Incoming>, peer: Arc<Peer>| {
            let agent = agent.clone();
            async move { routes::answer(&agent, request, &peer).await }
        })
    });
    futures_util::future::join_all(listeners).await;
}

/// The endpoint's port.
struct Port {
    tcp: Tcp,
    port: u16,
}

impl Accept for Port {
    type Stream = TcpStream;
    type Peer = Peer;

    async fn accept(&mut self) -> io::Result<Option<(TcpStream, Peer)>> {
        let accepted = self.tcp.accept().await?;
        let peer = |ends| Peer::Tcp { port: self.port, channel: Channel::between(ends) };
        Ok(accepted.map(|(stream, ends)| (stream, peer(ends))))
    }

    fn source(peer: &Peer) -> Source {
        source(peer)
    }
}

impl Listening {
    /// Serves the socket or the pipe, until it is aborted.
    pub(crate) async fn serve(self, agent: Agent) {
        #[cfg(unix)]
        agent.0.kept.socket(&self.listener);
        let answer = move |request: Request<Incoming>, peer: Arc<Peer>| {
            let agent = agent.clone();
            async move { routes::answer(&agent, request, &peer).await }
        };
        serve(self, Limits::endpoint(), answer).await;
    }
}

/// Who connected. `opened` tells whether the program has opened the connection, and has not taken it over from another one
/// that the process ran before. It is asked last: a program that comes later has not opened it either.
fn socket_peer(connected: Option<Arc<Connected>>, opened: impl Fn(&Connected) -> bool) -> Peer {
    let program = connected.as_deref().and_then(Connected::program);
    let own = program.as_ref().is_some_and(is_ours) && connected.as_deref().is_some_and(opened);
    Peer::Socket { connected, program, own, channel: Channel::default() }
}

/// Whose places a connection over the socket takes.
fn source(peer: &Peer) -> Source {
    match peer {
        Peer::Socket { own: true, .. } => Source::Own,
        Peer::Socket { program: Some(program), .. } => Source::Program(program.id.0, program.id.1),
        _ => Source::Others,
    }
}

#[cfg(unix)]
pub(crate) use unix::{Listening, bind_socket, left_socket};
#[cfg(windows)]
pub(crate) use windows::{Listening, bind_socket, left_socket};

#[cfg(unix)]
mod unix {
    use std::collections::HashMap;
    use std::fs::{File, TryLockError};
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;
    use std::sync::Weak;
    use std::time::Duration;

    use tokio::net::{UnixListener, UnixSocket, UnixStream};

    use super::*;
    use crate::platform::occupant::{Mark, Occupant};
    use crate::server::Quiet;
    use crate::server::tcp::BACKLOG;

    /// So many processes are known by their number at a time.
    const PROCESSES: usize = 1024;
    /// How often a folder is tried in which another agent binds its socket just now, and the pause between.
    const TRIES: u32 = 100;
    const PAUSE: Duration = Duration::from_millis(10);

    /// Binds the socket, for this user alone. What is left at its place is removed; the socket of an agent that lives stays, also of
    /// one with another state folder, and so with another lock.
    pub(crate) async fn bind_socket(path: &Path) -> Result<Listening, NotBound> {
        let folder = path.parent().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        // Nothing that another agent has bound since the look may be removed.
        let _turn = turn(folder).await?;
        match Occupant::of(path).await {
            Occupant::Nothing => {}
            Occupant::Another(process) => return Err(NotBound::InUse(process)),
            Occupant::This | Occupant::Left => clear(path)?,
        }
        let socket = UnixSocket::new_stream()?;
        let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        socket.bind(path).map_err(named)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        // Until here nothing listens, so nothing can connect before the mode is set.
        let listener = socket.listen(BACKLOG)?;
        Ok(Listening { listener, mark: Mark::of(path), turned_away: Quiet::new(), processes: HashMap::new() })
    }

    /// Locks the folder. Some file systems cannot: there, two agents that start in the same moment are not kept apart.
    async fn turn(folder: &Path) -> io::Result<File> {
        let folder = File::open(folder)?;
        for _ in 0..TRIES {
            match folder.try_lock() {
                Err(TryLockError::WouldBlock) => tokio::time::sleep(PAUSE).await,
                Ok(()) | Err(TryLockError::Error(_)) => return Ok(folder),
            }
        }
        Err(io::Error::new(io::ErrorKind::WouldBlock, "another program has locked its folder"))
    }

    /// Takes away what is left at the place of the socket: a folder only if it is empty.
    fn clear(path: &Path) -> io::Result<()> {
        let removed = match path.symlink_metadata() {
            Ok(found) if found.is_dir() => std::fs::remove_dir(path),
            _ => std::fs::remove_file(path),
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(io::Error::new(error.kind(), format!("{} is in the way ({error})", path.display())))
            }
            _ => Ok(()),
        }
    }

    /// The socket at this path, if an earlier program of this process has left it.
    pub(crate) fn left_socket(path: &Path, heritage: &mut Heritage) -> Option<Listening> {
        let listener = UnixListener::from_std(heritage.socket(path)?).ok()?;
        // Whether it is still at this path is not known.
        Some(Listening { listener, mark: None, turned_away: Quiet::new(), processes: HashMap::new() })
    }

    /// The bound socket.
    pub(crate) struct Listening {
        pub(super) listener: UnixListener,
        /// What its file is known by.
        pub(crate) mark: Option<Mark>,
        turned_away: Quiet,
        /// Those that have a connection, by their number.
        processes: HashMap<i32, Weak<Connected>>,
    }

    impl Accept for Listening {
        type Stream = UnixStream;
        type Peer = Peer;

        async fn accept(&mut self) -> io::Result<Option<(UnixStream, Peer)>> {
            let (stream, _) = self.listener.accept().await?;
            let peer = self.peer(&stream);
            Ok(peer.map(|peer| (stream, peer)))
        }

        fn source(peer: &Peer) -> Source {
            source(peer)
        }
    }

    impl Listening {
        /// Who connected; `None`, and the connection closes, for every other user.
        fn peer(&mut self, stream: &UnixStream) -> Option<Peer> {
            let credentials = stream.peer_cred().ok()?;
            let user = credentials.uid();
            if user != rustix::process::geteuid().as_raw() {
                self.turned_away.say(|more| {
                    tracing::warn!(user, more, "another user's process was turned away");
                });
                return None;
            }
            let connected = credentials.pid().and_then(|process| self.process(stream, process));
            Some(socket_peer(connected, |connected| connected.has_opened(stream)))
        }

        /// The process that has connected. One that has many connections is held once: each hold takes two descriptors.
        fn process(&mut self, stream: &UnixStream, process: i32) -> Option<Arc<Connected>> {
            let known = self.processes.get(&process).and_then(Weak::upgrade);
            if let Some(known) = known.filter(|known| known.has_connected(stream, process)) {
                return Some(known);
            }
            let connected = Arc::new(Connected::of(stream, process)?);
            if self.processes.len() >= PROCESSES {
                self.processes.retain(|_, held| held.strong_count() > 0);
            }
            if self.processes.len() < PROCESSES {
                self.processes.insert(process, Arc::downgrade(&connected));
            }
            Some(connected)
        }
    }
}

#[cfg(windows)]
mod windows {
    #![allow(unsafe_code)]

    use std::os::windows::io::AsRawHandle;
    use std::path::{Path, PathBuf};

    use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
    use windows_sys::Win32::System::Pipes::GetNamedPipeClientProcessId;

    use super::*;

    /// Makes the pipe. The default security of a pipe lets
    /// only this user, administrators and the system write to it, and no other user can send a request.
    pub(crate) async fn bind_socket(path: &Path) -> Result<Listening, NotBound> {
        let name = path.to_path_buf();
        // The first instance has to be ours: a pipe of that name that another program has made is an error.
        let first = ServerOptions::new().first_pipe_instance(true).reject_remote_clients(true).create(&name);
        let first = first.map_err(|error| match error.kind() {
            // The system's answer where a pipe of that name is there.
            io::ErrorKind::PermissionDenied => NotBound::InUse(None),
            _ => NotBound::System(error),
        })?;
        Ok(Listening { name, waiting: first })
    }

    /// Pipes are not left to another program.
    pub(crate) fn left_socket(_: &Path, _: &mut Heritage) -> Option<Listening> {
        None
    }

    /// The pipe.
    pub(crate) struct Listening {
        name: PathBuf,
        /// The instance that the next program connects to.
        waiting: NamedPipeServer,
    }

    impl Accept for Listening {
        type Stream = NamedPipeServer;
        type Peer = Peer;

        async fn accept(&mut self) -> io::Result<Option<(NamedPipeServer, Peer)>> {
            let connected = self.waiting.connect().await;
            let next = ServerOptions::new().reject_remote_clients(true).create(&self.name)?;
            let stream = std::mem::replace(&mut self.waiting, next);
            if connected.is_err() {
                return Ok(None);
            }
            let peer = peer(&stream);
            Ok(Some((stream, peer)))
        }

        fn source(peer: &Peer) -> Source {
            source(peer)
        }
    }

    fn peer(stream: &NamedPipeServer) -> Peer {
        let mut pid = 0;
        // SAFETY: the handle is open as long as the stream is borrowed, and the number outlives the call.
        let found = unsafe { GetNamedPipeClientProcessId(stream.as_raw_handle(), &raw mut pid) };
        let connected =
            (found != 0).then(|| Connected::of(stream, pid.cast_signed())).flatten().map(Arc::new);
        socket_peer(connected, |connected| connected.has_opened(stream))
    }
}

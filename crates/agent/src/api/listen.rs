//! The two transports, and the limits on every connection.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

use super::auth::{Peer, is_own_program};
use super::routes;
use crate::agent::Agent;
use crate::platform;

/// The longest head of a request, in bytes: the least that the HTTP library takes.
const HEAD: usize = 8 * 1024;
/// How long a client may take to send a head, also the next one on a connection that it keeps.
const HEAD_TIME: Duration = Duration::from_secs(5);
/// Connections at one time, for each transport.
const CONNECTIONS: usize = 256;

/// What is bound, for those who look.
#[derive(Clone, Debug)]
pub(crate) struct Bound {
    /// The port on 127.0.0.1.
    pub(crate) port: u16,
}

/// Binds the port on 127.0.0.1; any free one when it is 0 or taken.
pub(crate) async fn bind_tcp(port: u16) -> io::Result<(TcpListener, Bound, bool)> {
    let address = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let (listener, as_wished) = match TcpListener::bind(address(port)).await {
        Ok(listener) => (listener, true),
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            (TcpListener::bind(address(0)).await?, false)
        }
        Err(error) => return Err(error),
    };
    let bound = Bound { port: listener.local_addr()?.port() };
    Ok((listener, bound, as_wished))
}

/// Serves 127.0.0.1 until it is aborted.
pub(crate) async fn serve_tcp(agent: Agent, listener: TcpListener, port: u16) {
    let mut connections = Connections::new(agent);
    while let Some(room) = connections.room().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                crate::browser::server::pause_after(&error).await;
                continue;
            }
        };
        let _ = stream.set_nodelay(true);
        connections.serve(room, stream, Peer::Tcp { port });
    }
}

/// The connections of one transport, no more at once than there is room for.
struct Connections {
    agent: Agent,
    room: Arc<Semaphore>,
    tasks: JoinSet<()>,
}

impl Connections {
    fn new(agent: Agent) -> Self {
        Self { agent, room: Arc::new(Semaphore::new(CONNECTIONS)), tasks: JoinSet::new() }
    }

    /// Returns when there is room for one more; `None` never comes, because the semaphore is not closed.
    async fn room(&self) -> Option<OwnedSemaphorePermit> {
        self.room.clone().acquire_owned().await.ok()
    }

    fn serve<S>(&mut self, room: OwnedSemaphorePermit, stream: S, peer: Peer)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        while self.tasks.try_join_next().is_some() {}
        let agent = self.agent.clone();
        self.tasks.spawn(async move {
            connection(agent, stream, peer).await;
            drop(room);
        });
    }
}

async fn connection(agent: Agent, stream: impl AsyncRead + AsyncWrite + Unpin, peer: Peer) {
    let peer = Arc::new(peer);
    let service = service_fn(|request| {
        let (agent, peer) = (agent.clone(), peer.clone());
        async move { Ok::<_, std::convert::Infallible>(routes::answer(&agent, request, &peer).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME)
        .max_buf_size(HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

#[cfg(unix)]
pub(crate) use unix::serve_socket;
#[cfg(windows)]
pub(crate) use windows::serve_socket;

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::PermissionsExt;
    use std::path::Path;

    use tokio::net::{UnixListener, UnixStream};

    use super::*;

    /// Binds the socket, for this user alone, and serves it until the task that is returned is aborted. The vault's
    /// lock has shown that no other agent lives, so a socket that is there is left over.
    pub(crate) fn serve_socket(agent: Agent, path: &Path) -> io::Result<tokio::task::JoinHandle<()>> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(tokio::spawn(serve(agent, listener)))
    }

    async fn serve(agent: Agent, listener: UnixListener) {
        let mut connections = Connections::new(agent);
        while let Some(room) = connections.room().await {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(error) => {
                    crate::browser::server::pause_after(&error).await;
                    continue;
                }
            };
            if let Some(peer) = peer(&stream) {
                connections.serve(room, stream, peer);
            }
        }
    }

    /// Who connected; `None`, and the connection closes, for anybody but this user.
    fn peer(stream: &UnixStream) -> Option<Peer> {
        let credentials = stream.peer_cred().ok()?;
        if credentials.uid() != rustix::process::geteuid().as_raw() {
            tracing::warn!(uid = credentials.uid(), "another user's process was turned away");
            return None;
        }
        let program = credentials.pid().and_then(platform::program_of);
        let own = program.as_deref().is_some_and(is_own_program);
        Some(Peer::Socket { program, own })
    }
}

#[cfg(windows)]
mod windows {
    #![allow(unsafe_code)]

    use std::os::windows::io::AsRawHandle;
    use std::path::Path;

    use tokio::net::windows::named_pipe::{NamedPipeServer, ServerOptions};
    use windows_sys::Win32::System::Pipes::GetNamedPipeClientProcessId;

    use super::*;

    /// Makes the pipe and serves it until the task that is returned is aborted. The default security of a pipe lets
    /// only this user, administrators and the system write to it, and nobody else can send a request.
    pub(crate) fn serve_socket(agent: Agent, path: &Path) -> io::Result<tokio::task::JoinHandle<()>> {
        let name = path.to_path_buf();
        // The first instance has to be ours: a pipe of that name that somebody else has made is an error.
        let first =
            ServerOptions::new().first_pipe_instance(true).reject_remote_clients(true).create(&name)?;
        Ok(tokio::spawn(async move { serve(agent, &name, first).await }))
    }

    async fn serve(agent: Agent, name: &Path, mut waiting: NamedPipeServer) {
        let mut connections = Connections::new(agent);
        while let Some(room) = connections.room().await {
            let connected = waiting.connect().await;
            let next = match ServerOptions::new().reject_remote_clients(true).create(name) {
                Ok(next) => next,
                Err(error) => {
                    crate::browser::server::pause_after(&error).await;
                    continue;
                }
            };
            let stream = std::mem::replace(&mut waiting, next);
            if connected.is_err() {
                continue;
            }
            let peer = peer(&stream);
            connections.serve(room, stream, peer);
        }
    }

    fn peer(stream: &NamedPipeServer) -> Peer {
        let mut pid = 0;
        // SAFETY: the handle is open as long as the stream is borrowed, and the number outlives the call.
        let found = unsafe { GetNamedPipeClientProcessId(stream.as_raw_handle(), &raw mut pid) };
        let program = (found != 0).then(|| platform::program_of(pid.cast_signed())).flatten();
        let own = program.as_deref().is_some_and(is_own_program);
        Peer::Socket { program, own }
    }
}

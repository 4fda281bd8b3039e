//! The one connection to the desktop's session bus, for the tray, notifications and appearance.
#![allow(unsafe_code)] // Watching a socket; why that is sound is said there.

use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::sync::OnceCell;
use zbus::address::transport::{Transport, UnixSocket};
use zbus::connection::{Builder, socket};

/// How long a program on the bus may take to answer, so that a desktop that hangs does not block Abide.
const PATIENCE: Duration = Duration::from_secs(5);

static CONNECTION: OnceCell<Option<zbus::Connection>> = OnceCell::const_new();

/// The connection; `None` without a session bus. Tried only once: a desktop session has a bus from the start or never.
pub(crate) async fn session() -> Option<zbus::Connection> {
    let connect = || async {
        match tokio::time::timeout(PATIENCE, connect()).await {
            Ok(Ok(connection)) => Some(connection),
            Ok(Err(error)) => {
                tracing::warn!(%error, "there is no session bus");
                None
            }
            Err(_) => {
                tracing::warn!("the session bus does not answer");
                None
            }
        }
    };
    CONNECTION.get_or_init(connect).await.clone()
}

async fn connect() -> zbus::Result<zbus::Connection> {
    let address = zbus::Address::session()?;
    let path = match address.transport() {
        Transport::Unix(socket) => match socket.path() {
            UnixSocket::File(path) => Some(path.clone().into_os_string()),
            // The system's own notation for names that are not files.
            UnixSocket::Abstract(name) => {
                let mut path = OsString::from("\0");
                path.push(name);
                Some(path)
            }
            _ => None,
        },
        _ => None,
    };
    let builder = match path {
        Some(path) => Builder::socket(Quiet::new(tokio::net::UnixStream::connect(path).await?.into_std()?)?),
        None => Builder::address(address)?,
    };
    builder.method_timeout(PATIENCE).build().await
}

/// A socket that wakes the program only when there is something to read. An ordinary one also wakes it each time the other
/// side has read something: three times for every read of a panel.
#[derive(Clone, Debug)]
struct Quiet(Arc<AsyncFd<UnixStream>>);

impl Quiet {
    fn new(stream: UnixStream) -> io::Result<Self> {
        Ok(Self(Arc::new(watch(stream, Interest::READABLE)?)))
    }
}

fn watch(stream: UnixStream, interest: Interest) -> io::Result<AsyncFd<UnixStream>> {
    // SAFETY: a stream refers to the same open socket until it is dropped, and the `AsyncFd` owns it.
    Ok(unsafe { AsyncFd::register_with_interest(stream, interest) }?)
}

impl socket::Socket for Quiet {
    type ReadHalf = Self;
    type WriteHalf = Self;

    fn split(self) -> socket::Split<Self, Self> {
        socket::Split::new(self.clone(), self)
    }
}

#[async_trait::async_trait]
impl socket::ReadHalf for Quiet {
    async fn recvmsg(&mut self, buffer: &mut [u8]) -> io::Result<(usize, Vec<OwnedFd>)> {
        loop {
            let mut ready = self.0.readable().await?;
            if let Ok(read) = ready.try_io(|socket| socket.get_ref().read(buffer)) {
                // File descriptors are never received: this connection does not announce that it accepts them.
                return read.map(|length| (length, Vec::new()));
            }
        }
    }
}

#[async_trait::async_trait]
impl socket::WriteHalf for Quiet {
    async fn sendmsg(&mut self, buffer: &[u8], _files: &[BorrowedFd<'_>]) -> io::Result<usize> {
        loop {
            match self.0.get_ref().write(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // The other side reads slowly: only now wait until the socket is writable again.
                    let full = watch(self.0.get_ref().try_clone()?, Interest::WRITABLE)?;
                    let _room = full.writable().await?;
                }
                done => return done,
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.0.get_ref().shutdown(Shutdown::Both)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use zbus::connection::socket::{ReadHalf as _, WriteHalf as _};

    #[tokio::test]
    async fn what_does_not_fit_at_once_arrives_all_the_same() {
        let (one, other) = UnixStream::pair().unwrap();
        one.set_nonblocking(true).unwrap();
        other.set_nonblocking(true).unwrap();
        let (mut writer, mut reader) = (Quiet::new(one).unwrap(), Quiet::new(other).unwrap());
        let sent: Vec<u8> = (0..2_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
        let expected = sent.clone();
        let writing = tokio::spawn(async move {
            let mut rest = sent.as_slice();
            while !rest.is_empty() {
                let written = writer.sendmsg(rest, &[]).await.unwrap();
                rest = &rest[written..];
            }
            writer.close().await.unwrap();
        });
        let mut received = Vec::new();
        let mut buffer = vec![0; 65_536];
        loop {
            let (length, _) = reader.recvmsg(&mut buffer).await.unwrap();
            if length == 0 {
                break;
            }
            received.extend_from_slice(&buffer[..length]);
        }
        writing.await.unwrap();
        assert_eq!(received.len(), expected.len());
        assert_eq!(received, expected);
    }
}

//! A connection's bytes: over the socket or TCP, until a deadline.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use crate::error::{Code, Error};

enum Channel {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
}

/// A connection. Reads and writes end at the deadline, if there is one.
pub(crate) struct Stream {
    channel: Channel,
    pub(crate) deadline: Option<Instant>,
    /// What signatures have of the connection.
    pub(crate) name: String,
    pub(crate) host: String,
}

impl Stream {
    /// Connects to an address on this computer.
    pub(crate) fn tcp(address: &str, timeout: Duration) -> Result<Self, Error> {
        let wrong = || Error::new(Code::InvalidAddress, "The address of Abide is http://127.0.0.1:PORT.");
        let host =
            address.strip_prefix("http://").map(|rest| rest.trim_end_matches('/')).ok_or_else(wrong)?;
        let (name, port) = host.rsplit_once(':').ok_or_else(wrong)?;
        let port: u16 = port.parse().map_err(|_| wrong())?;
        let ip = match name {
            "127.0.0.1" | "localhost" => "127.0.0.1",
            "[::1]" => "::1",
            _ => return Err(wrong()),
        };
        let deadline = Some(Instant::now() + timeout);
        let connect = || -> io::Result<Self> {
            let stream = TcpStream::connect((ip, port))?;
            let name = format!("{} {}", stream.local_addr()?, stream.peer_addr()?);
            Ok(Self { channel: Channel::Tcp(stream), deadline, name, host: host.to_owned() })
        };
        connect().map_err(unanswered)
    }

    /// Connects to the socket of this user. The folder is this user's, and the system lets no other user put a socket there.
    #[cfg(unix)]
    pub(crate) fn socket(path: &std::path::Path, timeout: Duration) -> Result<Self, Error> {
        let stream = UnixStream::connect(path).map_err(unanswered)?;
        let (name, host) = ("socket".to_owned(), "localhost".to_owned());
        Ok(Self { channel: Channel::Unix(stream), deadline: Some(Instant::now() + timeout), name, host })
    }

    /// Ends the connection, for another thread too.
    pub(crate) fn stopper(&self) -> io::Result<Stopper> {
        Ok(Stopper(match &self.channel {
            Channel::Tcp(stream) => Channel::Tcp(stream.try_clone()?),
            #[cfg(unix)]
            Channel::Unix(stream) => Channel::Unix(stream.try_clone()?),
        }))
    }

    fn limit(&self) -> io::Result<()> {
        let left = match self.deadline {
            None => None,
            Some(deadline) => match deadline.saturating_duration_since(Instant::now()) {
                Duration::ZERO => return Err(io::ErrorKind::TimedOut.into()),
                left => Some(left),
            },
        };
        match &self.channel {
            Channel::Tcp(stream) => {
                stream.set_read_timeout(left).and_then(|()| stream.set_write_timeout(left))
            }
            #[cfg(unix)]
            Channel::Unix(stream) => {
                stream.set_read_timeout(left).and_then(|()| stream.set_write_timeout(left))
            }
        }
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.limit()?;
        match &mut self.channel {
            Channel::Tcp(stream) => stream.read(into),
            #[cfg(unix)]
            Channel::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.limit()?;
        match &mut self.channel {
            Channel::Tcp(stream) => stream.write(bytes),
            #[cfg(unix)]
            Channel::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Ends a stream of events from another thread.
pub struct Stopper(Channel);

impl Stopper {
    /// Ends it: [`crate::Events`] returns `None` next.
    pub fn stop(&self) {
        // Fails only if the connection has ended already.
        let _ = match &self.0 {
            Channel::Tcp(stream) => stream.shutdown(Shutdown::Both),
            #[cfg(unix)]
            Channel::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl std::fmt::Debug for Stopper {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Stopper")
    }
}

/// The error of a connection.
pub(crate) fn unanswered(error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            Error::new(Code::TemporarilyUnavailable, "The agent did not answer in time.")
        }
        io::ErrorKind::InvalidData => Error::unreadable("The answer is not HTTP."),
        _ => Error::not_running(&format!("No agent answers ({error}).")),
    }
}

//! The connections of a proxy, and the program behind each.

use std::io;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};

use abide_wire::{ErrorAnswer, ErrorCode};
use tokio::net::TcpStream;

use crate::api::page::holding;
use crate::api::seen::Seen;
use crate::server::tcp::{Ends, Tcp};
use crate::server::{Accept, Source};

/// A listener of a proxy.
pub(super) struct Clients(pub(super) Tcp);

/// A connection, with the process that held it when it was looked at last.
pub(super) struct Client {
    pub(super) ends: Ends,
    last: Mutex<Option<i32>>,
}

impl Accept for Clients {
    type Stream = TcpStream;
    type Peer = Client;

    async fn accept(&mut self) -> io::Result<Option<(TcpStream, Client)>> {
        let accepted = self.0.accept().await?;
        Ok(accepted.map(|(stream, ends)| (stream, Client { ends, last: Mutex::default() })))
    }

    fn source(_: &Client) -> Source {
        Source::Others
    }
}

impl Client {
    fn both(&self) -> Option<(SocketAddr, SocketAddr)> {
        Some((self.ends.own?, self.ends.peer))
    }

    /// The process that holds the connection now, and what it acts for. Looked at for each request: a connection can be passed on,
    /// and a process can become another program.
    ///
    /// # Errors
    ///
    /// `access_denied` if it is not found.
    pub(super) async fn seen(&self) -> Result<Seen, ErrorAnswer> {
        let likely = *self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = match self.both() {
            Some(both) => holding(both, likely).await,
            None => None,
        };
        let number = seen.as_ref().and_then(|seen| Some(seen.lineage.first()?.id.number));
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = number;
        seen.ok_or_else(unknown)
    }
}

fn unknown() -> ErrorAnswer {
    ErrorAnswer::new(
        ErrorCode::AccessDenied,
        "Abide does not find the program that sends this request. Give it a client key (`abide clients allow NAME --plain`) and \
         send it as `X-Abide-Key: abide_\u{2026}`.",
    )
}

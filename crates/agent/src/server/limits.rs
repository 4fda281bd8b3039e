//! How much one listener takes.

use std::time::Duration;

/// What a listener takes of connections and their time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections that are served at one time.
    pub(crate) connections: usize,
    /// How many of them are for the owner's own programs alone.
    pub(crate) reserved: usize,
    /// How many of them one program may have.
    pub(crate) per_program: usize,
    /// How many of those of one program may be streams of events.
    pub(crate) streams: usize,
    /// Connections that wait for a place, of all programs together. One program may have three quarters of that.
    pub(crate) waiting: usize,
    /// How many may wait at all listeners together that have this limit; 0 for none.
    pub(crate) everywhere: usize,
    /// The longest head of a request, in bytes.
    pub(crate) head: usize,
    /// Whether a connection may bring several requests, one after the other.
    pub(crate) keep_alive: bool,
    /// How long a head may take to arrive; also the next one on a connection that is kept.
    pub(crate) idle: Duration,
    /// How long the other side may take no byte of an answer.
    pub(crate) write: Duration,
    /// How many bytes of a request that was answered before it was whole are still read before the connection is closed. 0 where a
    /// connection can become a tunnel, whose two directions end on their own.
    pub(crate) discards: usize,
    /// How long a connection may last, unless it is a stream of events.
    pub(crate) lifetime: Duration,
}

impl Limits {
    /// For the local endpoint: many short requests of tools, and some that wait for a person.
    pub(crate) const ENDPOINT: Self = Self {
        connections: 256,
        reserved: 32,
        per_program: 128,
        streams: 16,
        waiting: 2048,
        everywhere: 0,
        // The least that the HTTP library takes.
        head: 8 * 1024,
        keep_alive: true,
        idle: Duration::from_secs(5),
        write: Duration::from_secs(5),
        discards: 64 * 1024,
        // A stronger sign-in is waited for ten minutes.
        lifetime: Duration::from_secs(15 * 60),
    };
    /// The endpoint's limits with as many waiting as this process may have descriptors for, so that they leave some for all else:
    /// ten thousand programs may ask in the same moment, each over a connection of its own.
    pub(crate) fn endpoint() -> Self {
        const MOST: u64 = 16_384;
        /// For connections that are served, what is held of their processes, the browser, providers, files.
        const REST: u64 = 3072;
        let descriptors = crate::platform::descriptors().unwrap_or(u64::MAX);
        let waiting = usize::try_from(descriptors.saturating_sub(REST).min(MOST)).unwrap_or(0).max(256);
        Self { waiting, everywhere: waiting, ..Self::ENDPOINT }
    }
    /// For what a browser brings: one request a connection, which a page may have to wait for.
    pub(crate) const BROWSER: Self = Self {
        connections: 64,
        reserved: 0,
        per_program: 64,
        streams: 0,
        waiting: 512,
        everywhere: 0,
        // Browsers send the cookies of every other port of this machine along: at most 180 of 4 KiB each.
        head: 1024 * 1024,
        keep_alive: false,
        idle: Duration::from_secs(5),
        write: Duration::from_secs(10),
        discards: 64 * 1024,
        lifetime: Duration::from_secs(60),
    };
    /// For what a provider brings, perhaps from elsewhere.
    pub(crate) const PROVIDER: Self =
        Self { connections: 32, per_program: 32, head: 24 * 1024, ..Self::BROWSER };
    /// For requests that are passed on to a server: as long as anything flows.
    pub(crate) const PROXY: Self = Self {
        connections: 128,
        reserved: 0,
        per_program: 128,
        streams: 0,
        waiting: 512,
        everywhere: 0,
        head: 64 * 1024,
        keep_alive: true,
        idle: Duration::from_secs(60),
        write: Duration::from_secs(60 * 60),
        discards: 0,
        // A year: what flows is not cut off.
        lifetime: Duration::from_secs(365 * 24 * 60 * 60),
    };
}

//! The local endpoint: one API over the user's socket and over 127.0.0.1.
//!
//! [`gate`] holds the rules that come before any handler, [`routes`] the calls, [`listen`] the two transports.

#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod gate;
mod listen;
mod routes;
mod token;

pub(crate) use listen::{bind_tcp, pause_after, serve_socket, serve_tcp};

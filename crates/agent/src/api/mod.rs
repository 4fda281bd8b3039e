//! The local endpoint: one API over the user's socket and over 127.0.0.1.
//!
//! [`auth`] holds the rules that come before any handler, [`routes`] the calls, [`listen`] the two transports.

mod auth;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod listen;
mod routes;
mod token;

pub(crate) use listen::{Bound, Taken, bind_tcp, serve_socket, serve_tcp};

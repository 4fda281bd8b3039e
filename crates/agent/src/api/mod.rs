//! The local endpoint: one API over the user's socket and over 127.0.0.1.
//!
//! [`auth`] holds the rules that come before any handler, [`routes`] the calls with the right that each needs, [`listen`] the
//! two transports.

mod accounts;
pub(crate) mod audit;
pub(crate) mod auth;
mod aws;
pub(crate) mod body;
mod call;
mod clients;
mod consents;
mod dialects;
#[cfg(feature = "fuzzing")]
pub(crate) mod fuzzing;
mod jobs;
mod listen;
mod mcp;
pub(crate) mod page;
mod routes;
pub(crate) mod seen;
mod sessions;
mod signature;
mod signed;
mod system;
mod token;

pub(crate) use listen::{
    Listening, NotBound, Taken, bind_freed, bind_socket, bind_tcp, left_socket, serve_tcp,
};

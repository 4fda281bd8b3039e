//! The connections.

mod listener;
mod read;
mod routes;
mod serve;

pub(crate) use listener::listen;
pub(crate) use serve::{Command, serve};

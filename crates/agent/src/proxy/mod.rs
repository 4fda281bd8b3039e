//! The forwarding proxies: for a tool that can neither run a program nor read a variable. It gets an address on this computer, and
//! Abide passes each request on to one server, with the token.
//!
//! Who asks, the question, the grant, the record and the activity are those of `GET /v1/token`. [`listener`] opens and closes the
//! addresses, [`gate`] answers a request, [`exchange`] gets its token and sends it.

mod body;
mod challenge;
mod client;
mod exchange;
mod gate;
mod headers;
mod listener;
mod open;
mod target;

pub(crate) use listener::keep;

//! The Relying Party against a small provider on loopback that is strict about every request, and that can be told to
//! answer wrongly.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod backchannel;
mod callback;
mod client_assertion;
mod discovery;
mod dpop;
mod events;
mod id_token;
mod logout;
mod par;
mod parameters;
mod provider;
mod refresh;
mod sign_in;
mod silent;
mod tls;
mod transport;

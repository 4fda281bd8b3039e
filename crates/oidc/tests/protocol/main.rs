//! The Relying Party against a small provider on loopback that is strict about every request, and that can be told to
//! answer wrongly.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod backchannel;
mod bound;
mod callback;
mod challenge;
mod claims;
mod client_assertion;
mod device;
mod discovery;
mod dpop;
mod events;
mod exchange;
mod id_token;
mod kind;
mod logout;
mod par;
mod parameters;
mod provider;
mod proxy;
mod refresh;
mod registration;
mod sign_in;
mod silent;
mod tenants;
mod tls;
mod transport;
mod userinfo;

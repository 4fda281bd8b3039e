//! Who asks: how a client authenticates, and which key it proves.

mod authentication;
pub(crate) mod dpop;

pub(crate) use authentication::authenticate;

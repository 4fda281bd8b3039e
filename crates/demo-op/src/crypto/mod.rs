//! Random values and their digests, the signing keys, signatures of clients.

pub(crate) mod algorithm;
pub(crate) mod jws;
pub(crate) mod keys;
pub(crate) mod secret;

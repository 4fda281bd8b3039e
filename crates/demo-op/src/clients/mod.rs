//! Client authentication and DPoP proofs.

mod authentication;
pub(crate) mod dpop;

pub(crate) use authentication::authenticate;

//! This client at a provider: how it is registered and how it authenticates.

pub(crate) mod access;
pub(crate) mod assertion;
pub(crate) mod bound;
pub(crate) mod deregistration;
pub(crate) mod dpop;
pub(crate) mod form;
pub(crate) mod registration;
pub(crate) mod relying_party;

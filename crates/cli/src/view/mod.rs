//! The texts about sessions.

pub(crate) mod audit;
pub(crate) mod layers;
pub(crate) mod session;
pub(crate) mod signals;

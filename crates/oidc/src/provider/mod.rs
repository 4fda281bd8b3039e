//! The provider: what it says about itself, and its keys.

pub(crate) mod discovery;
pub(crate) mod keys;
pub(crate) mod tenants;

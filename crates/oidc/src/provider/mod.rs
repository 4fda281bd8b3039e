//! The provider: its metadata and its keys.

pub(crate) mod discovery;
pub(crate) mod keys;
mod oauth_metadata;
pub(crate) mod protected_resource;
pub(crate) mod tenants;
pub(crate) mod webfinger;

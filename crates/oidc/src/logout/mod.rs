//! Signing out at the provider, and the provider's messages about a sign-out.

pub(crate) mod replay;
pub(crate) mod request;
pub(crate) mod token;

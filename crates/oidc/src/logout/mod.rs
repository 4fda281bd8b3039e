//! Signing out at the provider, and what the provider says about a sign-out.

pub(crate) mod replay;
pub(crate) mod request;
pub(crate) mod token;

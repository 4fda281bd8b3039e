//! The authorization endpoint, where requests are pushed to, and the sign-in.

pub(crate) mod endpoint;
pub(crate) mod pushed;
mod request;
mod response;
pub(crate) mod sign_in;
mod step;

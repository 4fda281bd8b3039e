//! The authorization endpoint, the endpoint for pushed requests, and the sign-in.

pub(crate) mod endpoint;
pub(crate) mod pushed;
mod request;
mod response;
pub(crate) mod sign_in;
mod step;

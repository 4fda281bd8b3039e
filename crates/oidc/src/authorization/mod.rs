//! The authorization request and its answer.

pub(crate) mod bearer;
pub(crate) mod challenge;
pub(crate) mod demands;
pub(crate) mod parameters;
pub(crate) mod pushed;
pub(crate) mod request;
pub(crate) mod session_state;

//! The browser's session at the provider: watched, ended, and its clients told.

mod back_channel;
pub(crate) mod check_session;
pub(crate) mod end_session;
pub(crate) mod ending;
pub(crate) mod sign_out;

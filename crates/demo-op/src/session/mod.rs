//! The browser's session at the provider: how it is watched and ended, and how its clients are notified.

pub(crate) mod back_channel;
pub(crate) mod check_session;
pub(crate) mod end_session;
pub(crate) mod ending;
pub(crate) mod sign_out;

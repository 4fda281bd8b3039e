//! How Abide notices that the session at the provider has ended.

pub(crate) mod check_session;
pub(crate) mod logout_listener;
pub(crate) mod probe;
pub(crate) mod security_events;

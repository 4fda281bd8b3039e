//! Detection of the end of the provider's session.

pub(crate) mod check_session;
pub(crate) mod event_stream;
pub(crate) mod logout_listener;
pub(crate) mod notified;
pub(crate) mod probe;
pub(crate) mod security_events;

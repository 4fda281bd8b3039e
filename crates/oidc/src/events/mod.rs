//! Security events: RFC 8417, RFC 8936, CAEP 1.0, RISC 1.0, Shared Signals Framework 1.0.

pub(crate) mod poll;
pub(crate) mod security_event;
pub(crate) mod stream;
pub(crate) mod subject_id;
pub(crate) mod transmitter;

//! Sign-in on another device (RFC 8628): the endpoint for the device, and the page for the person.

pub(crate) mod authorization;
pub(crate) mod page;

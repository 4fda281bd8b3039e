//! Sign-in on another device (RFC 8628): where it begins, and the page for the person.

pub(crate) mod authorization;
pub(crate) mod page;

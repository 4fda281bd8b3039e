//! The browser: how it is opened, and the loopback pages that it comes back to.

pub(crate) mod callback;
pub(crate) mod opener;
pub(crate) mod pages;
pub(crate) mod server;

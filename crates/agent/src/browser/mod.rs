//! The browser: how it is opened, and the loopback pages for its return.

pub(crate) mod callback;
pub(crate) mod initiate;
pub(crate) mod opener;
pub(crate) mod pages;
pub(crate) mod ports;
pub(crate) mod server;
#[cfg(test)]
mod tests;
pub(crate) mod tickets;

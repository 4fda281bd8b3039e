//! Start, event loop and end of the running agent.

#[cfg(feature = "demo")]
pub mod demo;
pub(crate) mod effects;
pub(crate) mod headless;
mod keyring;
mod lock;
mod port;
pub(crate) mod presence;
pub(crate) mod rehearsal;
mod reload;
pub(crate) mod single_instance;
pub(crate) mod socket;
pub(crate) mod start;
mod updates;
pub(crate) mod upgrade;

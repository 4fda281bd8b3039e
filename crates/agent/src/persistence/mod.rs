//! The vault as the agent uses it: how it is opened, and the thread that writes it.

pub(crate) mod options;
pub(crate) mod vault;

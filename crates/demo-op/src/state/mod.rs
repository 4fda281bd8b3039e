//! The state of the provider.

pub(crate) mod acr;
pub(crate) mod bounded;
pub(crate) mod devices;
pub(crate) mod event_queue;
pub(crate) mod provider;
pub(crate) mod purpose;
pub(crate) mod resource;
pub(crate) mod scope;
pub(crate) mod session_state;
pub(crate) mod state_file;
pub(crate) mod store;
pub(crate) mod token_store;
pub(crate) mod users;

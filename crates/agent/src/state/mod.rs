//! The accounts and their sessions behind one lock. Knows no flow.

pub(crate) mod account;
pub(crate) mod audit;
mod changes;
pub(crate) mod commit;
pub(crate) mod connected;
pub(crate) mod connection;
pub(crate) mod dpop;
pub(crate) mod event;
pub(crate) mod event_stream;
pub(crate) mod last_error;
pub(crate) mod proxies;
pub(crate) mod record;
pub(crate) mod resource_tokens;
pub(crate) mod revoke;
pub(crate) mod secret_text;
pub(crate) mod session_ref;
pub(crate) mod set_aside;
pub(crate) mod signals;
pub(crate) mod spawn;
pub(crate) mod store;
pub(crate) mod survival;
pub(crate) mod tab;
pub(crate) mod tokens;
pub(crate) mod turn;
pub(crate) mod under_way;
pub(crate) mod updates;
pub(crate) mod warnings;

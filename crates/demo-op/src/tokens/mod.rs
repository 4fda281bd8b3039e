//! Token endpoint, UserInfo, introspection, revocation.

mod code;
mod device;
pub(crate) mod endpoint;
mod exchange;
pub(crate) mod introspection;
mod issue;
mod refresh;
pub(crate) mod revocation;
pub(crate) mod userinfo;

//! The token endpoint, the ID token, and the end of tokens.

pub(crate) mod device;
pub(crate) mod device_polling;
pub(crate) mod exchange;
pub(crate) mod id_token;
pub(crate) mod response;
pub(crate) mod revocation;

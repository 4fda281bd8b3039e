//! The browser's side of a page: its cookies, and its forms.

pub(crate) mod cookies;
pub(crate) mod session;
pub(crate) mod transaction;

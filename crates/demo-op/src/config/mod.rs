//! The configuration of a provider, and errors when it starts.

pub(crate) mod check;
pub(crate) mod client;
pub(crate) mod error;
pub(crate) mod grant_type;
pub(crate) mod options;
pub(crate) mod quirks;

pub(crate) use check::check;
pub(crate) use client::is_native;
pub use client::{Client, ClientSecret};
pub use error::StartError;
pub use options::{Clock, Config, EventStream, PushedAuthorization, Registration, StreamDeviation};
pub(crate) use quirks::lay_over;
pub use quirks::{FormPost, MetadataPlace, OfflineAccess, Quirks, RefreshTokens};

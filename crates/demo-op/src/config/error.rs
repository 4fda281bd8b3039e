//! Errors when a provider starts.

use std::io;
use std::path::PathBuf;

/// Why a provider did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port could not be bound.
    #[error("the demo provider could not listen on port {port} of 127.0.0.1: {source}")]
    Bind {
        /// The requested port; 0 for any.
        port: u16,
        /// The system's error.
        source: io::Error,
    },
    /// The state file could not be read or written. (A damaged one is set aside, which is not an error.)
    #[error("the demo provider's state file {path} could not be used: {source}")]
    StateFile {
        /// Which file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A signing key could not be made.
    #[error("the demo provider could not make its signing key")]
    SigningKey,
    /// A client has an invalid URI, or a back-channel URI that is not on this computer.
    #[error("the client {client} is registered with {uri}, which is not allowed for a client")]
    InvalidClient {
        /// Its `client_id`.
        client: String,
        /// The URI.
        uri: String,
    },
}

impl StartError {
    /// A stable name for this error.
    pub fn code(&self) -> &'static str {
        match self {
            StartError::Bind { .. } => "demo_provider_bind",
            StartError::StateFile { .. } => "demo_provider_state_file",
            StartError::SigningKey => "demo_provider_signing_key",
            StartError::InvalidClient { .. } => "demo_provider_invalid_client",
        }
    }
}

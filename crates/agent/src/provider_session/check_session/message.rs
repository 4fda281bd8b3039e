//! What the page and its listener send each other.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// The title of the page after the end of the session.
pub(super) const OVER: &str = "You are signed out";

/// An instruction to a page.
#[derive(Debug, Serialize)]
pub(crate) struct Instruction {
    pub(super) secret: String,
    pub(super) next: &'static str,
    pub(super) line: String,
    /// The new title of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) session_state: Option<String>,
    /// Milliseconds until the next request, which the user may have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) poll: Option<u64>,
    /// Whether the page learns nothing: it may be closed, and loads the iframe anew before it asks.
    pub(super) slow: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) silent: Option<String>,
}

/// The data that a page needs at the start.
#[derive(Debug, Serialize)]
pub(crate) struct Beginning {
    pub(super) secret: String,
    pub(super) who: String,
    pub(super) line: String,
    pub(super) client_id: String,
    pub(super) session_state: String,
    pub(super) iframe: Url,
    /// The origin of the iframe.
    pub(super) origin: String,
    /// Milliseconds.
    pub(super) poll: u64,
}

/// A message of a page.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Say {
    pub(super) secret: SecretString,
    pub(super) told: Option<Words>,
}

/// The answers of the provider's iframe (section 3.1).
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Words {
    Unchanged,
    Changed,
    Error,
}

/// A refused page; a sentence for its reader.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "This tab no longer watches your session: another tab does, or it was opened from a bookmark. You can close it."
    )]
    Secret,
    #[error("{0}")]
    Over(String),
    #[error("Abide could not prepare this page. You can close this tab.")]
    Unprepared,
}

impl Instruction {
    pub(super) fn new(secret: &SecretString, next: &'static str, line: String) -> Self {
        let secret = secret.expose_secret().to_owned();
        Self { secret, next, line, title: None, session_state: None, poll: None, slow: false, silent: None }
    }
}

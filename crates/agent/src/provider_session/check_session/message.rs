//! What the page and its listener send each other.

use abide_locale::{Language, pages};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use url::Url;

/// An instruction to a page.
#[derive(Debug, Serialize)]
pub(crate) struct Instruction {
    pub(super) secret: String,
    pub(super) next: &'static str,
    pub(super) line: String,
    /// The new title of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<String>,
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

/// A refused page.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// Another tab watches, or none may.
    Secret,
    /// The session has ended; these are the words of the page.
    Over(String),
    /// Something is missing that the page needs.
    Unprepared,
}

impl Refusal {
    /// A sentence for the reader of the page.
    pub(super) fn line(&self, language: Language) -> String {
        match self {
            Self::Secret => pages::watch_elsewhere(language),
            Self::Over(words) => words.clone(),
            Self::Unprepared => pages::watch_unprepared(language),
        }
    }
}

impl Instruction {
    pub(super) fn new(secret: &SecretString, next: &'static str, line: String) -> Self {
        let secret = secret.expose_secret().to_owned();
        Self { secret, next, line, title: None, session_state: None, poll: None, slow: false, silent: None }
    }
}

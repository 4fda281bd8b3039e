//! The text of a configuration file, and places in it.

use std::io;
use std::path::Path;

use crate::config::error::ConfigError;

/// The text; empty if there is no file.
pub(crate) fn read_or_empty(path: &Path) -> Result<String, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(ConfigError::File { path: path.to_owned(), error }),
    }
}

/// Where an account begins in the text.
pub(crate) fn place_of(text: &str, account: &str) -> Option<(usize, usize)> {
    let document = toml_edit::Document::parse(text).ok()?;
    let span = document.get("accounts")?.get(account)?.span()?;
    Some(position(text, span.start))
}

/// Line and column of an offset, from 1.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

//! One check and its result.

use serde::Serialize;

/// The result of a check.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Level {
    Ok,
    Warning,
    Fail,
}

/// One check.
#[derive(Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    /// True for a warning too.
    pub(super) ok: bool,
    pub(super) level: Level,
    pub(super) detail: String,
}

impl Check {
    pub(super) fn new(name: &'static str, level: Level, detail: impl Into<String>) -> Self {
        Self { name, ok: level != Level::Fail, level, detail: detail.into() }
    }

    pub(super) fn of(name: &'static str, well: bool, detail: impl Into<String>) -> Self {
        Self::new(name, if well { Level::Ok } else { Level::Fail }, detail)
    }
}

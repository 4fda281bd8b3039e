//! The language in which Abide addresses people.

use serde::{Deserialize, Serialize};

/// A language in which Abide addresses people: in the tray, dialogs, notifications, pages and the window. Errors of the local API and
/// the command are English.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// English.
    #[default]
    En,
    /// Spanish.
    Es,
    /// German.
    De,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::En, Self::Es, Self::De];

    /// The tag (BCP 47), as in `config.toml` and in the `lang` attribute of a page.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Es => "es",
            Self::De => "de",
        }
    }
}

/// The language that is used, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct LanguageSetting {
    /// The language in use.
    pub used: Language,
    /// `language` in the configuration; `null` for the language of the system.
    pub configured: Option<Language>,
    /// Whether an administrator has set it.
    pub locked: bool,
}

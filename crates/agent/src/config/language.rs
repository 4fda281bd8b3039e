//! The language in which people are addressed: `language` in the configuration, else that of the system.

use std::sync::{Arc, PoisonError, RwLock};

use abide_wire::{Language, LanguageSetting};

use crate::config::Config;

/// The language that is used at this moment, shared by everything that shows a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Spoken(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    system: Language,
    setting: RwLock<LanguageSetting>,
}

impl Spoken {
    /// Begins with the language of the system.
    pub(crate) fn new(system: Language) -> Self {
        let setting = LanguageSetting { used: system, configured: None, locked: false };
        Self(Arc::new(Inner { system, setting: RwLock::new(setting) }))
    }

    /// The language in use.
    pub(crate) fn language(&self) -> Language {
        self.setting().used
    }

    /// The same, and why.
    pub(crate) fn setting(&self) -> LanguageSetting {
        *self.0.setting.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes over what the configuration says. Returns whether something is different now.
    pub(crate) fn obey(&self, config: &Config) -> bool {
        let setting = LanguageSetting {
            used: config.language.unwrap_or(self.0.system),
            configured: config.language,
            locked: config.policy.locks("language"),
        };
        let mut present = self.0.setting.write().unwrap_or_else(PoisonError::into_inner);
        std::mem::replace(&mut *present, setting) != setting
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::config::policy::Policy;

    fn config(user: &str, policy: &str) -> Config {
        let policy = Policy::parse(Path::new("/etc/abide/policy.toml"), policy).unwrap();
        Config::parse_under(Path::new("config.toml"), user, Arc::new(policy)).unwrap()
    }

    #[test]
    fn the_configuration_comes_before_the_system() {
        let spoken = Spoken::new(Language::De);
        assert!(!spoken.obey(&config("", "")));
        assert_eq!(spoken.setting().used, Language::De);
        assert!(spoken.obey(&config("language = \"es\"\n", "")));
        let wanted = LanguageSetting { used: Language::Es, configured: Some(Language::Es), locked: false };
        assert_eq!(spoken.setting(), wanted);
        assert!(spoken.obey(&config("", "")), "the system's again");
        assert_eq!(spoken.setting().used, Language::De);
    }

    #[test]
    fn an_administrator_can_set_it() {
        let spoken = Spoken::new(Language::En);
        spoken.obey(&config("", "[default]\nlanguage = \"de\"\n"));
        assert_eq!((spoken.setting().used, spoken.setting().locked), (Language::De, false));
        spoken.obey(&config("language = \"es\"\n", "[default]\nlanguage = \"de\"\n"));
        assert_eq!(spoken.setting().used, Language::Es);
        spoken.obey(&config("language = \"es\"\n", "[locked]\nlanguage = \"de\"\n"));
        assert_eq!((spoken.setting().used, spoken.setting().locked), (Language::De, true));
    }

    #[test]
    fn another_language_is_refused() {
        let refused = Config::parse(Path::new("config.toml"), "language = \"fr\"\n").unwrap_err();
        assert!(refused.to_string().contains("`en`, `es`, `de`"), "{refused}");
    }
}

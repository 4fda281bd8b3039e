//! The language that the system asks for.

use abide_wire::Language;

/// The language of this process's environment: on Windows and macOS the user's preferred one, elsewhere that of the locale variables.
/// English where the system asks for a language that Abide does not have.
#[must_use]
pub fn of_system() -> Language {
    #[cfg(any(windows, target_os = "macos"))]
    return sys_locale::get_locales().find_map(|tag| of_tag(&tag)).unwrap_or_default();
    #[cfg(not(any(windows, target_os = "macos")))]
    of_variables(|name| std::env::var(name).ok())
}

/// The language of a tag (BCP 47) or of a name of POSIX: `es`, `es-MX`, `es_ES.UTF-8@euro`.
#[must_use]
pub fn of_tag(tag: &str) -> Option<Language> {
    let language = tag.split(['-', '_', '.', '@']).next()?;
    Language::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(language))
}

/// `LC_ALL` comes before `LC_MESSAGES` before `LANG` (POSIX.1-2024, 8.2). GNU's `LANGUAGE` is a list of languages in the order of
/// preference, which counts unless the locale is that of C.
#[cfg(any(not(any(windows, target_os = "macos")), test))]
fn of_variables(variable: impl Fn(&str) -> Option<String>) -> Language {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set).unwrap_or_default();
    let name = locale.split(['.', '@']).next().unwrap_or_default();
    if matches!(name, "" | "C" | "POSIX") {
        return Language::default();
    }
    match set("LANGUAGE") {
        Some(list) => list.split(':').find_map(of_tag),
        None => of_tag(name),
    }
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Language {
        of_variables(|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn the_locale_variables_are_read_in_their_order() {
        assert_eq!(of(&[]), Language::En);
        assert_eq!(of(&[("LANG", "es_ES.UTF-8")]), Language::Es);
        assert_eq!(of(&[("LANG", "de")]), Language::De);
        assert_eq!(of(&[("LANG", "de_AT@euro")]), Language::De);
        assert_eq!(of(&[("LANG", "es_ES"), ("LC_MESSAGES", "de_DE.UTF-8")]), Language::De);
        assert_eq!(of(&[("LANG", "es_ES"), ("LC_MESSAGES", "de_DE"), ("LC_ALL", "en_GB")]), Language::En);
        assert_eq!(of(&[("LANG", "es_ES.UTF-8"), ("LC_ALL", "")]), Language::Es, "empty is not set");
        assert_eq!(of(&[("LANG", "es_ES.UTF-8"), ("LC_TIME", "de_DE.UTF-8")]), Language::Es);
        assert_eq!(of(&[("LANG", "C.UTF-8")]), Language::En);
        assert_eq!(of(&[("LANG", "fr_FR.UTF-8")]), Language::En);
    }

    #[test]
    fn a_list_of_languages_comes_before_the_locale() {
        assert_eq!(of(&[("LANG", "fr_FR.UTF-8"), ("LANGUAGE", "fr:es:en")]), Language::Es);
        assert_eq!(of(&[("LANG", "es_ES.UTF-8"), ("LANGUAGE", "en_GB:es")]), Language::En);
        assert_eq!(of(&[("LANG", "es_ES.UTF-8"), ("LANGUAGE", "")]), Language::Es);
        assert_eq!(of(&[("LANG", "C.UTF-8"), ("LANGUAGE", "es")]), Language::En, "the locale of C has none");
        assert_eq!(of(&[("LANGUAGE", "es")]), Language::En, "without a locale it is that of C");
    }

    #[test]
    fn tags_of_every_form_are_read() {
        assert_eq!(of_tag("es-MX"), Some(Language::Es));
        assert_eq!(of_tag("DE-ch"), Some(Language::De));
        assert_eq!(of_tag("zh-Hans"), None);
        assert_eq!(of_tag("essex"), None);
        assert_eq!(of_tag(""), None);
    }
}

//! What is known of providers that many people use: a file each, which becomes lines of the configuration when an account
//! is added. No provider's name stands anywhere else in the program.

use abide_wire::window::ProviderPreset;
use serde::Deserialize;
use serde::de::IgnoredAny;

const FILES: &[(&str, &str)] = &[
    ("auth0", include_str!("presets/auth0.toml")),
    ("authentik", include_str!("presets/authentik.toml")),
    ("dex", include_str!("presets/dex.toml")),
    ("entra", include_str!("presets/entra.toml")),
    ("entra-any-tenant", include_str!("presets/entra-any-tenant.toml")),
    ("entra-b2c", include_str!("presets/entra-b2c.toml")),
    ("gitlab", include_str!("presets/gitlab.toml")),
    ("google", include_str!("presets/google.toml")),
    ("hydra", include_str!("presets/hydra.toml")),
    ("keycloak", include_str!("presets/keycloak.toml")),
    ("lemonldap-ng", include_str!("presets/lemonldap-ng.toml")),
    ("modyo", include_str!("presets/modyo.toml")),
    ("oauth", include_str!("presets/oauth.toml")),
    ("okta", include_str!("presets/okta.toml")),
    ("zitadel", include_str!("presets/zitadel.toml")),
];

/// A provider's preset.
#[derive(Clone, Debug)]
pub(crate) struct Preset {
    /// By what it is chosen.
    pub(crate) name: &'static str,
    /// What people call the provider.
    pub(crate) title: String,
    /// The only issuer that it has, if so.
    pub(crate) issuer: Option<String>,
    /// What its issuers look like, in words for people.
    pub(crate) issuer_forms: Vec<String>,
    /// What the user has to know or to do.
    pub(crate) notes: Vec<String>,
    /// Whether a registration may say which scopes the client is going to ask for.
    pub(crate) registers_scopes: bool,
    /// The lines for an account, as they stand in the file.
    pub(crate) account: toml_edit::Table,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    title: String,
    issuer: Option<String>,
    #[serde(default)]
    issuer_forms: Vec<String>,
    /// By which issuers it is recognized; `*` is any text without a slash.
    #[serde(default)]
    recognized_by: Vec<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default = "yes")]
    registers_scopes: bool,
    /// Read as it stands there, and checked when it has become an account.
    #[serde(rename = "account")]
    _account: IgnoredAny,
}

fn yes() -> bool {
    true
}

/// All names.
pub(crate) fn names() -> Vec<&'static str> {
    FILES.iter().map(|(name, _)| *name).collect()
}

/// All of them, for the window.
pub(crate) fn all() -> Vec<ProviderPreset> {
    let shown = |preset: Preset| ProviderPreset {
        name: preset.name.to_owned(),
        title: preset.title,
        issuer: preset.issuer,
        issuer_forms: preset.issuer_forms,
        notes: preset.notes,
    };
    names().into_iter().filter_map(named).map(shown).collect()
}

/// The preset of this name.
pub(crate) fn named(name: &str) -> Option<Preset> {
    let (name, text) = FILES.iter().find(|(known, _)| *known == name)?;
    let form: Form = toml::from_str(text).ok()?;
    preset(name, text, form)
}

/// The preset of the provider whose issuer this is, if there is only one that it can be.
pub(crate) fn of(issuer: &str) -> Option<Preset> {
    let mut found = FILES.iter().filter_map(|(name, text)| {
        let form: Form = toml::from_str(text).ok()?;
        let by = form.recognized_by.iter().filter(|pattern| fits(pattern, issuer));
        // The pattern that leaves the least open says the most.
        let says = by.map(|pattern| pattern.replace('*', "").len()).max()?;
        Some((says, *name, *text, form))
    });
    let first = found.next()?;
    let (_, name, text, form) = found.fold(first, |best, next| if next.0 > best.0 { next } else { best });
    preset(name, text, form)
}

fn preset(name: &'static str, text: &str, form: Form) -> Option<Preset> {
    let document: toml_edit::DocumentMut = text.parse().ok()?;
    let account = document.get("account")?.as_table()?.clone();
    let Form { title, issuer, issuer_forms, notes, registers_scopes, .. } = form;
    Some(Preset { name, title, issuer, issuer_forms, notes, registers_scopes, account })
}

/// Whether the whole text is what the pattern says.
fn fits(pattern: &str, text: &str) -> bool {
    let Some((before, after)) = pattern.split_once('*') else { return pattern == text };
    let Some(rest) = text.strip_prefix(before) else { return false };
    let within = rest.find('/').unwrap_or(rest.len());
    (1..=within).filter(|end| rest.is_char_boundary(*end)).any(|end| fits(after, &rest[end..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::config::Config;

    #[test]
    fn the_command_names_every_preset() {
        let mut known = names();
        known.push("none");
        assert_eq!(abide_wire::PRESETS, known);
    }

    #[test]
    fn the_window_gets_every_preset() {
        let shown: Vec<String> = all().into_iter().map(|preset| preset.name).collect();
        assert_eq!(shown, names());
    }

    #[test]
    fn every_preset_is_an_account_that_can_be_written_down() {
        for name in names() {
            let preset = named(name).unwrap_or_else(|| panic!("{name} cannot be read"));
            let mut lines = toml_edit::Table::new();
            lines["issuer"] = toml_edit::value(
                preset.issuer.clone().unwrap_or_else(|| "https://login.microsoftonline.com/a/v2.0".into()),
            );
            lines["client_id"] = toml_edit::value("abide");
            lines.extend(preset.account.iter().map(|(key, item)| (key.to_owned(), item.clone())));
            Config::account("work", &lines).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(preset.issuer.is_some() || !preset.issuer_forms.is_empty(), "{name}: what to write?");
        }
    }

    #[test]
    fn every_preset_has_a_guide_that_shows_its_lines_and_no_guide_is_of_nobody() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers");
        // Two ways to one provider share a guide.
        let file = |name: &str| format!("{}.md", name.trim_end_matches("-any-tenant"));
        for name in names() {
            let guide = folder.join(file(name));
            let text = std::fs::read_to_string(&guide).unwrap_or_else(|_| panic!("{}", guide.display()));
            assert!(text.contains(&format!("--preset {name} ")), "{name}: its guide says how to use it");
            let account = named(name).unwrap().account.to_string();
            for line in account.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
                assert!(text.contains(line), "{name}: its guide shows what the account gets: {line}");
            }
        }
        for guide in std::fs::read_dir(&folder).unwrap() {
            let guide = guide.unwrap().file_name().into_string().unwrap();
            assert!(names().into_iter().any(|name| file(name) == guide), "{guide} belongs to no preset");
        }
    }

    #[test]
    fn a_provider_is_known_by_its_issuer() {
        for (issuer, preset) in [
            ("https://accounts.google.com", Some("google")),
            ("https://accounts.google.com/", None),
            ("https://login.microsoftonline.com/organizations/v2.0", Some("entra-any-tenant")),
            ("https://login.microsoftonline.com/common/v2.0", Some("entra-any-tenant")),
            ("https://login.microsoftonline.com/8f1d2c3b-0000-4000-8000-1234567890ab/v2.0", Some("entra")),
            ("https://login.microsoftonline.com.evil.example/common/v2.0", None),
            ("https://contoso.b2clogin.com/8f1d2c3b-0000-4000-8000-1234567890ab/v2.0/", Some("entra-b2c")),
            ("https://8f1d2c3b.ciamlogin.com/8f1d2c3b-0000-4000-8000-1234567890ab/v2.0", Some("entra-b2c")),
            ("https://tenant.eu.auth0.com/", Some("auth0")),
            ("https://tenant.eu.auth0.com", None),
            ("https://dev-1.okta.com", Some("okta")),
            ("https://dev-1.okta.com/oauth2/default", Some("okta")),
            ("https://gitlab.com", Some("gitlab")),
            ("https://sso.example.com/realms/staff", Some("keycloak")),
            ("https://sso.example.com/auth/realms/staff", Some("keycloak")),
            ("http://127.0.0.1:8080/realms/staff", Some("keycloak")),
            ("https://sso.example.com/application/o/abide/", Some("authentik")),
            ("https://my-org-1.us1.zitadel.cloud", Some("zitadel")),
            ("https://name.projects.oryapis.com", Some("hydra")),
            ("https://id.example.com", None),
            ("", None),
        ] {
            assert_eq!(of(issuer).map(|preset| preset.name), preset, "{issuer}");
        }
    }

    #[test]
    fn a_star_is_some_text_without_a_slash() {
        assert!(fits("https://*.a.b/*", "https://x.y.a.b/c"));
        for other in ["https://.a.b/c", "https://x.a.b/", "https://x.a.b/c/d", "https://x/y.a.b/c", "x"] {
            assert!(!fits("https://*.a.b/*", other), "{other}");
        }
    }
}

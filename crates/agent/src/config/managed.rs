//! A policy from values that an administrator has set outside of a file. They are written out as the lines of a `policy.toml`, so that
//! they are read and refused by the same rules; each line remembers the value that it comes from.

use std::path::Path;

use abide_wire::managed::{ACCOUNT, Kind, PROGRAM, RULES};
use toml::Value;

use crate::config::ConfigError;
use crate::config::policy::{EVERY_ACCOUNT, Policy};
use crate::platform::managed::{Content, ManagedValue, ManagedValues};

/// A line, and the value that it comes from.
struct Line {
    text: String,
    from: String,
}

impl Policy {
    /// Reads values as a policy. Without any there is no policy.
    pub(super) fn of_values(managed: &ManagedValues) -> Result<Self, ConfigError> {
        if managed.values.is_empty() {
            return Ok(Self::default());
        }
        let lines = lines(managed)?;
        let text: String = lines.iter().map(|line| format!("{}\n", line.text)).collect();
        Self::parse(&managed.place, &text).map_err(|error| match error {
            ConfigError::Policy { line, message, .. } => {
                let from = line.checked_sub(1).and_then(|line| lines.get(line));
                refused(&managed.place, from.map_or("", |line| &line.from), message)
            }
            error => error,
        })
    }
}

fn refused(place: &Path, setting: &str, message: String) -> ConfigError {
    ConfigError::PolicyValue { place: place.to_owned(), setting: setting.to_owned(), message }
}

fn lines(managed: &ManagedValues) -> Result<Vec<Line>, ConfigError> {
    let mut lines = Vec::new();
    for table in tables_of_rules() {
        let rules =
            managed.values.iter().filter(|value| value.path.first().is_some_and(|first| first == table));
        let mut elements = Vec::new();
        for rule in rules {
            elements.extend(rule_lines(&managed.place, rule)?);
        }
        if !elements.is_empty() {
            let line = |text: String| Line { text, from: table.to_owned() };
            lines.push(line(format!("{table} = [")));
            lines.append(&mut elements);
            lines.push(line("]".to_owned()));
        }
    }
    for value in &managed.values {
        let is_rule = tables_of_rules().any(|table| value.path.first().is_some_and(|first| first == table));
        if !is_rule {
            lines.push(setting_line(&managed.place, value)?);
        }
    }
    Ok(lines)
}

/// Each table of rules once.
fn tables_of_rules() -> impl Iterator<Item = &'static str> {
    let mut before = "";
    RULES.iter().filter_map(move |(table, ..)| {
        let new = *table != before;
        before = table;
        new.then_some(*table)
    })
}

/// The rules in a list: each a table with one member.
fn rule_lines(place: &Path, value: &ManagedValue) -> Result<Vec<Line>, ConfigError> {
    let from = value.path.join(".");
    let [_, name] = value.path.as_slice() else {
        return Err(refused(place, &from, "expected a list of texts".to_owned()));
    };
    let texts = match &value.content {
        Content::List(texts) => texts.as_slice(),
        Content::Text(text) => std::slice::from_ref(text),
        _ => return Err(refused(place, &from, "expected a list of texts".to_owned())),
    };
    let rule = |text: &String| format!("{{ {} = {} }},", key(name), Value::String(text.clone()));
    Ok(texts.iter().map(|text| Line { text: rule(text), from: from.clone() }).collect())
}

fn setting_line(place: &Path, value: &ManagedValue) -> Result<Line, ConfigError> {
    let from = value.path.join(".");
    let wrong = |expected: &str| refused(place, &from, format!("expected {expected}"));
    let content = match (kind_of(&value.path), &value.content) {
        (Some(Kind::Flag), Content::Number(number @ 0..=1)) => Value::Boolean(*number == 1),
        (Some(Kind::Flag), Content::Number(_)) => return Err(wrong("0 or 1")),
        (Some(Kind::List), Content::Text(text)) => Value::Array(vec![Value::String(text.clone())]),
        (_, Content::Text(text)) => Value::String(text.clone()),
        (_, Content::Number(number)) => match i64::try_from(*number) {
            Ok(number) => Value::Integer(number),
            Err(_) => return Err(wrong("a smaller number")),
        },
        (_, Content::Flag(flag)) => Value::Boolean(*flag),
        (_, Content::List(texts)) => Value::Array(texts.iter().cloned().map(Value::String).collect()),
        (_, Content::Other) => return Err(wrong("a text, a number or a list of texts")),
    };
    let path: Vec<String> = value.path.iter().map(|name| key(name)).collect();
    Ok(Line { text: format!("{} = {content}", path.join(".")), from })
}

/// What the setting of a path takes, if there is such a setting.
fn kind_of(path: &[String]) -> Option<Kind> {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let (settings, rest) = match path.as_slice() {
        [_, EVERY_ACCOUNT, rest @ ..] | [_, "accounts", _, rest @ ..] => (ACCOUNT, rest),
        [_, rest @ ..] => (PROGRAM, rest),
        [] => return None,
    };
    let wanted = rest.join(".");
    settings.iter().find(|setting| setting.path == wanted).map(|setting| setting.kind)
}

/// A name as a key of TOML, whatever is in it.
fn key(name: &str) -> String {
    Value::String(name.to_owned()).to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;
    use std::time::Duration;

    use abide_decision::Rule;

    use super::*;
    use crate::config::{AccountConfig, Config};

    fn managed(values: Vec<(&str, Content)>) -> ManagedValues {
        let value = |(path, content): (&str, Content)| ManagedValue {
            path: path.split('/').map(str::to_owned).collect(),
            content,
        };
        ManagedValues { place: r"HKLM\Abide".into(), values: values.into_iter().map(value).collect() }
    }

    fn text(text: &str) -> Content {
        Content::Text(text.to_owned())
    }

    #[test]
    fn values_are_the_policy_that_a_file_would_be() {
        let policy = Policy::of_values(&managed(vec![
            ("locked/account/session/end_after", text("10m")),
            ("locked/account/logout/provider", Content::Number(1)),
            ("locked/account/logout/revoke", Content::Flag(false)),
            ("locked/account/extra/organization", text("org \"1\"")),
            ("default/accounts/work/issuer", text("https://id.example.com")),
            ("default/accounts/work/client_id", text("abide")),
            ("default/accounts/work/scopes", Content::List(vec!["openid".to_owned(), "mail".to_owned()])),
            ("default/accounts/work/prompt", text("login")),
            ("locked/endpoint/port", Content::Number(5000)),
            ("forbid/path", Content::List(vec!["/usr/bin/nc".to_owned()])),
            ("allow/sha256", Content::List(vec!["ab".repeat(32)])),
            ("web/origin", text("https://app.example.com")),
        ]))
        .unwrap();
        assert_eq!(policy.forbid, [Rule::Path("/usr/bin/nc".into())]);
        assert_eq!(policy.allow, [Rule::Sha256("ab".repeat(32))]);
        assert_eq!(policy.sites, ["https://app.example.com"]);
        let config = Config::parse_under(Path::new("config.toml"), "", Arc::new(policy)).unwrap();
        let work = &config.accounts["work"];
        assert_eq!(work.session.end_after, Duration::from_secs(600));
        assert!(work.logout.provider && !work.logout.revoke);
        assert_eq!(work.scopes.as_deref(), Some(&["openid".to_owned(), "mail".to_owned()][..]));
        assert_eq!(work.prompt.as_deref(), Some(&["login".to_owned()][..]));
        assert_eq!(work.extra["organization"], "org \"1\"");
        assert_eq!(config.endpoint.port, 5000);
        assert!(Policy::of_values(&managed(Vec::new())).unwrap() == Policy::default());
    }

    #[test]
    fn a_value_that_cannot_be_used_is_named() {
        for (path, content) in [
            ("locked/account/session/end_after", text("soon")),
            ("locked/account/session/end_after", Content::Number(10)),
            ("locked/account/session/end_aftr", text("10m")),
            ("locked/account/logout/provider", Content::Number(7)),
            ("locked/account/logout/provider", text("yes")),
            ("locked/audit/keep_files", Content::Number(u64::MAX)),
            ("locked/audit/keep_files", Content::Other),
            ("lokced/audit/keep_files", Content::Number(3)),
            ("default/account/proxy", text("ftp://x")),
            ("allow/path", text("curl")),
            ("allow/package", text("git")),
            ("forbid", text("/usr/bin/nc")),
            ("web/origin", text("http://app.example.com")),
        ] {
            // In the midst of others: the place is not just the first.
            let values = vec![
                ("locked/account/session/absolute", text("9h")),
                (path, content),
                ("locked/audit/file_mib", Content::Number(3)),
            ];
            match Policy::of_values(&managed(values)) {
                Err(ConfigError::PolicyValue { setting, .. }) => {
                    assert!(path.replace('/', ".").starts_with(&setting), "{path}: {setting}");
                    assert!(!setting.is_empty(), "{path}");
                }
                other => panic!("{path}: {other:?}"),
            }
        }
    }

    /// The members that a table may have, from what its reader says about one that it does not know.
    fn members<T: serde::de::DeserializeOwned>() -> Vec<String> {
        let refused = toml::from_str::<T>("no_such_setting = 1").map(drop).unwrap_err();
        let said = refused.message().to_owned();
        said.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    }

    #[test]
    fn every_setting_can_be_managed() {
        use crate::config::audit::AuditConfig;
        use crate::config::{
            EndpointConfig, LogoutConfig, LogoutListenerConfig, ProviderConfig, SessionConfig,
        };
        /// Tables in tables, and what only a file can say.
        const NOT_HERE: [&str; 6] =
            ["accounts", "dialects", "request_claims", "session", "provider", "logout"];
        let under = |table: &str, members: Vec<String>| -> Vec<String> {
            members.into_iter().map(|member| format!("{table}.{member}")).collect()
        };
        let tables = ["vault", "audit", "endpoint", "logout_listener", "proxies"];
        let program = members::<Config>().into_iter().filter(|name| !tables.contains(&name.as_str()));
        let program = program
            .chain(under("audit", members::<AuditConfig>()))
            .chain(under("endpoint", members::<EndpointConfig>()))
            .chain(under("logout_listener", members::<LogoutListenerConfig>()));
        let account = members::<AccountConfig>()
            .into_iter()
            .chain(under("session", members::<SessionConfig>()))
            .chain(under("provider", members::<ProviderConfig>()))
            .chain(under("logout", members::<LogoutConfig>()));
        let missing = |settings: &[abide_wire::managed::Managed],
                       wanted: &mut dyn Iterator<Item = String>| {
            let known = |name: &String| settings.iter().any(|setting| setting.path == name);
            wanted.filter(|name| !known(name) && !NOT_HERE.contains(&name.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(missing(PROGRAM, &mut program.into_iter()), Vec::<String>::new());
        assert_eq!(missing(ACCOUNT, &mut account.into_iter()), Vec::<String>::new());
        assert!(members::<AccountConfig>().len() > 30 && members::<SessionConfig>().len() == 7);
    }

    #[test]
    fn every_setting_of_the_table_is_one() {
        for (prefix, settings) in [("locked", PROGRAM), ("locked/account", ACCOUNT)] {
            for setting in settings {
                let content = match setting.kind {
                    Kind::Text => text("?"),
                    Kind::Choice(choices) => text(choices[0]),
                    Kind::Flag => Content::Number(1),
                    Kind::Number(least, _) => Content::Number(least.into()),
                    Kind::List => Content::List(Vec::new()),
                    Kind::Named => continue,
                };
                let path = format!("{prefix}/{}", setting.path.replace('.', "/"));
                if let Err(error) = Policy::of_values(&managed(vec![(&path, content)])) {
                    let said = error.to_string();
                    assert!(setting.kind == Kind::Text || setting.kind == Kind::List, "{path}: {said}");
                    assert!(!said.contains("unknown field"), "{path}: {said}");
                }
            }
        }
    }
}

//! The environment of a tool.

use abide_wire::JobAnswer;
use zeroize::Zeroizing;

use crate::dialect::{Dialect, Instead, Value};

/// The variables that a dialect sets, for a job if there is one. `command` is the path of the `abide` command. A variable without a
/// value is left out.
#[must_use]
pub fn variables(
    dialect: &Dialect,
    job: Option<&JobAnswer>,
    command: &str,
) -> Vec<(&'static str, Zeroizing<String>)> {
    let value = |value: &Value| -> Option<Zeroizing<String>> {
        let text = match value {
            Value::Url(path) => format!("http://{}{path}", job?.address),
            Value::HostAndPort => job?.address.clone(),
            Value::Key => return Some(Zeroizing::new(job?.key.expose().to_owned())),
            Value::KeyFile => job?.key_file.clone(),
            Value::TokenFile => job?.token_file.clone()?,
            Value::Command("") => command.to_owned(),
            Value::Command(arguments) => format!("{command} {arguments}"),
            Value::Given => return None,
            Value::Text(text) => (*text).to_owned(),
        };
        Some(Zeroizing::new(text))
    };
    dialect.sets.iter().filter_map(|variable| Some((variable.name, value(&variable.value)?))).collect()
}

/// The variables that the user has to set and has not set.
#[must_use]
pub fn missing(dialect: &Dialect, is_set: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let given = dialect.sets.iter().filter(|variable| variable.value == Value::Given);
    given.map(|variable| variable.name).filter(|name| !is_set(name)).collect()
}

/// Whether a dialect needs a file with a token.
#[must_use]
pub fn needs_token_file(dialect: &Dialect) -> bool {
    dialect.sets.iter().any(|variable| variable.value == Value::TokenFile)
}

/// The variables that the tool would use instead of Abide and that are set, without those that a chosen dialect sets itself. They are
/// removed for the tool.
#[must_use]
pub fn set_aside(dialects: &[&Dialect], is_set: impl Fn(&str) -> bool) -> Vec<&'static str> {
    let own =
        |name: &str| dialects.iter().flat_map(|dialect| dialect.sets).any(|variable| variable.name == name);
    let mut found = Vec::new();
    for instead in dialects.iter().flat_map(|dialect| dialect.instead) {
        if let Instead::Variable(name) = *instead
            && is_set(name)
            && !own(name)
            && !found.contains(&name)
        {
            found.push(name);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use abide_wire::JobKey;

    use super::*;
    use crate::table::by_name;

    fn job() -> JobAnswer {
        JobAnswer {
            id: 1,
            account: "work".to_owned(),
            address: "127.0.0.1:4711".to_owned(),
            key: JobKey::new("secret".to_owned()),
            key_file: "/run/abide/jobs/1/key".to_owned(),
            token_file: None,
        }
    }

    #[test]
    fn a_dialect_says_where_the_job_listens() {
        let set = variables(by_name("azure").unwrap(), Some(&job()), "/usr/bin/abide");
        let value = |name: &str| set.iter().find(|(known, _)| *known == name).unwrap().1.to_string();
        assert_eq!(value("IDENTITY_ENDPOINT"), "http://127.0.0.1:4711/azure/app-service/token");
        assert_eq!(value("IDENTITY_HEADER"), "secret");
        let set = variables(by_name("google").unwrap(), Some(&job()), "/usr/bin/abide");
        assert!(set.iter().any(|(name, value)| *name == "GCE_METADATA_HOST" && **value == "127.0.0.1:4711"));
    }

    #[test]
    fn what_would_come_first_is_set_aside_unless_it_is_ours() {
        let azure = by_name("azure").unwrap();
        assert_eq!(set_aside(&[azure], |name| name == "MSI_ENDPOINT" || name == "PATH"), ["MSI_ENDPOINT"]);
        assert!(set_aside(&[azure], |name| name == "IDENTITY_ENDPOINT").is_empty());
    }
}

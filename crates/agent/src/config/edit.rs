//! `config.toml`, changed: comments and order of what is there stay.

use std::path::Path;

use crate::config::validate::check;
use crate::config::{AccountConfig, Config, ConfigError, position, read_or_empty};

impl Config {
    /// What the account would be that these lines describe.
    pub(crate) fn account(name: &str, lines: &toml_edit::Table) -> Result<AccountConfig, ConfigError> {
        let account: AccountConfig = toml::from_str(&lines.to_string())
            .map_err(|error| ConfigError::Refused(format!("{}.", error.message())))?;
        check(name, &account).map_err(ConfigError::Refused)?;
        Ok(account)
    }

    /// Whether the name of a new account is free.
    pub(crate) fn has_room_for(path: &Path, name: &str) -> Result<(), ConfigError> {
        match Self::read(path)?.accounts.contains_key(name) {
            true => Err(ConfigError::NameTaken(name.to_owned())),
            false => Ok(()),
        }
    }

    /// Adds an account to the file; comments and order of what is there stay.
    pub(crate) fn add(path: &Path, name: &str, lines: &toml_edit::Table) -> Result<(), ConfigError> {
        Self::has_room_for(path, name)?;
        Self::account(name, lines)?;
        edit(path, |accounts| {
            accounts.insert(name, toml_edit::Item::Table(lines.clone()));
        })
    }

    /// Removes an account from the file. An account that is not there is removed already.
    pub(crate) fn remove(path: &Path, name: &str) -> Result<(), ConfigError> {
        edit(path, |accounts| {
            accounts.remove(name);
        })
    }
}

/// Changes the table of accounts.
pub(crate) fn edit(path: &Path, change: impl FnOnce(&mut toml_edit::Table)) -> Result<(), ConfigError> {
    let text = read_or_empty(path)?;
    let mut document: toml_edit::DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let (line, column) = error.span().map_or((1, 1), |span| position(&text, span.start));
        ConfigError::Form { path: path.to_owned(), line, column, message: error.message().to_owned() }
    })?;
    let item = document.entry("accounts").or_insert_with(|| {
        let mut table = toml_edit::Table::new();
        table.set_implicit(true);
        toml_edit::Item::Table(table)
    });
    // Written on one line, it becomes one with lines.
    if let Some(inline) = item.as_inline_table() {
        *item = toml_edit::Item::Table(inline.clone().into_table());
    }
    match item.as_table_mut() {
        Some(table) => change(table),
        None => return Err(ConfigError::Refused("`accounts` in the configuration is no table.".to_owned())),
    }
    crate::platform::file::write(path, document.to_string().as_bytes())
        .map_err(|error| ConfigError::File { path: path.to_owned(), error })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn adding_and_removing_an_account_keeps_comments() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "# mine\nbrowser = [\"firefox\"] # the good one\n").unwrap();
        let mut new = toml_edit::Table::new();
        new["issuer"] = toml_edit::value("https://id.example.com/");
        new["client_id"] = toml_edit::value("abide");
        Config::add(&path, "work", &new).unwrap();
        assert_eq!(Config::read(&path).unwrap().accounts["work"].issuer, "https://id.example.com/");
        assert!(matches!(Config::add(&path, "work", &new), Err(ConfigError::NameTaken(_))));
        Config::remove(&path, "work").unwrap();
        assert!(Config::read(&path).unwrap().accounts.is_empty());
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .starts_with("# mine\nbrowser = [\"firefox\"] # the good one\n")
        );
    }

    #[test]
    fn accounts_that_stand_on_one_line_are_changed_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let one = "accounts = { home = { issuer = \"https://id.example.com\", client_id = \"a\" } }\n";
        std::fs::write(&path, one).unwrap();
        let mut new = toml_edit::Table::new();
        new["issuer"] = toml_edit::value("https://id.example.org");
        new["client_id"] = toml_edit::value("abide");
        Config::add(&path, "work", &new).unwrap();
        let names: Vec<_> = Config::read(&path).unwrap().accounts.into_keys().collect();
        assert_eq!(names, ["home", "work"]);
        Config::remove(&path, "home").unwrap();
        assert_eq!(Config::read(&path).unwrap().accounts.len(), 1);
    }
}

//! `config.toml`, changed: comments and order of what is there stay.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use abide_wire::Language;

use crate::config::policy::Policy;
use crate::config::text::{position, read_or_empty};
use crate::config::validate::{check, check_new_name};
use crate::config::{AccountConfig, Config, ConfigError};
use crate::options::Options;
use crate::platform::clock;

/// How long a disk may take for the file.
const SLOWEST: Duration = Duration::from_secs(5);

impl Config {
    /// Reads the file of a user, under the policy of the administrator. A missing file is an empty one.
    pub(crate) fn effective(options: &Options) -> Result<Self, ConfigError> {
        ConfigFile::read(options).map(|file| file.config)
    }

    /// What the account would be that these lines describe.
    pub(crate) fn account(name: &str, lines: &toml_edit::Table) -> Result<AccountConfig, ConfigError> {
        let account: AccountConfig = toml::from_str(&lines.to_string())
            .map_err(|error| ConfigError::Refused(format!("{}.", error.message())))?;
        check(name, &account).map_err(ConfigError::Refused)?;
        Ok(account)
    }

    /// Whether a new account may have this name.
    pub(crate) fn has_room_for(&self, name: &str) -> Result<(), ConfigError> {
        check_new_name(name).map_err(ConfigError::Refused)?;
        match self.accounts.contains_key(name) {
            true => Err(ConfigError::NameTaken(name.to_owned())),
            false => Ok(()),
        }
    }
}

/// The file as it was read, and what it means under the administrator's policy.
#[cfg_attr(test, derive(Clone))]
pub(crate) struct ConfigFile {
    path: PathBuf,
    pub(crate) text: String,
    pub(crate) config: Config,
}

impl ConfigFile {
    /// Reads it; a missing one is an empty one.
    pub(crate) fn read(options: &Options) -> Result<Self, ConfigError> {
        let policy = Policy::read(&options.policy)?;
        Self::read_under(&options.places.config_file(), Arc::new(policy))
    }

    /// Reads it away from the event loop: its disk may not answer.
    pub(crate) async fn read_aside(options: &Options) -> Result<Self, ConfigError> {
        aside(options, Self::read).await?
    }

    pub(crate) fn read_under(path: &Path, policy: Arc<Policy>) -> Result<Self, ConfigError> {
        let text = read_or_empty(path)?;
        let config = Config::parse_under(path, &text, policy)?;
        Ok(Self { path: path.to_owned(), text, config })
    }

    /// Changes the table of accounts. Returns what the file means now.
    pub(crate) fn edit(self, change: impl FnOnce(&mut toml_edit::Table)) -> Result<Config, ConfigError> {
        let text = edited(&self.path, &self.text, change)?;
        let config = Config::parse_under(&self.path, &text, self.config.policy)?;
        write(&self.path, &text)?;
        Ok(config)
    }

    /// Sets the language, or with `None` that of the system; comments and order of what is there stay. Returns what the file means
    /// now.
    pub(crate) fn change_language(self, language: Option<Language>) -> Result<Config, ConfigError> {
        const KEY: &str = "language";
        if self.config.policy.locks(KEY) {
            return Err(self.locked(KEY));
        }
        let mut document = document(&self.path, &self.text)?;
        match (language, document.get_mut(KEY).and_then(toml_edit::Item::as_value_mut)) {
            (Some(language), Some(present)) => {
                let decor = present.decor().clone();
                *present = language.tag().into();
                *present.decor_mut() = decor;
            }
            (Some(language), None) => drop(document.insert(KEY, toml_edit::value(language.tag()))),
            (None, _) => drop(document.remove(KEY)),
        }
        let text = document.to_string();
        let config = Config::parse_under(&self.path, &text, self.config.policy)?;
        write(&self.path, &text)?;
        Ok(config)
    }

    /// Why the policy does not allow a change.
    pub(crate) fn locked(&self, setting: &str) -> ConfigError {
        let path = self.config.policy.path.clone().unwrap_or_default();
        ConfigError::Locked { setting: setting.to_owned(), path }
    }

    /// Adds an account; comments and order of what is there stay. Returns what the file says now.
    pub(crate) fn add(self, name: &str, lines: &toml_edit::Table) -> Result<Config, ConfigError> {
        self.config.has_room_for(name)?;
        Config::account(name, lines)?;
        self.edit(|accounts| {
            accounts.insert(name, toml_edit::Item::Table(lines.clone()));
        })
    }

    /// Removes an account. An account that is not there is removed already.
    pub(crate) fn remove(self, name: &str) -> Result<Config, ConfigError> {
        if self.config.policy.ships(name) {
            return Err(self.locked(&format!("accounts.{name}")));
        }
        self.edit(|accounts| {
            accounts.remove(name);
        })
    }
}

/// Works with the files away from the event loop.
pub(super) async fn aside<T: Send + 'static>(
    options: &Options,
    work: impl FnOnce(&Options) -> T + Send + 'static,
) -> Result<T, ConfigError> {
    let (path, options) = (options.places.config_file(), options.clone());
    let work = tokio::task::spawn_blocking(move || work(&options));
    match clock::timeout(SLOWEST, work).await {
        Ok(Ok(done)) => Ok(done),
        _ => Err(ConfigError::File { path, error: io::ErrorKind::TimedOut.into() }),
    }
}

/// Writes the file. Where it is a symbolic link, what that leads to is written, and the link stays.
fn write(path: &Path, text: &str) -> Result<(), ConfigError> {
    let real = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    crate::platform::file::write(&real, text.as_bytes())
        .map_err(|error| ConfigError::File { path: path.to_owned(), error })
}

fn document(path: &Path, text: &str) -> Result<toml_edit::DocumentMut, ConfigError> {
    text.parse().map_err(|error: toml_edit::TomlError| {
        let (line, column) = error.span().map_or((1, 1), |span| position(text, span.start));
        ConfigError::Form { path: path.to_owned(), line, column, message: error.message().to_owned() }
    })
}

/// The text with another table of accounts.
fn edited(
    path: &Path,
    text: &str,
    change: impl FnOnce(&mut toml_edit::Table),
) -> Result<String, ConfigError> {
    let mut document = document(path, text)?;
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
        None => {
            return Err(ConfigError::Refused("`accounts` in the configuration is not a table.".to_owned()));
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
        ConfigFile::read_under(path, Arc::default())
    }

    #[test]
    fn adding_and_removing_an_account_keeps_comments() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, "# mine\nbrowser = [\"firefox\"] # the good one\n").unwrap();
        let mut new = toml_edit::Table::new();
        new["issuer"] = toml_edit::value("https://id.example.com/");
        new["client_id"] = toml_edit::value("abide");
        let add = || read(&path)?.add("work", &new);
        assert_eq!(add().unwrap().accounts["work"].issuer, "https://id.example.com/");
        assert_eq!(Config::read(&path).unwrap().accounts["work"].issuer, "https://id.example.com/");
        assert!(matches!(add(), Err(ConfigError::NameTaken(_))));
        read(&path).unwrap().remove("work").unwrap();
        assert!(Config::read(&path).unwrap().accounts.is_empty());
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .starts_with("# mine\nbrowser = [\"firefox\"] # the good one\n")
        );
    }

    #[test]
    fn the_language_is_changed_and_comments_stay() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let accounts = "[accounts.work] # mine\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\n";
        std::fs::write(&path, accounts).unwrap();
        let change = |language| read(&path).unwrap().change_language(language).unwrap().language;
        let text = || std::fs::read_to_string(&path).unwrap();
        assert_eq!(change(Some(Language::Es)), Some(Language::Es));
        assert_eq!(text(), format!("language = \"es\"\n{accounts}"));
        std::fs::write(&path, format!("language = \"es\" # at home\n{accounts}")).unwrap();
        assert_eq!(change(Some(Language::De)), Some(Language::De));
        assert_eq!(text(), format!("language = \"de\" # at home\n{accounts}"));
        assert_eq!(change(None), None);
        assert!(text().ends_with(accounts) && !text().contains("language"), "{}", text());
    }

    #[test]
    fn a_locked_language_is_not_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let policy =
            Policy::parse(Path::new("/etc/abide/policy.toml"), "[locked]\nlanguage = \"de\"\n").unwrap();
        let file = ConfigFile::read_under(&path, Arc::new(policy)).unwrap();
        assert!(matches!(file.change_language(None), Err(ConfigError::Locked { .. })));
        assert!(!path.exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, real) = (folder.path().join("config.toml"), folder.path().join("dotfiles.toml"));
        std::fs::write(&real, "[accounts.old]\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\n")
            .unwrap();
        std::os::unix::fs::symlink(&real, &path).unwrap();
        read(&path).unwrap().remove("old").unwrap();
        assert!(path.symlink_metadata().unwrap().is_symlink());
        assert!(!std::fs::read_to_string(&real).unwrap().contains("old"));
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
        read(&path).unwrap().add("work", &new).unwrap();
        let names: Vec<_> = Config::read(&path).unwrap().accounts.into_keys().collect();
        assert_eq!(names, ["home", "work"]);
        read(&path).unwrap().remove("home").unwrap();
        assert_eq!(Config::read(&path).unwrap().accounts.len(), 1);
    }
}

//! `config.toml`, changed: comments and order of what is there stay.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use abide_wire::{Language, UpdateMode};
use toml_edit::{Item, TableLike, Value};

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
        write(&self.path, &like(&self.text, &text))?;
        Ok(config)
    }

    /// Sets the language, or with `None` that of the system; comments and order of what is there stay. Returns what the file means
    /// now.
    pub(crate) fn change_language(self, language: Option<Language>) -> Result<Config, ConfigError> {
        self.set("language", language.map(|language| language.tag().into()))
    }

    /// Sets what is done about newer versions; comments and order of what is there stay. Returns what the file means now.
    pub(crate) fn change_updates(self, mode: UpdateMode) -> Result<Config, ConfigError> {
        self.set("updates", Some(mode.as_str().into()))
    }

    /// Sets the order in which views show the accounts; comments and order of what is there stay. Returns what the file means now.
    pub(crate) fn change_order(self, names: &[String]) -> Result<Config, ConfigError> {
        self.set("account_order", Some(names.iter().collect::<toml_edit::Array>().into()))
    }

    /// Sets a value of the program, or with `None` takes it out.
    fn set(self, key: &str, value: Option<Value>) -> Result<Config, ConfigError> {
        if self.config.policy.locks(key) {
            return Err(self.locked(key));
        }
        let mut document = document(&self.path, &self.text)?;
        match value {
            Some(value) => put(document.as_table_mut(), key, value),
            None => drop(document.remove(key)),
        }
        let text = document.to_string();
        let config = Config::parse_under(&self.path, &text, self.config.policy)?;
        write(&self.path, &like(&self.text, &text))?;
        Ok(config)
    }

    /// Sets the title of an account, or with `None` takes it out, so that views show the name. Returns what the file means now.
    pub(crate) fn rename(self, name: &str, label: Option<&str>) -> Result<Config, ConfigError> {
        let Some(mut account) = self.config.accounts.get(name).cloned() else {
            return Err(ConfigError::NotInTheFile(name.to_owned()));
        };
        if self.config.policy.locks_of(name, "label") {
            return Err(self.locked(&format!("accounts.{name}.label")));
        }
        account.label = label.map(str::to_owned);
        check(name, &account).map_err(ConfigError::Refused)?;
        self.edit(|accounts| {
            let account = table_of(accounts, name);
            match (account, label) {
                (Some(account), Some(label)) => put(account, "label", label.into()),
                (Some(account), None) => drop(account.remove("label")),
                (None, _) => {}
            }
        })
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
        if let Some(kept) = self.keeps(name) {
            return Err(kept);
        }
        self.edit(|accounts| {
            accounts.remove(name);
        })
    }

    /// Why an account cannot be removed; `None` if it can.
    pub(crate) fn keeps(&self, name: &str) -> Option<ConfigError> {
        self.config.policy.ships(name).then(|| self.locked(&format!("accounts.{name}")))
    }
}

/// The table of an account. One that the policy ships need not be in the file, and gets one.
pub(super) fn table_of<'a>(accounts: &'a mut toml_edit::Table, name: &str) -> Option<&'a mut dyn TableLike> {
    let account = accounts.entry(name).or_insert_with(|| {
        let mut table = toml_edit::Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    account.as_table_like_mut()
}

/// Puts the value in, and leaves the comment behind it where it is.
pub(super) fn put(section: &mut dyn TableLike, key: &str, mut value: Value) {
    if let Some(present) = section.get_mut(key).and_then(Item::as_value_mut) {
        *value.decor_mut() = present.decor().clone();
        *present = value;
    } else {
        section.insert(key, Item::Value(value));
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

/// The text with the byte order mark and the line ends of the file as it was.
fn like<'a>(before: &str, text: &'a str) -> Cow<'a, str> {
    let mut text = Cow::Borrowed(text);
    if before.find('\n').is_some_and(|end| before[..end].ends_with('\r')) {
        text = Cow::Owned(text.replace("\r\n", "\n").replace('\n', "\r\n"));
    }
    if before.starts_with(MARK) && !text.starts_with(MARK) {
        text.to_mut().insert(0, MARK);
    }
    text
}

/// What some editors begin a text in UTF-8 with.
const MARK: char = '\u{feff}';

/// Writes the file. Where it is a symbolic link, what that leads to is written, and the link stays, also if it leads nowhere.
fn write(path: &Path, text: &str) -> Result<(), ConfigError> {
    let written = match path.canonicalize() {
        Ok(real) => crate::platform::file::rewrite(&real, text.as_bytes()),
        Err(error) if path.is_symlink() => Err(error),
        Err(_) => crate::platform::file::write(path, text.as_bytes()),
    };
    written.map_err(|error| ConfigError::Write { path: path.to_owned(), error: without_place(error) })
}

/// The error without the name of the temporary file, which means nothing to anybody.
fn without_place(error: io::Error) -> io::Error {
    use io::ErrorKind::{NotFound, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error.kind() {
        kind @ (NotFound | PermissionDenied | QuotaExceeded | ReadOnlyFilesystem | StorageFull) => {
            kind.into()
        }
        _ => error,
    }
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

    const TWO: &str = "# mine\n[accounts.work] # the office\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\n\
                       [accounts.home]\nissuer = \"https://id.example.org\"\nclient_id = \"b\"\n";

    fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    #[test]
    fn a_file_that_cannot_be_written_is_said_to_be_that() {
        let said =
            io::Error::new(io::ErrorKind::PermissionDenied, "Permission denied at path \"/c/.tmp8y9amR\"");
        let error = ConfigError::Write { path: "/c/config.toml".into(), error: without_place(said) };
        assert_eq!(error.code(), "config_file");
        let text = "/c/config.toml cannot be written: permission denied. Nothing was changed.";
        assert_eq!(error.to_string(), text);
    }

    /// Other programs may read the file, and an editor on another system may have written it.
    #[test]
    fn mode_line_ends_and_byte_order_mark_stay() {
        let crlf = format!("\u{feff}{}", TWO.replace('\n', "\r\n"));
        let (_folder, path) = written(&crlf);
        let text = || std::fs::read_to_string(&path).unwrap();
        #[cfg(unix)]
        let set_mode = |mode| {
            use std::os::unix::fs::PermissionsExt as _;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        #[cfg(unix)]
        set_mode(0o644);
        read(&path).unwrap().rename("work", Some("Office")).unwrap();
        read(&path).unwrap().change_language(Some(Language::Es)).unwrap();
        assert!(
            text().contains("label = \"Office\"\r\n") && text().contains("language = \"es\"\r\n"),
            "{:?}",
            text()
        );
        assert_eq!(text().matches('\n').count(), text().matches("\r\n").count(), "{:?}", text());
        assert!(text().starts_with('\u{feff}') && text().matches('\u{feff}').count() == 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt as _;
            assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o644);
        }
        read(&path).unwrap().rename("work", None).unwrap();
        read(&path).unwrap().change_language(None).unwrap();
        assert_eq!(text(), crlf);
    }

    #[test]
    fn an_account_gets_a_title_and_comments_stay() {
        let (_folder, path) = written(TWO);
        let rename =
            |label| read(&path).unwrap().rename("work", label).unwrap().accounts["work"].label.clone();
        let text = || std::fs::read_to_string(&path).unwrap();
        assert_eq!(rename(Some("Example & Sons")).as_deref(), Some("Example & Sons"));
        let named = TWO.replace("client_id = \"a\"\n", "client_id = \"a\"\nlabel = \"Example & Sons\"\n");
        assert_eq!(text(), named);
        std::fs::write(&path, named.replace("Sons\"", "Sons\" # short")).unwrap();
        assert_eq!(rename(Some("Büro")).as_deref(), Some("Büro"));
        assert!(text().contains("label = \"Büro\" # short\n"), "{}", text());
        assert_eq!(rename(None), None);
        assert_eq!(text(), TWO);
    }

    #[test]
    fn a_title_that_is_no_line_is_refused_and_nothing_is_written() {
        let (_folder, path) = written(TWO);
        for label in ["", "  ", "two\nlines", &"x".repeat(65)] {
            let refused = read(&path).unwrap().rename("work", Some(label)).unwrap_err();
            assert_eq!(refused.code(), "invalid_account", "{label:?}");
        }
        let unknown = read(&path).unwrap().rename("lab", Some("Lab")).unwrap_err();
        assert!(matches!(unknown, ConfigError::NotInTheFile(_)));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), TWO);
    }

    #[test]
    fn accounts_are_put_in_another_order() {
        let (_folder, path) = written(TWO);
        let order = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(ToString::to_string).collect();
            read(&path).unwrap().change_order(&names).unwrap()
        };
        let config = order(&["work", "home"]);
        assert!(config.place_of("work") < config.place_of("home"));
        assert!(config.place_of("home") < config.place_of("new"), "others follow");
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("account_order = [\"work\", \"home\"]\n") && text.contains("# mine\n"),
            "{text}"
        );
        assert!(text.contains("[accounts.work] # the office\n"), "{text}");
    }

    #[test]
    fn what_an_administrator_has_locked_is_not_changed() {
        let (_folder, path) = written(TWO);
        let locked = "[locked]\naccount_order = [\"home\"]\n[locked.accounts.work]\nlabel = \"Example\"\n\
                      [default.accounts.shipped]\nissuer = \"https://id.example.net\"\nclient_id = \"c\"\n";
        let policy = Arc::new(Policy::parse(Path::new("/etc/abide/policy.toml"), locked).unwrap());
        let read = || ConfigFile::read_under(&path, policy.clone()).unwrap();
        assert_eq!(read().config.accounts["work"].label.as_deref(), Some("Example"));
        assert!(matches!(read().rename("work", Some("Mine")), Err(ConfigError::Locked { .. })));
        assert!(matches!(read().change_order(&["work".to_owned()]), Err(ConfigError::Locked { .. })));
        assert!(read().keeps("shipped").is_some() && read().keeps("work").is_none());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), TWO);
        // What is open can be changed, and an account that the policy ships gets its table.
        let named = read().rename("shipped", Some("Mine")).unwrap();
        assert_eq!(named.accounts["shipped"].label.as_deref(), Some("Mine"));
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

        // The dotfiles are not there, on a disk that is not mounted for instance.
        std::fs::remove_file(&real).unwrap();
        let mut new = toml_edit::Table::new();
        new["issuer"] = toml_edit::value("https://id.example.com");
        new["client_id"] = toml_edit::value("abide");
        assert!(read(&path).unwrap().add("work", &new).is_err());
        assert!(path.symlink_metadata().unwrap().is_symlink() && !real.exists());
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

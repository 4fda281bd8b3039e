//! The settings of an account that the window and the local endpoint change, and how they get into `config.toml`.

use std::time::Duration;

use abide_session::LimitsError;
use abide_wire::{SessionSettings, SettingProblem, Signal};
use toml_edit::{Item, TableLike, Value};

use crate::config::edit::{ConfigFile, put, table_of};
use crate::config::validate::{SHORTEST_POLL, check};
use crate::config::{AccountConfig, Config, ConfigError, SessionConfig};

/// The first setting that cannot have its value.
fn problem_of(account: &AccountConfig) -> Option<SettingProblem> {
    if account.provider.poll < SHORTEST_POLL {
        return Some(SettingProblem::PollTooShort);
    }
    account.limits().err().map(|error| match error {
        LimitsError::EndTooShort => SettingProblem::EndAfterTooShort,
        LimitsError::WarnNotBeforeEnd => SettingProblem::WarnAfterNotBeforeEnd,
        LimitsError::AbsoluteShorterThanIdle => SettingProblem::AbsoluteTooShort,
        LimitsError::TooLong => SettingProblem::AbsoluteTooLong,
    })
}

impl AccountConfig {
    /// As views show them.
    pub(crate) fn settings(&self) -> SessionSettings {
        SessionSettings {
            end_after: self.session.end_after.as_secs(),
            warn_after: self.session.warn_after.as_secs(),
            absolute: self.session.absolute.as_secs(),
            activity: self.session.activity,
            on_lock: self.session.on_lock,
            remind: self.session.remind,
            remind_provider: self.session.remind_provider,
            watch: Signal::ALL.into_iter().filter(|signal| self.provider.watches(*signal)).collect(),
            poll: self.provider.poll.as_secs(),
            provider_logout: self.logout.provider,
            revoke: self.logout.revoke,
            claims: self.provider.claims,
            locked: self.locked.clone(),
        }
    }

    fn set(&mut self, settings: &SessionSettings) {
        let before = self.settings();
        self.session = SessionConfig {
            end_after: Duration::from_secs(settings.end_after),
            warn_after: Duration::from_secs(settings.warn_after),
            absolute: Duration::from_secs(settings.absolute),
            activity: settings.activity,
            on_lock: settings.on_lock,
            remind: settings.remind,
            remind_provider: settings.remind_provider,
        };
        self.provider.watch.clone_from(&settings.watch);
        if before.poll != settings.poll {
            self.provider.poll = Duration::from_secs(settings.poll);
        }
        self.logout.provider = settings.provider_logout;
        self.logout.revoke = settings.revoke;
        self.provider.claims = settings.claims;
    }
}

impl ConfigFile {
    /// Changes an account's settings in the file; comments and order of what is there stay. Returns what the file means now.
    pub(crate) fn change_session(
        self,
        name: &str,
        settings: &SessionSettings,
    ) -> Result<Config, ConfigError> {
        let Some(mut account) = self.config.accounts.get(name).cloned() else {
            return Err(ConfigError::NotInTheFile(name.to_owned()));
        };
        let before = account.settings();
        account.set(settings);
        let after = account.settings();
        if let Some(locked) = before.locked.iter().find(|setting| differs(&before, &after, setting)) {
            return Err(self.locked(locked));
        }
        if let Some(problem) = problem_of(&account) {
            return Err(ConfigError::Setting(problem));
        }
        check(name, &account).map_err(ConfigError::Refused)?;
        self.edit(|accounts| {
            let Some(table) = table_of(accounts, name) else { return };
            write_session(table, settings);
            write_provider(table, &before, &after);
        })
    }
}

/// Whether a setting has another value.
fn differs(before: &SessionSettings, after: &SessionSettings, setting: &str) -> bool {
    let value =
        |settings: &SessionSettings| serde_json::to_value(settings).map(|all| all[setting].clone()).ok();
    value(before) != value(after)
}

fn written(seconds: u64) -> String {
    humantime::format_duration(Duration::from_secs(seconds)).to_string()
}

fn write_session(account: &mut dyn TableLike, settings: &SessionSettings) {
    let texts = [
        ("end_after", written(settings.end_after)),
        ("warn_after", written(settings.warn_after)),
        ("absolute", written(settings.absolute)),
        ("activity", settings.activity.as_str().to_owned()),
        ("on_lock", settings.on_lock.as_str().to_owned()),
    ];
    let Some(session) = section(account, "session") else { return };
    for (key, text) in texts {
        // A value that says the same in other words stays as it was written.
        let before = session.get(key).and_then(Item::as_str);
        let same = before.is_some_and(|before| {
            before == text
                || humantime::parse_duration(before)
                    .is_ok_and(|before| Ok(before) == humantime::parse_duration(&text))
        });
        if !same {
            put(session, key, text.into());
        }
    }
}

/// Only what has become different: most people never touch these, and their file need not speak of them.
fn write_provider(account: &mut dyn TableLike, before: &SessionSettings, after: &SessionSettings) {
    let watch: toml_edit::Array = after.watch.iter().map(|signal| signal.as_str()).collect();
    let changes: [(&str, &str, bool, Value); 7] = [
        ("session", "remind", before.remind != after.remind, after.remind.into()),
        (
            "session",
            "remind_provider",
            before.remind_provider != after.remind_provider,
            after.remind_provider.into(),
        ),
        ("provider", "watch", before.watch != after.watch, watch.into()),
        ("provider", "poll", before.poll != after.poll, written(after.poll).into()),
        ("provider", "claims", before.claims != after.claims, after.claims.into()),
        ("logout", "provider", before.provider_logout != after.provider_logout, after.provider_logout.into()),
        ("logout", "revoke", before.revoke != after.revoke, after.revoke.into()),
    ];
    for (name, key, changed, value) in changes {
        if changed && let Some(section) = section(account, name) {
            put(section, key, value);
        }
    }
}

fn section<'a>(account: &'a mut dyn TableLike, name: &str) -> Option<&'a mut dyn TableLike> {
    account.entry(name).or_insert_with(toml_edit::table).as_table_like_mut()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use abide_wire::{ActivityPolicy, OnLock, SettingField};
    use std::path::{Path, PathBuf};

    fn change(path: &Path, settings: &SessionSettings) -> Result<Config, ConfigError> {
        ConfigFile::read_under(path, std::sync::Arc::default())?.change_session("work", settings)
    }

    const ACCOUNT: &str = "[accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"abide\"\n";
    const USUAL: &str = "[accounts.work.session]\nend_after = \"15m\"\nwarn_after = \"12m\"\nabsolute = \"12h\"\n\
         activity = \"requests\"\non_lock = \"freeze\"\n";

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, text).unwrap();
        (folder, path)
    }

    /// What the file says after a change of what it says now.
    fn after(text: &str, edit: impl FnOnce(&mut SessionSettings)) -> String {
        let (_folder, path) = file(text);
        let mut settings = Config::read(&path).unwrap().accounts["work"].settings();
        edit(&mut settings);
        let account = change(&path, &settings).unwrap().accounts["work"].clone();
        let read = Config::read(&path).unwrap();
        assert_eq!(read.accounts["work"].settings(), account.settings(), "the file says what was asked for");
        std::fs::read_to_string(&path).unwrap()
    }

    #[test]
    fn an_account_that_says_nothing_has_the_settings_of_the_guide() {
        let (_folder, path) = file(ACCOUNT);
        let settings = Config::read(&path).unwrap().accounts["work"].settings();
        assert_eq!(settings.watch, [Signal::Iframe, Signal::Refresh]);
        assert_eq!((settings.poll, settings.provider_logout, settings.revoke), (60, false, true));
        assert_eq!((settings.activity, settings.on_lock), (ActivityPolicy::Requests, OnLock::Freeze));
    }

    #[test]
    fn saving_without_a_change_leaves_the_file_as_it_is() {
        let text = format!(
            "# mine\n{ACCOUNT}{USUAL}\n[accounts.work.provider]\nwatch = [\"introspection\", \"iframe\"] # both\n\
             poll = \"1min\"\n"
        );
        assert_eq!(after(&text, |_| {}), text);
    }

    #[test]
    fn a_change_of_the_idle_time_says_nothing_of_the_provider() {
        let text = after(&format!("{ACCOUNT}{USUAL}"), |settings| settings.end_after = 1800);
        assert_eq!(text, format!("{ACCOUNT}{USUAL}").replace("\"15m\"", "\"30m\""));
    }

    #[test]
    fn what_is_listened_to_is_written_and_comments_stay() {
        let text = format!(
            "{ACCOUNT}{USUAL}\n# what tells\n[accounts.work.provider]\nwatch = [\"iframe\"] # only the tab\n\
             events = \"https://id.example.com/events\"\n"
        );
        let said = after(&text, |settings| {
            settings.watch = vec![Signal::Userinfo, Signal::Iframe];
            settings.poll = 150;
            settings.provider_logout = true;
            settings.revoke = false;
            settings.claims = false;
        });
        assert!(said.contains("claims = false\n"), "{said}");
        assert!(said.contains("watch = [\"iframe\", \"refresh\", \"userinfo\"] # only the tab\n"), "{said}");
        assert!(said.contains("\n# what tells\n[accounts.work.provider]\n"), "{said}");
        assert!(said.contains("poll = \"2m 30s\"\n") && said.contains("events = "), "{said}");
        assert!(said.contains("[accounts.work.logout]\nprovider = true\nrevoke = false\n"), "{said}");
    }

    #[test]
    fn settings_in_one_line_stay_in_one_line() {
        let text = format!("{ACCOUNT}logout = {{ provider = true }} # everywhere\n{USUAL}");
        let said = after(&text, |settings| settings.provider_logout = false);
        assert!(said.contains("logout = { provider = false } # everywhere\n"), "{said}");
    }

    #[test]
    fn asking_the_provider_all_the_time_is_refused_and_nothing_is_written() {
        let (_folder, path) = file(ACCOUNT);
        let mut settings = Config::read(&path).unwrap().accounts["work"].settings();
        settings.poll = 1;
        let refused = change(&path, &settings).unwrap_err();
        assert_eq!(refused.code(), "poll_too_short");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), ACCOUNT);
    }

    #[test]
    fn a_refusal_names_the_setting_as_data() {
        let (_folder, path) = file(ACCOUNT);
        let usual = Config::read(&path).unwrap().accounts["work"].settings();
        let refused = |edit: fn(&mut SessionSettings)| {
            let mut settings = usual.clone();
            edit(&mut settings);
            match change(&path, &settings).unwrap_err() {
                ConfigError::Setting(problem) => (problem.code(), problem.field()),
                other => panic!("{other}"),
            }
        };
        assert_eq!(refused(|s| s.poll = 1), ("poll_too_short", SettingField::Poll));
        assert_eq!(refused(|s| s.end_after = 1), ("end_after_too_short", SettingField::EndAfter));
        assert_eq!(refused(|s| s.warn_after = 0), ("warn_after_not_before_end", SettingField::WarnAfter));
        assert_eq!(
            refused(|s| s.warn_after = s.end_after),
            ("warn_after_not_before_end", SettingField::WarnAfter)
        );
        assert_eq!(refused(|s| s.absolute = 60), ("absolute_too_short", SettingField::Absolute));
        assert_eq!(refused(|s| s.absolute = u64::MAX / 2), ("absolute_too_long", SettingField::Absolute));
    }
}

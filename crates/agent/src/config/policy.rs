//! `policy.toml`: what an administrator has decided. `locked` values come before `config.toml`, `default` values after it.

use std::collections::BTreeSet;
use std::path::PathBuf;

use abide_decision::Rule;
use toml::{Table, Value};

use crate::config::AccountConfig;

/// The settings of each account that the window and the local endpoint change: where they are, and their name there.
const SETTINGS: [(&str, &str, &str); 12] = [
    ("session", "end_after", "end_after"),
    ("session", "warn_after", "warn_after"),
    ("session", "absolute", "absolute"),
    ("session", "activity", "activity"),
    ("session", "on_lock", "on_lock"),
    ("session", "remind", "remind"),
    ("session", "remind_provider", "remind_provider"),
    ("provider", "watch", "watch"),
    ("provider", "poll", "poll"),
    ("provider", "claims", "claims"),
    ("logout", "provider", "provider_logout"),
    ("logout", "revoke", "revoke"),
];

/// What every account needs; an account in a policy may leave it to `config.toml`.
pub(super) const IDENTITY: [&str; 2] = ["issuer", "client_id"];

/// The tables of `locked` and `default`: like `config.toml`, with `account` for all accounts.
pub(super) const EVERY_ACCOUNT: &str = "account";

/// What an administrator has decided.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Policy {
    /// The file; `None` without a policy.
    pub(crate) path: Option<PathBuf>,
    pub(super) locked: Table,
    pub(super) default: Table,
    /// Programs that may have tokens without a question.
    pub(super) allow: Vec<Rule>,
    /// Programs that may have none, whatever the user answers.
    pub(super) forbid: Vec<Rule>,
    /// Public web sites whose pages may ask the user, by their origins.
    pub(super) sites: Vec<String>,
}

impl Policy {
    /// What it says about programs.
    pub(crate) fn about_programs(&self) -> abide_decision::Policy {
        abide_decision::Policy {
            allow: self.allow.clone(),
            forbid: self.forbid.clone(),
            sites: self.sites.clone(),
        }
    }

    /// Whether it sets this value outside of the accounts.
    pub(crate) fn locks(&self, key: &str) -> bool {
        self.locked.contains_key(key)
    }

    /// Whether it sets this value of an account.
    pub(crate) fn locks_of(&self, account: &str, key: &str) -> bool {
        [&[EVERY_ACCOUNT][..], &["accounts", account]]
            .iter()
            .any(|path| table(&self.locked, path).is_some_and(|table| table.contains_key(key)))
    }

    /// Whether there is a policy.
    pub(crate) fn is_there(&self) -> bool {
        self.path.is_some()
    }

    /// The configuration of a user under this policy.
    pub(crate) fn over(&self, user: &Table) -> Table {
        let [default, user_rest, locked] = [&self.default, user, &self.locked].map(without_accounts);
        let mut merged = over(over(default, &user_rest), &locked);
        let names: BTreeSet<&String> = [&self.default, user, &self.locked]
            .into_iter()
            .flat_map(accounts)
            .map(|(name, _)| name)
            .collect();
        let mut all = Table::new();
        for name in names {
            let layers = [
                table(&self.default, &[EVERY_ACCOUNT]),
                table(&self.default, &["accounts", name]),
                table(user, &["accounts", name]),
                table(&self.locked, &[EVERY_ACCOUNT]),
                table(&self.locked, &["accounts", name]),
            ];
            let account = layers.into_iter().flatten().fold(Table::new(), over);
            // A value for an account that this user does not have makes no account.
            let whole = IDENTITY.iter().all(|key| account.contains_key(*key));
            if whole || table(user, &["accounts", name]).is_some() {
                all.insert(name.clone(), Value::Table(account));
            }
        }
        merged.insert("accounts".to_owned(), Value::Table(all));
        merged
    }

    /// Whether the policy says where an account is, so that `config.toml` need not.
    pub(crate) fn ships(&self, account: &str) -> bool {
        [&self.default, &self.locked].into_iter().any(|part| {
            let given = |key: &str| {
                table(part, &["accounts", account]).is_some_and(|table| table.contains_key(key))
                    || table(part, &[EVERY_ACCOUNT]).is_some_and(|table| table.contains_key(key))
            };
            IDENTITY.into_iter().all(given) && table(part, &["accounts", account]).is_some()
        })
    }

    /// The settings of an account that cannot be changed, by their names in the window and the local endpoint.
    pub(crate) fn locked_settings(&self, account: &str) -> Vec<String> {
        let is_locked = |section: &str, key: &str| {
            [vec![EVERY_ACCOUNT, section], vec!["accounts", account, section]]
                .iter()
                .any(|path| table(&self.locked, path).is_some_and(|table| table.contains_key(key)))
        };
        let locked = SETTINGS.iter().filter(|(section, key, _)| is_locked(section, key));
        locked.map(|(_, _, name)| (*name).to_owned()).collect()
    }

    /// Makes limits of an account agree that come from different files: what the policy leaves open follows what it locks.
    pub(crate) fn reconcile(&self, name: &str, account: &mut AccountConfig) {
        let locked = self.locked_settings(name);
        let is_locked = |setting: &str| locked.iter().any(|locked| locked == setting);
        let session = &mut account.session;
        if session.warn_after >= session.end_after {
            match (is_locked("end_after"), is_locked("warn_after")) {
                (true, false) => session.warn_after = session.end_after * 4 / 5,
                (false, true) => session.end_after = session.warn_after * 5 / 4,
                _ => {}
            }
        }
        if session.absolute < session.end_after {
            match (is_locked("absolute"), is_locked("end_after")) {
                (false, true) => session.absolute = session.end_after,
                (true, false) => {
                    session.end_after = session.absolute;
                    if session.warn_after >= session.end_after {
                        session.warn_after = session.end_after * 4 / 5;
                    }
                }
                _ => {}
            }
        }
    }

    /// The settings in a user's file that have no effect.
    pub(crate) fn without_effect(&self, user: &Table) -> Vec<String> {
        let mut found = Vec::new();
        differing(&without_accounts(&self.locked), user, "", &mut found);
        for (name, account) in accounts(user) {
            for path in [&[EVERY_ACCOUNT][..], &["accounts", name.as_str()]] {
                if let (Some(locked), Some(account)) = (table(&self.locked, path), account.as_table()) {
                    differing(locked, account, &format!("accounts.{name}."), &mut found);
                }
            }
        }
        found
    }
}

fn table<'a>(within: &'a Table, path: &[&str]) -> Option<&'a Table> {
    path.iter().try_fold(within, |table, key| table.get(*key)?.as_table())
}

fn accounts(within: &Table) -> impl Iterator<Item = (&String, &Value)> {
    table(within, &["accounts"]).into_iter().flatten()
}

fn without_accounts(table: &Table) -> Table {
    let rest = table.iter().filter(|(key, _)| !matches!(key.as_str(), "accounts" | EVERY_ACCOUNT));
    rest.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// The values of both; those of `top` where both have one.
fn over(mut base: Table, top: &Table) -> Table {
    for (key, value) in top {
        let merged = match (base.remove(key), value) {
            (Some(Value::Table(base)), Value::Table(top)) => Value::Table(over(base, top)),
            _ => value.clone(),
        };
        base.insert(key.clone(), merged);
    }
    base
}

/// The paths of values of `locked` for which `user` has another one.
fn differing(locked: &Table, user: &Table, prefix: &str, found: &mut Vec<String>) {
    for (key, locked) in locked {
        match (locked, user.get(key)) {
            (_, None) => {}
            (Value::Table(locked), Some(Value::Table(user))) => {
                differing(locked, user, &format!("{prefix}{key}."), found);
            }
            (locked, Some(user)) if locked != user => found.push(format!("{prefix}{key}")),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use super::*;
    use crate::config::{Config, ConfigError};
    use crate::options::PolicyFile;

    const USER: &str = "[accounts.home]\nissuer = \"https://id.example.org\"\nclient_id = \"abide\"\n";

    fn policy(text: &str) -> Arc<Policy> {
        Arc::new(Policy::parse(Path::new("/etc/abide/policy.toml"), text).unwrap())
    }

    fn under(user: &str, text: &str) -> Config {
        Config::parse_under(Path::new("config.toml"), user, policy(text)).unwrap()
    }

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    #[test]
    fn a_locked_value_holds_and_a_default_gives_way() {
        let text = "[locked.account.session]\nend_after = \"20m\"\n[default.account.session]\nabsolute = \"8h\"\n\
                    on_lock = \"end\"\n[default.endpoint]\nport = 5000\n";
        let user = format!(
            "{USER}[accounts.home.session]\nend_after = \"40m\"\non_lock = \"keep\"\n[endpoint]\nport = 5001\n"
        );
        let config = under(&user, text);
        let session = &config.accounts["home"].session;
        assert_eq!((session.end_after, session.absolute), (minutes(20), minutes(480)));
        assert_eq!(session.on_lock, abide_wire::OnLock::Keep);
        assert_eq!(config.endpoint.port, 5001);
        assert_eq!(config.accounts["home"].locked, ["end_after"]);
        assert_eq!(config.accounts["home"].settings().locked, ["end_after"]);
        let without = policy(text).without_effect(&toml::from_str(&user).unwrap());
        assert_eq!(without, ["accounts.home.session.end_after"]);
    }

    #[test]
    fn limits_that_a_policy_leaves_open_follow_those_that_it_locks() {
        let config = under(USER, "[locked.account.session]\nend_after = \"10m\"\n");
        let session = &config.accounts["home"].session;
        assert_eq!((session.end_after, session.warn_after), (minutes(10), minutes(8)));
        let config = under(USER, "[locked.account.session]\nabsolute = \"5m\"\n");
        let session = &config.accounts["home"].session;
        assert_eq!((session.end_after, session.warn_after), (minutes(5), minutes(4)));
    }

    #[test]
    fn accounts_are_shipped_and_a_value_alone_ships_none() {
        let text = "[default.accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"abide\"\n\
                    [locked.accounts.lab.session]\nend_after = \"5m\"\n";
        let config = under("", text);
        assert_eq!(config.accounts.keys().collect::<Vec<_>>(), ["work"]);
        assert!(policy(text).ships("work") && !policy(text).ships("lab"));
        let config = under("[accounts.work.session]\nend_after = \"30m\"\n", text);
        assert_eq!(config.accounts["work"].session.end_after, minutes(30));
        let refused = Config::parse_under(
            Path::new("config.toml"),
            "[accounts.other.session]\nend_after = \"30m\"\n",
            policy(text),
        );
        assert!(matches!(refused, Err(ConfigError::Form { line: 1, .. })), "{refused:?}");
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let refused = |text: &str| match Policy::parse(Path::new("policy.toml"), text) {
            Err(ConfigError::Policy { line, column, .. }) => (line, column),
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(refused("[locked.account.session]\nend_after = 7\n"), (2, 13));
        assert_eq!(refused("[locked.account.session]\n\nend_afterr = \"7m\"\n"), (3, 1));
        assert_eq!(refused("[default.endpoint]\nport = \"many\"\n"), (2, 8));
        assert_eq!(refused("[default.accounts.work]\nclientid = \"x\"\n"), (2, 1));
        assert_eq!(refused("[lokced]\n"), (1, 2));
        for rule in ["{}", "{ sha256 = \"abc\" }", "{ path = \"curl\" }", "{ package = \"git\" }"] {
            assert_eq!(refused(&format!("allow = [{rule}]\n")).0, 1, "{rule}");
        }
    }

    #[test]
    fn rules_are_handed_over_as_data() {
        let digest = "AB".repeat(32);
        let text = format!(
            "[[allow]]\npath = \"/usr/bin/git\"\n[[allow]]\nsha256 = \"{digest}\"\n[[forbid]]\npath = \"/usr/bin/nc\"\n"
        );
        let policy = policy(&text);
        assert_eq!(policy.allow, [Rule::Path("/usr/bin/git".into()), Rule::Sha256("ab".repeat(32))]);
        assert_eq!(policy.forbid, [Rule::Path("/usr/bin/nc".into())]);
    }

    #[test]
    fn a_locked_setting_is_not_changed_by_the_window() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        std::fs::write(&path, USER).unwrap();
        let policy = policy("[locked.account.session]\nend_after = \"10m\"\n");
        let file = crate::config::edit::ConfigFile::read_under(&path, policy).unwrap();
        let usual = file.config.accounts["home"].settings();
        let mut more = usual.clone();
        more.end_after = 1200;
        let refused = file.clone().change_session("home", &more).unwrap_err();
        assert!(matches!(refused, ConfigError::Locked { .. }), "{refused}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), USER, "nothing was written");
        let mut less = usual.clone();
        less.warn_after = 300;
        let changed = file.change_session("home", &less).unwrap();
        assert_eq!(changed.accounts["home"].session.warn_after, minutes(5));
        assert_eq!(changed.accounts["home"].session.end_after, minutes(10));
    }

    #[test]
    fn a_shipped_account_is_not_removed_and_its_open_settings_are_kept_in_the_users_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "[default.accounts.work]\nissuer = \"https://id.example.com\"\nclient_id = \"abide\"\n";
        let read = || crate::config::edit::ConfigFile::read_under(&path, policy(text)).unwrap();
        assert!(matches!(read().remove("work"), Err(ConfigError::Locked { .. })));
        let mut settings = read().config.accounts["work"].settings();
        settings.end_after = 1800;
        read().change_session("work", &settings).unwrap();
        assert_eq!(read().config.accounts["work"].session.end_after, minutes(30));
        assert!(!std::fs::read_to_string(&path).unwrap().contains("issuer"));
    }

    #[cfg(unix)]
    #[test]
    fn a_policy_that_others_can_write_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("policy.toml");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
        let refused = Policy::read(&PolicyFile::at(path.clone()));
        assert!(matches!(refused, Err(ConfigError::PolicyNotTrusted(_))), "{refused:?}");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let by_root = rustix::process::geteuid().is_root();
        let read = Policy::read(&PolicyFile::at(path));
        // The folder is this user's: only root's counts.
        assert_eq!(read.is_ok(), by_root, "{read:?}");
        assert!(!Policy::read(&PolicyFile::at(folder.path().join("none.toml"))).unwrap().is_there());
    }
}

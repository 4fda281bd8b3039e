//! Accounts that are there: their titles, their order, and their removal, which can be undone for some seconds.

use std::time::Duration;

use abide_audit::Event as Recorded;
use abide_oidc::ErrorKind;
use abide_wire::AccountRemoved;
use abide_wire::window::WindowError;

use super::{Agent, refused};
use crate::accounts;
use crate::config::edit::ConfigFile;
use crate::platform::clock;
use crate::provider_session::event_stream;
use crate::state::account::{Account, Removal};
use crate::state::last_error::LastError;

/// How long a removal can be undone. Until then nothing has changed: tokens that are revoked do not come back.
const UNDO_FOR: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 15 });

impl Agent {
    /// Gives an account another title, in the configuration file and at once; with `None`, views show its name.
    ///
    /// # Errors
    ///
    /// `locked_by_policy`, `not_configured`, `invalid_account`, and what can be wrong with the file. Nothing has changed then.
    pub async fn rename_account(&self, account: &str, label: Option<&str>) -> Result<(), WindowError> {
        let store = &self.0.store;
        let _one = store.adding.lock().await;
        let file = ConfigFile::read_aside(&store.options).await.map_err(refused)?;
        let label = label.map(str::trim).filter(|label| !label.is_empty() && *label != account);
        let mut config = file.rename(account, label).map_err(refused)?;
        store.record(account, Recorded::SettingsChanged, |_| {});
        let label = config.accounts.remove(account).and_then(|account| account.label);
        let _ = store.act(account, |account, _| account.config.label = label);
        store.show();
        Ok(())
    }

    /// Puts the accounts in another order, in the configuration file and at once. Those that are not named follow.
    ///
    /// # Errors
    ///
    /// `locked_by_policy`, and what can be wrong with the file. Nothing has changed then.
    pub async fn order_accounts(&self, names: &[String]) -> Result<(), WindowError> {
        let store = &self.0.store;
        let _one = store.adding.lock().await;
        let file = ConfigFile::read_aside(&store.options).await.map_err(refused)?;
        let config = file.change_order(names).map_err(refused)?;
        store.audit.event(Recorded::SettingsChanged, |_| {});
        accounts::reload::arrange(store, &config);
        Ok(())
    }

    /// Removes an account in some seconds, unless that is undone. Until then everything stays as it is.
    ///
    /// # Errors
    ///
    /// `unknown_account`, `locked_by_policy`, and what can be wrong with the file.
    pub async fn remove_account_later(&self, account: &str) -> Result<(), WindowError> {
        let store = &self.0.store;
        let file = ConfigFile::read_aside(&store.options).await.map_err(refused)?;
        if let Some(kept) = file.keeps(account) {
            return Err(refused(kept));
        }
        let (agent, name) = (self.clone(), account.to_owned());
        let removal = async move {
            clock::sleep(UNDO_FOR).await;
            agent.finish_removal(&name).await;
        };
        let waits = |account: &mut Account| {
            if account.removal.is_none() {
                account.removal = Some(Removal::Waiting(tokio::spawn(removal).abort_handle()));
            }
        };
        let known = store.act(account, |account, _| waits(account));
        known.map_err(|answer| WindowError::new(answer.error.as_str(), answer.error_description))?;
        store.show();
        Ok(())
    }

    /// Keeps an account that was to be removed. One whose removal has begun is removed.
    ///
    /// # Errors
    ///
    /// `unknown_account`.
    pub fn undo_removal(&self, account: &str) -> Result<(), WindowError> {
        let store = &self.0.store;
        let known = store.act(account, |account, _| match account.removal.take() {
            Some(Removal::Waiting(task)) => task.abort(),
            begun => account.removal = begun,
        });
        known.map_err(|answer| WindowError::new(answer.error.as_str(), answer.error_description))?;
        store.show();
        Ok(())
    }

    /// Removes at once what waits for it: the window with *Undo* has closed, or Abide ends.
    pub async fn finish_removals(&self) {
        let names: Vec<String> = {
            let core = self.0.store.core();
            let waiting = core.accounts.iter().filter(|account| account.removal.is_some());
            waiting.map(|account| account.name.clone()).collect()
        };
        for name in names {
            self.finish_removal(&name).await;
        }
    }

    async fn finish_removal(&self, name: &str) {
        let store = &self.0.store;
        let begun = store.act(name, |account, _| match account.removal.replace(Removal::UnderWay) {
            Some(Removal::Waiting(task)) => Some(task),
            None => {
                account.removal = None;
                None
            }
            begun => {
                account.removal = begun;
                None
            }
        });
        let Ok(Some(waiting)) = begun else { return };
        if let Err(error) = self.remove(name).await {
            // The account stays, and says why.
            let _ = store.act(name, |account, _| {
                account.removal = None;
                account.last_error =
                    Some(LastError::new("config_file", ErrorKind::ActionRequired, error.message));
            });
            store.show();
        }
        // Last: it may be the task that does this.
        waiting.abort();
    }

    /// Removes an account at once. If Abide had registered itself for it, returns the result of deleting the registration.
    pub(crate) async fn remove(&self, account: &str) -> Result<Option<AccountRemoved>, WindowError> {
        let _one = self.0.store.adding.lock().await;
        let config = self.0.store.act(account, |account, _| account.config.clone()).ok();
        let file = ConfigFile::read_aside(&self.0.store.options).await.map_err(refused)?;
        if let Some(kept) = file.keeps(account) {
            return Err(refused(kept));
        }
        // Before the file is changed: the end of the program does not wait for a slow transmitter, and an account that is no longer in
        // the file would keep its tokens.
        event_stream::leave(&self.0.store, account).await;
        let file = ConfigFile::read_aside(&self.0.store.options).await.map_err(refused)?;
        let configured = file.remove(account).map_err(refused)?;
        self.0.store.drop_account(account);
        self.0.store.record(account, Recorded::AccountRemoved, |_| {});
        let removed = match config {
            Some(config) => accounts::end_registration(&self.0.store, account, &config).await,
            None => None,
        };
        self.0.logouts.apply(&self.0.store, &configured.logout_listener).await;
        Ok(removed)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::options::Options;

    const FILE: &str = "# mine\n[vault]\nmode = \"memory\"\n[endpoint]\nport = 0\n\
                        [accounts.work] # the office\nissuer = \"https://id.example.com\"\nclient_id = \"a\"\n\
                        [accounts.home]\nissuer = \"https://id.example.org\"\nclient_id = \"b\"\n\
                        [accounts.lab]\nissuer = \"https://id.example.net\"\nclient_id = \"c\"\n";

    struct World {
        folder: tempfile::TempDir,
        agent: Agent,
    }

    impl World {
        async fn new() -> Self {
            Self::with(FILE).await
        }

        async fn with(file: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("config.toml"), file).unwrap();
            let presence = abide_presence::Environment::default();
            let agent = Agent::start(Options { presence, ..Options::within(folder.path()) }).await.unwrap();
            Self { folder, agent }
        }

        fn file(&self) -> String {
            std::fs::read_to_string(self.folder.path().join("config.toml")).unwrap()
        }

        fn titles(&self) -> Vec<String> {
            self.agent.snapshot().accounts.iter().map(|status| status.title().to_owned()).collect()
        }

        fn removing(&self) -> Vec<String> {
            let snapshot = self.agent.snapshot();
            let removing = snapshot.accounts.iter().filter(|status| status.removing);
            removing.map(|status| status.account.clone()).collect()
        }
    }

    #[tokio::test]
    async fn titles_and_order_show_at_once_and_after_a_restart() {
        let world = World::new().await;
        assert_eq!(world.titles(), ["home", "lab", "work"]);
        world.agent.rename_account("work", Some(" Example & Sons ")).await.unwrap();
        world.agent.order_accounts(&["work".to_owned(), "lab".to_owned()]).await.unwrap();
        let wanted = ["Example & Sons", "lab", "home"];
        assert_eq!(world.titles(), wanted);
        assert!(world.file().contains("# mine\n") && world.file().contains("[accounts.work] # the office\n"));
        assert_eq!(World::with(&world.file()).await.titles(), wanted);
        // Its own name is no title.
        world.agent.rename_account("work", Some("work")).await.unwrap();
        assert!(!world.file().contains("label"), "{}", world.file());
    }

    #[tokio::test]
    async fn an_account_that_is_added_to_the_file_has_the_same_place_as_after_a_restart() {
        let world = World::new().await;
        let more = "[accounts.at-home]\nissuer = \"https://id.example.info\"\nclient_id = \"d\"\n";
        std::fs::write(world.folder.path().join("config.toml"), format!("{FILE}{more}")).unwrap();
        world.agent.reload().await.unwrap();
        assert_eq!(world.titles(), ["at-home", "home", "lab", "work"]);
    }

    #[tokio::test]
    async fn a_removal_can_be_undone_until_it_is_done() {
        let world = World::new().await;
        let agent = &world.agent;
        agent.remove_account_later("work").await.unwrap();
        assert_eq!(world.removing(), ["work"]);
        assert_eq!(world.file(), FILE, "nothing has changed");
        agent.undo_removal("work").unwrap();
        assert!(world.removing().is_empty());
        tokio::time::sleep(UNDO_FOR + UNDO_FOR / 2).await;
        assert_eq!((world.titles().len(), world.file().as_str()), (3, FILE), "it stays");

        agent.remove_account_later("work").await.unwrap();
        let mut snapshots = agent.watch();
        let gone = snapshots.wait_for(|snapshot| snapshot.accounts.len() == 2);
        tokio::time::timeout(UNDO_FOR * 10, gone).await.unwrap().unwrap();
        assert!(!world.file().contains("accounts.work") && world.file().contains("# mine\n"));
        assert_eq!(agent.undo_removal("work").unwrap_err().code, "unknown_account");
    }

    #[tokio::test]
    async fn a_removal_is_done_when_the_window_closes_and_when_abide_ends() {
        let world = World::new().await;
        world.agent.remove_account_later("work").await.unwrap();
        world.agent.finish_removals().await;
        assert_eq!(world.titles(), ["home", "lab"]);
        world.agent.remove_account_later("lab").await.unwrap();
        world.agent.stop().await;
        assert!(
            !world.file().contains("accounts.lab") && world.file().contains("accounts.home"),
            "{}",
            world.file()
        );
    }

    #[tokio::test]
    async fn an_account_that_cannot_be_removed_stays_and_says_why() {
        let world = World::new().await;
        assert_eq!(world.agent.remove_account_later("vpn").await.unwrap_err().code, "unknown_account");
        world.agent.remove_account_later("work").await.unwrap();
        std::fs::write(world.folder.path().join("config.toml"), "[accounts.work\n").unwrap();
        world.agent.finish_removals().await;
        let snapshot = world.agent.snapshot();
        let work = snapshot.accounts.iter().find(|status| status.account == "work").unwrap();
        assert!(!work.removing && work.last_error.is_some(), "{work:?}");
    }
}

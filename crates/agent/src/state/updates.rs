//! What is known about newer versions of Abide, for views and for the task that looks for them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use abide_wire::{UpdateMode, UpdateProblem, UpdateStatus};
use tokio::sync::watch;

use crate::config::Config;

#[derive(Debug)]
pub(crate) struct Updates {
    known: Mutex<UpdateStatus>,
    mode: watch::Sender<UpdateMode>,
}

impl Default for Updates {
    fn default() -> Self {
        Self { known: Mutex::default(), mode: watch::Sender::new(UpdateMode::Off) }
    }
}

impl Updates {
    /// What is shown.
    pub(crate) fn status(&self) -> UpdateStatus {
        self.known().clone()
    }

    /// What Abide is to do, now and later.
    pub(crate) fn mode(&self) -> watch::Receiver<UpdateMode> {
        self.mode.subscribe()
    }

    /// Takes over what the configuration says. Returns whether something is different now.
    pub(crate) fn obey(&self, config: &Config) -> bool {
        let mode = config.updates.unwrap_or_default();
        let locked = config.policy.locks("updates");
        let mut known = self.known();
        let differs = (known.mode, known.locked) != (mode, locked);
        (known.mode, known.locked) = (mode, locked);
        if mode == UpdateMode::Off {
            (known.newer, known.problem) = (None, None);
        }
        drop(known);
        self.mode.send_if_modified(|present| std::mem::replace(present, mode) != mode);
        differs
    }

    /// What this build and this package can do.
    pub(crate) fn can(&self, server: Option<String>, installs: bool) {
        let mut known = self.known();
        (known.server, known.installs) = (server, installs);
    }

    /// The result of a look. A version that was found before stays known if the server is away. Returns whether the version is
    /// another one than before.
    pub(crate) fn found(&self, result: Result<Option<String>, UpdateProblem>) -> bool {
        let mut known = self.known();
        if known.mode == UpdateMode::Off {
            return false;
        }
        match result {
            Ok(newer) => {
                let is_news = newer.is_some() && known.newer != newer;
                // What went wrong when it was installed is shown until that succeeds.
                if newer.is_none() || known.mode != UpdateMode::Install || !known.installs {
                    known.problem = None;
                }
                known.newer = newer;
                is_news
            }
            Err(problem) => {
                known.problem = Some(problem);
                false
            }
        }
    }

    /// Whether the version that was found could be installed.
    pub(crate) fn installed(&self, result: Result<(), UpdateProblem>) {
        self.known().problem = result.err();
    }

    fn known(&self) -> MutexGuard<'_, UpdateStatus> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::config::policy::Policy;

    fn config(user: &str, policy: &str) -> Config {
        let policy = Policy::parse(Path::new("/etc/abide/policy.toml"), policy).unwrap();
        Config::parse_under(Path::new("config.toml"), user, Arc::new(policy)).unwrap()
    }

    #[test]
    fn it_is_off_until_the_user_or_an_administrator_switches_it_on() {
        let updates = Updates::default();
        let mut mode = updates.mode();
        let mut after = |user: &str, policy: &str| {
            let differs = updates.obey(&config(user, policy));
            (differs, updates.status().locked, *mode.borrow_and_update())
        };
        assert_eq!(after("", ""), (false, false, UpdateMode::Off));
        assert_eq!(after("updates = \"notify\"", ""), (true, false, UpdateMode::Notify));
        let locked = "[locked]\nupdates = \"off\"";
        assert_eq!(after("updates = \"install\"", locked), (true, true, UpdateMode::Off));
        assert_eq!(after("", "[default]\nupdates = \"install\""), (true, false, UpdateMode::Install));
    }

    #[test]
    fn a_version_is_news_once_and_is_forgotten_when_it_is_switched_off() {
        let updates = Updates::default();
        let newer = |version: &str| Ok(Some(version.to_owned()));
        assert!(!updates.found(newer("2.0.0")), "switched off meanwhile");
        updates.obey(&config("updates = \"notify\"", ""));
        assert!(updates.found(newer("2.0.0")));
        assert!(!updates.found(newer("2.0.0")));
        assert!(!updates.found(Err(UpdateProblem::Unreachable)));
        let status = updates.status();
        assert_eq!(
            (status.newer.as_deref(), status.problem),
            (Some("2.0.0"), Some(UpdateProblem::Unreachable))
        );
        assert!(updates.found(newer("2.0.1")));
        assert_eq!(updates.status().problem, None);
        updates.obey(&config("", ""));
        assert_eq!(updates.status().newer, None);
    }
}

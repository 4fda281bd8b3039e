//! Another version is installed while this one runs. When nothing is under way, the new program takes the place of this one in the
//! same process, with the same sockets, and continues the sessions that are in the vault.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use abide_wire::VaultMode;

use crate::agent::Agent;
use crate::config::edit::ConfigFile;
use crate::platform;
#[cfg(target_os = "linux")]
use crate::platform::changes::Changes;
use crate::platform::handover::Kept;
use crate::platform::installed::{Installed, Unfit};
use crate::platform::program::Stamp;
use crate::server::answering;
use crate::state::event::Event;
use crate::state::under_way::UnderWay;

/// For how long the file stays untouched before it counts: a package has several programs.
const QUIET: Duration = Duration::from_secs(2);
/// How often the file is looked at where changes are not reported, and the setting while restarts are off.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// The pauses between two attempts while something is under way: the first, and the longest.
const PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long what began in the last moment may take.
const LAST: Duration = Duration::from_secs(120);
/// How often it is tried while no connection is accepted, and for how long.
const CALM: Duration = Duration::from_millis(20);
const SHORTEST_CALM: Duration = Duration::from_millis(250);
const LONGEST_CALM: Duration = Duration::from_secs(1);
/// After this time, the user is told what the other version waits for.
const LONG_WAIT: Duration = Duration::from_secs(10 * 60);
/// A request that has lasted for so long, such as a tunnel through a proxy, need not end soon: no connection is kept waiting for it.
const LONG: Duration = Duration::from_secs(3);
/// For an answer that is on its way out.
const FLUSH: Duration = Duration::from_millis(50);

/// The program that takes over.
#[derive(Debug)]
pub struct Successor {
    installed: Installed,
    kept: Arc<Kept>,
}

impl Successor {
    /// Becomes that program. Nothing of this program runs afterwards, so it has to have ended its work. Returns only with an error.
    #[must_use]
    pub fn start(self) -> std::io::Error {
        // Not before: until now, other programs that are started do not get them.
        let listeners = self.installed.takes_descriptors().then(|| self.kept.leave()).flatten();
        self.installed.start(listeners)
    }
}

/// Waits for another version, and asks for the restart when nothing is under way, until it is aborted.
pub(crate) async fn when_replaced(agent: Agent) {
    let Some(installed) = agent.0.installed.clone() else { return };
    let mut watch = Watch::new(&installed).await;
    let mut shown: Option<String> = None;
    if let Some(why) = installed.returned() {
        let text = format!(
            "Another version of Abide is installed, and it did not start: {why} This version runs again, and your sessions with it."
        );
        agent.0.store.warning(text.clone());
        shown = Some(text);
        watch.changed(&installed).await;
    }
    loop {
        let new = installed.replaced();
        if let Some(before) = shown.take() {
            agent.0.store.end_warning(&before);
        }
        if let Some(new) = new {
            shown = let_take_over(&agent, &installed, &new).await;
            if shown.is_none() {
                continue;
            }
        }
        if let Some(text) = &shown {
            agent.0.store.warning(text.clone());
        }
        tokio::select! {
            () = watch.changed(&installed) => {}
            () = switched_on(&agent) => {}
            // What keeps it from starting may be mended now.
            () = agent.0.reloaded.notified(), if shown.is_some() => {}
        }
    }
}

/// The warning that the new program waits. It ends with this.
struct Waiting<'a> {
    agent: &'a Agent,
    text: Option<String>,
}

impl Waiting<'_> {
    fn say(&mut self, why: Option<UnderWay>, version: &str) {
        let text = why.map(|why| {
            format!(
                "Another version of Abide ({version}) is installed. It waits for {}. To use it now, restart Abide.",
                why.words()
            )
        });
        if self.text == text {
            return;
        }
        let before = std::mem::replace(&mut self.text, text);
        before.iter().for_each(|before| self.agent.0.store.end_warning(before));
        self.text.iter().for_each(|text| self.agent.0.store.warning(text.clone()));
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.say(None, "");
    }
}

/// Lets the new program take over when nothing is under way. Returns what to show if it cannot, and `None` when there is another file.
async fn let_take_over(agent: &Agent, installed: &Installed, new: &Stamp) -> Option<String> {
    let (mut pause, mut known) = (PAUSE, None);
    let begun = tokio::time::Instant::now();
    let mut told = Waiting { agent, text: None };
    while installed.replaced().as_ref() == Some(new) {
        let waits = agent.under_way().await.filter(|why| !why.is_short());
        // Asked once more when it is time: what it needs may have changed while it waited.
        if known.is_none() || waits.is_none() {
            match fit(agent, installed).await {
                Ok(version) => {
                    if known.is_none() {
                        tracing::info!(
                            version,
                            "another version is installed; it takes over when nothing is under way"
                        );
                    }
                    known = Some(version);
                }
                Err(why) => {
                    tracing::warn!(%why, "another version is installed and does not take over");
                    return Some(why);
                }
            }
        }
        match waits {
            None => drop(agent.0.store.events.send(Event::Replaced)),
            Some(why) => tracing::debug!(?why, "the other version waits"),
        }
        told.say(waits.filter(|_| begun.elapsed() > LONG_WAIT), known.as_deref().unwrap_or_default());
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
    None
}

/// Returns when restarts are switched on, if they are off.
async fn switched_on(agent: &Agent) {
    if agent.0.restarts.load(Ordering::Relaxed) {
        return std::future::pending().await;
    }
    while !agent.0.restarts.load(Ordering::Relaxed) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn by_hand(why: &str) -> String {
    format!("Another version of Abide is installed, and {why}. Restart Abide to use it.")
}

/// Whether the new program takes over: its version, or what to show.
async fn fit(agent: &Agent, installed: &Installed) -> Result<String, String> {
    if !agent.0.restarts.load(Ordering::Relaxed) {
        return Err(by_hand("`restart_after_upgrade` is off"));
    }
    if agent.0.store.options.passphrase_fd.is_some() {
        return Err(by_hand("the passphrase came through `--passphrase-fd`, which can be read only once"));
    }
    installed.ask(abide_vault::FORMAT).await.map_err(|why| match why {
        Unfit::TooOld(_) => format!(
            "An older version of Abide is installed: {why}. This version continues to run, and your sessions with it. \
             Install the newer version again. To use the older one, sign out and restart Abide."
        ),
        Unfit::WouldNotStart(why) => format!(
            "Another version of Abide is installed, and it would not start: {why} This version continues to run, and your \
             sessions with it."
        ),
        why => format!(
            "Another version of Abide is installed, and it cannot be used: {why}. This version continues to run. \
             Install Abide again."
        ),
    })
}

/// Reports changes of the program's file.
struct Watch {
    #[cfg(target_os = "linux")]
    changes: Option<Changes>,
}

impl Watch {
    #[cfg(target_os = "linux")]
    async fn new(installed: &Installed) -> Self {
        let changes = Changes::aside(&[installed.path()]).await;
        Self {
            changes: changes
                .inspect_err(|error| tracing::debug!(%error, "the program's file is looked at instead"))
                .ok(),
        }
    }

    /// Returns when the file has changed and is complete, or after a while.
    #[cfg(target_os = "linux")]
    async fn changed(&mut self, installed: &Installed) {
        let Some(changes) = &mut self.changes else { return tokio::time::sleep(LOOK_EVERY).await };
        loop {
            if changes.next().await.is_err() {
                self.changes = None;
                return;
            }
            while tokio::time::timeout(QUIET, changes.next()).await.is_ok() {}
            if !changes.is_being_written() {
                let _ = changes.follow(&[installed.path()]).await;
                return;
            }
        }
    }

    #[cfg(not(target_os = "linux"))]
    async fn new(_: &Installed) -> Self {
        Self {}
    }

    #[cfg(not(target_os = "linux"))]
    async fn changed(&mut self, installed: &Installed) {
        loop {
            let before = installed.replaced();
            tokio::time::sleep(LOOK_EVERY).await;
            let now = installed.replaced();
            if before != now {
                return tokio::time::sleep(QUIET).await;
            }
        }
    }
}

impl Agent {
    /// What a new start would cut off.
    pub(crate) async fn under_way(&self) -> Option<UnderWay> {
        if self.0.jobs.are_running() {
            return Some(UnderWay::Job);
        }
        if self.vault_mode() == VaultMode::Memory && self.0.store.has_session() {
            return Some(UnderWay::InMemory);
        }
        // Answers that have ended with their programs.
        self.consent().show();
        if let Some(under_way) = self.0.store.under_way() {
            return Some(under_way);
        }
        let locked =
            self.vault_mode() == VaultMode::Keyring && platform::keyring_is_unlocked().await == Some(false);
        if locked {
            return Some(UnderWay::Locked);
        }
        match answering::longest() {
            None => None,
            Some(since) if since < LONG => Some(UnderWay::Request),
            Some(_) => Some(UnderWay::LongRequest),
        }
    }

    /// Ends this agent for the program that was installed in its place, as [`Event::Replaced`] asks. `None`, and nothing has
    /// changed, if something is under way after all.
    pub async fn hand_over(&self) -> Option<Successor> {
        let installed = self.0.installed.clone()?;
        if self.under_way().await.is_some_and(|why| !why.is_short()) {
            return None;
        }
        // The new program would end at once, and the sessions would wait in the vault until the file is mended.
        if let Err(error) = ConfigFile::read_aside(&self.0.store.options).await {
            tracing::info!(%error, "the other version waits: the configuration cannot be used");
            return None;
        }
        // A connection that is accepted may have its request on the way. The others wait in the system's queue.
        answering::accept(false);
        let calm = async {
            // A connection that is kept is told to end with its next answer.
            tokio::time::sleep(SHORTEST_CALM).await;
            loop {
                tokio::time::sleep(CALM).await;
                if self.under_way().await.is_none() && answering::close_if_idle() {
                    return;
                }
            }
        };
        if tokio::time::timeout(LONGEST_CALM, calm).await.is_err() {
            answering::accept(true);
            return None;
        }
        self.0.kept.gather();
        // No request and no clock can begin anything from here on. What began in the last moment is waited for.
        self.end_tasks();
        let quiet = async {
            while let Some(why) = self.0.store.under_way() {
                tracing::debug!(?why, "waiting for the last of it");
                tokio::time::sleep(FLUSH).await;
            }
        };
        if tokio::time::timeout(LAST, quiet).await.is_err() {
            tracing::warn!("something did not end in time before the restart");
        }
        tokio::time::sleep(FLUSH).await;
        tracing::info!("the other version takes over");
        self.write_everything_down().await;
        Some(Successor { installed, kept: self.0.kept.clone() })
    }
}

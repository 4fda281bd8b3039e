//! The end of an agent: for good, or for another program in the same process.

use std::sync::PoisonError;

use abide_audit::Event as Recorded;

use super::Agent;
use crate::platform::clock;
#[cfg(unix)]
use crate::platform::occupant::Occupant;

/// How long the end of the program waits for removals.
const LONGEST_REMOVAL: std::time::Duration = std::time::Duration::from_secs(2);

impl Agent {
    /// Closes the endpoint, waits some seconds for what a provider has been asked and cannot be asked again, writes every session
    /// down, and waits for tokens that are being revoked. The sessions go on in the next start.
    pub async fn stop(&self) {
        self.end_tasks();
        self.0.kept.clear();
        self.withdraw().await;
        self.write_everything_down().await;
        let _ = self.0.store.last_words().await;
        crate::platform::log::flush();
    }

    /// Removes the files by which programs find this agent. Those of another one that has taken their place stay.
    async fn withdraw(&self) {
        let places = &self.0.store.options.places;
        #[cfg(unix)]
        if matches!(Occupant::of(&places.socket()).await, Occupant::Another(_)) {
            return;
        }
        let _ = std::fs::remove_file(places.endpoint_file());
        #[cfg(unix)]
        let _ = std::fs::remove_file(places.socket());
    }

    /// Ends the clock, the listeners of the endpoint and what else runs by itself.
    pub(crate) fn end_tasks(&self) {
        for task in self.0.tasks.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
    }

    pub(crate) async fn write_everything_down(&self) {
        // First: what they bring is written down with the rest.
        self.0.store.exchanges.finish().await;
        // The file is changed first; a provider that is slow to end a registration does not keep the sessions from being written.
        let _ = clock::timeout(LONGEST_REMOVAL, self.finish_removals()).await;
        self.0.jobs.end_all();
        self.0.logouts.close().await;
        self.clients().write_uses();
        self.0.store.audit.event(Recorded::AgentStopped, |_| {});
        // Before the vault has written everything: the end of the record is sealed in it.
        self.0.store.audit.close().await;
        self.0.store.write_all_down().await;
        crate::platform::log::flush();
    }
}

//! News of the provider's session, and what may be concluded from it.

use core::time::Duration;

use crate::live::Live;
use crate::machine::{Phase, Session};
use crate::types::{Attempt, EndReason, Now, Output, Probe, Signal};

/// News that end the session if the provider confirms them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suspicion {
    pub(crate) signal: Signal,
    /// A refresh that was under way when the news came. What it brings may be older than they are.
    before: Option<Attempt>,
}

impl Suspicion {
    pub(crate) fn new(signal: Signal) -> Self {
        Self { signal, before: None }
    }
}

impl Session {
    /// Somebody says that the provider's session has ended. Only the provider can confirm that: a refresh asks it, and is
    /// tried until it answers. Where there is nothing to ask with, the news are all there is.
    pub(crate) fn suspect(&mut self, now: Now, signal: Signal) {
        let Phase::Live(live) = &mut self.phase else { return };
        if !live.renewable {
            return self.end(now, EndReason::ProviderLogout(signal));
        }
        live.suspicion =
            Some(live.suspicion.map_or(Suspicion { signal, before: live.refresh }, |suspicion| Suspicion {
                before: live.refresh,
                ..suspicion
            }));
        live.refresh_wanted = true;
        self.retry_refresh(now);
    }

    /// A refresh has brought tokens: a suspicion that is older than it is settled.
    pub(crate) fn settle_suspicion(live: &mut Live, attempt: Attempt) {
        match &mut live.suspicion {
            Some(suspicion) if suspicion.before == Some(attempt) => {
                suspicion.before = None;
                live.refresh_wanted = true;
            }
            suspicion => *suspicion = None,
        }
    }

    /// The answer to a look at the provider.
    pub(crate) fn probed(&mut self, now: Now, attempt: Attempt, probe: Probe) {
        let Phase::Live(live) = &mut self.phase else { return };
        if live.probe != Some(attempt) {
            return;
        }
        live.probe = None;
        live.last_heard = now.boot;
        if let Probe::Rejected(signal) = probe {
            self.suspect(now, signal);
        }
    }

    /// Looks at the provider when it is time to.
    pub(crate) fn probe_provider(&mut self, now: Now) {
        let due = match &self.phase {
            Phase::Live(live) => self.next_probe(live).is_some_and(|due| due <= now.boot),
            _ => false,
        };
        if due {
            let attempt = self.next_attempt();
            if let Phase::Live(live) = &mut self.phase {
                live.probe = Some(attempt);
            }
            self.put(Output::ProbeProvider { attempt });
        }
    }

    /// When to look at the provider next; `None` while one look is under way, or if nobody wants any.
    pub(crate) fn next_probe(&self, live: &Live) -> Option<Duration> {
        let every = self.rules.probe_every.filter(|_| live.probe.is_none())?;
        Some(live.last_heard.saturating_add(every))
    }
}

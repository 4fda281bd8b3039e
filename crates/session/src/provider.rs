//! Reports about the provider's session, and their effect.

use core::time::Duration;

use crate::live::Live;
use crate::machine::{Phase, Session};
use crate::types::{Attempt, EndReason, Now, Output, Probe, Signal};

/// An unconfirmed end of the provider's session. A refresh confirms it or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Suspicion {
    pub(crate) signal: Signal,
    /// A refresh that was pending at that time. Its success may be older than the suspicion.
    before: Option<Attempt>,
}

impl Suspicion {
    pub(crate) fn new(signal: Signal) -> Self {
        Self { signal, before: None }
    }
}

/// Whether a report by this signal ends the session although it is not proof. A grant for offline use outlives the session
/// in the browser (OpenID Connect Core 1.0, section 11), so a refresh would succeed after every sign-out there.
fn is_final(signal: Signal, offline: bool) -> bool {
    signal == Signal::FrontChannel && offline
}

impl Session {
    /// Takes an unproved report that the provider's session has ended. A refresh asks the provider, and is repeated until it
    /// answers. If a refresh cannot tell, the report is final.
    pub(crate) fn suspect(&mut self, now: Now, signal: Signal, offline: bool) {
        let Phase::Live(live) = &mut self.phase else { return };
        if !live.renewable || is_final(signal, offline) {
            return self.end(now, EndReason::ProviderLogout(signal));
        }
        let signal = live.suspicion.map_or(signal, |suspicion| suspicion.signal);
        live.suspicion = Some(Suspicion { signal, before: live.renewal.attempt });
        live.renewal.wanted = true;
        self.retry_refresh(now);
    }

    /// A refresh has succeeded: settles a suspicion that is older than the refresh.
    pub(crate) fn settle_suspicion(live: &mut Live, attempt: Attempt) {
        match &mut live.suspicion {
            Some(suspicion) if suspicion.before == Some(attempt) => {
                suspicion.before = None;
                live.renewal.wanted = true;
            }
            suspicion => *suspicion = None,
        }
    }

    pub(crate) fn probed(&mut self, now: Now, attempt: Attempt, probe: Probe) {
        let Phase::Live(live) = &mut self.phase else { return };
        if live.probe.attempt != Some(attempt) {
            return;
        }
        live.probe.attempt = None;
        live.probe.last_heard = now.boot;
        if let Probe::Rejected(signal) = probe {
            self.suspect(now, signal, false);
        }
    }

    /// Probes the provider when the interval has passed.
    pub(crate) fn probe_provider(&mut self, now: Now) {
        let due = match &self.phase {
            Phase::Live(live) => self.next_probe(live).is_some_and(|due| due <= now.boot),
            _ => false,
        };
        if due {
            let attempt = self.next_attempt();
            if let Phase::Live(live) = &mut self.phase {
                live.probe.attempt = Some(attempt);
            }
            self.put(Output::ProbeProvider { attempt });
        }
    }

    /// The time of the next probe; `None` while a probe is pending, or without an interval.
    pub(crate) fn next_probe(&self, live: &Live) -> Option<Duration> {
        let every = self.rules.probe_every.filter(|_| live.probe.attempt.is_none())?;
        Some(live.probe.last_heard.saturating_add(every))
    }
}

//! News of the provider's session, and what may be concluded from it.

use core::time::Duration;

use crate::live::Live;
use crate::machine::{Phase, Session};
use crate::types::{Attempt, EndReason, Found, Now, Output, Signal};

/// News that end the session if the provider confirms them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Doubt {
    pub(crate) signal: Signal,
    /// A refresh that was under way when the news came. What it brings may be older than they are.
    before: Option<Attempt>,
}

impl Doubt {
    pub(crate) fn new(signal: Signal) -> Self {
        Self { signal, before: None }
    }
}

impl Session {
    /// Somebody says that the provider's session has ended. Only the provider can confirm that: a refresh asks it, and is
    /// tried until it answers. Where there is nothing to ask with, the news are all there is.
    pub(crate) fn doubt(&mut self, now: Now, signal: Signal) {
        let Phase::Live(live) = &mut self.phase else { return };
        if !live.renewable {
            return self.end(now, EndReason::ProviderLogout(signal));
        }
        live.doubt =
            Some(live.doubt.map_or(Doubt { signal, before: live.refresh }, |doubt| Doubt {
                before: live.refresh,
                ..doubt
            }));
        live.insists = true;
        self.insist(now);
    }

    /// A refresh has brought tokens: whatever was doubted before it began is settled.
    pub(crate) fn reassured(live: &mut Live, attempt: Attempt) {
        match &mut live.doubt {
            Some(doubt) if doubt.before == Some(attempt) => {
                doubt.before = None;
                live.insists = true;
            }
            doubt => *doubt = None,
        }
    }

    /// The answer to a look at the provider.
    pub(crate) fn checked(&mut self, now: Now, attempt: Attempt, found: Found) {
        let Phase::Live(live) = &mut self.phase else { return };
        if live.check != Some(attempt) {
            return;
        }
        live.check = None;
        live.checked = now.boot;
        if let Found::Gone(signal) = found {
            self.doubt(now, signal);
        }
    }

    /// Looks at the provider when it is time to.
    pub(crate) fn look_at_the_provider(&mut self, now: Now) {
        let due = match &self.phase {
            Phase::Live(live) => self.next_check(live).is_some_and(|due| due <= now.boot),
            _ => false,
        };
        if due {
            let attempt = self.next_attempt();
            if let Phase::Live(live) = &mut self.phase {
                live.check = Some(attempt);
            }
            self.put(Output::Check { attempt });
        }
    }

    /// When to look at the provider next; `None` while one look is under way, or if nobody wants any.
    pub(crate) fn next_check(&self, live: &Live) -> Option<Duration> {
        let every = self.rules.check_every.filter(|_| live.check.is_none())?;
        Some(live.checked.saturating_add(every))
    }
}

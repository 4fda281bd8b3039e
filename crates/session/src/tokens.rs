//! The answers to tools, and the refreshes that they cause.

use core::time::Duration;

use crate::machine::{Phase, Session};
use crate::types::{
    Attempt, EndReason, Now, Output, RefreshFailure, TokenRequest, TokenVerdict, Tokens, Withdrawn,
};

impl Session {
    /// Decides the answer to a tool that asks for a token. A served request counts as activity if `activity` is set; one
    /// that waits for a refresh counts when the refresh succeeds.
    pub fn token(&mut self, now: Now, request: TokenRequest) -> TokenVerdict {
        self.step(now, |session, now| {
            let verdict = session.verdict(now, request.min_validity);
            match verdict {
                TokenVerdict::Serve => session.served(now, request),
                TokenVerdict::Wait(_) => session.waits(now, request),
                _ => {}
            }
            verdict
        })
    }

    pub(crate) fn served(&mut self, now: Now, request: TokenRequest) {
        if request.activity && self.rules.activity.counts_requests() {
            self.record_activity(now, now.boot, Withdrawn::Activity);
        }
    }

    pub(crate) fn waits(&mut self, now: Now, request: TokenRequest) {
        if let Phase::Live(live) = &mut self.phase
            && request.activity
            && self.rules.activity.counts_requests()
        {
            live.renewal.used_at = Some(now.boot);
        }
    }

    fn verdict(&mut self, now: Now, min_validity: Duration) -> TokenVerdict {
        if self.is_frozen() {
            return TokenVerdict::Frozen;
        }
        let live = match self.phase {
            Phase::SignedOut | Phase::Authorizing { .. } => return TokenVerdict::LoginRequired,
            Phase::Ended(ended) => return TokenVerdict::Ended(ended.reason),
            Phase::Live(live) => live,
        };
        if let (Some(_), Some(attempt)) = (live.suspicion, live.renewal.attempt) {
            // A refresh is checking whether the provider's session still exists.
            return TokenVerdict::Wait(attempt);
        }
        if live.is_fresh(now, min_validity) {
            if live.is_refresh_due(now) {
                self.start_refresh();
            }
            return TokenVerdict::Serve;
        }
        match live.renewal.attempt {
            Some(attempt) => TokenVerdict::Wait(attempt),
            None if live.can_refresh() && live.renewal.may_start(now.boot) => {
                TokenVerdict::Wait(self.start_refresh())
            }
            // A better one is not available now, so the rest of the present one is served.
            None if live.is_fresh(now, Duration::ZERO) => TokenVerdict::Serve,
            None if live.renewal.sign_in_needed => TokenVerdict::SignInNeeded,
            None => TokenVerdict::BackingOff,
        }
    }

    pub(crate) fn start_refresh(&mut self) -> Attempt {
        let attempt = self.next_attempt();
        if let Phase::Live(live) = &mut self.phase {
            live.renewal.attempt = Some(attempt);
        }
        self.put(Output::Refresh { attempt });
        attempt
    }

    /// Starts a wanted refresh, unless the pause after a failure is not over.
    pub(crate) fn retry_refresh(&mut self, now: Now) {
        if let Phase::Live(live) = &self.phase
            && live.renewal.wanted
            && live.renewable
            && live.renewal.may_start(now.boot)
        {
            self.start_refresh();
        }
    }

    /// Refreshes the tokens, and repeats that until the provider has answered.
    pub(crate) fn renew(&mut self, now: Now) {
        if let Phase::Live(live) = &mut self.phase {
            live.renewal.wanted |= live.renewable;
        }
        self.retry_refresh(now);
    }

    pub(crate) fn is_refreshing(&self, attempt: Attempt) -> bool {
        matches!(&self.phase, Phase::Live(live) if live.renewal.attempt == Some(attempt))
    }

    pub(crate) fn refreshed(&mut self, now: Now, attempt: Attempt, tokens: Tokens) {
        if !self.is_refreshing(attempt) {
            return;
        }
        let used_at = if let Phase::Live(live) = &self.phase { live.renewal.used_at } else { None };
        if let Some(moment) = used_at {
            self.record_activity(now, moment, Withdrawn::Activity);
        }
        if let Phase::Live(live) = &mut self.phase {
            live.apply_tokens(now, tokens);
            Self::settle_suspicion(live, attempt);
        }
        self.put(Output::Checkpoint);
    }

    pub(crate) fn refresh_failed(&mut self, now: Now, attempt: Attempt, failure: RefreshFailure) {
        if !self.is_refreshing(attempt) {
            return;
        }
        let Phase::Live(live) = &mut self.phase else { return };
        let wait = match failure {
            RefreshFailure::Rejected => {
                let reason = live.suspicion.map(|suspicion| EndReason::ProviderLogout(suspicion.signal));
                return self.end(now, reason.unwrap_or(EndReason::RefreshRejected));
            }
            RefreshFailure::AnswerRefused => return self.end(now, EndReason::AnswerRefused),
            RefreshFailure::Busy { wait } => wait,
            RefreshFailure::Unreachable | RefreshFailure::InteractionRequired => Duration::ZERO,
        };
        live.renewal.back_off(now.boot, wait, &mut live.jitter);
        if failure == RefreshFailure::InteractionRequired {
            live.renewal.wanted = false;
            if !core::mem::replace(&mut live.renewal.sign_in_needed, true) {
                self.put(Output::SignInNeeded);
            }
        }
    }
}

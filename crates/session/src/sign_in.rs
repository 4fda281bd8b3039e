//! Sign-ins: the first one of a session, and one that continues a session that the provider no longer refreshes.

use core::time::Duration;

use crate::live::Live;
use crate::machine::{Ended, Phase, Session};
use crate::types::{Abandoned, Attempt, EndReason, Now, Output, Tokens, Withdrawn};

/// The longest time for a sign-in in the browser.
const TIME_LIMIT: Duration = Duration::from_secs(10 * 60);

/// A pending sign-in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignIn {
    pub(crate) attempt: Attempt,
    /// The boot time at which it is abandoned.
    pub(crate) until: Duration,
    /// Whether it begins a new session in the place of the live one.
    begins_again: bool,
}

impl Session {
    /// The pending sign-in.
    pub(crate) fn sign_in(&self) -> Option<SignIn> {
        match &self.phase {
            Phase::Authorizing { sign_in, .. } => Some(*sign_in),
            Phase::Live(live) => live.sign_in,
            Phase::SignedOut | Phase::Ended(_) => None,
        }
    }

    pub(crate) fn login(&mut self, now: Now) {
        if matches!(&self.phase, Phase::Live(live) if !live.lets_sign_in(now)) {
            return;
        }
        self.start_sign_in(now, false);
    }

    /// Starts a sign-in whose end is a new session, with limits of its own. The present one lasts until then.
    pub(crate) fn begin_again(&mut self, now: Now) {
        if matches!(&self.phase, Phase::Live(live) if self.can_begin_again(live, now.boot)) {
            self.start_sign_in(now, true);
        }
    }

    fn start_sign_in(&mut self, now: Now, begins_again: bool) {
        self.abandon_sign_in(Abandoned::Replaced);
        let attempt = self.next_attempt();
        let sign_in = SignIn { attempt, until: now.boot.saturating_add(TIME_LIMIT), begins_again };
        match &mut self.phase {
            Phase::Live(live) => live.sign_in = Some(sign_in),
            Phase::Ended(ended) => self.phase = Phase::Authorizing { sign_in, before: Some(*ended) },
            _ => self.phase = Phase::Authorizing { sign_in, before: None },
        }
        self.put(Output::Authorize { attempt });
    }

    pub(crate) fn abandon_sign_in(&mut self, why: Abandoned) {
        if let Some(SignIn { attempt, .. }) = self.sign_in() {
            self.forget_sign_in();
            self.put(Output::AbandonAuthorization { attempt, why });
        }
    }

    fn forget_sign_in(&mut self) {
        match &mut self.phase {
            Phase::Authorizing { before, .. } => self.phase = before.map_or(Phase::SignedOut, Phase::Ended),
            Phase::Live(live) => live.sign_in = None,
            Phase::SignedOut | Phase::Ended(_) => {}
        }
    }

    fn is_sign_in(&self, attempt: Attempt) -> bool {
        self.sign_in().is_some_and(|sign_in| sign_in.attempt == attempt)
    }

    pub(crate) fn authorization_failed(&mut self, attempt: Attempt) {
        if self.is_sign_in(attempt) {
            self.forget_sign_in();
        }
    }

    /// Continues a live session with the tokens, or begins a new one.
    pub(crate) fn authorized(&mut self, now: Now, attempt: Attempt, tokens: Tokens) {
        let Some(sign_in) = self.sign_in().filter(|sign_in| sign_in.attempt == attempt) else { return };
        self.forget_sign_in();
        if let Phase::Live(live) = &mut self.phase {
            if sign_in.begins_again {
                live.limits_begin(now, &self.rules.limits);
            }
            return self.stepped_up(now, tokens);
        }
        self.phase = Phase::Live(Live::begin(now, &self.rules.limits, tokens, self.jitter));
        self.put(Output::Began);
        self.put(Output::Checkpoint);
    }

    /// The same person has signed in again: the session continues with these tokens. The absolute limit still counts from
    /// the first sign-in.
    pub(crate) fn stepped_up(&mut self, now: Now, tokens: Tokens) {
        let Phase::Live(live) = &mut self.phase else { return };
        live.apply_tokens(now, tokens);
        live.suspicion = None;
        self.record_activity(now, now.boot, Withdrawn::Answered);
        self.put(Output::Checkpoint);
    }

    pub(crate) fn end(&mut self, now: Now, reason: EndReason) {
        self.end_with(now, reason, Withdrawn::Ended);
    }

    pub(crate) fn end_with(&mut self, now: Now, reason: EndReason, why: Withdrawn) {
        let Phase::Live(live) = self.phase else { return };
        if let Some(question) = live.prompt.question {
            self.put(Output::Withdraw { question, why });
        }
        if matches!(reason, EndReason::UserLogout | EndReason::Declined) {
            self.abandon_sign_in(Abandoned::Cancelled);
        }
        let ended = Ended { reason, at: now.wall };
        let sign_in = self.sign_in();
        self.put(Output::Ended { reason });
        // The person is in the browser to sign in again: that continues, and begins a new session.
        self.phase = match sign_in {
            Some(sign_in) => Phase::Authorizing { sign_in, before: Some(ended) },
            None => Phase::Ended(ended),
        };
    }
}

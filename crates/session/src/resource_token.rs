//! Access tokens beside that of the session: each for one purpose, and good for less.

use core::time::Duration;

use crate::live::{FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WAIT};
use crate::machine::{Phase, Session};
use crate::types::{Attempt, EndReason, Input, Now, Output, TokenRequest, Tokens, Withdrawn};
use crate::validity::Validity;

/// What is known of the access token for one purpose. The token itself is somebody else's to keep.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceToken {
    validity: Option<Validity>,
    pause: Option<Duration>,
    retry_at: Option<Duration>,
}

impl ResourceToken {
    /// One has come, good for `expires_in`; `None` where the provider does not say.
    pub fn issued(&mut self, now: Now, expires_in: Option<Duration>) {
        *self = Self { validity: Some(Validity::begin(now, expires_in)), pause: None, retry_at: None };
    }

    /// The provider could not be reached. It is asked again after a pause, which doubles, up to a minute: this purpose
    /// alone waits, because what fails for one resource need not fail for another. It waits for as long as the provider asks
    /// for, within reason.
    pub fn failed(&mut self, now: Now, wait: Option<Duration>) {
        let pause = self.pause.unwrap_or(FIRST_PAUSE).max(wait.unwrap_or_default().min(LONGEST_WAIT));
        self.retry_at = Some(now.boot.saturating_add(pause));
        self.pause = Some((pause * 2).min(LONGEST_PAUSE));
    }

    /// How long it stays valid; `None` if there is none, or nobody knows.
    #[must_use]
    pub fn left(&self, now: Now) -> Option<Duration> {
        self.validity?.left(now)
    }

    fn is_fresh(&self, now: Now, min_validity: Duration) -> bool {
        self.validity.is_some_and(|validity| validity.is_fresh(now, min_validity))
    }
}

/// What a tool gets that wants a token for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceVerdict {
    /// The one that is there.
    Serve,
    /// A new one, which the provider has to be asked for.
    Fetch,
    /// First the outcome of this refresh: it says whether the session goes on.
    Wait(Attempt),
    /// Nothing now: the provider could not be reached, and it is too soon to try again.
    BackingOff,
    /// Nothing: nobody is signed in.
    LoginRequired,
    /// Nothing while the screen is locked.
    Frozen,
    /// Nothing: the session is over.
    Ended(EndReason),
}

impl Session {
    /// A tool asks for a token for one purpose, of which `token` is known: decides what it gets, by the rules of
    /// [`Session::token`], and lets the request count as activity if it says so.
    pub fn resource_token(
        &mut self,
        now: Now,
        request: TokenRequest,
        token: &ResourceToken,
    ) -> ResourceVerdict {
        let now = self.monotonic(now);
        self.enforce_deadlines(now);
        let verdict = self.resource_verdict(now, request.min_validity, token);
        let served = matches!(
            verdict,
            ResourceVerdict::Serve
                | ResourceVerdict::Fetch
                | ResourceVerdict::Wait(_)
                | ResourceVerdict::BackingOff
        );
        if served && request.activity {
            self.apply(now, Input::Activity);
        }
        self.note_changes(now);
        verdict
    }

    fn resource_verdict(&self, now: Now, min_validity: Duration, token: &ResourceToken) -> ResourceVerdict {
        if self.is_frozen() {
            return ResourceVerdict::Frozen;
        }
        let live = match &self.phase {
            Phase::SignedOut | Phase::Authorizing { .. } => return ResourceVerdict::LoginRequired,
            Phase::Ended(over) => return ResourceVerdict::Ended(over.reason),
            Phase::Live(live) => live,
        };
        if let (Some(_), Some(attempt)) = (live.suspicion, live.refresh) {
            ResourceVerdict::Wait(attempt)
        } else if token.is_fresh(now, min_validity) {
            ResourceVerdict::Serve
        } else if live.in_backoff(now.boot) || token.retry_at.is_some_and(|moment| moment > now.boot) {
            if token.is_fresh(now, Duration::ZERO) {
                ResourceVerdict::Serve
            } else {
                ResourceVerdict::BackingOff
            }
        } else {
            ResourceVerdict::Fetch
        }
    }

    /// The same person has signed in again, in a stronger way: the session goes on with these tokens. No limit but those
    /// that a use moves is moved: the absolute one counts from the first sign-in.
    pub(crate) fn stepped_up(&mut self, now: Now, tokens: Tokens) {
        let Phase::Live(live) = &mut self.phase else { return };
        live.apply_tokens(now, tokens);
        live.suspicion = None;
        self.record_activity(now, now.boot, Withdrawn::Answered);
        self.put(Output::Checkpoint);
    }

    /// Asks the provider for new tokens until it has answered.
    pub(crate) fn renew(&mut self, now: Now) {
        if let Phase::Live(live) = &mut self.phase {
            live.refresh_wanted |= live.renewable;
        }
        self.retry_refresh(now);
    }
}

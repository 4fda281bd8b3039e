//! Access tokens beside that of the session: each for one purpose, and good for less.

use core::time::Duration;

use crate::machine::{Phase, Session};
use crate::renewal::{FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WAIT};
use crate::types::{Attempt, EndReason, Now, TokenRequest};
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
    /// Nothing: the provider wants the person to sign in again. The session is kept.
    SignInNeeded,
    /// Nothing while the screen is locked.
    Frozen,
    /// Nothing: the session is over.
    Ended(EndReason),
}

impl Session {
    /// Decides what a tool gets that asks for a token of which `token` is known, by the rules of [`Session::token`].
    /// [`ResourceVerdict::Fetch`] is no activity yet: the request is asked about again once the token has come.
    pub fn resource_token(
        &mut self,
        now: Now,
        request: TokenRequest,
        token: &ResourceToken,
    ) -> ResourceVerdict {
        self.step(now, |session, now| {
            let verdict = session.resource_verdict(now, request.min_validity, token);
            match verdict {
                ResourceVerdict::Serve => session.served(now, request),
                ResourceVerdict::Wait(_) => session.waits(now, request),
                _ => {}
            }
            verdict
        })
    }

    fn resource_verdict(&self, now: Now, min_validity: Duration, token: &ResourceToken) -> ResourceVerdict {
        if self.is_frozen() {
            return ResourceVerdict::Frozen;
        }
        let live = match &self.phase {
            Phase::SignedOut | Phase::Authorizing { .. } => return ResourceVerdict::LoginRequired,
            Phase::Ended(ended) => return ResourceVerdict::Ended(ended.reason),
            Phase::Live(live) => live,
        };
        let waits =
            live.renewal.in_backoff(now.boot) || token.retry_at.is_some_and(|moment| moment > now.boot);
        match (live.suspicion, live.renewal.attempt) {
            (Some(_), Some(attempt)) => ResourceVerdict::Wait(attempt),
            _ if token.is_fresh(now, min_validity) => ResourceVerdict::Serve,
            _ if !waits && !live.renewal.sign_in_needed => ResourceVerdict::Fetch,
            _ if token.is_fresh(now, Duration::ZERO) => ResourceVerdict::Serve,
            _ if live.renewal.sign_in_needed => ResourceVerdict::SignInNeeded,
            _ => ResourceVerdict::BackingOff,
        }
    }
}

//! Access tokens for one resource or with fewer scopes, in addition to the session's own.

use core::time::Duration;

use crate::machine::{Phase, Session};
use crate::renewal::{FIRST_PAUSE, LONGEST_PAUSE, LONGEST_WAIT};
use crate::types::{Attempt, EndReason, Now, TokenRequest};
use crate::validity::Validity;

/// The state of the access token for one purpose. The token itself is stored elsewhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct ResourceToken {
    validity: Option<Validity>,
    pause: Option<Duration>,
    retry_at: Option<Duration>,
}

impl ResourceToken {
    /// A token was issued with the lifetime `expires_in`; `None` if the provider gives none.
    pub fn issued(&mut self, now: Now, expires_in: Option<Duration>) {
        *self = Self { validity: Some(Validity::begin(now, expires_in)), pause: None, retry_at: None };
    }

    /// The provider could not be reached. It is asked again after a pause, which doubles up to a minute. Only this purpose
    /// waits, because other resources may work. If the provider asks for a longer pause, it gets it, up to a limit.
    pub fn failed(&mut self, now: Now, wait: Option<Duration>) {
        let pause = self.pause.unwrap_or(FIRST_PAUSE).max(wait.unwrap_or_default().min(LONGEST_WAIT));
        self.retry_at = Some(now.boot.saturating_add(pause));
        self.pause = Some((pause * 2).min(LONGEST_PAUSE));
    }

    /// The time that it stays valid; `None` without a token, or if its lifetime is unknown.
    #[must_use]
    pub fn left(&self, now: Now) -> Option<Duration> {
        self.validity?.left(now)
    }

    fn is_fresh(&self, now: Now, min_validity: Duration) -> bool {
        self.validity.is_some_and(|validity| validity.is_fresh(now, min_validity))
    }
}

/// The answer to a tool that needs a token for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResourceVerdict {
    /// The present token.
    Serve,
    /// A new token, which has to be requested from the provider.
    Fetch,
    /// Wait for this refresh: it decides whether the session continues.
    Wait(Attempt),
    /// No token now: the provider could not be reached, and the pause is not over.
    BackingOff,
    /// No token: signed out.
    LoginRequired,
    /// No token: the provider wants the person to sign in again. The session is kept.
    SignInNeeded,
    /// No token while the screen is locked.
    Frozen,
    /// No token: the session has ended.
    Ended(EndReason),
}

impl Session {
    /// Decides the answer to a tool that needs a token with the state `token`, by the rules of [`Session::token`].
    /// [`ResourceVerdict::Fetch`] is not activity yet: ask again once the token was issued.
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

//! The refresh of a session's tokens: one at a time, with pauses while the provider is unreachable.

use core::time::Duration;

use crate::jitter::Jitter;
use crate::types::Attempt;

/// The pause after the first refresh that did not reach the provider. It doubles each time.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause of our own.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause that a provider can ask for, so that a session does not depend on something in front of the provider that asks
/// for days. A provider that means it says it again.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(5 * 60);
/// If a tool asks for an access token in this time before its end, it is renewed in the background.
const REFRESH_MARGIN: Duration = Duration::from_secs(60);

/// The pending refresh, and the earliest time of the next one. Times are boot time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renewal {
    pub(crate) attempt: Option<Attempt>,
    /// The time of the latest request that waits for this refresh. It counts as use if the refresh succeeds.
    pub(crate) used_at: Option<Duration>,
    /// Whether a refresh is retried automatically, because the session is to be kept.
    pub(crate) wanted: bool,
    /// Whether the provider wants the person to sign in again.
    pub(crate) sign_in_needed: bool,
    /// The remaining time below which a request renews the access token.
    pub(crate) margin: Duration,
    /// The earliest time of the next refresh.
    pub(crate) retry_at: Option<Duration>,
    pause: Duration,
}

impl Default for Renewal {
    fn default() -> Self {
        Self {
            attempt: None,
            used_at: None,
            wanted: false,
            sign_in_needed: false,
            margin: Duration::ZERO,
            retry_at: None,
            pause: FIRST_PAUSE,
        }
    }
}

impl Renewal {
    /// The state after a successful refresh or sign-in.
    pub(crate) fn after_success(access_expires_in: Option<Duration>, jitter: &mut Jitter) -> Self {
        let margin = REFRESH_MARGIN.min(access_expires_in.unwrap_or(Duration::MAX) / 5);
        Self { margin: margin + jitter.up_to(margin / 2), ..Self::default() }
    }

    /// Notes that the provider could not be reached, or asks for a pause of `wait`. The next attempt is up to half of that
    /// later, so that clients that the provider sends away together do not return together.
    pub(crate) fn back_off(&mut self, now: Duration, wait: Duration, jitter: &mut Jitter) {
        (self.attempt, self.used_at) = (None, None);
        let pause = self.pause.max(wait.min(LONGEST_WAIT));
        let pause = pause + jitter.up_to(pause.min(LONGEST_PAUSE) / 2);
        self.retry_at = Some(now.saturating_add(pause));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Whether the pause is not over yet.
    pub(crate) fn in_backoff(&self, now: Duration) -> bool {
        self.retry_at.is_some_and(|moment| moment > now)
    }

    /// Whether the last refresh has brought no tokens.
    pub(crate) fn has_failed(&self) -> bool {
        self.retry_at.is_some()
    }

    /// Whether no refresh is pending and the pause is over.
    pub(crate) fn may_start(&self, now: Duration) -> bool {
        self.attempt.is_none() && !self.in_backoff(now)
    }
}

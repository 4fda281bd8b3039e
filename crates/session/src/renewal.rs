//! The refresh of a session's tokens: one at a time, and with pauses where the provider cannot be reached.

use core::time::Duration;

use crate::jitter::Jitter;
use crate::types::Attempt;

/// The pause after a first refresh that did not reach the provider; it doubles.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest such pause.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// The longest pause that a provider can ask for. It may ask for days, and no session should depend on that.
pub(crate) const LONGEST_WAIT: Duration = Duration::from_secs(30 * 60);
/// So long before its end an access token is renewed when a tool asks for it; the tool gets the present one.
const REFRESH_MARGIN: Duration = Duration::from_secs(60);

/// The refresh under way, and when the next one may start. Times are boot time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renewal {
    pub(crate) attempt: Option<Attempt>,
    /// The latest request that waits for this refresh. It counts as use if the refresh succeeds.
    pub(crate) used_at: Option<Duration>,
    /// Whether a refresh is tried again by itself, because the session is to be kept.
    pub(crate) wanted: bool,
    /// Whether the provider wants the person to sign in again.
    pub(crate) sign_in_needed: bool,
    /// Below this much time left a request renews the access token.
    pub(crate) margin: Duration,
    /// Before this no refresh starts.
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
    /// The state after tokens have come.
    pub(crate) fn after_success(access_expires_in: Option<Duration>, jitter: &mut Jitter) -> Self {
        let margin = REFRESH_MARGIN.min(access_expires_in.unwrap_or(Duration::MAX) / 5);
        Self { margin: margin + jitter.up_to(margin / 2), ..Self::default() }
    }

    /// Notes that the provider could not be reached, or wants no request for `wait`. The next attempt comes up to a half
    /// later, so that the clients which a provider sends away together do not come back together.
    pub(crate) fn back_off(&mut self, now: Duration, wait: Duration, jitter: &mut Jitter) {
        (self.attempt, self.used_at) = (None, None);
        let pause = self.pause.max(wait.min(LONGEST_WAIT));
        let pause = pause + jitter.up_to(pause.min(LONGEST_PAUSE) / 2);
        self.retry_at = Some(now.saturating_add(pause));
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }

    /// Whether it is too soon to try again.
    pub(crate) fn in_backoff(&self, now: Duration) -> bool {
        self.retry_at.is_some_and(|moment| moment > now)
    }

    /// Whether neither a refresh nor a pause is under way.
    pub(crate) fn may_start(&self, now: Duration) -> bool {
        self.attempt.is_none() && !self.in_backoff(now)
    }
}

//! When to ask whether the person has answered: RFC 8628, section 3.5.

use std::time::Duration;

use crate::error::Error;
use crate::error::oauth::OAuthError;
use crate::tokens::device::{DeviceAuthorization, DevicePoll};

/// The seconds that `slow_down` adds.
const SLOWER: Duration = Duration::from_secs(5);
/// The longest pause after an error, so that a person who returns to a network does not wait for the rest of the code's
/// lifetime. A provider that asks for a longer pause gets it.
const MAX_BACK_OFF: Duration = Duration::from_secs(30);

/// The times of the polls for one code. It has no clock: every time is counted from the arrival of the code, by a clock that
/// continues while the machine sleeps.
#[derive(Clone, Debug)]
pub struct DevicePolling {
    interval: Duration,
    expires_in: Duration,
    failures: u32,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStep {
    /// Poll when this much time has passed since the code arrived.
    PollAt(Duration),
    /// The code expires before the next poll.
    Expired,
    /// The last answer was the final one.
    Finished,
}

/// A final answer to the poll: neither `authorization_pending` nor `slow_down`.
fn is_refusal(error: &Error) -> bool {
    use OAuthError::{AuthorizationPending, SlowDown};
    match error {
        Error::Refused { error, .. } | Error::Unavailable { error: Some(error), .. } => {
            !matches!(error, AuthorizationPending | SlowDown)
        }
        _ => false,
    }
}

impl DevicePolling {
    /// For a code that has just arrived.
    pub fn new(authorization: &DeviceAuthorization) -> Self {
        Self { interval: authorization.interval, expires_in: authorization.expires_in, failures: 0 }
    }

    /// The first poll, after one interval: a person needs at least that long.
    pub fn first(&self) -> DeviceStep {
        self.at(self.interval)
    }

    /// The next step after an answer that arrived `passed` after the code.
    ///
    /// `slow_down` adds five seconds to every later pause. An error doubles the pause each time, up to half a minute, or
    /// sets it to what the provider asked for; an answer resets it. A page of something in front of the provider counts as
    /// such an error. Every other error ends the sign-in, even `server_error`, which would be transient elsewhere.
    pub fn answered(&mut self, passed: Duration, answer: &Result<DevicePoll, Error>) -> DeviceStep {
        let pause = match answer {
            Ok(DevicePoll::Done(_)) => return DeviceStep::Finished,
            Ok(DevicePoll::Pending) => self.undisturbed(),
            Ok(DevicePoll::SlowDown) => {
                self.interval = self.interval.saturating_add(SLOWER);
                self.undisturbed()
            }
            Err(error) if is_refusal(error) => return DeviceStep::Finished,
            Err(error) if error.is_transient() || error.may_be_intercepted() => {
                self.disturbed(error.retry_after())
            }
            Err(_) => return DeviceStep::Finished,
        };
        self.at(passed.saturating_add(pause))
    }

    fn undisturbed(&mut self) -> Duration {
        self.failures = 0;
        self.interval
    }

    fn disturbed(&mut self, asked: Option<Duration>) -> Duration {
        self.failures = self.failures.saturating_add(1).min(16);
        let doubled = self.interval.saturating_mul(1 << self.failures).min(MAX_BACK_OFF);
        doubled.max(self.interval).max(asked.unwrap_or_default())
    }

    fn at(&self, passed: Duration) -> DeviceStep {
        if passed < self.expires_in { DeviceStep::PollAt(passed) } else { DeviceStep::Expired }
    }
}

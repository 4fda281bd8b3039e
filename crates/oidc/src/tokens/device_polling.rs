//! When to ask whether the person has answered: RFC 8628, section 3.5.

use std::time::Duration;

use crate::error::Error;
use crate::error::oauth::OAuthError;
use crate::tokens::device::{DeviceAuthorization, DevicePoll};

/// What `slow_down` adds.
const SLOWER: Duration = Duration::from_secs(5);
/// The longest pause after trouble, so that somebody who comes back to a network does not wait for the rest of the code's
/// life. A provider that itself asks for more gets it.
const MAX_BACK_OFF: Duration = Duration::from_secs(30);

/// The rhythm of the polls for one code. It has no clock: every time is what has passed since the code arrived, measured
/// by a clock that goes on while the machine sleeps.
#[derive(Clone, Debug)]
pub struct DevicePolling {
    interval: Duration,
    expires_in: Duration,
    failures: u32,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceStep {
    /// Ask once this much has passed since the code arrived.
    PollAt(Duration),
    /// The code is over before the next poll: there is nothing more to wait for.
    Expired,
    /// The last answer was the final one.
    Finished,
}

/// An answer of the provider's to the poll that is neither of the two that ask for patience.
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

    /// When to ask for the first time: after one interval, since nobody is that quick.
    pub fn first(&self) -> DeviceStep {
        self.at(self.interval)
    }

    /// What to do after an answer that came when `passed` had passed since the code arrived.
    ///
    /// `slow_down` adds five seconds to every pause from then on. Trouble doubles the pause each time, up to half a
    /// minute, or makes it as long as the provider asked for; an answer brings it back. So does what looks like the page of
    /// something in front of the provider. Every other error is the end, also one that would pass elsewhere: `server_error`.
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

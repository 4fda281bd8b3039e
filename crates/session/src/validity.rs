//! How long an access token is good for.

use core::time::Duration;

use crate::types::Now;

/// The life of an access token, from the moment at which it came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    lifetime: Duration,
    end: Option<Duration>,
    end_wall: Option<Duration>,
}

impl Validity {
    /// A token that has come `now`. A provider need not say how long it lasts.
    pub(crate) fn begin(now: Now, expires_in: Option<Duration>) -> Self {
        Self {
            lifetime: expires_in.unwrap_or(Duration::MAX),
            end: expires_in.map(|lifetime| now.boot.saturating_add(lifetime)),
            end_wall: expires_in.map(|lifetime| now.wall.saturating_add(lifetime)),
        }
    }

    /// The whole lifetime.
    pub(crate) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// The end in boot time; `None` if the provider has not said.
    pub(crate) fn end(&self) -> Option<Duration> {
        self.end
    }

    /// How long the token stays valid, by the clock that gives it less; `None` if nobody knows. Lifetimes run on boot time;
    /// but a resource server judges `exp` by the wall clock, so a token that is over there is over.
    pub(crate) fn left(&self, now: Now) -> Option<Duration> {
        Some(self.end?.saturating_sub(now.boot).min(self.end_wall?.saturating_sub(now.wall)))
    }

    /// A token is fresh when it outlives the demand, but no demand exceeds nine tenths of what the provider gives:
    /// otherwise a tool that wants more would cause a refresh with every request.
    pub(crate) fn is_fresh(&self, now: Now, min_validity: Duration) -> bool {
        let demand = min_validity.min(self.lifetime / 10 * 9);
        self.left(now).is_none_or(|left| left > demand)
    }
}

//! The validity of an access token.

use core::time::Duration;

use crate::types::Now;

/// The lifetime of an access token, from its arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    lifetime: Duration,
    end: Option<Duration>,
    end_wall: Option<Duration>,
}

impl Validity {
    /// A token that arrives `now`. The provider may leave out its lifetime.
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

    /// The end in boot time; `None` if the provider has declared none.
    pub(crate) fn end(&self) -> Option<Duration> {
        self.end
    }

    /// The time that the token stays valid, by the clock that gives it less; `None` if unknown. Lifetimes run on boot time,
    /// but a resource server compares `exp` with the wall clock, so a token that has expired there has expired.
    pub(crate) fn left(&self, now: Now) -> Option<Duration> {
        Some(self.end?.saturating_sub(now.boot).min(self.end_wall?.saturating_sub(now.wall)))
    }

    /// A token is fresh if it stays valid for `min_validity`. At most nine tenths of its lifetime can be demanded: otherwise
    /// a tool that demands more would cause a refresh with every request.
    pub(crate) fn is_fresh(&self, now: Now, min_validity: Duration) -> bool {
        let demand = min_validity.min(self.lifetime / 10 * 9);
        self.left(now).is_none_or(|left| left > demand)
    }
}

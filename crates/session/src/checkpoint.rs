//! What has to be written down so that a session goes on, with the same deadlines, in another process.

use core::time::Duration;

use crate::types::{Now, Signal};

/// The deadlines of a session at one moment. Holds no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// When this was true.
    pub at: Now,
    /// When the session began, wall time.
    pub began: Duration,
    /// Time left until the idle end.
    pub idle_left: Duration,
    /// Time left until the absolute end.
    pub absolute_left: Duration,
    /// Time left until the provider's end.
    pub provider_left: Option<Duration>,
    /// The whole length of the provider's session, of which that is left.
    pub provider_lifetime: Option<Duration>,
    /// Whether a refresh token is there.
    pub renewable: bool,
    /// News of the provider's end that it has not confirmed yet.
    pub suspicion: Option<Signal>,
}

impl Checkpoint {
    /// How much time has passed since. Within one boot that is boot time; over a restart of the machine only the wall
    /// clock is left, and where that went back there is no answer: nobody knows how long the machine was off.
    pub(crate) fn elapsed(&self, now: Now, same_boot: bool) -> Option<Duration> {
        if same_boot { now.boot.checked_sub(self.at.boot) } else { now.wall.checked_sub(self.at.wall) }
    }
}

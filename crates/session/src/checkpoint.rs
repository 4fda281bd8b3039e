//! The checkpoint: what another process needs to continue the session with the same deadlines.

use core::time::Duration;

use crate::limits::Rules;
use crate::live::Live;
use crate::provider_limits::RemainingLimits;
use crate::types::{Now, Signal, Tokens};

/// The deadlines of a session at one moment. Holds no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The time of the checkpoint.
    pub at: Now,
    /// The start of the session, wall time.
    pub began: Duration,
    /// Time left until the idle end.
    pub idle_left: Duration,
    /// Time left until the absolute end.
    pub absolute_left: Duration,
    /// The ends that the provider has declared, as time left.
    pub provider: RemainingLimits,
    /// Whether there is a refresh token.
    pub renewable: bool,
    /// An unconfirmed end of the provider's session.
    pub suspicion: Option<Signal>,
}

impl Checkpoint {
    /// The checkpoint of a session that begins now with these tokens. It is stored before the session begins.
    #[must_use]
    pub fn at_sign_in(now: Now, rules: &Rules, tokens: Tokens) -> Self {
        Live::begin(now, &rules.limits, tokens, crate::jitter::Jitter::default()).checkpoint(now)
    }

    /// The time since the checkpoint. Within one boot it is boot time. After a restart of the machine only the wall clock is
    /// left; if that went back, the answer is unknown.
    pub(crate) fn elapsed(&self, now: Now, same_boot: bool) -> Option<Duration> {
        if same_boot { now.boot.checked_sub(self.at.boot) } else { now.wall.checked_sub(self.at.wall) }
    }
}

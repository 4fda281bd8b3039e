//! The limits of a session.

use core::fmt;
use core::time::Duration;

use crate::types::{Activity, OnLock};

/// An account's rules for its sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// The limits.
    pub limits: Limits,
    /// The activity that counts as use.
    pub activity: Activity,
    /// The effect of a locked screen.
    pub on_lock: OnLock,
    /// The pause between two probes of the provider's session; `None`: no probes.
    pub probe_every: Option<Duration>,
    /// Of which ends that no use of the session can move the user is reminded.
    pub remind: Reminders,
}

/// The kinds of reminders, and whether the user wants them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reminders {
    /// Of the longest session.
    pub longest: bool,
    /// Of an end that the provider has fixed.
    pub provider: bool,
}

impl Reminders {
    /// Both kinds.
    pub const ALL: Self = Self { longest: true, provider: true };
}

impl From<Limits> for Rules {
    fn from(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }
}

/// The limits of one account's sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    end_after: Duration,
    warn_after: Duration,
    absolute: Duration,
}

/// Why limits are refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitsError {
    /// `end_after` is shorter than two seconds.
    EndTooShort,
    /// `warn_after` is not shorter than `end_after`, or is zero.
    WarnNotBeforeEnd,
    /// `absolute` is shorter than `end_after`.
    AbsoluteShorterThanIdle,
    /// A limit is longer than ten years.
    TooLong,
}

impl fmt::Display for LimitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EndTooShort => "`end_after` has to be at least two seconds",
            Self::WarnNotBeforeEnd => "`warn_after` has to be shorter than `end_after` and more than zero",
            Self::AbsoluteShorterThanIdle => "`absolute` cannot be shorter than `end_after`",
            Self::TooLong => "no limit can be longer than ten years",
        })
    }
}

impl core::error::Error for LimitsError {}

/// The longest limit, of the user or of the provider.
pub(crate) const TEN_YEARS: Duration = Duration::from_secs(10 * 366 * 86_400);

impl Limits {
    /// Ends after `end_after` without activity, asks after `warn_after`, ends after `absolute` in any case.
    ///
    /// # Errors
    ///
    /// When the three contradict each other.
    pub fn new(end_after: Duration, warn_after: Duration, absolute: Duration) -> Result<Self, LimitsError> {
        if end_after < Duration::from_secs(2) {
            Err(LimitsError::EndTooShort)
        } else if warn_after >= end_after || warn_after.is_zero() {
            Err(LimitsError::WarnNotBeforeEnd)
        } else if absolute < end_after {
            Err(LimitsError::AbsoluteShorterThanIdle)
        } else if absolute > TEN_YEARS {
            Err(LimitsError::TooLong)
        } else {
            Ok(Self { end_after, warn_after, absolute })
        }
    }

    /// The time without activity after which a session ends.
    #[must_use]
    pub fn end_after(&self) -> Duration {
        self.end_after
    }

    /// The time without activity after which the question comes.
    #[must_use]
    pub fn warn_after(&self) -> Duration {
        self.warn_after
    }

    /// The longest time that a session lasts.
    #[must_use]
    pub fn absolute(&self) -> Duration {
        self.absolute
    }

    /// The time between the question and the end.
    pub(crate) fn warn_before(&self) -> Duration {
        self.end_after - self.warn_after
    }
}

impl Default for Limits {
    /// 15 minutes idle, asked after 12, 12 hours at most.
    fn default() -> Self {
        Self {
            end_after: Duration::from_secs(15 * 60),
            warn_after: Duration::from_secs(12 * 60),
            absolute: Duration::from_secs(12 * 3600),
        }
    }
}

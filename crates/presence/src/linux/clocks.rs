//! The two clocks of the kernel.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

use crate::sleep_history::Clocks;

/// The time since the machine was started, sleep excluded.
pub(super) fn awake() -> Duration {
    read(ClockId::Monotonic)
}

/// The time since the machine was started, including sleep and excluding it.
pub(super) fn clocks() -> Clocks {
    Clocks { awake: awake(), boot: read(ClockId::Boottime) }
}

fn read(clock: ClockId) -> Duration {
    // Neither clock can be set or be negative.
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}

//! Where the time comes from. Everything else gets it passed in.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use abide_session::Now;

use crate::platform;

/// Both clocks, now.
pub(crate) fn now() -> Now {
    Now { wall: wall(), boot: platform::boot_time() }
}

/// Wall time since the Unix epoch; a clock before it reads as the epoch.
pub(crate) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

//! Time limits.

use std::time::Duration;

/// The longest time that [`Presence::open`](crate::Presence::open) takes.
#[cfg(not(target_os = "macos"))]
pub(crate) const OPEN_TIMEOUT: Duration = Duration::from_secs(3);

/// The time for which the machine is kept awake if the caller never reports that it is ready. The systems' own limits, for
/// all programs together: Windows two seconds, logind five (`InhibitDelayMaxSec`), macOS thirty.
pub(crate) const SLEEP_DELAY: Duration = Duration::from_secs(2);

/// The longest time that [`Input::ago`](crate::Input::ago) takes.
pub(crate) const QUERY_TIMEOUT: Duration = Duration::from_millis(500);

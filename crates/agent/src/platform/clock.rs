//! Where the time comes from, and waiting. Everything that happens to a session asks here, so that a test can pass its own time in.

#[cfg(test)]
pub(crate) mod scripted;

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use abide_session::Now;

use crate::platform;

/// Both clocks, now.
pub(crate) fn now() -> Now {
    #[cfg(test)]
    if let Some(now) = scripted::now() {
        return now;
    }
    Now { wall: wall(), boot: platform::boot_time() }
}

/// Wall time since the Unix epoch; a clock before it reads as the epoch.
pub(crate) fn wall() -> Duration {
    #[cfg(test)]
    if let Some(now) = scripted::now() {
        return now.wall;
    }
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The same as the system's own type.
pub(crate) fn system_time() -> SystemTime {
    UNIX_EPOCH + wall()
}

/// The offset of local time from UTC at a time (Unix seconds), in seconds.
pub(crate) fn utc_offset(at: u64) -> i32 {
    #[cfg(test)]
    if scripted::now().is_some() {
        return 0;
    }
    platform::utc_offset(at)
}

/// Which boot of the machine this is: only within one do boot times compare.
pub(crate) fn boot_id() -> Option<String> {
    #[cfg(test)]
    if let Some(id) = scripted::boot_id() {
        return Some(id);
    }
    platform::boot_id()
}

/// Waits. Time in which the machine sleeps does not count.
pub(crate) async fn sleep(time: Duration) {
    #[cfg(test)]
    if let Some(sleep) = scripted::sleep(time) {
        return sleep.await;
    }
    tokio::time::sleep(time).await;
}

/// The time is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

/// Waits for a future, at most so long.
///
/// # Errors
///
/// [`Elapsed`] if it is not done by then.
pub(crate) async fn timeout<F: Future>(time: Duration, future: F) -> Result<F::Output, Elapsed> {
    let (mut future, mut up) = (pin!(future), pin!(sleep(time)));
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Ok(output)),
        Poll::Pending => up.as_mut().poll(context).map(|()| Err(Elapsed)),
    })
    .await
}

/// Waits for moments on the boot clock.
pub(crate) struct Alarm(#[cfg(not(test))] platform::Alarm, #[cfg(test)] Option<platform::Alarm>);

impl Alarm {
    #[cfg(not(test))]
    pub(crate) fn new() -> Self {
        Self(platform::Alarm::new())
    }

    #[cfg(test)]
    pub(crate) fn new() -> Self {
        Self(scripted::now().is_none().then(platform::Alarm::new))
    }

    /// Returns at `deadline`, boot time.
    #[cfg(not(test))]
    pub(crate) async fn at(&mut self, deadline: Duration) {
        self.0.at(deadline).await;
    }

    #[cfg(test)]
    pub(crate) async fn at(&mut self, deadline: Duration) {
        match &mut self.0 {
            Some(alarm) => alarm.at(deadline).await,
            None => scripted::at(deadline).await,
        }
    }
}

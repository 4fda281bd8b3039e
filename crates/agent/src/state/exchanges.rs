//! Exchanges that cannot be repeated: a refresh token that the provider replaces, a code that is good once. Only their answer knows
//! what is valid from then on, so the end of the program waits for them.

use std::time::Duration;

use tokio::sync::watch;

use crate::platform::clock;

/// The longest such wait. A system that shuts down gives a program more than this and what follows.
const LONGEST: Duration = Duration::from_secs(10);

#[derive(Default)]
pub(crate) struct Exchanges(watch::Sender<Count>);

#[derive(Clone, Copy, Default)]
struct Count {
    under_way: usize,
    closed: bool,
}

/// An exchange that is under way until this and its clones are dropped: when its result is stored, or is being revoked.
pub(crate) struct Exchange(watch::Sender<Count>);

impl Exchanges {
    /// Begins an exchange; `None` if the program ends, and nothing must be sent any more.
    pub(crate) fn begin(&self) -> Option<Exchange> {
        let begun = self.0.send_if_modified(|count| {
            count.under_way += usize::from(!count.closed);
            !count.closed
        });
        begun.then(|| Exchange(self.0.clone()))
    }

    /// Whether one is under way.
    pub(crate) fn are_under_way(&self) -> bool {
        self.0.borrow().under_way > 0
    }

    /// Returns when the program is ending: what waits for something else than a provider waits no longer.
    pub(crate) async fn closing(&self) {
        let mut count = self.0.subscribe();
        // The sender is ours.
        let _ = count.wait_for(|count| count.closed).await;
    }

    /// Lets no other begin, and waits for those that are under way, within reason.
    pub(crate) async fn finish(&self) {
        self.0.send_modify(|count| count.closed = true);
        let mut count = self.0.subscribe();
        if clock::timeout(LONGEST, count.wait_for(|count| count.under_way == 0)).await.is_err() {
            tracing::warn!("a provider has not answered before the end: the next renewal may be refused");
        }
    }
}

impl Clone for Exchange {
    fn clone(&self) -> Self {
        self.0.send_modify(|count| count.under_way += 1);
        Self(self.0.clone())
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.send_modify(|count| count.under_way -= 1);
    }
}

//! The queue of security events for their receiver.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::config::EventStream;
use crate::record::{EventState, Record};

/// The most waiting events; the oldest are dropped.
const QUEUED: usize = 1024;

/// The stream, and the events in it.
pub(crate) struct Events {
    pub(crate) stream: EventStream,
    /// `jti` and token, oldest first, until they are acknowledged or refused.
    queue: Mutex<VecDeque<(String, String)>>,
    arrived: Notify,
}

impl Events {
    pub(crate) fn new(stream: EventStream) -> Events {
        Events { stream, queue: Mutex::default(), arrived: Notify::new() }
    }

    pub(crate) fn put(&self, record: &Record, jti: &str, token: String) {
        record.note_event(jti, EventState::Waiting);
        let mut queue = self.queue();
        if queue.len() >= QUEUED {
            queue.pop_front();
        }
        queue.push_back((jti.to_owned(), token));
        drop(queue);
        self.arrived.notify_waiters();
    }

    fn queue(&self) -> MutexGuard<'_, VecDeque<(String, String)>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn settle(&self, record: &Record, jti: &str, state: EventState) {
        let mut queue = self.queue();
        let before = queue.len();
        queue.retain(|(known, _)| known != jti);
        // An acknowledgement of an unknown or finished event changes nothing.
        if queue.len() < before {
            record.note_event(jti, state);
        }
    }

    /// The first events, and whether there are more.
    pub(crate) fn first(&self, count: usize) -> (Vec<(String, String)>, bool) {
        let queue = self.queue();
        (queue.iter().take(count).cloned().collect(), queue.len() > count)
    }

    /// The first events, as soon as there is one.
    pub(crate) async fn next(&self, count: usize) -> (Vec<(String, String)>, bool) {
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            // Registered before looking, so that an event queued in between is not missed.
            arrived.as_mut().enable();
            let first = self.first(count);
            if !first.0.is_empty() {
                return first;
            }
            arrived.await;
        }
    }
}

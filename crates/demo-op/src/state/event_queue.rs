//! The queue of security events for their receiver.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
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
    made: Mutex<Option<MadeStream>>,
    /// What waits until the stream is enabled again.
    held: Mutex<Vec<(String, String)>>,
    arrived: Notify,
}

/// The stream that the receiver has made.
#[derive(Clone, Debug, PartialEq)]
pub struct MadeStream {
    /// `stream_id`.
    pub id: String,
    /// `delivery`.
    pub delivery: Value,
    /// `events_requested`.
    pub requested: Value,
    /// `description`.
    pub description: Value,
    /// `enabled`, `paused` or `disabled`.
    pub status: String,
    /// The subjects that the receiver has added and not removed.
    pub subjects: Vec<Value>,
    /// How many verification events it has asked for.
    pub verifications: usize,
    /// How often it has updated the configuration (section 8.1.1.3).
    pub updates: usize,
    /// How often it has replaced the configuration (section 8.1.1.4).
    pub replacements: usize,
}

impl Events {
    pub(crate) fn new(stream: EventStream) -> Events {
        Events {
            stream,
            queue: Mutex::default(),
            made: Mutex::default(),
            held: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    pub(crate) fn made(&self) -> MutexGuard<'_, Option<MadeStream>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where events are sent.
    pub(crate) fn push_to(&self) -> Option<String> {
        let made = self.made();
        let address = made.as_ref().and_then(|made| made.delivery["endpoint_url"].as_str());
        address.map(str::to_owned).or_else(|| self.stream.push_to.clone())
    }

    /// Whether events are held back (OpenID Shared Signals Framework 1.0 section 8.1.2.1).
    pub(crate) fn is_paused(&self) -> bool {
        self.made().as_ref().is_some_and(|made| made.status != "enabled")
    }

    /// Keeps an event until the stream is enabled.
    pub(crate) fn hold(&self, record: &Record, jti: &str, token: String) {
        record.note_event(jti, EventState::Waiting);
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push((jti.to_owned(), token));
    }

    /// Queues what was held, and returns it.
    pub(crate) fn release(&self, record: &Record) -> Vec<(String, String)> {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        for (jti, token) in &held {
            self.put(record, jti, token.clone());
        }
        held
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

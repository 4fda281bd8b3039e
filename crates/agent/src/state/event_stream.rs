//! What is known of the security events of an account, and of the stream that brings them (Shared Signals Framework 1.0,
//! section 8.1). Pure.

use std::collections::VecDeque;
use std::time::Duration;

use abide_oidc::{EventStream as Stream, SecurityEvent, Transmitter};

/// The most events that are remembered.
const REMEMBERED: usize = 1000;

/// The greatest age of a pushed `stream-updated` that takes effect, in seconds. A stranger who has one could send an older one
/// after a restart of Abide.
const MOST_AGE: u64 = 60 * 60;

/// How an event has arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delivery {
    /// In an answer of the provider (RFC 8936).
    Polled,
    /// In a request that anyone can repeat (RFC 8935).
    Pushed,
}

/// The events of an account so far.
#[derive(Default)]
pub(crate) struct EventStream {
    /// `jti` of the events that have taken effect, oldest first.
    taken: VecDeque<String>,
    /// `iat` of the newest event that told the status of the stream.
    told_at: u64,
    stopped: bool,
    /// The stream that Abide has made or found at the transmitter.
    pub(crate) made: Option<Made>,
    /// Until when (boot time) the transmitter is left alone, because it does not give Abide a stream.
    pub(crate) given_up_until: Option<Duration>,
}

/// A stream at a transmitter.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) transmitter: Transmitter,
    pub(crate) stream: Stream,
    /// The `sub` that it tells about.
    pub(crate) subject: String,
    pub(crate) verification: Verification,
}

/// How far the verification of a stream is (section 8.1.4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verification {
    /// To be asked for.
    Wanted,
    /// Asked for with this `state`, at this boot time.
    Asked(String, Duration),
    Done,
}

impl EventStream {
    /// Whether an event may take effect: a repeated one is acknowledged again and has no effect (RFC 8935, section 2; RFC
    /// 8936, section 2.4). It is remembered.
    pub(crate) fn is_new(&mut self, jti: &str) -> bool {
        if self.has_taken(jti) {
            return false;
        }
        if self.taken.len() >= REMEMBERED {
            self.taken.pop_front();
        }
        self.taken.push_back(jti.to_owned());
        true
    }

    pub(crate) fn has_taken(&self, jti: &str) -> bool {
        self.taken.iter().any(|known| known == jti)
    }

    /// Takes over what a new `stream-updated` says. An older one than the last, or an old one that was pushed, says nothing.
    /// Returns whether it said something.
    pub(crate) fn update(&mut self, event: &SecurityEvent, delivery: Delivery, now: u64) -> bool {
        let Some(stops) = event.stream_stops else { return false };
        self.changes(stops, event.issued_at, delivery, now)
    }

    fn changes(&mut self, stops: bool, issued_at: u64, delivery: Delivery, now: u64) -> bool {
        let aged = delivery == Delivery::Pushed && issued_at.saturating_add(MOST_AGE) < now;
        if aged || issued_at < self.told_at {
            return false;
        }
        self.told_at = issued_at;
        self.stopped = stops;
        true
    }

    /// Takes over the status that the transmitter has answered (section 8.1.2.1).
    pub(crate) fn is_told(&mut self, stopped: bool, now: u64) {
        self.told_at = self.told_at.max(now);
        self.stopped = stopped;
    }

    /// Whether the provider has paused or disabled the stream.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Whether the transmitter is left alone at this boot time.
    pub(crate) fn is_given_up(&self, now: Duration) -> bool {
        self.given_up_until.is_some_and(|until| now < until)
    }

    /// Forgets the stream, which is not at the transmitter any more.
    pub(crate) fn is_gone(&mut self) {
        self.made = None;
        self.stopped = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_news_changes_what_is_known_of_the_stream() {
        use Delivery::{Polled, Pushed};
        let mut stream = EventStream::default();
        let mut told = |stops, issued_at, delivery| {
            let counts = stream.changes(stops, issued_at, delivery, 100_000);
            (counts, stream.is_stopped())
        };
        assert_eq!(told(true, 5, Pushed), (false, false), "it is hours old");
        assert_eq!(told(true, 5, Polled), (true, true), "it has waited at the provider");
        assert_eq!(told(false, 99_000, Pushed), (true, false));
        assert_eq!(told(true, 98_000, Pushed), (false, false), "a later one has come already");
        assert_eq!(told(true, 98_000, Polled), (false, false));
        assert_eq!(told(true, 99_000, Pushed), (true, true), "in the same second");
    }

    #[test]
    fn a_thousand_events_are_remembered() {
        let mut stream = EventStream::default();
        assert!(stream.is_new("first"));
        assert!(!stream.is_new("first"));
        for number in 0..REMEMBERED {
            assert!(stream.is_new(&number.to_string()));
        }
        assert!(!stream.is_new("999"));
        assert!(stream.is_new("first"), "the oldest one is forgotten");
    }
}

//! The provider’s keys, and when they are read again.

use std::time::{Duration, SystemTime};

use openidconnect::core::CoreJsonWebKeySet;
use url::Url;

use crate::error::Error;
use crate::error::document::Document;
use crate::http::{Call, Http, JSON};
use crate::jose::keys::{RawKeySet, usable};

/// The shortest time between two reads of the keys because of an unknown key.
pub const KEY_REFETCH_INTERVAL: Duration = Duration::from_secs(60);

/// Why the keys are read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Occasion {
    /// A statement in the answer to our request.
    Answer,
    /// A statement that anyone may have sent us.
    Message,
}

/// The keys and when they were last read again because of an unknown `kid`.
#[derive(Default)]
pub(crate) struct Keys {
    pub(crate) set: std::sync::Arc<CoreJsonWebKeySet>,
    for_answer: Option<SystemTime>,
    for_message: Option<SystemTime>,
}

impl Keys {
    /// True at most once in [`KEY_REFETCH_INTERVAL`], and when the clock was set back.
    ///
    /// A message waits for all earlier reads, an answer only for those of other answers. Otherwise anyone who can send us
    /// messages could use up the read that a refresh needs just after the provider has changed its keys.
    pub(crate) fn may_refetch(&mut self, now: SystemTime, occasion: Occasion) -> bool {
        let recent = |last: Option<SystemTime>| {
            last.and_then(|last| now.duration_since(last).ok())
                .is_some_and(|since| since < KEY_REFETCH_INTERVAL)
        };
        let throttled = match occasion {
            Occasion::Answer => recent(self.for_answer),
            Occasion::Message => recent(self.for_answer) || recent(self.for_message),
        };
        if !throttled {
            match occasion {
                Occasion::Answer => self.for_answer = Some(now),
                Occasion::Message => self.for_message = Some(now),
            }
        }
        !throttled
    }

    /// Whether the keys were read again at this time.
    pub(crate) fn were_read_at(&self, now: SystemTime) -> bool {
        self.for_answer == Some(now) || self.for_message == Some(now)
    }

    /// Notes that a read failed. For an answer it does not count: the session has its own pauses between attempts. Messages
    /// are limited only here.
    pub(crate) fn refetch_failed(&mut self, occasion: Occasion) {
        if occasion == Occasion::Answer {
            self.for_answer = None;
        }
    }
}

pub(crate) async fn fetch(http: &Http, url: &Url) -> Result<CoreJsonWebKeySet, Error> {
    let answer = http.send(Call::get(url)).await?;
    let set: RawKeySet = answer.document(Document::Keys, &[JSON, "application/jwk-set+json"])?;
    usable(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_again_once_a_minute_at_most() {
        let mut keys = Keys::default();
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let mut after = |seconds| keys.may_refetch(start + Duration::from_secs(seconds), Occasion::Answer);
        assert!(after(0));
        assert!(!after(0));
        assert!(!after(59));
        assert!(after(60));
        assert!(!after(61));
        let earlier = start - Duration::from_secs(3600);
        assert!(keys.may_refetch(earlier, Occasion::Answer), "a clock set back must not lock us out");
    }

    #[test]
    fn messages_cannot_use_up_what_an_answer_needs() {
        let mut keys = Keys::default();
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(keys.may_refetch(at(0), Occasion::Message));
        assert!(!keys.may_refetch(at(1), Occasion::Message));
        assert!(keys.may_refetch(at(2), Occasion::Answer));
        assert!(!keys.may_refetch(at(61), Occasion::Message), "the answer has just read them");
        assert!(keys.may_refetch(at(62), Occasion::Message));
        keys.refetch_failed(Occasion::Message);
        assert!(
            !keys.may_refetch(at(63), Occasion::Message),
            "a provider that is down is not asked by strangers"
        );
    }
}

//! By which ways the end of the provider's session would be noticed, and how well each of them works. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_wire::{Signal, SignalState, SignalStatus};

use crate::config::ProviderConfig;

/// What is known of the signals of one session: their state and when they were heard, their pauses, and why they failed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals(
    BTreeMap<Signal, (SignalState, Option<Duration>)>,
    BTreeMap<Signal, Pause>,
    BTreeMap<Signal, &'static str>,
);

/// Why a signal is not asked for now: what came was no answer, or the provider asked for a pause.
#[derive(Clone, Copy, Debug, Default)]
struct Pause {
    failures: u32,
    until: Duration,
}

/// The longest pause, in multiples of the time between two polls, and for a provider that asks for one (RFC 9110, section 10.2.3).
const LONGEST_PAUSE: u32 = 10;
const LONGEST_WISH: Duration = Duration::from_secs(3600);

impl Signals {
    /// A signal has been heard, at this wall time, and it works.
    pub(crate) fn heard(&mut self, signal: Signal, at: Duration) {
        self.0.insert(signal, (SignalState::Works, Some(at)));
        self.1.remove(&signal);
        self.2.remove(&signal);
    }

    /// What the provider has sent cannot be used, for the reason in this code.
    pub(crate) fn refuses(&mut self, signal: Signal, code: &'static str) {
        self.becomes(signal, SignalState::Failed);
        self.2.insert(signal, code);
    }

    /// Something else than an answer came. Each time, the next poll is later.
    pub(crate) fn fails(&mut self, signal: Signal, now: Duration, poll: Duration) {
        self.becomes(signal, SignalState::Failed);
        let pause = self.1.entry(signal).or_default();
        let times = 1_u32.checked_shl(pause.failures).map_or(LONGEST_PAUSE, |times| times.min(LONGEST_PAUSE));
        pause.failures = pause.failures.saturating_add(1);
        // A little less than the time of that poll.
        pause.until = now + (poll * times).saturating_sub(poll / 2);
    }

    /// The provider asks for a pause.
    pub(crate) fn rests(&mut self, signal: Signal, now: Duration, wish: Duration) {
        self.becomes(signal, SignalState::Failed);
        self.1.entry(signal).or_default().until = now + wish.min(LONGEST_WISH);
    }

    /// Whether it can be asked for, at this time since the computer started.
    pub(crate) fn is_due(&self, signal: Signal, now: Duration) -> bool {
        self.state(signal) != SignalState::NotOffered && !self.is_resting(signal, now)
    }

    /// Whether it is left alone for now.
    pub(crate) fn is_resting(&self, signal: Signal, now: Duration) -> bool {
        self.1.get(&signal).is_some_and(|pause| now < pause.until)
    }

    /// What is known of a signal has changed.
    pub(crate) fn becomes(&mut self, signal: Signal, state: SignalState) {
        let entry = self.0.entry(signal).or_insert((state, None));
        entry.0 = state;
        if state != SignalState::Failed {
            self.2.remove(&signal);
        }
    }

    /// The state of one.
    pub(crate) fn state(&self, signal: Signal) -> SignalState {
        self.0.get(&signal).map_or(SignalState::Waiting, |(state, _)| *state)
    }

    /// Whether one has been heard in this session.
    pub(crate) fn has_heard(&self, signal: Signal) -> bool {
        self.0.get(&signal).is_some_and(|(_, heard)| heard.is_some())
    }

    /// As views show them: those that the account listens to.
    pub(crate) fn status(&self, config: &ProviderConfig) -> Vec<SignalStatus> {
        Signal::ALL
            .into_iter()
            .filter(|signal| config.watches(*signal))
            .map(|signal| {
                let (state, heard) = self.0.get(&signal).copied().unwrap_or((SignalState::Waiting, None));
                let code = self.2.get(&signal).map(|code| (*code).to_owned());
                SignalStatus { signal, state, heard_at: heard.map(|at| at.as_secs()), code }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_answered_once_is_remembered() {
        let mut signals = Signals::default();
        signals.becomes(Signal::Events, SignalState::Failed);
        assert!(!signals.has_heard(Signal::Events));
        signals.heard(Signal::Events, Duration::from_secs(5));
        signals.becomes(Signal::Events, SignalState::Failed);
        assert!(signals.has_heard(Signal::Events));
    }

    #[test]
    fn a_reason_is_shown_until_the_signal_is_heard_again() {
        let mut signals = Signals::default();
        let config = ProviderConfig { watch: vec![Signal::Backchannel], ..ProviderConfig::default() };
        let code = |signals: &Signals| {
            let shown = signals.status(&config);
            shown.into_iter().find(|one| one.signal == Signal::Backchannel).and_then(|one| one.code)
        };
        signals.refuses(Signal::Backchannel, "logout_token_id_missing");
        signals.fails(Signal::Backchannel, Duration::ZERO, Duration::from_secs(60));
        assert_eq!(code(&signals).as_deref(), Some("logout_token_id_missing"));
        signals.heard(Signal::Backchannel, Duration::ZERO);
        assert_eq!(code(&signals), None);
    }

    #[test]
    fn a_signal_that_fails_is_asked_for_less_often_until_it_is_heard() {
        let (poll, signal) = (Duration::from_secs(60), Signal::Userinfo);
        let mut signals = Signals::default();
        let mut polls = Vec::new();
        for minute in 0..40 {
            let now = poll * minute;
            if signals.is_due(signal, now) {
                signals.fails(signal, now, poll);
                polls.push(minute);
            }
        }
        assert_eq!(polls, [0, 1, 3, 7, 15, 25, 35]);
        signals.heard(signal, Duration::ZERO);
        assert!(signals.has_heard(signal) && signals.is_due(signal, Duration::ZERO));
        signals.rests(signal, Duration::ZERO, Duration::MAX);
        let hour = Duration::from_secs(3600);
        assert_eq!((signals.is_due(signal, hour - poll), signals.is_due(signal, hour)), (false, true));
    }

    #[test]
    fn only_what_the_account_listens_to_is_shown_and_refreshes_always() {
        let mut signals = Signals::default();
        signals.heard(Signal::Refresh, Duration::from_secs(100));
        signals.becomes(Signal::Iframe, SignalState::Blocked);
        signals.heard(Signal::Backchannel, Duration::from_secs(5));
        let config = ProviderConfig { watch: vec![Signal::Iframe], ..ProviderConfig::default() };
        let shown = signals.status(&config);
        let brief: Vec<_> = shown.iter().map(|one| (one.signal, one.state, one.heard_at)).collect();
        assert_eq!(
            brief,
            [(Signal::Iframe, SignalState::Blocked, None), (Signal::Refresh, SignalState::Works, Some(100))]
        );
    }
}

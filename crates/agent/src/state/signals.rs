//! By which ways the end of the provider's session would be noticed, and how well each of them works. Pure.

use std::collections::BTreeMap;
use std::time::Duration;

use abide_wire::{Signal, SignalState, SignalStatus};

use crate::config::ProviderConfig;

/// What is known of the signals of one session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Signals(BTreeMap<Signal, (SignalState, Option<Duration>)>);

impl Signals {
    /// A signal has been heard, at this wall time, and it works.
    pub(crate) fn heard(&mut self, signal: Signal, at: Duration) {
        self.0.insert(signal, (SignalState::Works, Some(at)));
    }

    /// What is known of a signal has changed.
    pub(crate) fn becomes(&mut self, signal: Signal, state: SignalState) {
        let entry = self.0.entry(signal).or_insert((state, None));
        entry.0 = state;
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
                SignalStatus { signal, state, heard_at: heard.map(|at| at.as_secs()) }
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

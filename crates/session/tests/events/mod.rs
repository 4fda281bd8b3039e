//! The events of a history, with the weight of each.
#![allow(unreachable_pub)]

use abide_session::{
    Activity, Limits, OnLock, Probe, ProviderLimits, RefreshFailure, Reminders, Rules, Signal, Tokens,
};
use proptest::prelude::*;

use crate::common::{lasts, seconds};

#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// Time passes in milliseconds; every deadline is kept.
    Pass(u64),
    /// Time passes without any call.
    Sleep(u64),
    WallJump(i64),
    Login,
    CancelLogin,
    Authorized(Which, Tokens),
    AuthorizationFailed(Which),
    Activity,
    Token(u64, bool),
    Target(u64, bool),
    Refreshed(Which, Tokens),
    RefreshFailed(Which, RefreshFailure),
    Answer(Which, bool),
    Keep,
    Logout,
    AccountRemoved,
    /// Another process continues from a checkpoint of now.
    Restart {
        same_boot: bool,
    },
    /// Another process continues from the last stored checkpoint.
    Crash {
        same_boot: bool,
    },
    Seen(u64),
    NotSeen,
    Locked,
    Unlocked,
    Suspend(u64),
    Suspected(Signal, bool),
    ProviderEnded(Signal),
    Probed(Which, Probe),
    SteppedUp(Tokens),
    Renew,
    Rules(Rules),
}

/// The attempt or question that an answer names: the pending one, or any earlier one of any kind.
#[derive(Clone, Copy, Debug)]
pub enum Which {
    Present,
    Earlier(usize),
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![3 => Just(Which::Present), 2 => (0..64_usize).prop_map(Which::Earlier)]
}

pub fn tokens() -> impl Strategy<Value = Tokens> {
    let access =
        prop_oneof![5 => Just(Some(300)), 1 => Just(Some(40)), 1 => Just(Some(3000)), 1 => Just(None)];
    let time = || (10..900_u64).prop_map(seconds);
    let nothing = ProviderLimits::default();
    let provider = prop_oneof![
        5 => Just(nothing),
        3 => time().prop_map(lasts),
        1 => time().prop_map(move |time| ProviderLimits { refresh_token_timeout: Some(time), ..nothing }),
        1 => time().prop_map(move |time| ProviderLimits { authorization_expires_in: Some(time), ..nothing }),
        1 => (time(), 0..900_u64).prop_map(move |(time, expiry)| ProviderLimits {
            session_expiry: Some(seconds(1_800_000_000 + expiry)),
            refresh_expires_in: Some(time),
            clock_ahead: 0,
            ..nothing
        }),
    ];
    (access, provider, 0..5_u8).prop_map(|(access, provider, refresh_token)| Tokens {
        access_expires_in: access.map(seconds),
        renewable: refresh_token > 0,
        provider,
    })
}

fn signal() -> impl Strategy<Value = Signal> {
    prop_oneof![Just(Signal::FrontChannel), Just(Signal::BackChannel), Just(Signal::Iframe)]
}

fn suspected() -> impl Strategy<Value = Event> {
    (signal(), any::<bool>()).prop_map(|(signal, offline)| Event::Suspected(signal, offline))
}

fn failure() -> impl Strategy<Value = RefreshFailure> {
    prop_oneof![
        1 => Just(RefreshFailure::Rejected),
        1 => Just(RefreshFailure::AnswerRefused),
        3 => Just(RefreshFailure::Unreachable),
        2 => Just(RefreshFailure::InteractionRequired),
        1 => (1..4000_u64).prop_map(|wait| RefreshFailure::Busy { wait: seconds(wait) }),
    ]
}

pub fn rules() -> impl Strategy<Value = Rules> {
    let activity = prop_oneof![Just(Activity::Requests), Just(Activity::Input), Just(Activity::Both)];
    let on_lock = prop_oneof![Just(OnLock::Keep), Just(OnLock::Freeze), Just(OnLock::End)];
    let probe_every = proptest::option::of(Just(seconds(45)));
    let limits = prop_oneof![
        3 => Just((seconds(300), seconds(240), seconds(1800))),
        1 => Just((seconds(200), seconds(150), seconds(600))),
        1 => Just((seconds(900), seconds(720), seconds(900))),
    ];
    (activity, on_lock, probe_every, limits).prop_map(|(activity, on_lock, probe_every, limits)| Rules {
        limits: Limits::new(limits.0, limits.1, limits.2).unwrap(),
        activity,
        on_lock,
        probe_every,
        remind: Reminders::ALL,
    })
}

pub fn event() -> impl Strategy<Value = Event> {
    let found =
        || prop_oneof![Just(Probe::Accepted), Just(Probe::Unknown), Just(Probe::Rejected(Signal::UserInfo))];
    prop_oneof![
        8 => (1..90_000_u64).prop_map(Event::Pass),
        1 => (1..2_000_000_u64).prop_map(Event::Sleep),
        1 => (-10_000_000..10_000_000_i64).prop_map(Event::WallJump),
        3 => Just(Event::Login),
        1 => Just(Event::CancelLogin),
        4 => (which(), tokens()).prop_map(|(which, tokens)| Event::Authorized(which, tokens)),
        1 => which().prop_map(Event::AuthorizationFailed),
        2 => Just(Event::Activity),
        5 => (0..600_u64, any::<bool>()).prop_map(|(validity, counts)| Event::Token(validity, counts)),
        2 => (0..400_u64, any::<bool>()).prop_map(|(validity, counts)| Event::Target(validity, counts)),
        4 => (which(), tokens()).prop_map(|(which, tokens)| Event::Refreshed(which, tokens)),
        2 => (which(), failure()).prop_map(|(which, failure)| Event::RefreshFailed(which, failure)),
        2 => (which(), any::<bool>()).prop_map(|(which, keep)| Event::Answer(which, keep)),
        1 => Just(Event::Keep),
        1 => prop_oneof![2 => Just(Event::Logout), 1 => Just(Event::AccountRemoved), 2 => Just(Event::Renew)],
        1 => any::<bool>().prop_map(|same_boot| Event::Restart { same_boot }),
        1 => any::<bool>().prop_map(|same_boot| Event::Crash { same_boot }),
        2 => (0..400_u64).prop_map(Event::Seen),
        1 => Just(Event::NotSeen),
        1 => Just(Event::Locked),
        2 => Just(Event::Unlocked),
        1 => (1..2_000_000_u64).prop_map(Event::Suspend),
        1 => suspected(),
        1 => prop_oneof![3 => suspected(), 1 => signal().prop_map(Event::ProviderEnded)],
        2 => (which(), found()).prop_map(|(which, found)| Event::Probed(which, found)),
        1 => tokens().prop_map(Event::SteppedUp),
        1 => rules().prop_map(Event::Rules),
    ]
}

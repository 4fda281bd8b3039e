//! Reports about the provider's session: which ones end ours, which need confirmation, and which are ignored.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_session::{
    EndReason, Input, Output, Probe, RefreshFailure, Rules, Session, Signal, State, TokenVerdict,
};
use common::{Story, attempt, minutes, seconds, tokens};

fn checking(every: u64) -> Story {
    let mut story = Story::with_rules(Rules { probe_every: Some(seconds(every)), ..Rules::default() });
    let attempt = story.authorize();
    story.input(Input::Authorized { attempt, tokens: tokens() });
    story
}

fn check(outputs: &[Output]) -> abide_session::Attempt {
    let found = outputs.iter().find_map(|output| match output {
        Output::ProbeProvider { attempt } => Some(*attempt),
        _ => None,
    });
    found.expect("a probe")
}

#[test]
fn what_the_provider_itself_says_ends_the_session_at_once_and_says_how() {
    let mut story = Story::signed_in();
    let outputs = story.input(Input::ProviderEnded { signal: Signal::BackChannel });
    let reason = EndReason::ProviderLogout(Signal::BackChannel);
    assert!(outputs.contains(&Output::Ended { reason }));
    assert_eq!(story.token(), TokenVerdict::Ended(reason));
}

#[test]
fn a_rumour_is_confirmed_with_a_refresh_and_ends_the_session_only_then() {
    let mut story = Story::signed_in();
    let refresh =
        attempt(&story.input(Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false }))
            .unwrap();
    assert_eq!(story.session.state(), State::Active);
    assert_eq!(story.token(), TokenVerdict::Wait(refresh), "nothing is served while the provider is asked");
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderLogout(Signal::FrontChannel)));
}

#[test]
fn a_rumour_that_the_provider_denies_changes_nothing() {
    let mut story = Story::signed_in();
    let refresh =
        attempt(&story.input(Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false }))
            .unwrap();
    story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
    assert_eq!((story.session.state(), story.token()), (State::Active, TokenVerdict::Serve));
    // A much later refusal is not related.
    story.wait(minutes(12));
    let refresh = attempt(&story.input(Input::Keep)).unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Ended(EndReason::RefreshRejected));
}

#[test]
fn a_rumour_about_a_provider_that_is_away_waits_and_the_session_with_it() {
    let mut story = Story::signed_in();
    let refresh =
        attempt(&story.input(Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false }))
            .unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    assert_eq!(story.token(), TokenVerdict::Serve, "an unreachable provider ends nothing");
    let again = attempt(&story.wait(seconds(2))).expect("asked again by itself");
    story.input(Input::RefreshFailed { attempt: again, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderLogout(Signal::FrontChannel)));
}

#[test]
fn a_refresh_that_was_under_way_before_the_rumour_settles_nothing() {
    let mut story = Story::signed_in();
    story.wait(minutes(6));
    let TokenVerdict::Wait(earlier) = story.token() else { panic!("a refresh") };
    story.drain();
    story.input(Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false });
    let later = attempt(&story.input(Input::Refreshed { attempt: earlier, tokens: tokens() }));
    let later = later.expect("asked once more");
    story.input(Input::RefreshFailed { attempt: later, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderLogout(Signal::FrontChannel)));
}

#[test]
fn without_a_refresh_token_there_is_nothing_to_confirm_with() {
    let once = abide_session::Tokens { renewable: false, ..tokens() };
    let mut story = Story::signed_in_with(once);
    story.input(Input::ProviderSuspected { signal: Signal::UserInfo, offline: false });
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderLogout(Signal::UserInfo)));
}

#[test]
fn the_provider_is_looked_at_when_it_was_not_heard_of_for_a_while() {
    let mut story = checking(60);
    assert!(story.wait(seconds(59)).is_empty());
    let first = check(&story.wait(seconds(1)));
    assert!(story.wait(seconds(200)).is_empty(), "one probe at a time");
    assert!(story.input(Input::Probed { attempt: first, probe: Probe::Accepted }).is_empty());
    let second = check(&story.wait(seconds(60)));
    assert_ne!(first, second);
    // A probe does not count as use of the session.
    assert_eq!(story.left(), minutes(15) - seconds(320));
}

#[test]
fn what_a_look_finds_is_confirmed_like_any_rumour() {
    let mut story = checking(60);
    let look = check(&story.wait(seconds(60)));
    let probe = Probe::Rejected(Signal::Introspection);
    let refresh = attempt(&story.input(Input::Probed { attempt: look, probe })).expect("a refresh");
    assert_eq!(story.session.state(), State::Active);
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderLogout(Signal::Introspection)));
}

#[test]
fn a_look_that_comes_back_late_or_twice_says_nothing() {
    let mut story = checking(60);
    let look = check(&story.wait(seconds(60)));
    story.input(Input::Probed { attempt: look, probe: Probe::Unknown });
    let probe = Probe::Rejected(Signal::Introspection);
    assert_eq!(story.input(Input::Probed { attempt: look, probe }), []);
}

#[test]
fn a_rumour_outlives_the_program() {
    let mut story = Story::signed_in();
    let refresh =
        attempt(&story.input(Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false }))
            .unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    let checkpoint = story.session.checkpoint(story.now).unwrap();
    story.session = Session::restore(Rules::default(), &checkpoint, story.now, true);
    let refresh = attempt(&story.drain()).expect("asked again");
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderLogout(Signal::FrontChannel)));
}

#[test]
fn a_rumour_about_a_session_that_is_over_is_none() {
    let mut story = Story::signed_in();
    story.input(Input::Logout);
    assert_eq!(story.input(Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false }), []);
    assert_eq!(story.input(Input::ProviderEnded { signal: Signal::Iframe }), []);
    assert_eq!(story.session.state(), State::Ended(EndReason::UserLogout));
}

#[test]
fn a_front_channel_logout_ends_a_grant_for_offline_use_because_a_refresh_would_prove_nothing() {
    for (signal, offline, ends) in [
        (Signal::FrontChannel, true, true),
        (Signal::FrontChannel, false, false),
        // Doubts about the token or the person are settled by a refresh in both cases.
        (Signal::UserInfo, true, false),
        (Signal::SecurityEvent, true, false),
    ] {
        let mut story = Story::signed_in();
        let outputs = story.input(Input::ProviderSuspected { signal, offline });
        let reason = EndReason::ProviderLogout(signal);
        assert_eq!(outputs.contains(&Output::Ended { reason }), ends, "{signal:?} {offline}: {outputs:?}");
        assert_eq!(attempt(&outputs).is_some(), !ends, "{signal:?} {offline}");
    }
}

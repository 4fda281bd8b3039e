//! The answers to tools, and how often the provider is asked.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_session::{EndReason, Input, Output, RefreshFailure, State, TokenRequest, TokenVerdict, Withdrawn};
use common::{Story, attempt, minutes, seconds, tokens};

fn waited_for(verdict: TokenVerdict) -> abide_session::Attempt {
    match verdict {
        TokenVerdict::Wait(attempt) => attempt,
        other => panic!("expected a refresh, got {other:?}"),
    }
}

#[test]
fn a_fresh_token_is_served_from_memory() {
    let mut story = Story::signed_in();
    assert_eq!(story.token(), TokenVerdict::Serve);
    assert_eq!(attempt(&story.drain()), None);
}

#[test]
fn a_hundred_requests_at_expiry_cause_one_refresh() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let verdicts: Vec<_> = (0..100).map(|_| story.token()).collect();
    let refresh = waited_for(verdicts[0]);
    assert!(verdicts.iter().all(|verdict| *verdict == TokenVerdict::Wait(refresh)));
    let refreshes = story.drain().iter().filter(|o| matches!(o, Output::Refresh { .. })).count();
    assert_eq!(refreshes, 1);
    story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
    assert_eq!(story.token(), TokenVerdict::Serve);
}

#[test]
fn a_late_answer_to_an_old_attempt_is_dropped() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let old = waited_for(story.token());
    story.input(Input::RefreshFailed { attempt: old, failure: RefreshFailure::Unreachable });
    story.wait(seconds(1));
    let new = waited_for(story.token());
    story.drain();
    assert!(!story.session.awaits(old) && story.session.awaits(new));
    story.input(Input::RefreshFailed { attempt: old, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Active);
}

#[test]
fn tokens_that_arrive_after_the_sign_out_do_not_sign_in_again() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let refresh = waited_for(story.token());
    story.input(Input::Logout);
    assert!(!story.session.awaits(refresh));
    story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
    assert_eq!(story.session.state(), State::Ended(EndReason::UserLogout));
}

#[test]
fn a_refused_refresh_token_ends_the_session() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let refresh = waited_for(story.token());
    let outputs = story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Rejected });
    assert!(outputs.contains(&Output::Ended { reason: EndReason::RefreshRejected }));
}

#[test]
fn an_unreachable_provider_is_asked_again_after_growing_pauses_and_the_session_is_kept() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        let refresh = waited_for(story.token());
        story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
        story.pass(seconds(pause) - std::time::Duration::from_millis(1));
        assert_eq!(story.token(), TokenVerdict::BackingOff);
        story.pass(std::time::Duration::from_millis(1));
    }
    assert_eq!(story.session.state(), State::Active);
}

#[test]
fn a_demand_that_the_provider_never_meets_does_not_refresh_with_every_request() {
    let mut story = Story::signed_in();
    let refresh = |story: &mut Story| matches!(story.token_for(minutes(60)), TokenVerdict::Wait(_));
    assert!(!refresh(&mut story), "nine tenths of the lifetime is the most that can be asked");
    story.wait(seconds(31));
    assert!(refresh(&mut story));
}

#[test]
fn only_the_present_attempt_is_awaited() {
    let mut story = Story::signed_in();
    story.wait(minutes(6));
    let TokenVerdict::Wait(first) = story.token() else { panic!("the token was over") };
    assert!(story.session.awaits(first));
    story.drain();
    story.input(Input::RefreshFailed { attempt: first, failure: RefreshFailure::Unreachable });
    story.pass(seconds(2));
    let TokenVerdict::Wait(second) = story.token() else { panic!("tried again") };
    assert!(story.session.awaits(second) && !story.session.awaits(first));
    story.input(Input::Logout);
    assert!(!story.session.awaits(second));
}

#[test]
fn tokens_of_an_old_attempt_do_not_land() {
    let mut story = Story::signed_in();
    story.wait(minutes(6));
    let TokenVerdict::Wait(old) = story.token() else { panic!("the token was over") };
    story.drain();
    story.input(Input::RefreshFailed { attempt: old, failure: RefreshFailure::Unreachable });
    assert_eq!(story.input(Input::Refreshed { attempt: old, tokens: tokens() }), []);
    assert_eq!(story.session.view(story.now).access_left, Some(seconds(0)), "nothing was taken over");
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is_not_asked_before_that() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let refresh = waited_for(story.token());
    let failure = RefreshFailure::Busy { wait: seconds(90) };
    story.input(Input::RefreshFailed { attempt: refresh, failure });
    story.pass(seconds(89));
    assert_eq!(story.token(), TokenVerdict::BackingOff);
    story.pass(seconds(1));
    let refresh = waited_for(story.token());
    // A pause shorter than our own, which has doubled, is ignored.
    let failure = RefreshFailure::Busy { wait: seconds(1) };
    story.input(Input::RefreshFailed { attempt: refresh, failure });
    story.pass(seconds(1));
    assert_eq!(story.token(), TokenVerdict::BackingOff);
    story.pass(seconds(1));
    waited_for(story.token());
}

#[test]
fn a_provider_that_asks_to_be_left_alone_for_a_day_is_asked_after_five_minutes() {
    let mut story = Story::with(abide_session::Limits::new(minutes(60), minutes(50), minutes(600)).unwrap());
    let attempt = story.authorize();
    story.input(Input::Authorized { attempt, tokens: tokens() });
    story.wait(minutes(5));
    let refresh = waited_for(story.token());
    let failure = RefreshFailure::Busy { wait: minutes(24 * 60) };
    story.input(Input::RefreshFailed { attempt: refresh, failure });
    story.pass(minutes(5) - seconds(1));
    assert_eq!(story.token(), TokenVerdict::BackingOff);
    story.pass(seconds(1));
    waited_for(story.token());
}

#[test]
fn what_is_wanted_to_be_kept_is_tried_again_when_the_provider_wants_to_be_asked() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let refresh = waited_for(story.token());
    story.drain();
    story.input(Input::ProviderSuspected { signal: abide_session::Signal::FrontChannel, offline: false });
    let failure = RefreshFailure::Busy { wait: seconds(90) };
    story.input(Input::RefreshFailed { attempt: refresh, failure });
    assert_eq!(attempt(&story.wait(seconds(89))), None);
    assert!(attempt(&story.wait(seconds(1))).is_some());
}

#[test]
fn a_token_that_is_nearly_over_is_renewed_while_it_is_still_served() {
    let mut story = Story::signed_in();
    story.wait(seconds(239));
    assert_eq!((story.token(), attempt(&story.drain())), (TokenVerdict::Serve, None));
    story.wait(seconds(1));
    assert_eq!(story.token(), TokenVerdict::Serve);
    let ahead = attempt(&story.drain()).expect("a refresh");
    assert_eq!(
        (story.token(), attempt(&story.drain())),
        (TokenVerdict::Serve, None),
        "one refresh at a time"
    );
    story.input(Input::RefreshFailed { attempt: ahead, failure: RefreshFailure::Unreachable });
    assert_eq!((story.token(), attempt(&story.drain())), (TokenVerdict::Serve, None), "and a pause after it");
    story.wait(seconds(1));
    assert_eq!(story.token(), TokenVerdict::Serve);
    let ahead = attempt(&story.drain()).expect("another refresh");
    story.input(Input::Refreshed { attempt: ahead, tokens: tokens() });
    assert_eq!((story.token(), attempt(&story.drain())), (TokenVerdict::Serve, None));
}

#[test]
fn sessions_with_numbers_of_their_own_do_not_come_back_at_the_same_moment() {
    let comes_back_after = |number: u64| {
        let mut story = Story::new();
        story.session.set_jitter(number);
        let signed_in = story.authorize();
        story.input(Input::Authorized { attempt: signed_in, tokens: tokens() });
        story.wait(minutes(5));
        let refresh = waited_for(story.token());
        let failure = RefreshFailure::Busy { wait: seconds(10) };
        story.input(Input::RefreshFailed { attempt: refresh, failure });
        let tries = (0..20_000).find(|_| {
            story.pass(std::time::Duration::from_millis(1));
            story.token() != TokenVerdict::BackingOff
        });
        tries.expect("within 20 s") + 1
    };
    let moments: std::collections::BTreeSet<_> =
        (1..=50).map(|number: u64| comes_back_after(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
    assert!(moments.len() > 45, "{moments:?}");
    let (first, last) = (moments.first().unwrap(), moments.last().unwrap());
    assert!((10_000..=11_000).contains(first) && (14_000..=15_000).contains(last), "{first} to {last}");
    assert_eq!(comes_back_after(0), 10_000, "without a seed there is no random part");
}

#[test]
fn a_request_that_waits_is_use_when_the_refresh_succeeds_and_of_the_moment_at_which_it_came() {
    let mut story = Story::signed_in();
    story.wait(minutes(12));
    assert_eq!(story.session.state(), State::Expiring);
    let refresh = waited_for(story.token());
    assert_eq!((story.left(), story.session.state()), (minutes(3), State::Expiring), "not yet");
    story.drain();
    story.wait(seconds(20));
    let outputs = story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
    assert!(outputs.iter().any(|output| matches!(output, Output::Withdraw { why: Withdrawn::Activity, .. })));
    assert_eq!(story.left(), minutes(15) - seconds(20));
}

#[test]
fn requests_that_fail_are_no_use() {
    for failure in [
        RefreshFailure::Unreachable,
        RefreshFailure::Busy { wait: seconds(5) },
        RefreshFailure::InteractionRequired,
    ] {
        let mut story = Story::signed_in();
        story.wait(minutes(10));
        let refresh = waited_for(story.token());
        story.input(Input::RefreshFailed { attempt: refresh, failure });
        assert!(matches!(story.token(), TokenVerdict::BackingOff | TokenVerdict::SignInNeeded));
        assert_eq!(story.left(), minutes(5), "{failure:?}");
        // The next successful refresh does not count for them either.
        story.wait(seconds(10));
        let refresh = attempt(&story.input(Input::Renew)).unwrap();
        story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
        assert_eq!(story.left(), minutes(5) - seconds(10), "{failure:?}");
    }
}

#[test]
fn a_request_that_is_no_activity_is_none_after_the_refresh_either() {
    let mut story = Story::signed_in();
    story.wait(minutes(10));
    let request = TokenRequest { min_validity: seconds(10), activity: false };
    let TokenVerdict::Wait(refresh) = story.session.token(story.now, request) else { panic!("a refresh") };
    story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
    assert_eq!(story.left(), minutes(5));
}

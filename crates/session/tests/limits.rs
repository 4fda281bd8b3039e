//! The limits themselves, and which of them is named.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{Input, Limit, Limits, LimitsError, RefreshFailure, State, TokenVerdict, Tokens};
use common::{Story, lasts, minutes, question, seconds, tokens};

fn with_provider(minutes_there: u64) -> Story {
    Story::signed_in_with(Tokens { provider: lasts(minutes(minutes_there)), ..tokens() })
}

#[test]
fn limits_that_contradict_each_other_are_refused_in_words() {
    let day = minutes(24 * 60);
    let ten_years = day * 3660;
    let cases = [
        (seconds(1), seconds(1), day, LimitsError::EndTooShort, "two seconds"),
        (minutes(15), minutes(15), day, LimitsError::WarnNotBeforeEnd, "warn_after"),
        (minutes(15), seconds(0), day, LimitsError::WarnNotBeforeEnd, "warn_after"),
        (minutes(15), minutes(12), minutes(14), LimitsError::AbsoluteShorterThanIdle, "absolute"),
        (minutes(15), minutes(12), ten_years + seconds(1), LimitsError::TooLong, "ten years"),
    ];
    for (end, warn, absolute, error, word) in cases {
        assert_eq!(Limits::new(end, warn, absolute), Err(error));
        assert!(error.to_string().contains(word), "{error}");
    }
    assert!(Limits::new(minutes(15), minutes(12), ten_years).is_ok());
    assert!(Limits::new(seconds(2), seconds(1), seconds(2)).is_ok());
    let limits = Limits::default();
    assert_eq!(
        (limits.end_after(), limits.warn_after(), limits.absolute()),
        (minutes(15), minutes(12), minutes(720))
    );
}

#[test]
fn a_sign_in_is_waited_for_ten_minutes_and_no_longer() {
    let mut story = Story::new();
    story.authorize();
    story.wait(minutes(10) - seconds(1));
    assert_eq!(story.session.state(), State::Authorizing);
    story.wait(seconds(1));
    assert_eq!(story.session.state(), State::SignedOut);
}

#[test]
fn at_the_same_moment_our_own_idle_end_is_named_and_the_absolute_one_before_it() {
    assert_eq!(with_provider(15).session.view(with_provider(15).now).limit, Some(Limit::Idle));
    let limits = Limits::new(minutes(15), minutes(12), minutes(15)).unwrap();
    let mut story = Story::with(limits);
    let attempt = story.authorize();
    story.input(Input::Authorized { attempt, tokens: tokens() });
    assert_eq!(story.session.view(story.now).limit, Some(Limit::Absolute));
}

#[test]
fn a_short_session_at_the_provider_is_asked_about_in_its_last_fifth() {
    let mut story = with_provider(10);
    assert_eq!(question(&story.wait(minutes(8) - seconds(1))), None);
    assert!(question(&story.wait(seconds(1))).is_some());
    let mut story = with_provider(10);
    story.wait(minutes(4));
    assert_eq!(story.session.view(story.now).lifetime, Some(minutes(10)));
    assert_eq!(story.session.view(story.now).provider_left, Some(minutes(6)));
}

#[test]
fn an_idle_time_that_the_provider_cuts_short_gets_one_that_it_does_not() {
    let advised = |there| {
        let story = with_provider(there);
        story.session.view(story.now).advised_end_after
    };
    assert_eq!(advised(30), None, "ours is shorter");
    assert_eq!(advised(16), None);
    assert_eq!(advised(15), Some(minutes(14)), "one minute less");
    assert_eq!(advised(10), Some(minutes(9)));
    assert_eq!(advised(3), Some(minutes(2)));
    assert_eq!(advised(2), Some(minutes(1)), "half of what is very short");
    assert_eq!(advised(1), Some(seconds(30)));
    let story = Story::signed_in();
    assert_eq!(story.session.view(story.now).advised_end_after, None, "the provider says nothing");
}

#[test]
fn a_refresh_that_is_not_needed_now_waits_for_the_next_request() {
    let mut story = Story::signed_in();
    story.wait(minutes(5) + seconds(30));
    let TokenVerdict::Wait(attempt) = story.token() else { panic!("the token was over") };
    story.drain();
    story.input(Input::RefreshFailed { attempt, failure: RefreshFailure::Unreachable });
    let next = story.session.deadline().unwrap();
    assert_eq!(next - story.now.boot, seconds(30), "the next minute to show, nothing before");
    assert_eq!(story.token(), TokenVerdict::BackingOff);
}

#[test]
fn a_yes_is_not_asked_for_again_when_the_provider_is_back() {
    let mut story = with_provider(10);
    let asked = question(&story.wait(minutes(8))).unwrap();
    let outputs = story.input(Input::Answer { question: asked, keep: true });
    let mut attempt = common::attempt(&outputs).unwrap();
    // One second, two, four: each try is made without a new question.
    for pause in [1, 2, 4] {
        story.input(Input::RefreshFailed { attempt, failure: RefreshFailure::Unreachable });
        let early = story.wait(seconds(pause) - seconds(1) / 2);
        assert_eq!((common::attempt(&early), question(&early)), (None, None));
        let outputs = story.wait(seconds(1) / 2);
        assert_eq!(question(&outputs), None);
        attempt = common::attempt(&outputs).unwrap();
    }
    let provider = lasts(minutes(10));
    story.input(Input::Refreshed { attempt, tokens: Tokens { provider, ..tokens() } });
    assert_eq!(story.left(), minutes(10));
    assert!(question(&story.wait(minutes(8))).is_some(), "the next end is asked about again");
}

#[test]
fn every_use_near_the_providers_end_makes_it_be_tried_again() {
    let mut story = with_provider(10);
    story.wait(minutes(8));
    let mut attempt = common::attempt(&story.input(Input::Activity)).unwrap();
    for _ in 0..3 {
        story.input(Input::RefreshFailed { attempt, failure: RefreshFailure::Unreachable });
        assert_eq!(story.session.state(), State::Expiring, "the end is still near, and there was no answer");
        assert_eq!(question(&story.input(Input::Activity)), None, "no storm while the provider is away");
        let outputs = story.wait(seconds(8));
        assert_eq!(question(&outputs), None);
        attempt = common::attempt(&outputs).unwrap();
    }
}

#[test]
fn keeping_it_twice_is_keeping_it() {
    let mut story = with_provider(10);
    story.wait(minutes(8));
    let attempt = common::attempt(&story.input(Input::Keep)).unwrap();
    story.input(Input::RefreshFailed { attempt, failure: RefreshFailure::Unreachable });
    story.input(Input::Keep);
    assert!(common::attempt(&story.wait(seconds(1))).is_some(), "still tried again by itself");
}

#[test]
fn use_in_the_very_moment_of_the_sign_in_is_nothing_to_write_down() {
    let mut story = Story::signed_in();
    story.input(Input::Activity);
    assert_eq!(story.wait(seconds(30)), []);
}

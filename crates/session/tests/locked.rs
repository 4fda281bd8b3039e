//! A locked screen, a machine that sleeps.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{
    Activity, EndReason, Input, OnLock, Output, Rules, Session, State, TokenRequest, TokenVerdict,
};
use common::{Story, minutes, question, seconds, tokens};

fn signed_in(on_lock: OnLock) -> Story {
    signed_in_with(Rules { on_lock, ..Rules::default() })
}

fn signed_in_with(rules: Rules) -> Story {
    let mut story = Story::with_rules(rules);
    let attempt = story.authorize();
    story.input(Input::Authorized { attempt, tokens: tokens() });
    story
}

#[test]
fn a_frozen_session_hands_out_nothing_until_it_thaws() {
    let mut story = signed_in(OnLock::Freeze);
    assert_eq!(story.input(Input::Locked), [Output::Changed]);
    assert!(story.session.view(story.now).frozen);
    assert_eq!(story.token(), TokenVerdict::Frozen);
    assert_eq!(story.input(Input::Unlocked), [Output::Changed]);
    assert!(!story.session.view(story.now).frozen);
    assert_eq!(story.token(), TokenVerdict::Serve);
}

#[test]
fn a_refused_request_is_no_activity() {
    let mut story = signed_in(OnLock::Freeze);
    story.input(Input::Locked);
    story.wait(minutes(5));
    assert_eq!(story.token(), TokenVerdict::Frozen);
    assert_eq!(story.left(), minutes(10), "time runs on while the screen is locked");
    let outputs = story.wait(minutes(10));
    assert!(outputs.contains(&Output::Ended { reason: EndReason::IdleTimeout }));
    assert_eq!(story.token(), TokenVerdict::Ended(EndReason::IdleTimeout), "over, not frozen");
}

#[test]
fn locking_does_nothing_where_the_rules_say_keep() {
    let mut story = signed_in(OnLock::Keep);
    assert_eq!(story.input(Input::Locked), []);
    assert_eq!(story.token(), TokenVerdict::Serve);
    assert!(!story.session.view(story.now).frozen);
}

#[test]
fn locking_ends_it_where_the_rules_say_end() {
    let mut story = signed_in(OnLock::End);
    let outputs = story.input(Input::Locked);
    assert!(outputs.contains(&Output::Ended { reason: EndReason::ScreenLocked }), "{outputs:?}");
    assert_eq!(story.session.state(), State::Ended(EndReason::ScreenLocked));
}

#[test]
fn a_screen_that_was_locked_before_the_sign_in_freezes_it_too() {
    let mut story = Story::with_rules(Rules::default());
    story.input(Input::Locked);
    assert!(!story.session.view(story.now).frozen, "nothing is there to freeze");
    let attempt = story.authorize();
    story.input(Input::Authorized { attempt, tokens: tokens() });
    assert_eq!(story.token(), TokenVerdict::Frozen);
}

#[test]
fn stricter_rules_count_at_once_while_the_screen_is_locked() {
    let mut story = signed_in(OnLock::Keep);
    story.input(Input::Locked);
    story.session.set_rules(story.now, Rules { on_lock: OnLock::End, ..Rules::default() });
    assert_eq!(story.session.state(), State::Ended(EndReason::ScreenLocked));
}

#[test]
fn a_key_pressed_at_a_locked_screen_is_no_presence_but_unlocking_is() {
    let mut story =
        signed_in_with(Rules { activity: Activity::Input, on_lock: OnLock::Freeze, ..Rules::default() });
    story.input(Input::Locked);
    story.wait(minutes(5));
    story.input(Input::UserInput { ago: seconds(0) });
    assert_eq!(story.left(), minutes(10));
    story.input(Input::Unlocked);
    assert_eq!(story.left(), minutes(15));
}

#[test]
fn unlocking_is_no_use_where_only_requests_count() {
    let mut story = signed_in(OnLock::Freeze);
    story.input(Input::Locked);
    story.wait(minutes(5));
    story.input(Input::Unlocked);
    assert_eq!(story.left(), minutes(10));
}

#[test]
fn the_question_comes_to_a_locked_screen_too() {
    let mut story = signed_in(OnLock::Freeze);
    story.input(Input::Locked);
    let asked = question(&story.wait(minutes(12))).unwrap();
    story.input(Input::Unlocked);
    story.input(Input::Answer { question: asked, keep: true });
    assert_eq!(story.left(), minutes(15));
}

#[test]
fn sleep_counts_as_idle_and_no_question_comes_after_the_end() {
    let mut story = signed_in(OnLock::Keep);
    story.input(Input::Suspending);
    story.pass(minutes(16));
    let outputs = story.input(Input::Unlocked);
    assert_eq!(question(&outputs), None);
    assert!(outputs.contains(&Output::Ended { reason: EndReason::IdleTimeout }), "{outputs:?}");
}

#[test]
fn the_first_request_after_a_resume_is_judged_before_it_is_served() {
    let mut story = signed_in(OnLock::Keep);
    story.pass(minutes(15));
    let request = TokenRequest { min_validity: seconds(0), activity: true };
    assert_eq!(story.session.token(story.now, request), TokenVerdict::Ended(EndReason::IdleTimeout));
}

#[test]
fn what_is_left_is_written_down_before_the_machine_sleeps() {
    let mut story = signed_in(OnLock::Keep);
    assert_eq!(story.input(Input::Suspending), [Output::Checkpoint]);
    story.input(Input::Logout);
    assert_eq!(story.input(Input::Suspending), []);
    assert!(!Story::new().input(Input::Suspending).contains(&Output::Checkpoint));
}

#[test]
fn a_session_that_comes_back_while_the_screen_is_locked_is_frozen_when_that_is_known() {
    let mut story = signed_in(OnLock::Freeze);
    let checkpoint = story.session.checkpoint(story.now).unwrap();
    story.session = Session::restore(Rules::default(), &checkpoint, story.now, true);
    story.drain();
    story.input(Input::Locked);
    assert_eq!(story.token(), TokenVerdict::Frozen);
}

//! From signed out to active, and possible events in between.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{Abandoned, EndReason, Input, Output, RefreshFailure, Signal, State, TokenVerdict};
use common::{Story, attempt, minutes, seconds, tokens};

#[test]
fn there_is_no_token_before_the_sign_in() {
    let mut story = Story::new();
    assert_eq!(story.token(), TokenVerdict::LoginRequired);
    story.authorize();
    assert_eq!(story.token(), TokenVerdict::LoginRequired);
}

#[test]
fn a_sign_in_begins_a_session_that_is_written_down() {
    let mut story = Story::new();
    let attempt = story.authorize();
    assert_eq!(story.session.state(), State::Authorizing);
    let outputs = story.input(Input::Authorized { attempt, tokens: tokens() });
    assert_eq!(outputs, [Output::Began, Output::Checkpoint, Output::Changed]);
    assert_eq!(story.left(), minutes(15));
}

#[test]
fn a_second_sign_in_takes_the_place_of_the_first() {
    let mut story = Story::new();
    let first = story.authorize();
    let outputs = story.input(Input::Login);
    assert_eq!(outputs[0], Output::AbandonAuthorization { attempt: first, why: Abandoned::Replaced });
    story.input(Input::Authorized { attempt: first, tokens: tokens() });
    assert_eq!(story.session.state(), State::Authorizing, "the first browser tab no longer works");
}

#[test]
fn a_sign_in_that_never_comes_back_is_given_up() {
    let mut story = Story::new();
    let attempt = story.authorize();
    let outputs = story.wait(minutes(10));
    assert_eq!(outputs, [Output::AbandonAuthorization { attempt, why: Abandoned::TimedOut }]);
    assert_eq!(story.session.state(), State::SignedOut);
}

#[test]
fn a_cancelled_sign_in_leaves_the_program_as_it_was() {
    let mut story = Story::signed_in();
    story.input(Input::Logout);
    let attempt = story.authorize();
    let outputs = story.input(Input::CancelLogin);
    assert!(outputs.contains(&Output::AbandonAuthorization { attempt, why: Abandoned::Cancelled }));
    assert_eq!(story.session.state(), State::Ended(EndReason::UserLogout));
    assert!(story.session.view(story.now).ended.is_some());
}

#[test]
fn a_sign_in_while_signed_in_opens_no_browser() {
    let mut story = Story::signed_in();
    assert_eq!(story.input(Input::Login), []);
}

#[test]
fn a_session_that_has_ended_says_when() {
    let mut story = Story::signed_in();
    story.wait(seconds(90));
    let wall = story.now.wall;
    story.input(Input::ProviderEnded { signal: Signal::BackChannel });
    story.wait(minutes(3));
    assert_eq!(story.session.view(story.now).ended, Some(wall));
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderLogout(Signal::BackChannel)));
}

#[test]
fn an_authorization_that_names_a_refresh_is_none() {
    let mut story = Story::signed_in();
    story.wait(minutes(12));
    let refresh = common::attempt(&story.input(Input::Keep)).unwrap();
    story.wait(minutes(12));
    assert_eq!(story.session.state(), State::Expiring);
    story.input(Input::Authorized { attempt: refresh, tokens: tokens() });
    assert_eq!(story.session.state(), State::Expiring, "only a refresh may answer a refresh");
}

#[test]
fn a_failure_ends_the_attempt_that_it_is_about_and_no_other() {
    let mut story = Story::new();
    let first = story.authorize();
    let second = story.authorize();
    story.input(Input::AuthorizationFailed { attempt: first });
    assert_eq!(story.session.state(), State::Authorizing);
    story.input(Input::AuthorizationFailed { attempt: second });
    assert_eq!(story.session.state(), State::SignedOut);
}

#[test]
fn a_late_refusal_of_an_old_refresh_ends_nothing() {
    let mut story = Story::signed_in();
    let old = attempt(&story.input(Input::Keep)).unwrap();
    story.input(Input::RefreshFailed { attempt: old, failure: RefreshFailure::Unreachable });
    story.pass(seconds(2));
    story.input(Input::RefreshFailed { attempt: old, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Active);
}

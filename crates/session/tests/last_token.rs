//! A session without a refresh token ends with its last access token, and not before or after it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use abide_session::{
    EndReason, Input, Limit, Limits, Output, Session, State, TokenVerdict, Tokens, Withdrawn,
};
use common::{Story, attempt, lasts, minutes, question, seconds, tokens};

const OVER: EndReason = EndReason::AccessTokenExpired;

fn unrenewable() -> Tokens {
    Tokens { renewable: false, ..tokens() }
}

#[test]
fn it_is_counted_down_to_warned_about_and_the_reason_says_it() {
    let mut story = Story::signed_in_with(unrenewable());
    let view = story.session.view(story.now);
    assert_eq!((view.limit, view.left), (Some(Limit::AccessToken), Some(minutes(5))));
    assert_eq!((view.lifetime, view.keep_gives), (Some(minutes(5)), Some(minutes(5))));
    assert!(!view.can_be_kept);
    assert_eq!(story.token_for(minutes(4)), TokenVerdict::Serve);
    assert_eq!(question(&story.wait(minutes(4) - seconds(1))), None);
    let asked = question(&story.wait(seconds(1))).expect("a minute before: a fifth of five");
    assert_eq!(story.token_for(minutes(4)), TokenVerdict::Serve, "it is the last token");
    let outputs = story.input(Input::Answer { question: asked, keep: true });
    assert!(outputs.contains(&Output::Withdraw { question: asked, why: Withdrawn::Answered }));
    assert_eq!(attempt(&outputs), None, "there is nothing to refresh with");
    assert_eq!(question(&story.wait(minutes(1) - seconds(1))), None, "said once");
    assert!(story.wait(seconds(1)).contains(&Output::Ended { reason: OVER }));
    assert_eq!(story.token(), TokenVerdict::Ended(OVER));
}

#[test]
fn use_does_not_move_it() {
    let mut story = Story::signed_in_with(unrenewable());
    story.wait(minutes(4));
    assert_eq!(story.token(), TokenVerdict::Serve);
    story.input(Input::Keep);
    assert_eq!((story.left(), story.session.state()), (minutes(1), State::Active));
}

#[test]
fn login_signs_in_again_afterwards() {
    let mut story = Story::signed_in_with(unrenewable());
    story.wait(minutes(5));
    assert!(attempt(&story.input(Input::Login)).is_some());
}

#[test]
fn a_token_of_unknown_lifetime_ends_nothing() {
    let mut story = Story::signed_in_with(Tokens { access_expires_in: None, ..unrenewable() });
    assert_eq!(story.session.view(story.now).limit, Some(Limit::Idle));
    story.wait(minutes(14));
    assert_eq!(story.token(), TokenVerdict::Serve);
}

#[test]
fn a_token_that_is_over_by_the_wall_clock_is_over() {
    let mut story = Story::signed_in_with(unrenewable());
    story.now.wall += minutes(5);
    assert_eq!(story.token(), TokenVerdict::Ended(OVER));
}

#[test]
fn it_does_not_outlive_the_process_because_access_tokens_are_not_written_down() {
    for tokens in [unrenewable(), Tokens { access_expires_in: None, ..unrenewable() }] {
        let story = Story::signed_in_with(tokens);
        let checkpoint = story.session.checkpoint(story.now).unwrap();
        let mut after = Session::restore(Limits::default(), &checkpoint, story.now, true);
        assert_eq!(after.poll(), Some(Output::Ended { reason: OVER }));
    }
}

#[test]
fn a_refresh_that_brings_no_refresh_token_makes_the_new_token_the_last() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let TokenVerdict::Wait(refresh) = story.token() else { panic!("the token was over") };
    story.input(Input::Refreshed { attempt: refresh, tokens: unrenewable() });
    assert_eq!(story.session.view(story.now).limit, Some(Limit::AccessToken));
    story.wait(minutes(5));
    assert_eq!(story.session.state(), State::Ended(OVER));
}

#[test]
fn the_providers_end_before_it_is_named_and_cannot_be_moved_either() {
    let tokens = Tokens { provider: lasts(minutes(3)), ..unrenewable() };
    let mut story = Story::signed_in_with(tokens);
    let view = story.session.view(story.now);
    assert_eq!((view.limit, view.can_be_kept), (Some(Limit::Provider), false));
    story.wait(minutes(3));
    assert_eq!(story.session.state(), State::Ended(EndReason::ProviderTimeout));
}

//! A provider that wants the person to sign in again: the session is kept, and a sign-in continues it.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{
    Abandoned, Attempt, EndReason, Input, Output, RefreshFailure, ResourceToken, ResourceVerdict, Signal,
    State, TokenRequest, TokenVerdict, Tokens,
};
use common::{Story, attempt, lasts, minutes, question, seconds, tokens};

/// A session whose provider has refused a refresh until the person signs in again. The access token has expired.
fn refused() -> Story {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    let TokenVerdict::Wait(attempt) = story.token() else { panic!("the token was over") };
    story.drain();
    let outputs = story.input(Input::RefreshFailed { attempt, failure: RefreshFailure::InteractionRequired });
    assert_eq!(outputs.iter().filter(|output| **output == Output::SignInNeeded).count(), 1);
    story
}

fn sign_in(story: &mut Story) -> Attempt {
    let outputs = story.input(Input::Login);
    let authorize = |output: &Output| matches!(output, Output::Authorize { .. });
    assert_eq!(outputs.iter().filter(|output| authorize(output)).count(), 1, "{outputs:?}");
    attempt(&outputs).unwrap()
}

#[test]
fn the_session_is_kept_and_says_what_is_needed() {
    let mut story = refused();
    let view = story.session.view(story.now);
    assert_eq!((view.state, view.sign_in_needed), (State::Active, true));
    assert_eq!(view.left, Some(minutes(10)), "the failed request was no use");
    assert_eq!(story.token(), TokenVerdict::SignInNeeded);
    let request = TokenRequest { min_validity: seconds(10), activity: true };
    let verdict = story.session.resource_token(story.now, request, &ResourceToken::default());
    assert_eq!(verdict, ResourceVerdict::SignInNeeded);
    assert_eq!(story.left(), minutes(10));
}

#[test]
fn no_request_makes_it_be_tried_again() {
    let mut story = refused();
    for _ in 0..5 {
        story.pass(minutes(1));
        assert_eq!(story.token(), TokenVerdict::SignInNeeded);
    }
    assert_eq!(attempt(&story.drain()), None);
}

#[test]
fn what_is_left_of_the_access_token_is_served() {
    let mut story = Story::signed_in();
    let refresh = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::InteractionRequired });
    story.wait(seconds(270));
    assert_eq!(story.token_for(minutes(2)), TokenVerdict::Serve);
    assert_eq!(attempt(&story.drain()), None);
}

#[test]
fn the_user_can_have_it_tried_again_and_is_told_once() {
    let mut story = refused();
    story.wait(seconds(1));
    let again = attempt(&story.input(Input::Keep)).unwrap();
    let failure = RefreshFailure::InteractionRequired;
    let outputs = story.input(Input::RefreshFailed { attempt: again, failure });
    assert!(!outputs.contains(&Output::SignInNeeded), "{outputs:?}");
    assert_eq!(attempt(&story.wait(minutes(5))), None, "not by itself");
    let again = attempt(&story.input(Input::Keep)).unwrap();
    story.input(Input::Refreshed { attempt: again, tokens: tokens() });
    assert!(!story.session.view(story.now).sign_in_needed);
    assert_eq!(story.token(), TokenVerdict::Serve);
}

#[test]
fn a_sign_in_lets_the_same_session_go_on() {
    let mut story = refused();
    let began = story.session.view(story.now).began;
    let absolute_left = story.session.view(story.now).absolute_left;
    let sign_in = sign_in(&mut story);
    assert!(story.session.awaits(sign_in) && story.session.view(story.now).signing_in);
    assert_eq!(story.session.state(), State::Active);
    let outputs = story.input(Input::Authorized { attempt: sign_in, tokens: tokens() });
    assert!(outputs.contains(&Output::Checkpoint) && !outputs.contains(&Output::Began), "{outputs:?}");
    assert!(!story.session.awaits(sign_in) && !story.session.view(story.now).signing_in);
    let view = story.session.view(story.now);
    assert_eq!((view.began, view.absolute_left), (began, absolute_left), "the absolute limit has not moved");
    assert_eq!((view.sign_in_needed, view.left), (false, Some(minutes(15))));
    assert_eq!(story.token(), TokenVerdict::Serve);
}

#[test]
fn without_need_login_does_nothing_to_a_session() {
    let mut story = Story::signed_in();
    assert_eq!(attempt(&story.input(Input::Login)), None);
}

/// A token endpoint that is gone for ever gives no reason: only the person can know that a sign-in may help.
#[test]
fn without_a_token_a_sign_in_is_let_after_a_refresh_that_brought_none() {
    let mut story = Story::signed_in();
    story.wait(minutes(5));
    assert!(!story.session.view(story.now).lets_sign_in, "nothing has failed");
    let TokenVerdict::Wait(refresh) = story.token() else { panic!("the token was over") };
    story.drain();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    let view = story.session.view(story.now);
    assert_eq!((view.lets_sign_in, view.sign_in_needed), (true, false));
    let began = view.began;
    let first = sign_in(&mut story);
    story.input(Input::AuthorizationFailed { attempt: first });
    // Refreshes go on by themselves, unless the provider says that it wants the person.
    story.pass(minutes(2));
    let TokenVerdict::Wait(refresh) = story.token() else { panic!("it is tried again") };
    story.drain();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    let second = sign_in(&mut story);
    story.input(Input::Authorized { attempt: second, tokens: tokens() });
    let view = story.session.view(story.now);
    assert_eq!((view.began, view.lets_sign_in), (began, false), "it is the same session");
    assert_eq!(story.token(), TokenVerdict::Serve);
}

#[test]
fn a_token_that_is_left_needs_no_sign_in() {
    let mut story = Story::signed_in();
    let refresh = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    assert!(!story.session.view(story.now).lets_sign_in);
    assert_eq!(attempt(&story.input(Input::Login)), None);
}

#[test]
fn a_sign_in_that_fails_or_is_given_up_leaves_the_session() {
    let mut story = refused();
    let first = sign_in(&mut story);
    story.input(Input::AuthorizationFailed { attempt: first });
    assert!(!story.session.awaits(first) && story.session.state() == State::Active);
    let second = sign_in(&mut story);
    let outputs = story.input(Input::Login);
    let replaced = Output::AbandonAuthorization { attempt: second, why: Abandoned::Replaced };
    assert!(outputs.contains(&replaced), "{outputs:?}");
    let third = attempt(&outputs).unwrap();
    let outputs = story.input(Input::CancelLogin);
    assert!(outputs.contains(&Output::AbandonAuthorization { attempt: third, why: Abandoned::Cancelled }));
    story.input(Input::Authorized { attempt: third, tokens: tokens() });
    assert!(story.session.view(story.now).sign_in_needed, "too late");
    assert_eq!(story.session.state(), State::Active);
}

#[test]
fn a_sign_in_is_given_up_after_ten_minutes() {
    let mut story = refused();
    let attempt = sign_in(&mut story);
    // The user is at the machine, so the session lasts.
    story.wait(minutes(9));
    story.input(Input::Activity);
    let outputs = story.wait(minutes(1));
    assert!(outputs.contains(&Output::AbandonAuthorization { attempt, why: Abandoned::TimedOut }));
    assert_eq!(story.session.state(), State::Active);
}

#[test]
fn the_numbers_of_sign_in_and_refresh_are_not_taken_for_each_other() {
    let mut story = refused();
    let sign_in = sign_in(&mut story);
    story.input(Input::Refreshed { attempt: sign_in, tokens: tokens() });
    story.input(Input::RefreshFailed { attempt: sign_in, failure: RefreshFailure::Rejected });
    assert!(story.session.view(story.now).sign_in_needed && story.session.awaits(sign_in));
    story.wait(seconds(1));
    let refresh = attempt(&story.input(Input::Keep)).unwrap();
    story.input(Input::AuthorizationFailed { attempt: refresh });
    story.input(Input::Authorized { attempt: refresh, tokens: tokens() });
    assert!(story.session.awaits(refresh) && story.session.awaits(sign_in));
}

#[test]
fn a_limit_that_passes_meanwhile_lets_the_sign_in_begin_a_new_session() {
    let mut story = refused();
    story.wait(minutes(9));
    let sign_in = sign_in(&mut story);
    let outputs = story.wait(minutes(1));
    assert!(outputs.contains(&Output::Ended { reason: EndReason::IdleTimeout }), "{outputs:?}");
    assert_eq!(story.session.state(), State::Authorizing);
    let outputs = story.input(Input::Authorized { attempt: sign_in, tokens: tokens() });
    assert!(outputs.contains(&Output::Began), "{outputs:?}");
}

#[test]
fn the_end_of_the_session_ends_the_sign_in_for_it() {
    let mut story = refused();
    let sign_in_1 = sign_in(&mut story);
    let outputs = story.input(Input::Logout);
    let cancelled = |attempt| Output::AbandonAuthorization { attempt, why: Abandoned::Cancelled };
    assert!(outputs.contains(&cancelled(sign_in_1)), "{outputs:?}");
    assert_eq!(story.session.state(), State::Ended(EndReason::UserLogout));

    let mut story = refused();
    let sign_in_3 = sign_in(&mut story);
    let outputs = story.input(Input::AccountRemoved);
    assert!(outputs.contains(&cancelled(sign_in_3)), "{outputs:?}");
    assert_eq!(story.session.state(), State::Ended(EndReason::AccountRemoved));

    let mut story = refused();
    let asked = question(&story.wait(minutes(7))).unwrap();
    let sign_in_2 = sign_in(&mut story);
    let outputs = story.input(Input::Answer { question: asked, keep: false });
    assert!(outputs.contains(&cancelled(sign_in_2)), "{outputs:?}");
    assert_eq!(story.session.state(), State::Ended(EndReason::Declined));
}

#[test]
fn the_providers_timeout_cannot_be_moved_without_it() {
    let mut story = Story::signed_in_with(Tokens { provider: lasts(minutes(10)), ..tokens() });
    assert!(story.session.view(story.now).can_be_kept);
    let refresh = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::InteractionRequired });
    assert!(!story.session.view(story.now).can_be_kept);
}

#[test]
fn a_suspicion_still_asks_the_provider_once() {
    let mut story = refused();
    story.wait(seconds(1));
    let suspected = Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false };
    let refresh = attempt(&story.input(suspected)).unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::InteractionRequired });
    assert_eq!(attempt(&story.wait(minutes(2))), None);
}

//! Tokens for one purpose, and sign-ins that become stronger.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{
    EndReason, Input, Output, RefreshFailure, ResourceToken, ResourceVerdict, Signal, State, TokenRequest,
    TokenVerdict, Tokens, Withdrawn,
};
use common::{Story, attempt, minutes, question, seconds, tokens};

const REQUEST: TokenRequest =
    TokenRequest { min_validity: std::time::Duration::from_secs(10), activity: true };

fn asked(story: &mut Story, token: &ResourceToken) -> ResourceVerdict {
    story.session.resource_token(story.now, REQUEST, token)
}

#[test]
fn a_token_for_one_purpose_is_fetched_once_and_served_until_it_is_used_up() {
    let mut story = Story::signed_in();
    let mut token = ResourceToken::default();
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Fetch);
    token.issued(story.now, Some(minutes(2)));
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Serve);
    assert_eq!(token.left(story.now), Some(minutes(2)));
    story.pass(seconds(115));
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Fetch, "five seconds are not enough");
    assert_eq!(story.token(), TokenVerdict::Serve, "the session's own is independent");
}

#[test]
fn a_purpose_that_fails_is_asked_for_again_after_growing_pauses_and_no_other_waits_for_it() {
    let mut story = Story::signed_in();
    let (mut failing, other) = (ResourceToken::default(), ResourceToken::default());
    for pause in [1, 2, 4, 8, 16, 32, 60, 60] {
        assert_eq!(asked(&mut story, &failing), ResourceVerdict::Fetch);
        failing.failed(story.now, None);
        assert_eq!(asked(&mut story, &failing), ResourceVerdict::BackingOff);
        assert_eq!(asked(&mut story, &other), ResourceVerdict::Fetch);
        assert_eq!(story.token_for(seconds(0)), TokenVerdict::Serve);
        story.wait(seconds(pause));
        // The session's own token is still renewed meanwhile.
        if let TokenVerdict::Wait(attempt) = story.token() {
            story.input(Input::Refreshed { attempt, tokens: tokens() });
        }
    }
}

#[test]
fn a_provider_that_asks_to_be_left_alone_is() {
    let mut story = Story::signed_in();
    let mut token = ResourceToken::default();
    token.failed(story.now, Some(seconds(90)));
    story.wait(seconds(89));
    assert_eq!(asked(&mut story, &token), ResourceVerdict::BackingOff);
    story.wait(seconds(1));
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Fetch);
}

#[test]
fn while_the_session_itself_waits_for_the_provider_so_do_all_purposes() {
    let mut story = Story::signed_in();
    let refresh = attempt(&story.input(Input::Renew)).unwrap();
    let failure = RefreshFailure::Busy { wait: seconds(90) };
    story.input(Input::RefreshFailed { attempt: refresh, failure });
    assert_eq!(asked(&mut story, &ResourceToken::default()), ResourceVerdict::BackingOff);
}

#[test]
fn what_is_left_of_a_token_is_served_while_the_provider_is_away() {
    let mut story = Story::signed_in();
    let mut token = ResourceToken::default();
    token.issued(story.now, Some(seconds(60)));
    story.pass(seconds(55));
    token.failed(story.now, None);
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Serve);
}

#[test]
fn nothing_is_served_for_any_purpose_once_the_session_is_over() {
    let mut story = Story::signed_in();
    let mut token = ResourceToken::default();
    token.issued(story.now, None);
    story.pass(minutes(15));
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Ended(EndReason::IdleTimeout));
    assert_eq!(asked(&mut Story::new(), &token), ResourceVerdict::LoginRequired);
}

#[test]
fn nothing_is_served_while_a_doubt_is_checked() {
    let mut story = Story::signed_in();
    let mut token = ResourceToken::default();
    token.issued(story.now, Some(minutes(5)));
    let refresh =
        attempt(&story.input(Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false }))
            .unwrap();
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Wait(refresh));
}

#[test]
fn a_request_uses_the_session_once_its_token_has_come() {
    let mut story = Story::signed_in();
    story.wait(minutes(10));
    let mut token = ResourceToken::default();
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Fetch);
    assert_eq!(story.left(), minutes(5), "it may still fail");
    token.issued(story.now, Some(minutes(5)));
    assert_eq!(asked(&mut story, &token), ResourceVerdict::Serve);
    assert_eq!(story.left(), minutes(15));
    // One that waits for a refresh counts when that succeeds.
    story.pass(minutes(5));
    let suspected = Input::ProviderSuspected { signal: Signal::FrontChannel, offline: false };
    let refresh = attempt(&story.input(suspected)).unwrap();
    asked(&mut story, &token);
    assert_eq!(story.left(), minutes(10));
    story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
    assert_eq!(story.left(), minutes(15));
}

#[test]
fn a_refresh_token_that_may_be_refused_is_tried_out() {
    let mut story = Story::signed_in();
    let refresh = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Ended(EndReason::RefreshRejected));
}

#[test]
fn a_stronger_sign_in_is_used_as_the_session_and_moves_no_absolute_limit() {
    let mut story = Story::signed_in();
    story.pass(minutes(13));
    let asked = question(&story.input(Input::Tick)).unwrap();
    let absolute = story.session.view(story.now).absolute_left;
    let fresh = Tokens { access_expires_in: Some(seconds(42)), ..tokens() };
    let outputs = story.input(Input::SteppedUp { tokens: fresh });
    assert!(outputs.contains(&Output::Withdraw { question: asked, why: Withdrawn::Answered }));
    assert!(outputs.contains(&Output::Checkpoint), "it is written down");
    let view = story.session.view(story.now);
    assert_eq!((view.access_left, view.absolute_left), (Some(seconds(42)), absolute));
    assert_eq!(story.left(), minutes(15));
}

#[test]
fn a_refresh_that_was_under_way_cannot_undo_a_stronger_sign_in() {
    let mut story = Story::signed_in();
    let late = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::SteppedUp { tokens: tokens() });
    assert!(!story.session.awaits(late), "its tokens have no owner any more");
    story.input(Input::RefreshFailed { attempt: late, failure: RefreshFailure::Rejected });
    assert_eq!(story.session.state(), State::Active);
}

#[test]
fn a_stronger_sign_in_to_a_session_that_is_over_begins_none() {
    let mut story = Story::signed_in();
    story.input(Input::Logout);
    story.input(Input::SteppedUp { tokens: tokens() });
    assert_eq!(story.session.state(), State::Ended(EndReason::UserLogout));
}

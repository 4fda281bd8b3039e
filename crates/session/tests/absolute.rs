//! The absolute limit, and the provider's own.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{EndReason, Input, Limit, Output, RefreshFailure, State, Tokens, Withdrawn};
use common::{Story, attempt, lasts, minutes, question, seconds, tokens};

/// Uses the session every ten minutes.
fn busy(story: &mut Story, for_minutes: u64) -> Vec<Output> {
    let mut outputs = Vec::new();
    for _ in 0..for_minutes / 10 {
        outputs.extend(story.wait(minutes(10)));
        outputs.extend(story.input(Input::Activity));
    }
    outputs
}

#[test]
fn a_session_in_use_ends_at_the_absolute_limit() {
    let mut story = Story::signed_in();
    let outputs = busy(&mut story, 12 * 60 - 10);
    assert_eq!(question(&outputs), None);
    assert_eq!(story.session.view(story.now).limit, Some(Limit::Absolute));
    let outputs = story.wait(minutes(10));
    assert!(outputs.contains(&Output::Ended { reason: EndReason::AbsoluteTimeout }), "{outputs:?}");
}

#[test]
fn the_question_says_once_that_no_answer_can_help() {
    let mut story = Story::signed_in();
    busy(&mut story, 12 * 60 - 10);
    let asked = question(&story.wait(minutes(8))).unwrap();
    assert!(!story.session.view(story.now).can_be_kept);
    let outputs = story.input(Input::Activity);
    assert!(
        !outputs.contains(&Output::Withdraw { question: asked, why: Withdrawn::Activity }),
        "{outputs:?}"
    );
    let outputs = story.input(Input::Answer { question: asked, keep: true });
    assert!(outputs.contains(&Output::Withdraw { question: asked, why: Withdrawn::Answered }));
    assert_eq!(story.left(), minutes(2), "nothing has moved");
    let rest = story.wait(minutes(2));
    assert_eq!(question(&rest), None, "it was said");
    assert!(rest.contains(&Output::Ended { reason: EndReason::AbsoluteTimeout }));
}

#[test]
fn keeping_the_session_never_passes_the_absolute_limit() {
    let mut story = Story::signed_in();
    busy(&mut story, 12 * 60 - 10);
    story.input(Input::Keep);
    assert_eq!(story.left(), minutes(10));
    assert_eq!(story.session.view(story.now).keep_gives, Some(minutes(10)));
}

#[test]
fn the_providers_end_counts_when_it_is_the_nearest() {
    let mut story = Story::signed_in_with(Tokens { provider: lasts(minutes(10)), ..tokens() });
    assert_eq!(story.session.view(story.now).limit, Some(Limit::Provider));
    let asked = story.wait(minutes(8));
    let asked = question(&asked).unwrap();
    let outputs = story.input(Input::Answer { question: asked, keep: true });
    let refresh = attempt(&outputs).unwrap();
    assert_eq!(question(&story.wait(seconds(5))), None, "not asked again while the refresh is under way");
    story.input(Input::Refreshed {
        attempt: refresh,
        tokens: Tokens { provider: lasts(minutes(10)), ..tokens() },
    });
    assert_eq!(story.left(), minutes(10));
}

#[test]
fn activity_near_the_providers_end_renews_there_instead_of_asking_again() {
    let mut story = Story::signed_in_with(Tokens { provider: lasts(minutes(10)), ..tokens() });
    story.wait(minutes(9));
    assert_eq!(story.session.state(), State::Expiring);
    let outputs = story.input(Input::Activity);
    let refresh = attempt(&outputs).unwrap();
    assert_eq!(story.session.state(), State::Active);
    let outputs =
        story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    assert!(question(&outputs).is_some(), "the end is still near: {outputs:?}");
}

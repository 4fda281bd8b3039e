//! The idle limit: asked after 12 minutes, over after 15.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{EndReason, Input, Limit, Output, State, TokenVerdict, Withdrawn};
use common::{Story, minutes, question, seconds};

#[test]
fn the_question_comes_at_the_warning_and_silence_ends_the_session() {
    let mut story = Story::signed_in();
    assert_eq!(story.wait(minutes(12) - seconds(1)), []);
    assert_eq!(story.session.state(), State::Active);
    let asked = story.wait(seconds(1));
    let question = question(&asked).unwrap();
    assert_eq!(story.session.state(), State::Expiring);
    assert_eq!(story.left(), minutes(3));
    assert_eq!(story.wait(minutes(3) - seconds(1)), []);
    assert_eq!(
        story.wait(seconds(1)),
        [
            Output::Withdraw { question, why: Withdrawn::Ended },
            Output::Ended { reason: EndReason::IdleTimeout }
        ]
    );
}

#[test]
fn activity_begins_the_idle_time_anew_and_takes_the_question_down() {
    let mut story = Story::signed_in();
    story.wait(minutes(13));
    assert_eq!(story.session.state(), State::Expiring);
    let outputs = story.input(Input::Activity);
    assert!(
        outputs.iter().any(|o| matches!(o, Output::Withdraw { why: Withdrawn::Activity, .. })),
        "{outputs:?}"
    );
    assert_eq!(story.left(), minutes(15));
    assert_eq!(question(&story.wait(minutes(12) - seconds(1))), None);
    assert!(question(&story.wait(seconds(1))).is_some());
}

#[test]
fn yes_keeps_the_session_and_asks_the_provider_for_a_refresh() {
    let mut story = Story::signed_in();
    let question = question(&story.wait(minutes(12))).unwrap();
    let outputs = story.input(Input::Answer { question, keep: true });
    assert!(matches!(outputs[0], Output::Withdraw { why: Withdrawn::Answered, .. }));
    assert!(common::attempt(&outputs).is_some(), "no refresh in {outputs:?}");
    assert_eq!(story.session.state(), State::Active);
}

#[test]
fn no_signs_out() {
    let mut story = Story::signed_in();
    let question = question(&story.wait(minutes(12))).unwrap();
    let outputs = story.input(Input::Answer { question, keep: false });
    assert!(outputs.contains(&Output::Ended { reason: EndReason::Declined }));
    assert_eq!(story.token(), TokenVerdict::Ended(EndReason::Declined));
}

#[test]
fn an_answer_to_an_earlier_question_is_dropped() {
    let mut story = Story::signed_in();
    let first = question(&story.wait(minutes(12))).unwrap();
    story.input(Input::Activity);
    let second = question(&story.wait(minutes(12))).unwrap();
    assert_ne!(first, second);
    story.input(Input::Answer { question: first, keep: false });
    assert_eq!(story.session.state(), State::Expiring);
}

#[test]
fn an_answer_after_the_end_does_not_bring_the_session_back() {
    let mut story = Story::signed_in();
    let question = question(&story.wait(minutes(12))).unwrap();
    story.pass(minutes(3));
    let outputs = story.input(Input::Answer { question, keep: true });
    assert!(outputs.contains(&Output::Ended { reason: EndReason::IdleTimeout }));
    assert_eq!(common::attempt(&outputs), None);
}

#[test]
fn a_machine_that_slept_over_the_end_serves_no_token_on_waking() {
    let mut story = Story::signed_in();
    story.pass(minutes(20));
    assert_eq!(story.token(), TokenVerdict::Ended(EndReason::IdleTimeout));
    assert_eq!(question(&story.drain()), None, "no question about an ended session");
}

#[test]
fn no_jump_of_the_wall_clock_moves_the_end() {
    for jump in [seconds(0), seconds(3_600_000_000)] {
        let mut story = Story::signed_in();
        story.now.wall = jump;
        assert_eq!(story.left(), minutes(15));
        assert_eq!(question(&story.wait(minutes(12) - seconds(1))), None);
        assert!(question(&story.wait(seconds(1))).is_some());
    }
}

#[test]
fn a_boot_clock_that_goes_back_lengthens_nothing() {
    let mut story = Story::signed_in();
    story.wait(minutes(14));
    story.now.boot -= minutes(10);
    story.input(Input::Tick);
    assert_eq!(story.left(), minutes(1));
}

#[test]
fn requests_that_are_not_activity_do_not_keep_the_session() {
    let mut story = Story::signed_in();
    let request = abide_session::TokenRequest { min_validity: seconds(0), activity: false };
    for _ in 0..15 {
        story.wait(minutes(1));
        story.session.token(story.now, request);
    }
    assert_eq!(story.session.state(), State::Ended(EndReason::IdleTimeout));
    assert_eq!(story.session.view(story.now).limit, None::<Limit>);
}

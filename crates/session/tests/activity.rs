//! The activity that counts as use of a session: requests, the user's input, or both.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{
    Activity, EndReason, Input, Limits, Output, RefreshFailure, Rules, State, TokenRequest, TokenVerdict,
    Tokens, Withdrawn,
};
use common::{Story, attempt, lasts, minutes, question, seconds, tokens};

fn signed_in(activity: Activity) -> Story {
    let mut story = Story::with_rules(Rules { activity, ..Rules::default() });
    let attempt = story.authorize();
    story.input(Input::Authorized { attempt, tokens: tokens() });
    story
}

fn ago(n: u64) -> Input {
    Input::UserInput { ago: seconds(n) }
}

#[test]
fn a_fetched_token_is_not_presence_where_only_input_counts() {
    let mut story = signed_in(Activity::Input);
    story.wait(minutes(5));
    assert!(matches!(story.token(), TokenVerdict::Serve | TokenVerdict::Wait(_)), "it is still served");
    story.input(Input::Activity);
    assert_eq!(story.left(), minutes(10));
}

#[test]
fn a_request_that_says_it_is_no_activity_is_none() {
    let mut story = signed_in(Activity::Requests);
    story.wait(minutes(3));
    let request = TokenRequest { min_validity: seconds(10), activity: false };
    assert_eq!(story.session.token(story.now, request), TokenVerdict::Serve);
    assert_eq!(story.left(), minutes(12));
}

#[test]
fn input_counts_only_where_the_rules_say_so() {
    for (activity, counts) in [(Activity::Requests, false), (Activity::Input, true), (Activity::Both, true)] {
        let mut story = signed_in(activity);
        story.wait(minutes(5));
        story.input(ago(60));
        assert_eq!(story.left(), if counts { minutes(14) } else { minutes(10) }, "{activity:?}");
    }
}

#[test]
fn requests_count_where_both_do() {
    let mut story = signed_in(Activity::Both);
    story.wait(minutes(4));
    story.token();
    assert_eq!(story.left(), minutes(15));
}

#[test]
fn old_input_shortens_nothing() {
    let mut story = signed_in(Activity::Both);
    story.wait(minutes(4));
    story.token();
    story.wait(minutes(1));
    story.input(ago(200));
    assert_eq!(story.left(), minutes(14));
}

#[test]
fn the_desktop_is_asked_before_the_user_is_and_not_before() {
    let mut story = signed_in(Activity::Input);
    assert!(
        !story.wait(minutes(12) - seconds(1)).contains(&Output::QueryIdleTime),
        "no query while there is time"
    );
    let outputs = story.wait(seconds(1));
    assert_eq!(outputs, [Output::QueryIdleTime], "the desktop is queried first");
    // The user typed a minute ago: no question, and the next query is when that would be too long ago.
    assert_eq!(story.input(ago(60)).iter().filter(|output| **output == Output::QueryIdleTime).count(), 0);
    assert_eq!(story.left(), minutes(14));
    let outputs = story.wait(minutes(11));
    assert_eq!(outputs.iter().filter(|output| **output == Output::QueryIdleTime).count(), 1);
    assert_eq!(question(&outputs), None);
}

#[test]
fn an_absent_user_is_asked() {
    let mut story = signed_in(Activity::Input);
    story.wait(minutes(12));
    let outputs = story.input(ago(12 * 60));
    assert!(question(&outputs).is_some(), "{outputs:?}");
}

#[test]
fn a_desktop_that_cannot_tell_or_does_not_answer_leaves_the_question_to_the_user() {
    let mut story = signed_in(Activity::Input);
    story.wait(minutes(12));
    assert!(question(&story.input(Input::UserInputUnknown)).is_some());

    let mut story = signed_in(Activity::Input);
    assert_eq!(question(&story.wait(minutes(12) + seconds(1) / 2)), None);
    assert!(question(&story.wait(seconds(1) / 2)).is_some(), "a second of patience");
}

#[test]
fn a_user_who_returns_during_the_question_keeps_the_session() {
    let mut story = signed_in(Activity::Both);
    story.wait(minutes(12));
    let asked = question(&story.input(Input::UserInputUnknown)).unwrap();
    assert_eq!(story.wait(seconds(1)), [], "no query every second");
    assert_eq!(story.wait(seconds(1)), [Output::QueryIdleTime]);
    story.input(ago(722));
    assert_eq!(story.session.state(), State::Expiring);
    assert_eq!(story.wait(seconds(2)), [Output::QueryIdleTime]);
    let outputs = story.input(ago(1));
    assert!(outputs.contains(&Output::Withdraw { question: asked, why: Withdrawn::Presence }), "{outputs:?}");
    assert_eq!(story.left(), minutes(15) - seconds(1));
}

#[test]
fn an_answer_that_never_comes_is_looked_for_again() {
    let mut story = signed_in(Activity::Input);
    story.wait(minutes(12));
    story.input(Input::UserInputUnknown);
    let looks = story.wait(seconds(12)).iter().filter(|output| **output == Output::QueryIdleTime).count();
    assert_eq!(looks, 4, "every two seconds, with a wait of one second each");
}

#[test]
fn input_is_not_queried_where_only_requests_count() {
    let mut story = signed_in(Activity::Requests);
    let outputs = story.wait(minutes(15));
    assert!(!outputs.contains(&Output::QueryIdleTime), "{outputs:?}");
    assert!(outputs.contains(&Output::Ended { reason: EndReason::IdleTimeout }));
}

#[test]
fn a_late_answer_of_the_desktop_brings_nothing_back() {
    let mut story = signed_in(Activity::Input);
    story.wait(minutes(15));
    assert_eq!(story.session.state(), State::Ended(EndReason::IdleTimeout));
    assert_eq!(story.input(ago(0)), []);
    assert_eq!(story.session.state(), State::Ended(EndReason::IdleTimeout));
}

#[test]
fn the_users_input_moves_no_end_of_the_provider() {
    let mut story = Story::with_rules(Rules { activity: Activity::Input, ..Rules::default() });
    let sign_in = story.authorize();
    let tokens = Tokens { provider: lasts(minutes(10)), ..tokens() };
    story.input(Input::Authorized { attempt: sign_in, tokens });
    let asked = question(&story.wait(minutes(8))).unwrap();
    // A user who is back wants to continue, so the provider is asked.
    let outputs = story.input(ago(0));
    assert!(outputs.contains(&Output::Withdraw { question: asked, why: Withdrawn::Presence }), "{outputs:?}");
    let refresh = attempt(&outputs).unwrap();
    assert_eq!(story.left(), minutes(2));
    story.input(Input::RefreshFailed { attempt: refresh, failure: RefreshFailure::Unreachable });
    assert_eq!(story.session.state(), State::Expiring, "asked again: the end is still near");
    // It is retried automatically, and its success withdraws the question.
    let outputs = story.wait(seconds(1));
    let again = attempt(&outputs).unwrap();
    let outputs = story.input(Input::Refreshed { attempt: again, tokens });
    assert!(outputs.iter().any(|output| matches!(output, Output::Withdraw { why: Withdrawn::Moot, .. })));
    assert_eq!(story.left(), minutes(10));
}

#[test]
fn rules_that_change_count_from_now_on() {
    let mut story = signed_in(Activity::Requests);
    story.wait(minutes(5));
    let limits = Limits::new(minutes(5), minutes(4), minutes(60)).unwrap();
    story.session.set_rules(story.now, Rules { limits, activity: Activity::Input, ..Rules::default() });
    assert_eq!(story.left(), minutes(5));
    story.input(Input::Activity);
    story.pass(minutes(1));
    story.input(Input::Activity);
    assert_eq!(story.left(), minutes(4), "requests no longer count");
    assert_eq!(story.session.view(story.now).absolute_left, Some(minutes(54)));
    let longer = Limits::new(minutes(15), minutes(12), minutes(600)).unwrap();
    story.session.set_rules(story.now, longer);
    assert_eq!(story.left(), minutes(4), "nothing is lengthened");
    assert_eq!(story.session.view(story.now).absolute_left, Some(minutes(54)));
}

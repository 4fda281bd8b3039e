//! The same session, with the same deadlines, in another process.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{EndReason, Input, Limits, Now, Output, Session, State, TokenVerdict};
use common::{Story, minutes, question, seconds};

fn restored(story: &Story, now: Now, same_boot: bool) -> Story {
    let checkpoint = story.session.checkpoint(story.now).unwrap();
    let mut story = Story { session: Session::restore(Limits::default(), &checkpoint, now, same_boot), now };
    story.session.poll();
    story
}

#[test]
fn a_restart_of_the_program_keeps_the_deadlines() {
    let mut before = Story::signed_in();
    before.wait(minutes(7));
    let later = Now { wall: before.now.wall + minutes(1), boot: before.now.boot + minutes(1) };
    let mut after = restored(&before, later, true);
    assert_eq!(after.left(), minutes(7));
    assert_eq!(question(&after.wait(minutes(4) - seconds(1))), None);
    assert!(question(&after.wait(seconds(1))).is_some());
}

#[test]
fn a_restart_of_the_machine_counts_the_time_that_it_was_off() {
    let mut before = Story::signed_in();
    before.wait(minutes(5));
    let later = Now { wall: before.now.wall + minutes(4), boot: seconds(20) };
    assert_eq!(restored(&before, later, false).left(), minutes(6));
}

#[test]
fn a_session_that_should_have_ended_meanwhile_has_ended() {
    let before = Story::signed_in();
    let later = Now { wall: before.now.wall + minutes(15), boot: seconds(20) };
    let mut after = restored(&before, later, false);
    assert_eq!(after.session.state(), State::Ended(EndReason::IdleTimeout));
    assert_eq!(after.token(), TokenVerdict::Ended(EndReason::IdleTimeout));
}

#[test]
fn the_end_is_put_out_so_that_the_vault_is_wiped() {
    let before = Story::signed_in();
    let checkpoint = before.session.checkpoint(before.now).unwrap();
    let later = Now { wall: before.now.wall + minutes(15), boot: before.now.boot + minutes(15) };
    let mut session = Session::restore(Limits::default(), &checkpoint, later, true);
    assert_eq!(session.poll(), Some(Output::Ended { reason: EndReason::IdleTimeout }));
}

#[test]
fn a_wall_clock_set_back_over_a_restart_of_the_machine_lengthens_nothing() {
    let before = Story::signed_in();
    let later = Now { wall: before.now.wall - minutes(60), boot: seconds(20) };
    assert!(matches!(restored(&before, later, false).session.state(), State::Ended(_)));
}

#[test]
fn the_first_request_after_a_restart_fetches_a_new_access_token() {
    let before = Story::signed_in();
    let mut after = restored(&before, before.now, true);
    assert!(matches!(after.token(), TokenVerdict::Wait(_)));
}

#[test]
fn activity_is_written_down_within_ten_seconds_however_much_there_is() {
    let mut story = Story::signed_in();
    let mut written = 0;
    for _ in 0..600 {
        story.pass(std::time::Duration::from_millis(100));
        written += story.input(Input::Activity).iter().filter(|o| **o == Output::Checkpoint).count();
    }
    assert!((5..=6).contains(&written), "{written} times in a minute");
}

#[test]
fn stricter_limits_count_after_a_restart() {
    let before = Story::signed_in();
    let checkpoint = before.session.checkpoint(before.now).unwrap();
    let strict = Limits::new(minutes(2), minutes(1), minutes(60)).unwrap();
    let session = Session::restore(strict, &checkpoint, before.now, true);
    assert_eq!(session.view(before.now).left, Some(minutes(2)));
    assert_eq!(session.view(before.now).absolute_left, Some(minutes(60)));
}

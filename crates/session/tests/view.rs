//! A view is redrawn when what it shows changes, and at no other time.

mod common;

use abide_session::{Input, Output};
use common::{Story, minutes, seconds};

fn redraws(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| **output == Output::Changed).count()
}

#[test]
fn once_a_minute_while_there_is_time_and_once_a_second_while_the_question_is_up() {
    let mut story = Story::signed_in();
    assert_eq!(redraws(&story.wait_with_changes(minutes(11))), 11);
    // The question comes with the end of the twelfth minute.
    assert_eq!(redraws(&story.wait_with_changes(minutes(1))), 1);
    assert_eq!(redraws(&story.wait_with_changes(minutes(1))), 60);
}

#[test]
fn a_tick_that_changes_nothing_puts_nothing_out() {
    let mut story = Story::signed_in();
    story.wait(seconds(5));
    story.input(Input::Tick);
    story.pass(seconds(1));
    assert_eq!(story.input(Input::Tick), []);
}

#[test]
fn a_thousand_requests_in_a_second_redraw_nothing() {
    let mut story = Story::signed_in();
    story.pass(std::time::Duration::from_millis(10));
    story.token();
    story.drain();
    for _ in 0..1000 {
        story.pass(std::time::Duration::from_micros(900));
        story.token();
        assert_eq!(story.drain(), []);
    }
}

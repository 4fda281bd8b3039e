//! A wall clock that jumps, in both directions.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{Input, Output, State, TokenVerdict};
use common::{Story, attempt, minutes, seconds, tokens};

#[test]
fn a_jump_of_the_wall_clock_moves_no_end() {
    for forwards in [true, false] {
        let mut story = Story::signed_in();
        story.wait(minutes(1));
        let (left, absolute) = (story.left(), story.session.view(story.now).absolute_left);
        if forwards {
            story.now.wall += minutes(600)
        } else {
            story.now.wall -= minutes(600)
        }
        story.input(Input::Tick);
        assert_eq!(story.session.state(), State::Active);
        assert_eq!((story.left(), story.session.view(story.now).absolute_left), (left, absolute));
    }
}

#[test]
fn a_token_that_has_expired_by_the_wall_clock_is_renewed_and_the_session_continues() {
    let mut story = Story::signed_in();
    story.now.wall += minutes(6);
    let TokenVerdict::Wait(refresh) = story.token() else {
        panic!("a resource server would refuse that token")
    };
    story.drain();
    story.input(Input::Refreshed { attempt: refresh, tokens: tokens() });
    assert_eq!(story.token(), TokenVerdict::Serve, "one refresh settles it");
    assert_eq!(story.session.view(story.now).access_left, Some(minutes(5)));
}

#[test]
fn a_wall_clock_that_goes_back_lengthens_no_token() {
    let mut story = Story::signed_in();
    story.wait(minutes(4));
    story.now.wall -= minutes(60);
    assert_eq!(story.session.view(story.now).access_left, Some(minutes(1)));
    story.wait(minutes(1));
    assert!(
        attempt(&{
            story.token();
            story.drain()
        })
        .is_some()
    );
}

#[test]
fn a_boot_clock_that_goes_back_lengthens_nothing() {
    let mut story = Story::signed_in();
    story.wait(minutes(10));
    story.now.boot -= minutes(5);
    story.input(Input::Activity);
    story.now.boot += minutes(5);
    assert_eq!(story.left(), minutes(15));
    story.now.boot -= seconds(1);
    assert_eq!(story.session.view(story.now).left, Some(minutes(15)));
}

#[test]
fn the_end_is_noted_in_wall_time() {
    let mut story = Story::signed_in();
    story.input(Input::Logout);
    assert_eq!(story.session.view(story.now).ended, Some(story.now.wall));
    assert_eq!(story.input(Input::Logout), [] as [Output; 0]);
}

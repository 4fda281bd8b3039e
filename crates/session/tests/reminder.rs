//! Reminders of an end that no use of the session can move, and a new sign-in before it.
#![allow(clippy::unwrap_used)]

mod common;

use abide_session::{
    EndReason, Input, Limit, Limits, Output, ProviderLimits, QuestionId, Reminders, Rules, Session, State,
    Tokens, whole_hour,
};
use common::{Story, attempt, minutes, question, seconds, tokens};

fn hours(n: u64) -> std::time::Duration {
    minutes(60 * n)
}

/// A session with this longest time. Without use it lasts as long.
fn lasting(absolute: std::time::Duration, tokens: Tokens) -> Story {
    let limits = Limits::new(absolute, absolute - minutes(3), absolute).unwrap();
    let mut story = Story::with_rules(Rules { remind: Reminders::ALL, ..limits.into() });
    let attempt = story.authorize();
    story.input(Input::Authorized { attempt, tokens });
    story
}

fn reminders(outputs: &[Output]) -> usize {
    outputs.iter().filter(|output| **output == Output::Remind).count()
}

/// The time until the first reminder, to the minute; `None` if the session ends without one.
fn reminded_after(mut story: Story) -> Option<u64> {
    let mut minute = 0;
    while story.session.state() != (State::Ended(EndReason::AbsoluteTimeout)) {
        if matches!(story.session.state(), State::Ended(_)) {
            return None;
        }
        minute += 1;
        if reminders(&story.wait(minutes(1))) > 0 {
            return Some(minute);
        }
    }
    None
}

#[test]
fn the_time_follows_from_the_whole_time() {
    for (absolute, after) in [
        (hours(12), Some(9 * 60)),
        (hours(2), Some(90)),
        (minutes(50), Some(38)),
        (minutes(36), Some(30)),
        (minutes(32), None),
        (minutes(20), None),
        (hours(24 * 3), Some(54 * 60)),
        (hours(24 * 10), Some(9 * 24 * 60)),
    ] {
        assert_eq!(reminded_after(lasting(absolute, tokens())), after, "{absolute:?}");
    }
}

#[test]
fn the_user_is_told_once_and_views_show_it() {
    let mut story = lasting(hours(12), tokens());
    assert_eq!(story.session.view(story.now).reminded_of, None);
    let outputs = story.wait(hours(9));
    assert_eq!(reminders(&outputs), 1);
    let reminded = story.session.view(story.now).reminded_of.unwrap();
    assert_eq!((reminded.limit, reminded.left), (Limit::Absolute, hours(3)));
    assert_eq!(reminded.question_in, hours(3) - minutes(3));
    story.input(Input::Activity);
    story.input(Input::Keep);
    assert_eq!(reminders(&story.wait(hours(2))), 0);
}

#[test]
fn nothing_is_told_where_that_is_turned_off() {
    let mut story = lasting(hours(12), tokens());
    story.session.set_rules(story.now, Limits::new(hours(12), minutes(700), hours(12)).unwrap());
    story.drain();
    assert_eq!(reminders(&story.wait(hours(11))), 0);
    assert_eq!(story.session.view(story.now).reminded_of, None);
}

#[test]
fn each_kind_can_be_turned_off_and_the_other_stays() {
    let expiry = ProviderLimits {
        session_expiry: Some(seconds(1_800_000_000) + hours(4)),
        ..ProviderLimits::default()
    };
    for (remind, provider, told) in [
        (Reminders { longest: true, provider: false }, ProviderLimits::default(), 1),
        (Reminders { longest: false, provider: true }, ProviderLimits::default(), 0),
        (Reminders { longest: true, provider: false }, expiry, 0),
        (Reminders { longest: false, provider: true }, expiry, 1),
    ] {
        let mut story = lasting(hours(12), Tokens { provider, ..tokens() });
        let limits = Limits::new(hours(12), hours(12) - minutes(3), hours(12)).unwrap();
        story.session.set_rules(story.now, Rules { remind, ..limits.into() });
        story.drain();
        let first = if provider == ProviderLimits::default() { hours(9) } else { hours(3) };
        assert_eq!(reminders(&story.wait(first)), told, "{remind:?} {provider:?}");
        let view = story.session.view(story.now);
        assert_eq!((view.reminded_of.is_some(), view.can_begin_again), (told == 1, true));
    }
}

/// `whole_hour` for times of a day in hours and minutes, with local time so many hours ahead of UTC.
fn put_off(now: (u64, u64), question: (u64, u64), ahead: i32) -> Option<(u64, u64)> {
    // 4 January 2027, a Monday.
    let midnight = 1_799_020_800_i64 - 3600 * i64::from(ahead);
    let at = |(hour, minute)| seconds(u64::try_from(midnight).unwrap() + 3600 * hour + 60 * minute);
    let hour = whole_hour(at(now), at(question), |_| 3600 * ahead)?;
    let since = hour - u64::try_from(midnight).unwrap();
    Some((since / 3600, since / 60 % 60))
}

#[test]
fn a_reminder_can_be_put_off_to_the_last_working_hour_before_the_question() {
    for ahead in [0, 1, -8, 13] {
        // A working day that ends at 17:57, and at 17:07: too short a time after 17:00.
        assert_eq!(put_off((15, 0), (17, 57), ahead), Some((17, 0)), "{ahead}");
        assert_eq!(put_off((15, 0), (17, 10), ahead), Some((17, 0)), "{ahead}");
        assert_eq!(put_off((15, 0), (17, 9), ahead), Some((16, 0)), "{ahead}");
        // A session that ends at night is thought of in the evening, one that ends in the morning before that.
        assert_eq!(put_off((15, 0), (26, 57), ahead), Some((18, 0)), "{ahead}");
        assert_eq!(put_off((10, 0), (33, 57), ahead), Some((33, 0)), "{ahead}");
        // Where people work at night, the last hour is right.
        assert_eq!(put_off((19, 10), (23, 50), ahead), Some((23, 0)), "{ahead}");
        // Ten minutes are a choice of their own.
        assert_eq!(put_off((16, 41), (17, 30), ahead), None, "{ahead}");
        assert_eq!(put_off((16, 40), (17, 30), ahead), Some((17, 0)), "{ahead}");
    }
}

#[test]
fn a_whole_hour_is_one_of_local_time_also_where_clocks_change() {
    // Half an hour ahead of the hours of UTC: 17:00 there is 11:30.
    let day = 1_799_020_800;
    let found = whole_hour(seconds(day + 9 * 3600), seconds(day + 12 * 3600), |_| 19_800);
    assert_eq!(found, Some(day + 11 * 3600 + 1800));
    // The clocks go back by half an hour.
    let back = |at: u64| if at < day + 2 * 3600 { 37_800 + 1800 } else { 37_800 };
    let found = whole_hour(seconds(day - 5 * 3600), seconds(day + 3 * 3600), back);
    assert_eq!(found.map(|at| (at + u64::try_from(back(at)).unwrap()) % 3600), Some(0));
    assert_eq!(whole_hour(seconds(u64::MAX), seconds(u64::MAX), |_| i32::MAX), None);
    assert_eq!(whole_hour(seconds(0), seconds(0), |_| i32::MIN), None);
}

#[test]
fn the_providers_fixed_end_counts_when_it_comes_first_and_a_timeout_does_not() {
    let mut expiry = ProviderLimits {
        session_expiry: Some(seconds(1_800_000_000) + hours(4)),
        ..ProviderLimits::default()
    };
    let fixed = lasting(hours(12), Tokens { provider: expiry, ..tokens() });
    let mut story = fixed;
    assert_eq!(reminders(&story.wait(hours(3))), 1);
    assert_eq!(story.session.view(story.now).reminded_of.unwrap().limit, Limit::Provider);
    expiry = ProviderLimits { refresh_expires_in: Some(hours(13)), ..ProviderLimits::default() };
    assert_eq!(reminded_after(lasting(hours(12), Tokens { provider: expiry, ..tokens() })), Some(9 * 60));
}

#[test]
fn an_end_that_is_declared_anew_in_whole_seconds_is_the_same_end() {
    let lasts = |left| Tokens {
        provider: ProviderLimits { authorization_expires_in: Some(left), ..ProviderLimits::default() },
        ..tokens()
    };
    let mut story = lasting(hours(12), lasts(hours(4)));
    assert_eq!(reminders(&story.wait(hours(3))), 1);
    let renewal = attempt(&story.input(Input::Renew)).unwrap();
    let outputs = story.input(Input::Refreshed { attempt: renewal, tokens: lasts(minutes(60) - seconds(1)) });
    assert_eq!(reminders(&outputs), 0);
    assert_eq!(story.session.view(story.now).reminded_of.unwrap().limit, Limit::Provider);
    story.input(Input::RemindLater { after: minutes(10) });
    let renewal = attempt(&story.input(Input::Renew)).unwrap();
    let outputs = story.input(Input::Refreshed { attempt: renewal, tokens: lasts(minutes(60)) });
    assert_eq!((reminders(&outputs), reminders(&story.wait(minutes(10)))), (0, 1));
}

#[test]
fn the_user_can_be_told_later_but_not_after_the_question() {
    let mut story = lasting(hours(12), tokens());
    story.wait(hours(9));
    story.input(Input::RemindLater { after: minutes(10) });
    assert_eq!(story.session.view(story.now).reminded_of, None);
    assert_eq!(reminders(&story.wait(minutes(9))), 0);
    assert_eq!(reminders(&story.wait(minutes(1))), 1);
    story.input(Input::RemindLater { after: hours(3) });
    let rest = story.wait(hours(2) + minutes(48));
    assert_eq!((reminders(&rest), question(&rest).is_some()), (0, true));
}

#[test]
fn the_user_is_told_again_after_waking_and_after_a_restart() {
    let mut story = lasting(hours(12), tokens());
    story.wait(hours(9));
    story.input(Input::Suspending);
    story.pass(minutes(30));
    assert_eq!(reminders(&story.input(Input::Resumed)), 1);
    assert_eq!(reminders(&story.input(Input::Tick)), 0);
    // Waking does not end a pause that the user has chosen.
    story.input(Input::RemindLater { after: minutes(10) });
    assert_eq!(reminders(&story.input(Input::Resumed)), 0);

    let checkpoint = story.session.checkpoint(story.now).unwrap();
    let rules =
        Rules { remind: Reminders::ALL, ..Limits::new(hours(12), minutes(717), hours(12)).unwrap().into() };
    let mut restored = Session::restore(rules, &checkpoint, story.now, true);
    let outputs: Vec<Output> = std::iter::from_fn(|| restored.poll()).collect();
    assert_eq!(reminders(&outputs), 1);
}

#[test]
fn nothing_is_told_behind_a_locked_screen() {
    let mut story = lasting(hours(12), tokens());
    story.input(Input::Locked);
    assert_eq!(reminders(&story.wait(hours(9) + minutes(30))), 0);
    assert_eq!(reminders(&story.input(Input::Unlocked)), 1);
}

#[test]
fn a_new_sign_in_takes_the_place_of_the_session_only_when_it_succeeds() {
    let mut story = lasting(hours(12), tokens());
    assert_eq!(attempt(&story.input(Input::BeginAgain)), None, "not before the reminder");
    story.wait(hours(9));
    let first = attempt(&story.input(Input::BeginAgain)).unwrap();
    assert_eq!(story.session.state(), State::Active);
    story.input(Input::AuthorizationFailed { attempt: first });
    assert_eq!(story.left(), hours(3), "the session is as it was");
    let second = attempt(&story.input(Input::BeginAgain)).unwrap();
    let began = story.now.wall;
    let outputs = story.input(Input::Authorized { attempt: second, tokens: tokens() });
    assert!(outputs.contains(&Output::Checkpoint) && !outputs.contains(&Output::Began), "{outputs:?}");
    let view = story.session.view(story.now);
    assert_eq!((view.absolute_left, view.began, view.reminded_of), (Some(hours(12)), Some(began), None));
    assert_eq!(reminders(&story.wait(hours(8))), 0);
    assert_eq!(reminders(&story.wait(hours(1))), 1, "a reminder of the new end");
}

#[test]
fn the_limits_of_a_sign_in_that_the_provider_asked_for_still_count_from_the_first() {
    let mut story = lasting(hours(12), tokens());
    story.wait(hours(9));
    let renewal = attempt(&story.input(Input::Renew)).unwrap();
    story.input(Input::RefreshFailed {
        attempt: renewal,
        failure: abide_session::RefreshFailure::InteractionRequired,
    });
    let login = attempt(&story.input(Input::Login)).unwrap();
    story.input(Input::Authorized { attempt: login, tokens: tokens() });
    assert_eq!(story.session.view(story.now).absolute_left, Some(hours(3)));
}

#[test]
fn the_question_takes_the_place_of_the_reminder() {
    let mut story = lasting(hours(12), tokens());
    let outputs = story.wait(hours(12) - minutes(2));
    assert_eq!(question(&outputs), Some(QuestionId(1)));
    assert_eq!(story.session.view(story.now).reminded_of, None);
}

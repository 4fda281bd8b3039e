//! An end that no use of the session can move: the reminder of it, and a new sign-in before it.

use std::time::Duration;

use abide_session::{Input, State as SessionState};
use abide_wire::{Limit, NoticeKind};

use super::world::{ACCOUNT, World};
use crate::sign_in;
use crate::state::account::Opening;

const HOUR: u64 = 3600;

/// Signed in for nine of twelve hours, without an idle end.
fn reminded() -> World {
    let mut world = World::new(1);
    world.config.session.end_after = Duration::from_secs(12 * HOUR);
    world.config.session.warn_after = Duration::from_secs(12 * HOUR - 180);
    world.start();
    world.sign_in();
    world.pass(9 * HOUR);
    world
}

fn reminders(world: &World) -> usize {
    let notices = world.notices.lock().unwrap();
    notices.iter().filter(|notice| notice.kind == NoticeKind::Reminder).count()
}

fn shown(world: &World) -> Option<Limit> {
    let snapshot = world.run(async { world.store().snapshot() });
    snapshot.accounts[0].reminder.as_ref().map(|reminder| reminder.limit)
}

#[test]
fn the_user_is_reminded_once_and_can_put_it_off() {
    let world = reminded();
    assert_eq!((reminders(&world), shown(&world)), (1, Some(Limit::Absolute)));
    world.input(Input::RemindLater { after: Duration::from_secs(600) });
    assert_eq!(shown(&world), None);
    world.pass(610);
    assert_eq!((reminders(&world), shown(&world)), (2, Some(Limit::Absolute)));
}

#[test]
fn the_user_can_choose_a_whole_hour() {
    let world = reminded();
    let reminder = world.run(async { world.store().snapshot().accounts[0].reminder.clone() }).unwrap();
    let at = reminder.later_at.unwrap();
    assert_eq!(at % HOUR, 0);
    assert!(at + 780 <= reminder.ends_at, "there is time to sign in: {reminder:?}");
    let now = world.run(async { crate::platform::clock::wall().as_secs() });
    world.input(Input::RemindLater { after: Duration::from_secs(at - now) });
    assert_eq!(shown(&world), None);
    world.pass(at - now - 5);
    assert_eq!(reminders(&world), 1);
    world.pass(10);
    assert_eq!((reminders(&world), shown(&world)), (2, Some(Limit::Absolute)));
}

#[test]
fn a_sign_in_begins_a_new_session_and_the_old_one_lasts_until_then() {
    let world = reminded();
    let until = || world.run(async { world.store().snapshot().accounts[0].at_most_until.unwrap() });
    let before = until();
    world.run(async { sign_in::begin(world.store(), ACCOUNT, Opening::Browser) }).unwrap();
    assert_eq!(world.state(), SessionState::Active);
    world.pass(10);
    assert_eq!((world.state(), shown(&world)), (SessionState::Active, None));
    assert!(until() > before + 8 * HOUR, "the limits begin anew");
    assert!(world.token().is_ok());
}

#[test]
fn a_link_replaces_no_session() {
    let world = reminded();
    let refused = world.run(async { sign_in::begin_by_link(world.store(), ACCOUNT, None) });
    assert!(refused.is_err());
}

#[test]
fn an_account_that_wants_none_is_not_reminded() {
    let mut world = World::new(1);
    world.config.session.end_after = Duration::from_secs(12 * HOUR);
    world.config.session.warn_after = Duration::from_secs(12 * HOUR - 180);
    world.config.session.remind = false;
    world.start();
    world.sign_in();
    world.pass(11 * HOUR);
    assert_eq!((reminders(&world), shown(&world)), (0, None));
}

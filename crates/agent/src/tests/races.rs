//! What happens between two steps. Each test is one order of events that a review has found, or that would cost a session.

use abide_session::{EndReason, Input, State as SessionState};
use abide_wire::ErrorCode;

use std::time::Duration;

use crate::platform::clock::{self, scripted};
use crate::state::set_aside;
use crate::tests::provider::{AT_ONCE, Fate, State, after};
use crate::tests::world::{ACCOUNT, Person, World, narrow, params};

fn code(result: Result<abide_wire::TokenAnswer, abide_wire::ErrorAnswer>) -> Option<ErrorCode> {
    result.err().map(|answer| answer.error)
}

/// The number of the refresh token on the disk.
fn stored(world: &World) -> Option<String> {
    world.disk.session(ACCOUNT)?["refresh_token"].as_str().map(str::to_owned)
}

#[test]
fn a_refresh_token_is_durable_before_its_access_token_is_served() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.disk.takes(Duration::from_secs(2));
    let asked = world.ask(params(true));
    // The new token is on its way to the disk while something else is written down.
    world.pass(3);
    world.run(async { world.store().write_all_down().await });
    let served = world.run(asked).unwrap().unwrap();
    assert_eq!(served.access_token.expose(), "at-2");
    assert_eq!(stored(&world).as_deref(), Some("rt-2"), "nothing older was written over it");
}

#[test]
fn a_crash_right_after_an_answer_loses_nothing() {
    let mut world = World::signed_in(1);
    world.let_it_expire();
    world.disk.takes(Duration::from_millis(10));
    assert_eq!(world.token().unwrap().access_token.expose(), "at-2");
    world.crash();
    world.start();
    assert_eq!(world.token().unwrap().access_token.expose(), "at-3");
    assert!(world.provider.inner().reused.is_empty());
}

#[test]
fn a_crash_before_the_write_is_the_one_window() {
    let mut world = World::signed_in(1);
    world.let_it_expire();
    world.disk.takes(Duration::from_secs(5));
    drop(world.ask(params(true)));
    world.pass(7);
    world.crash();
    world.disk.takes(Duration::ZERO);
    world.start();
    assert_eq!(code(world.token()), Some(ErrorCode::SessionExpired));
    assert_eq!(world.state(), SessionState::Ended(EndReason::RefreshRejected));
}

#[test]
fn a_late_answer_is_kept() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([after(60)]);
    assert_eq!(code(world.token()), Some(ErrorCode::ProviderUnreachable), "after thirty seconds");
    world.pass(60);
    assert_eq!(stored(&world).as_deref(), Some("rt-2"));
    world.pass(60);
    assert!(world.token().is_ok());
    assert!(world.provider.inner().reused.is_empty());
}

#[test]
fn a_narrower_token_that_comes_late_keeps_the_session() {
    let world = World::signed_in(1);
    world.provider.plan([after(60)]);
    let asked = world.ask(narrow("https://a.example"));
    assert_eq!(code(world.run(asked).unwrap()), Some(ErrorCode::ProviderUnreachable), "after thirty seconds");
    world.pass(60);
    assert_eq!(stored(&world).as_deref(), Some("rt-2"));
    // It is there for the next tool.
    let asked = world.ask(narrow("https://a.example"));
    assert_eq!(world.run(asked).unwrap().unwrap().access_token.expose(), "at-2");
    assert_eq!(world.provider.inner().refreshes, 1);
    world.let_it_expire();
    assert_eq!(world.token().unwrap().access_token.expose(), "at-3");
    assert!(world.provider.inner().reused.is_empty());
}

#[test]
fn a_refresh_token_is_kept_whatever_is_beside_it() {
    for member in ["access_token", "token_type"] {
        let world = World::signed_in(1);
        world.let_it_expire();
        world.provider.plan([Fate::Odd(member)]);
        assert_eq!(code(world.token()), Some(ErrorCode::UnusableAnswer), "{member}");
        assert_eq!(stored(&world).as_deref(), Some("rt-2"), "{member}");
        world.pass(90);
        assert!(world.token().is_ok(), "{member}");
        assert!(world.provider.inner().reused.is_empty(), "{member}");
    }
}

#[test]
fn a_token_that_is_over_at_once_is_not_told_as_an_outage() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([Fate::OverAtOnce]);
    let refused = world.token().unwrap_err();
    assert_eq!(refused.error, ErrorCode::UnusableAnswer, "{refused:?}");
    assert!(!refused.error_description.contains("answers again"), "{refused:?}");
    assert_eq!(stored(&world).as_deref(), Some("rt-2"), "the new refresh token is kept");
    assert_eq!(world.token().unwrap().access_token.expose(), "at-3");
    assert_eq!(world.state(), SessionState::Active);
    // The same for a token of one resource.
    world.provider.plan([Fate::OverAtOnce; 8]);
    let refused = world.run(world.ask(narrow("https://a.example"))).unwrap().unwrap_err();
    assert_eq!(refused.error, ErrorCode::UnusableAnswer, "{refused:?}");
}

#[test]
fn answers_without_a_reason_are_no_dead_end() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([Fate::Trouble(400); 20]);
    for _ in 0..4 {
        assert!(world.token().is_err());
        world.pass(90);
    }
    assert_eq!(code(world.token()), Some(ErrorCode::LoginRequired));
    world.provider.inner().fates.clear();
    world.sign_in();
    assert!(world.token().is_ok());
}

#[test]
fn many_tools_share_one_refresh() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([after(2)]);
    let asked: Vec<_> = (0..20).map(|_| world.ask(params(true))).collect();
    for asked in asked {
        assert_eq!(world.run(asked).unwrap().unwrap().access_token.expose(), "at-2");
    }
    assert_eq!(world.provider.inner().refreshes, 1);
}

#[test]
fn a_narrower_token_and_a_refresh_take_turns() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([after(5), after(5), after(5)]);
    let asked = [world.ask(params(true)), world.ask(narrow("https://a.example")), world.ask(params(true))];
    for asked in asked {
        world.run(asked).unwrap().unwrap();
    }
    let inner = world.provider.inner();
    assert_eq!((inner.most_under_way, inner.reused.len()), (1, 0));
}

#[test]
fn what_comes_after_the_end_is_revoked_and_not_served() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([after(10)]);
    let asked = world.ask(params(true));
    world.pass(1);
    world.input(Input::Logout);
    assert_eq!(code(world.run(asked).unwrap()), Some(ErrorCode::SessionExpired));
    world.pass(30);
    assert_eq!(world.provider.good(), Vec::<u64>::new());
    assert!(world.disk.durable().is_empty(), "{:?}", world.disk.durable().keys());
}

#[test]
fn an_end_while_the_new_token_is_written_revokes_both() {
    let mut world = World::signed_in(1);
    world.let_it_expire();
    world.disk.takes(Duration::from_secs(3));
    drop(world.ask(params(true)));
    world.pass(4);
    world.provider.plan([Fate::Lost; 3]);
    world.input(Input::Logout);
    // Until the provider knows, a crash forgets neither.
    world.pass(6);
    assert_eq!(world.provider.good(), [2], "not revoked yet");
    world.crash();
    world.disk.takes(Duration::ZERO);
    world.start();
    world.pass(600);
    assert_eq!(world.provider.good(), Vec::<u64>::new());
    assert_eq!(world.state(), SessionState::SignedOut);
}

#[test]
fn a_full_disk_costs_no_session() {
    let world = World::signed_in(1);
    world.let_it_expire();
    // The intent is written, the token is not.
    world.disk.takes(Duration::from_millis(1));
    let asked = world.ask(params(true));
    world.run(clock::sleep(Duration::from_micros(500)));
    world.disk.is_full_for(1);
    assert_eq!(code(world.run(asked).unwrap()), Some(ErrorCode::ThisComputer));
    assert_eq!(world.with(|account| account.last_error.clone()).unwrap().code, "vault_storage");
    world.pass(120);
    let served = world.token().unwrap();
    assert_eq!(stored(&world), Some(served.access_token.expose().replace("at", "rt")));
    assert!(world.provider.inner().reused.is_empty(), "the new token was sent");
}

#[test]
fn a_warning_about_a_full_disk_ends_when_there_is_room_again() {
    let world = World::signed_in(1);
    world.disk.is_full_for(1);
    world.input(Input::Suspending);
    world.pass(1);
    assert_eq!(world.warnings().len(), 1, "{:?}", world.warnings());
    world.input(Input::Suspending);
    world.pass(1);
    assert_eq!(world.warnings(), Vec::<String>::new());
    // The same for a record that could not be removed.
    world.disk.is_full_for(1);
    world.input(Input::Logout);
    world.pass(1);
    assert_eq!(world.warnings().len(), 1, "{:?}", world.warnings());
    world.pass(60);
    assert_eq!(world.warnings(), Vec::<String>::new());
}

#[test]
fn a_session_that_ends_on_a_full_disk_does_not_come_back() {
    let mut world = World::signed_in(1);
    world.disk.is_full_for(1);
    world.input(Input::Logout);
    world.pass(1);
    assert_eq!(world.disk.names("session/").len(), 1, "it was not removed");
    world.pass(10);
    world.crash();
    world.start();
    assert_eq!((world.state(), world.disk.names("").len()), (SessionState::SignedOut, 0));
    // A session that has begun meanwhile is not removed.
    world.sign_in();
    world.disk.is_full_for(1);
    world.input(Input::Logout);
    world.sign_in();
    world.pass(60);
    assert_eq!((world.state(), world.disk.names("session/").len()), (SessionState::Active, 1));
}

#[test]
fn a_cancelled_sign_in_leaves_nothing() {
    let mut world = World::new(1);
    world.start();
    world.disk.takes(Duration::from_secs(5));
    world.input(Input::Login);
    // The provider has issued tokens, and they are being written.
    world.pass(7);
    world.input(Input::Logout);
    world.pass(60);
    assert!(world.disk.durable().is_empty());
    assert_eq!((world.provider.state(1), world.state()), (State::Revoked, SessionState::SignedOut));
}

#[test]
fn a_cancelled_sign_in_is_revoked_once_the_vault_is_rid_of_it() {
    let mut world = World::new(1);
    world.start();
    world.disk.takes(Duration::from_secs(5));
    world.input(Input::Login);
    world.pass(7);
    world.input(Input::Logout);
    // Written, and not removed yet.
    world.pass(4);
    assert_eq!(world.disk.names("session/").len(), 1);
    world.crash();
    assert_eq!(
        world.provider.state(1),
        State::Good,
        "otherwise a session without a usable token is restored"
    );
    world.start();
    world.pass(60);
    assert_eq!(world.state(), SessionState::Active);
}

#[test]
fn a_session_that_is_found_later_does_not_undo_a_sign_out() {
    let world = World::signed_in(1);
    let kept = world.disk.durable()[&format!("session/{ACCOUNT}")].clone();
    world.input(Input::Logout);
    world.pass(60);
    // The keyring is unlocked, and the vault on the disk has an older session.
    let stored = set_aside::session_for(&world.config, &kept).ok().unwrap();
    assert!(!world.run(async { world.store().take_back(ACCOUNT, stored) }));
    assert_eq!(world.state(), SessionState::Ended(EndReason::UserLogout));
}

#[test]
fn another_person_does_not_get_into_a_session() {
    let world = World::signed_in(1);
    world.let_it_expire();
    // The provider wants to see the person.
    world.provider.plan([Fate::Refused("interaction_required")]);
    assert!(world.token().is_err());
    world.person.lock().unwrap().subject = "mallory";
    world.input(Input::Login);
    world.pass(60);
    assert_eq!(world.with(|account| account.held.as_ref().unwrap().identity.subject.clone()), "alice");
    assert_eq!((world.provider.state(1), world.provider.state(2)), (State::Good, State::Revoked));
}

#[test]
fn an_answer_to_a_removed_account_does_not_reach_its_successor() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([after(20)]);
    drop(world.ask(params(true)));
    world.pass(1);
    world.run(async {
        world.store().drop_account(ACCOUNT);
        world.store().add(ACCOUNT, world.config.clone(), None);
    });
    world.sign_in();
    world.pass(60);
    assert_eq!(stored(&world).as_deref(), Some("rt-3"), "the successor's own");
    assert_eq!((world.provider.state(2), world.provider.state(3)), (State::Revoked, State::Good));
}

#[test]
fn a_token_that_was_asked_for_before_a_new_sign_in_is_not_kept_for_it() {
    let world = World::signed_in(1);
    world.provider.plan([after(20)]);
    let asked = world.ask(narrow("https://a.example"));
    world.pass(1);
    world.input(Input::Logout);
    world.sign_in();
    assert!(world.run(asked).unwrap().is_ok(), "the new session has fetched its own");
    assert_eq!(world.provider.good().len(), 1);
}

#[test]
fn the_wall_clock_lengthens_nothing() {
    let world = World::signed_in(1);
    scripted::set_wall_back(Duration::from_secs(86_400));
    world.pass(900);
    assert_eq!(world.state(), SessionState::Ended(EndReason::IdleTimeout));
    assert_eq!(code(world.token()), Some(ErrorCode::SessionExpired));
}

#[test]
fn what_ends_while_the_machine_sleeps_has_ended_when_it_wakes() {
    let world = World::signed_in(1);
    scripted::suspend(Duration::from_secs(3600));
    assert_eq!(code(world.token()), Some(ErrorCode::SessionExpired));
    world.pass(30);
    assert_eq!(world.provider.good(), Vec::<u64>::new());
}

#[test]
fn the_person_is_asked_once_and_a_tool_takes_the_question_down() {
    let world = World::signed_in(1);
    world.pass(730);
    assert_eq!((world.questions(), world.state()), (1, SessionState::Expiring));
    world.run(world.ask(params(true))).unwrap().unwrap();
    assert_eq!(world.state(), SessionState::Active);
    world.pass(730);
    assert_eq!(world.questions(), 2);
    world.pass(300);
    assert_eq!((world.questions(), world.state()), (2, SessionState::Ended(EndReason::IdleTimeout)));
}

#[test]
fn a_farewell_outlives_crashes_and_its_account() {
    for removed in [false, true] {
        let mut world = World::signed_in(1);
        world.provider.plan([Fate::Lost, Fate::Lost]);
        world.input(Input::Logout);
        if removed {
            world.run(async { world.store().drop_account(ACCOUNT) });
        }
        world.pass(1);
        assert_eq!((world.disk.names("session/").len(), world.disk.names("farewell/").len()), (0, 1));
        world.crash();
        if removed {
            world.config.client_id = "another".to_owned();
        }
        world.start();
        world.pass(60);
        assert_eq!(world.provider.state(1), State::Revoked, "removed: {removed}");
        assert!(world.disk.durable().is_empty(), "removed: {removed}");
    }
}

#[test]
fn a_session_of_another_client_is_set_aside_and_revoked() {
    let mut world = World::signed_in(1);
    world.crash();
    world.config.client_id = "another".to_owned();
    world.provider.plan([Fate::Trouble(503), Fate::Trouble(503)]);
    world.start();
    world.pass(1);
    assert_eq!(world.disk.names("").len(), 1);
    assert_eq!(world.disk.names("set-aside/work/").len(), 1, "{:?}", world.disk.names(""));
    assert!(world.disk.holds("rt-1"));
    assert_eq!(world.with(|account| account.last_error.clone()).unwrap().code, "session_set_aside");
    assert_eq!(world.run(async { world.store().snapshot() }).warnings.len(), 1);
    world.pass(120);
    assert_eq!((world.provider.state(1), world.disk.names("").len()), (State::Revoked, 0));
}

#[test]
fn a_session_that_cannot_be_read_is_set_aside_for_a_while() {
    let mut world = World::signed_in(1);
    world.crash();
    let unreadable = b"of a version to come".to_vec();
    world.disk.change(|records| {
        records.insert(format!("session/{ACCOUNT}"), unreadable.clone());
    });
    world.start();
    world.pass(600);
    assert_eq!(world.disk.durable().into_values().collect::<Vec<_>>(), std::slice::from_ref(&unreadable));
    assert_eq!(world.disk.names("set-aside/").len(), 1);
    world.sign_in();
    world.crash();
    // It stays until it is too old, and is reported.
    world.start();
    world.pass(1);
    assert_eq!(world.run(async { world.store().snapshot() }).warnings.len(), 1);
    assert_eq!(world.disk.names("").len(), 2);
    world.crash();
    scripted::set_wall_ahead(Duration::from_secs(31 * 86_400));
    world.start();
    world.pass(1);
    assert_eq!(world.disk.names("set-aside/").len(), 0);
}

#[test]
fn what_can_be_read_of_a_session_of_a_newer_version_is_revoked() {
    let mut world = World::signed_in(1);
    world.crash();
    world.disk.change(|records| {
        let record = records.get_mut(&format!("session/{ACCOUNT}")).unwrap();
        *record = String::from_utf8(record.clone()).unwrap().replace("\"format\":1", "\"format\":2").into();
    });
    world.start();
    world.pass(60);
    assert_eq!((world.provider.state(1), world.disk.names("").len()), (State::Revoked, 0));
}

#[test]
fn only_so_many_are_set_aside() {
    let mut world = World::new(1);
    world.disk.change(|records| {
        for number in 0..40_u64 {
            records.insert(format!("set-aside/work/{}", 1_799_999_000_000_000_000 + number), b"?".to_vec());
        }
    });
    world.start();
    world.pass(1);
    let left = world.disk.names("set-aside/");
    assert_eq!((left.len(), left[0].as_str()), (16, "set-aside/work/1799999000000000024"), "the newest");
}

#[test]
fn a_lost_answer_ends_the_session_and_nothing_else() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([Fate::AnswerLost, AT_ONCE]);
    let refused = world.token();
    assert_eq!(code(refused), Some(ErrorCode::ProviderUnreachable));
    world.pass(60);
    assert_eq!(code(world.token()), Some(ErrorCode::SessionExpired));
    assert_eq!(world.state(), SessionState::Ended(EndReason::RefreshRejected));
    assert_eq!(world.provider.inner().reused, [1], "the old one was sent once");
    world.sign_in();
    assert!(world.token().is_ok());
}

#[test]
fn a_person_who_takes_long_can_still_sign_in() {
    let mut world = World::new(1);
    *world.person.lock().unwrap() = Person { takes: Duration::from_secs(200), ..Person::default() };
    world.start();
    world.input(Input::Login);
    world.pass(210);
    assert_eq!(world.state(), SessionState::Active);
}

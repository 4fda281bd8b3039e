//! The end of the program, and of sign-ins, while something is under way.

use abide_session::{EndReason, Input, State as SessionState};

use crate::tests::provider::{Fate, State, after};
use crate::tests::world::{World, narrow, params};

#[test]
fn the_end_of_the_program_waits_for_a_renewal() {
    for asked in [params(true), narrow("https://api.example.com")] {
        let mut world = World::signed_in(1);
        world.let_it_expire();
        world.provider.plan([after(3)]);
        drop(world.ask(asked));
        world.pass(1);
        world.end();
        world.start();
        assert!(world.token().is_ok());
        assert_eq!(world.state(), SessionState::Active);
        assert!(world.provider.inner().reused.is_empty(), "a token that was spent");
    }
}

#[test]
fn the_end_of_the_program_waits_for_no_provider_for_ever() {
    let mut world = World::signed_in(1);
    world.let_it_expire();
    world.provider.plan([after(60)]);
    drop(world.ask(params(true)));
    world.pass(1);
    let begun = crate::platform::clock::now().boot;
    world.end();
    let took = crate::platform::clock::now().boot.saturating_sub(begun);
    assert!((9..=14).contains(&took.as_secs()), "{took:?}");
    world.start();
    assert!(world.token().is_err());
    assert_eq!(world.state(), SessionState::Ended(EndReason::RefreshRejected));
}

#[test]
fn nothing_is_sent_that_the_end_would_not_wait_for() {
    let world = World::signed_in(1);
    world.let_it_expire();
    world.run(async { world.store().exchanges.finish().await });
    assert!(world.token().is_err());
    assert!(world.run(world.ask(narrow("https://api.example.com"))).unwrap().is_err());
    assert_eq!(world.provider.inner().refreshes, 0);
}

#[test]
fn a_sign_in_that_takes_the_place_of_another_is_published() {
    let mut world = World::new(1);
    world.start();
    world.input(Input::Login);
    world.pass(1);
    let published = world.store().snapshots.subscribe();
    let attempt = || published.borrow().accounts[0].attempt;
    let first = attempt();
    world.input(Input::Login);
    assert!(first.is_some() && attempt() > first, "{first:?}, then {:?}", attempt());
}

/// At many providers a revocation ends the session in the browser, and with it everything that was issued in it.
#[test]
fn a_late_revocation_spares_the_session_that_began_meanwhile() {
    let mut world = World::new(1);
    world.provider.inner().sid = Some("s1");
    world.provider.inner().revocation_ends_all = true;
    world.start();
    world.sign_in();
    world.provider.plan([Fate::Trouble(503), Fate::Trouble(503)]);
    world.input(Input::Logout);
    world.sign_in();
    world.pass(60);
    assert_eq!(world.provider.state(2), State::Good, "{:?}", world.provider.inner().revoked);
    assert!(world.disk.names("farewell/").is_empty());
    world.pass(300);
    assert!(world.token().is_ok());
    assert!(world.disk.holds("rt-1"), "the token of the first is kept, for the end");
    world.input(Input::Logout);
    world.pass(60);
    let revoked = world.provider.inner().revoked.clone();
    assert!(revoked.contains(&"rt-1".to_owned()), "{revoked:?}");
    assert_eq!(world.provider.good(), Vec::<u64>::new());
}

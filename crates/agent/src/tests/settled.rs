//! A task that panics while something waits for it: the wait ends, and the next attempt is made.

use abide_oidc::StepUp;
use abide_session::Input;
use abide_wire::{ErrorCode, ProviderEnd, Signal};

use crate::sign_in::step_up;
use crate::tests::provider::State;
use crate::tests::world::{ACCOUNT, World, narrow, params};

/// The next request for this path panics.
fn panics_at(world: &World, path: &'static str) {
    world.provider.inner().panics_at = Some(path);
}

fn has_panicked(world: &World) -> bool {
    world.provider.inner().panics_at.is_none()
}

#[test]
fn a_refresh_that_panics_is_not_the_last_one() {
    let world = World::signed_in(1);
    world.let_it_expire();
    panics_at(&world, "/token");
    assert!(world.token().is_err() && has_panicked(&world));
    world.pass(120);
    assert_eq!(world.token().unwrap().access_token.expose(), "at-2");
}

#[test]
fn a_request_for_a_narrower_token_that_panics_is_not_the_last_one() {
    let world = World::signed_in(1);
    panics_at(&world, "/token");
    let asked = world.ask(narrow("https://a.example"));
    let answer = world.run(asked).unwrap().unwrap_err();
    assert!(has_panicked(&world));
    assert_eq!(answer.error, ErrorCode::ProviderUnreachable);
    let asked = world.ask(narrow("https://a.example"));
    assert!(world.run(asked).unwrap().is_ok());
    world.let_it_expire();
    assert!(world.token().is_ok());
}

#[test]
fn a_probe_that_panics_is_not_the_last_one() {
    let mut world = World::new(1);
    world.config.provider.watch = vec![Signal::Introspection];
    world.start();
    world.sign_in();
    panics_at(&world, "/introspect");
    world.pass(90);
    assert!(has_panicked(&world));
    let asked = |world: &World| world.provider.inner().log.iter().any(|line| line.contains("/introspect"));
    assert!(!asked(&world));
    world.pass(90);
    assert!(asked(&world), "the provider is asked again");
}

#[test]
fn a_sign_out_that_panics_is_told_to_the_provider_by_the_next_start() {
    let mut world = World::signed_in(1);
    panics_at(&world, "/revoke");
    world.input(Input::Logout);
    world.pass(10);
    assert!(has_panicked(&world));
    let end = world.with(|account| account.provider_end);
    assert_eq!(end, Some(ProviderEnd::Unchecked), "whoever waits for it is told");
    assert_eq!(world.disk.names("farewell/").len(), 1);
    world.crash();
    world.start();
    world.pass(60);
    assert_eq!((world.provider.state(1), world.disk.names("").len()), (State::Revoked, 0));
}

#[test]
fn a_stronger_sign_in_that_panics_is_not_the_last_one() {
    let world = World::signed_in(1);
    let ask = |scope: &str| {
        let wanted = StepUp { acr_values: Vec::new(), max_age: None, scopes: vec![scope.to_owned()] };
        world.run(step_up::step_up(world.store(), ACCOUNT, wanted, "a tool"))
    };
    // There is no network here to listen on.
    let panicked = ask("one").expect_err("it did not happen");
    assert_eq!(panicked.error, ErrorCode::ProviderUnreachable, "{panicked:?}");
    let next = ask("two").unwrap_err();
    assert_eq!(next.error, panicked.error, "the first is not in the way of the next: {next:?}");
    assert!(world.run(world.ask(params(true))).unwrap().is_ok());
}

//! Tokens for less than the session has, at providers that take it out on its other tokens.

use abide_session::{Input, State as SessionState};
use abide_wire::{ErrorCode, TokenAnswer};

use crate::tests::provider::after;
use crate::tests::world::{ACCOUNT, World, fewer, narrow};
use crate::tokens::{TokenParams, token};

const A: &str = "https://a.example";
const B: &str = "https://b.example";

fn ask(world: &World, params: &TokenParams) -> TokenAnswer {
    world.run(token(world.store(), params)).unwrap()
}

/// Asks for a token and checks that the provider accepts it.
fn served(world: &World, params: &TokenParams) -> String {
    let served = ask(world, params).access_token.expose().to_owned();
    assert!(world.provider.inner().accepts(&served), "{served} is dead: {:#?}", world.provider.inner().log);
    served
}

fn refused(world: &World, params: &TokenParams) -> ErrorCode {
    let refreshes = world.provider.inner().refreshes;
    let code = world.run(token(world.store(), params)).unwrap_err().error;
    assert_eq!(world.provider.inner().refreshes, refreshes, "nothing is sent");
    code
}

fn renew(world: &World) {
    world.input(Input::Renew);
    world.pass(5);
}

fn last_error(world: &World) -> Option<&'static str> {
    world.with(|account| account.last_error.as_ref().map(|error| error.code))
}

/// The account is signed in at a provider of this kind.
fn at(kind: fn(&World)) -> World {
    let world = World::signed_in(1);
    kind(&world);
    world
}

fn ends_earlier(world: &World) {
    let mut inner = world.provider.inner();
    (inner.introspects, inner.ends_earlier) = (true, true);
}

#[test]
fn tokens_for_one_purpose_do_not_end_each_other_unnoticed() {
    let world = at(ends_earlier);
    for _ in 0..4 {
        served(&world, &narrow(A));
        served(&world, &narrow(B));
    }
    assert_eq!(world.state(), SessionState::Active);
}

#[test]
fn the_same_where_the_provider_cannot_be_asked() {
    let world = at(|world| world.provider.inner().ends_earlier = true);
    for _ in 0..4 {
        served(&world, &narrow(A));
        served(&world, &narrow(B));
    }
}

#[test]
fn a_token_for_one_purpose_is_not_served_after_a_renewal_has_ended_it() {
    let world = at(ends_earlier);
    let first = served(&world, &narrow(A));
    renew(&world);
    assert_ne!(served(&world, &narrow(A)), first);
}

#[test]
fn where_a_refresh_ends_nothing_each_is_kept() {
    let world = at(|world| world.provider.inner().introspects = true);
    let first = [served(&world, &narrow(A)), served(&world, &narrow(B))];
    let sent = world.provider.inner().refreshes;
    for _ in 0..3 {
        assert_eq!([served(&world, &narrow(A)), served(&world, &narrow(B))], first);
    }
    renew(&world);
    assert_eq!([served(&world, &narrow(A)), served(&world, &narrow(B))], first);
    assert_eq!(world.provider.inner().refreshes, sent + 1, "the renewal");
}

#[test]
fn what_a_refresh_ends_is_known_after_a_restart() {
    let mut world = at(ends_earlier);
    for resource in [A, B, A] {
        served(&world, &narrow(resource));
    }
    renew(&world);
    world.crash();
    world.start();
    world.pass(10);
    world.provider.inner().log.clear();
    for resource in [A, B, A, B] {
        served(&world, &narrow(resource));
    }
    let asked = world.provider.inner().log.iter().any(|line| line.contains("/introspect"));
    assert!(!asked, "it is not found out again");
}

#[test]
fn a_session_is_narrowed_once() {
    for rotates in [true, false] {
        let mut world = World::signed_in(1);
        (world.provider.inner().narrows, world.provider.inner().keeps_tokens) = (true, !rotates);
        assert_eq!(ask(&world, &fewer("openid")).scope, "openid");
        renew(&world);
        assert_eq!(last_error(&world), Some("scope_narrowed"), "rotates: {rotates}");
        assert_eq!(refused(&world, &fewer("openid")), ErrorCode::InvalidScope);
        world.crash();
        world.start();
        world.input(Input::Logout);
        world.pass(30);
        world.sign_in();
        assert_eq!(refused(&world, &fewer("openid")), ErrorCode::InvalidScope, "also after a restart");
        world.run(async { world.store().drop_account(ACCOUNT) });
        world.run(async { world.store().add(ACCOUNT, world.config.clone(), None) });
        world.sign_in();
        assert_eq!(ask(&world, &fewer("openid")).scope, "openid", "a way to try it again");
    }
}

#[test]
fn a_token_for_one_resource_narrows_a_session_once() {
    for rotates in [true, false] {
        let world = World::signed_in(1);
        (world.provider.inner().narrows, world.provider.inner().keeps_tokens) = (true, !rotates);
        ask(&world, &narrow(A));
        renew(&world);
        assert_eq!(last_error(&world), Some("scope_narrowed"), "rotates: {rotates}");
        assert_eq!(refused(&world, &narrow(B)), ErrorCode::InvalidTarget);
        assert_eq!(world.state(), SessionState::Active);
    }
}

#[test]
fn what_is_answered_to_a_removed_account_is_revoked() {
    let world = World::signed_in(1);
    world.provider.plan([after(10)]);
    let asked = world.ask(narrow(A));
    world.pass(1);
    world.run(async { world.store().drop_account(ACCOUNT) });
    assert!(world.run(asked).unwrap().is_err());
    world.pass(60);
    assert_eq!(world.provider.good(), Vec::<u64>::new());
    assert!(world.provider.inner().revoked.contains(&"at-2".to_owned()), "its access token, too");
    assert!(world.disk.durable().is_empty(), "{:?}", world.disk.durable().keys());
}

#[test]
fn a_sign_out_revokes_the_tokens_for_one_purpose() {
    let world = World::signed_in(1);
    let narrowed = [served(&world, &narrow(A)), served(&world, &fewer("openid"))];
    world.input(Input::Logout);
    world.pass(30);
    for token in narrowed {
        assert!(world.provider.inner().revoked.contains(&token), "{token} is alive");
    }
}

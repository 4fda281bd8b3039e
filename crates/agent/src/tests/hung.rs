//! Answers that do not come. What may have spent the refresh token is waited for, and nothing else waits with it.

use std::time::Duration;

use abide_oidc::{StepUp, Tokens};
use abide_session::{EndReason, Input, State as SessionState};
use abide_wire::ErrorCode;

use super::provider::{State, after};
use super::world::{ACCOUNT, World, narrow, params};
use crate::platform::clock;
use crate::sign_in::{self, step_up};
use crate::state::account::Opening;

const HOUR: u64 = 3600;
/// Longer than anybody waits, and less than the limit of the exchange.
const LONG: u64 = 290;

/// How long something takes, in seconds.
fn takes<T>(world: &World, work: impl FnOnce() -> T) -> (T, u64) {
    let now = || world.run(async { clock::now().boot });
    let began = now();
    let done = work();
    (done, (now() - began).as_secs())
}

/// A renewal has been sent, and its answer does not come in time.
fn hung(mut world: World) -> World {
    world.config.session.end_after = Duration::from_secs(12 * HOUR);
    world.config.session.warn_after = Duration::from_secs(12 * HOUR - 180);
    world.start();
    world.sign_in();
    // The user can begin anew.
    world.pass(9 * HOUR);
    world.provider.plan([after(LONG)]);
    let answer = world.token().unwrap_err();
    assert_eq!(answer.error, ErrorCode::ProviderUnreachable);
    world
}

/// The person has signed in again in the browser, as a server has asked for.
fn step_up(world: &World, tokens: Tokens) {
    world.run(async {
        let (connection, session) = world
            .store()
            .act(ACCOUNT, |account, _| (account.connection.clone().unwrap(), account.session_ref().unwrap()))
            .unwrap();
        let wanted = StepUp { acr_values: Vec::new(), max_age: None, scopes: Vec::new() };
        step_up::install(world.store(), ACCOUNT, &connection, tokens, &wanted, session).await.unwrap();
    });
}

#[test]
fn a_tool_is_answered_in_time_and_the_refresh_token_is_sent_once() {
    let world = hung(World::new(1));
    for _ in 0..5 {
        let (answer, seconds) = takes(&world, || world.token());
        assert_eq!(answer.unwrap_err().error, ErrorCode::ProviderUnreachable);
        assert!(seconds <= world.config.timeout.as_secs(), "{seconds}");
        world.pass(5);
    }
    assert_eq!(world.provider.inner().refreshes, 1);
    // The answer comes, and counts.
    world.pass(LONG);
    assert!(world.token().is_ok());
    assert!(world.provider.inner().reused.is_empty());
}

#[test]
fn a_stronger_sign_in_does_not_wait_for_it() {
    let world = hung(World::new(1));
    let tokens = world.provider.sign_in("alice");
    let ((), seconds) = takes(&world, || step_up(&world, tokens));
    assert!(seconds <= 1, "{seconds}");
    assert_eq!(world.token().unwrap().access_token.expose(), "at-3");
    // The late answer does not replace what has come meanwhile, and is given back with the rest.
    world.pass(LONG);
    assert_eq!((world.state(), world.provider.state(3)), (SessionState::Active, State::Good));
    world.let_it_expire();
    assert!(world.token().is_ok());
    world.input(Input::Logout);
    world.pass(60);
    assert_eq!((world.provider.good(), world.provider.inner().reused.clone()), (Vec::new(), Vec::new()));
}

#[test]
fn after_a_stronger_sign_in_without_a_refresh_token_the_old_one_is_not_sent_again() {
    let world = hung(World::new(1));
    let tokens = world.provider.sign_in("alice");
    let short = Some(Duration::from_secs(60));
    step_up(&world, Tokens { refresh_token: None, expires_in: short, ..tokens });
    world.pass(61);
    assert_eq!(world.token().unwrap_err().error, ErrorCode::ProviderUnreachable);
    assert_eq!(world.provider.inner().refreshes, 1);
    world.pass(LONG);
    assert!(world.token().is_ok());
    assert!(world.provider.inner().reused.is_empty());
}

#[test]
fn a_sign_in_within_the_session_does_not_wait_for_it() {
    let world = hung(World::new(1));
    world.run(async { sign_in::begin(world.store(), ACCOUNT, Opening::Browser) }).unwrap();
    world.pass(10);
    assert_eq!(world.token().unwrap().access_token.expose(), "at-3");
    world.pass(LONG);
    world.let_it_expire();
    assert!(world.token().is_ok());
    world.input(Input::Logout);
    world.pass(60);
    assert_eq!((world.provider.good(), world.provider.inner().reused.clone()), (Vec::new(), Vec::new()));
}

#[test]
fn the_late_answer_of_an_earlier_grant_is_not_lost_while_the_new_one_is_written() {
    let mut world = hung(World::new(1));
    // The answer comes while the disk takes the tokens of the stronger sign-in.
    world.pass(LONG - 30 - 1);
    world.disk.takes(Duration::from_secs(5));
    let tokens = world.provider.sign_in("alice");
    step_up(&world, tokens);
    world.disk.takes(Duration::ZERO);
    world.pass(30);
    world.crash();
    world.start();
    assert!(world.token().is_ok());
    world.input(Input::Logout);
    world.pass(60);
    assert_eq!((world.provider.good(), world.provider.inner().reused.clone()), (Vec::new(), Vec::new()));
}

#[test]
fn a_token_for_one_resource_that_does_not_come_holds_up_no_other_session() {
    let world = World::signed_in(1);
    world.provider.plan([after(LONG)]);
    drop(world.ask(narrow("https://a.example")));
    world.pass(1);
    // Nor a request for another resource for longer than the account waits.
    let (answer, seconds) = takes(&world, || world.run(world.ask(narrow("https://b.example"))).unwrap());
    assert_eq!(answer.unwrap_err().error, ErrorCode::ProviderUnreachable);
    assert!(seconds <= world.config.timeout.as_secs(), "{seconds}");
    world.input(Input::Logout);
    world.sign_in();
    let (answer, seconds) = takes(&world, || world.run(world.ask(narrow("https://b.example"))).unwrap());
    assert!(answer.is_ok() && seconds <= 1, "{seconds}");
}

#[test]
fn an_end_while_an_answer_does_not_come_ends_the_session_at_once() {
    let world = hung(World::new(1));
    world.input(Input::Logout);
    assert_eq!(world.state(), SessionState::Ended(EndReason::UserLogout));
    world.pass(LONG);
    assert_eq!(world.provider.good(), Vec::<u64>::new());
    assert_eq!(world.run(world.ask(params(true))).unwrap().unwrap_err().error, ErrorCode::SessionExpired);
}

//! Accounts that leave the configuration while they have a session, and come back.

use std::collections::BTreeMap;

use abide_session::{EndReason, State as SessionState};

use super::provider::State;
use super::world::{ACCOUNT, World};
use crate::accounts::reload::take_over;
use crate::config::{AccountConfig, Config};

/// Longer than an account may be away.
const AWAY: u64 = 600;

/// The agent reads a configuration with this account, or with none.
fn read(world: &World, account: Option<AccountConfig>) {
    let accounts: BTreeMap<String, AccountConfig> =
        account.into_iter().map(|account| (ACCOUNT.to_owned(), account)).collect();
    let config = Config { accounts, ..Config::default() };
    world.run(take_over(world.store(), &config));
}

#[test]
fn an_account_that_is_back_in_the_file_has_its_session() {
    let world = World::signed_in(1);
    read(&world, None);
    world.pass(60);
    read(&world, Some(world.config.clone()));
    world.pass(AWAY);
    assert_eq!((world.state(), world.provider.state(1)), (SessionState::Active, State::Good));
    assert!(world.run(async { world.store().snapshot().warnings.is_empty() }));
    assert!(world.token().is_ok());
}

#[test]
fn a_mistyped_client_that_is_corrected_has_its_session() {
    let world = World::signed_in(1);
    for typo in [
        AccountConfig { client_id: "typo".to_owned(), ..world.config.clone() },
        AccountConfig { issuer: "https://typo.example.com".to_owned(), ..world.config.clone() },
    ] {
        read(&world, Some(typo));
        world.pass(60);
        read(&world, Some(world.config.clone()));
        world.pass(1);
        assert_eq!((world.state(), world.provider.state(1)), (SessionState::Active, State::Good));
    }
}

#[test]
fn an_account_that_stays_away_is_signed_out_and_not_by_the_user() {
    let world = World::signed_in(1);
    read(&world, None);
    assert!(!world.run(async { world.store().snapshot().warnings.is_empty() }), "views say that it is away");
    world.pass(AWAY);
    assert!(world.run(async { world.store().snapshot().accounts.is_empty() }));
    assert!(world.run(async { world.store().snapshot().warnings.is_empty() }));
    assert_eq!(world.provider.state(1), State::Revoked);
    assert_eq!(*world.ended.lock().unwrap(), [EndReason::AccountRemoved]);
}

#[test]
fn an_account_that_is_removed_while_it_is_away_leaves_no_warning() {
    let world = World::signed_in(1);
    read(&world, None);
    world.run(async { world.store().drop_account(ACCOUNT) });
    assert!(world.run(async { world.store().snapshot().warnings.is_empty() }));
}

#[test]
fn an_account_that_was_away_at_the_start_has_its_session() {
    let world = World::signed_in(1);
    // The agent has started while the file had no account.
    world.run(async { world.store().core().accounts.clear() });
    read(&world, Some(world.config.clone()));
    assert_eq!((world.state(), world.provider.state(1)), (SessionState::Active, State::Good));
    assert!(world.token().is_ok());
}

#[test]
fn an_account_without_a_session_leaves_at_once() {
    let mut world = World::new(1);
    world.start();
    read(&world, None);
    assert!(world.run(async { world.store().snapshot().accounts.is_empty() }));
}

#[test]
fn another_client_is_taken_over_once_the_session_has_ended() {
    let world = World::signed_in(1);
    let other = AccountConfig { client_id: "other".to_owned(), ..world.config.clone() };
    read(&world, Some(other.clone()));
    world.pass(AWAY);
    assert_eq!(world.with(|account| account.config.client_id.clone()), "other");
    assert_eq!((world.state(), world.provider.state(1)), (SessionState::SignedOut, State::Revoked));
    // Without a session, at once.
    read(&world, Some(world.config.clone()));
    assert_eq!(world.with(|account| account.config.client_id.clone()), world.config.client_id);
}

/// Another proxy, for example: what follows goes that way.
#[test]
fn settings_that_change_during_a_sign_in_count_afterwards() {
    let mut world = World::new(1);
    world.start();
    world.person.lock().unwrap().takes = std::time::Duration::from_secs(5);
    world.input(abide_session::Input::Login);
    // The sign-in has its connection and waits for the person.
    world.pass(4);
    let changed = AccountConfig { timeout: std::time::Duration::from_secs(7), ..world.config.clone() };
    read(&world, Some(changed.clone()));
    world.pass(6);
    assert_eq!(world.state(), SessionState::Active);
    assert!(world.with(|account| {
        account.connection.as_ref().is_none_or(|connection| connection.is_for(&account.config))
    }));
    assert!(world.token().is_ok());
}

/// The account of the demonstration, written into the file: its issuer and client are the same.
#[cfg(feature = "demo")]
#[test]
fn the_demonstration_stays_if_the_file_has_its_account() {
    use crate::accounts::demo::{ACCOUNT as DEMO, Embedded};
    let world = World::signed_in(1);
    let demo = AccountConfig::new(world.config.issuer.clone(), world.config.client_id.clone());
    // The world has no network.
    let outside = tokio::runtime::Runtime::new().unwrap();
    let provider = outside.block_on(abide_demo_op::DemoOp::start(abide_demo_op::Config::default())).unwrap();
    let has_demo = || world.store().snapshot().accounts.iter().any(|status| status.account == DEMO);
    world.run(async {
        crate::state::set_aside::take_up(world.store(), DEMO, demo.clone(), None);
        let embedded = Embedded::of(provider);
        let mine = |name: &str, config: &AccountConfig| BTreeMap::from([(name.to_owned(), config.clone())]);
        embedded.withdraw(world.store(), &mine(DEMO, &demo));
        assert!(has_demo());
        let another = AccountConfig { client_id: "another".to_owned(), ..demo.clone() };
        embedded.withdraw(world.store(), &mine(DEMO, &another));
        assert!(!has_demo());
    });
}

//! Logout notifications at an address of one account, and the sessions of all.

use abide_oidc::{LogoutToken, SigningAlgorithm};
use abide_session::{Input, State};
use abide_wire::{Signal, SignalState};

use super::provider::ISSUER;
use super::world::{ACCOUNT, World};
use crate::provider_session::notified::{Effect, by_page, by_token};
use crate::state::account::Account;
use crate::state::set_aside;

const OTHER: &str = "home";

/// Two accounts of one client with the same session at the provider.
fn two(sid: Option<&'static str>) -> World {
    let mut world = World::new(1);
    {
        let mut provider = world.provider.inner();
        (provider.frontchannel, provider.frontchannel_session, provider.sid) = (true, true, sid);
    }
    world.config.provider.watch = vec![Signal::Frontchannel, Signal::Backchannel];
    world.start();
    world.sign_in();
    let config = world.config.clone();
    world.run(async {
        set_aside::take_up(world.store(), OTHER, config, None);
        world.store().act(OTHER, |account, now| account.session.handle(now, Input::Login)).unwrap();
    });
    world.pass(10);
    assert_eq!(states(&world), [State::Active; 2]);
    world
}

fn on<T>(world: &World, name: &str, work: impl FnOnce(&mut Account) -> T) -> T {
    world.run(async { world.store().act(name, |account, _| work(account)).unwrap() })
}

fn states(world: &World) -> [State; 2] {
    [ACCOUNT, OTHER].map(|name| on(world, name, |account| account.session.state()))
}

fn signed_with(world: &World, name: &str, algorithm: SigningAlgorithm) {
    on(world, name, |account| account.held.as_mut().unwrap().identity.signed_with = Some(algorithm));
}

fn shown(world: &World, name: &str) -> (SignalState, Option<String>) {
    let signals = on(world, name, |account| account.signals.status(&account.config.provider));
    let back = signals.into_iter().find(|one| one.signal == Signal::Backchannel).unwrap();
    (back.state, back.code)
}

fn token(sub: Option<&str>, sid: Option<&str>) -> LogoutToken {
    LogoutToken {
        issuer: ISSUER.to_owned(),
        subject: sub.map(str::to_owned),
        sid: sid.map(str::to_owned),
        jti: "1".to_owned(),
        issued_at: u64::from(u32::MAX),
        expires_at: u64::from(u32::MAX),
        signed_with: SigningAlgorithm::Es256,
    }
}

fn told(world: &World, name: &str, token: &LogoutToken) -> Effect {
    world.run(async { by_token(world.store(), name, token) })
}

/// Back-Channel Logout 1.0, section 2.6, rule 2: for each session, and not only for the one whose address it was sent to.
#[test]
fn a_token_with_another_algorithm_ends_nothing_by_way_of_a_signed_out_account() {
    let world = two(Some("1"));
    world.input(Input::Logout);
    signed_with(&world, OTHER, SigningAlgorithm::Rs256);
    assert_eq!(told(&world, ACCOUNT, &token(Some("alice"), Some("1"))), Effect::default());
    assert_eq!(states(&world)[1], State::Active);
    let right = LogoutToken { signed_with: SigningAlgorithm::Rs256, ..token(Some("alice"), Some("1")) };
    assert!(told(&world, ACCOUNT, &right).ended);
    assert!(matches!(states(&world)[1], State::Ended(_)));
}

#[test]
fn the_back_channel_has_failed_where_its_tokens_are_signed_otherwise() {
    let world = two(Some("1"));
    signed_with(&world, ACCOUNT, SigningAlgorithm::Rs256);
    let refreshes = world.provider.inner().refreshes;
    let effect = told(&world, ACCOUNT, &token(Some("alice"), Some("1")));
    // The other session is the same one, and its sign-in was signed like that, or before anybody noted how.
    assert_eq!(effect, Effect { ended: true, unusable: Some("logout_token_algorithm_refused") });
    world.pass(10);
    assert!(matches!(states(&world), [State::Active, State::Ended(_)]));
    let why = Some("logout_token_algorithm_refused".to_owned());
    assert_eq!(shown(&world, ACCOUNT), (SignalState::Failed, why));
    assert_eq!(world.provider.inner().refreshes, refreshes, "that is no doubt");
}

/// The sign-in has not said which session it is, and the provider names nothing else.
#[test]
fn a_token_that_can_never_match_is_a_doubt_and_the_signal_does_not_work() {
    let world = two(None);
    let refreshes = world.provider.inner().refreshes;
    let effect = told(&world, ACCOUNT, &token(None, Some("1")));
    assert_eq!(effect, Effect { ended: false, unusable: Some("logout_token_session_unknown") });
    world.pass(10);
    assert_eq!(states(&world), [State::Active; 2], "the renewals have settled it");
    let why = Some("logout_token_session_unknown".to_owned());
    assert_eq!(shown(&world, ACCOUNT), (SignalState::Failed, why));
    assert_eq!(world.provider.inner().refreshes, refreshes + 2);
    for _ in 0..50 {
        told(&world, ACCOUNT, &token(None, Some("2")));
    }
    world.pass(10);
    assert_eq!(world.provider.inner().refreshes, refreshes + 2, "many of them cost the provider nothing");
    // One that says whose session it is can be used.
    assert!(told(&world, ACCOUNT, &token(Some("alice"), None)).ended);
}

#[test]
fn a_token_about_another_session_says_nothing_about_the_signal() {
    let world = two(Some("1"));
    for (sub, sid) in [(Some("bob"), None), (Some("alice"), Some("2")), (None, Some("2"))] {
        assert_eq!(told(&world, ACCOUNT, &token(sub, sid)), Effect::default(), "{sub:?} {sid:?}");
    }
    let older = LogoutToken { issued_at: 0, ..token(Some("alice"), None) };
    assert_eq!(told(&world, ACCOUNT, &older), Effect::default(), "it is about an earlier session");
    assert_eq!(shown(&world, ACCOUNT), (SignalState::Waiting, None));
    assert_eq!(states(&world), [State::Active; 2]);
}

/// The provider knows one address for the client.
#[test]
fn a_page_at_the_address_of_one_account_reaches_every_account_of_the_session() {
    let world = two(Some("1"));
    let page = |issuer: &str, sid: &str| world.run(async { by_page(world.store(), ACCOUNT, issuer, sid) });
    for (issuer, sid) in [(ISSUER, "2"), (ISSUER, ""), ("https://evil.example", "1")] {
        assert!(!page(issuer, sid), "{issuer} {sid}");
    }
    assert_eq!(states(&world), [State::Active; 2]);
    assert!(page(ISSUER, "1"));
    // Both are for offline use.
    assert!(states(&world).iter().all(|state| matches!(state, State::Ended(_))), "{:?}", states(&world));
}

#[test]
fn a_page_reaches_no_account_that_does_not_watch_for_it() {
    let world = two(Some("1"));
    on(&world, OTHER, |account| account.config.provider.watch = vec![Signal::Backchannel]);
    assert!(world.run(async { by_page(world.store(), ACCOUNT, ISSUER, "1") }));
    assert!(matches!(states(&world), [State::Ended(_), State::Active]));
    assert!(!world.run(async { by_page(world.store(), OTHER, ISSUER, "1") }));
}

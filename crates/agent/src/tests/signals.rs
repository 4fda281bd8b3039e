//! The signals about the provider's session.

use abide_session::State as SessionState;
use abide_wire::{Signal, SignalState};

use super::world::{World, narrow};

fn state(world: &World, signal: Signal) -> SignalState {
    world.with(|account| account.signals.state(signal))
}

/// Signed in, at a provider whose UserInfo is asked every minute.
fn asking() -> World {
    let mut world = World::new(1);
    world.provider.inner().userinfo = Some(200);
    world.config.provider.watch = vec![Signal::Userinfo];
    world.start();
    world.sign_in();
    world
}

#[test]
fn a_refusal_of_a_token_that_is_older_than_the_latest_refresh_proves_nothing() {
    for (passed, known) in [(1, SignalState::Waiting), (70, SignalState::Works)] {
        let world = asking();
        world.pass(passed);
        assert_eq!(state(&world, Signal::Userinfo), known);
        // The provider ends the session's own access token with the use of the refresh token for another one.
        world.run(world.ask(narrow("https://a.example"))).unwrap().unwrap();
        world.provider.inner().userinfo = Some(401);
        let refreshes = world.provider.inner().refreshes;
        world.pass(130);
        assert_eq!((world.state(), state(&world, Signal::Userinfo)), (SessionState::Active, known));
        assert_eq!(world.provider.inner().refreshes, refreshes, "there is no doubt to settle");
    }
}

#[test]
fn a_refusal_of_the_latest_token_raises_a_doubt() {
    let world = asking();
    world.pass(70);
    world.provider.inner().userinfo = Some(401);
    world.pass(70);
    assert!(world.provider.inner().refreshes > 0);
    assert_eq!(world.state(), SessionState::Active, "the refresh has settled it");
}

#[test]
fn a_front_channel_that_can_never_match_is_not_offered_from_the_start() {
    for (sid, promised, expected) in [
        (None, true, SignalState::NotOffered),
        (Some(""), true, SignalState::NotOffered),
        (Some("1"), false, SignalState::NotOffered),
        (Some("1"), true, SignalState::Waiting),
    ] {
        let mut world = World::new(1);
        {
            let mut provider = world.provider.inner();
            (provider.frontchannel, provider.frontchannel_session, provider.sid) = (true, promised, sid);
        }
        world.config.provider.watch = vec![Signal::Frontchannel];
        world.start();
        world.sign_in();
        assert_eq!(state(&world, Signal::Frontchannel), expected, "{sid:?} {promised}");
        world.crash();
        world.start();
        if !promised {
            // The provider's metadata are not known before it is asked for something.
            world.let_it_expire();
            world.token().unwrap();
        }
        assert_eq!(state(&world, Signal::Frontchannel), expected, "{sid:?} {promised}, after a restart");
    }
}

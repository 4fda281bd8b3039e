//! What the provider is told after the end of a session, and when.

use abide_session::Input;
use abide_wire::ProviderEnd;

use crate::sign_out::pending::{self, Farewell};
use crate::sign_out::rp_initiated::SignOutPage;
use crate::tests::provider::{Fate, State};
use crate::tests::world::World;

/// A refusal is an answer, and an outage is not. One without a reason may come from something in front of the provider, and is
/// repeated for some minutes.
#[test]
fn a_refused_revocation_is_not_repeated() {
    for (fates, revoked) in [
        (vec![Fate::Refused("invalid_client"); 2], false),
        (vec![Fate::Trouble(401); 7], false),
        (vec![Fate::Trouble(403); 7], false),
        (vec![Fate::Trouble(404); 7], false),
        (vec![Fate::Trouble(302); 7], false),
        (vec![Fate::Trouble(501); 7], false),
        (vec![Fate::Trouble(400); 7], false),
        (vec![Fate::Trouble(404)], true),
        (vec![Fate::Trouble(503)], true),
    ] {
        let world = World::signed_in(1);
        let name = format!("{fates:?}");
        world.provider.plan(fates);
        world.input(Input::Logout);
        world.pass(300);
        assert!(world.disk.durable().is_empty(), "{name}: {:?}", world.disk.names(""));
        world.pass(8 * 86_400);
        assert_eq!(!world.provider.inner().revoked.is_empty(), revoked, "{name}");
    }
}

/// The network asks for its own sign-in, and answers everything with its page.
#[test]
fn a_page_of_the_network_is_no_answer_to_a_revocation() {
    let world = World::signed_in(1);
    world.provider.plan(vec![Fate::Portal; 8]);
    world.input(Input::Logout);
    world.pass(3_600);
    assert_eq!(world.with(|account| account.provider_end), Some(ProviderEnd::Pending));
    assert!(!world.disk.durable().is_empty() && world.provider.inner().revoked.is_empty());
    world.pass(8 * 3_600);
    assert_eq!(world.provider.state(1), State::Revoked);
    assert!(world.disk.durable().is_empty(), "{:?}", world.disk.names(""));
}

/// With a vault in memory, the next start knows nothing of it.
#[test]
fn the_end_of_the_program_does_not_wait_for_the_sign_out_page() {
    let mut world = World::signed_in(1);
    let farewell = world.with(|account| {
        let held = account.held.take().unwrap();
        Farewell::of(account, &held).unwrap()
    });
    let (shown, page) = SignOutPage::waiting();
    world.run(async { pending::say(world.store(), farewell, world.config.clone(), None, Some(page)) });
    world.pass(5);
    assert_eq!(world.provider.state(1), State::Good);
    world.end();
    assert_eq!(world.provider.state(1), State::Revoked);
    drop(shown);
}

/// A revocation would end the session before the sign-out page has ended the one of an identity provider behind it.
#[test]
fn a_revocation_waits_for_the_sign_out_page_and_not_for_ever() {
    let world = World::signed_in(1);
    let farewell = world.with(|account| {
        let held = account.held.take().unwrap();
        Farewell::of(account, &held).unwrap()
    });
    let (shown, page) = SignOutPage::waiting();
    world.run(async { pending::say(world.store(), farewell, world.config.clone(), None, Some(page)) });
    world.pass(110);
    assert_eq!(world.provider.state(1), State::Good, "the browser may still be there");
    world.pass(20);
    assert_eq!(world.provider.state(1), State::Revoked, "nobody has opened the page");
    drop(shown);
}

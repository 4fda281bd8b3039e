//! Tokens of answers that are refused are not used, so the provider has to end them.

use abide_oidc::AuthorizationParameters;
use abide_session::{EndReason, State as SessionState};
use tokio::sync::watch;
use url::{Url, form_urlencoded};

use super::provider::{AT_ONCE, Fate, State, after};
use super::world::World;
use crate::platform::clock;
use crate::sign_in::{self, device, redeem_code};
use crate::state::account::Opening;
use crate::state::connection::connect;

/// The browser comes back with a code. Returns the code of the error.
fn redeem(world: &World) -> &'static str {
    world.run(async {
        let connection = connect(&world.config).await.unwrap();
        let redirect = Url::parse("http://127.0.0.1:49152/callback").unwrap();
        let parameters = AuthorizationParameters::default();
        let request = connection.relying_party.authorization_request(&redirect, &parameters).unwrap();
        let state = request.url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("code", "code"), ("state", &state)])
            .finish();
        let code = request.pending.receive(&query).unwrap().code;
        let patience = world.config.timeout;
        let exchange = world.store().exchanges.begin().unwrap();
        redeem_code(world.store(), &connection, request.pending, code, patience, &exchange)
            .await
            .unwrap_err()
            .code()
    })
}

#[test]
fn a_refused_sign_in_leaves_no_token_at_the_provider() {
    for (fate, code) in [
        (AT_ONCE, "id_token_malformed"),
        (Fate::Odd("access_token"), "token_response_malformed"),
        (Fate::Odd("token_type"), "token_response_malformed"),
        (after(60), "provider_timeout"),
    ] {
        let mut world = World::new(1);
        world.start();
        world.provider.plan([fate]);
        assert_eq!(redeem(&world), code, "{fate:?}");
        world.pass(120);
        assert_eq!(world.provider.state(1), State::Revoked, "{fate:?}");
    }
}

#[test]
fn a_refused_sign_in_on_another_device_leaves_no_token_at_the_provider() {
    for fate in [AT_ONCE, after(60)] {
        let mut world = World::new(1);
        world.start();
        world.provider.plan([fate]);
        let (announce, _) = watch::channel(None);
        let error = world.run(async {
            let connection = connect(&world.config).await.unwrap();
            let signed_in =
                device::authorize(world.store(), "work", &world.config, &connection, &announce).await;
            signed_in.map(|_| ()).unwrap_err()
        });
        assert_eq!(error.code(), "id_token_malformed", "{fate:?}");
        world.pass(120);
        let good: Vec<u64> = world.provider.good();
        assert_eq!((world.provider.state(1), good), (State::Revoked, Vec::new()), "{fate:?}");
    }
}

/// A token endpoint that has moved, or wants something else for ever, gives neither tokens nor a reason.
#[test]
fn where_renewals_bring_nothing_the_person_can_sign_in_again() {
    let begin = |world: &World| sign_in::begin(world.store(), "work", Opening::Browser);
    let answers: [fn(&str) -> Fate; 4] =
        [|_| Fate::Trouble(404), |_| Fate::Trouble(403), |_| Fate::Trouble(302), |_| Fate::Trouble(405)];
    for answer in answers {
        let world = World::signed_in(1);
        world.provider.inner().chooser = Some(answer);
        assert!(world.run(async { begin(&world) }).is_err(), "nothing is wrong yet");
        world.let_it_expire();
        assert!(world.token().is_err());
        let before = world.with(|account| account.session.view(clock::now()).began);
        let status = world.with(|account| account.status(clock::now()));
        assert_eq!(status.access_token_expires_in, Some(0));
        assert_ne!(status.last_error_kind, Some(abide_wire::LastErrorKind::Passing));
        world.run(async { begin(&world) }).unwrap();
        world.pass(10);
        assert!(world.token().is_ok(), "{:?}", answer("/token"));
        let after = world.with(|account| account.session.view(clock::now()).began);
        assert_eq!(before, after, "it is the same session");
    }
    for answer in [(|_| Fate::Trouble(503)) as fn(&str) -> Fate, |_| Fate::Lost] {
        let world = World::signed_in(1);
        world.provider.inner().chooser = Some(answer);
        world.let_it_expire();
        assert!(world.token().is_err());
        assert!(world.run(async { begin(&world) }).is_err(), "an outage passes: {:?}", answer("/token"));
    }
}

#[test]
fn the_end_of_the_providers_session_is_read_on_its_clock() {
    for date in ["Sun, 06 Nov 2044 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let mut world = World::new(1);
        world.start();
        world.provider.inner().date = Some(date);
        let there = world.run(async {
            let skew = connect(&world.config).await.unwrap().http.clock_skew().unwrap();
            clock::wall().as_secs().checked_add_signed(skew).unwrap()
        });
        world.provider.inner().session_expiry = Some(there + 600);
        world.sign_in();
        world.pass(560);
        assert!(world.token().is_ok(), "{date}");
        world.pass(60);
        assert_eq!(world.state(), SessionState::Ended(EndReason::ProviderTimeout), "{date}");
    }
}

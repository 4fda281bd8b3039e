//! Tokens of answers that are refused are not used, so the provider has to end them.

use abide_oidc::AuthorizationParameters;
use abide_session::{EndReason, State as SessionState};
use tokio::sync::watch;
use url::{Url, form_urlencoded};

use super::provider::{AT_ONCE, Fate, State, after};
use super::world::World;
use crate::platform::clock;
use crate::sign_in::{device, redeem_code};
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

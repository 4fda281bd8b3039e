//! The signals that each provider offers, and those without a page that detect a sign-out in a tab.

use abide_tests::providers::{
    Django, DjangoSettings, LemonLdap, LemonLdapSettings, Provider, Realm, RealmSettings,
};
use abide_tests::room::Room;
use abide_tests::{http, seen, skipped};
use serde_json::Value;

use super::scene::{OFFLINE, ONLINE, Scene, WATCHING};

/// The session's state after a sign-out at the provider, with only this signal.
async fn signs_out(room: &Room, provider: &Provider, scopes: &str, signal: &'static str) -> &'static str {
    let settings = format!("{scopes}provider.watch = [\"{signal}\"]\n{WATCHING}");
    let scene = Scene::new(room, provider, &settings).await;
    let page = scene.signs_in().await;
    let looked = scene.looked_at(signal);
    if signal != "refresh" {
        // A refresh may contradict the first probe: then there is no second one.
        for _ in 0..2 {
            if looked.again().await == "not_offered" {
                scene.goes_on().await;
                return "not_offered";
            }
        }
        assert_eq!(looked.state().await, "works", "{signal}");
    }
    provider.sign_out_in_tab(&page).await;
    if signal == "refresh" {
        let _ = scene.app.abide(&["keep"]).await;
    } else {
        // The pending probe may be older than the sign-out.
        looked.again().await;
    }
    looked.again().await;
    let session = scene.app.session("work").await;
    if session["state"] == "active" {
        return "goes_on";
    }
    assert_eq!(session["state"], "ended", "{session}");
    let by =
        [&session["ended"], &session["ended_by"]].map(|word| word.as_str().unwrap_or_default().to_owned());
    assert!(by[0] == "refresh_rejected" || by[1] == signal, "{session}");
    "ended"
}

async fn answers(address: String) -> bool {
    http().get(address).send().await.is_ok_and(|answer| answer.status() == 200)
}

async fn offers(provider: &Provider) {
    let metadata = provider.metadata().await;
    for (signal, member) in [
        ("iframe", "check_session_iframe"),
        ("introspection", "introspection_endpoint"),
        ("userinfo", "userinfo_endpoint"),
        ("frontchannel", "frontchannel_logout_supported"),
        ("backchannel", "backchannel_logout_supported"),
    ] {
        if matches!(metadata[member], Value::Null | Value::Bool(false)) {
            let browser = (signal == "iframe").then_some("Chromium, same site");
            seen::saw(signal, browser, provider, "not_offered");
        }
    }
    // A transmitter of events has separate metadata (OpenID Shared Signals Framework 1.0, section 7.2).
    let issuer = url::Url::parse(provider.issuer()).unwrap();
    let (origin, path) = (issuer.origin().ascii_serialization(), issuer.path().trim_end_matches('/'));
    let offered = answers(format!("{origin}/.well-known/ssf-configuration{path}")).await
        || answers(format!("{}/.well-known/ssf-configuration", provider.issuer())).await;
    if !offered && !matches!(provider, Provider::Demo(_)) {
        seen::saw("events", None, provider, "not_offered");
    }
}

/// Each signal with its outcome, in this order: refresh, introspection, UserInfo.
async fn the_signals_of(
    name: &str,
    scopes: &str,
    make: impl AsyncFn(&Room) -> Provider,
    expected: [&str; 3],
) {
    for (signal, outcome) in ["refresh", "introspection", "userinfo"].into_iter().zip(expected) {
        let room = Room::with_keyring(&format!("session-signals-{name}-{signal}")).await;
        let provider = make(&room).await;
        offers(&provider).await;
        let found = signs_out(&room, &provider, scopes, signal).await;
        assert_eq!(found, outcome, "{signal} at {name}");
        seen::saw(signal, None, &provider, found);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_asking_the_demo_provider_finds_out() {
    the_signals_of("demo", OFFLINE, async |_: &Room| Provider::demo().await, ["ended", "ended", "ended"])
        .await;
}

/// A grant for offline use outlives the session in the browser.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_asking_oidc_provider_finds_out() {
    the_signals_of(
        "node",
        OFFLINE,
        async |room: &Room| Provider::node(room).await,
        ["goes_on", "goes_on", "goes_on"],
    )
    .await;
}

/// Its sign-out does not revoke tokens.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_asking_django_oidc_provider_finds_out() {
    if let Some(reason) = Django::missing() {
        return skipped("what_asking_django_oidc_provider_finds_out", reason);
    }
    let make = async |room: &Room| Provider::django(room, DjangoSettings::default()).await;
    the_signals_of("django", OFFLINE, make, ["goes_on", "not_offered", "goes_on"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_asking_keycloak_finds_out() {
    if let Some(reason) = Realm::missing() {
        return skipped("what_asking_keycloak_finds_out", reason);
    }
    let make = async |_: &Room| Provider::keycloak(RealmSettings::default()).await;
    the_signals_of("keycloak", ONLINE, make, ["ended", "not_offered", "ended"]).await;
}

/// A refresh token for offline use outlives the portal's session.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_asking_lemonldap_finds_out() {
    if let Some(reason) = LemonLdap::missing() {
        return skipped("what_asking_lemonldap_finds_out", reason);
    }
    let make = async |room: &Room| Provider::lemonldap(room, LemonLdapSettings::default()).await;
    the_signals_of("lemonldap", OFFLINE, make, ["goes_on", "not_offered", "goes_on"]).await;
}

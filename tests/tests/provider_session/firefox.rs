//! The same page in Firefox, with its default settings.

use abide_tests::firefox::{Firefox, FirefoxTab};
use abide_tests::login::Login;
use abide_tests::providers::{Django, DjangoSettings, Provider, Realm, RealmSettings};
use abide_tests::room::Room;
use abide_tests::skipped;
use abide_tests::tab::Tab as _;

use super::scene::{OFFLINE, ONLINE, Scene, WATCHING, confidential, django_elsewhere, keycloak_elsewhere};

async fn signs_in<'a>(scene: &'a Scene<'_, Firefox>) -> FirefoxTab<'a> {
    let login = Login::begin(scene.room).await;
    let page = scene.browser.open(&login.url).await;
    scene.ends_sign_in(login, &page).await;
    page
}

/// After a sign-out at the provider in another tab, the session here ends.
async fn the_tab_watches(room: &Room, provider: &Provider, settings: &str) {
    let browser = Firefox::headless(room).await;
    let scene = Scene::with(room, provider, &(settings.to_owned() + WATCHING), browser).await;
    let page = signs_in(&scene).await;
    scene.signal("iframe", "works").await;
    page.says("Abide has just checked").await;
    page.screenshot(&room.evidence().join("watching.png")).await;
    let other = scene.browser.open("about:blank").await;
    provider.sign_out_in_tab(&other).await;
    scene.ended_by("iframe").await;
    page.says("Your session with").await;
    page.screenshot(&room.evidence().join("over.png")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tab_watches_the_demo_provider_in_firefox() {
    if let Some(reason) = Firefox::missing() {
        return skipped("the_tab_watches_the_demo_provider_in_firefox", reason);
    }
    let room = Room::with_keyring("session-firefox").await;
    the_tab_watches(&room, &Provider::demo().await, OFFLINE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tab_watches_django_oidc_provider_in_firefox() {
    if let Some(reason) = Firefox::missing().or(Django::missing()) {
        return skipped("the_tab_watches_django_oidc_provider_in_firefox", reason);
    }
    let room = Room::with_keyring("session-firefox-django").await;
    let provider = Provider::django(&room, DjangoSettings::default()).await;
    the_tab_watches(&room, &provider, &confidential(&room)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tab_watches_keycloak_in_firefox() {
    if let Some(reason) = Firefox::missing().or(Realm::missing()) {
        return skipped("the_tab_watches_keycloak_in_firefox", reason);
    }
    let room = Room::with_keyring("session-firefox-keycloak").await;
    let provider = Provider::keycloak(RealmSettings::default()).await;
    the_tab_watches(&room, &provider, ONLINE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keycloak_on_another_site_in_firefox_ends_nothing() {
    if let Some(reason) = Firefox::missing().or(Realm::missing()) {
        return skipped("keycloak_on_another_site_in_firefox_ends_nothing", reason);
    }
    let mut room = Room::with_keyring("session-firefox-keycloak-elsewhere").await;
    let (_, provider) = keycloak_elsewhere(&mut room).await;
    let browser = Firefox::headless(&room).await;
    let scene = Scene::with(&room, &provider, &(ONLINE.to_owned() + WATCHING), browser).await;
    let page = signs_in(&scene).await;
    scene.stays_although_the_frame_says_error(&page).await;
}

/// Firefox has separate cookies for a frame on each surrounding site, without the provider's cookie.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_site_in_firefox_ends_nothing_and_is_named() {
    if let Some(reason) = Firefox::missing().or(Django::missing()) {
        return skipped("another_site_in_firefox_ends_nothing_and_is_named", reason);
    }
    let mut room = Room::with_keyring("session-firefox-elsewhere").await;
    let (_, provider) = django_elsewhere(&mut room).await;
    let browser = Firefox::headless(&room).await;
    let scene = Scene::with(&room, &provider, &(confidential(&room) + WATCHING), browser).await;
    let page = signs_in(&scene).await;
    scene.stays_although_the_cookie_is_hidden(&page).await;
}

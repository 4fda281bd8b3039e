//! The OpenID Foundation's test modules for relying parties about session management and front-channel logout, each with its
//! name and its exact result here. Those for back-channel and RP-initiated logout are beside the validating code, in
//! `crates/oidc/tests/protocol`.

use abide_tests::providers::Provider;
use abide_tests::room::Room;
use abide_tests::tab::Tab as _;
use abide_tests::{eventually, s};

use super::scene::{OFFLINE, Scene, WATCHING};
use super::scene_with_listener;

/// Ends the session at the provider, too.
const BOTH: &str = "logout.provider = true\nlogout.redirect_uri = \"http://127.0.0.1/signed-out\"\n";

/// Signs out here, and waits until the browser comes back from the provider's sign-out.
async fn signs_out_here(scene: &Scene<'_>) {
    assert_eq!(scene.app.abide(&["logout"]).await.code, 0);
    scene.opened().await.says("You are signed out").await;
    eventually("the provider's end to be checked", s(10), || async {
        (scene.app.session("work").await["provider_end"] == "ended").then_some(())
    })
    .await;
    let session = scene.app.session("work").await;
    assert_eq!(session["ended"], "user_logout", "not by the provider: {session}");
    assert_eq!(scene.app.abide(&["token"]).await.code, 3);
}

/// `unchanged`, sign-out by the relying party, the way back. The module asks the frame once more after that, and expects
/// `changed`: Abide has ended the session by then, and its tab has stopped asking.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oidcc_client_test_session_management() {
    let room = Room::with_keyring("session-oidcc-management").await;
    let provider = Provider::demo().await;
    let scene = Scene::new(&room, &provider, &format!("{OFFLINE}{WATCHING}{BOTH}")).await;
    let page = scene.signs_in().await;
    let first = scene.signal("iframe", "works").await["heard_at"].clone();
    eventually("another answer that nothing has changed", s(20), || async {
        (scene.signal("iframe", "works").await["heard_at"] != first).then_some(())
    })
    .await;
    let asked = || scene.demo().record().count(abide_demo_op::Endpoint::Authorization);
    assert_eq!(asked(), 2, "the sign-in, and the silent request that tries the cookie out");
    signs_out_here(&scene).await;
    page.says("Your session with").await;
    assert_eq!(asked(), 2, "no request after the end");
}

/// The provider's sign-out page calls, and the session ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oidcc_client_test_rp_frontchannel_opinitlogout() {
    let room = Room::with_keyring("session-oidcc-front-op").await;
    let provider = Provider::demo().await;
    let (scene, _) = scene_with_listener(&room, &provider, OFFLINE, "\"frontchannel\"").await;
    let page = scene.signs_in().await;
    provider.sign_out_in_tab(&page).await;
    scene.ended_by("frontchannel").await;
}

/// The call that comes back from a sign-out that began here matches no session, and changes nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oidcc_client_test_rp_frontchannel_rpinitlogout() {
    let room = Room::with_keyring("session-oidcc-front-rp").await;
    let provider = Provider::demo().await;
    let scopes = format!("{OFFLINE}{BOTH}");
    let (scene, _) = scene_with_listener(&room, &provider, &scopes, "\"frontchannel\"").await;
    scene.signs_in().await.close().await;
    signs_out_here(&scene).await;
}

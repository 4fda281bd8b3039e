//! Providers with habits of their own: what each signal shows then.

use abide_demo_op::{
    Client, Config, Delivery, DemoOp, Deviation, Edit, Endpoint, Outcome, Quirks, SigningAlgorithm, Wrong,
};
use abide_tests::app::{App, account_with, configure};
use abide_tests::login::sign_in;
use abide_tests::providers::{Provider, USER};
use abide_tests::room::Room;
use abide_tests::tab::Tab as _;
use abide_tests::{eventually, free_port, s};
use serde_json::json;

use super::scene::{OFFLINE, ONLINE, SESSION, Scene, WATCHING};
use super::told_at;

async fn signal(app: &App<'_>, signal: &str, state: &str) -> serde_json::Value {
    eventually(&format!("the signal {signal} to be {state}"), s(20), || async {
        let signals = app.session("work").await["signals"].as_array().cloned().unwrap_or_default();
        signals.into_iter().find(|one| one["signal"] == signal && one["state"] == state)
    })
    .await
}

/// A refresh for fewer scopes ends the token that the signal asks with. That is no end of the session, and no sign that the
/// provider does not answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_a_narrower_one_has_ended_says_nothing_about_the_session() {
    let room = Room::with_keyring("habits-narrow").await;
    let quirks = Quirks { refresh_ends_access_tokens: true, ..Quirks::default() };
    let demo = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
    let settings = format!("{OFFLINE}{WATCHING}provider.watch = [\"userinfo\"]\n");
    configure(&room, &account_with(demo.issuer(), &settings, SESSION));
    let app = App::headless(&room).await;
    sign_in(&room).await;
    signal(&app, "userinfo", "works").await;
    assert_eq!(app.abide(&["token", "--scope", "openid"]).await.code, 0);
    let refused = || {
        let entries = demo.record().entries();
        let asked = entries.iter().filter(|entry| entry.endpoint == Endpoint::UserInfo);
        asked.filter(|entry| entry.outcome != Outcome::Ok).count()
    };
    eventually("UserInfo to refuse the earlier token", s(20), || async { (refused() > 0).then_some(()) })
        .await;
    assert_eq!(app.session("work").await["state"], "active");
    // With the next token it is heard again.
    let before = signal(&app, "userinfo", "works").await["heard_at"].clone();
    assert_eq!(app.abide(&["token"]).await.code, 0);
    eventually("UserInfo to answer again", s(20), || async {
        (signal(&app, "userinfo", "works").await["heard_at"] != before).then_some(())
    })
    .await;
    assert_eq!(app.session("work").await["state"], "active");
    assert_eq!(demo.end_session(USER), 1);
    app.state("work", "ended", s(20)).await;
}

/// An account that listens for logouts, at a provider that sends them to it.
async fn listening<'a>(room: &'a Room, demo: &DemoOp, watch: &str) -> App<'a> {
    let port = free_port();
    demo.register(told_at(&format!("127.0.0.1:{port}"))).unwrap();
    let settings = format!("{ONLINE}provider.watch = [\"{watch}\"]\n");
    let account = account_with(demo.issuer(), &settings, SESSION);
    configure(room, &format!("[logout_listener]\nport = {port}\n{account}"));
    App::headless(room).await
}

/// The page of the front channel names the session by its `sid`, which the ID token has to contain.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_front_channel_that_can_never_match_is_not_offered() {
    let room = Room::with_keyring("habits-front").await;
    let demo = DemoOp::start(Config::default()).await.unwrap();
    let app = listening(&room, &demo, "frontchannel").await;
    sign_in(&room).await;
    signal(&app, "frontchannel", "waiting").await;
    assert_eq!(app.abide(&["logout", "--no-wait"]).await.code, 0);
    let id_token_claims = [("sid".to_owned(), json!(null))].into_iter().collect();
    demo.set_quirks(Quirks { id_token_claims, ..Quirks::default() });
    sign_in(&room).await;
    signal(&app, "frontchannel", "not_offered").await;
}

/// Without a setting, a logout token has to be signed as the ID token of the sign-in was. One without `exp` is accepted for a
/// short time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_is_held_to_the_algorithm_of_the_sign_in_and_needs_no_exp() {
    let room = Room::with_keyring("habits-back").await;
    let quirks = Quirks { logout_token_signing: Some(SigningAlgorithm::Rs256), ..Quirks::default() };
    let demo = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
    let app = listening(&room, &demo, "backchannel").await;
    sign_in(&room).await;
    assert_eq!(demo.end_session(USER), 1);
    eventually("the logout token to be refused", s(20), || async {
        demo.record().notices().iter().any(|notice| notice.delivery == Delivery::Answered(400)).then_some(())
    })
    .await;
    assert_eq!(app.session("work").await["state"], "active");
    assert_eq!(app.abide(&["logout", "--no-wait"]).await.code, 0);
    sign_in(&room).await;
    let logout_token_claims = [("exp".to_owned(), json!(null))].into_iter().collect();
    demo.set_quirks(Quirks { logout_token_claims, ..Quirks::default() });
    assert_eq!(demo.end_session(USER), 1);
    assert_eq!(app.state("work", "ended", s(20)).await["ended_by"], "backchannel");
}

/// The answers to sign-ins have a `session_state`, and the provider has no frame to compare it (LemonLDAP::NG 2.16).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_there_is_no_frame_nobody_is_told_to_open_the_tab() {
    let room = Room::with_keyring("habits-no-frame").await;
    let demo = DemoOp::start(Config::default()).await.unwrap();
    let edits = vec![Edit::Remove("/check_session_iframe")];
    demo.misbehave(vec![Deviation::new(Endpoint::Discovery, Wrong::Json(edits))]);
    configure(&room, &account_with(demo.issuer(), &format!("{OFFLINE}{WATCHING}"), SESSION));
    let mut app = App::headless(&room).await;
    sign_in(&room).await;
    signal(&app, "iframe", "not_offered").await;
    app.kill();
    drop(app);
    let app = App::headless(&room).await;
    let said = async || app.abide(&["status"]).await.stdout;
    assert!(!said().await.contains("tab is closed"), "{}", said().await);
    assert_eq!(app.abide(&["token"]).await.code, 0);
    signal(&app, "iframe", "not_offered").await;
    assert!(!said().await.contains("tab is closed"), "{}", said().await);
}

/// Somebody has signed in there, and the provider would have to ask before it says who (a public client of
/// django-oidc-provider).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tab_that_learns_nothing_says_so_and_notices_a_later_sign_out() {
    let room = Room::with_keyring("habits-consent").await;
    let provider = Provider::demo().await;
    let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
    let page = scene.signs_in().await;
    scene.signal("iframe", "works").await;
    page.says("Abide has just checked").await;
    let known = async || {
        let layers = scene.app.session("work").await["layers"].clone();
        let provider = layers.as_array().unwrap().iter().find(|layer| layer["layer"] == "provider").cloned();
        provider.unwrap()["checked_at"].clone()
    };
    let before = known().await;
    scene.demo().set_quirks(Quirks { consent_required: u32::MAX, ..Quirks::default() });
    let landing = format!("{}/.well-known/openid-configuration", provider.issuer());
    let elsewhere = Client { id: "elsewhere".to_owned(), redirect_uris: vec![landing], ..Client::default() };
    scene.demo().register(elsewhere).unwrap();
    let other = scene.browser.open("about:blank").await;
    provider.sign_in_again_in_tab(&other, USER).await;
    scene.signal("iframe", "unclear").await;
    let words = page.says("does not say who is signed in").await;
    assert!(!words.contains("hides the cookies"), "{words}");
    let status = scene.app.abide(&["status"]).await.stdout;
    assert!(status.contains("no longer says who is signed in there"), "{status}");
    assert_eq!(known().await, before, "nothing was confirmed since");
    scene.goes_on().await;
    // That user signs out. The tab asks rarely by now.
    provider.sign_out_in_tab(&other).await;
    let ended = scene.app.state("work", "ended", s(100)).await;
    assert_eq!((&ended["ended"], &ended["ended_by"]), (&json!("provider_logout"), &json!("iframe")));
}

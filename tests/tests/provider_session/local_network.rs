//! Chromium's question about the local network, with a provider that counts as one on the internet.

use abide_demo_op::{Config, DemoOp};
use abide_tests::app::{App, account_with, configure};
use abide_tests::browser::Browser;
use abide_tests::providers::Provider;
use abide_tests::room::Room;
use abide_tests::tab::Tab as _;
use abide_tests::{free_port, s};

use super::scene::{OFFLINE, SESSION, Scene, WATCHING, opener};
use super::told_at;

async fn scene<'a>(room: &'a Room, provider: &'a Provider, settings: &str, port: u16) -> Scene<'a> {
    let Provider::Demo(demo) = provider else { unreachable!() };
    demo.register(told_at(&format!("127.0.0.1:{port}"))).unwrap();
    let browser = Browser::headless_with_public(room, demo.port()).await;
    let account = account_with(provider.issuer(), settings, SESSION);
    configure(room, &format!("{}[logout_listener]\nport = {port}\n{account}", opener(room)));
    Scene { room, provider, browser, app: App::headless(room).await }
}

/// The callback and the tab that watches are no requests of the provider's page: no question.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sign_in_and_watching_tab_need_no_answer() {
    for answer in [None, Some("denied"), Some("granted")] {
        let room = Room::with_keyring("session-lna-tab").await;
        let provider = Provider::Demo(DemoOp::start(Config::default()).await.unwrap());
        let scene = scene(&room, &provider, &(OFFLINE.to_owned() + WATCHING), free_port()).await;
        if let Some(answer) = answer {
            scene.browser.answers_for_loopback(provider.issuer(), answer).await;
        }
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        page.says("Abide has just checked").await;
        let other = scene.browser.open("about:blank").await;
        provider.sign_out_in_tab(&other).await;
        scene.ended_by("iframe").await;
    }
}

/// The front channel is a frame in the provider's page that calls this computer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_front_channel_needs_a_yes() {
    for (answer, arrives) in [(Some("granted"), true), (Some("denied"), false), (None, false)] {
        let room = Room::with_keyring("session-lna-front").await;
        let provider = Provider::Demo(DemoOp::start(Config::default()).await.unwrap());
        let settings = format!("{OFFLINE}provider.watch = [\"frontchannel\"]\n");
        let scene = scene(&room, &provider, &settings, free_port()).await;
        if let Some(answer) = answer {
            scene.browser.answers_for_loopback(provider.issuer(), answer).await;
        }
        let page = scene.signs_in().await;
        let other = scene.browser.open("about:blank").await;
        provider.sign_out_in_tab(&other).await;
        if arrives {
            scene.ended_by("frontchannel").await;
        } else {
            tokio::time::sleep(s(2)).await;
            assert_eq!(scene.app.session("work").await["state"], "active", "{answer:?}");
        }
        page.close().await;
    }
}

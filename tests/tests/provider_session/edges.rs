//! Transitions between sessions, tabs and accounts.

use abide_demo_op::{
    Answer, Body, Client, Config, DemoOp, Deviation, Endpoint, EventStream, Quirks, SecurityEvent, Wrong,
};
use abide_tests::app::{App, account_with, configure};
use abide_tests::browser::Browser;
use abide_tests::login::{Login, sign_in, sign_in_to};
use abide_tests::providers::{PASSWORD, Provider, USER};
use abide_tests::room::Room;
use abide_tests::tab::Tab as _;
use abide_tests::{eventually, free_port, http, s};

use super::scene::{OFFLINE, ONLINE, SESSION, Scene, WATCHING};
use super::scene_with_listener;

/// A tab that is reloaded is the same tab.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reloaded_tab_keeps_watching() {
    let room = Room::with_keyring("session-reload").await;
    let provider = Provider::demo().await;
    let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
    let page = scene.signs_in().await;
    scene.signal("iframe", "works").await;
    page.says("Abide has just checked").await;
    for _ in 0..2 {
        page.evaluate("document.body.dataset.before = 'yes'; location.reload()").await;
        page.wait_for("body:not([data-before])").await;
        page.says("Abide has just checked").await;
        scene.signal("iframe", "works").await;
    }
    let other = scene.browser.open("about:blank").await;
    provider.sign_out_in_tab(&other).await;
    scene.ended_by("iframe").await;
}

/// The provider ends its session, and the cookie stays as it was: the tab goes on looking, and confirms nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unchanged_cookie_confirms_nothing() {
    let room = Room::with_keyring("session-unchanged").await;
    let provider = Provider::demo().await;
    let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
    let page = scene.signs_in().await;
    scene.signal("iframe", "works").await;
    page.says("Abide has just checked").await;
    let known = async || {
        let layers = scene.app.session("work").await["layers"].clone();
        let provider = layers.as_array().unwrap().iter().find(|layer| layer["layer"] == "provider").cloned();
        let provider = provider.unwrap();
        assert_eq!(provider["state"], "active");
        (provider["evidence"].clone(), provider["checked_at"].clone())
    };
    let before = known().await;
    assert!(before.1.is_u64(), "{before:?}");
    assert_eq!(scene.demo().end_session(USER), 1);
    let looked = scene.looked_at("iframe");
    for _ in 0..3 {
        assert_eq!(looked.again().await, "works");
        assert_eq!(known().await, before, "nothing new is known");
    }
}

/// In a browser without a session at the provider, the page learns nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tab_that_is_opened_in_another_browser_ends_nothing() {
    let room = Room::with_keyring("session-two-browsers").await;
    let provider = Provider::demo().await;
    let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
    let page = scene.signs_in().await;
    scene.signal("iframe", "works").await;
    let room_of_the_other = Room::without_keyring("session-other-browser").await;
    let other = Browser::headless(&room_of_the_other).await;
    assert_eq!(scene.app.abide(&["monitor"]).await.code, 0);
    let elsewhere = other.open(&scene.address().await).await;
    elsewhere.says("Your browser hides the cookies").await;
    scene.signal("iframe", "blocked").await;
    scene.goes_on().await;
    page.says("another tab does").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stray_answer_to_a_page_that_watches_is_told_so_at_once() {
    let room = Room::with_keyring("session-stray").await;
    let provider = Provider::demo().await;
    let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
    let page = scene.signs_in().await;
    scene.signal("iframe", "works").await;
    let origin = url::Url::parse(&page.address().await).unwrap().origin().ascii_serialization();
    for query in ["code=x&state=y", "x"] {
        let stray = http().get(format!("{origin}/callback?{query}")).timeout(s(5)).send().await;
        assert_eq!(stray.unwrap().status(), 400, "{query}");
    }
    scene.goes_on().await;
}

/// If a provider requires registered ports, one port has to be enough for everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_fixed_port_serves_the_tab_the_sign_out_and_the_next_sign_in() {
    let room = Room::with_keyring("session-port").await;
    let port = free_port();
    let redirects = ["callback", "signed-out"].map(|path| format!("http://127.0.0.1:{port}/{path}"));
    let provider = Provider::demo().await;
    let settings = format!(
        "{OFFLINE}{WATCHING}redirect_uri = \"{}\"\nlogout.provider = true\nlogout.redirect_uri = \"{}\"\n",
        redirects[0], redirects[1]
    );
    let scene = Scene::new(&room, &provider, &settings).await;
    let page = scene.signs_in().await;
    scene.signal("iframe", "works").await;
    assert_eq!(scene.app.abide(&["logout", "--no-wait"]).await.code, 0);
    let address = scene.address().await;
    assert!(address.starts_with(&format!("http://127.0.0.1:{port}/")), "{address}");
    // The browser has not come back from the sign-out page, and the person signs in again.
    let login = Login::begin(&room).await;
    page.go(&login.url).await;
    scene.ends_sign_in(login, &page).await;
    // The return from it is accepted too.
    assert_eq!(scene.app.abide(&["logout", "--no-wait"]).await.code, 0);
    page.go(&scene.address().await).await;
    page.says("You are signed out").await;
    let login = Login::begin(&room).await;
    page.go(&login.url).await;
    scene.ends_sign_in(login, &page).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tab_that_is_not_there_is_not_waited_for() {
    let room = Room::with_keyring("session-no-tab").await;
    let provider = Provider::demo().await;
    let mut scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
    sign_in(&room).await;
    scene.app.kill();
    scene.app = App::headless(&room).await;
    scene.signal("iframe", "closed").await;
}

/// Both are signed in with one client at one provider, which sends each event once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_about_a_person_ends_the_sessions_of_all_accounts_of_the_client() {
    let room = Room::with_keyring("session-events-two").await;
    let stream = EventStream::new("abide", "the receiver's own");
    let config = Config { event_stream: Some(stream), ..Config::default() };
    let provider = Provider::Demo(DemoOp::start(config).await.unwrap());
    let Provider::Demo(demo) = &provider else { unreachable!() };
    let events = format!(
        "provider.watch = [\"events\"]\nprovider.events = \"{}\"\n{WATCHING}",
        demo.events_endpoint()
    );
    let work = account_with(provider.issuer(), &(OFFLINE.to_owned() + &events), SESSION);
    let home = format!(
        "[accounts.home]\nissuer = \"{}\"\nclient_id = \"abide\"\n{OFFLINE}{events}",
        provider.issuer()
    );
    configure(&room, &format!("{work}{home}"));
    let app = App::headless(&room).await;
    sign_in_to(&room, "work").await;
    sign_in_to(&room, "home").await;
    demo.queue_event(&SecurityEvent::SessionRevoked { user: USER.into(), sid: None }).unwrap();
    for account in ["work", "home"] {
        let ended = app.state(account, "ended", s(15)).await;
        assert_eq!(ended["ended_by"], "events", "{account}");
        let known: Vec<_> = ended["layers"].as_array().unwrap().iter().map(|one| &one["evidence"]).collect();
        assert_eq!(known, ["own_limits", "told", "nothing"], "{account}");
    }
}

/// A provider may send every sign-out of a client to its one address: more of them than are remembered.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_logout_tokens_about_others_do_not_keep_ours_out() {
    let room = Room::with_keyring("session-many-others").await;
    let port = free_port();
    let address = format!("http://127.0.0.1:{port}/backchannel/work");
    let client = Client { backchannel_logout_uri: Some(address.clone()), ..Client::default() };
    let demo = DemoOp::start(Config { clients: vec![client], ..Config::default() }).await.unwrap();
    let settings = format!("{ONLINE}provider.watch = [\"backchannel\"]\n");
    let text = account_with(demo.issuer(), &settings, SESSION);
    configure(&room, &format!("[logout_listener]\nport = {port}\n{text}"));
    let app = App::headless(&room).await;
    sign_in(&room).await;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let sender = http();
    for number in 0..1_030 {
        let claims = serde_json::json!({
            "iss": demo.issuer(), "aud": "abide", "iat": now, "exp": now + 120, "jti": format!("jti-{number}"),
            "sub": format!("user-{number}"), "sid": format!("sid-{number}"),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        let token = demo.sign_jwt(&serde_json::json!({ "typ": "logout+jwt" }), &claims).unwrap();
        let sent = sender.post(&address).form(&[("logout_token", token)]).send().await.unwrap();
        assert_eq!(sent.status().as_u16(), 200, "{number}");
    }
    assert_eq!(app.session("work").await["state"], "active");
    assert_eq!(demo.end_session(USER), 1);
    assert_eq!(app.state("work", "ended", s(10)).await["ended_by"], "backchannel");
}

/// Strangers at the listener cannot make Abide ask the provider repeatedly, nor keep an unneeded port open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn strangers_at_the_logout_listener_cost_the_provider_nothing() {
    let room = Room::with_keyring("session-strangers").await;
    let provider = Provider::demo().await;
    let (scene, port) = scene_with_listener(&room, &provider, OFFLINE, "\"backchannel\"").await;
    let asked = || scene.demo().record().count(Endpoint::Discovery);
    let knock = || async {
        let sent = http()
            .post(format!("http://127.0.0.1:{port}/backchannel/work"))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("logout_token=garbage")
            .send()
            .await;
        sent.map(|answer| answer.status().as_u16()).ok()
    };
    scene.demo().refuse().await;
    let before = asked();
    for _ in 0..5 {
        assert_eq!(knock().await, Some(400));
    }
    scene.demo().resume().await.unwrap();
    assert_eq!(knock().await, Some(400), "a provider that was away is left alone for some seconds");
    assert_eq!(asked(), before);
    assert_eq!(scene.app.abide(&["accounts", "remove", "work"]).await.code, 0);
    eventually("the port to be closed", s(5), || async { knock().await.is_none().then_some(()) }).await;
}

/// A network's page, a rolling deployment's 404 and a gateway's 403 are no answers of the provider.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_that_has_worked_is_asked_for_again_after_something_odd() {
    for (number, (signal, at)) in
        [("userinfo", Endpoint::UserInfo), ("introspection", Endpoint::Introspection)].into_iter().enumerate()
    {
        let room = Room::with_keyring(&format!("session-odd-{number}")).await;
        let provider = Provider::demo().await;
        let settings = format!("{ONLINE}provider.watch = [\"{signal}\"]\n{WATCHING}");
        let scene = Scene::new(&room, &provider, &settings).await;
        sign_in(&room).await;
        scene.signal(signal, "works").await;
        for status in [404, 403, 302] {
            let headers =
                vec![("content-type", "text/html".to_owned()), ("location", "/elsewhere".to_owned())];
            let page = Answer { status: Some(status), headers, body: Body::Text("<html></html>".to_owned()) };
            scene.demo().misbehave(vec![Deviation::new(at, Wrong::Answer(page))]);
            scene.signal(signal, "failed").await;
            scene.demo().misbehave(Vec::new());
            scene.signal(signal, "works").await;
        }
        assert_eq!(scene.demo().end_session(USER), 1);
        scene.app.state("work", "ended", s(20)).await;
    }
}

/// Signs in to two accounts of one client in one browser, so that both have the same session at the provider.
async fn one_session_for_two(room: &Room) {
    let mut person = abide_tests::form::Visitor::default();
    for account in ["work", "home"] {
        let login = Login::begin_for(room, account).await;
        let landed = match account {
            "work" => person.sign_in(&login.url, USER, PASSWORD).await,
            _ => person.open(&login.url).await,
        };
        assert!(landed.body.contains("You are signed in"), "{account}: {}", landed.body);
        assert_eq!(login.end().await.code, 0, "{account}");
    }
}

fn two_accounts(issuer: &str, settings: &str) -> String {
    let work = account_with(issuer, settings, SESSION);
    format!("{work}[accounts.home]\nissuer = \"{issuer}\"\nclient_id = \"abide\"\n{settings}")
}

/// At many providers a revocation ends the whole session (Keycloak).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sign_out_of_one_account_leaves_the_other_one_of_the_same_session() {
    let room = Room::with_keyring("session-shared").await;
    let quirks = Quirks { revocation_ends_session: true, refresh_tokens_for_all: true, ..Quirks::default() };
    let demo = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
    configure(&room, &two_accounts(demo.issuer(), ONLINE));
    let app = App::headless(&room).await;
    one_session_for_two(&room).await;
    let signed_out = app.abide(&["logout", "--account", "work"]).await;
    assert_eq!(signed_out.code, 0, "{signed_out:?}");
    eventually("what the provider was told", s(10), || async {
        (app.session("work").await["provider_end"] == "shared").then_some(())
    })
    .await;
    assert_eq!(demo.record().count(Endpoint::Revocation), 0);
    let kept = app.abide(&["keep", "--account", "home"]).await;
    assert_eq!(kept.code, 0, "{kept:?}");
    assert_eq!(app.abide(&["token", "--account", "home"]).await.code, 0);
    // The last account of the session ends it.
    assert_eq!(app.abide(&["logout", "--account", "home"]).await.code, 0);
    eventually("the revocation", s(10), || async {
        (demo.record().count(Endpoint::Revocation) > 0).then_some(())
    })
    .await;
}

/// The provider sends one logout token for the session, to the address of one account.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_ends_every_account_of_its_session() {
    let room = Room::with_keyring("session-shared-logout").await;
    let port = free_port();
    let client = Client {
        backchannel_logout_uri: Some(format!("http://127.0.0.1:{port}/backchannel/work")),
        ..Client::default()
    };
    let demo = DemoOp::start(Config { clients: vec![client], ..Config::default() }).await.unwrap();
    let settings = format!("{ONLINE}provider.watch = [\"backchannel\"]\n");
    let listener = format!("[logout_listener]\nport = {port}\n");
    configure(&room, &format!("{listener}{}", two_accounts(demo.issuer(), &settings)));
    let app = App::headless(&room).await;
    one_session_for_two(&room).await;
    assert_eq!(demo.end_session(USER), 1);
    for account in ["work", "home"] {
        let ended = app.state(account, "ended", s(10)).await;
        assert_eq!(ended["ended_by"], "backchannel", "{account}");
    }
}

//! Attacks from this computer, this browser, and the provider.

use abide_demo_op::{Config, Delivery, DemoOp, Quirks, SigningAlgorithm};
use abide_tests::app::{App, account_with, configure};
use abide_tests::form::Visitor;
use abide_tests::login::{Login, sign_in_to};
use abide_tests::providers::{OTHER_USER, PASSWORD, Provider, USER};
use abide_tests::room::Room;
use abide_tests::tab::Tab as _;
use abide_tests::{eventually, free_port, http, s};
use serde_json::json;

use super::scene::{OFFLINE, SESSION, Scene};
use super::{listening, told_at};

/// Only the page itself is accepted, even if an attacker knows the page's secret.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_programs_cannot_speak_for_the_page() {
    let room = Room::with_keyring("session-secret").await;
    let provider = Provider::demo().await;
    let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + "provider.poll = \"1h\"\n")).await;
    let page = scene.signs_in().await;
    scene.signal("iframe", "works").await;
    page.says("Abide has just checked").await;
    let place = page.address().await;
    let origin = place.trim_end_matches("/monitor");
    assert!(!page.history().await.iter().any(|visited| visited.contains('#')), "the ticket is not kept");
    let secret = page.evaluate("sessionStorage.getItem('abide-monitor')").await;
    let say = json!({ "secret": secret, "told": "changed" }).to_string();
    let post = |origin: &str, kind: &str, body: &str| {
        http()
            .post(format!("{place}/tell"))
            .header("origin", origin)
            .header("content-type", kind)
            .body(body.to_owned())
    };
    for (origin, kind) in [
        ("http://127.0.0.1:1", "application/json"),
        ("http://evil.example", "application/json"),
        ("null", "application/json"),
        (origin, "text/plain"),
    ] {
        let refused = post(origin, kind, &say).send().await.unwrap();
        assert_eq!(refused.status(), 403, "{origin} {kind}");
    }
    let elsewhere =
        post(origin, "application/json", &say).header("host", "evil.example").send().await.unwrap();
    assert_eq!(elsewhere.status(), 421, "a name that an attacker has pointed here");
    let guess = json!({ "secret": "guess", "told": "changed" }).to_string();
    assert_eq!(post(origin, "application/json", &guess).send().await.unwrap().status(), 403);
    assert_eq!(http().get(format!("{place}/silent/guess")).send().await.unwrap().status(), 404);
    // None of these has used up the secret; the first right request does.
    let unchanged = json!({ "secret": secret, "told": "unchanged" }).to_string();
    assert_eq!(post(origin, "application/json", &unchanged).send().await.unwrap().status(), 200);
    assert_eq!(post(origin, "application/json", &unchanged).send().await.unwrap().status(), 403);
    scene.goes_on().await;

    let answer = http().get(&place).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none';") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    let frames = format!("frame-src 'self' {};", provider.issuer());
    assert!(policy.contains(&frames) && !policy.contains("script-src 'unsafe-inline'"), "{policy}");
}

/// Both accounts have the same client at the provider, with one registered address.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_about_another_person_ends_nothing() {
    let room = Room::with_keyring("session-other").await;
    let provider = Provider::demo().await;
    let port = free_port();
    let text =
        account_with(provider.issuer(), &(OFFLINE.to_owned() + &listening("\"backchannel\"")), SESSION);
    let home = format!("[accounts.home]\nissuer = \"{}\"\nclient_id = \"abide\"\n", provider.issuer());
    configure(&room, &format!("[logout_listener]\nport = {port}\n{text}{home}"));
    let Provider::Demo(demo) = &provider else { unreachable!() };
    demo.register(told_at(&format!("127.0.0.1:{port}"))).unwrap();
    let app = App::headless(&room).await;
    sign_in_to(&room, "work").await;
    let login = Login::begin_for(&room, "home").await;
    Visitor::default().sign_in(&login.url, OTHER_USER, PASSWORD).await;
    assert_eq!(login.end().await.code, 0);
    assert_eq!(demo.end_session(OTHER_USER), 1);
    let told = |user: usize| {
        let notices = demo.record().notices();
        notices.into_iter().filter(|notice| notice.delivery == Delivery::Answered(200)).count() == user
    };
    eventually("the notification about another person", s(10), || async { told(1).then_some(()) }).await;
    assert_eq!(app.session("work").await["state"], "active");
    assert_eq!(demo.end_session(USER), 1);
    app.state("work", "ended", s(10)).await;
    assert_eq!(app.session("work").await["ended_by"], "backchannel");
}

/// Any page and, with `logout_listener.hosts`, any computer can send such requests. Nothing in them is proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn thousands_of_refused_notifications_fill_no_log() {
    let room = Room::with_keyring("session-log").await;
    let provider = Provider::demo().await;
    let (port, back) = (free_port(), free_port());
    let settings = format!(
        "{OFFLINE}provider.watch = [\"backchannel\", \"events\"]\nprovider.events_push = true\n\
         redirect_uri = \"http://127.0.0.1:{back}/callback\"\n"
    );
    let account = account_with(provider.issuer(), &settings, SESSION);
    configure(&room, &format!("[logout_listener]\nport = {port}\n{account}"));
    let app = App::headless(&room).await;
    let login = Login::begin_for(&room, "work").await;
    let sender = http();
    let before = app.log().len();
    for number in 0..700 {
        let token = format!("eyJhbGciOi{number}");
        let logout = sender.post(format!("http://127.0.0.1:{port}/backchannel/work"));
        let logout = logout.form(&[("logout_token", &token)]).send().await.unwrap();
        let event = sender.post(format!("http://127.0.0.1:{port}/events/work"));
        let event =
            event.header("content-type", "application/secevent+jwt").body(token).send().await.unwrap();
        let stray = format!("http://127.0.0.1:{back}/callback?code={number}&state=bad");
        let stray = sender.get(stray).send().await.unwrap();
        assert_eq!([&logout, &event, &stray].map(|answer| answer.status().as_u16()), [400; 3], "{number}");
    }
    let log = app.log();
    let written = &log[before..];
    for line in ["a logout token is refused", "a security event is refused", "a stray callback"] {
        let lines = written.matches(line).count();
        assert!((1..100).contains(&lines), "{line}: {lines} times");
    }
    assert_eq!(app.session("work").await["state"], "authorizing");
    drop(login);
}

/// Both accounts have the same client at the provider, with one registered address. One is signed out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logout_token_with_another_algorithm_ends_nothing_at_any_address() {
    let room = Room::with_keyring("session-other-algorithm").await;
    let quirks = Quirks { logout_token_signing: Some(SigningAlgorithm::Rs256), ..Quirks::default() };
    let demo = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
    let port = free_port();
    demo.register(told_at(&format!("127.0.0.1:{port}"))).unwrap();
    let watch = listening("\"backchannel\"");
    let work = account_with(demo.issuer(), &(OFFLINE.to_owned() + &watch), SESSION);
    let home =
        format!("[accounts.home]\nissuer = \"{}\"\nclient_id = \"abide\"\n{OFFLINE}{watch}", demo.issuer());
    configure(&room, &format!("[logout_listener]\nport = {port}\n{work}{home}"));
    let app = App::headless(&room).await;
    sign_in_to(&room, "home").await;
    let answered = |status: u16| {
        let notices = demo.record().notices();
        notices.into_iter().filter(|notice| notice.delivery == Delivery::Answered(status)).count()
    };
    let told = async |status: u16, times: usize| {
        eventually("the answer to the logout token", s(10), || async {
            (answered(status) == times).then_some(())
        })
        .await;
    };
    // At the address of `work`, which is signed out.
    assert_eq!(demo.end_session(USER), 1);
    told(200, 1).await;
    assert_eq!(app.session("home").await["state"], "active");
    assert_eq!(app.abide(&["logout", "--account", "home", "--no-wait"]).await.code, 0);
    // And at its own.
    sign_in_to(&room, "work").await;
    assert_eq!(demo.end_session(USER), 1);
    told(400, 1).await;
    let status = app.session("work").await;
    let signals = status["signals"].as_array().unwrap();
    let back = signals.iter().find(|one| one["signal"] == "backchannel").unwrap();
    assert_eq!((&back["state"], &back["code"]), (&json!("failed"), &json!("logout_token_algorithm_refused")));
    let said = app.abide(&["status"]).await.stdout;
    assert!(said.contains("back-channel logout (logout_token_algorithm_refused)"), "{said}");
    demo.set_quirks(Quirks::default());
    sign_in_to(&room, "home").await;
    assert_eq!(demo.end_session(USER), 1);
    app.state("home", "ended", s(10)).await;
}

//! Attacks from this computer, this browser, and the provider.

use abide_demo_op::Delivery;
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

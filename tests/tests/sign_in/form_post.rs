//! The answer of a sign-in in a form (OAuth 2.0 Form Post Response Mode).

use abide_demo_op::{Config, DemoOp, Endpoint, FormPost, PushedAuthorization, Quirks};
use abide_tests::app::{App, abide, configure, one_account};
use abide_tests::browser::Browser;
use abide_tests::form::Visitor;
use abide_tests::login::Scribe;
use abide_tests::providers::{PASSWORD, Provider, USER};
use abide_tests::room::Room;
use abide_tests::tab::Tab as _;
use abide_tests::{eventually, s};

const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

/// Chromium writes down each address of a redirect, also those that no tab shows.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_provider_offers_a_form_the_browser_writes_no_code_down() {
    for (form_post, asked, kept) in
        [(FormPost::Offered, "form_post", false), (FormPost::NotOffered, "", true)]
    {
        let room = Room::with_keyring(&format!("sign-in-form-{asked}")).await;
        let quirks = Quirks { form_post, ..Quirks::default() };
        let demo = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
        let provider = Provider::Demo(demo);
        let (browser, scribe) = (Browser::headless(&room).await, Scribe::new(&room));
        configure(&room, &one_account(provider.issuer(), Some(&scribe.command()), SESSION));
        let _app = App::headless(&room).await;
        let person = async {
            let page = browser.open(&scribe.address().await).await;
            provider.sign_in(&page, async |_: &_, _| {}).await;
            page.says("You are signed in").await;
            page.history().await
        };
        let (done, visited) = tokio::join!(abide(&room, &["login"]), person);
        assert_eq!(done.code, 0, "{done:?}");
        let Provider::Demo(demo) = &provider else { unreachable!() };
        let entries = demo.record().entries();
        let request = entries.iter().find(|entry| entry.endpoint == Endpoint::Authorization).unwrap();
        assert_eq!(request.parameter("response_mode"), asked);
        assert!(!visited.iter().any(|address| address.contains("code=")), "{visited:?}");
        let written = eventually("Chromium's record", s(40), || async {
            let text: String = ["History", "History-journal", "History-wal"]
                .iter()
                .filter_map(|file| std::fs::read(room.path("chromium/Default").join(file)).ok())
                .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
                .collect();
            text.contains("/callback/done/").then_some(text)
        })
        .await;
        assert_eq!(written.contains("/callback?code="), kept, "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_refuses_the_form_that_it_lists_is_asked_for_a_query_and_later_at_once() {
    for (code, pushed) in [
        ("unsupported_response_mode", PushedAuthorization::Unmentioned),
        ("invalid_request", PushedAuthorization::Offered),
    ] {
        let room = Room::with_keyring(&format!("sign-in-refused-form-{code}")).await;
        let quirks = Quirks { form_post: FormPost::Refused(code), ..Quirks::default() };
        let config = Config { pushed_authorization: pushed, quirks, ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        let scribe = Scribe::new(&room);
        configure(&room, &one_account(provider.issuer(), Some(&scribe.command()), SESSION));
        let _app = App::headless(&room).await;
        let asked = || {
            let entries = provider.record().entries();
            let place = match pushed {
                PushedAuthorization::Unmentioned => Endpoint::Authorization,
                _ => Endpoint::PushedAuthorization,
            };
            let modes = entries.iter().filter(|entry| entry.endpoint == place);
            modes.map(|entry| entry.parameter("response_mode").to_owned()).collect::<Vec<_>>()
        };
        for expected in [vec!["form_post", ""], vec!["form_post", "", ""]] {
            let person = async {
                let opened = scribe.address().await;
                let landed = Visitor::default().sign_in(&opened, USER, PASSWORD).await;
                assert!(landed.body.contains("You are signed in"), "{}", landed.body);
            };
            let (done, ()) = tokio::join!(abide(&room, &["login"]), person);
            assert_eq!(done.code, 0, "{done:?}");
            assert_eq!(asked(), expected);
            assert_eq!(abide(&room, &["logout"]).await.code, 0);
        }
    }
}

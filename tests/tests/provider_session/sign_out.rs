//! What Abide asks and says about the provider after a sign-out.

use abide_demo_op::{
    Answer, Body, Client, ClientSecret, Config, DemoOp, Deviation, Edit, Endpoint, Outcome, Quirks, Wrong,
};
use abide_tests::app::{App, account_with, configure};
use abide_tests::form::Visitor;
use abide_tests::login::{Login, sign_in};
use abide_tests::providers::{PASSWORD, USER};
use abide_tests::room::Room;
use abide_tests::{eventually, s};
use serde_json::Value;

use super::scene::{OFFLINE, ONLINE, SESSION, confidential, opener};

async fn signed_in<'a>(room: &'a Room, demo: &DemoOp, settings: &str) -> App<'a> {
    configure(room, &(opener(room) + &account_with(demo.issuer(), settings, SESSION)));
    let app = App::headless(room).await;
    sign_in(room).await;
    app
}

/// The session after a sign-out, when this is known of the provider's.
async fn signed_out(app: &App<'_>, provider_end: &str) -> Value {
    assert_eq!(app.abide(&["logout"]).await.code, 0);
    eventually(&format!("the provider's end: {provider_end}"), s(10), || async {
        let session = app.session("work").await;
        (session["provider_end"] == provider_end).then_some(session)
    })
    .await
}

/// The end is checked with introspection where the provider offers it to this client, and not at all if the account is
/// configured so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn introspection_checks_the_end_unless_the_account_switches_that_off() {
    for (verify, end, introspections) in [(true, "ended", 1), (false, "unchecked", 0)] {
        let room = Room::with_keyring(&format!("sign-out-check-{verify}")).await;
        let secret = Some(ClientSecret::of("a-secret-of-the-tests"));
        let client = Client { secret, ..Client::default() };
        let demo = DemoOp::start(Config { clients: vec![client], ..Config::default() }).await.unwrap();
        let settings = format!("{}logout.verify = {verify}\n", confidential(&room));
        let app = signed_in(&room, &demo, &settings).await;
        let asked = || {
            [Endpoint::Introspection, Endpoint::UserInfo, Endpoint::Token].map(|at| demo.record().count(at))
        };
        let [introspected, profiles, tokens] = asked();
        signed_out(&app, end).await;
        // A check that comes late would be seen, too.
        tokio::time::sleep(s(1)).await;
        assert_eq!(asked(), [introspected + introspections, profiles, tokens], "{verify}");
        assert!(demo.record().count(Endpoint::Revocation) > 0);
    }
}

/// UserInfo refuses a token for one API from the beginning, so its refusal after the sign-out shows no end.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_for_an_api_is_not_said_to_be_refused_now() {
    for (refused, end) in [(true, "unchecked"), (false, "ended")] {
        let room = Room::with_keyring(&format!("sign-out-api-{refused}")).await;
        let demo = DemoOp::start(Config::default()).await.unwrap();
        if refused {
            let answer = Answer { status: Some(401), headers: Vec::new(), body: Body::Text("{}".into()) };
            demo.misbehave(vec![Deviation::new(Endpoint::UserInfo, Wrong::Answer(answer))]);
        }
        let app = signed_in(&room, &demo, ONLINE).await;
        let session = signed_out(&app, end).await;
        assert_eq!(session["ended"], "user_logout");
        let last = demo.record().entries().into_iter().rfind(|entry| entry.endpoint == Endpoint::UserInfo);
        assert!(last.is_some_and(|entry| entry.outcome != Outcome::Ok || refused), "it was asked");
    }
}

/// The command and the check of the configuration name what is missing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_without_a_sign_out_page_is_said_to_have_none() {
    let room = Room::with_keyring("sign-out-page").await;
    let demo = DemoOp::start(Config::default()).await.unwrap();
    let edits = vec![Edit::Remove("/end_session_endpoint")];
    demo.misbehave(vec![Deviation::new(Endpoint::Discovery, Wrong::Json(edits))]);
    let app = signed_in(&room, &demo, &format!("{OFFLINE}logout.provider = true\n")).await;
    let checked = app.abide(&["config", "check"]).await;
    assert_eq!(checked.code, 0, "{checked:?}");
    assert!(format!("{checked:?}").contains("end_session_endpoint"), "{checked:?}");
    let done = app.abide(&["logout"]).await;
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.stdout.contains("no sign-out page"), "{done:?}");
    assert_eq!(app.session("work").await["sign_out_page"], "not_offered");
    assert!(!room.path("opened").exists(), "nothing was opened");
}

/// A provider without revocation whose tokens outlive its session (Dex). The sentence follows from what the browser and the token
/// have shown.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_said_of_the_sign_out_page_is_what_the_browser_has_shown() {
    for (registered, page, words) in [
        ("logout", "came_back", "Your browser came back from the sign-out page"),
        ("elsewhere", "open", "Complete the sign-out at"),
    ] {
        let room = Room::with_keyring(&format!("sign-out-{page}")).await;
        let uris = [47624, 47625, 47626].map(|port| format!("http://127.0.0.1:{port}/{registered}"));
        let client = Client { post_logout_redirect_uris: uris.to_vec(), ..Client::default() };
        let quirks = Quirks { exact_post_logout_uris: true, ..Quirks::default() };
        let clients = vec![client];
        let config = Config { clients, quirks, offline_access_outlives_session: true, ..Config::default() };
        let demo = DemoOp::start(config).await.unwrap();
        let edits = vec![Edit::Remove("/revocation_endpoint")];
        demo.misbehave(vec![Deviation::new(Endpoint::Discovery, Wrong::Json(edits))]);
        let settings = format!("{OFFLINE}logout.provider = true\n");
        configure(&room, &(opener(&room) + &account_with(demo.issuer(), &settings, SESSION)));
        let app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        let mut person = Visitor::default();
        person.sign_in(&login.url, USER, PASSWORD).await;
        assert_eq!(login.end().await.code, 0);
        assert_eq!(app.abide(&["logout", "--no-wait"]).await.code, 0);
        let file = room.path("opened");
        let address = eventually("the page", s(20), || async { std::fs::read_to_string(&file).ok() }).await;
        person.open(&address).await;
        let said = eventually(&format!("the page: {page}"), s(20), || async {
            let session = app.session("work").await;
            let known =
                session["sign_out_page"] == page && (page == "open" || session["provider_end"] != "pending");
            if known { Some(app.abide(&["status"]).await.stdout) } else { None }
        })
        .await;
        assert!(said.contains(words), "{said}");
        assert!(!said.contains("still accepts this session"), "{said}");
    }
}

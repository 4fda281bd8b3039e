//! Failing sign-ins, and sessions that end: each with a clear message and a program that still works.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn sign_ins() {
    abide_tests::skipped("sign_in", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
#[path = "sign_in/form_post.rs"]
mod form_post;

#[cfg(target_os = "linux")]
mod sign_ins {
    use abide_demo_op::{
        Answer, Body, Config, DemoOp, Deviation, Endpoint, OfflineAccess, Outcome, PushedAuthorization,
        Quirks, Wrong,
    };
    use abide_tests::app::{App, abide, account_with, configure, one_account};
    use abide_tests::form::Visitor;
    use abide_tests::login::{Login, sign_in};
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::room::Room;
    use abide_tests::{eventually, s};
    use rustix::process::Signal;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    async fn provider() -> DemoOp {
        DemoOp::start(Config::default()).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_wrong_password_and_then_the_right_one() {
        let room = Room::with_keyring("sign-in-password").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        let mut person = Visitor::default();
        let form = person.open(&login.url).await;
        let again = person.submit(&form, &[("username", USER), ("password", "wrong")], Some("sign-in")).await;
        assert!(again.url.as_str().starts_with(provider.issuer()), "still at the provider: {}", again.url);
        assert_eq!(app.session("work").await["state"], "authorizing", "Abide waits");
        let landed =
            person.submit(&again, &[("username", USER), ("password", PASSWORD)], Some("sign-in")).await;
        assert!(landed.body.contains("You are signed in"), "{}", landed.body);
        assert!(landed.url.query().is_none(), "nothing in the address: {}", landed.url);
        let scripts: Vec<&str> = landed.body.split("<script").skip(1).collect();
        assert!(
            scripts.iter().all(|script| script.starts_with(" src=\"/monitor/watch.js\"></script>")),
            "no script but the one that watches: {scripts:?}"
        );
        let done = login.end().await;
        assert_eq!(done.code, 0, "{}", done.stderr);
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_abide_asks_for_is_what_the_standards_want() {
        let room = Room::with_keyring("sign-in-request").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let entries = provider.record().entries();
        let request = entries.iter().find(|entry| entry.endpoint == Endpoint::Authorization).unwrap();
        assert_eq!(request.parameter("response_type"), "code");
        assert_eq!(request.parameter("code_challenge_method"), "S256");
        assert_eq!(request.parameter("code_challenge").len(), 43);
        // 128 bits are 22 characters of base64url.
        assert!(request.parameter("state").len() >= 22 && request.parameter("nonce").len() >= 22);
        assert_ne!(request.parameter("state"), request.parameter("nonce"));
        let back = url::Url::parse(request.parameter("redirect_uri")).unwrap();
        assert_eq!((back.host_str(), back.path()), (Some("127.0.0.1"), "/callback"));
        assert!(back.port().is_some_and(|port| port >= 1024), "an ephemeral port: {back}");
        let exchange = entries.iter().find(|entry| entry.endpoint == Endpoint::Token).unwrap();
        assert_eq!(exchange.outcome, Outcome::Ok);
        assert_eq!(exchange.parameter("redirect_uri"), request.parameter("redirect_uri"));
        assert!(!exchange.parameter("code_verifier").is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn cancelling_at_the_provider_is_said_and_the_next_sign_in_works() {
        let room = Room::with_keyring("sign-in-cancel").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        let mut person = Visitor::default();
        let form = person.open(&login.url).await;
        let landed = person.submit(&form, &[], Some("cancel")).await;
        assert!(landed.url.as_str().starts_with("http://127.0.0.1:"), "{}", landed.url);
        assert!(landed.body.contains("You are not signed in"), "{}", landed.body);
        assert!(landed.body.contains("cancelled"), "{}", landed.body);
        assert!(landed.url.query().is_none());
        let done = login.end().await;
        assert_eq!(done.code, 3, "{done:?}");
        assert!(done.stderr.contains("cancelled"), "{}", done.stderr);
        assert_eq!(app.session("work").await["state"], "signed_out");
        sign_in(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    /// In two terminals. The first one is stopped, so that it does not know that it is over when Ctrl-C is pressed.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ctrl_c_in_one_terminal_leaves_the_later_sign_in_of_another_alone() {
        let room = Room::with_keyring("sign-in-two").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let first = Login::begin(&room).await;
        first.signal(Signal::STOP);
        let second = Login::begin(&room).await;
        assert_ne!(first.url, second.url);
        first.signal(Signal::INT);
        first.signal(Signal::CONT);
        assert_ne!(first.end().await.code, 0);
        assert_eq!(app.session("work").await["state"], "authorizing", "the second one waits");
        Visitor::default().sign_in(&second.url, USER, PASSWORD).await;
        let done = second.end().await;
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!(app.session("work").await["state"], "active");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_sign_in_that_was_left_does_not_stand_in_the_way_of_the_next() {
        let room = Room::with_keyring("sign-in-left").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        // The tab is closed, the terminal too.
        let left = Login::begin(&room).await;
        drop(left);
        assert_eq!(app.session("work").await["state"], "authorizing");
        sign_in(&room).await;
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    /// Another person's link ends in this browser, and the person is asked for the address.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_code_that_abide_did_not_ask_for_is_caught_if_the_account_wants_that() {
        let room = Room::with_keyring("sign-in-unasked").await;
        let provider = provider().await;
        let port = abide_tests::free_port();
        let redirect = format!("http://127.0.0.1:{port}/callback");
        let settings = format!("redirect_uri = \"{redirect}\"\nguard_redirect_port = true\n");
        configure(&room, &account_with(provider.issuer(), &settings, SESSION));
        let app = App::headless(&room).await;
        let unasked = async || {
            let asked = abide_tests::http().get(format!("{redirect}?code=canary&state=x")).send().await;
            asked.ok().filter(|answer| answer.status() == 303)
        };
        let caught = eventually("the guard", s(15), unasked).await;
        let place = caught.headers()["location"].to_str().unwrap().to_owned();
        let page = abide_tests::http().get(format!("http://127.0.0.1:{port}{place}")).send().await.unwrap();
        assert!(page.text().await.unwrap().contains("Abide did not start this sign-in"));
        // A sign-in of one's own gets the port, and its page catches as well.
        sign_in(&room).await;
        assert_eq!(app.session("work").await["state"], "active");
        assert!(unasked().await.is_some(), "the page of the sign-in");
        assert_eq!(app.session("work").await["state"], "active");
        let record = eventually("the record", s(10), || async {
            let shown = abide(&room, &["audit", "show", "--json"]).await.stdout;
            (shown.matches("sign_in.code_caught").count() >= 2).then_some(shown)
        })
        .await;
        assert!(!record.contains("canary"), "{record}");
        assert_eq!(abide(&room, &["logout"]).await.code, 0);
        assert!(!app.log().contains("canary"), "{}", app.log());
        // The one that counts cannot hide behind others.
        for _ in 0..40 {
            assert!(unasked().await.is_some());
        }
        let lines = app.log().matches("did not ask for").count();
        assert!(lines < 20, "{lines}");
        app.quit().await;
        let shown = abide(&room, &["audit", "show", "--json"]).await.stdout;
        let lines = shown.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let caught = lines.filter(|line| line["event"] == "sign_in.code_caught");
        let caught: u64 = caught.map(|line| line["times"].as_u64().unwrap_or(1)).sum();
        assert!(caught >= 42, "{shown}");
    }

    /// OpenID Connect Core 1.0, section 4.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_link_of_another_page_starts_a_sign_in_only_after_a_yes() {
        let room = Room::with_keyring("sign-in-link").await;
        let provider = provider().await;
        let port = abide_tests::free_port();
        let settings = format!(
            "label = \"Example & Sons\"\nredirect_uri = \"http://127.0.0.1:{port}/callback\"\ninitiate_login = true\n"
        );
        let file = room.path("opened");
        let script = format!("printf %s \"$0\" > {0}.new && mv {0}.new {0}", file.display());
        let browser = format!("browser = {}\n", serde_json::json!(["sh", "-c", script]));
        configure(&room, &format!("{browser}{}", account_with(provider.issuer(), &settings, SESSION)));
        let app = App::headless(&room).await;
        let page = format!("http://127.0.0.1:{port}/initiate_login");
        let link = |issuer: &str| {
            url::Url::parse_with_params(
                &page,
                [("iss", issuer), ("login_hint", USER), ("target_link_uri", "https://x.example/")],
            )
            .unwrap()
        };
        let get = async |url: &str| abide_tests::http().get(url).send().await;
        eventually("the port", s(15), || async { get(&page).await.ok() }).await;
        for wrong in [page.clone(), link("https://other.example").into(), format!("{page}?iss=a&iss=b")] {
            assert_eq!(get(&wrong).await.unwrap().status(), 400, "{wrong}");
        }
        let mut person = Visitor::default();
        let asked = person.open(link(provider.issuer()).as_str()).await;
        assert!(asked.body.contains("Sign in?") && asked.body.contains(USER), "{}", asked.body);
        assert!(asked.body.contains("the account “Example &amp; Sons” at"), "{}", asked.body);
        assert!(!asked.body.contains("x.example"), "{}", asked.body);
        // Images of any page do not take the place of the question.
        for _ in 0..6 {
            let image = abide_tests::http().get(link(provider.issuer())).header("sec-fetch-dest", "image");
            assert_eq!(image.send().await.unwrap().status(), 404);
        }
        assert_eq!(app.session("work").await["state"], "signed_out", "nothing has begun");
        assert!(!file.exists());
        let begun = person.submit(&asked, &[], None).await;
        assert!(begun.body.contains("Sign-in started"), "{}", begun.body);
        let address =
            eventually("the browser", s(10), || async { std::fs::read_to_string(&file).ok() }).await;
        let landed = person.sign_in(&address, USER, PASSWORD).await;
        assert!(landed.body.contains("You are signed in"), "{}", landed.body);
        app.state("work", "active", s(10)).await;
        let entries = provider.record().entries();
        let request = entries.iter().find(|entry| entry.endpoint == Endpoint::Authorization).unwrap();
        assert_eq!(request.parameter("login_hint"), USER);
        // The question was answered once; and there is nothing to ask any more.
        assert!(person.submit(&asked, &[], None).await.body.contains("answered already"));
        assert!(
            person.open(link(provider.issuer()).as_str()).await.body.contains("signed in to the account")
        );
        // The next sign-in is without the hint of the link.
        assert_eq!(abide(&room, &["logout"]).await.code, 0);
        sign_in(&room).await;
        let entries = provider.record().entries();
        let last = entries.iter().rfind(|entry| entry.endpoint == Endpoint::Authorization).unwrap();
        assert_eq!(last.parameter("login_hint"), "");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_stray_answer_leaves_the_sign_in_waiting() {
        let room = Room::with_keyring("sign-in-stray").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        let address = url::Url::parse(&login.url).unwrap();
        let redirect = address.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        for query in ["code=stolen&state=guessed", "error=access_denied&state=guessed", "code=stolen", ""] {
            let answer = abide_tests::http().get(format!("{redirect}?{query}")).send().await.unwrap();
            assert!(answer.status().is_client_error(), "{query}: {}", answer.status());
            assert_eq!(app.session("work").await["state"], "authorizing", "after {query}");
        }
        let landed = Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
        assert!(landed.body.contains("You are signed in"), "{}", landed.body);
        assert_eq!(login.end().await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_unreachable_provider_is_reported_and_the_program_keeps_running() {
        let room = Room::with_keyring("sign-in-unreachable").await;
        let free = abide_tests::free_port();
        configure(&room, &one_account(&format!("http://127.0.0.1:{free}"), None, SESSION));
        let app = App::headless(&room).await;
        let done = abide(&room, &["login", "--no-browser"]).await;
        assert_eq!(done.code, 1, "{done:?}");
        let said = done.stderr.to_lowercase();
        assert!(
            said.contains("127.0.0.1") && said.contains("reach"),
            "it says who cannot be reached: {said}"
        );
        assert_eq!(app.session("work").await["state"], "signed_out");
        assert!(app.session("work").await["last_error"].is_string());
        let provider = DemoOp::start(Config { port: Some(free), ..Config::default() }).await.unwrap();
        assert_eq!(provider.port(), free);
        sign_in(&room).await;
        assert!(app.session("work").await["last_error"].is_null(), "what went wrong is over");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_is_away_for_a_while_does_not_cost_the_session() {
        let room = Room::with_keyring("sign-in-away").await;
        let config = Config { access_token_lifetime: s(4), ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        provider.set_reachable(false);
        let done = abide(&room, &["token"]).await;
        assert_eq!(done.code, 0, "the token that is there still serves: {}", done.stderr);
        let done = eventually("the access token to run out", s(10), || async {
            Some(abide(&room, &["token"]).await).filter(|done| done.code != 0)
        })
        .await;
        assert_eq!((done.code, done.stdout.as_str()), (1, ""), "{}", done.stderr);
        assert!(done.stderr.contains("session is kept"), "what it means is said: {}", done.stderr);
        assert_eq!(app.session("work").await["state"], "active", "and it is");
        provider.set_reachable(true);
        eventually("a token again", s(30), || async {
            (abide(&room, &["token"]).await.code == 0).then_some(())
        })
        .await;
        assert!(app.session("work").await["last_error"].is_null(), "what went wrong is over");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn where_requests_are_pushed_the_address_says_nothing() {
        let room = Room::with_keyring("sign-in-pushed").await;
        let config = Config { pushed_authorization: PushedAuthorization::Required, ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let _app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        let address = url::Url::parse(&login.url).unwrap();
        let names: Vec<_> = address.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names, ["client_id", "request_uri"]);
        Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
        let done = login.end().await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.stderr.contains("The provider keeps it for 1 min.\n"), "{}", done.stderr);
        assert!(
            done.stderr.contains("ssh -L"),
            "the port is known although the address has none: {}",
            done.stderr
        );
        let pushed = provider.record().entries();
        let pushed = pushed.iter().find(|entry| entry.endpoint == Endpoint::PushedAuthorization).unwrap();
        assert_eq!(pushed.parameter("code_challenge_method"), "S256");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_machine_without_a_browser_signs_in_with_a_code() {
        let room = Room::with_keyring("sign-in-device").await;
        let provider =
            DemoOp::start(Config { device_poll_interval: s(1), ..Config::default() }).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        for (button, code) in [("cancel", 3), ("sign-in", 0)] {
            let login = Login::on_another_device(&room).await;
            assert_eq!(app.session("work").await["state"], "authorizing");
            // The person, at another device.
            let mut person = Visitor::default();
            let form = person.open(&login.url).await;
            let who = [("username", USER), ("password", PASSWORD)];
            person.submit(&form, if code == 0 { &who } else { &[] }, Some(button)).await;
            let done = login.end().await;
            assert_eq!(done.code, code, "{button}: {done:?}");
        }
        assert_eq!(abide(&room, &["token"]).await.code, 0);
        let session = app.session("work").await;
        assert_eq!(session["user"], "alice@example.com");
        assert_eq!(abide(&room, &["keep"]).await.code, 0);
        eventually("a renewal", s(10), || async { (provider.record().refreshes() == 1).then_some(()) }).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_the_provider_says_is_read_at_the_sign_in_and_with_each_renewal() {
        let room = Room::with_keyring("sign-in-claims").await;
        let provider = provider().await;
        let settings = "claims = { mail = \"email\", checked = \"/email_verified\", team = \"/groups/0\" }\n";
        configure(&room, &account_with(provider.issuer(), settings, SESSION));
        let mut app = App::headless(&room).await;
        assert_eq!(abide(&room, &["claims", "-a", "work"]).await.code, 3, "not signed in");
        sign_in(&room).await;
        let claims = async || -> serde_json::Value {
            let done = abide(&room, &["claims", "--json"]).await;
            assert_eq!(done.code, 0, "{done:?}");
            serde_json::from_str(&done.stdout).unwrap()
        };
        let said = claims().await;
        assert_eq!(said["claims"], serde_json::json!({ "mail": "alice@example.com", "checked": true }));
        assert_eq!(said["mapped"], true);
        assert!(said["read_at"].is_u64());
        let read = || provider.record().count(Endpoint::UserInfo);
        assert_eq!(read(), 1);
        assert_eq!(abide(&room, &["keep"]).await.code, 0);
        eventually("UserInfo to be read again", s(10), || async { (read() == 2).then_some(()) }).await;
        // The claims are still there after a crash, without a request to the provider.
        eventually("the vault", s(10), || async { (claims().await["read_at"].is_u64()).then_some(()) }).await;
        app.kill();
        let _app = App::headless(&room).await;
        assert_eq!(claims().await["claims"], said["claims"]);
        assert_eq!(read(), 2);
        assert_eq!(abide(&room, &["logout"]).await.code, 0);
        assert_eq!(abide(&room, &["claims", "-a", "work"]).await.code, 3);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn silence_signs_out_and_revokes() {
        let room = Room::with_keyring("sign-in-silence").await;
        let provider = provider().await;
        let session = "end_after = \"5s\"\nwarn_after = \"2s\"";
        configure(&room, &one_account(provider.issuer(), None, session));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        app.state("work", "expiring", s(6)).await;
        let ended = app.state("work", "ended", s(6)).await;
        assert_eq!(ended["ended"], "idle_timeout");
        eventually("the revocation", s(5), || async {
            (provider.record().count(Endpoint::Revocation) >= 1).then_some(())
        })
        .await;
        assert_eq!(abide(&room, &["token"]).await.code, 3);
    }

    /// What the account names is asked for. Only a refusal is followed by one request without what the provider does not list.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_scope_that_the_provider_refuses_is_left_out_in_a_second_request_and_said() {
        let quirks = Quirks {
            offline_access: OfflineAccess::Unknown,
            refuse_unknown_scopes: true,
            ..Quirks::default()
        };
        let config = Config { device_poll_interval: s(1), quirks, ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        let room = Room::with_keyring("sign-in-scope").await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let warnings = async || app.snapshot().await["warnings"].to_string();
        assert!(!warnings().await.contains("offline_access"), "nothing was asked for yet");
        let asked = |endpoint: Endpoint| -> Vec<bool> {
            let entries = provider.record().entries();
            let asked = entries.iter().filter(|entry| entry.endpoint == endpoint);
            asked.map(|entry| entry.parameter("scope").contains("offline_access")).collect()
        };
        let login = Login::begin(&room).await;
        let landed = Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
        assert!(landed.body.contains("You are signed in"), "{}", landed.body);
        assert_eq!(login.end().await.code, 0);
        let browser = asked(Endpoint::Authorization);
        assert_eq!(browser.iter().filter(|offline| **offline).count(), 1, "{browser:?}");
        assert!(browser.first() == Some(&true) && browser.last() == Some(&false), "{browser:?}");
        assert!(warnings().await.contains("offline_access"), "{}", warnings().await);
        assert_eq!(app.session("work").await["renewable"], false);
        // On another device too.
        assert_eq!(abide(&room, &["logout", "--no-wait"]).await.code, 0);
        let login = Login::on_another_device(&room).await;
        assert_eq!(asked(Endpoint::DeviceAuthorization), [true, false]);
        let mut person = Visitor::default();
        let form = person.open(&login.url).await;
        person.submit(&form, &[("username", USER), ("password", PASSWORD)], Some("sign-in")).await;
        assert_eq!(login.end().await.code, 0);
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    /// Discovery 1.0, section 3: a provider need not list every scope.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_scope_that_the_account_names_is_asked_for_although_the_provider_does_not_list_it() {
        let quirks = Quirks { offline_access: OfflineAccess::Unlisted, ..Quirks::default() };
        let provider = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
        let room = Room::with_keyring("sign-in-unlisted").await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        assert_eq!(app.session("work").await["renewable"], true);
        assert!(!app.snapshot().await["warnings"].to_string().contains("offline_access"));
    }

    /// A provider may offer the place for requests and keep it for clients that authenticate.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_account_decides_whether_requests_are_pushed() {
        let quirks = Quirks { pushed_authorization_needs_authentication: true, ..Quirks::default() };
        let config =
            Config { pushed_authorization: PushedAuthorization::Offered, quirks, ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        let room = Room::with_keyring("sign-in-push").await;
        let settings = |pushed: &str| format!("pushed_requests = \"{pushed}\"\n");
        configure(&room, &account_with(provider.issuer(), &settings("auto"), SESSION));
        let app = App::headless(&room).await;
        let pushed = || provider.record().count(Endpoint::PushedAuthorization);
        let refused = Login::try_begin(&room, &[]).await.err().expect("no address");
        assert_eq!(refused.code, 3, "{refused:?}");
        assert!(refused.stderr.contains("pushed_requests"), "{refused:?}");
        assert_eq!(
            (app.session("work").await["last_error_code"].clone(), pushed()),
            ("pushed_request_refused".into(), 1)
        );
        app.quit().await;
        configure(&room, &account_with(provider.issuer(), &settings("off"), SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        assert_eq!(pushed(), 1);
        assert_eq!(abide(&room, &["token"]).await.code, 0);
        app.quit().await;
        // A provider without that place is not used where it is required.
        let without = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &account_with(without.issuer(), &settings("required"), SESSION));
        let _app = App::headless(&room).await;
        let refused = Login::try_begin(&room, &[]).await.err().expect("no address");
        assert_ne!(refused.code, 0, "{refused:?}");
        assert_eq!(without.record().count(Endpoint::Authorization), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn clocks_that_differ_are_named_after_a_sign_in_that_they_have_prevented() {
        let clock = std::sync::Arc::new(|| std::time::SystemTime::now() + s(3600));
        let provider = DemoOp::start(Config { clock, ..Config::default() }).await.unwrap();
        let program = std::process::Command::new("date")
            .args(["-u", "-d", "1 hour", "+%a, %d %b %Y %T GMT"])
            .env("LC_ALL", "C")
            .output();
        let date = String::from_utf8(program.unwrap().stdout).unwrap().trim().to_owned();
        let dated = || Answer { status: None, headers: vec![("date", date.clone())], body: Body::Same };
        // The tokens that are refused are revoked.
        let dated = |at| Deviation::new(at, Wrong::Answer(dated()));
        provider.misbehave([Endpoint::Token, Endpoint::Revocation].map(dated).into());
        let room = Room::with_keyring("sign-in-clock").await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
        assert_ne!(login.end().await.code, 0);
        let skew = app.session("work").await["clock_skew"].as_i64().expect("a difference");
        assert!((3500..=3610).contains(&skew), "{skew}");
        let checked = abide(&room, &["doctor"]).await;
        assert!(checked.stdout.contains("ahead of"), "{checked:?}");
    }

    /// Conditional access at Microsoft Entra ID: a renewal needs the person, whose session is kept.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_renewal_that_needs_the_person_leads_to_a_sign_in_that_keeps_the_session() {
        let room = Room::with_keyring("sign-in-again").await;
        let config = Config { access_token_lifetime: s(4), ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let most = app.session("work").await["at_most_until"].clone();
        assert!(most.is_u64(), "{most}");
        provider.set_quirks(Quirks { refuse_refreshes: Some("interaction_required"), ..Quirks::default() });
        let refused = eventually("a renewal to be refused", s(20), || async {
            Some(abide(&room, &["token"]).await).filter(|done| done.code != 0)
        })
        .await;
        assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{refused:?}");
        assert!(refused.stderr.contains("abide login"), "{refused:?}");
        let session = app.session("work").await;
        assert_eq!((&session["state"], &session["sign_in_needed"]), (&"active".into(), &true.into()));
        assert!(abide(&room, &["status"]).await.stdout.contains("sign in again"));
        sign_in(&room).await;
        let session = app.session("work").await;
        assert_eq!((&session["state"], &session["sign_in_needed"]), (&"active".into(), &false.into()));
        assert_eq!(session["at_most_until"], most, "it is the same session");
        provider.set_quirks(Quirks::default());
        let refreshes = provider.record().refreshes();
        eventually("a renewal", s(20), || async {
            let served = abide(&room, &["token"]).await;
            assert_eq!(served.code, 0, "{served:?}");
            (provider.record().refreshes() > refreshes).then_some(())
        })
        .await;
    }
}

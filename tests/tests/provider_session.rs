//! The provider's session ends, and Abide notices, or does not take for an end what is none. With a real browser.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn provider_session() {
    abide_tests::skipped("provider_session", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod provider_session {
    use abide_demo_op::{Client, Config, Delivery, DemoOp, EventStream, SecurityEvent};
    use abide_tests::app::{App, account_with, configure};
    use abide_tests::browser::{Browser, Page};
    use abide_tests::form::Visitor;
    use abide_tests::login::{Login, sign_in, sign_in_to};
    use abide_tests::providers::{DjangoSettings, OTHER_USER, PASSWORD, Provider, RealmSettings, USER};
    use abide_tests::room::Room;
    use abide_tests::{eventually, free_port, http, s};
    use serde_json::{Value, json};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"\nabsolute = \"1h\"";
    const OFFLINE: &str = "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";
    const ONLINE: &str = "scopes = [\"openid\", \"profile\", \"email\"]\n";
    const WATCHING: &str = "provider.poll = \"2s\"\n";

    /// A browser that writes down what it is to open.
    fn opener(room: &Room) -> String {
        let file = room.path("opened");
        let script = format!("printf %s \"$0\" > {0}.new && mv {0}.new {0}", file.display());
        format!("browser = {}\n", json!(["sh", "-c", script]))
    }

    struct Scene<'a> {
        room: &'a Room,
        provider: &'a Provider,
        browser: Browser<'a>,
        app: App<'a>,
    }

    impl<'a> Scene<'a> {
        async fn new(room: &'a Room, provider: &'a Provider, settings: &str) -> Self {
            let browser = Browser::headless(room).await;
            let settings = settings.to_owned() + &provider.account_settings();
            let mut text = opener(room) + &account_with(provider.issuer(), &settings, SESSION);
            if settings.contains("client_secret_file") {
                text = text.replace("client_id = \"abide\"", "client_id = \"abide-confidential\"");
            }
            configure(room, &text);
            Self { room, provider, browser, app: App::headless(room).await }
        }

        /// The address that Abide wanted a browser for.
        async fn opened(&self) -> Page<'_> {
            self.browser.open(&self.address().await).await
        }

        async fn address(&self) -> String {
            let file = self.room.path("opened");
            let address =
                eventually("an address to open", s(10), || async { std::fs::read_to_string(&file).ok() })
                    .await;
            std::fs::remove_file(&file).unwrap();
            assert!(
                address.starts_with("http://127.0.0.1:"),
                "a program's arguments hold no token: {address}"
            );
            address
        }

        /// Signs in, and leaves the tab open.
        async fn signs_in(&self) -> Page<'_> {
            let login = Login::begin(self.room).await;
            let page = self.browser.open(&login.url).await;
            self.provider.sign_in_as(&page, USER).await;
            page.says("You are signed in").await;
            let done = login.end().await;
            assert_eq!(done.code, 0, "{done:?}");
            self.app.state("work", "active", s(10)).await;
            page
        }

        async fn signal(&self, signal: &str, state: &str) -> Value {
            eventually(&format!("the signal {signal} to be {state}"), s(20), || async {
                let session = self.app.session("work").await;
                let signals = session["signals"].as_array().cloned().unwrap_or_default();
                signals.into_iter().find(|one| one["signal"] == signal && one["state"] == state)
            })
            .await
        }

        async fn ended_by(&self, signal: &str) {
            let session = self.app.state("work", "ended", s(15)).await;
            assert_eq!(
                (&session["ended"], &session["ended_by"]),
                (&json!("provider_logout"), &json!(signal))
            );
            let refused = self.app.abide(&["token"]).await;
            assert_eq!((refused.code, refused.stdout.as_str()), (3, ""));
            assert!(refused.stderr.contains("the provider ended its session"), "{}", refused.stderr);
        }

        /// What has been asked of the provider since says that it was looked at again, and the session is there.
        async fn goes_on(&self) {
            let session = self.app.session("work").await;
            assert_eq!(session["state"], "active", "{session}");
        }

        fn demo(&self) -> &DemoOp {
            let Provider::Demo(provider) = self.provider else { panic!("the demo provider") };
            provider
        }
    }

    /// What is the same with every provider that has the iframe.
    async fn the_tab_watches(room: &Room, provider: &Provider, scopes: &str) {
        let scene = Scene::new(room, provider, &(scopes.to_owned() + WATCHING)).await;

        // Whoever signs out at the provider in another tab is signed out here within one poll.
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        page.says("Abide has just looked").await;
        page.screenshot(&room.evidence().join("watching.png")).await;
        let other = scene.browser.open("about:blank").await;
        provider.sign_out_in_tab(&other).await;
        scene.ended_by("iframe").await;
        let words = page.says("Your session with").await;
        assert!(words.contains("You are signed out") && !words.contains("You are signed in"), "{words}");
        page.screenshot(&room.evidence().join("over.png")).await;
        page.close().await;

        // A renewal is none of the tab's business.
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        let asked = provider.asked().await.refreshes;
        assert_eq!(scene.app.abide(&["keep"]).await.code, 0);
        eventually("the refresh", s(10), || async {
            (provider.asked().await.refreshes > asked).then_some(())
        })
        .await;
        let before = scene.signal("iframe", "works").await["heard_at"].clone();
        eventually("another look", s(20), || async {
            (scene.signal("iframe", "works").await["heard_at"] != before).then_some(())
        })
        .await;
        scene.goes_on().await;

        // Somebody else at the same browser is not the person of this session.
        provider.sign_in_in_tab(&other, OTHER_USER).await;
        scene.ended_by("iframe").await;
        page.close().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_tab_watches_the_demo_provider() {
        let room = Room::with_keyring("session-demo").await;
        the_tab_watches(&room, &Provider::demo().await, OFFLINE).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_tab_watches_django_oidc_provider() {
        let room = Room::with_keyring("session-django").await;
        let provider = Provider::django(&room, DjangoSettings::default()).await;
        // A public client is asked for consent each time there, so a silent request never says who is signed in.
        let secret = room.path("client-secret");
        std::fs::write(&secret, "a-secret-of-the-tests\n").unwrap();
        let client = format!("client_secret_file = \"{}\"\n", secret.display());
        the_tab_watches(&room, &provider, &(OFFLINE.to_owned() + &client)).await;
    }

    /// What remains with a public client at a provider that answers every silent request with `consent_required`.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_would_have_to_ask_is_watched_for_sign_outs() {
        let room = Room::with_keyring("session-consent").await;
        let provider = Provider::django(&room, DjangoSettings::default()).await;
        let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        let other = scene.browser.open("about:blank").await;
        provider.sign_out_in_tab(&other).await;
        scene.ended_by("iframe").await;
        page.close().await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_tab_watches_keycloak() {
        let room = Room::with_keyring("session-keycloak").await;
        let provider = Provider::keycloak(RealmSettings::default()).await;
        the_tab_watches(&room, &provider, ONLINE).await;
    }

    /// A page on `localhost` is on another site than `127.0.0.1`, and the demo provider's cookie stays within its site.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_browser_that_hides_the_cookie_ends_nothing_and_is_named() {
        let room = Room::with_keyring("session-blocked").await;
        let redirect_uri = format!("http://localhost:{}/callback", free_port());
        let provider = Provider::Demo(
            DemoOp::start(Config {
                clients: vec![Client { redirect_uris: vec![redirect_uri.clone()], ..Client::default() }],
                ..Config::default()
            })
            .await
            .unwrap(),
        );
        let settings = format!("{OFFLINE}{WATCHING}redirect_uri = \"{redirect_uri}\"\n");
        let scene = Scene::new(&room, &provider, &settings).await;
        let page = scene.signs_in().await;
        scene.signal("iframe", "blocked").await;
        page.says("Your browser hides the cookies").await;
        page.screenshot(&room.evidence().join("blocked.png")).await;
        scene.goes_on().await;
        assert_eq!(scene.app.abide(&["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_tab_that_is_closed_is_known_to_be_and_opens_again() {
        let room = Room::with_keyring("session-closed").await;
        let provider = Provider::demo().await;
        let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        page.go("about:blank").await;
        scene.signal("iframe", "closed").await;
        scene.goes_on().await;
        let opened = scene.app.abide(&["monitor"]).await;
        assert_eq!(opened.code, 0, "{opened:?}");
        let page = scene.opened().await;
        scene.signal("iframe", "works").await;
        let other = scene.browser.open("about:blank").await;
        provider.sign_out_in_tab(&other).await;
        scene.ended_by("iframe").await;
        page.says("Your session with").await;
    }

    /// Another page in the browser cannot speak for the one that watches.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_foreign_page_says_nothing() {
        let room = Room::with_keyring("session-foreign").await;
        let provider = Provider::demo().await;
        let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + WATCHING)).await;
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        let place = page.address().await;
        let foreign =
            scene.browser.open(&format!("{}/.well-known/openid-configuration", provider.issuer())).await;
        // Messages to a window that it opened, with the words of the provider's iframe.
        let shout = format!(
            "(async () => {{ const told = {{ secret: 'x', told: 'changed' }}; \
               const answer = await fetch('{place}/tell', {{ method: 'POST', mode: 'no-cors', \
               headers: {{ 'Content-Type': 'application/json' }}, body: JSON.stringify(told) }}).catch(() => null); \
               return answer === null ? 'refused' : answer.type; }})()"
        );
        foreign.evaluate(&shout).await;
        // In the page itself, from a frame that is not the provider's.
        page.evaluate(
            "(() => { const frame = document.createElement('iframe'); document.body.append(frame); \
             frame.contentWindow.eval && window.postMessage('error', '*'); window.postMessage('changed', '*'); })()",
        )
        .await;
        let before = scene.signal("iframe", "works").await["heard_at"].clone();
        eventually("another look", s(20), || async {
            (scene.signal("iframe", "works").await["heard_at"] != before).then_some(())
        })
        .await;
        let silent = scene.demo().record().entries();
        let silent = silent.iter().filter(|entry| entry.parameter("prompt") == "none").count();
        assert_eq!(silent, 1, "the one at the start");
        scene.goes_on().await;
    }

    /// Whoever is not the page itself is not heard, even if they know what only the page knows.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn nobody_speaks_for_the_page() {
        let room = Room::with_keyring("session-secret").await;
        let provider = Provider::demo().await;
        let scene = Scene::new(&room, &provider, &(OFFLINE.to_owned() + "provider.poll = \"1h\"\n")).await;
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        page.says("Abide has just looked").await;
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
        // None of that has used the secret up; the first right request does.
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

    fn told_at(address: &str) -> Client {
        Client {
            backchannel_logout_uri: Some(format!("http://{address}/backchannel/work")),
            frontchannel_logout_uri: Some(format!("http://{address}/frontchannel/work")),
            ..Client::default()
        }
    }

    fn listening(watch: &str) -> String {
        format!("provider.watch = [{watch}]\nprovider.poll = \"2s\"\n")
    }

    async fn scene_with_listener<'a>(
        room: &'a Room,
        provider: &'a Provider,
        scopes: &str,
        watch: &str,
    ) -> (Scene<'a>, u16) {
        let port = free_port();
        let browser = Browser::headless(room).await;
        let settings = scopes.to_owned() + &listening(watch) + &provider.account_settings();
        let text = format!(
            "{}[logout_listener]\nport = {port}\n{}",
            opener(room),
            account_with(provider.issuer(), &settings, SESSION)
        );
        configure(room, &text);
        if let Provider::Demo(demo) = provider {
            demo.register(told_at(&format!("127.0.0.1:{port}"))).unwrap();
        }
        (Scene { room, provider, browser, app: App::headless(room).await }, port)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_provider_sends_word_by_the_back_channel() {
        let room = Room::with_keyring("session-back").await;
        let provider = Provider::demo().await;
        let (scene, _) = scene_with_listener(&room, &provider, OFFLINE, "\"backchannel\"").await;
        sign_in(&room).await;
        assert_eq!(scene.demo().end_session(USER), 1);
        scene.ended_by("backchannel").await;
    }

    /// Both accounts have the same client at the provider, which knows one address of it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_logout_token_about_somebody_else_ends_nothing() {
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
        eventually("the word about somebody else", s(10), || async { told(1).then_some(()) }).await;
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(demo.end_session(USER), 1);
        app.state("work", "ended", s(10)).await;
        assert_eq!(app.session("work").await["ended_by"], "backchannel");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_provider_sends_word_by_the_front_channel_and_a_foreign_page_cannot() {
        let room = Room::with_keyring("session-front").await;
        let provider = Provider::demo().await;
        let (scene, port) = scene_with_listener(&room, &provider, OFFLINE, "\"frontchannel\"").await;
        let page = scene.signs_in().await;
        let foreign = scene.browser.open("about:blank").await;
        for query in ["", "?sid=guess", &format!("?iss={}&sid=guess", provider.issuer())] {
            foreign.go(&format!("http://127.0.0.1:{port}/frontchannel/work{query}")).await;
            foreign.says("This is about no session").await;
            scene.goes_on().await;
        }
        provider.sign_out_in_tab(&foreign).await;
        scene.ended_by("frontchannel").await;
        drop(page);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn asking_at_an_interval_finds_out() {
        for signal in ["introspection", "userinfo"] {
            let room = Room::with_keyring(&format!("session-{signal}")).await;
            let provider = Provider::demo().await;
            let settings = format!("{OFFLINE}provider.watch = [\"{signal}\"]\n{WATCHING}");
            let scene = Scene::new(&room, &provider, &settings).await;
            sign_in(&room).await;
            scene.signal(signal, "works").await;
            // A provider that is away ends nothing.
            scene.demo().refuse().await;
            scene.signal(signal, "failed").await;
            scene.goes_on().await;
            scene.demo().resume().await.unwrap();
            scene.signal(signal, "works").await;
            assert_eq!(scene.demo().end_session(USER), 1);
            scene.ended_by(signal).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn security_events_are_fetched() {
        let room = Room::with_keyring("session-events").await;
        let stream = EventStream::new("abide", "the receiver's own");
        let config = Config { event_stream: Some(stream), ..Config::default() };
        let provider = Provider::Demo(DemoOp::start(config).await.unwrap());
        let Provider::Demo(demo) = &provider else { unreachable!() };
        let settings = format!(
            "{OFFLINE}provider.watch = [\"events\"]\nprovider.events = \"{}\"\n{WATCHING}",
            demo.events_endpoint()
        );
        let scene = Scene::new(&room, &provider, &settings).await;
        sign_in(&room).await;
        scene.signal("events", "works").await;
        let other = SecurityEvent::SessionRevoked { user: "bob".into(), sid: None };
        let jti = demo.queue_event(&other).unwrap();
        eventually("the event about somebody else to be acknowledged", s(10), || async {
            (demo.record().event(&jti) == Some(abide_demo_op::EventState::Acknowledged)).then_some(())
        })
        .await;
        scene.goes_on().await;
        demo.queue_event(&SecurityEvent::SessionRevoked { user: USER.into(), sid: None }).unwrap();
        scene.ended_by("events").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keycloak_sends_word_by_both_channels() {
        for (channel, watch) in [("backchannel", "\"backchannel\""), ("frontchannel", "\"frontchannel\"")] {
            let room = Room::with_keyring(&format!("session-keycloak-{channel}")).await;
            let port = free_port();
            let provider = Provider::keycloak(RealmSettings::default()).await;
            let Provider::Keycloak(realm) = &provider else { unreachable!() };
            let address = format!("http://127.0.0.1:{port}/{channel}/work");
            realm
                .change_client(&if channel == "backchannel" {
                    json!({ "frontchannelLogout": false, "attributes": {
                        "backchannel.logout.url": address, "backchannel.logout.session.required": "true" } })
                } else {
                    json!({ "frontchannelLogout": true, "attributes": {
                        "frontchannel.logout.url": address, "frontchannel.logout.session.required": "true" } })
                })
                .await;
            let browser = Browser::headless(&room).await;
            let settings = ONLINE.to_owned() + &listening(watch);
            let text = format!(
                "{}[logout_listener]\nport = {port}\n{}",
                opener(&room),
                account_with(provider.issuer(), &settings, SESSION)
            );
            configure(&room, &text);
            let scene = Scene { room: &room, provider: &provider, browser, app: App::headless(&room).await };
            let page = scene.signs_in().await;
            let other = scene.browser.open("about:blank").await;
            other.go(&format!("{}/protocol/openid-connect/logout", provider.issuer())).await;
            other.click("#kc-logout").await;
            scene.ended_by(channel).await;
            page.close().await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn signing_out_here_signs_out_there_where_the_account_says_so() {
        let room = Room::with_keyring("session-logout").await;
        let provider = Provider::demo().await;
        let scene = Scene::new(
            &room,
            &provider,
            &format!(
                "{OFFLINE}logout.provider = true\nlogout.redirect_uri = \"http://127.0.0.1/signed-out\"\n"
            ),
        )
        .await;
        let page = scene.signs_in().await;
        page.close().await;
        assert_eq!(scene.app.abide(&["logout"]).await.code, 0);
        let address = scene.address().await;
        let origin = url::Url::parse(&address).unwrap().origin().ascii_serialization();
        // oidcc-client-test-rp-init-logout-other-state, and -no-state.
        for query in ["?state=other", ""] {
            let stray = http().get(format!("{origin}/signed-out{query}")).send().await.unwrap();
            assert_eq!(stray.status(), 400, "{query}");
        }
        let back = scene.browser.open(&address).await;
        back.says("You are signed out").await;
        for visited in back.history().await {
            assert!(
                !visited.starts_with("http://127.0.0.1") || !visited.contains("id_token_hint="),
                "{visited}"
            );
        }
        eventually("the provider's end to be checked", s(10), || async {
            (scene.app.session("work").await["provider_end"] == "ended").then_some(())
        })
        .await;
        assert_eq!(provider.asked().await.revocations, 2, "the refresh token and the access token");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_is_away_is_told_later_even_by_another_process() {
        let room = Room::with_keyring("session-later").await;
        let provider = Provider::demo().await;
        let mut scene = Scene::new(&room, &provider, OFFLINE).await;
        sign_in(&room).await;
        scene.demo().refuse().await;
        assert_eq!(scene.app.abide(&["logout", "--no-wait"]).await.code, 0);
        assert_eq!(scene.app.session("work").await["provider_end"], "pending");
        assert_eq!(scene.app.abide(&["token"]).await.code, 3);
        scene.app.kill();
        scene.demo().resume().await.unwrap();
        assert_eq!(provider.asked().await.revocations, 0);
        scene.app = App::headless(&room).await;
        eventually("the provider to be told", s(10), || async {
            (provider.asked().await.revocations >= 1).then_some(())
        })
        .await;
        assert_eq!(scene.app.session("work").await["state"], "signed_out");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_provider_cannot_revoke_is_said_to_be_over_only_here() {
        let room = Room::with_keyring("session-local").await;
        let provider = Provider::django(&room, DjangoSettings::default()).await;
        let scene = Scene::new(&room, &provider, OFFLINE).await;
        scene.signs_in().await.close().await;
        assert_eq!(scene.app.abide(&["logout"]).await.code, 0);
        eventually("what became of the provider's side", s(10), || async {
            (scene.app.session("work").await["provider_end"] == "local_only").then_some(())
        })
        .await;
    }
}

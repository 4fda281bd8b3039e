//! The provider's session ends and Abide detects it, or ignores what is not an end. With a real browser.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn provider_session() {
    abide_tests::skipped("provider_session", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod provider_session {
    mod attacks;
    mod conformance;
    mod edges;
    mod firefox;
    mod habits;
    mod local_network;
    mod scene;
    mod sign_out;
    mod signals;
    mod streams;

    use abide_demo_op::{
        Client, Config, DemoOp, Endpoint, Entry, EventStream, Outcome, Quirks, SecurityEvent,
    };
    use abide_tests::app::{App, account_with, configure};
    use abide_tests::browser::{Browser, Cookies};
    use abide_tests::login::sign_in;
    use abide_tests::providers::{Django, DjangoSettings, OTHER_USER, Provider, Realm, RealmSettings, USER};
    use abide_tests::room::Room;
    use abide_tests::tab::Tab as _;
    use abide_tests::{eventually, free_port, http, s, skipped};
    use serde_json::json;

    use self::scene::{
        OFFLINE, ONLINE, SESSION, Scene, WATCHING, confidential, django_elsewhere, keycloak_elsewhere, opener,
    };

    /// The checks for every provider with the iframe.
    async fn the_tab_watches(room: &Room, provider: &Provider, scopes: &str) {
        let browser = Browser::headless(room).await;
        the_tab_watches_in(room, provider, scopes, browser).await;
    }

    async fn the_tab_watches_in(room: &Room, provider: &Provider, scopes: &str, browser: Browser<'_>) {
        let scene = Scene::with(room, provider, &(scopes.to_owned() + WATCHING), browser).await;

        // After a sign-out at the provider in another tab, the session here ends within one poll.
        let page = scene.signs_in().await;
        scene.signal("iframe", "works").await;
        page.says("Abide has just checked").await;
        page.screenshot(&room.evidence().join("watching.png")).await;
        let other = scene.browser.open("about:blank").await;
        provider.sign_out_in_tab(&other).await;
        scene.ended_by("iframe").await;
        let words = page.says("Your session with").await;
        assert!(words.contains("You are signed out") && !words.contains("You are signed in"), "{words}");
        page.screenshot(&room.evidence().join("over.png")).await;
        page.close().await;

        // A renewal does not concern the tab.
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

        // Another person in the same browser is not the person of this session.
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
        if let Some(reason) = Django::missing() {
            return skipped("the_tab_watches_django_oidc_provider", reason);
        }
        let room = Room::with_keyring("session-django").await;
        let provider = Provider::django(&room, DjangoSettings::default()).await;
        the_tab_watches(&room, &provider, &confidential(&room)).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_tab_watches_another_site_where_third_party_cookies_are_allowed() {
        if let Some(reason) = Django::missing() {
            return skipped("the_tab_watches_another_site_where_third_party_cookies_are_allowed", reason);
        }
        let mut room = Room::with_keyring("session-elsewhere").await;
        let (site, provider) = django_elsewhere(&mut room).await;
        let browser = Browser::headless_at(&room, &site, Cookies::Allowed).await;
        the_tab_watches_in(&room, &provider, &confidential(&room), browser).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn another_site_where_third_party_cookies_are_blocked_ends_nothing_and_is_not_asked_again() {
        if let Some(reason) = Django::missing() {
            return skipped(
                "another_site_where_third_party_cookies_are_blocked_ends_nothing_and_is_not_asked_again",
                reason,
            );
        }
        let mut room = Room::with_keyring("session-elsewhere-blocked").await;
        let (site, provider) = django_elsewhere(&mut room).await;
        let browser = Browser::headless_at(&room, &site, Cookies::Blocked).await;
        let settings = confidential(&room) + "provider.watch = [\"iframe\", \"userinfo\"]\n" + WATCHING;
        let scene = Scene::with(&room, &provider, &settings, browser).await;
        let page = scene.signs_in().await;
        scene.stays_although_the_frame_says_error(&page).await;
        // Longer than one interval.
        let looked = scene.looked_at("userinfo");
        looked.again().await;
        looked.again().await;
        let Provider::Django(django) = &provider else { unreachable!() };
        assert_eq!(django.silent_requests().await, 0);
        scene.goes_on().await;
    }

    /// The remaining signals with a public client at a provider that answers every silent request with `consent_required`.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_would_have_to_ask_is_watched_for_sign_outs() {
        if let Some(reason) = Django::missing() {
            return skipped("a_provider_that_would_have_to_ask_is_watched_for_sign_outs", reason);
        }
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
        if let Some(reason) = Realm::missing() {
            return skipped("the_tab_watches_keycloak", reason);
        }
        let room = Room::with_keyring("session-keycloak").await;
        let provider = Provider::keycloak(RealmSettings::default()).await;
        the_tab_watches(&room, &provider, ONLINE).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_tab_watches_keycloak_on_another_site_where_third_party_cookies_are_allowed() {
        if let Some(reason) = Realm::missing() {
            return skipped(
                "the_tab_watches_keycloak_on_another_site_where_third_party_cookies_are_allowed",
                reason,
            );
        }
        let mut room = Room::with_keyring("session-keycloak-elsewhere").await;
        let (site, provider) = keycloak_elsewhere(&mut room).await;
        let browser = Browser::headless_at(&room, &site, Cookies::Allowed).await;
        the_tab_watches_in(&room, &provider, ONLINE, browser).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keycloak_on_another_site_where_third_party_cookies_are_blocked_ends_nothing() {
        if let Some(reason) = Realm::missing() {
            return skipped(
                "keycloak_on_another_site_where_third_party_cookies_are_blocked_ends_nothing",
                reason,
            );
        }
        let mut room = Room::with_keyring("session-keycloak-blocked").await;
        let (site, provider) = keycloak_elsewhere(&mut room).await;
        let browser = Browser::headless_at(&room, &site, Cookies::Blocked).await;
        let scene = Scene::with(&room, &provider, &(ONLINE.to_owned() + WATCHING), browser).await;
        let page = scene.signs_in().await;
        scene.stays_although_the_frame_says_error(&page).await;
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
        scene.stays_although_the_cookie_is_hidden(&page).await;
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

    /// Another page in the browser cannot act as the one that watches.
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
        // Even with the secret that only the page knows: the browser sends the origin of a request.
        let secret = page.evaluate("sessionStorage.getItem('abide-monitor')").await;
        let shout = format!(
            "(async () => {{ const told = {{ secret: {secret}, told: 'changed' }}; \
               const answer = await fetch('{place}/tell', {{ method: 'POST', mode: 'no-cors', \
               headers: {{ 'Content-Type': 'application/json' }}, body: JSON.stringify(told) }}).catch(() => null); \
               return answer === null ? 'refused' : answer.type; }})()"
        );
        foreign.evaluate(&shout).await;
        // In the page itself, from a window that is not the provider's frame.
        page.evaluate("window.postMessage('error', '*'); window.postMessage('changed', '*')").await;
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
        scene_at_port(room, provider, scopes, watch, free_port()).await
    }

    async fn scene_at_port<'a>(
        room: &'a Room,
        provider: &'a Provider,
        scopes: &str,
        watch: &str,
        port: u16,
    ) -> (Scene<'a>, u16) {
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

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_provider_sends_word_by_the_front_channel_and_a_foreign_page_cannot() {
        let room = Room::with_keyring("session-front").await;
        let provider = Provider::demo().await;
        let (scene, port) = scene_with_listener(&room, &provider, OFFLINE, "\"frontchannel\"").await;
        let page = scene.signs_in().await;
        let foreign = scene.browser.open("about:blank").await;
        for query in ["", "?sid=guess", &format!("?iss={}&sid=guess", provider.issuer())] {
            foreign.go(&format!("http://127.0.0.1:{port}/frontchannel/work{query}")).await;
            foreign.says("No matching session").await;
            scene.goes_on().await;
        }
        provider.sign_out_in_tab(&foreign).await;
        scene.ended_by("frontchannel").await;
        drop(page);
    }

    /// What is shown is what is: a port that is taken is no signal, and it is one once the port is free.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_logout_listener_whose_port_is_taken_is_tried_again() {
        let room = Room::with_keyring("session-listener").await;
        let provider = Provider::demo().await;
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = other.local_addr().unwrap().port();
        let (scene, _) = scene_at_port(&room, &provider, OFFLINE, "\"backchannel\"", port).await;
        sign_in(&room).await;
        scene.signal("backchannel", "failed").await;
        drop(other);
        scene.signal("backchannel", "waiting").await;
        assert_eq!(scene.demo().end_session(USER), 1);
        scene.ended_by("backchannel").await;
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
            // An unreachable provider ends nothing.
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
        eventually("the event about another person to be acknowledged", s(10), || async {
            (demo.record().event(&jti) == Some(abide_demo_op::EventState::Acknowledged)).then_some(())
        })
        .await;
        scene.goes_on().await;
        demo.queue_event(&SecurityEvent::SessionRevoked { user: USER.into(), sid: None }).unwrap();
        scene.ended_by("events").await;
    }

    /// RFC 8935, and the events about the stream itself (Shared Signals Framework 1.0, section 8.1).
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn security_events_are_received() {
        let room = Room::with_keyring("session-events-push").await;
        let port = free_port();
        let push_to = Some(format!("http://127.0.0.1:{port}/events/work"));
        let stream = EventStream { push_to, ..EventStream::new("abide", "the receiver's own") };
        let config = Config { event_stream: Some(stream), ..Config::default() };
        let provider = Provider::Demo(DemoOp::start(config).await.unwrap());
        let Provider::Demo(demo) = &provider else { unreachable!() };
        let settings = format!("{OFFLINE}provider.watch = [\"events\"]\nprovider.events_push = true\n");
        let account = account_with(provider.issuer(), &settings, SESSION);
        configure(&room, &format!("[logout_listener]\nport = {port}\n{account}"));
        let browser = Browser::headless(&room).await;
        let scene = Scene { room: &room, provider: &provider, browser, app: App::headless(&room).await };
        sign_in(&room).await;
        scene.signal("events", "waiting").await;
        let taken = async |event: &SecurityEvent| {
            let jti = demo.queue_event(event).unwrap();
            eventually("the event to be taken", s(10), || async {
                (demo.record().event(&jti) == Some(abide_demo_op::EventState::Acknowledged)).then_some(())
            })
            .await;
        };
        taken(&SecurityEvent::Verification).await;
        scene.signal("events", "works").await;
        taken(&SecurityEvent::StreamUpdated { status: "paused".into() }).await;
        scene.signal("events", "failed").await;
        taken(&SecurityEvent::StreamUpdated { status: "enabled".into() }).await;
        scene.signal("events", "works").await;
        taken(&SecurityEvent::CredentialChange { user: USER.into() }).await;
        taken(&SecurityEvent::SessionRevoked { user: "bob".into(), sid: None }).await;
        scene.goes_on().await;
        let at = |path: &str| format!("http://127.0.0.1:{port}/events/{path}");
        for (path, kind, body, error) in [
            ("work", "application/secevent+jwt", "garbage", "invalid_request"),
            ("work", "application/jwt", "garbage", "invalid_request"),
            ("other", "application/secevent+jwt", "garbage", "access_denied"),
        ] {
            let sent = http().post(at(path)).header("content-type", kind).body(body).send().await.unwrap();
            assert_eq!(sent.status(), 400, "{path} {kind}");
            let said: serde_json::Value = sent.json().await.unwrap();
            assert_eq!(said["err"], error, "{said}");
        }
        scene.goes_on().await;
        demo.queue_event(&SecurityEvent::SessionRevoked { user: USER.into(), sid: None }).unwrap();
        scene.ended_by("events").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keycloak_sends_word_by_both_channels() {
        if let Some(reason) = Realm::missing() {
            return skipped("keycloak_sends_word_by_both_channels", reason);
        }
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
    async fn signing_out_here_signs_out_there_if_configured() {
        let room = Room::with_keyring("session-logout").await;
        // Like Keycloak: a revocation ends the session in the browser, and its sign-out page then does not reach the
        // provider behind it.
        let quirks = Quirks { revocation_ends_session: true, upstream: true, ..Quirks::default() };
        let config = Config { quirks, ..Config::default() };
        let provider = Provider::Demo(DemoOp::start(config).await.unwrap());
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
        // The access token, and a refresh token for each code: the sign-in's, and those that the tab asked for silently. One of
        // those may arrive last, and is revoked by itself.
        eventually("all tokens to be revoked", s(10), || async {
            let is_code = |entry: &&Entry| {
                entry.endpoint == Endpoint::Token && entry.outcome == Outcome::Ok && !entry.is_refresh()
            };
            let codes = scene.demo().record().entries().iter().filter(is_code).count();
            (provider.asked().await.revocations == 1 + codes).then_some(())
        })
        .await;
        assert_eq!(
            scene.demo().upstream_sessions(),
            0,
            "the browser came first: the session behind is over, too"
        );
    }

    /// Ory Hydra, Spring Authorization Server and Dex compare the port.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_browser_comes_back_from_a_provider_that_compares_ports() {
        let room = Room::with_keyring("session-logout-port").await;
        let registered = [47624, 47625, 47626].map(|port| format!("http://127.0.0.1:{port}/logout")).to_vec();
        let client = Client { post_logout_redirect_uris: registered, ..Client::default() };
        let quirks = Quirks { exact_post_logout_uris: true, ..Quirks::default() };
        let config = Config { quirks, clients: vec![client], ..Config::default() };
        let provider = Provider::Demo(DemoOp::start(config).await.unwrap());
        let scene = Scene::new(&room, &provider, &format!("{OFFLINE}logout.provider = true\n")).await;
        let page = scene.signs_in().await;
        page.close().await;
        assert_eq!(scene.app.abide(&["logout"]).await.code, 0);
        let address = scene.address().await;
        assert_eq!(scene.app.session("work").await["sign_out_page"], "open");
        let back = scene.browser.open(&address).await;
        back.says("You are signed out").await;
        eventually("the browser to be back", s(10), || async {
            (scene.app.session("work").await["sign_out_page"] == "came_back").then_some(())
        })
        .await;
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
        eventually("the outcome to be known", s(10), || async {
            (scene.app.session("work").await["provider_end"] == "ended").then_some(())
        })
        .await;
        assert!(provider.asked().await.revocations >= 1);
        assert_eq!(scene.app.session("work").await["state"], "signed_out");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_provider_cannot_revoke_is_said_to_be_over_only_here() {
        if let Some(reason) = Django::missing() {
            return skipped("what_a_provider_cannot_revoke_is_said_to_be_over_only_here", reason);
        }
        let room = Room::with_keyring("session-local").await;
        let provider = Provider::django(&room, DjangoSettings::default()).await;
        let scene = Scene::new(&room, &provider, OFFLINE).await;
        scene.signs_in().await.close().await;
        assert_eq!(scene.app.abide(&["logout"]).await.code, 0);
        eventually("the result at the provider", s(10), || async {
            (scene.app.session("work").await["provider_end"] == "local_only").then_some(())
        })
        .await;
    }
}

//! Real providers: each one by others, with a real browser, from the sign-in to the sign-out. `oidc-provider` is also in
//! `acceptance.rs`, on a complete desktop.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn providers() {
    abide_tests::skipped("providers", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod providers {
    use abide_tests::app::{App, account_with, configure};
    use abide_tests::browser::{Browser, Page};
    use abide_tests::login::{Login, Scribe};
    use abide_tests::providers::{
        Django, DjangoSettings, LemonLdap, LemonLdapSettings, OTHER_USER, Provider, Realm, RealmSettings,
        USER,
    };
    use abide_tests::room::Room;
    use abide_tests::tab::Tab as _;
    use abide_tests::{eventually, http, s, skipped};
    use serde_json::json;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"\nabsolute = \"1h\"";
    const OFFLINE: &str = "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";
    const ONLINE: &str = "scopes = [\"openid\", \"profile\", \"email\"]\n";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn oidc_provider_from_sign_in_to_sign_out() {
        let room = Room::with_keyring("providers-node").await;
        let provider = Provider::node(&room).await;
        let scene = Scene::new(&room, &provider, OFFLINE).await;
        scene.signs_in(USER).await;
        let token = scene.gets_a_token_that_the_provider_accepts().await;
        let token = scene.refreshes(&token).await;
        scene.signs_out_and_the_provider_revokes(&token).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn django_oidc_provider_from_sign_in_to_sign_out() {
        if let Some(reason) = Django::missing() {
            return skipped("django_oidc_provider_from_sign_in_to_sign_out", reason);
        }
        let room = Room::with_keyring("providers-django").await;
        let provider = Provider::django(&room, DjangoSettings::default()).await;
        let scene = Scene::new(&room, &provider, OFFLINE).await;
        scene.signs_in(USER).await;
        let token = scene.gets_a_token_that_the_provider_accepts().await;
        let fresh = scene.refreshes(&token).await;
        assert!(!provider.stands_by(&token).await, "a refresh takes the old token away");
        assert!(provider.stands_by(&fresh).await);
        scene.signs_out().await;
        // It has no revocation endpoint, so there is nothing more to check.
        assert_eq!(provider.asked().await.revocations, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keycloak_from_sign_in_to_sign_out() {
        if let Some(reason) = Realm::missing() {
            return skipped("keycloak_from_sign_in_to_sign_out", reason);
        }
        let room = Room::with_keyring("providers-keycloak").await;
        let provider = Provider::keycloak(RealmSettings::default()).await;
        let scene = Scene::new(&room, &provider, ONLINE).await;
        scene.signs_in(USER).await;
        let token = scene.gets_a_token_that_the_provider_accepts().await;
        let token = scene.refreshes(&token).await;
        assert!(provider.stands_by(&token).await);
        scene.signs_out_and_the_provider_revokes(&token).await;
        assert!(!provider.stands_by(&token).await, "introspection confirms it");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keycloak_with_offline_access_from_sign_in_to_sign_out() {
        if let Some(reason) = Realm::missing() {
            return skipped("keycloak_with_offline_access_from_sign_in_to_sign_out", reason);
        }
        let room = Room::with_keyring("providers-keycloak-offline").await;
        let provider = Provider::keycloak(RealmSettings::default()).await;
        let scene = Scene::new(&room, &provider, OFFLINE).await;
        scene.signs_in(USER).await;
        let token = scene.gets_a_token_that_the_provider_accepts().await;
        let token = scene.refreshes(&token).await;
        scene.signs_out_and_the_provider_revokes(&token).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_end_by_the_administrator_of_keycloak_is_learnt_with_the_next_refresh() {
        if let Some(reason) = Realm::missing() {
            return skipped("an_end_by_the_administrator_of_keycloak", reason);
        }
        let room = Room::with_keyring("providers-keycloak-administrator").await;
        let provider = Provider::keycloak(RealmSettings::default()).await;
        let Provider::Keycloak(realm) = &provider else { unreachable!() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/logout", listener.local_addr().unwrap());
        realm.change_client(&json!({ "attributes": { "backchannel.logout.url": address } })).await;
        let scene = Scene::new(&room, &provider, ONLINE).await;
        scene.signs_in(USER).await;

        let (_, told) = tokio::join!(realm.end_sessions_of(USER), first_request(&listener));
        assert!(told.starts_with("POST /logout ") && told.contains("\r\n\r\nlogout_token=ey"), "{told}");
        let _ = scene.app.abide(&["keep"]).await;
        let session = scene.app.state("work", "ended", s(15)).await;
        assert_eq!(session["ended"], "refresh_rejected", "{session}");
        assert_eq!(scene.app.abide(&["token"]).await.code, 3);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn lemonldap_from_sign_in_to_sign_out() {
        if let Some(reason) = LemonLdap::missing() {
            return skipped("lemonldap_from_sign_in_to_sign_out", reason);
        }
        let room = Room::with_keyring("providers-lemonldap").await;
        let provider = Provider::lemonldap(&room, LemonLdapSettings::default()).await;
        let scene = Scene::new(&room, &provider, OFFLINE).await;
        scene.signs_in(USER).await;
        let token = scene.gets_a_token_that_the_provider_accepts().await;
        let done = scene.app.abide(&["claims", "--json"]).await;
        assert!(done.stdout.contains("alice@example.com"), "{done:?}");
        // Its refresh token stays the same.
        scene.refreshes(&token).await;
        scene.signs_out().await;
    }

    /// It answers `invalid_request` where others say `invalid_grant`.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_refresh_token_that_lemonldap_has_lost() {
        if let Some(reason) = LemonLdap::missing() {
            return skipped("a_refresh_token_that_lemonldap_has_lost", reason);
        }
        let room = Room::with_keyring("providers-lemonldap-lost").await;
        let provider = Provider::lemonldap(&room, LemonLdapSettings::default()).await;
        let Provider::LemonLdap(portal) = &provider else { unreachable!() };
        let scene = Scene::new(&room, &provider, OFFLINE).await;
        scene.signs_in(USER).await;
        portal.forget().await;
        let _ = scene.app.abide(&["keep"]).await;
        let session = eventually("the refusal", s(15), || async {
            let session = scene.app.session("work").await;
            (session["last_error_code"].is_string() || session["state"] == "ended").then_some(session)
        })
        .await;
        // The refusal is named, whether or not it ends the session.
        if session["state"] == "ended" {
            assert_eq!(session["ended"], "refresh_rejected", "{session}");
            assert_eq!(scene.app.abide(&["token"]).await.code, 3);
        } else {
            assert_eq!(session["last_error_code"], "invalid_request", "{session}");
            assert_eq!(session["sign_in_needed"], true, "{session}");
        }
    }

    /// Reads the first request to an unused address, and answers that it was understood.
    async fn first_request(listener: &TcpListener) -> String {
        let answered = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = String::new();
            let mut bytes = [0; 4096];
            while !request.contains("logout_token=") {
                let count = stream.read(&mut bytes).await.unwrap();
                assert_ne!(count, 0, "a whole request: {request}");
                request += &String::from_utf8_lossy(&bytes[..count]);
            }
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await
                .unwrap();
            request
        };
        tokio::time::timeout(s(20), answered).await.expect("a call within 20 s")
    }

    /// The base of all tests of a provider's own session.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_session_at_oidc_provider_changes_hands_and_ends_in_a_tab() {
        let room = Room::with_keyring("providers-node-tab").await;
        let provider = Provider::node(&room).await;
        changes_hands_and_ends_in_a_tab(&room, &provider).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_session_at_django_oidc_provider_changes_hands_and_ends_in_a_tab() {
        if let Some(reason) = Django::missing() {
            return skipped("the_session_at_django_oidc_provider", reason);
        }
        let room = Room::with_keyring("providers-django-tab").await;
        let provider = Provider::django(&room, DjangoSettings::default()).await;
        changes_hands_and_ends_in_a_tab(&room, &provider).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_session_at_keycloak_changes_hands_and_ends_in_a_tab() {
        if let Some(reason) = Realm::missing() {
            return skipped("the_session_at_keycloak", reason);
        }
        let room = Room::with_keyring("providers-keycloak-tab").await;
        let provider = Provider::keycloak(RealmSettings::default()).await;
        changes_hands_and_ends_in_a_tab(&room, &provider).await;
        // The page that watches the session may be at any port.
        let iframe = format!("{}/protocol/openid-connect/login-status-iframe.html", provider.issuer());
        for origin in ["http://127.0.0.1:1024", "http://127.0.0.1:65535"] {
            let asked = format!("{iframe}/init?client_id=abide&origin={origin}");
            assert_eq!(http().get(asked).send().await.unwrap().status(), 204, "{origin}");
        }
    }

    /// A revocation alone would leave the session at the provider behind it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_sign_out_at_keycloak_ends_the_session_at_the_provider_behind_it() {
        if let Some(reason) = Realm::missing() {
            return skipped("a_sign_out_at_keycloak", reason);
        }
        let room = Room::with_keyring("providers-keycloak-broker").await;
        let broker = Provider::keycloak(RealmSettings::default()).await;
        let upstream = Provider::keycloak(RealmSettings::default()).await;
        let (Provider::Keycloak(front), Provider::Keycloak(behind)) = (&broker, &upstream) else {
            unreachable!()
        };
        front.asks(behind).await;
        let (browser, scribe) = (Browser::headless(&room).await, Scribe::new(&room));
        let settings = format!(
            "{ONLINE}extra = {{ kc_idp_hint = \"upstream\" }}\n\
             logout = {{ provider = true, redirect_uri = \"http://127.0.0.1/signed-out\" }}\n"
        );
        let opener = format!("browser = {}\n", json!(scribe.command()));
        configure(&room, &(opener + &account_with(broker.issuer(), &settings, SESSION)));
        let app = App::headless(&room).await;
        let person = async || {
            let page = browser.open(&scribe.address().await).await;
            page.wait_for("input[name=password]").await;
            assert!(page.address().await.starts_with(upstream.issuer()));
            upstream.sign_in_as(&page, USER).await;
            page.says("You are signed in").await;
            page.close().await;
        };
        let (done, ()) = tokio::join!(app.abide(&["login"]), person());
        assert_eq!(done.code, 0, "{done:?}");
        assert_eq!((front.sessions_of(USER).await, behind.sessions_of(USER).await), (1, 1));
        let done = app.abide(&["logout"]).await;
        assert_eq!(done.code, 0, "{done:?}");
        let page = browser.open(&scribe.address().await).await;
        page.says("You are signed out").await;
        let address = page.address().await;
        assert!(address.contains("/signed-out"), "Abide's own page: {address}");
        eventually("the end of both sessions", s(20), || async {
            let left = (front.sessions_of(USER).await, behind.sessions_of(USER).await);
            (left == (0, 0)).then_some(())
        })
        .await;
        // It asks for the password again.
        let (done, ()) = tokio::join!(app.abide(&["login"]), person());
        assert_eq!(done.code, 0, "{done:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_session_at_lemonldap_changes_hands_and_ends_in_a_tab() {
        if let Some(reason) = LemonLdap::missing() {
            return skipped("the_session_at_lemonldap", reason);
        }
        let room = Room::with_keyring("providers-lemonldap-tab").await;
        let provider = Provider::lemonldap(&room, LemonLdapSettings::default()).await;
        changes_hands_and_ends_in_a_tab(&room, &provider).await;
    }

    async fn changes_hands_and_ends_in_a_tab(room: &Room, provider: &Provider) {
        let browser = Browser::headless(room).await;
        let page = browser.open("about:blank").await;
        provider.sign_in_in_tab(&page, USER).await;
        provider.sign_in_again_in_tab(&page, USER).await;
        provider.sign_in_in_tab(&page, OTHER_USER).await;
        provider.sign_out_in_tab(&page).await;
        // A repetition changes nothing.
        provider.sign_out_in_tab(&page).await;
    }

    struct Scene<'a> {
        room: &'a Room,
        provider: &'a Provider,
        browser: Browser<'a>,
        app: App<'a>,
    }

    impl<'a> Scene<'a> {
        async fn new(room: &'a Room, provider: &'a Provider, scopes: &str) -> Self {
            let settings = scopes.to_owned() + &provider.account_settings();
            configure(room, &account_with(provider.issuer(), &settings, SESSION));
            let browser = Browser::headless(room).await;
            Self { room, provider, browser, app: App::headless(room).await }
        }

        async fn signs_in(&self, user: &str) {
            let asked = self.provider.asked().await;
            let login = Login::begin(self.room).await;
            let page = self.browser.open(&login.url).await;
            self.provider.sign_in_as(&page, user).await;
            page.says("You are signed in").await;
            self.nothing_is_left_in(&page).await;
            assert!(page.text().await.contains(user), "the page says who is signed in");
            page.close().await;
            let done = login.end().await;
            assert_eq!(done.code, 0, "{done:?}");
            let session = self.app.state("work", "active", s(10)).await;
            assert_eq!(session["renewable"], true, "{session}");
            // One more if the watching tab has tried a silent request.
            let since = self.provider.asked().await.authorizations - asked.authorizations;
            assert!((1..=2).contains(&since), "{since} sign-ins");
        }

        async fn nothing_is_left_in(&self, page: &Page<'_>) {
            let address = page.address().await;
            assert!(address.starts_with("http://127.0.0.1:"), "{address}");
            for visited in page.history().await.iter().chain([&address]) {
                assert!(
                    !visited.contains("code="),
                    "no code in the address or in the tab's history: {visited}"
                );
            }
        }

        async fn gets_a_token_that_the_provider_accepts(&self) -> String {
            let done = self.app.abide(&["token"]).await;
            assert_eq!((done.code, done.stderr.as_str()), (0, ""), "abide token");
            let (status, claims) = self.provider.userinfo(&done.stdout).await;
            assert_eq!(status, 200, "UserInfo accepts the token");
            assert!(claims["sub"].is_string() && claims.to_string().contains(USER), "{claims}");
            done.stdout
        }

        /// Two refreshes. All three providers invalidate the old refresh token, so the second one succeeds only with the new
        /// token of the first.
        async fn refreshes(&self, token: &str) -> String {
            let mut token = token.to_owned();
            for _ in 0..2 {
                let asked = self.provider.asked().await;
                let done = self.app.abide(&["keep"]).await;
                assert_eq!(done.code, 0, "{done:?}");
                eventually("the provider to grant a refresh", s(10), || async {
                    (self.provider.asked().await.refreshes > asked.refreshes).then_some(())
                })
                .await;
                token = eventually("the token that the refresh brought", s(10), || async {
                    let done = self.app.abide(&["token"]).await;
                    assert_eq!(done.code, 0, "{}", done.stderr);
                    Some(done.stdout).filter(|fresh| *fresh != token)
                })
                .await;
                assert_eq!(self.provider.userinfo(&token).await.0, 200);
            }
            let session = self.app.session("work").await;
            assert!(session["last_error"].is_null(), "{session}");
            token
        }

        async fn signs_out(&self) {
            let done = self.app.abide(&["logout"]).await;
            assert_eq!(done.code, 0, "{done:?}");
            let session = self.app.state("work", "ended", s(10)).await;
            assert_eq!(session["ended"], "user_logout", "{session}");
            let done = self.app.abide(&["token"]).await;
            assert_eq!((done.code, done.stdout.as_str()), (3, ""), "login required: {}", done.stderr);
        }

        async fn signs_out_and_the_provider_revokes(&self, token: &str) {
            let asked = self.provider.asked().await;
            self.signs_out().await;
            eventually("the provider to see the revocation", s(10), || async {
                (self.provider.asked().await.revocations > asked.revocations).then_some(())
            })
            .await;
            let (status, _) = self.provider.userinfo(token).await;
            assert_eq!(status, 401, "the last token is worth nothing");
        }
    }
}

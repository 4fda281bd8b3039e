//! All features of each provider, tried with the programs and a real browser, for the table in docs/providers.md. Features
//! that the program does not show are tried with `abide-oidc` alone.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
#[path = "provider_features/bare.rs"]
mod bare;

#[cfg(not(target_os = "linux"))]
#[test]
fn provider_features() {
    abide_tests::skipped("provider_features", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod provider_features {
    use abide_demo_op::{Client, Config, DemoOp, PushedAuthorization, SigningAlgorithm};
    use abide_oidc::Registration;
    use abide_tests::app::{App, Done, configure};
    use abide_tests::browser::{Browser, Page};
    use abide_tests::login::Login;
    use abide_tests::providers::{
        Django, DjangoSettings, LemonLdap, LemonLdapSettings, Provider, Realm, RealmSettings, USER,
    };
    use abide_tests::room::Room;
    use abide_tests::seen::tried;
    use abide_tests::tab::Tab as _;
    use abide_tests::{eventually, http, s, skipped};
    use base64::Engine as _;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;
    use serde_json::{Value, json};

    use crate::bare::Bare;

    const OFFLINE: &[&str] = &["openid", "profile", "email", "offline_access"];
    const ONLINE: &[&str] = &["openid", "profile", "email"];
    const RESOURCE: &str = "https://api.example.com/";
    const DEVICE: &str = "device_authorization_endpoint";
    const EXCHANGE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_the_demo_provider_has() {
        let room = Room::with_keyring("features-demo").await;
        let signed = Client {
            id: "abide-signed".to_owned(),
            userinfo_signing: Some(SigningAlgorithm::Es256),
            ..Client::default()
        };
        let config = Config {
            clients: vec![Client::default(), signed],
            device_poll_interval: s(1),
            pushed_authorization: PushedAuthorization::Offered,
            ..Config::default()
        };
        let provider = Provider::Demo(DemoOp::start(config).await.unwrap());
        everything(&room, &provider, OFFLINE, "http://127.0.0.1/signed-out").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_oidc_provider_has() {
        let room = Room::with_keyring("features-node").await;
        let provider = Provider::node(&room).await;
        everything(&room, &provider, OFFLINE, "http://127.0.0.1/signed-out").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_django_oidc_provider_has() {
        if let Some(reason) = Django::missing() {
            return skipped("what_django_oidc_provider_has", reason);
        }
        let room = Room::with_keyring("features-django").await;
        let port = abide_tests::free_port();
        let signed_out = format!("http://127.0.0.1:{port}/signed-out");
        let settings = DjangoSettings {
            post_logout_redirect_uri: Some(signed_out.clone()),
            ..DjangoSettings::default()
        };
        let provider = Provider::django(&room, settings).await;
        everything(&room, &provider, OFFLINE, &signed_out).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_keycloak_has() {
        if let Some(reason) = Realm::missing() {
            return skipped("what_keycloak_has", reason);
        }
        let room = Room::with_keyring("features-keycloak").await;
        let provider = Provider::keycloak(RealmSettings::default()).await;
        everything(&room, &provider, ONLINE, "http://127.0.0.1/signed-out").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_lemonldap_has() {
        if let Some(reason) = LemonLdap::missing() {
            return skipped("what_lemonldap_has", reason);
        }
        let room = Room::with_keyring("features-lemonldap").await;
        let settings = LemonLdapSettings::default();
        let signed_out = settings.post_logout_redirect_uri.clone();
        let provider = Provider::lemonldap(&room, settings).await;
        everything(&room, &provider, OFFLINE, &signed_out).await;
    }

    async fn everything(room: &Room, provider: &Provider, scopes: &[&str], signed_out: &str) {
        let scene = Scene::new(room, provider, scopes, signed_out).await;
        scene.signs_in_refreshes_and_signs_out().await;
        scene.answers_in_a_form().await;
        scene.signs_what_it_says().await;
        scene.issues_for_a_resource().await;
        scene.signs_in_on_another_device().await;
        scene.registers().await;
        scene.binds_tokens().await;
        scene.by_itself(scopes).await;
    }

    struct Scene<'a> {
        room: &'a Room,
        provider: &'a Provider,
        metadata: Value,
        browser: Browser<'a>,
        app: App<'a>,
    }

    impl<'a> Scene<'a> {
        async fn new(room: &'a Room, provider: &'a Provider, scopes: &[&str], signed_out: &str) -> Self {
            let opened = room.path("opened");
            let script = format!("printf %s \"$0\" > {0}.new && mv {0}.new {0}", opened.display());
            let mut text = format!("browser = {}\n[endpoint]\nport = 0\n", json!(["sh", "-c", script]));
            let account = |name: &str, client: &str, more: &str| {
                format!(
                    "[accounts.{name}]\nissuer = \"{}\"\nclient_id = \"{client}\"\nscopes = {}\n\
                     provider.watch = [\"refresh\"]\n{}{more}\n",
                    provider.issuer(),
                    json!(scopes),
                    provider.account_settings(),
                )
            };
            let ending = format!("logout = {{ provider = true, redirect_uri = \"{signed_out}\" }}\n");
            // This Keycloak requires PKCE of the client, and then for devices too.
            let device = format!("device_pkce = {}\n", matches!(provider, Provider::Keycloak(_)));
            text += &account("work", "abide", &(ending + &device));
            text += &account("form", "abide", "response_mode = \"form_post\"\n");
            text += &account("bound", "abide", "dpop = \"required\"\n");
            text += &account("signed", "abide-signed", "");
            text += &account(
                "resource",
                "abide",
                &format!("resources = [\"{RESOURCE}\"]\nprovider.claims = false\n"),
            );
            configure(room, &text);
            let metadata = provider.metadata().await;
            let browser = Browser::headless(room).await;
            Self { room, provider, metadata, browser, app: App::headless(room).await }
        }

        fn tried(&self, feature: &str, outcome: &str) {
            tried(feature, self.provider, outcome);
        }

        /// Whether the metadata contain it.
        fn offers(&self, member: &str) -> bool {
            !matches!(&self.metadata[member], Value::Null | Value::Bool(false))
        }

        fn lists(&self, member: &str, value: &str) -> bool {
            self.metadata[member].as_array().is_some_and(|list| list.iter().any(|one| one == value))
        }

        /// Signs in with the browser. Returns the address that it was sent to, or the output of the command.
        async fn signs_in(&self, account: &str) -> Result<(String, Page<'_>), Done> {
            let login = Login::try_begin(self.room, &["--account", account]).await?;
            let url = login.url.clone();
            let page = self.browser.open(&url).await;
            self.provider.sign_in_as(&page, USER).await;
            let done = login.end().await;
            if done.code == 0 { Ok((url, page)) } else { Err(done) }
        }

        async fn token(&self, account: &str) -> String {
            let done = self.app.abide(&["token", "--account", account]).await;
            assert_eq!(done.code, 0, "{done:?}");
            done.stdout
        }

        async fn signs_in_refreshes_and_signs_out(&self) {
            let (url, page) = self.signs_in("work").await.unwrap();
            page.says("You are signed in").await;
            page.close().await;
            self.tried("sign-in", "works");
            let pushed = self.offers("pushed_authorization_request_endpoint");
            let names: Vec<_> =
                url::Url::parse(&url).unwrap().query_pairs().map(|(name, _)| name.into_owned()).collect();
            assert_eq!(pushed, names == ["client_id", "request_uri"], "{names:?}");
            self.tried("pushed requests", if pushed { "works" } else { "not offered" });

            let before = self.token("work").await;
            assert_eq!(self.app.abide(&["keep", "--account", "work"]).await.code, 0);
            let token = eventually("another token", s(10), || async {
                Some(self.token("work").await).filter(|token| *token != before)
            })
            .await;
            assert_eq!(self.provider.userinfo(&token).await.0, 200);
            self.tried("refresh", "works");
            self.issues_for_less().await;

            let asked = self.provider.asked().await;
            assert_eq!(self.app.abide(&["logout", "--account", "work", "--no-wait"]).await.code, 0);
            let opened = self.room.path("opened");
            assert!(self.offers("end_session_endpoint"), "each of them has it");
            let address = eventually("the sign-out page to be opened", s(10), || async {
                std::fs::read_to_string(&opened).ok()
            })
            .await;
            let page = self.browser.open(&address).await;
            self.tried("end of the session at the provider", self.confirms_the_sign_out(&page).await);
            page.close().await;
            if self.offers("revocation_endpoint") {
                eventually("the token to be worth nothing", s(10), || async {
                    (self.provider.userinfo(&token).await.0 == 401).then_some(())
                })
                .await;
                // The sign-out page came first. Some providers count no revocation of tokens that have ended with their
                // session.
                eventually("the result at the provider", s(10), || async {
                    (self.app.session("work").await["provider_end"] != "pending").then_some(())
                })
                .await;
                let counted = self.provider.asked().await.revocations > asked.revocations;
                self.tried("revocation", if counted { "works" } else { "ended with the session" });
            } else {
                self.tried("revocation", "not offered");
            }
        }

        /// With the same refresh token, while the session keeps its own scope.
        async fn issues_for_less(&self) {
            let words = ["token", "--account", "work", "--scope", "openid email", "--json"];
            let done = self.app.abide(&words).await;
            if done.code != 0 {
                // Some add their own scopes to every request; a tool that asked for fewer then gets nothing.
                let said: Value = serde_json::from_str(&done.stderr).unwrap();
                let code = said["error"].as_str().unwrap();
                return self.tried("a token with fewer scopes", &format!("refused: `{code}`"));
            }
            let less: Value = serde_json::from_str(&done.stdout).unwrap();
            assert_eq!(self.provider.userinfo(less["access_token"].as_str().unwrap()).await.0, 200);
            let own = self.app.abide(&["token", "--account", "work", "--json"]).await;
            let own: Value = serde_json::from_str(&own.stdout).unwrap();
            let narrower = less["scope"] != own["scope"] && less["access_token"] != own["access_token"];
            self.tried("a token with fewer scopes", if narrower { "works" } else { "ignored" });
        }

        /// Whether tokens are bound to our key, and refused without it.
        async fn binds_tokens(&self) {
            if !self.offers("dpop_signing_alg_values_supported") {
                return self.tried("DPoP", "not offered");
            }
            self.signs_in("bound").await.unwrap().1.close().await;
            let token = self.token("bound").await;
            assert_eq!(self.provider.userinfo(token.trim()).await.0, 401, "a stolen token cannot be used");
            let endpoint = self.metadata["userinfo_endpoint"].as_str().unwrap();
            assert_eq!(self.with_header("bound", endpoint).await, 200);
            assert_eq!(self.app.abide(&["keep", "--account", "bound"]).await.code, 0);
            eventually("another token", s(10), || async {
                (self.token("bound").await != token).then_some(())
            })
            .await;
            assert_eq!(self.with_header("bound", endpoint).await, 200, "renewed with the same key");
            self.tried("DPoP", "works");
        }

        /// The status of a tool's request with the headers of `abide header`.
        async fn with_header(&self, account: &str, url: &str) -> u16 {
            let mut nonce = None;
            for _ in 0..2 {
                let mut words = vec!["header", "--account", account, "--json", "--url", url];
                words.extend(nonce.iter().flat_map(|nonce: &String| ["--nonce", nonce.as_str()]));
                let done = self.app.abide(&words).await;
                assert_eq!(done.code, 0, "{done:?}");
                let headers: Value = serde_json::from_str(&done.stdout).unwrap();
                let mut request = http().get(url);
                for (name, value) in headers.as_object().unwrap() {
                    request = request.header(name, value.as_str().unwrap());
                }
                let answer = request.send().await.unwrap();
                let wanted = answer.headers().get("dpop-nonce").filter(|_| answer.status() == 401);
                nonce = wanted.and_then(|nonce| nonce.to_str().ok()).map(str::to_owned);
                if nonce.is_none() {
                    return answer.status().as_u16();
                }
            }
            401
        }

        /// Some ask for confirmation, even with `id_token_hint`. Returns the result for the table.
        async fn confirms_the_sign_out(&self, page: &Page<'_>) -> &'static str {
            let button = "button[name=logout], #kc-logout, form button[value=sign-out]";
            if let Provider::LemonLdap(portal) = self.provider {
                // Its page leads to its own sign-in instead of the way back.
                portal.says_that_it_is_over(page).await;
                return "works; the browser stays there";
            }
            let back = eventually("the provider's question, or the way back", s(20), || async {
                if page.text().await.contains("You are signed out")
                    && page.address().await.contains("signed-out")
                {
                    return Some(true);
                }
                page.has(button).await.then_some(false)
            })
            .await;
            if !back {
                page.click(button).await;
            }
            page.says("You are signed out").await;
            "works"
        }

        async fn answers_in_a_form(&self) {
            let outcome = match self.signs_in("form").await {
                Err(_) => self.refusal("form").await,
                Ok((_, page)) => {
                    page.says("You are signed in").await;
                    let visited = page.history().await;
                    assert!(!visited.iter().any(|address| address.contains("code=")), "{visited:?}");
                    page.close().await;
                    // A provider that does not support it answers in the URL.
                    let offered = self.lists("response_modes_supported", "form_post");
                    if offered { "works".to_owned() } else { "ignored".to_owned() }
                }
            };
            self.tried("answer in a form", &outcome);
        }

        /// The account's error code after a refused sign-in.
        async fn refusal(&self, account: &str) -> String {
            let session = self.app.session(account).await;
            let code = session["last_error_code"].as_str().unwrap_or_else(|| panic!("a code: {session}"));
            format!("refused: `{code}`")
        }

        async fn signs_what_it_says(&self) {
            if !self.offers("userinfo_signing_alg_values_supported") {
                return self.tried("signed UserInfo", "not offered");
            }
            self.signs_in("signed").await.unwrap().1.close().await;
            let token = self.token("signed").await;
            let endpoint = self.metadata["userinfo_endpoint"].as_str().unwrap();
            let answer = http().get(endpoint).bearer_auth(token).send().await.unwrap();
            let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
            assert!(kind.starts_with("application/jwt"), "{kind}");
            let done = self.app.abide(&["claims", "--account", "signed", "--json"]).await;
            let claims: Value = serde_json::from_str(&done.stdout).unwrap();
            assert!(claims["read_at"].is_u64() && claims.to_string().contains(USER), "{claims}");
            self.tried("signed UserInfo", "works");
        }

        async fn issues_for_a_resource(&self) {
            let outcome = match self.signs_in("resource").await {
                Err(_) => self.refusal("resource").await,
                Ok((_, page)) => {
                    page.close().await;
                    let audience = self.audience(&self.token("resource").await).await;
                    let meant = audience == json!(RESOURCE) || audience == json!([RESOURCE]);
                    if meant { "works".to_owned() } else { "ignored".to_owned() }
                }
            };
            self.tried("resource indicators", &outcome);
        }

        /// The audience of a token, from its claims or from the provider.
        async fn audience(&self, token: &str) -> Value {
            let own = token.split('.').nth(1).and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
            if let Some(claims) = own.and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) {
                return claims["aud"].clone();
            }
            let endpoint = self.metadata["introspection_endpoint"].as_str().unwrap_or_default();
            let form = [("client_id", "abide"), ("token", token)];
            let answer = http().post(endpoint).form(&form).send().await.unwrap();
            answer.json::<Value>().await.unwrap_or_default()["aud"].clone()
        }

        async fn signs_in_on_another_device(&self) {
            if !self.offers(DEVICE) {
                let done = self.app.abide(&["login", "--account", "work", "--device"]).await;
                assert_ne!(done.code, 0, "{done:?}");
                return self.tried("sign-in on another device", "not offered");
            }
            let login = Login::on_another_device_for(self.room, "work").await;
            let page = self.browser.open(&login.url).await;
            self.provider.allow_device(&page, USER).await;
            let done = login.end().await;
            assert_eq!(done.code, 0, "{done:?}");
            page.close().await;
            assert_eq!(self.provider.userinfo(&self.token("work").await).await.0, 200);
            self.tried("sign-in on another device", "works");
        }

        async fn registers(&self) {
            let issuer = self.provider.issuer();
            let words = ["accounts", "add", "new", "--issuer", issuer, "--register"];
            let done = self.app.abide(&words).await;
            if !self.offers("registration_endpoint") {
                assert!(done.code != 0 && done.stderr.contains("Register Abide there yourself"), "{done:?}");
                self.tried("registration", "not offered");
                return self.tried("end of a registration", "not offered");
            }
            let mut outcome = "works";
            if done.code != 0 {
                assert!(done.stderr.contains("--initial-token-file"), "{done:?}");
                let Provider::Keycloak(realm) = self.provider else { panic!("{done:?}") };
                let file = self.room.path("initial-token");
                std::fs::write(&file, realm.initial_access_token().await).unwrap();
                let with_token = ["--initial-token-file", file.to_str().unwrap()];
                let done = self.app.abide(&[&words[..], &with_token].concat()).await;
                assert_eq!(done.code, 0, "{done:?}");
                outcome = "works, with an initial access token";
            }
            let (_, page) = self.signs_in("new").await.unwrap();
            page.close().await;
            // What this test was allowed before is about the accounts that were there.
            let test = std::env::current_exe().unwrap();
            let words = ["clients", "allow", "again", "--program", test.to_str().unwrap()];
            let allowed = self.app.abide_at_terminal(&words).await;
            assert_eq!(allowed.code, 0, "{allowed:?}");
            assert_eq!(self.provider.userinfo(&self.token("new").await).await.0, 200);
            self.tried("registration", outcome);
            let done = self.app.abide(&["accounts", "remove", "new"]).await;
            assert_eq!(done.code, 0, "{done:?}");
            assert!(done.stderr.contains("registration at the provider was removed"), "{done:?}");
            self.tried("end of a registration", "works");
        }

        async fn by_itself(mut self, scopes: &[&str]) {
            // Its last page uses the port that a provider may have registered.
            self.app.kill();
            let abide = Registration::public("abide");
            let bare = Bare::new(self.provider, &self.browser, scopes, abide).await;
            if self.lists("response_modes_supported", "form_post") {
                assert!(bare.answers_in_a_form().await, "what is offered is done");
            }
            let tokens = bare.signs_in().await.unwrap();
            self.tried("introspection", &bare.introspection(&tokens).await);
            self.tried("rotation", &bare.rotation(&tokens).await);
            if !self.lists("grant_types_supported", EXCHANGE) {
                return self.tried("token exchange", "not offered");
            }
            let public = bare.exchange().await;
            self.tried("token exchange", &public);
            if public != "works" {
                let secret = Some("a-secret-of-the-tests".into());
                let exchanger = Registration { client_secret: secret, ..Registration::public("exchanger") };
                let bare = Bare::new(self.provider, &self.browser, scopes, exchanger).await;
                assert_eq!(bare.exchange().await, "works");
                self.tried("token exchange", &format!("public client {public}; with a secret it works"));
            }
        }
    }
}

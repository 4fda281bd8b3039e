//! The effect of a preset: the account in the configuration, and the requests to the provider, compared byte by byte where
//! it matters. The demo provider takes the role of each provider.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn presets() {
    abide_tests::skipped("presets", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod presets {
    use std::collections::BTreeMap;

    use abide_demo_op::{
        Config, DemoOp, Deviation, Edit, Endpoint, Form, IdToken, MetadataPlace, QueryEdit, Quirks,
        Signature, Wrong,
    };
    use abide_tests::app::{App, account_with, configure};
    use abide_tests::form::Visitor;
    use abide_tests::login::{Login, sign_in};
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::room::Room;
    use serde_json::{Value, json};

    const EMPTY: &str = "[endpoint]\nport = 0\n";
    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const OFFLINE: &str = "openid profile email offline_access";
    const ANY: &str = "http://127.0.0.1:*/callback";
    const LOCALHOST: &str = "http://localhost:*/callback";
    const FIXED: &str = "http://127.0.0.1:4762?/callback";

    /// A preset, and its authorization request: scope, prompt, redirect URI (`*` is any port, `4762?` one of three), and the
    /// provider's own parameters.
    type Row = (
        &'static str,
        &'static str,
        Option<&'static str>,
        &'static str,
        &'static [(&'static str, &'static str)],
    );

    const TABLE: [Row; 13] = [
        ("auth0", OFFLINE, None, FIXED, &[]),
        ("authentik", OFFLINE, Some("consent"), ANY, &[]),
        ("dex", "openid profile email groups offline_access", Some("consent"), ANY, &[]),
        ("entra", OFFLINE, None, LOCALHOST, &[]),
        ("entra-b2c", "openid offline_access", None, LOCALHOST, &[]),
        ("gitlab", "openid profile email", None, ANY, &[]),
        ("google", "openid profile email", Some("consent"), ANY, &[("access_type", "offline")]),
        ("hydra", OFFLINE, Some("consent"), ANY, &[]),
        ("keycloak", OFFLINE, Some("consent"), ANY, &[]),
        ("lemonldap-ng", OFFLINE, Some("consent"), FIXED, &[]),
        ("modyo", OFFLINE, Some("consent"), ANY, &[]),
        ("okta", OFFLINE, None, FIXED, &[]),
        ("zitadel", OFFLINE, Some("consent"), ANY, &[]),
    ];

    /// The parameters of every request.
    const ALWAYS: [&str; 9] = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "nonce",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
        "prompt",
    ];

    fn is_at(redirect_uri: &str, expected: &str) -> bool {
        let uri = url::Url::parse(redirect_uri).unwrap();
        let port = uri.port().expect("a port");
        let shown = match expected.contains("4762?") {
            true if (47621..=47623).contains(&port) => "4762?".to_owned(),
            true => port.to_string(),
            false => "*".to_owned(),
        };
        redirect_uri.replace(&port.to_string(), &shown) == expected
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_a_preset_says_is_what_is_sent() {
        let room = Room::with_keyring("presets").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        for (preset, scope, prompt, redirect_uri, more) in TABLE {
            let words = ["accounts", "add", preset, "--preset", preset, "--client-id", "abide", "--json"];
            let done = app.abide(&[&words[..], &["--issuer", provider.issuer()]].concat()).await;
            assert_eq!(done.code, 0, "{preset}: {done:?}");
            let added: Value = serde_json::from_str(&done.stdout).unwrap();
            assert_eq!((&added["preset"], &added["registered"]), (&json!(preset), &json!(false)));
            let login = Login::begin_for(&room, preset).await;
            let url = url::Url::parse(&login.url).unwrap();
            let sent: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
            assert_eq!(sent["scope"], scope, "{preset}");
            assert_eq!(sent.get("prompt").map(String::as_str), prompt, "{preset}");
            assert!(is_at(&sent["redirect_uri"], redirect_uri), "{preset}: {}", sent["redirect_uri"]);
            assert_eq!(sent["code_challenge_method"], "S256");
            let own: Vec<_> = sent
                .iter()
                .filter(|(name, _)| !ALWAYS.contains(&name.as_str()))
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            assert_eq!(own, more, "{preset}: nothing but what it says");
            assert_eq!(app.abide(&["accounts", "remove", preset]).await.code, 0);
        }
        let names: Vec<_> = TABLE.iter().map(|(preset, ..)| *preset).collect();
        let unknown = app.abide(&["accounts", "add", "x", "--preset", "x", "--client-id", "x"]).await;
        let known = names.iter().all(|name| unknown.stderr.contains(name));
        assert!(unknown.code != 0 && known, "what there is, is said: {}", unknown.stderr);
        // Each preset has a row; any-tenant has a separate test, and `oauth` one with MCP.
        let listed = unknown.stderr.matches(", ").count() + 1;
        assert_eq!(listed, TABLE.len() + 2, "{}", unknown.stderr);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_issuer_tells_which_provider_it_is_and_the_user_is_told() {
        let room = Room::with_keyring("presets-issuer").await;
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let words =
            ["accounts", "add", "home", "--issuer", "https://accounts.google.com", "--client-id", "x"];
        let secret = room.path("secret");
        let with_secret = ["--client-secret-file", secret.to_str().unwrap()];
        let done = app.abide(&[&words[..], &with_secret].concat()).await;
        assert_eq!((done.code, done.stdout.lines().count()), (0, 1), "{done:?}");
        for said in ["Provider: Google", "--preset none", "extra = { access_type = \"offline\" }"] {
            assert!(done.stderr.contains(said), "{said}: {}", done.stderr);
        }
        let config = std::fs::read_to_string(room.places().config_file()).unwrap();
        assert!(config.contains(&format!("client_secret_file = \"{}\"", secret.display())), "{config}");
        // If the provider has only one issuer, it may be left out; `none` is accepted as a preset too.
        let done = app.abide(&["accounts", "add", "a", "--preset", "google", "--client-id", "x"]).await;
        assert_eq!(done.code, 0, "{done:?}");
        let words = ["accounts", "add", "b", "--issuer", "https://accounts.google.com", "--client-id", "x"];
        let done = app.abide(&[&words[..], &["--preset", "none"]].concat()).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(!done.stderr.contains("Provider:") && !done.stderr.contains("configuration"), "{done:?}");
        let config = std::fs::read_to_string(room.places().config_file()).unwrap();
        let plain = config.split("[accounts.b]").nth(1).unwrap();
        assert!(!plain.contains("access_type"), "{plain}");
        let missing = app.abide(&["accounts", "add", "c", "--preset", "okta", "--client-id", "x"]).await;
        assert!(missing.code != 0 && missing.stderr.contains("https://ORG.okta.com"), "{missing:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn keycloak_is_shown_pkce_by_devices_and_told_no_scopes_at_a_registration() {
        let room = Room::with_keyring("presets-keycloak").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        for (name, preset) in [("with", "keycloak"), ("without", "none")] {
            let words =
                ["accounts", "add", name, "--issuer", provider.issuer(), "--preset", preset, "--register"];
            assert_eq!(app.abide(&words).await.code, 0);
            drop(Login::on_another_device_for(&room, name).await);
        }
        let entries = provider.record().entries();
        let said = |endpoint, parameter| -> Vec<bool> {
            let entries = entries.iter().filter(|entry| entry.endpoint == endpoint);
            entries.map(|entry| !entry.parameter(parameter).is_empty()).collect()
        };
        assert_eq!(said(Endpoint::Registration, "scope"), [false, true]);
        assert_eq!(said(Endpoint::DeviceAuthorization, "code_challenge"), [true, false]);
    }

    const TENANT: &str = "8eaef023-2b34-4da1-9baa-8bc8c9d6a490";
    const OTHER: &str = "82229342-1101-4ab6-817b-70c0747630f3";

    /// The demo provider in the form of Entra at `organizations`: a template in its metadata, and no `iss` in its answer.
    fn of_many_tenants(issuer: &str, tenant: &str) -> Vec<Deviation> {
        let claims = vec![
            Edit::Set("/iss", json!(format!("{{issuer}}/{issuer}/v2.0"))),
            Edit::Set("/tid", json!(tenant)),
        ];
        let token = IdToken { header: Vec::new(), claims, signature: Signature::Own, form: Form::Compact };
        vec![
            Deviation::new(
                Endpoint::Discovery,
                Wrong::Json(vec![
                    Edit::Set("/issuer", json!("{issuer}/{tenantid}/v2.0")),
                    Edit::Remove("/authorization_response_iss_parameter_supported"),
                ]),
            ),
            Deviation::new(Endpoint::SignIn, Wrong::Query(vec![QueryEdit::Remove("iss")])),
            Deviation::new(Endpoint::Token, Wrong::IdToken(token)),
        ]
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_of_many_tenants_is_believed_about_the_tenant_of_its_token_and_no_other() {
        let room = Room::with_keyring("presets-tenants").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let scopes = "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";
        let template = format!("{scopes}issuer_template = \"{}/{{tenantid}}/v2.0\"\n", provider.issuer());
        configure(&room, &account_with(provider.issuer(), &template, SESSION));
        let app = App::headless(&room).await;
        for (issuer, tenant) in [(TENANT, OTHER), (OTHER, TENANT), ("organizations", TENANT), (TENANT, "x")] {
            provider.misbehave(of_many_tenants(issuer, tenant));
            let login = Login::begin(&room).await;
            let page = Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
            assert!(page.body.contains("You are not signed in"), "{}", page.body);
            assert_ne!(login.end().await.code, 0);
            let session = app.session("work").await;
            assert_eq!(session["last_error_code"], "id_token_issuer_mismatch", "{issuer} {tenant}");
            assert_eq!(app.abide(&["token"]).await.code, 3);
        }
        provider.misbehave(of_many_tenants(TENANT, TENANT));
        sign_in(&room).await;
        assert_eq!(app.abide(&["token"]).await.code, 0);
        // Another tenant cannot take over the session with a renewal.
        provider.misbehave(of_many_tenants(OTHER, OTHER));
        let _ = app.abide(&["keep"]).await;
        let last_error = abide_tests::eventually("the renewal to be refused", abide_tests::s(10), || async {
            let session = app.session("work").await;
            let over = session["ended"].is_string();
            (over || !session["last_error_code"].is_null()).then_some(session)
        })
        .await;
        assert_eq!(last_error["last_error_code"], "id_token_issuer_mismatch", "{last_error}");
    }

    /// Zitadel's ID tokens are for the project as well.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_id_token_that_is_also_for_a_project_is_believed_where_the_project_is_trusted() {
        let room = Room::with_keyring("presets-audience").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        for (trusted, asked_by, code) in [
            ("", "abide", Some("id_token_audience_untrusted")),
            ("trusted_audiences = [\"another\"]\n", "abide", Some("id_token_audience_untrusted")),
            ("trusted_audiences = [\"project\"]\n", "project", Some("id_token_authorized_party_mismatch")),
            ("trusted_audiences = [\"project\"]\n", "abide", None),
        ] {
            let claims = vec![Edit::Beside("/aud", json!("project")), Edit::Set("/azp", json!(asked_by))];
            let token =
                IdToken { header: Vec::new(), claims, signature: Signature::Own, form: Form::Compact };
            provider.misbehave(vec![Deviation::new(Endpoint::Token, Wrong::IdToken(token))]);
            configure(&room, &account_with(provider.issuer(), trusted, SESSION));
            let app = App::headless(&room).await;
            let login = Login::begin(&room).await;
            Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
            assert_eq!(login.end().await.code == 0, code.is_none(), "{trusted}");
            let session = app.session("work").await;
            assert_eq!(session["last_error_code"].as_str(), code, "{trusted}");
            app.quit().await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_template_of_another_place_is_refused_before_anything_is_asked() {
        let room = Room::with_keyring("presets-template").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let words = ["accounts", "add", "x", "--preset", "entra-any-tenant", "--client-id", "x"];
        let done = app.abide(&[&words[..], &["--issuer", provider.issuer()]].concat()).await;
        assert!(done.code != 0 && done.stderr.contains("issuer_template"), "{done:?}");
        assert_eq!(provider.record().entries().len(), 0);
        assert_eq!(std::fs::read_to_string(room.places().config_file()).unwrap(), EMPTY);
    }

    /// Azure AD B2C has its metadata elsewhere than its issuer says. What they say is held to that issuer all the same.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn metadata_elsewhere_serve_the_issuer_that_they_are_of() {
        let room = Room::with_keyring("presets-elsewhere").await;
        let quirks = Quirks { metadata: MetadataPlace::Elsewhere, ..Quirks::default() };
        let provider = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let place = format!("{}/policy/.well-known/openid-configuration", provider.issuer());
        let words = ["accounts", "add", "work", "--issuer", provider.issuer(), "--client-id", "abide"];
        let without = app.abide(&words).await;
        assert_ne!(without.code, 0, "{without:?}");
        let done = app.abide(&[&words[..], &["--metadata-url", &place]].concat()).await;
        assert_eq!(done.code, 0, "{done:?}");
        sign_in(&room).await;
        assert_eq!(app.abide(&["keep"]).await.code, 0);
        assert_eq!(app.session("work").await["issuer"], provider.issuer());
        let others = Edit::Set("/issuer", json!("https://elsewhere.example.com"));
        provider.misbehave(vec![Deviation::new(Endpoint::OtherMetadata, Wrong::Json(vec![others]))]);
        assert_eq!(app.abide(&["accounts", "remove", "work"]).await.code, 0);
        let refused = app.abide(&[&words[..], &["--metadata-url", &place]].concat()).await;
        assert_ne!(refused.code, 0, "{refused:?}");
        assert_eq!(
            std::fs::read_to_string(room.places().config_file()).unwrap().matches("[accounts.work]").count(),
            0
        );
    }

    /// Abide cannot see whether a provider checks PKCE; an account may require that it says so.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_account_may_refuse_a_provider_that_does_not_name_pkce() {
        let room = Room::with_keyring("presets-pkce").await;
        let quirks = Quirks { pkce_is_not_listed: true, ..Quirks::default() };
        let provider = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
        for (setting, begins) in [("true", false), ("false", true)] {
            let settings = format!("require_pkce_support = {setting}\n");
            configure(&room, &account_with(provider.issuer(), &settings, SESSION));
            let app = App::headless(&room).await;
            if begins {
                sign_in(&room).await;
                continue;
            }
            let refused = Login::try_begin(&room, &[]).await.err().expect("no address");
            assert_ne!(refused.code, 0, "{refused:?}");
            assert!(refused.stderr.contains("require_pkce_support"), "{refused:?}");
            assert_eq!(provider.record().count(Endpoint::Authorization), 0);
            app.quit().await;
        }
    }
}

//! Accounts with dynamic registration: RFC 7591, RFC 7592.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn registration() {
    abide_tests::skipped("registration", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod registration {
    use std::os::unix::fs::PermissionsExt as _;

    use abide_demo_op::{
        Config, DemoOp, Deviation, Edit, Endpoint, OfflineAccess, Quirks, Registration, Wrong,
    };
    use abide_tests::app::{App, Done, configure};
    use abide_tests::login::sign_in_to;
    use abide_tests::room::Room;
    use serde_json::{Value, json};

    const EMPTY: &str = "[endpoint]\nport = 0\n";

    fn written(room: &Room) -> String {
        std::fs::read_to_string(room.places().config_file()).unwrap()
    }

    /// As stow, chezmoi and home-manager leave it: a link to a link in another folder.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_configuration_that_is_a_link_stays_one() {
        use std::os::unix::fs::symlink;
        let room = Room::with_keyring("registration-link").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let (file, dotfiles) = (room.places().config_file(), room.path("home/dotfiles"));
        let (real, between) = (dotfiles.join("abide.toml"), dotfiles.join("current"));
        std::fs::create_dir(&dotfiles).unwrap();
        std::fs::rename(&file, &real).unwrap();
        symlink("abide.toml", &between).unwrap();
        symlink(&between, &file).unwrap();
        let app = App::headless(&room).await;
        let add = ["accounts", "add", "work", "--issuer", provider.issuer(), "--client-id", "abide"];
        let remove = ["accounts", "remove", "work"];
        for (words, inside) in [(&add[..], "[accounts.work]"), (&remove, "[endpoint]")] {
            let done = app.abide(words).await;
            assert_eq!(done.code, 0, "{words:?}: {done:?}");
            assert!(std::fs::read_to_string(&real).unwrap().contains(inside), "{words:?}");
            for (link, to) in [(&file, between.as_path()), (&between, "abide.toml".as_ref())] {
                assert_eq!(std::fs::read_link(link).unwrap(), to, "{words:?}");
            }
            if words[1] == "add" {
                sign_in_to(&room, "work").await;
            }
        }
    }

    async fn register(app: &App<'_>, issuer: &str, more: &[&str]) -> Done {
        let words = ["accounts", "add", "work", "--issuer", issuer, "--register", "--json"];
        app.abide(&[&words[..], more].concat()).await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_account_registers_itself_is_signed_in_to_and_leaves_nothing_behind() {
        let room = Room::with_keyring("registration").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let mut app = App::headless(&room).await;
        let done = register(&app, provider.issuer(), &[]).await;
        assert_eq!(done.code, 0, "{done:?}");
        let added: Value = serde_json::from_str(&done.stdout).unwrap();
        let id = added["client_id"].as_str().unwrap();
        assert!(id.starts_with("dynamic-"), "{added}");
        assert!(written(&room).contains(&format!("client_id = \"{id}\"")), "{}", written(&room));
        let entries = provider.record().entries();
        let asked = entries.iter().find(|entry| entry.endpoint == Endpoint::Registration).unwrap();
        for (name, value) in [
            ("application_type", "native"),
            ("token_endpoint_auth_method", "none"),
            ("grant_types", "authorization_code refresh_token urn:ietf:params:oauth:grant-type:device_code"),
            ("redirect_uris", "http://127.0.0.1/callback"),
            (
                "post_logout_redirect_uris",
                "http://127.0.0.1:47624/logout http://127.0.0.1:47625/logout http://127.0.0.1:47626/logout \
                 http://127.0.0.1/logout",
            ),
            ("scope", "openid profile email offline_access"),
        ] {
            assert_eq!(asked.parameter(name), value, "{name}");
        }
        sign_in_to(&room, "work").await;
        assert_eq!(app.abide(&["keep"]).await.code, 0, "a refresh token that works");

        // The token that ends the registration survives the process, and is in no readable file.
        app.kill();
        drop(app);
        let app = App::headless(&room).await;
        assert!(!written(&room).contains("registration"), "{}", written(&room));
        let done = app.abide(&["accounts", "remove", "work"]).await;
        assert_eq!((done.code, done.stdout.as_str()), (0, "Removed account work."), "{done:?}");
        assert!(done.stderr.contains("registration at the provider was removed"), "{done:?}");
        assert!(provider.record().count(Endpoint::Revocation) >= 1, "the tokens went before the client");
        let address = format!(
            "{}/authorize?client_id={id}&response_type=code&redirect_uri=http://127.0.0.1/callback",
            provider.issuer()
        );
        assert_eq!(abide_tests::http().get(address).send().await.unwrap().status(), 400, "it is forgotten");
    }

    /// The document of docs/configuration.md, below the address that it is at.
    fn document(address: &str) -> Value {
        let page = include_str!("../../docs/configuration.md");
        let (_, rest) = page.split_once("### A client metadata document").expect("the chapter");
        let (_, rest) = rest.split_once("```json\n").expect("the example");
        let mut document: Value = serde_json::from_str(rest.split_once("```").unwrap().0).unwrap();
        document["client_id"] = json!(address);
        document
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_reads_client_metadata_documents_needs_no_registration() {
        const ADDRESS: &str = "https://tools.example.com/abide/client.json";
        let room = Room::with_keyring("client-document").await;
        let client_documents = Some(vec![(ADDRESS.to_owned(), document(ADDRESS))]);
        let reads = DemoOp::start(Config { client_documents, ..Config::default() }).await.unwrap();
        let registers = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let done = register(&app, reads.issuer(), &["--client-id", ADDRESS]).await;
        assert_eq!(done.code, 0, "{done:?}");
        let added: Value = serde_json::from_str(&done.stdout).unwrap();
        assert_eq!((&added["client_id"], &added["registered"]), (&json!(ADDRESS), &json!(false)), "{added}");
        let asked = |provider: &DemoOp| {
            let entries = provider.record().entries();
            entries.iter().filter(|entry| entry.endpoint == Endpoint::Registration).count()
        };
        assert_eq!(asked(&reads), 0);
        sign_in_to(&room, "work").await;
        assert_eq!(app.abide(&["keep", "--account", "work"]).await.code, 0, "a refresh token that works");
        // At a provider that does not read them, Abide registers itself.
        let words = ["accounts", "add", "other", "--issuer", registers.issuer(), "--register", "--json"];
        let done = app.abide(&[&words[..], &["--client-id", ADDRESS]].concat()).await;
        assert_eq!(done.code, 0, "{done:?}");
        let added: Value = serde_json::from_str(&done.stdout).unwrap();
        assert!(added["client_id"].as_str().unwrap().starts_with("dynamic-"), "{added}");
        assert_eq!(asked(&registers), 1);
        sign_in_to(&room, "other").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_e_mail_address_leads_to_its_provider() {
        let room = Room::with_keyring("webfinger").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let domain = provider.issuer().strip_prefix("http://").unwrap();
        let done = register(&app, &format!("alice@{domain}"), &[]).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(
            written(&room).contains(&format!("issuer = \"{}\"", provider.issuer())),
            "{}",
            written(&room)
        );
        sign_in_to(&room, "work").await;
        let entries = provider.record().entries();
        let asked = entries.iter().find(|entry| entry.endpoint == Endpoint::WebFinger).unwrap();
        assert_eq!(asked.parameter("resource"), format!("acct:alice@{domain}"));
        let words =
            ["accounts", "add", "third", "--issuer", &format!("alice@{domain}"), "--client-id", "abide"];
        let done = app.abide(&words).await;
        let named = format!("The provider of alice@{domain} is {}.", provider.issuer());
        assert!(done.code == 0 && done.stderr.contains(&named), "{done:?}");
        // An address that can never work is no account.
        let elsewhere = format!("{}/elsewhere", provider.issuer());
        let done =
            app.abide(&["accounts", "add", "no", "--issuer", &elsewhere, "--client-id", "abide"]).await;
        assert!([1, 3].contains(&done.code), "it is no mistake of the command: {done:?}");
        assert!(!written(&room).contains("[accounts.no]"), "{done:?}");
        let words = ["accounts", "add", "other", "--issuer", "alice@127.0.0.1:9", "--register"];
        let done = app.abide(&words).await;
        assert!(done.code == 1 && done.stderr.contains("127.0.0.1"), "{done:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_wants_to_see_a_token_first_sees_the_one_in_the_file() {
        let room = Room::with_keyring("registration-token").await;
        let registration = Registration::WithToken("canary-initial".into());
        let provider = DemoOp::start(Config { registration, ..Config::default() }).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let file = room.path("initial-token");
        let path = file.to_str().unwrap().to_owned();
        let with_file = ["--initial-token-file", path.as_str()];
        let without = register(&app, provider.issuer(), &[]).await;
        assert!(without.code != 0 && without.stderr.contains("--initial-token-file"), "{without:?}");
        let missing = register(&app, provider.issuer(), &with_file).await;
        assert!(missing.code != 0 && missing.stderr.contains("cannot be read"), "{missing:?}");
        std::fs::write(&file, "another\n").unwrap();
        let refused = register(&app, provider.issuer(), &with_file).await;
        assert!(refused.code != 0 && refused.stderr.contains("does not accept"), "{refused:?}");
        assert_eq!(written(&room), EMPTY, "nothing was added");
        std::fs::write(&file, "canary-initial\n").unwrap();
        let done = register(&app, provider.issuer(), &with_file).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(!app.log().contains("canary-initial") && !written(&room).contains("canary-initial"));
        sign_in_to(&room, "work").await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_without_registration_is_named_with_the_way_out() {
        let room = Room::with_keyring("registration-closed").await;
        let registration = Registration::Closed;
        let provider = DemoOp::start(Config { registration, ..Config::default() }).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let done = register(&app, provider.issuer(), &[]).await;
        assert_ne!(done.code, 0);
        let said = &done.stderr;
        assert!(said.contains("127.0.0.1") && said.contains("Register Abide there yourself"), "{said}");
        assert_eq!(provider.record().count(Endpoint::Registration), 0);
        assert_eq!(written(&room), EMPTY);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_secret_that_the_provider_insists_on_is_in_a_file_for_this_user_alone() {
        let room = Room::with_keyring("registration-secret").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let insist = [
            ("/client_secret", json!("canary-secret")),
            ("/client_secret_expires_at", json!(0)),
            ("/token_endpoint_auth_method", json!("client_secret_post")),
        ];
        let insist = insist.map(|(place, value)| Edit::Set(place, value)).to_vec();
        provider.misbehave(vec![Deviation::new(Endpoint::Registration, Wrong::Json(insist))]);
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let done = register(&app, provider.issuer(), &[]).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(!done.stdout.contains("canary-secret") && !written(&room).contains("canary-secret"));
        assert!(written(&room).contains("token_endpoint_auth_method = \"client_secret_post\""));
        let text = written(&room);
        let (_, file) = text.split_once("client_secret_file = \"").unwrap();
        let file = std::path::PathBuf::from(file.split('"').next().unwrap());
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "canary-secret");
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(app.abide(&["accounts", "remove", "work"]).await.code, 0);
        assert!(!file.exists(), "it goes with the account");
    }

    /// The client exists, and its registration cannot be ended: this is shown with its name, and the account is still
    /// removed.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_registration_that_cannot_be_ended_is_said() {
        let room = Room::with_keyring("registration-away").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        assert_eq!(register(&app, provider.issuer(), &[]).await.code, 0);
        provider.refuse().await;
        let done = app.abide(&["accounts", "remove", "work"]).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.stderr.contains("still knows the client \u{201c}dynamic-"), "{done:?}");
        assert!(!written(&room).contains("work"), "{}", written(&room));
    }

    /// Abide makes nothing for nobody: a client that it cannot use is removed.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_client_that_cannot_be_used_is_removed_at_once() {
        let room = Room::with_keyring("registration-useless").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        for (number, (name, value)) in [
            ("token_endpoint_auth_method", json!("tls_client_auth")),
            ("grant_types", json!(["implicit"])),
            ("id_token_signed_response_alg", json!("none")),
        ]
        .into_iter()
        .enumerate()
        {
            let registration_answer = [(name.to_owned(), value)].into_iter().collect();
            provider.set_quirks(Quirks { registration_answer, ..Quirks::default() });
            let done = register(&app, provider.issuer(), &[]).await;
            assert_ne!(done.code, 0, "{name}: {done:?}");
            assert_eq!(
                (provider.dynamic_clients(), provider.record().deregistrations()),
                (0, number + 1),
                "{name}: {done:?}"
            );
            assert_eq!(written(&room), EMPTY, "{name}");
        }
    }

    /// RFC 7591, section 2: a secret without a method is for HTTP Basic. `none` means that UserInfo is not signed.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_providers_answer_in_their_own_way_is_understood() {
        let unsigned = [("userinfo_signed_response_alg".to_owned(), json!("none"))].into_iter().collect();
        for (name, quirks, has_secret, requests) in [
            ("secret", Quirks { registered_clients_have_secrets: true, ..Quirks::default() }, true, 1),
            ("unsigned", Quirks { registration_answer: unsigned, ..Quirks::default() }, false, 1),
            ("least", Quirks { register_basic_grant_types_only: true, ..Quirks::default() }, false, 2),
            // What the provider does not list is not asked for.
            (
                "scopes",
                Quirks {
                    offline_access: OfflineAccess::Unknown,
                    refuse_unknown_scopes: true,
                    ..Quirks::default()
                },
                false,
                1,
            ),
        ] {
            let room = Room::with_keyring(&format!("registration-{name}")).await;
            let provider = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
            configure(&room, EMPTY);
            let app = App::headless(&room).await;
            let done = register(&app, provider.issuer(), &[]).await;
            assert_eq!(done.code, 0, "{name}: {done:?}");
            assert_eq!(written(&room).contains("client_secret_file"), has_secret, "{}", written(&room));
            assert_eq!(written(&room).contains("\"client_secret_basic\""), has_secret, "{}", written(&room));
            assert_eq!(provider.record().count(Endpoint::Registration), requests, "{name}");
            assert_eq!(provider.dynamic_clients(), 1, "{name}");
            sign_in_to(&room, "work").await;
            assert_eq!(app.abide(&["keep"]).await.code, 0, "{name}");
        }
    }

    /// Many providers compare redirect URIs exactly, so the client has to register the one that it uses.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_redirect_uri_that_is_named_is_registered_and_used() {
        let room = Room::with_keyring("registration-redirect").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, EMPTY);
        let app = App::headless(&room).await;
        let redirect = format!("http://127.0.0.1:{}/back/here", abide_tests::free_port());
        let done = register(&app, provider.issuer(), &["--redirect-uri", &redirect]).await;
        assert_eq!(done.code, 0, "{done:?}");
        sign_in_to(&room, "work").await;
        let entries = provider.record().entries();
        for (endpoint, name) in
            [(Endpoint::Registration, "redirect_uris"), (Endpoint::Authorization, "redirect_uri")]
        {
            let asked = entries.iter().find(|entry| entry.endpoint == endpoint).unwrap();
            assert_eq!(asked.parameter(name), redirect);
        }
    }
}

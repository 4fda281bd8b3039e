//! MCP clients reach servers through `abide mcp connect`: the official SDKs on both sides.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
#[path = "mcp/faults.rs"]
mod faults;
#[cfg(target_os = "linux")]
#[path = "mcp/stand_in.rs"]
mod stand_in;

#[cfg(not(target_os = "linux"))]
#[test]
fn mcp() {
    abide_tests::skipped("mcp", "the sign-in of the tests is made by Linux programs");
}

#[cfg(target_os = "linux")]
mod mcp {
    use std::path::PathBuf;

    use abide_demo_op::{Config, DemoOp, Quirks};
    use abide_tests::app::{App, Done, abide, abide_at_terminal, account_with, configure};
    use abide_tests::form::Visitor;
    use abide_tests::login::sign_in;
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::room::Room;
    use abide_tests::seen::{Client, NOT_ALLOWED, SESSION_ENDED, SIGNED_IN, SIGNED_OUT, dialect};
    use abide_tests::tool::{Service, allow, done, installed, node, sdk, tool};
    use abide_tests::{eventually, program, s, skipped};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const SCOPES: &str = "scopes = [\"openid\", \"profile\", \"offline_access\"]\n";

    /// A provider, an agent that is signed in, and a server that takes tokens of the provider.
    struct Stage<'a> {
        room: &'a Room,
        node: PathBuf,
        provider: DemoOp,
        app: App<'a>,
        server: Service,
        /// Where the address is that Abide opens in the browser.
        browser: PathBuf,
    }

    impl<'a> Stage<'a> {
        async fn new(room: &'a Room, node: PathBuf, config: Config) -> Self {
            Self::with(room, node, config, |issuer| account_with(issuer, SCOPES, SESSION)).await
        }

        /// With these accounts.
        async fn with(
            room: &'a Room,
            node: PathBuf,
            config: Config,
            accounts: impl FnOnce(&str) -> String,
        ) -> Self {
            let provider = DemoOp::start(config).await.unwrap();
            let browser = room.path("address");
            let script = format!("printf %s \"$1\" > {0}.new && mv {0}.new {0}", browser.display());
            let first = format!("browser = {}\n", serde_json::json!(["sh", "-c", script, "browser"]));
            configure(room, &(first + &accounts(provider.issuer())));
            let app = App::headless(room).await;
            let server = Service::start(room, &node, "mcp_server.mjs", &[provider.issuer(), "abide"]).await;
            Self { room, node, provider, app, server, browser }
        }

        fn url(&self) -> String {
            format!("http://127.0.0.1:{}/mcp", self.server.port())
        }

        fn control(&self, what: &str) -> String {
            format!("http://127.0.0.1:{}/control/{what}", self.server.port())
        }

        /// Runs a client that takes these steps.
        async fn client(&self, steps: &[&str]) -> Done {
            let (file, url, abide) = (sdk("mcp_client.mjs"), self.url(), program("abide"));
            let (file, abide) = (file.to_str().unwrap(), abide.to_str().unwrap());
            let words = [file, &steps.join(","), "--", abide, "mcp", "connect", &url];
            done(tool(self.room, &self.node, &words)).await
        }

        /// A client asks for the token, and the user allows that.
        async fn is_allowed(&self) {
            let done = self.client(&["connect"]).await;
            assert!(done.stdout.contains("abide approve"), "{done:?}");
            allow(self.room).await;
        }

        /// The person signs in on the page that Abide opens.
        async fn signs_in(&self) {
            let url =
                eventually("the browser", s(10), || async { std::fs::read_to_string(&self.browser).ok() })
                    .await;
            let _ = std::fs::remove_file(&self.browser);
            let landed = Visitor::default().sign_in(&url, USER, PASSWORD).await;
            assert!(landed.body.contains("You are signed in"), "{}", landed.body);
        }

        fn refreshes(&self) -> usize {
            let entries = self.provider.record().entries();
            entries.iter().filter(|entry| entry.parameter("grant_type") == "refresh_token").count()
        }
    }

    fn ts() -> Client {
        Client::npm("@modelcontextprotocol/sdk")
    }

    fn js(test: &str) -> Option<PathBuf> {
        let found = node();
        if found.is_none() {
            skipped(test, "there is no Node.js with the SDKs here");
        }
        found
    }

    /// Most public MCP servers have an authorization server that is no OpenID Provider.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_authorization_server_without_openid_connect_will_do() {
        let Some(node) = js("an_authorization_server_without_openid_connect_will_do") else { return };
        let room = Room::with_keyring("mcp-oauth").await;
        let quirks = Quirks { without_openid: true, ..Quirks::default() };
        let config = Config { quirks, ..Config::default() };
        let stage = Stage::with(&room, node, config, |_| "[endpoint]\nport = 0\n".to_owned()).await;
        let asked = stage.client(&["connect"]).await;
        let advice = format!("abide accounts add NAME --preset oauth --issuer {}", stage.provider.issuer());
        assert!(asked.stdout.contains(&advice), "{asked:?}");
        let named = ["--issuer", stage.provider.issuer(), "--client-id", "abide"];
        let added =
            abide(&room, &[&["accounts", "add", "notes", "--preset", "oauth"][..], &named].concat()).await;
        assert_eq!(added.code, 0, "{added:?}");
        let client = stage.client(&["connect"]);
        let (asked, ()) = tokio::join!(client, stage.signs_in());
        assert!(asked.stdout.contains("abide approve"), "{asked:?}");
        allow(&room).await;
        let done = stage.client(&["connect", "tools", "echo"]).await;
        assert!(done.stdout.contains("echo heard: hello"), "{done:?}");
        let status = abide(&room, &["status"]).await;
        let host = stage.provider.issuer().trim_start_matches("http://").to_owned();
        assert!(status.stdout.contains(&host), "{status:?}");
        let claims = abide(&room, &["claims"]).await;
        assert!(!claims.stdout.contains("alice"), "nobody is named: {claims:?}");
        let before = stage.refreshes();
        let kept = abide(&room, &["keep"]).await;
        assert_eq!(kept.code, 0, "{kept:?}");
        eventually("a renewal", s(10), || async { (stage.refreshes() > before).then_some(()) }).await;
        let ended = abide(&room, &["logout", "--no-wait"]).await;
        assert_eq!(ended.code, 0, "{ended:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_client_reaches_a_server_in_both_directions() {
        let Some(node) = js("a_client_reaches_a_server_in_both_directions") else { return };
        let room = Room::with_keyring("mcp-client").await;
        let stage = Stage::new(&room, node, Config::default()).await;
        sign_in(&room).await;
        stage.is_allowed().await;
        let done = stage.client(&["connect", "tools", "echo", "tell", "ask", "wait", "pause", "echo"]).await;
        assert_eq!(done.code, 0, "{done:?}");
        for line in [
            "connect abide-test",
            "tools echo write tell ask wait",
            "echo heard: hello",
            "NOTICE on the way",
            "NOTICE notifications/tools/list_changed",
            "tell told",
            "ask accept: Alice",
        ] {
            assert!(done.stdout.lines().any(|shown| shown == line), "{line}: {done:?}");
        }
        assert!(done.stdout.contains("wait error: ") && !done.stdout.contains("ONERROR"), "{done:?}");
        eventually("the server to hear of both ends", s(5), || async {
            let log = stage.server.log();
            (log.contains("CANCELLED") && log.contains("SESSION CLOSED")).then_some(())
        })
        .await;
        dialect("mcp", &ts(), SIGNED_IN, "the tools of the server");
        // One token for all of it, which nothing shows.
        let mut tokens: Vec<_> = stage.server.tokens();
        tokens.dedup_by(|a, b| a.split(' ').next() == b.split(' ').next());
        assert_eq!(tokens.len(), 1, "{tokens:?}");
        assert!(!done.stdout.contains("Bearer") && !done.stderr.contains("Bearer"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_refused_token_is_renewed_once_and_a_lost_session_is_begun_again() {
        let Some(node) = js("a_refused_token_is_renewed_once_and_a_lost_session_is_begun_again") else {
            return;
        };
        let room = Room::with_keyring("mcp-renew").await;
        let stage = Stage::new(&room, node, Config::default()).await;
        sign_in(&room).await;
        stage.is_allowed().await;
        let (refuse, lose) = (stage.control("refuse"), stage.control("lose"));
        let before = stage.refreshes();
        let done = stage.client(&["connect", "echo", &refuse, "echo", &lose, "echo", "tools"]).await;
        assert_eq!(done.stdout.matches("echo heard: hello").count(), 3, "{done:?}");
        assert!(done.stderr.contains("Another one is begun"), "{done:?}");
        assert_eq!(stage.refreshes() - before, 2, "one token, and one after it was refused");
        // The session ends while the client runs: it is told what to do, and no page opens.
        let run = stage.client(&["connect", "pause", "pause", "pause", "echo"]);
        let begun = || stage.server.log().matches(" notifications/initialized").count();
        let earlier = begun();
        let end = async {
            eventually("the client to begin", s(20), || async { (begun() > earlier).then_some(()) }).await;
            assert_eq!(abide(&room, &["logout", "--no-wait"]).await.code, 0);
        };
        let (done, ()) = tokio::join!(run, end);
        assert!(done.stdout.contains("echo error: ") && done.stdout.contains("abide login"), "{done:?}");
        assert!(!stage.browser.exists(), "no page was opened");
        dialect("mcp", &ts(), SESSION_ENDED, "says `abide login`");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_request_that_needs_more_makes_the_person_sign_in_again_with_all_of_it() {
        let Some(node) = js("a_request_that_needs_more_makes_the_person_sign_in_again_with_all_of_it") else {
            return;
        };
        let room = Room::with_keyring("mcp-step-up").await;
        let stage = Stage::new(&room, node, Config::default()).await;
        sign_in(&room).await;
        stage.is_allowed().await;
        // The user is asked about the wider token, and then signs in.
        let answers = async {
            let allowed = abide_at_terminal(&room, &["approve", "--wait", "--allow", "agent"]).await;
            assert_eq!(allowed.code, 0, "{allowed:?}");
            stage.signs_in().await;
        };
        let (done, ()) = tokio::join!(stage.client(&["connect", "echo", "pause", "write", "write"]), answers);
        assert_eq!(done.stdout.matches("write written").count(), 2, "{done:?}");
        let entries = stage.provider.record().entries();
        let union = |scope: &str| {
            ["openid", "profile", "offline_access", "email"]
                .iter()
                .all(|one| scope.split(' ').any(|s| s == *one))
        };
        assert!(entries.iter().any(|entry| union(entry.parameter("scope"))), "the union is asked for");
        assert!(!stage.browser.exists(), "the person was asked once");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_client_that_gets_no_token_is_told_why() {
        let Some(node) = js("a_client_that_gets_no_token_is_told_why") else { return };
        let room = Room::with_keyring("mcp-refused").await;
        let stage = Stage::new(&room, node, Config::default()).await;
        // Signed out: the page opens when a client begins.
        let (done, ()) = tokio::join!(stage.client(&["connect"]), stage.signs_in());
        assert!(done.stdout.contains("connect error: ") && done.stdout.contains("abide approve"), "{done:?}");
        dialect("mcp", &ts(), SIGNED_OUT, "the sign-in opens in the browser");
        assert!(stage.server.tokens().is_empty(), "nothing was sent before the user has allowed it");
        let open = abide(&room, &["approve", "--json"]).await;
        let open: serde_json::Value = serde_json::from_str(&open.stdout).unwrap();
        let question = open["questions"][0]["id"].as_u64().unwrap().to_string();
        let denied = abide_at_terminal(&room, &["approve", &question, "--deny", "agent"]).await;
        assert_eq!(denied.code, 0, "{denied:?}");
        let done = stage.client(&["connect"]).await;
        assert!(done.stdout.contains("connect error: "), "{done:?}");
        assert!(done.stdout.contains("access_denied"), "{done:?}");
        dialect("mcp", &ts(), NOT_ALLOWED, "says `abide approve`");
        // Abide is not there.
        stage.app.quit().await;
        let words = [sdk("mcp_client.mjs").display().to_string(), "connect".to_owned(), "--".to_owned()];
        let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
        let abide = program("abide").display().to_string();
        words.extend([abide.as_str(), "mcp", "connect", "http://127.0.0.1:9/mcp"]);
        let done = abide_tests::tool::done(tool(&room, &stage.node, &words)).await;
        assert!(done.stdout.contains("Abide is not running"), "{done:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn ten_clients_whose_token_ends_cause_one_refresh() {
        let Some(_node) = js("ten_clients_whose_token_ends_cause_one_refresh") else { return };
        let room = Room::with_keyring("mcp-ten").await;
        let stage = Stage::new(&room, _node, Config::default()).await;
        sign_in(&room).await;
        stage.is_allowed().await;
        let done = stage.client(&["connect"]).await;
        assert_eq!(done.code, 0, "{done:?}");
        let before = stage.refreshes();
        assert_eq!(reqwest::get(stage.control("refuse")).await.unwrap().status(), 200);
        let url = stage.url();
        let begin = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\",\
                     \"capabilities\":{},\"clientInfo\":{\"name\":\"ten\",\"version\":\"1\"}}}";
        let clients: Vec<_> = (0..10)
            .map(|_| {
                let abide = program("abide").display().to_string();
                let script = format!("(printf '%s\\n' '{begin}'; sleep 3) | {abide} mcp connect {url}");
                tokio::spawn(done_of(tool(&room, "/bin/sh", &["-c", &script])))
            })
            .collect();
        for client in clients {
            let done = client.await.unwrap();
            assert!(done.stdout.contains("\"serverInfo\""), "{done:?}");
        }
        assert_eq!(stage.refreshes() - before, 1, "one refresh for all of them");
    }

    /// Both eras of the protocol: 2026-07-28 without sessions, and the one with `initialize`.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_python_sdk_speaks_each_version_through_it() {
        let test = "the_python_sdk_speaks_each_version_through_it";
        let (Some(node), Some(python)) = (js(test), installed("python")) else {
            return skipped(test, "the SDKs are not in target/tools");
        };
        let room = Room::with_keyring("mcp-python").await;
        let stage = Stage::new(&room, node, Config::default()).await;
        sign_in(&room).await;
        let words = [stage.provider.issuer(), "abide"];
        let server = Service::start(&room, &python, "mcp_server.py", &words).await;
        let (client, url) = (sdk("mcp_client.py"), format!("http://127.0.0.1:{}/mcp", server.port()));
        let (client, abide) = (client.to_str().unwrap(), program("abide"));
        let run = async |mode: &str| {
            let words = [client, mode, "--", abide.to_str().unwrap(), "mcp", "connect", &url];
            done(tool(&room, &python, &words)).await
        };
        let refused = run("auto").await;
        assert!(refused.code != 0 && refused.stdout.contains("abide approve"), "{refused:?}");
        allow(&room).await;
        for (mode, version, more) in
            [("auto", "2026-07-28", ""), ("legacy", "2025-11-25", "ask accept: Alice")]
        {
            let done = run(mode).await;
            assert_eq!(done.code, 0, "{done:?} {}", server.log());
            let version = format!("version {version}");
            for line in [&version, "tools echo region ask", "echo heard: hello", "region in K\u{f6}ln", more]
            {
                assert!(
                    line.is_empty() || done.stdout.lines().any(|shown| shown == line),
                    "{line}: {done:?}"
                );
            }
        }
        dialect("mcp", &Client::python("mcp"), SIGNED_IN, "the tools of the server");
    }

    async fn done_of(command: tokio::process::Command) -> Done {
        done(command).await
    }
}

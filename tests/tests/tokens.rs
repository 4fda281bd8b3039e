//! Tokens for one purpose, tokens that are bound to a key, and tokens for which the user signs in once more.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn tokens() {
    abide_tests::skipped("tokens", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod tokens {
    use abide_demo_op::{Config, DemoOp, Endpoint, Entry, Outcome, Quirks, RefreshTokens};
    use abide_tests::app::{App, Done, abide, account_with, command, configure};
    use abide_tests::form::Visitor;
    use abide_tests::login::{Login, sign_in};
    use abide_tests::providers::{PASSWORD, Provider, USER};
    use abide_tests::room::Room;
    use abide_tests::{eventually, http, s};
    use serde_json::Value;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const SCOPES: &str = "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\n";
    const API: &str = "https://api.example.com/";
    const OTHER: &str = "https://other.example.com/";

    async fn ready(name: &str, provider: &DemoOp, settings: &str) -> Room {
        let room = Room::with_keyring(name).await;
        configure(&room, &account_with(provider.issuer(), &format!("{SCOPES}{settings}"), SESSION));
        room
    }

    fn json(done: &Done) -> Value {
        assert_eq!(done.code, 0, "{done:?}");
        serde_json::from_str(&done.stdout).unwrap()
    }

    fn refreshes(provider: &DemoOp) -> usize {
        let entries = provider.record().entries();
        entries.iter().filter(|entry| entry.parameter("grant_type") == "refresh_token").count()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_bound_token_is_used_with_a_proof_and_with_nothing_else() {
        let provider = DemoOp::start(Config {
            require_dpop_nonce: true,
            access_token_lifetime: s(60),
            ..Config::default()
        })
        .await
        .unwrap();
        let room = ready("tokens-bound", &provider, "dpop = \"required\"").await;
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let resource = format!("{}/userinfo", provider.issuer());
        let said = json(&abide(&room, &["token", "--json"]).await);
        assert_eq!(said["token_type"], "DPoP");
        assert!(said.get("dpop").is_none(), "no request was named: {said}");
        let unnamed = abide(&room, &["header"]).await;
        assert_eq!((unnamed.code, unnamed.stdout.as_str()), (2, ""), "{}", unnamed.stderr);
        // An attacker who has stolen the token, but not the key.
        let http = abide_tests::http();
        for scheme in ["Bearer", "DPoP"] {
            let token = said["access_token"].as_str().unwrap();
            let stolen = http.get(&resource).header("authorization", format!("{scheme} {token}"));
            assert_eq!(stolen.send().await.unwrap().status(), 401, "{scheme}");
        }
        // A tool that asks Abide: first without the nonce, which the server then sends.
        let first = use_header(&room, &resource, None).await;
        assert_eq!(first.status(), 401);
        let nonce = first.headers()["dpop-nonce"].to_str().unwrap().to_owned();
        let second = use_header(&room, &resource, Some(&nonce)).await;
        assert_eq!(second.status(), 200);
        assert_eq!(second.json::<Value>().await.unwrap()["email"], "alice@example.com");
        let again = abide(&room, &["token", "--json", "--min-validity", "1h"]).await;
        assert_eq!(json(&again)["token_type"], "DPoP", "renewed with the same key");
        // Another process continues with the same key.
        app.quit().await;
        let _app = App::headless(&room).await;
        let nonce = use_header(&room, &resource, None).await.headers()["dpop-nonce"].clone();
        assert_eq!(use_header(&room, &resource, Some(nonce.to_str().unwrap())).await.status(), 200);
        let keys: std::collections::BTreeSet<String> = provider
            .record()
            .entries()
            .iter()
            .filter(|entry| entry.endpoint == Endpoint::Token && entry.outcome == Outcome::Ok)
            .map(|entry| entry.parameter("dpop").to_owned())
            .collect();
        assert_eq!(keys.len(), 1, "one session, one key: {keys:?}");
        let done = abide(&room, &["logout"]).await;
        assert!(
            done.code == 0 && done.stdout.contains("no longer accepts"),
            "found out with a proof: {done:?}"
        );
    }

    async fn use_header(room: &Room, resource: &str, nonce: Option<&str>) -> reqwest::Response {
        let mut words = vec!["header", "--json", "--url", resource];
        words.extend(nonce.iter().flat_map(|nonce| ["--nonce", nonce]));
        let headers = json(&abide(room, &words).await);
        let mut request = abide_tests::http().get(resource);
        for (name, value) in headers.as_object().unwrap() {
            request = request.header(name, value.as_str().unwrap());
        }
        request.send().await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_tool_gets_a_token_for_its_purpose_and_no_better_one() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let room = ready("tokens-narrow", &provider, &format!("resources = [\"{API}\", \"{OTHER}\"]")).await;
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let own = json(&abide(&room, &["token", "--json"]).await);
        let narrow = json(&abide(&room, &["token", "--json", "--scope", "email openid"]).await);
        assert_eq!(narrow["scope"], "email openid");
        assert_ne!(narrow["access_token"], own["access_token"]);
        let sent = refreshes(&provider);
        let again = json(&abide(&room, &["token", "--json", "--scope", "openid email"]).await);
        assert_eq!(again["access_token"], narrow["access_token"], "kept until it is used up");
        let still = json(&abide(&room, &["token", "--json"]).await);
        assert_eq!(still["access_token"], own["access_token"], "that of the session is what it was");
        assert_eq!(refreshes(&provider), sent);
        json(&abide(&room, &["token", "--json", "--resource", OTHER]).await);
        let entries = provider.record().entries();
        assert_eq!(entries.last().unwrap().parameter("resource"), OTHER);

        for (words, code) in [
            (["--resource", "https://elsewhere.example.com/"], "invalid_target"),
            (["--scope", "openid admin"], "invalid_scope"),
            (["--resource", "no address"], "invalid_request"),
            (["--scope", " "], "invalid_request"),
        ] {
            let done = abide(&room, &[&["token", "--json"], &words[..]].concat()).await;
            assert_eq!(done.code, 2, "{done:?}");
            assert!(done.stderr.contains(&format!("\"{code}\"")), "{words:?}: {}", done.stderr);
        }
        let sent = refreshes(&provider);
        for _ in 0..5 {
            let done = abide(&room, &["token", "--resource", "https://elsewhere.example.com/"]).await;
            assert_eq!((done.code, done.stdout.as_str()), (2, ""));
        }
        assert!(refreshes(&provider) <= sent + 1, "a tool that insists does not trouble the provider");
        assert_eq!(app.session("work").await["state"], "active");
        // Each of them has rotated the refresh token, and the last one is on disk.
        app.quit().await;
        let _app = App::headless(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 0);
        assert!(refreshes(&provider) > sent, "renewed by what was written down");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_narrows_the_session_is_noticed_and_not_asked_again() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        provider.set_quirks(Quirks { narrowing_lasts: true, ..Quirks::default() });
        let room = ready("tokens-narrowed", &provider, "token_exchange = false").await;
        let app = narrowed_and_renewed(&room).await;
        let session = eventually("the renewal", s(10), || async {
            let session = app.session("work").await;
            (session["last_error_code"] == "scope_narrowed").then_some(session)
        })
        .await;
        assert_eq!(
            (&session["state"], &session["last_error_kind"]),
            (&"active".into(), &"action_required".into())
        );
        is_not_narrowed_further(&room, &provider).await;
        // Another process knows it too.
        app.quit().await;
        let _app = App::headless(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 0);
        is_not_narrowed_further(&room, &provider).await;
    }

    /// Every command says the same about it.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_session_without_a_refresh_token_ends_with_its_only_token() {
        let quirks = Quirks { refresh_tokens: RefreshTokens::None, ..Quirks::default() };
        let config = Config { access_token_lifetime: s(12), quirks, ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        let room = ready("tokens-only-one", &provider, "").await;
        let app = App::headless(&room).await;
        let login = Login::begin(&room).await;
        Visitor::default().sign_in(&login.url, USER, PASSWORD).await;
        let done = login.end().await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.stderr.contains("gave no refresh token"), "{done:?}");
        assert!(!done.stderr.contains("without use"), "{done:?}");
        let session = app.session("work").await;
        assert_eq!((&session["limit"], &session["renewable"]), (&"access_token".into(), &false.into()));
        assert_eq!(abide(&room, &["token"]).await.code, 0);
        let status = abide(&room, &["status"]).await.stdout;
        assert!(status.contains("(access token)") && status.contains("cannot be renewed"), "{status}");
        let kept = abide(&room, &["keep"]).await;
        assert!(
            kept.stdout.contains("cannot be extended") && kept.stdout.contains("refresh token"),
            "{kept:?}"
        );
        // The person is warned, and then the session is over for all of them.
        app.state("work", "expiring", s(20)).await;
        assert_eq!(app.state("work", "ended", s(20)).await["ended"], "access_token_expired");
        let refused = abide(&room, &["token"]).await;
        assert_eq!((refused.code, refused.stdout.as_str()), (3, ""), "{refused:?}");
        assert!(refused.stderr.contains("the access token expired"), "{refused:?}");
        let status = abide(&room, &["status"]).await.stdout;
        assert!(status.contains("signed out") && status.contains("the access token expired"), "{status}");
        assert_ne!(abide(&room, &["keep"]).await.code, 0);
        sign_in(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_narrowed_session_is_widened_by_an_earlier_refresh_token() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let quirks =
            Quirks { refresh_tokens: RefreshTokens::KeepEarlier, narrowing_lasts: true, ..Quirks::default() };
        provider.set_quirks(quirks);
        let room = ready("tokens-widened", &provider, "token_exchange = false").await;
        let app = narrowed_and_renewed(&room).await;
        // The token for fewer scopes, the renewal that shows what it has done, and the one by the earlier refresh token.
        eventually("the wider token", s(10), || async { (refreshes(&provider) >= 3).then_some(()) }).await;
        eventually("all scopes again", s(10), || async {
            let scope = json(&abide(&room, &["token", "--json"]).await)["scope"].to_string();
            (scope.contains("profile") && scope.contains("offline_access")).then_some(())
        })
        .await;
        assert_eq!(app.session("work").await["last_error_code"], Value::Null);
        is_not_narrowed_further(&room, &provider).await;
    }

    /// Gets a token for fewer scopes, and renews the session after that.
    async fn narrowed_and_renewed<'a>(room: &'a Room) -> App<'a> {
        let app = App::headless(room).await;
        sign_in(room).await;
        let narrow = ["token", "--json", "--scope", "openid email"];
        assert_eq!(json(&abide(room, &narrow).await)["scope"], "email openid");
        assert_eq!(abide(room, &["keep"]).await.code, 0);
        app
    }

    async fn is_not_narrowed_further(room: &Room, provider: &DemoOp) {
        let asked = refreshes(provider);
        let refused = abide(room, &["token", "--scope", "openid"]).await;
        assert_eq!(refused.code, 2, "{refused:?}");
        assert_eq!(refreshes(provider), asked);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn tools_that_ask_at_once_cause_one_request_for_each_purpose() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let room = ready("tokens-at-once", &provider, "").await;
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let sent = refreshes(&provider);
        let room = &room;
        let ask = |scope: &'static str| async move { abide(room, &["token", "--scope", scope]).await };
        let asked = (0..6).flat_map(|_| [ask("openid"), ask("email")]);
        let done = futures_util::future::join_all(asked).await;
        let tokens: std::collections::BTreeSet<&str> = done.iter().map(|done| done.stdout.as_str()).collect();
        assert!(done.iter().all(|done| done.code == 0), "{done:?}");
        assert_eq!((tokens.len(), refreshes(&provider) - sent), (2, 2));
    }

    /// Each is a request to the provider, and a token there.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_key_gets_tokens_for_so_many_purposes_in_an_hour_and_others_are_served() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let room = ready("tokens-many", &provider, "").await;
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let allowed = app.abide_at_terminal(&["clients", "allow", "greedy", "--plain", "--json"]).await;
        let key = json(&allowed)["key"].as_str().unwrap().to_owned();
        let sent = refreshes(&provider);
        let (mut served, mut refused) = (0, 0);
        for number in 0..200 {
            let target = format!("/v1/token?resource=https%3A%2F%2Fapi{number}.example%2F");
            let answer = http()
                .get(format!("http://127.0.0.1:{}{target}", app.port()))
                .bearer_auth(&key)
                .send()
                .await
                .unwrap();
            match answer.status().as_u16() {
                200 => served += 1,
                429 => {
                    let rest: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
                    assert!((1..=3600).contains(&rest), "{rest}");
                    let said: Value = answer.json().await.unwrap();
                    assert_eq!(
                        (&said["error"], &said["retry_after"]),
                        (&"too_many_purposes".into(), &rest.into())
                    );
                    refused += 1;
                }
                other => panic!("{other}"),
            }
        }
        assert_eq!((served, refused, refreshes(&provider) - sent), (32, 168, 32));
        // What it has had, and what others ask for.
        let again = abide_with_key(&app, &key, "https%3A%2F%2Fapi31.example%2F").await;
        assert_eq!((again, refreshes(&provider) - sent), (200, 32));
        json(&abide(&room, &["token", "--json"]).await);
        json(&abide(&room, &["token", "--json", "--resource", API]).await);
    }

    async fn abide_with_key(app: &App<'_>, key: &str, resource: &str) -> u16 {
        let url = format!("http://127.0.0.1:{}/v1/token?resource={resource}", app.port());
        http().get(url).bearer_auth(key).send().await.unwrap().status().as_u16()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_account_can_exchange_tokens_instead() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let room = ready("tokens-exchange", &provider, "token_exchange = true").await;
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let sent = refreshes(&provider);
        let own = json(&abide(&room, &["token", "--json"]).await);
        let other = json(&abide(&room, &["token", "--json", "--resource", API]).await);
        assert_ne!(other["access_token"], own["access_token"]);
        let entries = provider.record().entries();
        let last = entries.last().unwrap();
        assert_eq!(last.parameter("grant_type"), "urn:ietf:params:oauth:grant-type:token-exchange");
        assert_eq!((last.parameter("resource"), last.outcome), (API, Outcome::Ok));
        assert_eq!(refreshes(&provider), sent, "the refresh token has nothing to do with it");
    }

    /// The first refresh for one purpose has ended the session's token there. From then on tokens are exchanged, and none ends another.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn where_a_refresh_ends_other_tokens_they_are_exchanged() {
        let quirks = Quirks { refresh_ends_access_tokens: true, ..Quirks::default() };
        let provider = DemoOp::start(Config { quirks, ..Config::default() }).await.unwrap();
        let room = ready("tokens-preferred", &provider, "").await;
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        json(&abide(&room, &["token", "--json", "--resource", API]).await);
        json(&abide(&room, &["token", "--json"]).await);
        let sent = refreshes(&provider);
        let exchanged_one = json(&abide(&room, &["token", "--json", "--resource", OTHER]).await);
        let exchanged = |entry: &Entry| {
            entry.parameter("grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange"
                && entry.outcome == Outcome::Ok
        };
        assert_eq!(provider.record().entries().iter().filter(|entry| exchanged(entry)).count(), 1);
        let own = json(&abide(&room, &["token", "--json"]).await);
        let again = json(&abide(&room, &["token", "--json", "--resource", OTHER]).await);
        assert_eq!(again["access_token"], exchanged_one["access_token"], "nothing has ended it");
        assert_eq!(refreshes(&provider), sent, "the refresh token has nothing to do with it");
        let provider = Provider::Demo(provider);
        assert_eq!(provider.userinfo(own["access_token"].as_str().unwrap()).await.0, 200);
    }

    /// A program instead of a browser that notes the address.
    fn scribe(room: &Room) -> (String, std::path::PathBuf) {
        let file = room.path("address");
        let script = format!("printf %s \"$1\" > {0}.new && mv {0}.new {0}", file.display());
        (format!("browser = {}\n", serde_json::json!(["sh", "-c", script, "browser"])), file)
    }

    const CHALLENGE: &str =
        "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:abide:demo:recent\"";

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_wants_a_stronger_sign_in_gets_it_through_the_tool() {
        let room = Room::with_keyring("tokens-step-up").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let (browser, address) = scribe(&room);
        configure(&room, &(browser + &account_with(provider.issuer(), SCOPES, SESSION)));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let before = json(&abide(&room, &["token", "--json"]).await);
        let ended = app.session("work").await["at_most_until"].clone();
        let tools: Vec<_> = (0..2)
            .map(|_| {
                let mut tool = command(&room, &["token", "--json", "--challenge", CHALLENGE]);
                tokio::spawn(async move { tool.output().await.unwrap() })
            })
            .collect();
        let url = eventually("the browser", s(10), || async { std::fs::read_to_string(&address).ok() }).await;
        let landed = Visitor::default().sign_in(&url, USER, PASSWORD).await;
        assert!(landed.body.contains("You are signed in"), "{}", landed.body);
        for tool in tools {
            let output = tool.await.unwrap();
            assert!(output.status.success(), "{output:?}");
            let after: Value = serde_json::from_slice(&output.stdout).unwrap();
            assert_ne!(after["access_token"], before["access_token"], "the better token");
        }
        let entries = provider.record().entries();
        let asked: Vec<_> =
            entries.iter().filter(|entry| entry.parameter("acr_values") == "urn:abide:demo:recent").collect();
        assert!(!asked.is_empty(), "the provider was asked for it");
        assert_eq!(app.session("work").await["at_most_until"], ended, "the session is not made longer");
        // Strong enough now: the person is not asked again.
        std::fs::remove_file(&address).unwrap();
        let done = abide(&room, &["token", "--challenge", CHALLENGE]).await;
        assert_eq!(done.code, 0, "{done:?}");
        assert!(!address.exists(), "no browser was opened");
        // Another process continues with the new refresh token.
        app.quit().await;
        let _app = App::headless(&room).await;
        let done = abide(&room, &["token", "--challenge", CHALLENGE]).await;
        assert_eq!(done.code, 0, "{done:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_sign_out_ends_the_stronger_sign_in_that_is_under_way() {
        let room = Room::with_keyring("tokens-step-up-over").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let (browser, address) = scribe(&room);
        let free = abide_tests::free_port();
        let one_port = format!("{SCOPES}redirect_uri = \"http://127.0.0.1:{free}/callback\"\n");
        configure(&room, &(browser + &account_with(provider.issuer(), &one_port, SESSION)));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let mut tool = command(&room, &["token", "--json", "--challenge", CHALLENGE]);
        let tool = tokio::spawn(async move { tool.output().await.unwrap() });
        eventually("the browser", s(10), || async { std::fs::read_to_string(&address).ok() }).await;
        assert_eq!(abide(&room, &["logout", "--no-wait"]).await.code, 0);
        let output = tokio::time::timeout(s(10), tool).await.expect("the tool is told at once").unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("\"session_expired\""), "{said}");
        // The port is free again.
        sign_in(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_stronger_sign_in_that_does_not_happen_changes_nothing() {
        let room = Room::with_keyring("tokens-no-step-up").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let (browser, address) = scribe(&room);
        configure(&room, &(browser + &account_with(provider.issuer(), SCOPES, SESSION)));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let before = abide(&room, &["token"]).await.stdout;
        let challenged = |challenge: &str| {
            let _ = std::fs::remove_file(&address);
            let mut tool = command(&room, &["token", "--json", "--challenge", challenge]);
            tokio::spawn(async move { tool.output().await.unwrap() })
        };
        let opened = || async {
            eventually("the browser", s(10), || async { std::fs::read_to_string(&address).ok() }).await
        };
        let failed = |output: &std::process::Output, code: &str| {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(said.contains(&format!("\"{code}\"")), "{said}");
            assert!(output.stdout.is_empty());
        };
        // A person who has just seen a page without success is not asked again until the next session.
        let anew = || async {
            assert_eq!(abide(&room, &["logout", "--no-wait"]).await.code, 0);
            sign_in(&room).await;
        };
        // Another person signs in.
        let tool = challenged(CHALLENGE);
        Visitor::default().sign_in(&opened().await, "bob", PASSWORD).await;
        failed(&tool.await.unwrap(), "access_denied");
        assert_eq!(abide(&room, &["token"]).await.stdout, before, "the session continues unchanged");
        anew().await;
        // The provider ignores the request.
        let stronger = "Bearer error=\"insufficient_user_authentication\", acr_values=\"phr\"";
        let tool = challenged(stronger);
        Visitor::default().sign_in(&opened().await, USER, PASSWORD).await;
        failed(&tool.await.unwrap(), "unmet_authentication_requirements");
        anew().await;
        // The person refuses, and is not asked again.
        let tool = challenged(stronger);
        let mut person = Visitor::default();
        let form = person.open(&opened().await).await;
        person.submit(&form, &[], Some("cancel")).await;
        failed(&tool.await.unwrap(), "access_denied");
        failed(&challenged(stronger).await.unwrap(), "access_denied");
        assert!(!address.exists(), "no browser was opened");
        for nonsense in ["Bearer realm=\"x\"", "Bearer error=\"insufficient_user_authentication\"", "\u{1}"] {
            failed(&challenged(nonsense).await.unwrap(), "invalid_request");
        }
        assert_eq!(app.session("work").await["state"], "active");
        let after = abide(&room, &["token"]).await;
        assert!(after.code == 0 && !before.is_empty(), "{after:?}");
    }

    /// Each parameter is counted down to and named as the source.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_end_that_the_provider_declares_is_the_limit_with_its_source() {
        let cases = [
            (
                "session_expiry",
                Quirks { session_expiry: Some(s(600)), session_expiry_once: true, ..Quirks::default() },
            ),
            (
                "authorization_expires_in",
                Quirks { authorization_lifetime: Some(s(600)), ..Quirks::default() },
            ),
            ("refresh_token_timeout", Quirks { tell_refresh_token_timeout: true, ..Quirks::default() }),
            ("refresh_expires_in", Quirks { tell_refresh_expires_in: true, ..Quirks::default() }),
        ];
        futures_util::future::join_all(cases.map(|(source, quirks)| the_end_is(source, quirks))).await;
    }

    async fn the_end_is(source: &str, quirks: Quirks) {
        let moves = quirks.tell_refresh_token_timeout || quirks.tell_refresh_expires_in;
        let refresh_token_lifetime = if moves { s(600) } else { s(7 * 86_400) };
        let access_token_lifetime = s(5);
        let config = Config { quirks, refresh_token_lifetime, access_token_lifetime, ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        let room = ready(&format!("tokens-end-{source}"), &provider, "").await;
        let app = App::headless(&room).await;
        sign_in(&room).await;
        // That of the sign-in, and after a renewal, which may say nothing more about it.
        for round in ["the sign-in", "a renewal"] {
            let session = app.session("work").await;
            let known = (&session["limit"], &session["provider_limit"], &session["can_be_kept"]);
            assert_eq!(known, (&"provider".into(), &source.into(), &moves.into()), "{round}: {session}");
            let left = session["expires_in"].as_u64().unwrap();
            assert!((480..=600).contains(&left), "{source}, {round}: {left}");
            eventually("a renewal", s(30), || async {
                assert_eq!(abide(&room, &["token"]).await.code, 0, "{source}");
                (refreshes(&provider) > 0).then_some(())
            })
            .await;
        }
    }

    /// Microsoft Entra ID knows no `resource`.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_resource_is_asked_for_by_a_scope_of_its_own_where_the_account_says_so() {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let room = ready("tokens-entra", &provider, "resource_scope = \"{resource}/.default\"").await;
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let _ = abide(&room, &["token", "--resource", "api://tasks"]).await;
        let entries = provider.record().entries();
        let asked = entries.iter().rfind(|entry| entry.is_refresh()).expect("a request for the resource");
        assert_eq!((asked.parameter("scope"), asked.parameter("resource")), ("api://tasks/.default", ""));
    }
}

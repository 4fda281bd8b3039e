//! One request and its answer for each call of the local API, as docs/api.md shows them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn api() {
    abide_tests::skipped("api", "grants are given at a terminal, which script(1) makes here");
}

#[cfg(target_os = "linux")]
mod api {
    use std::collections::BTreeMap;
    use std::path::Path;
    use std::process::Stdio;

    use abide_agent::{Agent, Event, Options};
    use abide_demo_op::{Config, DemoOp};
    use abide_tests::form::Visitor;
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::raw_http::{Answer, Way, read};
    use abide_tests::{copy_program, eventually, evidence, s, workspace};
    use abide_wire::paths::Places;
    use serde_json::{Map, Value, json};
    use tokio::io::AsyncWriteExt as _;

    /// The recorded examples. `./x examples` copies those of the last run there.
    const EXAMPLES: &str = "crates/agent/src/api/examples.json";
    /// Calls without an example: they need a service that is not here.
    const WITHOUT: &[&str] = &["POST /v1/aws/credentials", "POST /v1/mcp"];
    /// Set in the run at a terminal.
    const AT_TERMINAL: &str = "ABIDE_TEST_AT_TERMINAL";
    const CHALLENGE: &str =
        "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:abide:demo:recent\"";

    /// Members whose values differ from run to run or are secret, and what is shown in their place.
    const FIXED: &[(&str, &str)] = &[
        ("access_token", "ACCESS-TOKEN"),
        (
            "authorization_url",
            "https://id.example.com/authorize?client_id=abide&response_type=code&state=STATE",
        ),
        ("command", "terraform plan"),
        ("hash", "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"),
        ("key", "KEY"),
        ("nonce", "NONCE"),
        ("sha256", "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"),
        ("terminal", "pts/1"),
        ("version", "VERSION"),
    ];
    /// The same for numbers. A time is told by its size.
    const NUMBERS: &[(&str, u64)] = &[
        ("access_token_expires_in", 300),
        ("attempt", 1),
        ("clock_skew", 0),
        ("expires_in", 300),
        ("first", 1),
        ("id", 1),
        ("last", 23),
        ("redirect_port", 49152),
        ("sealed", 23),
    ];
    const TIME: u64 = 1_767_225_600;

    /// The agent in this process, and what it has answered.
    struct Talk {
        way: Way,
        /// Texts that differ from run to run, and what is shown in their place.
        words: Vec<(String, String)>,
        examples: BTreeMap<String, Value>,
    }

    impl Talk {
        async fn send(&self, method: &str, target: &str, body: Option<&Value>) -> Answer {
            let mut headers = vec!["Host: localhost"];
            if body.is_some() {
                headers.push("Content-Type: application/json");
            }
            let text = body.map(Value::to_string).unwrap_or_default();
            self.way.request(method, target, &headers, &text).await.expect("an answer")
        }

        /// Makes a call and keeps it as the example of its route. Returns the body of the answer.
        async fn example(&mut self, route: &str, target: &str, body: Option<Value>) -> Value {
            let (method, _) = route.split_once(' ').unwrap();
            let answer = self.send(method, target, body.as_ref()).await;
            assert!(
                (200..300).contains(&answer.status),
                "{method} {target}: {} {}",
                answer.status,
                answer.body
            );
            let answered = if answer.body.is_empty() { Value::Null } else { answer.json() };
            self.keep(route, target, body, answer.status, answered.clone());
            answered
        }

        fn keep(&mut self, route: &str, target: &str, body: Option<Value>, status: u16, answered: Value) {
            let mut example = json!({ "target": target, "status": status });
            for (name, mut value) in [("body", body.unwrap_or_default()), ("answer", answered)] {
                if !value.is_null() {
                    self.fix(&mut value, "");
                    example[name] = value;
                }
            }
            self.examples.insert(route.to_owned(), example);
        }

        /// Puts fixed words in the place of secrets, and of everything that differs from run to run.
        fn fix(&self, value: &mut Value, name: &str) {
            match value {
                Value::Object(_) if name == "ends" => {
                    let (session, always) = (["session", "8h", "1h"], ["revoked", "30d", "8h", "1h"]);
                    *value = json!({
                        "once": [], "run": session, "terminal": session, "agent": session, "session": session,
                        "always": always,
                    });
                }
                Value::Object(members) => members.iter_mut().for_each(|(name, value)| self.fix(value, name)),
                // What depends on the computer that the test runs on.
                _ if name == "agent" => *value = json!("code"),
                Value::Array(items) if name == "started_by" => *items = vec![json!("bash")],
                Value::Array(items) if name == "problems" || name == "labels" => items.clear(),
                Value::Array(items) if name == "warnings" => {
                    items.retain(|text| text.as_str().is_some_and(|text| text.contains("memory")));
                }
                Value::Array(_) if name == "spans" => {
                    *value = json!(["once", "run", "terminal", "agent", "session", "always"]);
                }
                Value::Array(items) => items.iter_mut().for_each(|item| self.fix(item, "")),
                Value::String(text) => *text = self.fixed(text, name),
                Value::Number(number) => {
                    let fixed = NUMBERS.iter().find(|(known, _)| *known == name);
                    let is_time = number.as_u64().is_some_and(|number| number > 1_600_000_000);
                    if let Some(fixed) = fixed.map(|(_, fixed)| *fixed).or(is_time.then_some(TIME)) {
                        *value = fixed.into();
                    }
                }
                Value::Null | Value::Bool(_) => {}
            }
        }

        fn fixed(&self, text: &str, name: &str) -> String {
            if let Some((_, fixed)) = FIXED.iter().find(|(known, _)| *known == name) {
                return (*fixed).to_owned();
            }
            let mut text = self.words.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
            if let Some((before, _)) = text.split_once("/jobs/") {
                text = format!("{before}/jobs/JOB/{}", text.rsplit('/').next().unwrap_or_default());
            }
            if name == "address" && !text.contains("://") { "127.0.0.1:49153".to_owned() } else { text }
        }

        /// The first event of a stream.
        async fn first_event(&mut self, route: &str, target: &str) {
            let mut stream = self.way.connect().await.unwrap();
            let head =
                format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            let answer = read(&mut stream, s(1)).await.unwrap();
            let data =
                answer.body.split("data: ").nth(1).and_then(|rest| rest.lines().next()).expect("an event");
            let mut status: Value = serde_json::from_str(data).unwrap();
            self.fix(&mut status, "");
            let text = format!("event: session\ndata: {status}\n\n");
            assert_eq!(answer.status, 200);
            let example = json!({ "target": target, "status": 200, "answer": text });
            self.examples.insert(route.to_owned(), example);
        }

        async fn state(&self, wanted: &str) {
            eventually(wanted, s(20), || async {
                let status = self.send("GET", "/v1/sessions/work", None).await.json();
                (status["state"] == wanted).then_some(())
            })
            .await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn every_call_answers_as_its_example_says() {
        if std::env::var_os(AT_TERMINAL).is_none() {
            return at_a_terminal("api::every_call_answers_as_its_example_says").await;
        }
        let folder = tempfile::tempdir().unwrap();
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let agent = start(folder.path()).await;
        let mut talk = talk_to(&agent, folder.path(), &provider);
        about_abide(&mut talk).await;
        accounts(&mut talk, provider.issuer()).await;
        sign_in(&mut talk).await;
        session(&mut talk, &folder.path().join("address")).await;
        clients(&mut talk).await;
        consents(&mut talk, folder.path()).await;
        job(&mut talk).await;
        record_names_who_asked(&mut talk, folder.path()).await;
        talk.example("POST /v1/sessions/{account}/logout", "/v1/sessions/work/logout", Some(json!({}))).await;
        talk.example("DELETE /v1/accounts/{account}", "/v1/accounts/work", None).await;
        let mut events = agent.events();
        talk.example("POST /v1/show", "/v1/show", Some(json!({}))).await;
        let link = "abide:add?issuer=https%3A%2F%2Fid.example.com&client_id=abide";
        talk.example("POST /v1/link", "/v1/link", Some(json!({ "link": link }))).await;
        talk.example("POST /v1/quit", "/v1/quit", Some(json!({}))).await;
        assert!(matches!(events.recv().await, Ok(Event::ShowWindow)));
        assert!(
            matches!(events.recv().await, Ok(Event::Link(link)) if link.issuer == "https://id.example.com")
        );
        assert!(matches!(events.recv().await, Ok(Event::Quit)));
        agent.stop().await;
        compare(&talk.examples);
    }

    /// Runs a test of this program again as a person would: at a terminal of its own, in front of it.
    async fn at_a_terminal(test: &str) {
        let program = std::env::current_exe().unwrap();
        let command = format!("exec '{}' --exact {test} --nocapture", program.display());
        let running = tokio::process::Command::new("script")
            .args(["--quiet", "--return", "--flush", "--command", &command, "/dev/null"])
            .env(AT_TERMINAL, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("run script(1)");
        let output = tokio::time::timeout(s(120), running.wait_with_output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }

    /// The agent of a program with a window, which this test is.
    async fn start(folder: &Path) -> Agent {
        let config = "[endpoint]\nport = 0\n[vault]\nmode = \"memory\"\n\
                      [[dialects.git]]\nhost = \"git.example.com\"\naccount = \"work\"\nresource = \"https://git.example.com\"\n";
        let places = Places {
            config: folder.join(".config/abide"),
            state: folder.join(".local/state/abide"),
            runtime: folder.join("run"),
        };
        std::fs::create_dir_all(&places.config).unwrap();
        std::fs::write(places.config_file(), config).unwrap();
        let address = folder.join("address").display().to_string();
        let opener = format!("printf %s \"$1\" > {address}.new && mv {address}.new {address}");
        let browser = ["sh", "-c", &opener, "browser"].map(str::to_owned).to_vec();
        let options = Options {
            places,
            desktop: true,
            browser: Some(browser),
            credentials: None,
            language: abide_wire::Language::En,
            ..Options::of_this_user(true).unwrap()
        };
        Agent::start(options).await.unwrap()
    }

    fn talk_to(agent: &Agent, folder: &Path, provider: &DemoOp) -> Talk {
        let issuer = provider.issuer();
        let host = issuer.trim_start_matches("http://");
        let words = [
            (issuer, "https://id.example.com"),
            (host, "id.example.com"),
            (&host.replace(':', "%3A"), "id.example.com"),
            (&format!("127.0.0.1:{}", agent.port()), "127.0.0.1:47600"),
            (folder.to_str().unwrap(), "/home/alice"),
        ];
        Talk {
            way: Way::Socket(folder.join("run/abide.sock")),
            words: words.map(|(from, to)| (from.to_owned(), to.to_owned())).to_vec(),
            examples: BTreeMap::new(),
        }
    }

    async fn about_abide(talk: &mut Talk) {
        talk.example("GET /health", "/health", None).await;
        let described = talk.example("GET /openapi.json", "/openapi.json", None).await;
        let info =
            json!({ "openapi": described["openapi"], "info": { "title": described["info"]["title"] } });
        talk.keep("GET /openapi.json", "/openapi.json", None, 200, info);
        talk.example("GET /v1/challenge", "/v1/challenge", None).await;
        talk.example("GET /v1/vault", "/v1/vault", None).await;
        talk.example("GET /v1/presence", "/v1/presence", None).await;
        let there = json!({ "input": "gnome", "lock": ["logind"], "locked": false, "sleep": ["logind"] });
        talk.keep("GET /v1/presence", "/v1/presence", None, 200, there);
        talk.example("GET /v1/proxies", "/v1/proxies", None).await;
        let proxy = json!({
            "name": "api", "address": "http://127.0.0.1:47700", "upstream": "https://api.example.com/v1/",
            "account": "work", "listening": true, "problem": null,
        });
        talk.keep("GET /v1/proxies", "/v1/proxies", None, 200, json!({ "proxies": [proxy] }));
        let servers = "/v1/dialects/git/servers";
        talk.example("GET /v1/dialects/{format}/servers", servers, None).await;
    }

    async fn accounts(talk: &mut Talk, issuer: &str) {
        talk.example("POST /v1/discover", "/v1/discover", Some(json!({ "issuer": issuer }))).await;
        let new = json!({ "name": "work", "issuer": issuer, "client_id": "abide" });
        talk.example("POST /v1/accounts", "/v1/accounts", Some(new)).await;
        talk.example("GET /v1/accounts", "/v1/accounts", None).await;
        let settings = "/v1/accounts/work/session";
        let mut wanted = talk.example("GET /v1/accounts/{account}/session", settings, None).await;
        wanted["watch"] = json!(["iframe"]);
        wanted.as_object_mut().unwrap().remove("locked");
        talk.example("PUT /v1/accounts/{account}/session", settings, Some(wanted)).await;
        talk.example("GET /v1/config/check", "/v1/config/check", None).await;
        talk.example("POST /v1/config/reload", "/v1/config/reload", Some(json!({}))).await;
    }

    async fn sign_in(talk: &mut Talk) {
        let (login, body) = ("/v1/sessions/work/login", json!({ "browser": false }));
        let begun = talk.example("POST /v1/sessions/{account}/login", login, Some(body.clone())).await;
        let attempt = json!({ "attempt": begun["attempt"] });
        let cancel = "/v1/sessions/work/cancel";
        talk.example("POST /v1/sessions/{account}/cancel", cancel, Some(attempt)).await;
        let begun = talk.send("POST", login, Some(&body)).await.json();
        let url = begun["authorization_url"].as_str().expect("an address").to_owned();
        Visitor::default().sign_in(&url, USER, PASSWORD).await;
        talk.state("active").await;
    }

    async fn session(talk: &mut Talk, address: &Path) {
        let session = "/v1/sessions/work";
        talk.example("GET /v1/sessions", "/v1/sessions", None).await;
        talk.example("GET /v1/sessions/{account}", session, None).await;
        talk.first_event("GET /v1/sessions/{account}/events", &format!("{session}/events")).await;
        talk.example("GET /v1/token", "/v1/token?account=work&min_validity=60s", None).await;
        talk.example("GET /access_token", "/access_token", None).await;
        talk.example("GET /v1/claims/{account}", "/v1/claims/work", None).await;
        let keep = format!("{session}/keep");
        talk.example("POST /v1/sessions/{account}/keep", &keep, Some(json!({}))).await;
        // The session is renewed too, which takes a moment.
        eventually("the renewal", s(20), || async {
            let status = talk.send("GET", session, None).await.json();
            let mut signals = status["signals"].as_array().into_iter().flatten();
            signals.any(|signal| signal["signal"] == "refresh" && signal["state"] == "works").then_some(())
        })
        .await;
        let monitor = format!("{session}/monitor");
        talk.example("POST /v1/sessions/{account}/monitor", &monitor, Some(json!({}))).await;
        let _ = std::fs::remove_file(address);
        let stronger = async {
            let body = json!({ "www_authenticate": CHALLENGE });
            talk.example("POST /v1/token", "/v1/token?account=work", Some(body)).await
        };
        let in_the_browser = async {
            let url =
                eventually("the browser", s(20), || async { std::fs::read_to_string(address).ok() }).await;
            Visitor::default().sign_in(&url, USER, PASSWORD).await
        };
        tokio::join!(stronger, in_the_browser);
    }

    /// The job is this process, so from now on what it starts may have tokens.
    async fn job(talk: &mut Talk) {
        let job = json!({ "command": ["terraform", "plan"], "dialects": ["azure"], "token_file": true });
        talk.example("POST /v1/jobs", "/v1/jobs?account=work", Some(job)).await;
    }

    async fn clients(talk: &mut Talk) {
        talk.example("POST /v1/clients", "/v1/clients", Some(json!({ "name": "ci" }))).await;
        talk.example("GET /v1/clients", "/v1/clients", None).await;
        talk.example("DELETE /v1/clients/{name}", "/v1/clients/ci", None).await;
    }

    /// A program asks, the user allows it, and takes that back.
    async fn consents(talk: &mut Talk, folder: &Path) {
        let program = folder.join("terraform");
        copy_program("/usr/bin/curl", &program);
        let Way::Socket(socket) = talk.way.clone() else { unreachable!() };
        let asks = tokio::process::Command::new(&program)
            .args(["-sS", "--unix-socket", socket.to_str().unwrap(), "http://localhost/v1/token?reason=plan"])
            .env_clear()
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let open = talk.example("GET /v1/consents", "/v1/consents?wait=10s", None).await;
        let answer = Some(json!({ "allow": true, "span": "session" }));
        let Some(question) = open["questions"][0]["id"].as_u64() else {
            panic!("no question: {:?}", asks.wait_with_output().await);
        };
        talk.example("POST /v1/consents/{id}", &format!("/v1/consents/{question}"), answer).await;
        let output = asks.wait_with_output().await.unwrap();
        let token: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(token["account"], "work", "{token}");
        let grants = talk.send("GET", "/v1/consents", None).await.json();
        let grant = grants["grants"][0]["id"].as_u64().expect("a grant");
        talk.example("DELETE /v1/grants/{id}", &format!("/v1/grants/{grant}"), None).await;
        for route in ["POST /v1/consents/{id}", "DELETE /v1/grants/{id}"] {
            let path = route.split_once(' ').unwrap().1;
            talk.examples.get_mut(route).unwrap()["target"] = path.replace("{id}", "1").into();
        }
    }

    /// Every change that a call made is in the record, with the program that made the call.
    async fn record_names_who_asked(talk: &mut Talk, folder: &Path) {
        talk.example("GET /v1/audit", "/v1/audit", None).await;
        let files = std::fs::read_dir(folder.join(".local/state/abide/audit")).unwrap();
        let text: String = files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // A changed file is also read without a call.
        let by_owner = |line: &&Value| line["caller"]["kind"] == "owner";
        let mut reloaded = lines.iter().filter(|line| line["event"] == "config.reloaded");
        assert!(reloaded.any(|line| by_owner(&line)), "config.reloaded is recorded");
        for event in ["account.added", "settings.changed", "grant.revoked"] {
            let of: Vec<&Value> = lines.iter().filter(|line| line["event"] == event).collect();
            assert!(!of.is_empty(), "{event} is recorded");
            assert!(of.iter().all(by_owner), "{of:?}");
        }
    }

    /// Compares with the committed examples. Those of this run are in `target/acceptance/api`.
    fn compare(found: &BTreeMap<String, Value>) {
        let mut text = serde_json::to_string_pretty(found).unwrap();
        text.push('\n');
        std::fs::write(evidence("api").join("examples.json"), &text).unwrap();
        let committed = std::fs::read_to_string(workspace().join(EXAMPLES)).unwrap_or_default();
        let committed: Map<String, Value> = serde_json::from_str(&committed).unwrap_or_default();
        for (route, example) in found {
            assert_eq!(committed.get(route), Some(example), "{route}: run ./x examples if this is right");
        }
        assert_eq!(committed.len(), found.len(), "an example of a call that is not there");
        let described: Value = serde_json::from_str(
            &std::fs::read_to_string(workspace().join("crates/agent/src/api/openapi.json")).unwrap(),
        )
        .unwrap();
        for (path, methods) in described["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys() {
                let route = format!("{} {path}", method.to_uppercase());
                let has_one = found.contains_key(&route) || WITHOUT.contains(&route.as_str());
                assert!(has_one, "{route} has no example");
            }
        }
    }
}

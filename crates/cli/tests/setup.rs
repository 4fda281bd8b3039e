//! Accounts, clients, the doctor and the configuration.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::io::{self, Write as _};

use harness::*;

#[test]
fn accounts_are_listed_added_and_removed() {
    let body = r#"{"accounts":[{"name":"work","issuer":"https://id.example.com","client_id":"abide"},{"name":"d","issuer":"http://127.0.0.1:47610","client_id":"x","new":1}]}"#;
    let outcome = once(&["accounts"], get("/v1/accounts"), answer("200 OK", body));
    assert_eq!(outcome.out, "work   https://id.example.com   abide\nd      http://127.0.0.1:47610   x\n");
    let titled = r#"{"accounts":[{"name":"work","label":"Example & Sons","issuer":"https://x","client_id":"a"},{"name":"d","label":null,"issuer":"https://y","client_id":"b"}]}"#;
    let outcome = once(&["accounts"], get("/v1/accounts"), answer("200 OK", titled));
    assert_eq!(outcome.out, "work   Example & Sons   https://x   a\nd                       https://y   b\n");
    let expected =
        post("/v1/accounts", r#"{"name":"w","issuer":"https://id.example.com/","client_id":"abide"}"#);
    let words = ["accounts", "add", "w", "--issuer", "https://id.example.com/", "--client-id", "abide"];
    let added = r#"{"name":"w","issuer":"https://id.example.com/","client_id":"abide"}"#;
    let outcome = once(&words, expected, answer("201 Created", added));
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (0, "Added account w. Sign in: abide login --account w\n", "")
    );
    let gone = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let outcome = once(&["accounts", "remove", "w/../x"], delete("/v1/accounts/w%2F..%2Fx"), gone);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "Removed account w/../x.\n"));
}

#[test]
fn what_a_registration_and_a_preset_brought_is_said_beside_the_result() {
    let expected =
        post("/v1/accounts", r#"{"name":"w","issuer":"https://x","register":true,"preset":"google"}"#);
    let words = ["accounts", "add", "w", "--issuer", "https://x", "--register", "--preset", "google"];
    let added = r#"{"name":"w","client_id":"d-1","registered":true,"preset":"google","preset_title":"Google","settings":["a = 1"],"notes":["Know this."],"newer":1}"#;
    let outcome = once(&words, expected, answer("201 Created", added));
    assert_eq!((outcome.code, outcome.out.lines().count()), (0, 1), "{}", outcome.out);
    for said in ["registered at the provider as d-1", "Provider: Google", "    a = 1\n", "Know this."] {
        assert!(outcome.err.contains(said), "{said}: {}", outcome.err);
    }
    let body = r#"{"name":"w","client_id":"d-1","still_registered":"It still knows d-1."}"#;
    let outcome = once(&["accounts", "remove", "w"], delete("/v1/accounts/w"), answer("200 OK", body));
    assert_eq!(
        (outcome.out.as_str(), outcome.err.as_str()),
        ("Removed account w.\n", "It still knows d-1.\n")
    );
}

#[test]
fn an_account_may_have_addresses_and_certificates_of_its_own() {
    for registering in [&["--client-id", "abide"][..], &["--register"]] {
        let who = if registering.len() == 2 { r#""client_id":"abide""# } else { r#""register":true"# };
        let expected = post(
            "/v1/accounts",
            &format!(
                r#"{{"name":"w","issuer":"https://x",{who},"metadata_url":"https://x/p/metadata","redirect_uris":["http://127.0.0.1:8400/cb","http://127.0.0.1:8401/cb"],"ca_file":"/etc/ssl/root.pem"}}"#
            ),
        );
        let words = [
            &["accounts", "add", "w", "--issuer", "https://x"],
            registering,
            &["--redirect-uri", "http://127.0.0.1:8400/cb", "--redirect-uri", "http://127.0.0.1:8401/cb"],
            &["--ca-file", "/etc/ssl/root.pem", "--metadata-url", "https://x/p/metadata"],
        ]
        .concat();
        let outcome = once(&words, expected, answer("201 Created", r#"{"name":"w"}"#));
        assert_eq!(outcome.code, 0, "{}", outcome.err);
    }
}

#[test]
fn a_client_s_key_is_alone_on_standard_output() {
    let made = answer("201 Created", r#"{"name":"ci","key":"abide_secret"}"#);
    let outcome = once(
        &["clients", "allow", "ci"],
        post("/v1/clients", r#"{"name":"ci","plain":false,"program":null}"#),
        made,
    );
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "abide_secret\n"));
    assert!(!outcome.err.contains("abide_secret"));
    let made = answer("201 Created", r#"{"name":"ci","key":"abide_secret"}"#);
    let wanted = post("/v1/clients", r#"{"name":"ci","plain":true,"program":null}"#);
    assert_eq!(once(&["clients", "allow", "ci", "--plain"], wanted, made).out, "abide_secret\n");
}

#[test]
fn a_program_is_allowed_by_the_path_that_the_system_knows_it_by() {
    let made = answer("201 Created", r#"{"name":"tool","key":null}"#);
    let agent = FakeAgent::absent();
    let real = agent.home().canonicalize().unwrap().join("real");
    std::fs::write(&real, "").unwrap();
    std::os::unix::fs::symlink(&real, agent.home().join("tool")).unwrap();
    let body = format!(r#"{{"name":"tool","plain":false,"program":"{}"}}"#, real.display());
    for program in [agent.home().join("tool").to_str().unwrap(), "tool"] {
        let fake = FakeAgent::new(vec![Step::Answer(post("/v1/clients", &body), made.clone())]);
        let more = vec![("PATH", agent.home().into())];
        let words = ["clients", "allow", "tool", "--program", program];
        let outcome = abide_with(&fake, &words, Setting { more, ..Setting::default() });
        fake.finish();
        assert_eq!((outcome.code, outcome.out), (0, format!("tool may have tokens: {}\n", real.display())));
    }
}

#[test]
fn clients_are_listed_and_revoked() {
    let body = r#"{"clients":[{"name":"ci","kind":"key","program":null,"since":1795549938},{"name":"curl","kind":"program","program":"/usr/bin/curl","since":1795549938,"tokens":41,"last_used":1795549938}]}"#;
    let outcome = once(&["clients", "list"], get("/v1/clients"), answer("200 OK", body));
    assert_eq!(
        outcome.out,
        "ci     key             since 24 Nov 2026\ncurl   /usr/bin/curl   since 24 Nov 2026, 41 tokens, the last on 24 Nov 2026, 20:52\n"
    );
    let gone = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let outcome = once(&["clients", "revoke", "ci"], delete("/v1/clients/ci"), gone);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "ci gets no token without a new answer from you.\n")
    );
}

#[test]
fn the_doctor_finds_what_is_there() {
    let health =
        || answer("200 OK", &format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
    let steps = || {
        vec![
            Step::Answer(get("/health"), health()),
            Step::Answer(get("/v1/config/check"), sound_configuration()),
            Step::Answer(get("/v1/vault"), answer("200 OK", r#"{"mode":"keyring"}"#)),
            Step::Answer(get("/v1/sessions"), sessions(&[active("work"), status("demo", "signed_out", "")])),
            Step::Answer(get("/v1/proxies"), answer("200 OK", r#"{"proxies":[]}"#)),
            Step::Answer(get("/v1/presence"), presence(r#"["logind"]"#, r#""mutter""#)),
            Step::Answer(get("/v1/accounts/work/session"), settings("requests", "freeze")),
            Step::Answer(get("/v1/accounts/demo/session"), settings("requests", "keep")),
        ]
    };
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let http = format!("http://{}", tcp.local_addr().unwrap());
    let agent = FakeAgent::new(steps());
    let bound = format!(r#"{{"http":"{http}","socket":"x","pid":123,"version":"0.1.0"}}"#);
    std::fs::write(agent.runtime().join("endpoint.json"), bound).unwrap();
    let answerer = std::thread::spawn(move || {
        let (mut stream, _) = tcp.accept().unwrap();
        let mut sent = [0; 1024];
        let read = io::Read::read(&mut stream, &mut sent).unwrap();
        stream.write_all(&health()).unwrap();
        String::from_utf8(sent[..read].to_vec()).unwrap()
    });
    let outcome = abide(&agent, &["doctor"]);
    agent.finish();
    let sent = answerer.join().unwrap();
    assert!(sent.starts_with("GET /health HTTP/1.1\r\nHost: 127.0.0.1:"), "{sent}");
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""), "{}", outcome.out);
    assert_eq!(outcome.out.lines().filter(|line| line.starts_with("ok    ")).count(), 10, "{}", outcome.out);
    assert!(outcome.out.contains("2 configured, 1 signed in"), "{}", outcome.out);

    // Without the HTTP endpoint, and with a folder that others can enter.
    let agent = FakeAgent::new(steps());
    std::fs::set_permissions(agent.runtime(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let outcome = abide(&agent, &["doctor"]);
    agent.finish();
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("others have access (mode 755, should be 700)"), "{}", outcome.out);
    assert!(outcome.out.contains("fail  HTTP"), "{}", outcome.out);
}

#[test]
fn proxies_are_listed_and_one_that_is_not_open_fails_the_doctor() {
    let problem = "The proxy \u{201c}old\u{201d} is not open: 127.0.0.1:47701 belongs to another program.";
    let body = format!(
        r#"{{"proxies":[{{"name":"api","address":"http://127.0.0.1:47700","upstream":"https://api.example.com/","account":"work","listening":true,"problem":null}},{{"name":"old","address":"http://127.0.0.1:47701","upstream":"https://old.example.com/v1/","account":"work","listening":false,"problem":"{problem}"}}]}}"#
    );
    let outcome = once(&["proxies"], get("/v1/proxies"), answer("200 OK", &body));
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert_eq!(
        lines,
        [
            "api   http://127.0.0.1:47700   https://api.example.com/      work   open",
            "old   http://127.0.0.1:47701   https://old.example.com/v1/   work   not open",
            problem
        ]
    );
    let outcome = once(&["proxies"], get("/v1/proxies"), answer("200 OK", r#"{"proxies":[]}"#));
    assert!(outcome.out.contains("abide help proxies"), "{}", outcome.out);

    let health = answer("200 OK", &format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/health"), health),
        Step::Answer(get("/v1/config/check"), sound_configuration()),
        Step::Answer(get("/v1/vault"), answer("200 OK", r#"{"mode":"keyring"}"#)),
        Step::Answer(get("/v1/sessions"), sessions(&[])),
        Step::Answer(get("/v1/proxies"), answer("200 OK", &body)),
        Step::Answer(get("/v1/presence"), presence(r#"["logind"]"#, r#""mutter""#)),
    ]);
    let outcome = abide(&agent, &["doctor"]);
    agent.finish();
    assert_eq!(outcome.code, 1);
    let of_proxies: Vec<&str> = outcome.out.lines().filter(|line| line.contains("  proxies")).collect();
    assert!(of_proxies[0].starts_with("ok ") && of_proxies[1].starts_with("fail"), "{of_proxies:?}");
    assert!(of_proxies[1].contains("47701"), "{of_proxies:?}");
}

#[test]
fn the_doctor_names_a_port_that_another_program_holds() {
    let ok = || answer("200 OK", &format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/health"), ok()),
        Step::Answer(get("/v1/config/check"), sound_configuration()),
        Step::Answer(get("/v1/vault"), answer("200 OK", r#"{"mode":"keyring"}"#)),
        Step::Answer(get("/v1/sessions"), sessions(&[])),
        Step::Answer(get("/v1/proxies"), answer("200 OK", r#"{"proxies":[]}"#)),
        Step::Answer(get("/v1/presence"), presence(r#"["logind"]"#, r#""mutter""#)),
    ]);
    let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let http = format!("http://{}", tcp.local_addr().unwrap());
    let bound =
        format!(r#"{{"http":"{http}","port_taken":{{"address":"127.0.0.1:47600","uid":1001}},"pid":123}}"#);
    std::fs::write(agent.runtime().join("endpoint.json"), bound).unwrap();
    let answerer = std::thread::spawn(move || {
        let (mut stream, _) = tcp.accept().unwrap();
        let _ = io::Read::read(&mut stream, &mut [0; 1024]).unwrap();
        stream.write_all(&ok()).unwrap();
    });
    let outcome = abide(&agent, &["doctor"]);
    agent.finish();
    answerer.join().unwrap();
    assert_eq!(outcome.code, 1, "{}", outcome.out);
    let line = outcome.out.lines().find(|line| line.starts_with("fail  HTTP")).unwrap_or_default();
    assert!(line.contains("127.0.0.1:47600") && line.contains("1001") && line.contains(&http), "{line}");
}

#[test]
fn the_doctor_warns_of_an_address_that_an_ended_agent_has_left() {
    let agent = FakeAgent::absent();
    std::fs::create_dir_all(agent.runtime()).unwrap();
    let left = agent.runtime().join("endpoint.json");
    std::fs::write(&left, r#"{"http":"http://127.0.0.1:47600","pid":1}"#).unwrap();
    let outcome = abide(&agent, &["doctor"]);
    assert_eq!(outcome.code, 5);
    let line = outcome.out.lines().find(|line| line.starts_with("warn  HTTP")).unwrap_or_default();
    assert!(line.contains(&*left.to_string_lossy()), "{}", outcome.out);
}

fn presence(lock: &str, input: &str) -> Vec<u8> {
    answer("200 OK", &format!(r#"{{"lock":{lock},"sleep":["logind"],"input":{input},"locked":false}}"#))
}

fn settings(activity: &str, on_lock: &str) -> Vec<u8> {
    answer(
        "200 OK",
        &format!(
            r#"{{"end_after":900,"warn_after":720,"absolute":43200,"activity":"{activity}","on_lock":"{on_lock}"}}"#
        ),
    )
}

/// The output of `abide doctor` from the accounts on, for two accounts with these clock differences; the exit code; the same
/// as JSON.
fn examined(skews: [&str; 2], presence: &[u8], rules: [(&str, &str); 2]) -> (Vec<String>, u8) {
    let account = |name: &str, skew: &str| {
        active(name).replace("\"clock_skew\":null", &format!("\"clock_skew\":{skew}"))
    };
    let health = format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
    let mut steps = vec![
        Step::Answer(get("/health"), answer("200 OK", &health)),
        Step::Answer(get("/v1/config/check"), sound_configuration()),
        Step::Answer(get("/v1/vault"), answer("200 OK", r#"{"mode":"memory"}"#)),
        Step::Answer(get("/v1/sessions"), sessions(&[account("work", skews[0]), account("lab", skews[1])])),
        Step::Answer(get("/v1/proxies"), answer("200 OK", r#"{"proxies":[]}"#)),
        Step::Answer(get("/v1/presence"), presence.to_owned()),
    ];
    if presence.starts_with(b"HTTP/1.1 200") {
        for (name, (activity, on_lock)) in ["work", "lab"].into_iter().zip(rules) {
            steps.push(Step::Answer(
                get(&format!("/v1/accounts/{name}/session")),
                settings(activity, on_lock),
            ));
        }
    }
    let agent = FakeAgent::new(steps);
    std::fs::write(agent.runtime().join("endpoint.json"), r#"{"http":null,"pid":1}"#).unwrap();
    let outcome = abide(&agent, &["doctor"]);
    agent.finish();
    let vault = outcome.out.lines().find(|line| line.contains("vault")).unwrap();
    assert!(vault.starts_with("warn") && vault.contains("sign in again after a restart"), "{vault}");
    (outcome.out.lines().skip(6).map(str::to_owned).collect(), outcome.code)
}

#[test]
fn the_doctor_compares_the_clocks() {
    let presence = presence(r#"["logind"]"#, "null");
    let rules = [("requests", "freeze"); 2];
    let (lines, code) = examined(["3", "-60"], &presence, rules);
    assert!(
        lines[0].ends_with("clock is 3 s ahead of this computer\u{2019}s, within the tolerance"),
        "{lines:?}"
    );
    assert!(
        lines[1].ends_with("clock is 1 min behind this computer\u{2019}s, within the tolerance"),
        "{lines:?}"
    );
    assert_eq!(code, 0);

    let (lines, code) = examined(["301", "301"], &presence, rules);
    assert!(lines[0].starts_with("fail  clock"), "{lines:?}");
    assert!(lines[0].contains("id.example.com is 5 min 1 s ahead of this computer\u{2019}s"), "{lines:?}");
    assert!(
        lines[0].contains("clock is slow, let the network set it (timedatectl set-ntp true)")
            || !cfg!(target_os = "linux")
    );
    // Both accounts are at the same provider: one clock, one line.
    assert!(lines[1].contains("lock "), "{lines:?}");
    assert_eq!(code, 1);

    let (lines, code) = examined(["-61", "null"], &presence, rules);
    assert!(
        lines[0].contains("1 min 1 s behind this computer") && lines[0].contains("clock is fast"),
        "{lines:?}"
    );
    assert_eq!(code, 1);
}

#[test]
fn the_doctor_asks_for_no_source_that_no_account_needs() {
    let nothing = presence("[]", "null");
    let (lines, code) = examined(["0", "0"], &nothing, [("requests", "keep"); 2]);
    assert_eq!(code, 0);
    assert!(lines.iter().all(|line| line.starts_with("ok ")), "{lines:?}");

    let (lines, code) = examined(["0", "0"], &nothing, [("requests", "freeze"), ("requests", "keep")]);
    assert_eq!((code, &lines[1][..10]), (0, "warn  lock"), "{lines:?}");
    assert!(lines[1].contains("`on_lock` has no effect for work;"), "{lines:?}");

    let (lines, code) = examined(["0", "0"], &nothing, [("both", "keep"), ("input", "keep")]);
    assert_eq!((code, &lines[3][..11]), (1, "fail  input"), "{lines:?}");
    assert!(lines[3].contains("`activity` of work, lab counts"), "{lines:?}");

    let (lines, code) =
        examined(["0", "0"], &presence(r#"["logind"]"#, r#""mutter""#), [("input", "end"); 2]);
    assert_eq!((code, lines.iter().filter(|line| line.starts_with("ok ")).count()), (0, 4), "{lines:?}");
}

#[test]
fn an_agent_that_follows_no_presence_is_not_blamed_for_it() {
    let older = error("404 Not Found", "not_found", "There is no such call.");
    let (lines, code) = examined(["0", "0"], &older, [("requests", "keep"); 2]);
    assert_eq!((lines.len(), code), (1, 0), "{lines:?}");
}

#[test]
fn doctor_without_an_agent_shows_how_to_start_it() {
    let agent = FakeAgent::absent();
    let outcome = abide(&agent, &["doctor"]);
    assert_eq!(outcome.code, 5);
    assert!(outcome.out.contains("fail  agent"), "{}", outcome.out);
    let outcome = abide(&agent, &["doctor", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((report["ok"].as_bool(), report["checks"][2]["name"].as_str()), (Some(false), Some("agent")));
}

#[test]
fn the_configuration_is_where_the_environment_says() {
    let agent = FakeAgent::absent();
    let path = agent.home().join("config/abide/config.toml");
    assert_eq!(abide(&agent, &["config", "path"]).out, format!("{}\n", path.display()));
    let outcome = abide(&agent, &["config", "path", "--json"]);
    let places: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(places["socket"].as_str(), agent.socket().to_str());
}

#[test]
fn what_a_check_of_the_configuration_finds_is_shown_where_an_editor_finds_it() {
    let problem = |severity: &str, suggestion: &str| {
        format!(
            r#"{{"account":"work","line":4,"column":13,"severity":"{severity}","message":"account work: a time\u001b[2J such as \"15m\"","suggestion":{suggestion}}}"#
        )
    };
    let found = |ok: bool, problems: &str| {
        answer("200 OK", &format!(r#"{{"file":"/home/a/config.toml","ok":{ok},"problems":[{problems}]}}"#))
    };
    let check = |answer: Vec<u8>| once(&["config", "check"], get("/v1/config/check"), answer);
    let wrong = check(found(false, &problem("error", "null")));
    assert_eq!(
        (wrong.code, wrong.out.as_str()),
        (1, "/home/a/config.toml:4:13: error: account work: a time\u{fffd}[2J such as \"15m\"\n")
    );
    assert_eq!(wrong.err, "");
    let advice = check(found(true, &problem("advice", r#""[accounts.work.session]\nend_after = \"29m\"""#)));
    assert_eq!(advice.code, 0);
    assert!(
        advice.out.ends_with("\n    [accounts.work.session]\n    end_after = \"29m\"\n"),
        "{}",
        advice.out
    );
    assert_eq!(check(found(true, "")).code, 0);

    let words = ["config", "check", "--json"];
    let json = once(&words, get("/v1/config/check"), found(false, &problem("error", "null")));
    assert_eq!(json.code, 1);
    assert!(json.out.starts_with(r#"{"file":"/home/a/config.toml","ok":false,"#), "{}", json.out);
}

#[test]
fn without_an_agent_the_configuration_is_checked_by_the_agents_own_reader() {
    let agent = FakeAgent::absent();
    for (words, json) in [(&["config", "check"][..], "false"), (&["config", "check", "--json"], "true")] {
        let outcome = abide(&agent, words);
        assert!(outcome.err.contains("CheckConfiguration { json: "), "{}", outcome.err);
        assert!(outcome.err.contains(&format!("json: {json}")), "{}", outcome.err);
    }
}

/// Writes nothing, as a full disk does.
struct Full;

impl std::io::Write for Full {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_key_that_cannot_be_written_is_taken_back() {
    let made = || {
        Step::Answer(
            post("/v1/clients", r#"{"name":"ci","plain":false,"program":null}"#),
            answer("201 Created", r#"{"name":"ci","key":"abide_k"}"#),
        )
    };
    for words in [&["clients", "allow", "ci"][..], &["clients", "allow", "ci", "--json"]] {
        let revoked = Step::Answer(delete("/v1/clients/ci"), answer("204 No Content", ""));
        let agent = FakeAgent::new(vec![made(), revoked]);
        let (code, err) = run_with(&agent, words, Setting::default(), &mut Full);
        agent.finish();
        assert_eq!(code, 1);
        assert!(err.contains("not allowed") && !err.contains("abide_k"), "{err}");
    }
    let refused = Step::Answer(delete("/v1/clients/ci"), error("503 Service Unavailable", "x", "y"));
    let agent = FakeAgent::new(vec![made(), refused]);
    let (code, err) = run_with(&agent, &["clients", "allow", "ci"], Setting::default(), &mut Closed);
    agent.finish();
    assert_eq!(code, 1);
    assert!(err.contains("abide clients revoke ci"), "{err}");
}

#[test]
fn the_doctor_finds_what_keeps_a_dialect_from_working() {
    let health = answer("200 OK", &format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
    let mut steps = vec![
        Step::Answer(get("/health"), health),
        Step::Answer(get("/v1/config/check"), sound_configuration()),
        Step::Answer(get("/v1/vault"), answer("200 OK", r#"{"mode":"keyring"}"#)),
        Step::Answer(get("/v1/sessions"), sessions(&[active("work")])),
        Step::Answer(get("/v1/proxies"), answer("200 OK", r#"{"proxies":[]}"#)),
        Step::Answer(get("/v1/presence"), presence(r#"["logind"]"#, r#""mutter""#)),
        Step::Answer(get("/v1/accounts/work/session"), settings("requests", "freeze")),
    ];
    let named = |host: &str| format!(r#"{{"servers":[{{"host":"{host}","account":"work"}}]}}"#);
    let none = || r#"{"servers":[]}"#.to_owned();
    for (format, servers) in [
        ("git", none()),
        ("docker", named("registry.example.com")),
        ("cargo", named("crates.example.com")),
        ("goauth", named("go.example.com")),
        ("keyring", named("pypi.example.com")),
        ("bazel", none()),
        ("terraform", none()),
    ] {
        let call = get(&format!("/v1/dialects/{format}/servers"));
        steps.push(Step::Answer(call, answer("200 OK", &servers)));
    }
    let folder = tempfile::tempdir().unwrap();
    let own = std::env::current_exe().unwrap();
    std::os::unix::fs::symlink(own, folder.path().join("git-credential-abide")).unwrap();
    std::fs::write(folder.path().join("keyring"), "#!/bin/sh\n").unwrap();
    std::fs::write(folder.path().join("credentials"), "[default]\nx = y\n").unwrap();
    let more = vec![
        ("PATH", folder.path().into()),
        ("MSI_ENDPOINT", "http://x".into()),
        ("AWS_SHARED_CREDENTIALS_FILE", folder.path().join("credentials").into()),
    ];
    let agent = FakeAgent::new(steps);
    let outcome = abide_with(&agent, &["doctor"], Setting { more, ..Setting::default() });
    agent.finish();
    let said: Vec<&str> = outcome.out.lines().filter(|line| line.contains("  dialects")).collect();
    let count = |level: &str, words: &[&str]| {
        said.iter()
            .filter(|line| line.starts_with(level) && words.iter().all(|word| line.contains(word)))
            .count()
    };
    assert_eq!(count("warn", &["git-credential-abide", "[[dialects.git]]"]), 1, "no server: {said:?}");
    assert_eq!(count("warn", &["docker-credential-abide", "[[dialects.docker]]"]), 1, "no link: {said:?}");
    assert_eq!(count("warn", &["`keyring` is another program"]), 1, "{said:?}");
    assert_eq!(count("ok", &["MSI_ENDPOINT", "abide run --dialect azure`"]), 1, "{said:?}");
    assert_eq!(count("ok", &["credentials", "abide run --dialect aws`"]), 1, "{said:?}");
    assert_eq!(count("warn", &[]), 3, "{said:?}");
}

#[test]
fn a_server_is_added_to_the_file_of_a_coding_agent_only_where_that_is_asked_for() {
    use std::os::unix::fs::PermissionsExt as _;
    let agent = FakeAgent::absent();
    let file = agent.home().join(".cursor/mcp.json");
    let words = ["mcp", "add", "cursor", "https://mcp.example.com/mcp", "--account", "work"];
    let shown = abide(&agent, &words);
    let lines: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let wanted = serde_json::json!(["mcp", "connect", "https://mcp.example.com/mcp", "--account", "work"]);
    assert_eq!((shown.code, &lines["mcpServers"]["example"]["args"]), (0, &wanted));
    assert!(shown.err.contains(".cursor/mcp.json") && !file.exists(), "{}", shown.err);

    std::fs::create_dir(file.parent().unwrap()).unwrap();
    std::fs::write(&file, "{\n  \"mcpServers\": { \"other\": { \"command\": \"x\" } }\n}\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    let write = [&words[..], &["--write"]].concat();
    for said in ["Added example to ", "example is in "] {
        let written = abide(&agent, &write);
        assert_eq!((written.code, written.out.contains(said)), (0, true), "{written:?}");
    }
    let text = std::fs::read_to_string(&file).unwrap();
    let read: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (&read["mcpServers"]["example"]["args"], &read["mcpServers"]["other"]["command"]),
        (&wanted, &"x".into())
    );
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(file.parent().unwrap()).unwrap().count(), 1, "nothing else is left there");

    let taken = abide(&agent, &[&write[..], &["--name", "other", "--json"]].concat());
    assert_eq!((taken.code, taken.err.contains("\"not_added\"")), (1, true), "{taken:?}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let unknown = abide(&agent, &["mcp", "add", "emacs", "https://mcp.example.com/mcp"]);
    assert_eq!(
        (unknown.code, unknown.err.contains("claude-code, codex, cursor, vscode")),
        (2, true),
        "{unknown:?}"
    );

    let doctor = || abide(&agent, &["doctor"]).out;
    assert!(doctor().contains("Cursor: through Abide to example"), "{}", doctor());
    let this = std::env::current_exe().unwrap().display().to_string();
    std::fs::write(&file, text.replace(&this, "/gone/abide")).unwrap();
    assert!(doctor().contains("there is no such program"), "{}", doctor());
}

#[test]
fn the_file_of_a_coding_agent_stays_where_it_is_and_names_the_command_that_stays() {
    use std::os::unix::fs::symlink;
    let agent = FakeAgent::absent();
    let file = agent.home().join(".cursor/mcp.json");
    let words = ["mcp", "add", "cursor", "https://mcp.example.com/mcp", "--write"];
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    symlink(agent.home().join("elsewhere/mcp.json"), &file).unwrap();
    let refused = abide(&agent, &words);
    assert_eq!((refused.code, file.is_symlink(), file.exists()), (1, true, false), "{refused:?}");

    // Its folder is there again. Another version of the command will have the same name in PATH.
    std::fs::create_dir(agent.home().join("elsewhere")).unwrap();
    std::fs::write(agent.home().join("elsewhere/mcp.json"), "{}").unwrap();
    let command = agent.home().join("abide");
    symlink(std::env::current_exe().unwrap(), &command).unwrap();
    let more = vec![("PATH", agent.home().into())];
    let written = abide_with(&agent, &words, Setting { more, ..Setting::default() });
    assert_eq!((written.code, file.is_symlink()), (0, true), "{written:?}");
    let read: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(read["mcpServers"]["example"]["command"].as_str(), command.to_str(), "{read}");

    // A file of a project is shared with people who have the command elsewhere.
    let words = ["mcp", "add", "claude-code", "https://mcp.example.com/mcp"];
    let more = vec![("PATH", agent.home().into())];
    let shown = abide_with(&agent, &words, Setting { more, ..Setting::default() });
    assert!(shown.out.contains("\"command\": \"abide\""), "{shown:?}");
    let absolute = std::env::current_exe().unwrap().display().to_string();
    let shown = abide(&agent, &words);
    assert!(shown.out.contains(&absolute), "the name alone leads nowhere: {shown:?}");
}

#[test]
fn the_folder_that_codex_names_is_used() {
    let agent = FakeAgent::absent();
    let folder = agent.home().join("elsewhere");
    let words = ["mcp", "add", "codex", "https://mcp.example.com/mcp", "--write"];
    let more = vec![("CODEX_HOME", folder.clone().into())];
    let written = abide_with(&agent, &words, Setting { more: more.clone(), ..Setting::default() });
    assert_eq!(written.code, 0, "{written:?}");
    let text = std::fs::read_to_string(folder.join("config.toml")).unwrap();
    assert!(text.contains("[mcp_servers.example]"), "{text}");
    let doctor = abide_with(&agent, &["doctor"], Setting { more, ..Setting::default() });
    assert!(doctor.out.contains("Codex CLI: through Abide to example"), "{doctor:?}");
    assert!(!agent.home().join(".codex").exists());
}

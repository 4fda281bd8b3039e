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
    let expected =
        post("/v1/accounts", r#"{"name":"w","issuer":"https://id.example.com/","client_id":"abide"}"#);
    let words = ["accounts", "add", "w", "--issuer", "https://id.example.com/", "--client-id", "abide"];
    let outcome = once(&words, expected, b"HTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n".to_vec());
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "The account w is there. Sign in: abide login --account w\n")
    );
    let gone = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let outcome = once(&["accounts", "remove", "w/../x"], delete("/v1/accounts/w%2F..%2Fx"), gone);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "The account w/../x is gone.\n"));
}

#[test]
fn a_client_s_key_is_alone_on_standard_output() {
    let made = answer("201 Created", r#"{"name":"ci","key":"abide_secret"}"#);
    let outcome =
        once(&["clients", "allow", "ci"], post("/v1/clients", r#"{"name":"ci","program":null}"#), made);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "abide_secret\n"));
    assert!(!outcome.err.contains("abide_secret"));
}

#[test]
fn a_program_is_allowed_by_the_path_that_the_system_knows_it_by() {
    let made = answer("201 Created", r#"{"name":"tool","key":null}"#);
    let agent = FakeAgent::absent();
    let real = agent.home().canonicalize().unwrap().join("real");
    std::fs::write(&real, "").unwrap();
    std::os::unix::fs::symlink(&real, agent.home().join("tool")).unwrap();
    let body = format!(r#"{{"name":"tool","program":"{}"}}"#, real.display());
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
    let body = r#"{"clients":[{"name":"ci","kind":"key","program":null,"since":1795549938},{"name":"curl","kind":"program","program":"/usr/bin/curl","since":1795549938}]}"#;
    let outcome = once(&["clients", "list"], get("/v1/clients"), answer("200 OK", body));
    assert_eq!(
        outcome.out,
        "ci     key             since 24 Nov 2026\ncurl   /usr/bin/curl   since 24 Nov 2026\n"
    );
    let gone = b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    let outcome = once(&["clients", "revoke", "ci"], delete("/v1/clients/ci"), gone);
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "ci may no longer have tokens.\n"));
}

#[test]
fn the_doctor_finds_what_is_there() {
    let health =
        || answer("200 OK", &format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION")));
    let steps = || {
        vec![
            Step::Answer(get("/health"), health()),
            Step::Answer(get("/v1/sessions"), sessions(&[active("work"), status("demo", "signed_out", "")])),
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
    assert_eq!(outcome.out.lines().filter(|line| line.starts_with("ok    ")).count(), 5, "{}", outcome.out);
    assert!(outcome.out.contains("2 configured, 1 signed in"), "{}", outcome.out);

    // Without the HTTP endpoint, and with a folder that others can enter.
    let agent = FakeAgent::new(steps());
    std::fs::set_permissions(agent.runtime(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let outcome = abide(&agent, &["doctor"]);
    agent.finish();
    assert_eq!(outcome.code, 1);
    assert!(outcome.out.contains("open to others (mode 755, should be 700)"), "{}", outcome.out);
    assert!(outcome.out.contains("fail  HTTP"), "{}", outcome.out);
}

#[test]
fn the_doctor_of_nobody_says_how_to_start_it() {
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

//! Errors, their messages, and the exit codes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::os::unix::fs::MetadataExt as _;
use std::time::Duration;

use harness::*;

#[test]
fn every_error_code_has_its_exit_code() {
    for (code, status, exit) in [
        ("login_required", "401 Unauthorized", 3),
        ("session_expired", "401 Unauthorized", 3),
        ("consent_required", "401 Unauthorized", 4),
        ("access_denied", "403 Forbidden", 4),
        ("invalid_request", "400 Bad Request", 2),
        ("unknown_account", "404 Not Found", 2),
        ("provider_unreachable", "502 Bad Gateway", 1),
        ("action_required", "403 Forbidden", 3),
        ("this_computer", "500 Internal Server Error", 1),
        ("unusable_answer", "502 Bad Gateway", 1),
        ("temporarily_unavailable", "503 Service Unavailable", 1),
        ("not_found", "404 Not Found", 1),
        ("of_a_newer_agent", "418 I'm a teapot", 1),
    ] {
        let outcome = once(&["token"], get("/v1/token"), error(status, code, "What happened. What to do."));
        assert_eq!((outcome.code, outcome.out.as_str()), (exit, ""), "{code}");
        assert_eq!(outcome.err, "abide: What happened. What to do.\n");
        let outcome = once(&["token", "--json"], get("/v1/token"), error(status, code, "What happened."));
        assert_eq!((outcome.code, outcome.out.as_str()), (exit, ""), "{code}");
        assert_eq!(
            outcome.err,
            format!("{{\"error\":\"{code}\",\"error_description\":\"What happened.\"}}\n")
        );
    }
}

#[test]
fn what_an_agent_says_cannot_drive_the_terminal() {
    let evil = error("401 Unauthorized", "login_required", "\\u001b]0;x\\u0007\\u001b[2JSign in\\nfirst");
    let outcome = once(&["token"], get("/v1/token"), evil);
    assert!(outcome.err.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", outcome.err);
}

/// The ends of each class: C0, DEL, C1, direction, zero width, separators, tags.
const UNSAFE: &str = "\u{7f}\u{80}\u{9b}\u{9f}\u{ad}\u{61c}\u{200b}\u{200d}\u{200e}\u{2028}\u{202e}\u{2060}\u{2066}\u{feff}\u{e0001}";

#[test]
fn json_is_safe_for_a_terminal_wherever_it_comes_from() {
    let evil = format!("\u{1}x{UNSAFE}").replace('\u{1}', "\\u001b");
    let meant = format!("\u{1b}x{UNSAFE}");
    let state = status("work", "active", &format!("\"user\":\"{evil}\""));
    let body = format!(r#"{{"accounts":[{state}],"questions":[],"warnings":["{evil}"]}}"#);
    let refused = error("401 Unauthorized", "login_required", &evil);
    let stream = [stream(&state), end()].concat();
    let watched = FakeAgent::new(vec![Step::Answer(listen("/v1/sessions/work/events"), stream.clone())]);
    let signed_in = FakeAgent::new(vec![Step::Answer(listen("/v1/sessions/work/events"), stream)]);
    for outcome in [
        once(&["status", "--json"], get("/v1/sessions"), answer("200 OK", &body)),
        once(&["token", "--json"], get("/v1/token"), refused),
        abide(&watched, &["watch", "-a", "work", "--json"]),
        abide(&signed_in, &["login", "-a", "work", "--json"]),
        abide(&FakeAgent::absent(), &["token", &format!("--{UNSAFE}"), "--json"]),
    ] {
        for line in outcome.out.lines().chain(outcome.err.lines()) {
            assert!(!line.contains(|c| UNSAFE.contains(c)), "{line:?}");
            serde_json::from_str::<serde_json::Value>(line).unwrap();
        }
        assert!(!(outcome.out.clone() + &outcome.err).is_empty());
    }
    let said = once(&["status", "--json"], get("/v1/sessions"), answer("200 OK", &body)).out;
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["warnings"][0], meant.as_str());
    // Text for people contains none of them.
    for command in ["status", "claims"] {
        let outcome = if command == "status" {
            once(&["status"], get("/v1/sessions"), answer("200 OK", &body))
        } else {
            let claims = format!(
                r#"{{"account":"work","issuer":"https://id","mapped":false,"read_at":null,"claims":{{"{evil}":["{evil}"]}}}}"#
            );
            once(&["claims", "-a", "work"], get("/v1/claims/work"), answer("200 OK", &claims))
        };
        assert!(
            outcome.out.contains('x') && !outcome.out.contains(|c| UNSAFE.contains(c)),
            "{:?}",
            outcome.out
        );
    }
}

#[test]
fn without_an_agent_it_is_said_how_to_start_it() {
    let agent = FakeAgent::absent();
    for words in [
        &["token"][..],
        &["header"],
        &["run", "true"],
        &["status"],
        &["login"],
        &["logout"],
        &["keep"],
        &["watch"],
        &["accounts"],
        &["clients"],
    ] {
        let outcome = abide(&agent, words);
        assert_eq!((outcome.code, outcome.out.as_str()), (5, ""), "{words:?}");
        assert_eq!(
            outcome.err,
            "abide: Abide is not running. Start it from the menu, or run `abide agent`.\n"
        );
    }
    let outcome = abide(&agent, &["status", "--json"]);
    assert!(outcome.err.starts_with(r#"{"error":"agent_not_running","#), "{}", outcome.err);
    // A socket that a killed agent left behind gives the same message.
    drop(std::os::unix::net::UnixListener::bind(agent.socket()).unwrap());
    assert_eq!(abide(&agent, &["token"]).code, 5);
}

#[test]
fn an_agent_with_another_runtime_folder_is_found() {
    let agent = FakeAgent::new(vec![Step::Answer(get("/v1/token"), token_answer())]);
    let state = agent.home().join("state/abide");
    std::fs::create_dir_all(&state).unwrap();
    let owner = serde_json::json!({ "pid": 1, "host": "here", "socket": agent.socket() });
    std::fs::write(state.join("agent.json"), owner.to_string()).unwrap();
    // As cron and su leave it.
    let more = vec![("XDG_RUNTIME_DIR", agent.home().join("elsewhere").into())];
    let outcome = abide_with(&agent, &["token"], Setting { more, ..Setting::default() });
    assert_eq!(outcome.code, 0, "{outcome:?}");
    agent.finish();
}

/// Two computers with one home folder.
#[test]
fn an_agent_on_another_computer_is_named() {
    let agent = FakeAgent::absent();
    let state = agent.home().join("state/abide");
    std::fs::create_dir_all(&state).unwrap();
    for (host, named) in [("another-computer", true), (own_name().as_str(), false)] {
        let owner = serde_json::json!({ "pid": 1, "host": host, "socket": agent.home().join("run/abide/abide.sock") });
        std::fs::write(state.join("agent.json"), owner.to_string()).unwrap();
        let outcome = abide(&agent, &["token"]);
        assert_eq!(outcome.code, 5, "{outcome:?}");
        assert_eq!(outcome.err.contains("was started on another-computer."), named, "{outcome:?}");
    }
}

/// A sandbox shows the home folder, and not the folder of the socket.
#[test]
fn an_agent_whose_socket_is_hidden_is_not_said_to_be_missing() {
    let agent = FakeAgent::absent();
    let state = agent.home().join("state/abide");
    std::fs::create_dir_all(&state).unwrap();
    let owner = serde_json::json!({ "pid": 4711, "host": own_name(), "socket": agent.socket() });
    std::fs::write(state.join("agent.json"), owner.to_string()).unwrap();
    let lock = std::fs::File::create(state.join("vault.lock")).unwrap();
    lock.lock().unwrap();
    let outcome = abide(&agent, &["status"]);
    assert_eq!(outcome.code, 5, "{outcome:?}");
    assert!(outcome.err.contains("runs as process 4711"), "{outcome:?}");
    lock.unlock().unwrap();
    assert!(abide(&agent, &["status"]).err.contains("is not running"));
}

fn own_name() -> String {
    let named = std::process::Command::new("uname").arg("-n").output().unwrap();
    String::from_utf8(named.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_socket_of_another_user_is_refused() {
    let agent = FakeAgent::new(vec![Step::Answer(get("/v1/token"), token_answer())]);
    let other = agent.home().metadata().unwrap().uid() + 1;
    let outcome = abide_with(&agent, &["token"], Setting { user: Some(other), ..Setting::default() });
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    assert!(outcome.err.contains("belongs to another user"), "{}", outcome.err);
    agent.heard_nothing();
}

#[test]
fn a_file_in_the_socket_s_place_is_not_spoken_to() {
    let agent = FakeAgent::absent();
    std::fs::write(agent.socket(), "not a socket").unwrap();
    let outcome = abide(&agent, &["token"]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("is not a socket"), "{}", outcome.err);
}

/// If a sandbox forbids the socket, the agent may still be running.
#[test]
#[allow(clippy::print_stdout, reason = "how a test says that it was skipped")]
fn a_socket_that_may_not_be_used_is_not_an_agent_that_does_not_run() {
    use std::os::unix::fs::PermissionsExt as _;
    if passes_over_permissions() {
        println!(
            "skipped: a_socket_that_may_not_be_used_is_not_an_agent_that_does_not_run: root may use every socket"
        );
        return;
    }
    let agent = FakeAgent::new(vec![Step::Silence]);
    std::fs::set_permissions(agent.runtime(), std::fs::Permissions::from_mode(0o000)).unwrap();
    let outcome = abide(&agent, &["token", "--json"]);
    std::fs::set_permissions(agent.runtime(), std::fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(outcome.code, 1);
    assert!(outcome.err.contains("\"endpoint_forbidden\""), "{}", outcome.err);
}

/// Whether this process may bypass permissions.
fn passes_over_permissions() -> bool {
    std::fs::read("/etc/shadow").is_ok()
}

#[test]
fn an_agent_that_cannot_be_understood_is_said_to_be_so() {
    let huge = format!("HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n{}", "x".repeat(2_000_000));
    let cases: [(&[u8], &str); 9] = [
        (b"", "closed without an answer"),
        (b"HTTP/1.1 200 OK\r\n\r\n{}", "length is missing"),
        (b"\x16\x03\x01\x02\x00garbage", "is not HTTP"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{\"acc", "is incomplete"),
        (huge.as_bytes(), "larger than 1 MiB"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}", "unexpected content"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nnull", "unexpected content"),
        (b"HTTP/1.1 500 Oh\r\ncontent-length: 4\r\n\r\nnull", "status 500"),
        (b"HTTP/1.1 302 Found\r\nlocation: http://evil/\r\ncontent-length: 0\r\n\r\n", "status 302"),
    ];
    for (bytes, sentence) in cases {
        let outcome = once(&["token"], get("/v1/token"), bytes.to_vec());
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{sentence}");
        assert!(outcome.err.contains(sentence), "{sentence}: {}", outcome.err);
        assert_eq!(outcome.err.lines().count(), 1);
    }
}

#[test]
fn an_agent_that_does_not_answer_is_given_up() {
    let agent = FakeAgent::new(vec![Step::Silence]);
    let patience = Duration::from_millis(50);
    let outcome = abide_with(&agent, &["token"], Setting { patience, ..Setting::default() });
    agent.finish();
    assert_eq!((outcome.code, outcome.err.as_str()), (1, "abide: Abide did not answer within 1 s.\n"));
}

#[test]
fn a_closed_output_is_not_an_error() {
    let agent = FakeAgent::new(vec![Step::Answer(get("/v1/token"), token_answer())]);
    let (code, err) = run_with(&agent, &["token"], Setting::default(), &mut Closed);
    agent.finish();
    assert_eq!((code, err.as_str()), (1, ""));
}

#[test]
fn usage_errors_name_the_mistake_and_the_page() {
    let agent = FakeAgent::absent();
    for (words, sentence, page) in [
        (&["tokne"][..], "no command `tokne`. Did you mean `abide token`?", "`abide help` lists"),
        (&["--account", "x"], "before `--account`", "`abide help` lists"),
        (&["help", "nosuch"], "no command `nosuch`", "`abide help` lists"),
        (&["token", "--nosuch"], "has no option `--nosuch`", "abide help token"),
        (&["token", "-x"], "has no option `-x`", "abide help token"),
        (&["token", "--no-browser"], "has no option `--no-browser`", "abide help token"),
        (&["token", "work"], "does not understand `work`", "abide help token"),
        (&["token", "--account"], "`--account` needs a value", "abide help token"),
        (&["token", "--account="], "needs a value", "abide help token"),
        (&["token", "--min-validity", "soon"], "not `soon`", "abide help token"),
        (&["token", "--activity", "some"], "not `some`", "abide help token"),
        (&["status", "--json=yes"], "`--json` takes no value", "abide help status"),
        (&["run"], "needs a program", "abide help run"),
        (&["run", "--nosuch", "x"], "has no option `--nosuch`", "abide help run"),
        (&["accounts", "add"], "needs a name", "abide help accounts"),
        (&["accounts", "add", "x"], "--issuer URL", "abide help accounts"),
        (&["accounts", "add", "x", "--issuer", "https://y"], "--client-id ID", "abide help accounts"),
        (&["accounts", "add", "x", "--register", "--preset", "none"], "--issuer URL", "abide help accounts"),
        (
            &["accounts", "add", "x", "--issuer", "http://id.example.com", "--client-id", "z"],
            "https address",
            "abide help accounts",
        ),
        (
            &["accounts", "add", "x", "--issuer", "https://y", "--client-id", "z", "--register"],
            "registered already",
            "abide help accounts",
        ),
        (
            &[
                "accounts",
                "add",
                "x",
                "--issuer",
                "https://y",
                "--client-id",
                "z",
                "--initial-token-file",
                "f",
            ],
            "belongs to `--register`",
            "abide help accounts",
        ),
        (
            &["accounts", "remove", "x", "--ca-file", "y"],
            "belongs to `abide accounts add`",
            "abide help accounts",
        ),
        (
            &["accounts", "remove", "x", "--register"],
            "belongs to `abide accounts add`",
            "abide help accounts",
        ),
        (&["accounts", "remove"], "needs the account's name", "abide help accounts"),
        (&["accounts", "nosuch"], "no command `abide accounts nosuch`", "abide help accounts"),
        (&["clients", "allow"], "needs a name", "abide help clients"),
        (
            &["clients", "allow", "x", "--plain", "--program", "/bin/sh"],
            "`--plain` makes a key",
            "abide help clients",
        ),
        (
            &["clients", "allow", "x", "--program", "./nosuch"],
            "program `./nosuch` does not exist",
            "abide help clients",
        ),
        (&["clients", "revoke"], "needs the client's name", "abide help clients"),
        (&["agent", "--port", "1"], "has no option `--port`", "abide help agent"),
        (&["agent", "now"], "does not understand `now`", "abide help agent"),
        (&["demo", "--port", "70000"], "not `70000`", "abide help demo"),
        (&["config", "edit"], "no command `abide config edit`", "abide help config"),
    ] {
        let outcome = abide(&agent, words);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{words:?}: {}", outcome.err);
        assert!(outcome.err.contains(sentence), "{words:?}: {}", outcome.err);
        assert!(outcome.err.contains(page), "{words:?}: {}", outcome.err);
    }
    let outcome = abide(&agent, &["token", "--nosuch", "--json"]);
    assert!(outcome.err.starts_with(r#"{"error":"usage","#), "{}", outcome.err);
}

#[test]
fn help_and_version_need_no_agent() {
    let agent = FakeAgent::absent();
    let overview = abide(&agent, &[]);
    assert_eq!((overview.code, overview.err.as_str()), (0, ""));
    assert_eq!(abide(&agent, &["--help"]).out, overview.out);
    assert_eq!(abide(&agent, &["help"]).out, overview.out);
    assert!(abide(&agent, &["help", "login"]).out.contains("--no-browser"));
    assert_eq!(abide(&agent, &["--version"]).out, format!("abide {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn the_programs_behind_the_command_are_run_or_say_why_not() {
    let agent = FakeAgent::absent();
    for (words, program) in [
        (&["agent"][..], "Agent { passphrase_fd: None }"),
        (&["agent", "--passphrase-fd", "3"], "Agent { passphrase_fd: Some(3) }"),
        (&["demo"], "Demo { port: 47610 }"),
        (&["demo", "--port", "0"], "Demo { port: 0 }"),
    ] {
        let outcome = abide(&agent, words);
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
        assert_eq!(outcome.err, format!("abide: {program} cannot be started.\n"));
    }
}

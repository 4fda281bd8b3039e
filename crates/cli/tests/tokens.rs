//! Tokens: how they are asked for, printed and handed to programs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::cell::RefCell;
use std::io;
use std::process::Command;

use harness::*;

#[test]
fn a_token_is_printed_alone() {
    let outcome = once(&["token"], get("/v1/token"), token_answer());
    assert_eq!((outcome.code, outcome.out, outcome.err), (0, format!("{TOKEN}\n"), String::new()));
}

#[test]
fn what_is_asked_for_is_sent() {
    let words = ["token", "--account", "a&b=c", "--min-validity", "5m", "--activity", "none", "--json"];
    let expected = get("/v1/token?account=a%26b%3Dc&min_validity=300&activity=none");
    let outcome = once(&words, expected, token_answer());
    assert_eq!((outcome.code, outcome.out), (0, format!("{}\n", token_body())));
}

#[test]
fn claims_are_printed_a_line_each() {
    let body = r#"{"account":"work","issuer":"https://id.example.com","mapped":false,"read_at":1795549900,
        "claims":{"auth_time":1795879241,"email":"alice@example.com","email_verified":true,"groups":["staff","a,b"],"roles":["dev","ops"],
        "name":"Alice\u001b[31m"}}"#;
    let outcome = once(&["claims", "-a", "work"], get("/v1/claims/work"), answer("200 OK", body));
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (
            0,
            "auth_time       28 Nov 2026, 16:20\n\
             email           alice@example.com\n\
             email_verified  true\n\
             groups          [\"staff\",\"a,b\"]\n\
             name            Alice\u{fffd}[31m\n\
             roles           dev, ops\n"
        )
    );
    let outcome = once(&["claims", "-a", "work", "--json"], get("/v1/claims/work"), answer("200 OK", body));
    assert_eq!(outcome.out, format!("{body}\n"));
    let nothing =
        r#"{"account":"work","issuer":"https://id.example.com","mapped":true,"read_at":null,"claims":{}}"#;
    let outcome = once(&["claims", "-a", "work"], get("/v1/claims/work"), answer("200 OK", nothing));
    assert_eq!(outcome.out, "The provider returned none of the claims that the configuration names.\n");
}

#[test]
fn a_header_is_ready_for_curl() {
    let outcome = once(&["header", "-a", "work"], get("/v1/token?account=work"), token_answer());
    assert_eq!((outcome.code, outcome.out), (0, format!("Authorization: Bearer {TOKEN}\n")));
    let outcome = once(&["header", "--json"], get("/v1/token"), token_answer());
    assert_eq!(outcome.out, format!("{{\"Authorization\":\"Bearer {TOKEN}\"}}\n"));
}

#[test]
fn a_token_that_a_header_cannot_carry_is_not_handed_on() {
    for evil in ["", "a b", "a\\r\\nX-Evil: 1", "a\\u0000", "\\u00e9", "a\\\"b"] {
        let body = token_body().replace(TOKEN, evil);
        for command in ["token", "header"] {
            let outcome = once(&[command], get("/v1/token"), answer("200 OK", &body));
            assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{evil}");
        }
    }
    let other = token_body().replace("\"Bearer\"", "\"mac\"");
    let outcome = once(&["header"], get("/v1/token"), answer("200 OK", &other));
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
}

#[test]
fn a_long_token_and_a_chunked_answer_arrive_whole() {
    let long = "x".repeat(60_000);
    let body = token_body().replace(TOKEN, &long);
    let outcome = once(&["token"], get("/v1/token"), answer("200 OK", &body));
    assert_eq!(outcome.out, format!("{long}\n"));
    let (first, second) = body.split_at(30_000);
    let chunked = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:X}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    let outcome = once(&["token"], get("/v1/token"), chunked.into_bytes());
    assert_eq!(outcome.out, format!("{long}\n"));
}

#[test]
fn a_program_gets_the_token_in_its_environment_and_nowhere_else() {
    let agent = FakeAgent::new(vec![Step::Answer(get("/v1/token?account=work"), token_answer())]);
    let seen = RefCell::new(Vec::new());
    let launch = |command: &mut Command| {
        let text = |value: &std::ffi::OsStr| value.to_str().unwrap().to_owned();
        let mut seen = seen.borrow_mut();
        seen.push(text(command.get_program()));
        seen.extend(command.get_args().map(text));
        for (name, value) in command.get_envs() {
            seen.push(format!("{}={}", text(name), text(value.unwrap())));
        }
        Ok(command.stdout(std::process::Stdio::null()).status()?.code().unwrap() as u8)
    };
    let words = [
        "run",
        "--account",
        "work",
        "--",
        "sh",
        "-c",
        "test \"$ABIDE_TOKEN\" = \"$1\" && exit 42",
        "x",
        TOKEN,
    ];
    let outcome = abide_with(&agent, &words, Setting { launch: &launch, ..Setting::default() });
    agent.finish();
    // 42: the program ran, and had the token.
    assert_eq!((outcome.code, outcome.out.as_str(), outcome.err.as_str()), (42, "", ""));
    let expected = format!("ABIDE_TOKEN={TOKEN}");
    assert_eq!(seen.borrow().last(), Some(&expected));
    assert_eq!(seen.borrow().len(), 6);
}

#[test]
fn a_program_that_cannot_be_run_is_told_apart_from_one_that_failed() {
    for (kind, code) in [(io::ErrorKind::NotFound, 127), (io::ErrorKind::PermissionDenied, 126)] {
        let agent = FakeAgent::new(vec![Step::Answer(get("/v1/token"), token_answer())]);
        let launch = |_: &mut Command| Err(kind.into());
        let outcome =
            abide_with(&agent, &["run", "nosuch"], Setting { launch: &launch, ..Setting::default() });
        agent.finish();
        assert_eq!(outcome.code, code);
        assert!(outcome.err.contains("nosuch") && !outcome.err.contains(TOKEN), "{}", outcome.err);
    }
}

#[test]
fn without_a_token_nothing_is_run() {
    let refused = error("401 Unauthorized", "login_required", "Sign in first.");
    let outcome = once(&["run", "--", "true"], get("/v1/token"), refused);
    assert_eq!((outcome.code, outcome.err.as_str()), (3, "abide: Sign in first.\n"));
}

#[test]
fn a_token_for_one_purpose_is_asked_for_by_the_names_of_the_standards() {
    let words = [
        "token",
        "--resource",
        "https://api.example.com/a b",
        "--resource",
        "https://b.example.com",
        "--audience",
        "crm",
        "--scope",
        "read write",
    ];
    let expected = get(
        "/v1/token?resource=https%3A%2F%2Fapi.example.com%2Fa%20b&resource=https%3A%2F%2Fb.example.com&audience=crm\
         &scope=read%20write",
    );
    let outcome = once(&words, expected, token_answer());
    assert_eq!((outcome.code, outcome.out), (0, format!("{TOKEN}\n")));
    for option in ["--resource", "--scope", "--challenge"] {
        let outcome = abide(&FakeAgent::absent(), &["token", option, ""]);
        assert_eq!(outcome.code, 2, "{option}: {}", outcome.err);
    }
}

#[test]
fn a_bound_token_comes_with_the_proof_for_the_request_that_is_named() {
    let bound = token_body().replace("\"Bearer\"", "\"DPoP\"").replace('}', ",\"dpop\":\"aa.bb.cc\"}");
    let words = ["header", "--url", "https://api.example.com/x", "--method", "POST", "--nonce", "n1"];
    let asked = get("/v1/token?htu=https%3A%2F%2Fapi.example.com%2Fx&htm=POST&nonce=n1");
    let outcome = once(&words, asked.clone(), answer("200 OK", &bound));
    assert_eq!((outcome.code, outcome.out), (0, format!("Authorization: DPoP {TOKEN}\nDPoP: aa.bb.cc\n")));
    let outcome = once(&[&words[..], &["--json"]].concat(), asked.clone(), answer("200 OK", &bound));
    let said: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!(said, serde_json::json!({"Authorization": format!("DPoP {TOKEN}"), "DPoP": "aa.bb.cc"}));
    let evil = bound.replace("aa.bb.cc", "a\\r\\nX: 1");
    assert_eq!(once(&words, asked, answer("200 OK", &evil)).out, "");
    let unnamed = token_body().replace("\"Bearer\"", "\"DPoP\"");
    let outcome = once(&["header"], get("/v1/token"), answer("200 OK", &unnamed));
    assert_eq!((outcome.code, outcome.out.as_str()), (2, ""));
    assert!(outcome.err.contains("--url"), "{}", outcome.err);
}

#[test]
fn what_a_server_has_answered_is_passed_on() {
    let challenge = "Bearer error=\"insufficient_user_authentication\", max_age=\"5\"";
    let expected =
        post("/v1/token?account=work", &serde_json::json!({"www_authenticate": challenge}).to_string());
    let outcome = once(&["token", "-a", "work", "--challenge", challenge], expected, token_answer());
    assert_eq!((outcome.code, outcome.out), (0, format!("{TOKEN}\n")));
}

#[test]
fn a_validity_that_cannot_be_met_is_said_beside_the_token() {
    for words in [&["token"][..], &["header"]] {
        let asked = get("/v1/token?min_validity=3600");
        let outcome = once(&[words, &["--min-validity", "1h"]].concat(), asked.clone(), token_answer());
        assert_eq!(outcome.code, 0);
        assert!(outcome.out.contains(TOKEN), "{}", outcome.out);
        assert!(
            outcome.err.contains("--min-validity 1 h") && outcome.err.contains("4 min"),
            "{}",
            outcome.err
        );
        let outcome = once(&[words, &["--min-validity", "1h", "--json"]].concat(), asked, token_answer());
        assert_eq!(outcome.err, "");
    }
    let outcome = once(&["token", "--min-validity", "4m"], get("/v1/token?min_validity=240"), token_answer());
    assert_eq!(outcome.err, "");
}

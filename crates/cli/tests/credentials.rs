//! What tools read that run `abide credential`, byte for byte.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::ffi::OsString;

use harness::*;

/// The answer of an agent that has these servers.
fn servers(rows: &[&str]) -> Vec<u8> {
    answer("200 OK", &format!("{{\"servers\":[{}]}}", rows.join(",")))
}

fn listed(format: &str) -> Vec<u8> {
    get(&format!("/v1/dialects/{format}/servers"))
}

fn server(host: &str) -> String {
    format!(r#"{{"host":"{host}","account":"work"}}"#)
}

/// The request for the token of a server, with what is usual.
fn wanted(reason: &str) -> Vec<u8> {
    get(&format!("/v1/token?account=work&min_validity=60&reason={reason}"))
}

fn called(agent: FakeAgent, words: &[&str], input: &str) -> Outcome {
    let outcome = abide_with(&agent, words, Setting { input, ..Setting::default() });
    agent.finish();
    outcome
}

/// A call of a tool for a server that is configured, which gets a token.
fn served(format: &str, host: &str, words: &[&str], input: &str) -> Outcome {
    let reason = format!("{format}%3A%20{}", host.replace(':', "%3A").replace('/', "%2F"));
    let agent = FakeAgent::new(vec![
        Step::Answer(listed(format), servers(&[&server(host)])),
        Step::Answer(wanted(&reason), token_answer()),
    ]);
    called(agent, &[&["credential", "--format", format, "--"], words].concat(), input)
}

const GIT: &str = "protocol=https\nhost=git.example.com\n";
const CARGO: &str = r#"{"v":1,"registry":{"index-url":"sparse+https://crates.example.com/index/","name":"work"},"kind":"get","operation":"read","args":[]}"#;

#[test]
fn each_tool_reads_its_own_form() {
    let until = 1_795_550_178;
    let cases: [(&str, &str, &[&str], String, String); 6] = [
        (
            "git",
            "git.example.com",
            &["get"],
            GIT.to_owned(),
            format!("username=oauth2\npassword={TOKEN}\npassword_expiry_utc={until}\n"),
        ),
        (
            "docker",
            "registry.example.com",
            &["get"],
            "registry.example.com".to_owned(),
            format!(
                "{{\"ServerURL\":\"registry.example.com\",\"Username\":\"oauth2\",\"Secret\":\"{TOKEN}\"}}\n"
            ),
        ),
        (
            "cargo",
            "crates.example.com",
            &["--cargo-plugin"],
            format!("{CARGO}\n"),
            format!(
                "{{\"v\":[1]}}\n{{\"Ok\":{{\"kind\":\"get\",\"token\":\"Bearer {TOKEN}\",\"cache\":\"expires\",\"expiration\":{until},\
                 \"operation_independent\":true}}}}\n"
            ),
        ),
        (
            "keyring",
            "pypi.example.com/simple",
            &["--mode=creds", "--output=json", "get", "https://pypi.example.com/simple/"],
            String::new(),
            format!("{{\"username\":\"oauth2\",\"password\":\"{TOKEN}\"}}\n"),
        ),
        (
            "bazel",
            "cache.example.com",
            &["get"],
            r#"{"uri":"https://cache.example.com/x"}"#.to_owned(),
            format!(
                "{{\"headers\":{{\"Authorization\":[\"Bearer {TOKEN}\"]}},\"expires\":\"2026-11-24T19:56:18Z\"}}\n"
            ),
        ),
        (
            "terraform",
            "app.example.com",
            &["get", "app.example.com"],
            String::new(),
            format!("{{\"token\":\"{TOKEN}\"}}\n"),
        ),
    ];
    for (format, host, words, input, expected) in cases {
        let outcome = served(format, host, words, &input);
        assert_eq!((outcome.code, outcome.out, outcome.err), (0, expected, String::new()), "{format}");
    }
}

#[test]
fn a_tool_without_a_server_gets_the_token_of_the_account() {
    let info = r#"{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}"#;
    let agent = FakeAgent::new(vec![Step::Answer(wanted("exec"), token_answer())]);
    let more = vec![("KUBERNETES_EXEC_INFO", OsString::from(info))];
    let words = ["credential", "--format=exec", "-a", "work"];
    let outcome = abide_with(&agent, &words, Setting { more, ..Setting::default() });
    agent.finish();
    let expected = format!(
        "{{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{{\
         \"expirationTimestamp\":\"2026-11-24T19:56:18Z\",\"token\":\"{TOKEN}\"}}}}\n"
    );
    assert_eq!((outcome.code, outcome.out, outcome.err), (0, expected, String::new()));
    let target = "/v1/token?account=work&min_validity=60&audience=x&reason=executable";
    let agent = FakeAgent::new(vec![Step::Answer(get(target), token_answer())]);
    let outcome = called(agent, &["credential", "--format=executable", "-a", "work", "--audience", "x"], "");
    assert!(outcome.out.starts_with("{\"version\":1,\"success\":true,"), "{}", outcome.out);
}

#[test]
fn aws_reads_credentials_of_the_role_that_is_named() {
    const ARN: &str = "arn:aws:iam::123456789012:role/dev";
    let target = "/v1/aws/credentials?account=work&min_validity=60&reason=aws-process";
    let body = format!("{{\"arn\":\"{ARN}\",\"region\":\"eu-west-1\"}}");
    let given =
        r#"{"access_key_id":"ASIA1","secret_access_key":"s","session_token":"t","expires_at":1795550178}"#;
    let words = ["credential", "--format", "aws-process", "-a", "work", "--role", ARN];
    let call = |reply: Vec<u8>| {
        let agent = FakeAgent::new(vec![Step::Answer(post(target, &body), reply)]);
        let more = vec![("AWS_REGION", OsString::from("eu-west-1"))];
        let outcome = abide_with(&agent, &words, Setting { more, ..Setting::default() });
        agent.finish();
        outcome
    };
    let outcome = call(answer("200 OK", given));
    let expected = "{\"Version\":1,\"AccessKeyId\":\"ASIA1\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\",\
                    \"Expiration\":\"2026-11-24T19:56:18Z\"}\n";
    assert_eq!((outcome.code, outcome.out.as_str(), outcome.err.as_str()), (0, expected, ""));
    let refused = r#"{"error":"login_required","error_description":"Sign in with: abide login"}"#;
    let outcome = call(answer("401 Unauthorized", refused));
    assert_eq!((outcome.code, outcome.out.as_str()), (3, ""));
    assert_eq!(outcome.err, "abide: Sign in with: abide login\n");
    let outcome = abide(&FakeAgent::absent(), &words[..5]);
    assert!(outcome.code == 2 && outcome.err.contains("--role"), "{}", outcome.err);
}

#[test]
fn forms_for_any_tool_are_those_of_token_and_header() {
    let words = |format: &'static str| ["credential", "--format", format, "-a", "work"];
    let asked = || get("/v1/token?account=work");
    assert_eq!(once(&words("bearer"), asked(), token_answer()).out, format!("{TOKEN}\n"));
    let header = format!("{{\"Authorization\":\"Bearer {TOKEN}\"}}\n");
    assert_eq!(once(&words("headers"), asked(), token_answer()).out, header);
    assert_eq!(once(&words("json"), asked(), token_answer()).out, format!("{}\n", token_body()));
}

#[test]
fn the_configuration_says_what_the_token_is_for() {
    let row = r#"{"host":"git.example.com/team","account":"work","resource":"https://git.example.com","scope":"read write","user":"me"}"#;
    let target = "/v1/token?account=work&min_validity=60&resource=https%3A%2F%2Fgit.example.com&scope=read%20write\
                  &reason=git%3A%20git.example.com%2Fteam";
    let input = format!("{GIT}path=team/x.git\n");
    let agent = FakeAgent::new(vec![
        Step::Answer(listed("git"), servers(&[&server("other.example.com"), row])),
        Step::Answer(get(target), token_answer()),
    ]);
    let outcome = called(agent, &["credential", "--format", "git", "get"], &input);
    assert!(outcome.out.starts_with("username=me\npassword="), "{}", outcome.out);
    // Another path, and another user of the same server.
    for input in [GIT.to_owned(), format!("{input}username=you\n")] {
        let agent = FakeAgent::new(vec![Step::Answer(listed("git"), servers(&[row]))]);
        let outcome = called(agent, &["credential", "--format", "git", "get"], &input);
        assert_eq!((outcome.code, outcome.out, outcome.err), (0, String::new(), String::new()), "{input}");
    }
}

#[test]
fn a_server_on_the_command_line_replaces_the_configuration() {
    let words =
        ["credential", "--format", "git", "--host", "git.example.com", "--user", "me", "-a", "work", "get"];
    let agent = FakeAgent::new(vec![Step::Answer(wanted("git%3A%20git.example.com"), token_answer())]);
    assert!(called(agent, &words, GIT).out.starts_with("username=me\n"));
    let agent = FakeAgent::absent();
    let outcome = called(agent, &words, "protocol=https\nhost=evil.example\n");
    assert_eq!((outcome.code, outcome.out, outcome.err), (0, String::new(), String::new()));
    let outcome = called(
        FakeAgent::absent(),
        &["credential", "--format", "git", "--host", "http://a.example", "get"],
        GIT,
    );
    assert_eq!(outcome.out, "");
    assert!(outcome.err.contains("https"), "{}", outcome.err);
}

#[test]
fn a_server_that_is_not_named_gets_nothing() {
    let cases: [(&str, &[&str], &str, &str, u8); 7] = [
        ("git", &["get"], GIT, "", 0),
        ("docker", &["get"], "registry.example.com", "credentials not found in native keychain\n", 1),
        ("cargo", &[], CARGO, "{\"v\":[1]}\n{\"Err\":{\"kind\":\"url-not-supported\"}}\n", 0),
        ("keyring", &["get", "https://pypi.example.com/", "me"], "", "", 1),
        ("bazel", &["get"], r#"{"uri":"https://cache.example.com"}"#, "{\"headers\":{}}\n", 0),
        ("terraform", &["get", "app.example.com"], "", "{}\n", 0),
        ("goauth", &["https://go.example.com/x"], "HTTP/1.1 401 Unauthorized\n\n", "", 0),
    ];
    for (format, words, input, expected, code) in cases {
        let words = [&["credential", "--format", format, "--"], words].concat();
        let agent =
            FakeAgent::new(vec![Step::Answer(listed(format), servers(&[&server("elsewhere.example.com")]))]);
        let outcome = called(agent, &words, input);
        assert_eq!(
            (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
            (code, expected, ""),
            "{format}"
        );
        // The same without Abide, and the person learns why.
        let outcome = called(FakeAgent::absent(), &words, input);
        assert_eq!((outcome.code, outcome.out.as_str()), (code, expected), "{format}");
        assert!(outcome.err.starts_with("abide: Abide is not running."), "{format}: {}", outcome.err);
    }
}

#[test]
fn a_named_server_without_a_token_is_an_error_of_the_tool() {
    let sentence = "You are not signed in to the account work. Run `abide login --account work`.";
    let json = |kind: &str| {
        format!(
            "{{\"v\":[1]}}\n{{\"Err\":{{\"kind\":\"{kind}\",\"message\":\"{sentence}\",\"caused-by\":[]}}}}\n"
        )
    };
    /// Format, words, input, host, output, exit code.
    type Case<'a> = (&'a str, &'a [&'a str], &'a str, &'a str, String, u8);
    let cases: [Case<'_>; 7] = [
        ("git", &["get"], GIT, "git.example.com", "quit=1\n".to_owned(), 3),
        ("docker", &["get"], "git.example.com", "git.example.com", format!("{sentence}\n"), 1),
        ("cargo", &[], CARGO, "crates.example.com", json("other"), 0),
        ("keyring", &["get", "https://git.example.com/", "me"], "", "git.example.com", String::new(), 1),
        ("bazel", &["get"], r#"{"uri":"https://git.example.com"}"#, "git.example.com", String::new(), 3),
        ("terraform", &["get", "git.example.com"], "", "git.example.com", String::new(), 3),
        ("goauth", &["https://git.example.com/x"], "", "git.example.com", String::new(), 3),
    ];
    for (format, words, input, host, expected, code) in cases {
        let agent = FakeAgent::new(vec![
            Step::Answer(listed(format), servers(&[&server(host)])),
            Step::Answer(
                wanted(&format!("{format}%3A%20{host}")),
                error("401 Unauthorized", "login_required", sentence),
            ),
        ]);
        let outcome = called(agent, &[&["credential", "--format", format, "--"], words].concat(), input);
        assert_eq!((outcome.code, outcome.out), (code, expected), "{format}");
        let in_answer = matches!(format, "docker" | "cargo");
        assert_eq!(outcome.err.contains("abide login"), !in_answer, "{format}: {}", outcome.err);
    }
}

#[test]
fn a_refused_token_is_renewed_and_the_session_continues() {
    let renewed = || {
        get("/v1/token?account=work&min_validity=4294967295&activity=none&reason=git%3A%20git.example.com")
    };
    let agent = FakeAgent::new(vec![
        Step::Answer(listed("git"), servers(&[&server("git.example.com")])),
        Step::Answer(renewed(), token_answer()),
    ]);
    let input = format!("{GIT}username=oauth2\npassword={TOKEN}\n");
    let outcome = called(agent, &["credential", "--format", "git", "erase"], &input);
    assert_eq!((outcome.code, outcome.out, outcome.err), (0, String::new(), String::new()));
    let agent = FakeAgent::absent();
    let outcome = called(agent, &["credential", "--format", "git", "store"], &input);
    assert_eq!((outcome.code, outcome.out, outcome.err), (0, String::new(), String::new()));
}

#[test]
fn go_gets_all_servers_first_and_one_again_when_it_refuses() {
    let rows = [server("go.example.com"), server("second.example.com/x")];
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let agent = FakeAgent::new(vec![
        Step::Answer(listed("goauth"), servers(&rows)),
        Step::Answer(wanted("goauth%3A%20go.example.com"), token_answer()),
        Step::Answer(
            wanted("goauth%3A%20second.example.com%2Fx"),
            error("401 Unauthorized", "login_required", "You are not signed in."),
        ),
    ]);
    let outcome = called(agent, &["goauth"], "");
    let one = format!("https://go.example.com\n\nAuthorization: Bearer {TOKEN}\n\n");
    assert_eq!((outcome.code, outcome.out.as_str()), (0, one.as_str()));
    assert!(outcome.err.contains("not signed in"));
    let again = get("/v1/token?account=work&min_validity=4294967295&reason=goauth%3A%20go.example.com");
    let agent = FakeAgent::new(vec![
        Step::Answer(listed("goauth"), servers(&rows)),
        Step::Answer(again, token_answer()),
    ]);
    let outcome =
        called(agent, &["goauth", "https://go.example.com/x/@v/list"], "HTTP/1.1 401 Unauthorized\n\n");
    assert_eq!((outcome.code, outcome.out), (0, one));
}

#[test]
fn docker_lists_servers_without_tokens() {
    let agent =
        FakeAgent::new(vec![Step::Answer(listed("docker"), servers(&[&server("registry.example.com")]))]);
    let outcome = called(agent, &["credential", "--format", "docker", "list"], "unused");
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "{\"registry.example.com\":\"oauth2\"}\n"));
}

#[test]
fn cargo_may_ask_more_than_once() {
    let agent = FakeAgent::new(vec![
        Step::Answer(listed("cargo"), servers(&[])),
        Step::Answer(listed("cargo"), servers(&[])),
    ]);
    let outcome = called(agent, &["--cargo-plugin"], &format!("{CARGO}\n{CARGO}\n"));
    assert_eq!(outcome.out.matches("url-not-supported").count(), 2);
    assert_eq!(outcome.out.lines().count(), 3);
}

#[test]
fn a_token_that_needs_a_proof_is_not_given_to_a_tool_that_makes_none() {
    let bound = token_body().replace("\"Bearer\"", "\"DPoP\"");
    let agent = FakeAgent::new(vec![
        Step::Answer(listed("terraform"), servers(&[&server("app.example.com")])),
        Step::Answer(wanted("terraform%3A%20app.example.com"), answer("200 OK", &bound)),
    ]);
    let outcome = called(agent, &["credential", "--format", "terraform", "get", "app.example.com"], "");
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
    assert!(outcome.err.contains("DPoP"), "{}", outcome.err);
}

#[test]
fn an_endless_request_is_refused() {
    let long = "x".repeat(70_000);
    for format in ["git", "cargo"] {
        let outcome = called(FakeAgent::absent(), &["credential", "--format", format, "get"], &long);
        assert_eq!(outcome.code, 2, "{format}");
        assert!(!outcome.out.contains("xxx"));
    }
}

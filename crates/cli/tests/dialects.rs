//! `abide run` with dialects: what the agent is asked for, and what the program is told.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::Command;

use harness::*;

const JOB: &str =
    r#"{"id":1,"account":"work","address":"127.0.0.1:4711","key":"secret","key_file":"/run/jobs/1/key"}"#;

/// What is started: the environment that is set, and `None` for a variable that is taken away.
type Told = BTreeMap<String, Option<String>>;

fn told(command: &Command) -> Told {
    let text = |value: &std::ffi::OsStr| value.to_str().unwrap().to_owned();
    command.get_envs().map(|(name, value)| (text(name), value.map(text))).collect()
}

fn run(words: &[&str], steps: Vec<Step>, more: Vec<(&'static str, std::ffi::OsString)>) -> (Outcome, Told) {
    let agent = FakeAgent::new(steps);
    let seen = RefCell::new(Told::new());
    let launch = |command: &mut Command| {
        seen.replace(told(command));
        Ok(42)
    };
    let outcome = abide_with(&agent, words, Setting { launch: &launch, more, ..Setting::default() });
    agent.finish();
    (outcome, seen.into_inner())
}

fn job(query: &str, body: &str) -> Vec<u8> {
    post(&format!("/v1/jobs{query}"), body)
}

#[test]
fn a_program_is_told_where_its_tokens_are_and_gets_none() {
    let body = r#"{"dialects":["azure","google"],"command":["sh","-c","true"],"token_file":false}"#;
    let step =
        Step::Answer(job("?account=work&resource=https%3A%2F%2Fa.example", body), answer("200 OK", JOB));
    let words =
        ["run", "-a", "work", "--dialect", "azure", "--dialect", "google", "--resource", "https://a.example"];
    let words: Vec<&str> = words.into_iter().chain(["--", "sh", "-c", "true"]).collect();
    let (outcome, told) = run(&words, vec![step], vec![("MSI_ENDPOINT", "http://x".into())]);
    assert_eq!(outcome.code, 42);
    assert!(outcome.err.contains("MSI_ENDPOINT") && !outcome.err.contains("secret"), "{}", outcome.err);
    let value = |name: &str| told[name].as_deref().unwrap();
    assert_eq!(value("IDENTITY_ENDPOINT"), "http://127.0.0.1:4711/azure/app-service/token");
    assert_eq!(value("IDENTITY_HEADER"), "secret");
    assert_eq!(value("GCE_METADATA_HOST"), "127.0.0.1:4711");
    assert_eq!(told["MSI_ENDPOINT"], None, "taken away");
    // Otherwise a proxy would get the key, and answer in Abide's place.
    assert!(value("NO_PROXY").ends_with("127.0.0.1") && value("no_proxy").ends_with("127.0.0.1"));
    assert!(!told.contains_key("ABIDE_TOKEN"));
}

#[test]
fn the_token_is_in_the_variable_that_is_named() {
    let step = Step::Answer(get("/v1/token"), token_answer());
    let (outcome, told) = run(&["run", "--env", "API_KEY", "--", "true"], vec![step], Vec::new());
    assert_eq!((outcome.code, told.len()), (42, 1));
    assert_eq!(told["API_KEY"].as_deref(), Some(TOKEN));
    let (outcome, _) = run(&["run", "--env", "A=B", "--", "true"], Vec::new(), Vec::new());
    assert_eq!(outcome.code, 2, "{}", outcome.err);
}

#[test]
fn a_file_with_the_token_is_asked_for_and_named() {
    let body = r#"{"dialects":[],"command":["true"],"token_file":true}"#;
    let with_file = JOB.replace("\"key\":", "\"token_file\":\"/run/jobs/1/token\",\"key\":");
    let step = Step::Answer(job("", body), answer("200 OK", &with_file));
    let (outcome, told) = run(&["run", "--token-file", "--", "true"], vec![step], Vec::new());
    assert_eq!((outcome.code, told.len()), (42, 1));
    assert_eq!(told["ABIDE_TOKEN_FILE"].as_deref(), Some("/run/jobs/1/token"));
}

#[test]
fn what_cannot_work_is_said_before_anything_is_asked() {
    for words in [
        ["run", "--dialect", "klingon", "--", "true"],
        // There is no role.
        ["run", "--dialect", "aws", "--", "true"],
        ["run", "--dialect", "aws-container", "--", "true"],
    ] {
        let (outcome, told) = run(&words, Vec::new(), Vec::new());
        assert_eq!((outcome.code, told.len()), (2, 0), "{}", outcome.err);
    }
}

#[test]
fn a_section_that_an_sdk_would_use_instead_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("credentials");
    let body = r#"{"dialects":["aws"],"command":["true"],"token_file":true}"#;
    let with_file = JOB.replace("\"key\":", "\"token_file\":\"/run/jobs/1/token\",\"key\":");
    for (content, is_set_aside) in [("[ default ]\nx = y\n", true), ("[other]\nx = y\n", false)] {
        std::fs::write(&file, content).unwrap();
        let step = Step::Answer(job("", body), answer("200 OK", &with_file));
        let more = vec![
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/dev".into()),
            ("AWS_SHARED_CREDENTIALS_FILE", file.clone().into()),
        ];
        let (outcome, told) = run(&["run", "--dialect", "aws", "--", "true"], vec![step], more);
        assert_eq!(outcome.code, 42, "{}", outcome.err);
        assert_eq!(told["AWS_WEB_IDENTITY_TOKEN_FILE"].as_deref(), Some("/run/jobs/1/token"));
        assert_eq!(told.contains_key("AWS_SHARED_CREDENTIALS_FILE"), is_set_aside, "{content}");
        assert_eq!(outcome.err.contains("AWS_SHARED_CREDENTIALS_FILE"), is_set_aside, "{content}");
    }
}

#[test]
fn a_file_with_a_region_alone_is_not_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let body = r#"{"dialects":["aws"],"command":["true"],"token_file":true}"#;
    let with_file = JOB.replace("\"key\":", "\"token_file\":\"/run/jobs/1/token\",\"key\":");
    for (content, is_set_aside) in [
        ("[default]\nregion = eu-west-1\n[profile x]\nsso_session = y\n", false),
        ("[default]\nregion = eu-west-1\nSSO_Session=y\n", true),
    ] {
        std::fs::write(&file, content).unwrap();
        let step = Step::Answer(job("", body), answer("200 OK", &with_file));
        let more = vec![
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/dev".into()),
            ("AWS_CONFIG_FILE", file.clone().into()),
        ];
        let (outcome, told) = run(&["run", "--dialect", "aws", "--", "true"], vec![step], more);
        assert_eq!(outcome.code, 42, "{}", outcome.err);
        assert_eq!(told.contains_key("AWS_CONFIG_FILE"), is_set_aside, "{content}");
    }
}

#[test]
fn a_role_is_asked_for_with_the_job() {
    let body = r#"{"dialects":["aws-container"],"command":["true"],"token_file":false,"aws":{"arn":"arn:aws:iam::123456789012:role/dev","region":"eu-west-1"}}"#;
    let step = Step::Answer(job("", body), answer("200 OK", JOB));
    let more = vec![
        ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/dev".into()),
        ("AWS_DEFAULT_REGION", "eu-west-1".into()),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "/x".into()),
    ];
    let (outcome, told) = run(&["run", "--dialect", "aws-container", "--", "true"], vec![step], more);
    assert_eq!(outcome.code, 42, "{}", outcome.err);
    let value = |name: &str| told[name].as_deref();
    assert_eq!(value("AWS_CONTAINER_CREDENTIALS_FULL_URI"), Some("http://127.0.0.1:4711/aws/credentials"));
    assert_eq!(value("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"), Some("/run/jobs/1/key"));
    assert_eq!(value("AWS_WEB_IDENTITY_TOKEN_FILE"), None, "taken away");
}

#[test]
fn a_shell_reads_the_token_as_one_word() {
    for (words, expected) in [
        (&["env"][..], format!("export ABIDE_TOKEN='{TOKEN}'\n")),
        (&["env", "--shell", "fish", "--env", "KEY"], format!("set -gx KEY '{TOKEN}'\n")),
        (&["env", "--shell", "powershell"], format!("$env:ABIDE_TOKEN = '{TOKEN}'\n")),
        (&["env", "--json"], format!("{{\"ABIDE_TOKEN\":\"{TOKEN}\"}}\n")),
    ] {
        let outcome = once(words, get("/v1/token"), token_answer());
        assert_eq!((outcome.code, outcome.out, outcome.err), (0, expected, String::new()), "{words:?}");
    }
}

#[test]
fn a_shell_gets_what_works_without_a_job() {
    let outcome = abide(&FakeAgent::absent(), &["env", "--dialect", "goauth", "--dialect", "keyring"]);
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert!(lines[0].starts_with("export GOAUTH='/") && lines[0].ends_with(" goauth'"), "{lines:?}");
    assert_eq!(
        lines[1..],
        ["export PIP_KEYRING_PROVIDER='subprocess'", "export UV_KEYRING_PROVIDER='subprocess'"]
    );
    for dialect in ["azure", "google", "aws", "aws-container"] {
        let outcome = abide(&FakeAgent::absent(), &["env", "--dialect", dialect]);
        assert_eq!((outcome.code, outcome.out.as_str()), (2, ""), "{dialect}");
        assert!(outcome.err.contains(&format!("abide run --dialect {dialect} -- ")), "{}", outcome.err);
    }
    for name in ["A=B", "A;id", "1A", "A B"] {
        assert_eq!(abide(&FakeAgent::absent(), &["env", "--env", name]).code, 2, "{name}");
    }
}

#[test]
fn each_dialect_is_listed_with_a_command_to_copy() {
    let outcome = abide(&FakeAgent::absent(), &["dialects"]);
    assert_eq!(outcome.code, 0);
    for dialect in abide_dialects::DIALECTS {
        assert!(
            outcome.out.contains(dialect.name) && outcome.out.contains(dialect.example),
            "{}",
            dialect.name
        );
    }
    let json = abide(&FakeAgent::absent(), &["dialects", "--json"]).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["dialects"].as_array().map(Vec::len), Some(abide_dialects::DIALECTS.len()));
}

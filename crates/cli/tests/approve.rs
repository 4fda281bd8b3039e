//! `abide approve`: the user answers which programs may have tokens.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use harness::*;

const OPEN: &str = r#"{"questions":[{"id":3,"kind":"program","program":"curl","path":"/usr/bin/curl","sha256":null,"command":"curl https://x","script":null,"started_by":["bash"],"agent":null,"terminal":null,"account":"work","provider":"id.example.com","targets":[],"scopes":["email","api.read"],"signs_in":false,"reason":"nightly\u001b[2J","because":"changed","spans":["once","run","always"],"waiting":2,"asked_at":1795549938}],"grants":[{"id":7,"program":"claude","account":"work","targets":[],"span":"agent","allows":true,"tokens":41,"since":1795549938}]}"#;
const NONE: &str = r#"{"questions":[],"grants":[]}"#;

fn gone() -> Vec<u8> {
    b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()
}

#[test]
fn a_question_is_described_and_left_open_without_a_terminal() {
    let outcome = once(&["approve"], get("/v1/consents"), answer("200 OK", OPEN));
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    for part in
        ["curl", "/usr/bin/curl", "work", "has changed", "see your email address", "api.read", "bash", "2"]
    {
        assert!(outcome.out.contains(part), "{part}: {}", outcome.out);
    }
    assert!(!outcome.out.contains('\u{1b}'), "a program writes nothing that a terminal acts on");
}

#[test]
fn an_answer_names_the_question_and_how_long_it_holds() {
    for (words, allow) in
        [(["approve", "3", "--allow", "run"], true), (["approve", "3", "--deny", "run"], false)]
    {
        let body = format!(r#"{{"allow":{allow},"span":"run"}}"#);
        let agent = FakeAgent::new(vec![
            Step::Answer(get("/v1/consents"), answer("200 OK", OPEN)),
            Step::Answer(post("/v1/consents/3", &body), gone()),
        ]);
        let outcome = abide(&agent, &words);
        agent.finish();
        assert_eq!(outcome.code, 0, "{}", outcome.err);
    }
    // The only one needs no number.
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/v1/consents?wait=20"), answer("200 OK", NONE)),
        Step::Answer(get("/v1/consents?wait=20"), answer("200 OK", OPEN)),
        Step::Answer(post("/v1/consents/3", r#"{"allow":true,"span":"once"}"#), gone()),
    ]);
    let outcome = abide(&agent, &["approve", "--wait", "--allow", "once"]);
    agent.finish();
    assert_eq!(outcome.code, 0, "{}", outcome.err);
}

#[test]
fn answers_that_hold_are_listed_and_taken_back() {
    let outcome = once(&["approve", "--list"], get("/v1/consents"), answer("200 OK", OPEN));
    assert!(outcome.out.contains("claude") && outcome.out.contains("41 tokens"), "{}", outcome.out);
    let outcome = once(&["approve", "--stop", "7"], delete("/v1/grants/7"), gone());
    assert_eq!(outcome.code, 0, "{}", outcome.err);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for words in [
        &["approve", "x"][..],
        &["approve", "3", "--allow", "ever"],
        &["approve", "--allow", "once", "--deny", "once"],
        &["approve", "3", "--stop", "7"],
    ] {
        assert_eq!(abide(&FakeAgent::absent(), words).code, 2, "{words:?}");
    }
    let outcome = once(&["approve", "9", "--allow", "once"], get("/v1/consents"), answer("200 OK", OPEN));
    assert_eq!(outcome.code, 2, "{}", outcome.err);
}

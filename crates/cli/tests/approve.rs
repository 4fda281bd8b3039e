//! `abide approve`: the user answers which programs may have tokens.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use harness::*;

const OPEN: &str = r#"{"questions":[{"id":3,"kind":"program","program":"curl","path":"/usr/bin/curl","sha256":null,"command":"curl https://x","script":null,"started_by":["bash"],"labels":[{"kind":"package","name":"curl"},{"kind":"coding_agent","name":"Claude Code"}],"agent":null,"terminal":null,"account":"work","provider":"id.example.com","targets":[],"scopes":["email","api.read"],"signs_in":false,"reason":"nightly\u001b[2J","because":"changed","spans":["once","run","always"],"ends":{"once":[],"run":["session","8h","1h"],"always":["revoked","30d","8h","1h"]},"waiting":2,"asked_at":1795549938}],"grants":[{"id":7,"program":"claude","account":"work","targets":[],"scopes":[],"span":"agent","until":1795552938,"labels":[],"allows":true,"tokens":41,"since":1795549938}]}"#;
const NONE: &str = r#"{"questions":[],"grants":[]}"#;

fn gone() -> Vec<u8> {
    b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()
}

#[test]
fn a_question_is_described_and_left_open_without_a_terminal() {
    let outcome = once(&["approve"], get("/v1/consents"), answer("200 OK", OPEN));
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    for part in [
        "curl",
        "/usr/bin/curl",
        "work",
        "has changed",
        "see your email address",
        "api.read",
        "bash",
        "2",
        "package curl, started by Claude Code",
    ] {
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
    // Less than what was asked for, and for a shorter time.
    let body = r#"{"allow":true,"span":"always","until":"8h","scopes":["email"]}"#;
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/v1/consents"), answer("200 OK", OPEN)),
        Step::Answer(post("/v1/consents/3", body), gone()),
    ]);
    let outcome =
        abide(&agent, &["approve", "3", "--allow", "always", "--until", "8h", "--only-scope", "email"]);
    agent.finish();
    assert_eq!(outcome.code, 0, "{}", outcome.err);
    assert!(outcome.out.contains("8 hours") && outcome.out.contains("email"), "{}", outcome.out);
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
fn a_person_chooses_an_end_and_a_part_of_what_was_asked_for() {
    for (input, body) in [
        ("3\n8h\n1\n", Some(r#"{"allow":true,"span":"always","until":"8h","scopes":["email"]}"#)),
        ("3\n\n\n", Some(r#"{"allow":true,"span":"always"}"#)),
        ("1\n\n", Some(r#"{"allow":true,"span":"once"}"#)),
        ("n\n", Some(r#"{"allow":false,"span":"once"}"#)),
        ("3\n2h\n", None),
        ("3\n\n9\n", None),
    ] {
        let mut steps = vec![Step::Answer(get("/v1/consents"), answer("200 OK", OPEN))];
        steps.extend(body.map(|body| Step::Answer(post("/v1/consents/3", body), gone())));
        let agent = FakeAgent::new(steps);
        let setting = Setting { input, typed: true, ..Setting::default() };
        let outcome = abide_with(&agent, &["approve"], setting);
        agent.finish();
        assert_eq!(outcome.code, if body.is_some() { 0 } else { 2 }, "{input:?}: {}", outcome.err);
    }
}

/// What one program asks for is one list.
#[test]
fn one_answer_can_be_for_all_that_a_program_asks_for() {
    let two = OPEN.replace(r#""waiting":2"#, r#""waiting":2,"others":[4]"#);
    let other = &OPEN[OPEN.find(r#"{"id":3"#).unwrap()..OPEN.find(r#"],"grants""#).unwrap()];
    let other =
        other.replace(r#""id":3"#, r#""id":4"#).replace(r#""waiting":2"#, r#""waiting":1,"others":[3]"#);
    let two = two.replace(r#"],"grants""#, &format!(r#",{other}],"grants""#));
    let both = r#"{"allow":true,"span":"once","others":[4]}"#;
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/v1/consents"), answer("200 OK", &two)),
        Step::Answer(post("/v1/consents/3", both), gone()),
    ]);
    let outcome = abide(&agent, &["approve", "3", "--allow", "once", "--others"]);
    agent.finish();
    assert!(outcome.code == 0 && outcome.out.contains("the same for 4"), "{outcome:?}");
    // A person is asked; without a yes the other question comes next.
    for (input, posts) in [("1\n\ny\n", vec![both]), ("1\n\n\n\n", vec![r#"{"allow":true,"span":"once"}"#])] {
        let mut steps = vec![Step::Answer(get("/v1/consents"), answer("200 OK", &two))];
        steps.extend(posts.into_iter().map(|body| Step::Answer(post("/v1/consents/3", body), gone())));
        let agent = FakeAgent::new(steps);
        let setting = Setting { input, typed: true, ..Setting::default() };
        let outcome = abide_with(&agent, &["approve"], setting);
        agent.finish();
        assert_eq!(outcome.code, 0, "{input:?}: {}", outcome.err);
        assert_eq!(outcome.out.contains("Left open"), input.ends_with("\n\n\n"), "{}", outcome.out);
    }
}

#[test]
fn answers_that_hold_are_listed_and_taken_back() {
    let outcome = once(&["approve", "--list"], get("/v1/consents"), answer("200 OK", OPEN));
    for part in ["claude", "41 tokens", "until "] {
        assert!(outcome.out.contains(part), "{part}: {}", outcome.out);
    }
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
        &["approve", "3", "--until", "8h"],
        &["approve", "3", "--allow", "always", "--until", "2h"],
        &["approve", "3", "--deny", "once", "--only-scope", "email"],
        &["approve", "3", "--others"],
    ] {
        assert_eq!(abide(&FakeAgent::absent(), words).code, 2, "{words:?}");
    }
    let outcome = once(&["approve", "9", "--allow", "once"], get("/v1/consents"), answer("200 OK", OPEN));
    assert_eq!(outcome.code, 2, "{}", outcome.err);
}

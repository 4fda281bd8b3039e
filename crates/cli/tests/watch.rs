//! `abide watch` shows changes of every account.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use harness::*;

#[test]
fn watch_prints_a_line_a_change_until_the_agent_stops() {
    let steps = || {
        vec![
            Step::Open(listen("/v1/sessions/work/events"), stream(&active("work"))),
            Step::Push(0, event(&status("work", "ended", r#""ended":"declined""#))),
            Step::Push(0, end()),
        ]
    };
    let agent = FakeAgent::new(steps());
    let outcome = abide(&agent, &["watch", "--account", "work"]);
    agent.finish();
    assert_eq!(
        outcome.out,
        "20:52:18  work   active · 11 min 42 s left (idle)\n\
         20:52:18  work   signed out: you answered No to \u{201c}keep session?\u{201d}\n"
    );
    assert_eq!(outcome.code, 5);
    let agent = FakeAgent::new(steps());
    let outcome = abide(&agent, &["watch", "--account", "work", "--json"]);
    agent.finish();
    assert_eq!(outcome.out.lines().next(), Some(active("work").as_str()));
    assert_eq!(outcome.out.lines().count(), 2);
}

#[test]
fn watch_follows_every_account_and_ends_when_the_reader_is_gone() {
    let steps = || {
        vec![
            Step::Answer(get("/v1/sessions"), sessions(&[active("work"), active("demo")])),
            Step::Open(listen("/v1/sessions/work/events"), stream(&active("work"))),
            Step::Open(listen("/v1/sessions/demo/events"), stream(&active("demo"))),
            Step::Push(0, end()),
            Step::Push(1, end()),
        ]
    };
    let agent = FakeAgent::new(steps());
    let outcome = abide(&agent, &["watch"]);
    agent.finish();
    let mut lines: Vec<&str> = outcome.out.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "20:52:18  demo   active · 11 min 42 s left (idle)",
            "20:52:18  work   active · 11 min 42 s left (idle)"
        ]
    );
    let agent = FakeAgent::new(steps());
    let (code, err) = run_with(&agent, &["watch"], Setting::default(), &mut Closed);
    agent.finish();
    assert_eq!((code, err.as_str()), (0, ""));
}

/// A session whose screen and provider are in this state.
fn session(more: &str, provider: &str) -> String {
    let layers = format!(
        r#""layers":[{},{}]"#,
        layer("provider", "id.example.com", provider),
        layer(
            "identity_provider",
            "id.example.com",
            r#""state":"unknown","evidence":"id_token","methods":["hwk"]"#
        ),
    );
    let rest = r#""expires_in":702,"limit":"idle","lifetime":900"#;
    status("work", "active", &format!("{rest},{layers}{more}"))
}

#[test]
fn what_changes_behind_a_session_is_shown_and_only_that() {
    let first = r#""state":"active","evidence":"id_token","ends_at":1795551738"#;
    let later = r#""state":"active","evidence":"refresh","ends_at":1795551798"#;
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&session("", first))),
        Step::Push(0, event(&session(r#","frozen":true"#, first))),
        // A token was renewed: no visible change.
        Step::Push(0, event(&session(r#","frozen":true,"access_token_expires_in":300"#, first))),
        Step::Push(0, event(&session("", later))),
        Step::Push(0, end()),
    ]);
    let outcome = abide(&agent, &["watch", "--account", "work"]);
    agent.finish();
    let lines: Vec<&str> =
        outcome.out.lines().map(|line| line.strip_prefix("20:52:18  work   ").unwrap()).collect();
    assert_eq!(
        lines,
        [
            "active · 11 min 42 s left (idle)",
            "provider session active · until 21:22",
            "authenticated with security key",
            "frozen: the screen is locked · 11 min 42 s left (idle)",
            "active · 11 min 42 s left (idle)",
            "provider session active · until 21:23",
        ]
    );
}

#[test]
fn a_provider_that_ended_its_session_is_named_after_the_end() {
    let ended = r#""state":"ended","evidence":"refresh","ends_at":1795549938"#;
    let layers =
        format!(r#""ended":"provider_logout","layers":[{}]"#, layer("provider", "id.example.com", ended));
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&status("work", "ended", &layers))),
        Step::Push(0, end()),
    ]);
    let outcome = abide(&agent, &["watch", "--account", "work"]);
    agent.finish();
    assert_eq!(
        outcome.out,
        "20:52:18  work   signed out: the provider ended its session\n\
         20:52:18  work   provider session ended 20:52\n"
    );
}

#[test]
fn a_signal_that_no_longer_tells_and_one_that_tells_again_are_lines() {
    let state = |iframe: &str, refresh: &str| {
        let signals = format!(
            r#""signals":[{{"signal":"iframe","state":"{iframe}","heard_at":null}},{{"signal":"refresh","state":"{refresh}","heard_at":null}}]"#
        );
        status("work", "active", &format!(r#""expires_in":702,"limit":"idle","lifetime":900,{signals}"#))
    };
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&state("waiting", "waiting"))),
        Step::Push(0, event(&state("works", "works"))),
        Step::Push(0, event(&state("closed", "works"))),
        Step::Push(0, event(&state("closed", "works"))),
        Step::Push(0, event(&state("works", "works"))),
        Step::Push(0, event(&state("blocked", "works"))),
        Step::Push(0, end()),
    ]);
    let outcome = abide(&agent, &["watch", "--account", "work"]);
    agent.finish();
    let lines: Vec<&str> =
        outcome.out.lines().map(|line| line.strip_prefix("20:52:18  work   ").unwrap()).collect();
    assert_eq!(
        lines,
        [
            "active · 11 min 42 s left (idle)",
            "logout detected by: browser tab",
            "Abide\u{2019}s browser tab is closed; reopen it: abide monitor",
            "logout detected by: browser tab",
            "the browser hides the provider\u{2019}s cookie from Abide\u{2019}s tab",
        ]
    );
}

#[test]
fn what_becomes_of_the_providers_side_is_a_line_once_it_is_settled() {
    let state =
        |end: &str| status("work", "ended", &format!(r#""ended":"user_logout","provider_end":"{end}""#));
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&active("work"))),
        Step::Push(0, event(&state("pending"))),
        Step::Push(0, event(&state("pending"))),
        Step::Push(0, event(&state("ended"))),
        Step::Push(0, end()),
    ]);
    let outcome = abide(&agent, &["watch", "--account", "work"]);
    agent.finish();
    assert_eq!(
        outcome.out,
        "20:52:18  work   active · 11 min 42 s left (idle)\n\
         20:52:18  work   signed out: you signed out\n\
         20:52:18  work   id.example.com no longer accepts this session.\n"
    );
}

#[test]
fn an_account_that_is_added_later_is_watched_too() {
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/v1/sessions"), sessions(&[])),
        // There is nothing yet; it asks again.
        Step::Answer(get("/v1/sessions"), sessions(&[active("work")])),
        Step::Open(listen("/v1/sessions/work/events"), stream(&active("work"))),
        Step::Answer(get("/v1/sessions"), sessions(&[active("work"), active("laboratory")])),
        Step::Open(listen("/v1/sessions/laboratory/events"), stream(&active("laboratory"))),
        Step::Push(1, end()),
        Step::Push(0, end()),
    ]);
    let outcome = abide(&agent, &["watch"]);
    agent.finish();
    assert_eq!(
        outcome.out,
        "20:52:18  work   active · 11 min 42 s left (idle)\n\
         20:52:18  laboratory   active · 11 min 42 s left (idle)\n"
    );
    assert_eq!(outcome.code, 5);
}

#[test]
fn an_account_that_is_removed_ends_nothing_and_one_that_comes_back_is_watched_again() {
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/v1/sessions"), sessions(&[active("work")])),
        Step::Open(listen("/v1/sessions/work/events"), stream(&active("work"))),
        Step::Push(0, end()),
        Step::Answer(get("/v1/sessions"), sessions(&[])),
        Step::Answer(get("/v1/sessions"), sessions(&[active("work")])),
        // Removed again before it is watched.
        Step::Answer(
            listen("/v1/sessions/work/events"),
            error("404 Not Found", "unknown_account", "There is no account work."),
        ),
        Step::Answer(get("/v1/sessions"), sessions(&[active("work")])),
        Step::Open(listen("/v1/sessions/work/events"), stream(&active("work"))),
        Step::Push(0, end()),
    ]);
    let outcome = abide(&agent, &["watch"]);
    agent.finish();
    assert_eq!(outcome.out.lines().count(), 2);
    assert_eq!(outcome.code, 5);
}

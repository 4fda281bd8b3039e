//! `abide doctor`: the configuration, an agent that is silent, and where it looks.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use harness::*;

#[test]
fn the_doctor_says_what_abide_refuses_in_the_configuration() {
    let configured = |agent: FakeAgent| {
        std::fs::create_dir_all(agent.home().join("config/abide")).unwrap();
        std::fs::write(agent.home().join("config/abide/config.toml"), "x").unwrap();
        agent
    };
    let line = |outcome: &Outcome| outcome.out.lines().next().unwrap_or_default().to_owned();
    let found = |ok: bool, severity: &str| {
        let problem = |message: &str| {
            format!(
                r#"{{"account":null,"line":1,"column":2,"severity":"{severity}","message":"{message}","suggestion":null}}"#
            )
        };
        format!(r#"{{"file":"x","ok":{ok},"problems":[{},{}]}}"#, problem("Wrong."), problem("Wrong, too."))
    };
    let agent = configured(FakeAgent::absent());
    let check = found(false, "error");
    let outcome = abide_with(&agent, &["doctor"], Setting { check: Some(&check), ..Setting::default() });
    assert_eq!(outcome.code, 5);
    let said = line(&outcome);
    assert!(
        said.starts_with("fail  configuration") && said.contains("config.toml:1: Wrong. · 1 more"),
        "{said}"
    );
    // Without the program that reads it, nothing is known.
    assert!(line(&abide(&agent, &["doctor"])).starts_with("warn  configuration"));

    for (ok, severity, level) in [(false, "error", "fail"), (true, "advice", "warn")] {
        let health = format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
        let agent = configured(FakeAgent::new(vec![
            Step::Answer(get("/health"), answer("200 OK", &health)),
            Step::Answer(get("/v1/config/check"), answer("200 OK", &found(ok, severity))),
        ]));
        let said = line(&abide(&agent, &["doctor"]));
        agent.finish();
        assert!(said.starts_with(&format!("{level}  configuration")) && said.contains("Wrong."), "{said}");
    }
}

#[test]
fn the_doctor_does_not_wait_again_for_an_agent_that_is_silent() {
    let agent = FakeAgent::new(vec![Step::Silence]);
    let setting = Setting { patience: std::time::Duration::from_millis(50), ..Setting::default() };
    let outcome = abide_with(&agent, &["doctor"], setting);
    agent.finish();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let failed: Vec<&str> = outcome.out.lines().filter(|line| line.starts_with("fail")).collect();
    assert!(failed.len() == 1 && failed[0].contains("did not answer"), "{failed:?}");
}

/// Under cron the runtime folder is another one; the agent has written down where its socket is.
#[test]
fn the_doctor_looks_for_the_address_beside_the_socket_that_it_found() {
    let health = format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
    let agent = FakeAgent::new(vec![Step::Answer(get("/health"), answer("200 OK", &health))]);
    std::fs::write(agent.runtime().join("endpoint.json"), r#"{"http":null,"pid":1}"#).unwrap();
    let state = agent.home().join("state/abide");
    std::fs::create_dir_all(&state).unwrap();
    let owner = serde_json::json!({ "host": null, "socket": agent.socket() });
    std::fs::write(state.join("agent.json"), owner.to_string()).unwrap();
    let more = vec![("XDG_RUNTIME_DIR", agent.home().join("cron").into())];
    let outcome = abide_with(&agent, &["doctor"], Setting { more, ..Setting::default() });
    let runtime = agent.runtime().display().to_string();
    agent.finish();
    let line =
        |name: &str| outcome.out.lines().find(|line| line.contains(name)).unwrap_or_default().to_owned();
    assert!(line("  HTTP ").starts_with("ok"), "{}", outcome.out);
    assert!(line("  folder ").contains(&runtime), "{}", outcome.out);
}

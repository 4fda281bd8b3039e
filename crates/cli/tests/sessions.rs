//! Sessions: how they are shown, watched, ended, kept and begun.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::ffi::OsString;

use harness::*;

#[test]
fn the_status_page_is_as_designed() {
    let ended = r#""ended":"idle_timeout","ended_at":1795549338"#;
    let both = sessions(&[active("work"), status("demo", "ended", ended)]);
    let outcome = once(&["status"], get("/v1/sessions"), both);
    assert_eq!(
        outcome.out,
        "work   alice@example.com · id.example.com\n       \
                active · 11 min 42 s left (idle) · at most until 21:04\n       \
                access token 4 min · renews by itself\n\
         demo   signed out 10 min ago: no answer to \u{201c}keep session?\u{201d}\n"
    );
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
}

#[test]
fn every_state_has_its_lines() {
    let expiring = r#""user":"alice","expires_in":58,"limit":"idle","lifetime":900"#;
    let last =
        r#""expires_in":90,"limit":"absolute","lifetime":43200,"access_token_expires_in":0,"renewable":true"#;
    let all = format!(
        r#"{{"accounts":[{},{},{},{},{}],"question":null,"remarks":["The keyring is not there."]}}"#,
        status("a", "signed_out", ""),
        status("bb", "authorizing", ""),
        status("ccc", "expiring", expiring),
        status("dddd", "expiring", last),
        status(
            "e",
            "ended",
            r#""ended":"user_logout","ended_at":1795549938,"trouble":"The provider did not hear of it.""#
        ),
    );
    let outcome = once(&["status"], get("/v1/sessions"), answer("200 OK", &all));
    assert_eq!(
        outcome.out,
        "a      not signed in · id.example.com\n\
         bb     signing in · id.example.com\n       waiting for you in the browser\n\
         ccc    alice · id.example.com\n       expiring · 58 s left (idle)\n       to keep it: abide keep\n       \
                no access token yet · does not renew\n\
         dddd   id.example.com\n       expiring · 1 min 30 s left (longest session)\n       \
                sign in again after that: abide login\n       access token used up · renews by itself\n\
         e      signed out just now: you signed out\n       The provider did not hear of it.\n\
         \nThe keyring is not there.\n"
    );
}

#[test]
fn a_status_in_colour_says_the_same_words() {
    let steps = || vec![Step::Answer(get("/v1/sessions"), sessions(&[active("work")]))];
    let agent = FakeAgent::new(steps());
    let coloured = abide_with(&agent, &["status"], Setting { terminal: true, ..Setting::default() }).out;
    agent.finish();
    let agent = FakeAgent::new(steps());
    let more = vec![("NO_COLOR", OsString::from("1"))];
    let plain = abide_with(&agent, &["status"], Setting { terminal: true, more, ..Setting::default() }).out;
    agent.finish();
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[36mactive\u{1b}[0m"));
    let mut stripped = coloured;
    for code in ["0", "1", "2", "31", "33", "36"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_eq!(stripped, plain);
}

#[test]
fn a_user_name_of_the_provider_cannot_drive_the_terminal() {
    let evil = active("work").replace("alice@example.com", "al\\u001b[2J\\u202eice\\nroot");
    let outcome = once(&["status"], get("/v1/sessions"), sessions(&[evil]));
    assert!(outcome.out.starts_with("work   al\u{fffd}[2J\u{fffd}ice\u{fffd}root · "), "{}", outcome.out);
}

#[test]
fn json_is_passed_on_as_it_came() {
    let body = r#"{"accounts":[],"question":null,"remarks":[],"of_a_newer_agent":1}"#;
    let outcome = once(&["status", "--json"], get("/v1/sessions"), answer("200 OK", body));
    assert_eq!(outcome.out, format!("{body}\n"));
    let outcome = once(&["status", "--json"], get("/v1/sessions"), answer("200 OK", "not json"));
    assert_eq!((outcome.code, outcome.out.as_str()), (1, ""));
}

#[test]
fn logout_takes_the_only_account_that_is_signed_in() {
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/v1/sessions"), sessions(&[active("work"), status("demo", "signed_out", "")])),
        Step::Answer(
            post("/v1/sessions/work/logout", "{}"),
            answer("202 Accepted", &status("work", "ended", r#""ended":"user_logout""#)),
        ),
    ]);
    let outcome = abide(&agent, &["logout"]);
    agent.finish();
    assert_eq!((outcome.code, outcome.out.as_str()), (0, "You are signed out of work (id.example.com).\n"));
}

#[test]
fn keep_says_what_is_left_now() {
    let kept = answer("202 Accepted", &active("work"));
    let outcome = once(&["keep", "-a", "work"], post("/v1/sessions/work/keep", "{}"), kept);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "Your session is kept: alice@example.com at id.example.com, 11 min 42 s left.\n")
    );
}

#[test]
fn where_several_accounts_can_be_meant_it_is_asked_which() {
    for words in [&["logout"][..], &["keep"], &["login"]] {
        let two = sessions(&[active("work"), active("demo")]);
        let outcome = once(words, get("/v1/sessions"), two);
        assert_eq!(outcome.code, 2, "{words:?}");
        assert!(outcome.err.contains("--account and one of: work, demo"), "{}", outcome.err);
    }
}

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
fn watch_follows_every_account_and_ends_when_nobody_reads() {
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

const URL: &str = "https://id.example.com/authorize?client_id=abide&redirect_uri=http%3A%2F%2F127.0.0.1%3A40123%2Fcallback&state=x";

/// The lines of an agent for a sign-in that goes through these states.
fn sign_in(browser: bool, states: &[String]) -> Vec<Step> {
    let url = if browser { "null".to_owned() } else { format!("\"{URL}\"") };
    let mut steps = vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&status("work", "signed_out", ""))),
        Step::Answer(
            post("/v1/sessions/work/login", &format!("{{\"browser\":{browser}}}")),
            answer("202 Accepted", &format!("{{\"account\":\"work\",\"authorization_url\":{url}}}")),
        ),
        Step::Push(0, event(&status("work", "authorizing", ""))),
    ];
    steps.extend(states.iter().map(|state| Step::Push(0, event(state))));
    steps
}

#[test]
fn login_waits_until_somebody_is_signed_in() {
    let mut steps = vec![Step::Answer(get("/v1/sessions"), sessions(&[status("work", "signed_out", "")]))];
    steps.extend(sign_in(true, &[active("work")]));
    let agent = FakeAgent::new(steps);
    let outcome = abide(&agent, &["login"]);
    agent.finish();
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (
            0,
            "You are signed in: alice@example.com at id.example.com. Your session ends in 11 min 42 s; using it keeps it.\n",
            "Your browser is open at id.example.com. Sign in there.\n"
        )
    );
}

#[test]
fn login_without_a_browser_prints_the_address_and_nothing_else() {
    let agent = FakeAgent::new(sign_in(false, &[active("work")]));
    let outcome = abide(&agent, &["login", "--account", "work", "--no-browser"]);
    agent.finish();
    assert_eq!((outcome.code, outcome.out), (0, format!("{URL}\n")));
    assert!(outcome.err.contains("ssh -L 40123:127.0.0.1:40123"), "{}", outcome.err);
    assert!(outcome.err.ends_with("using it keeps it.\n"), "{}", outcome.err);
}

#[test]
fn an_address_that_is_none_is_not_printed() {
    for evil in ["javascript:alert(1)", "https://x/\\u001b[2J", "file:///etc/passwd", ""] {
        let agent = FakeAgent::new(vec![
            Step::Open(listen("/v1/sessions/work/events"), stream(&status("work", "signed_out", ""))),
            Step::Answer(
                post("/v1/sessions/work/login", "{\"browser\":false}"),
                answer("202 Accepted", &format!("{{\"account\":\"work\",\"authorization_url\":\"{evil}\"}}")),
            ),
        ]);
        let outcome = abide(&agent, &["login", "--account", "work", "--no-browser"]);
        agent.finish();
        assert_eq!((outcome.code, outcome.out.as_str()), (1, ""), "{evil}");
    }
}

#[test]
fn login_as_json_is_one_object_a_line() {
    let agent = FakeAgent::new(sign_in(false, &[active("work")]));
    let outcome = abide(&agent, &["login", "--account", "work", "--no-browser", "--json"]);
    agent.finish();
    let lines: Vec<&str> = outcome.out.lines().collect();
    assert!(lines[0].contains(URL));
    assert_eq!(lines[1..], [active("work").as_str()]);
}

#[test]
fn a_sign_in_that_fails_says_why_and_one_that_is_broken_off_asks_for_another() {
    let trouble = status("work", "signed_out", r#""trouble":"The provider cannot be reached.""#);
    for (end, code, sentence) in [
        (trouble, 1, "abide: The provider cannot be reached.\n"),
        (
            status("work", "signed_out", ""),
            3,
            "abide: The sign-in was not completed. `abide login` begins a new one.\n",
        ),
    ] {
        let agent = FakeAgent::new(sign_in(true, &[end]));
        let outcome = abide(&agent, &["login", "--account", "work"]);
        agent.finish();
        assert_eq!((outcome.code, outcome.out.as_str()), (code, ""));
        assert!(outcome.err.ends_with(sentence), "{}", outcome.err);
    }
    let mut steps = sign_in(true, &[]);
    steps.push(Step::Push(0, end()));
    let agent = FakeAgent::new(steps);
    let outcome = abide(&agent, &["login", "--account", "work"]);
    agent.finish();
    assert_eq!(outcome.code, 5);
}

#[test]
fn who_is_signed_in_already_need_not_do_it_again() {
    let agent = FakeAgent::new(vec![Step::Open(listen("/v1/sessions/work/events"), stream(&active("work")))]);
    let outcome = abide(&agent, &["login", "--account", "work"]);
    agent.finish();
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "You are already signed in: alice@example.com at id.example.com, 11 min 42 s left.\n")
    );
}

#[test]
fn an_account_that_is_not_there_is_a_mistake_of_the_user() {
    let refused = error("404 Not Found", "unknown_account", "There is no account x.");
    let outcome = once(&["login", "-a", "x"], listen("/v1/sessions/x/events"), refused);
    assert_eq!((outcome.code, outcome.err.as_str()), (2, "abide: There is no account x.\n"));
}

//! `abide login`: how a sign-in begins, and how it ends.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::cell::RefCell;
use std::io::{self, Write};

use abide_cli::LastAct;
use harness::*;

const URL: &str = "https://id.example.com/authorize?client_id=abide&redirect_uri=http%3A%2F%2F127.0.0.1%3A40123%2Fcallback&state=x";

/// The agent's answers for a sign-in with these states.
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
fn login_waits_until_you_are_signed_in() {
    let mut steps = vec![Step::Answer(get("/v1/sessions"), sessions(&[status("work", "signed_out", "")]))];
    steps.extend(sign_in(true, &[active("work")]));
    let agent = FakeAgent::new(steps);
    let outcome = abide(&agent, &["login"]);
    agent.finish();
    assert_eq!(
        (outcome.code, outcome.out.as_str(), outcome.err.as_str()),
        (
            0,
            "You are signed in: alice@example.com at id.example.com. Your session ends in 11 min 42 s without use.\n",
            "Sign in at id.example.com in your browser.\n"
        )
    );
}

#[test]
fn use_does_not_move_an_end_that_cannot_be_moved() {
    for (limit, says) in
        [("access_token", "no refresh token"), ("provider", "time limit"), ("absolute", "longest time")]
    {
        let more = format!(r#""expires_in":120,"limit":"{limit}","can_be_kept":false"#);
        let agent = FakeAgent::new(sign_in(true, &[status("work", "active", &more)]));
        let outcome = abide(&agent, &["login", "--account", "work"]);
        agent.finish();
        assert_eq!(outcome.code, 0);
        assert!(outcome.out.contains("2 min: ") && outcome.out.contains(says), "{}", outcome.out);
        assert!(!outcome.out.contains("without use"), "{}", outcome.out);
    }
}

/// The provider's limit for the session is past already. The end of an earlier session is no reason.
#[test]
fn a_session_that_is_over_at_once_says_why() {
    let ended = |at: u64| status("work", "ended", &format!(r#""ended":"provider_timeout","ended_at":{at}"#));
    for (end, code, sentence) in [
        (
            ended(1_800_000_100),
            1,
            "abide: You signed in, but the session has ended already: the provider\u{2019}s time limit for a session was \
             reached.\n",
        ),
        (ended(1_800_000_000), 3, "abide: The sign-in was not completed. Try again: abide login\n"),
    ] {
        let mut steps = sign_in(true, &[end]);
        steps[0] = Step::Open(listen("/v1/sessions/work/events"), stream(&ended(1_800_000_000)));
        let agent = FakeAgent::new(steps);
        let outcome = abide(&agent, &["login", "--account", "work"]);
        agent.finish();
        assert_eq!((outcome.code, outcome.out.as_str()), (code, ""), "{}", outcome.err);
        assert!(outcome.err.ends_with(sentence), "{}", outcome.err);
    }
}

/// `abide logout --no-wait`, and at once `abide login`.
#[test]
fn news_of_the_session_before_do_not_end_the_sign_in() {
    let before = status("work", "ended", r#""ended":"user_logout","provider_end":"ended""#);
    let login = post("/v1/sessions/work/login", "{\"browser\":true}");
    let begun = answer("202 Accepted", "{\"account\":\"work\",\"authorization_url\":null}");
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&status("work", "ended", ""))),
        Step::Answer(login, begun),
        Step::Push(0, event(&before)),
        Step::Answer(get("/v1/sessions/work"), answer("200 OK", &status("work", "authorizing", ""))),
        Step::Push(0, event(&status("work", "authorizing", ""))),
        Step::Push(0, event(&active("work"))),
    ]);
    let outcome = abide(&agent, &["login", "--account", "work"]);
    agent.finish();
    assert_eq!(outcome.code, 0, "{outcome:?}");
}

/// The session is there, and renewals bring no tokens for a reason that does not pass.
#[test]
fn a_session_without_a_token_is_signed_in_again() {
    let with = |more: &str| {
        let rest = r#""user":"alice@example.com","expires_in":702,"limit":"idle""#;
        status("work", "active", &format!("{rest},{more}"))
    };
    let expired = r#""access_token_expires_in":0"#;
    let stuck = |kind: &str| {
        with(&format!(r#"{expired},"last_error":"The answer is odd.","last_error_kind":"{kind}""#))
    };
    let pending = with(&format!(r#"{expired},"signing_in":true,"attempt":2"#));
    let begun = r#"{"account":"work","authorization_url":null,"attempt":2}"#;
    for (end, code, says) in [
        (with(r#""access_token_expires_in":300"#), 0, "You are signed in: alice@example.com"),
        (stuck("unusable_answer"), 1, "The answer is odd."),
    ] {
        let agent = FakeAgent::new(vec![
            Step::Open(listen("/v1/sessions/work/events"), stream(&stuck("unusable_answer"))),
            Step::Answer(
                post("/v1/sessions/work/login", "{\"browser\":true}"),
                answer("202 Accepted", begun),
            ),
            Step::Push(0, event(&pending)),
            Step::Push(0, event(&end)),
        ]);
        let outcome = abide(&agent, &["login", "--account", "work"]);
        agent.finish();
        assert_eq!(outcome.code, code, "{outcome:?}");
        assert!(format!("{}{}", outcome.out, outcome.err).contains(says), "{outcome:?}");
    }
    // An outage passes: there is nothing to sign in for.
    let agent =
        FakeAgent::new(vec![Step::Open(listen("/v1/sessions/work/events"), stream(&stuck("passing")))]);
    let outcome = abide(&agent, &["login", "--account", "work"]);
    agent.finish();
    assert!(outcome.code == 0 && outcome.out.contains("already signed in"), "{outcome:?}");
}

#[test]
fn login_without_a_browser_prints_the_address_and_nothing_else() {
    let agent = FakeAgent::new(sign_in(false, &[active("work")]));
    let outcome = abide(&agent, &["login", "--account", "work", "--no-browser"]);
    agent.finish();
    assert_eq!((outcome.code, outcome.out), (0, format!("{URL}\n")));
    assert!(outcome.err.contains("ssh -L 40123:127.0.0.1:40123"), "{}", outcome.err);
    assert!(outcome.err.ends_with("without use.\n"), "{}", outcome.err);
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
    let last_error = status("work", "signed_out", r#""last_error":"The provider cannot be reached.""#);
    let cancelled = r#""last_error":"You cancelled.","last_error_code":"access_denied""#;
    let kinds = |kind: &str| {
        let more = format!(r#""last_error":"Why.","last_error_code":"x","last_error_kind":"{kind}""#);
        status("work", "signed_out", &more)
    };
    for (end, code, sentence) in [
        (kinds("passing"), 1, "abide: Why.\n"),
        (kinds("action_required"), 3, "abide: Why.\n"),
        (kinds("this_computer"), 1, "abide: Why.\n"),
        (kinds("unusable_answer"), 1, "abide: Why.\n"),
        (status("work", "signed_out", cancelled), 3, "abide: You cancelled.\n"),
        (last_error, 1, "abide: The provider cannot be reached.\n"),
        (
            status("work", "signed_out", ""),
            3,
            "abide: The sign-in was not completed. Try again: abide login\n",
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

/// An output on whose first line the user interrupts the command.
struct Interrupting<'a> {
    armed: &'a RefCell<Option<LastAct>>,
    said: Vec<u8>,
}

impl Write for Interrupting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let last = self.armed.take().expect("nothing was armed, or twice");
        last(&mut self.said);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_cancelled_sign_in_leaves_nothing_waiting_for_the_browser() {
    let mut steps = sign_in(false, &[]);
    let signed_out = status("work", "signed_out", "");
    steps.push(Step::Answer(post("/v1/sessions/work/cancel", "{}"), answer("202 Accepted", &signed_out)));
    steps.push(Step::Push(0, event(&signed_out)));
    let agent = FakeAgent::new(steps);
    let armed = RefCell::new(None);
    let arm = |last: LastAct| drop(armed.replace(Some(last)));
    let setting = Setting { before_interruption: &arm, ..Setting::default() };
    let mut out = Interrupting { armed: &armed, said: Vec::new() };
    let words = ["login", "--account", "work", "--no-browser"];
    let (code, err) = run_with(&agent, &words, setting, &mut out);
    agent.finish();
    assert_eq!((code, out.said.as_slice()), (130, &b"\nThe sign-in was cancelled.\n"[..]));
    assert!(!err.contains("not completed"), "{err}");
}

#[test]
fn when_signed_in_there_is_nothing_to_cancel() {
    let agent = FakeAgent::new(vec![Step::Open(listen("/v1/sessions/work/events"), stream(&active("work")))]);
    let arm = |_: LastAct| panic!("armed without a sign-in");
    let setting = Setting { before_interruption: &arm, ..Setting::default() };
    assert_eq!(abide_with(&agent, &["login", "--account", "work"], setting).code, 0);
    agent.finish();
}

#[test]
fn when_signed_in_login_does_nothing() {
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

#[test]
fn a_sign_in_that_another_one_replaces_is_over() {
    let signed_out = status("work", "signed_out", "");
    let ours = status("work", "authorizing", r#""signing_in":true,"attempt":7"#);
    let another = status("work", "authorizing", r#""signing_in":true,"attempt":8"#);
    let begun = r#"{"account":"work","authorization_url":null,"attempt":7}"#;
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&signed_out)),
        Step::Answer(post("/v1/sessions/work/login", r#"{"browser":true}"#), answer("202 Accepted", begun)),
        Step::Push(0, event(&ours)),
        Step::Push(0, event(&another)),
    ]);
    let outcome = abide(&agent, &["login", "--account", "work"]);
    agent.finish();
    assert_eq!(outcome.code, 1, "{}", outcome.err);
    assert!(outcome.err.contains("Another sign-in"), "{}", outcome.err);
}

/// Nobody has the address, so nothing would ever come of the sign-in.
#[test]
fn an_address_that_cannot_be_written_ends_the_sign_in() {
    let signed_out = status("work", "signed_out", "");
    let begun = r#"{"account":"work","attempt":7,"authorization_url":"https://id.example.com/authorize"}"#;
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&signed_out)),
        Step::Answer(post("/v1/sessions/work/login", r#"{"browser":false}"#), answer("202 Accepted", begun)),
        Step::Answer(
            post("/v1/sessions/work/cancel", r#"{"attempt":7}"#),
            answer("202 Accepted", &signed_out),
        ),
    ]);
    let words = ["login", "-a", "work", "--no-browser"];
    let (code, _) = run_with(&agent, &words, Setting::default(), &mut Closed);
    agent.finish();
    assert_eq!(code, 1);
}

/// The program that opens the browser may take longer to fail than the agent waits for it.
#[test]
fn where_the_browser_fails_late_the_address_is_printed() {
    let more = r#""last_error":"Your browser could not be opened.","last_error_code":"browser_not_started""#;
    let failed = status("work", "signed_out", more);
    let url = "https://id.example.com/authorize";
    let mut steps = sign_in(true, std::slice::from_ref(&failed));
    steps.extend([
        Step::Answer(get("/v1/sessions/work"), answer("200 OK", &failed)),
        Step::Answer(
            post("/v1/sessions/work/login", r#"{"browser":false}"#),
            answer("202 Accepted", &format!(r#"{{"account":"work","authorization_url":"{url}"}}"#)),
        ),
        Step::Open(listen("/v1/sessions/work/events"), stream(&status("work", "authorizing", ""))),
        Step::Push(0, event(&active("work"))),
    ]);
    let agent = FakeAgent::new(steps);
    let outcome = abide(&agent, &["login", "-a", "work"]);
    agent.finish();
    assert_eq!((outcome.code, outcome.out), (0, format!("{url}\n")));
    for part in ["could not be opened", "--device"] {
        assert!(outcome.err.contains(part), "{}", outcome.err);
    }
}

#[test]
fn where_no_browser_opens_the_address_is_printed() {
    let signed_out = status("work", "signed_out", "");
    let failed = status("work", "signed_out", r#""last_error":"x","last_error_code":"browser_not_started""#);
    let url = "https://id.example.com/authorize";
    let agent = FakeAgent::new(vec![
        Step::Open(listen("/v1/sessions/work/events"), stream(&signed_out)),
        Step::Answer(
            post("/v1/sessions/work/login", r#"{"browser":true}"#),
            error("503 Service Unavailable", "temporarily_unavailable", "Your browser could not be opened."),
        ),
        // The events of the sign-in that has failed arrive before the next one begins.
        Step::Push(0, event(&status("work", "authorizing", r#""signing_in":true,"attempt":7"#))),
        Step::Push(0, event(&failed)),
        Step::Answer(get("/v1/sessions/work"), answer("200 OK", &failed)),
        Step::Answer(
            post("/v1/sessions/work/login", r#"{"browser":false}"#),
            answer("202 Accepted", &format!(r#"{{"account":"work","authorization_url":"{url}"}}"#)),
        ),
        Step::Open(listen("/v1/sessions/work/events"), stream(&status("work", "authorizing", ""))),
        Step::Push(0, event(&active("work"))),
    ]);
    let outcome = abide(&agent, &["login", "-a", "work"]);
    agent.finish();
    assert_eq!((outcome.code, outcome.out), (0, format!("{url}\n")));
    assert!(!outcome.err.contains("in your browser"), "{}", outcome.err);
    assert!(
        outcome.err.contains("could not be opened") && outcome.err.contains("--device"),
        "{}",
        outcome.err
    );
}

//! Sessions: how they are shown, watched, ended and extended.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::ffi::OsString;
use std::time::Duration;

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
                access token 4 min · renews automatically\n\
         demo   signed out 10 min ago: no answer to \u{201c}keep session?\u{201d}\n"
    );
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
}

#[test]
fn a_title_stands_beside_the_name_that_commands_take() {
    let named = status("work", "signed_out", r#""label":"Example & Sons","removing":true"#);
    let outcome = once(&["status"], get("/v1/sessions"), sessions(&[named]));
    assert_eq!(
        outcome.out,
        "work   Example & Sons · not signed in · id.example.com\n       \
                removed in a few seconds, unless you undo that in the window\n"
    );
}

#[test]
fn every_state_has_its_lines() {
    let expiring = r#""user":"alice","expires_in":58,"limit":"idle","lifetime":900"#;
    let last =
        r#""expires_in":90,"limit":"absolute","lifetime":43200,"access_token_expires_in":0,"renewable":true"#;
    let all = format!(
        r#"{{"accounts":[{},{},{},{},{}],"questions":[{},{}],"warnings":["The keyring is not there."]}}"#,
        status("a", "signed_out", ""),
        status("bb", "authorizing", ""),
        status("ccc", "expiring", expiring),
        status("dddd", "expiring", last),
        status(
            "e",
            "ended",
            r#""ended":"user_logout","ended_at":1795549938,"last_error":"The provider did not hear of it.""#
        ),
        question("ccc", true),
        question("dddd", false),
    );
    let outcome = once(&["status"], get("/v1/sessions"), answer("200 OK", &all));
    assert_eq!(
        outcome.out,
        "a      not signed in · id.example.com\n\
         bb     signing in · id.example.com\n       waiting for your sign-in in the browser\n\
         ccc    alice · id.example.com\n       expiring · 58 s left (idle)\n       to extend it: abide keep\n       \
                no access token yet · cannot be renewed\n\
         dddd   id.example.com\n       expiring · 1 min 30 s left (longest session)\n       \
                sign in again after that: abide login\n       access token expired · renews automatically\n\
         e      signed out just now: you signed out\n       The provider did not hear of it.\n\
         \nThe keyring is not there.\n"
    );
}

/// A session with everything that is known of the layers behind it.
fn layered(provider: &str, identity: &str, more: &str) -> String {
    let layers = format!(
        r#""layers":[{},{},{}]"#,
        layer("application", "work", r#""state":"active","evidence":"own_limits""#),
        layer("provider", "id.example.com", provider),
        layer("identity_provider", "id.example.com", identity),
    );
    let rest = r#""user":"alice@example.com","expires_in":702,"limit":"idle","lifetime":900,"access_token_expires_in":240,"renewable":true"#;
    status("work", "active", &format!("{rest},{layers}{more}"))
}

fn status_lines(account: String) -> Vec<String> {
    let outcome = once(&["status"], get("/v1/sessions"), sessions(&[account]));
    assert_eq!((outcome.code, outcome.err.as_str()), (0, ""));
    outcome.out.lines().map(|line| line.trim_start().to_owned()).collect()
}

#[test]
fn the_layers_behind_a_session_are_shown_with_how_they_are_known() {
    let lines = status_lines(layered(
        r#""state":"active","evidence":"refresh","checked_at":1795549918,"ends_at":1795551738"#,
        r#""name":"Example Bank","state":"unknown","evidence":"id_token","since":1795546338,"methods":["pwd","otp","mfa","2"]"#,
        "",
    ));
    assert_eq!(lines[2], "provider session active · confirmed 20 s ago by a renewal · until 21:22");
    assert_eq!(lines[3], "authenticated by Example Bank at 19:52 with password and one-time code (level 2)");
    assert_eq!(lines[4], "access token 4 min · renews automatically");
}

#[test]
fn the_provider_s_limit_is_shown_with_the_parameter_that_declared_it() {
    let until = r#""state":"active","evidence":"refresh","checked_at":1795549918,"ends_at":1795551738"#;
    let unknown = r#""state":"unknown","evidence":"nothing""#;
    let ends = "provider session active · confirmed 20 s ago by a renewal · until 21:22";
    for (source, moves) in [
        ("session_expiry", ""),
        ("authorization_expires_in", ""),
        ("refresh_token_timeout", " unless it is renewed"),
        ("refresh_expires_in", " unless it is renewed"),
    ] {
        let account = layered(until, unknown, &format!(r#","provider_limit":"{source}""#));
        let lines = status_lines(account.replace(r#""limit":"idle""#, r#""limit":"provider""#));
        assert_eq!(lines[1], format!("active · 11 min 42 s left (provider\u{2019}s limit: {source})"));
        assert_eq!(lines[2], format!("{ends}{moves}, set by the provider ({source})"));
        // Another limit is nearer: the provider's is still shown where its session is.
        let lines = status_lines(account);
        assert_eq!(lines[1], "active · 11 min 42 s left (idle)");
        assert_eq!(lines[2], format!("{ends}{moves}, set by the provider ({source})"));
    }
}

#[test]
fn what_is_not_known_of_a_layer_is_said_to_be_so() {
    let lines = status_lines(layered(
        r#""state":"active","evidence":"id_token","checked_at":1795549338"#,
        r#""state":"unknown","evidence":"nothing""#,
        "",
    ));
    assert_eq!(
        lines[2..4],
        [
            "provider session active · confirmed 10 min ago by your sign-in · end time unknown",
            "sign-in method unknown"
        ]
    );
    let lines = status_lines(layered(
        r#""state":"unknown","evidence":"nothing""#,
        r#""state":"unknown","evidence":"id_token","since":1795546338"#,
        "",
    ));
    assert_eq!(lines[2..4], ["provider session status unknown", "authenticated at 19:52 · method unknown"]);
}

#[test]
fn a_name_or_method_of_the_provider_cannot_drive_the_terminal() {
    let evil =
        r#""name":"Bank\u001b[2J","state":"unknown","evidence":"id_token","methods":["x\u001b]0;y\u0007"]"#;
    let lines = status_lines(layered(r#""state":"active","evidence":"refresh""#, evil, ""));
    assert_eq!(lines[3], "authenticated by Bank\u{fffd}[2J with x\u{fffd}]0;y\u{fffd}");
}

#[test]
fn a_frozen_session_is_shown_without_a_token() {
    let lines = status_lines(layered(
        r#""state":"active","evidence":"refresh""#,
        r#""state":"unknown","evidence":"nothing""#,
        r#","frozen":true"#,
    ));
    assert_eq!(lines[1], "frozen: the screen is locked · 11 min 42 s left (idle)");
    assert_eq!(lines[4], "no access token until you unlock the screen");
}

#[test]
fn an_idle_time_that_cannot_be_held_gets_advice() {
    let advised = active("work").replace("\"advised_end_after\":null", "\"advised_end_after\":1740");
    let lines = status_lines(advised);
    let advice = lines.last().unwrap();
    assert!(advice.contains("end_after to 29 min") && advice.contains("abide config check"), "{advice}");
}

#[test]
fn keep_does_not_promise_what_it_cannot_do() {
    let last = active("work")
        .replace("\"limit\":\"idle\"", "\"limit\":\"absolute\"")
        .replace("\"can_be_kept\":true", "\"can_be_kept\":false");
    let outcome =
        once(&["keep", "-a", "work"], post("/v1/sessions/work/keep", "{}"), answer("202 Accepted", &last));
    assert_eq!(
        outcome.out,
        "Your session cannot be extended: alice@example.com at id.example.com. It ends in 11 min 42 s: it reaches its \
         longest time. Sign in again after that.\n"
    );
}

#[test]
fn a_session_that_a_locked_screen_ended_shows_it() {
    let ended = status("work", "ended", r#""ended":"screen_locked","ended_at":1795549878"#);
    assert_eq!(status_lines(ended), ["work   signed out 1 min ago: the screen was locked"]);
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
    let body = r#"{"accounts":[],"questions":[],"warnings":[],"of_a_newer_agent":1}"#;
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

/// A session that the user has ended, and its state at the provider.
fn signed_out(provider_end: &str) -> String {
    status("work", "ended", &format!(r#""ended":"user_logout","provider_end":"{provider_end}""#))
}

/// A sign-out with these answers to the later questions.
fn sign_out(words: &[&str], provider_ends: &[&str], setting: Setting<'_>) -> Outcome {
    let (first, later) = provider_ends.split_first().unwrap();
    let mut steps = vec![Step::Answer(
        post("/v1/sessions/work/logout", "{}"),
        answer("202 Accepted", &signed_out(first)),
    )];
    steps.extend(later.iter().map(|provider_end| {
        Step::Answer(get("/v1/sessions/work"), answer("200 OK", &signed_out(provider_end)))
    }));
    let agent = FakeAgent::new(steps);
    let outcome = abide_with(&agent, words, setting);
    agent.finish();
    outcome
}

const LOGOUT: [&str; 3] = ["logout", "-a", "work"];
const SIGNED_OUT: &str = "You are signed out of work (id.example.com).\n";

#[test]
fn logout_waits_until_the_provider_has_been_told_and_says_what_came_of_it() {
    for (came, sentence) in [
        ("ended", "id.example.com no longer accepts this session."),
        ("local_only", "You are signed out of Abide only. id.example.com was not notified."),
        ("unchecked", "id.example.com was notified. Abide could not check whether it ended the session."),
        (
            "shared",
            "Another account uses the same session at id.example.com, so its tokens were not revoked.",
        ),
    ] {
        let outcome = sign_out(&LOGOUT, &["pending", "pending", came], Setting::default());
        assert_eq!((outcome.code, outcome.out), (0, format!("{SIGNED_OUT}{sentence}\n")));
    }
}

#[test]
fn a_provider_that_keeps_its_session_is_shown_in_amber_with_what_to_do() {
    let terminal = Setting { terminal: true, ..Setting::default() };
    let outcome = sign_out(&LOGOUT, &["pending", "goes_on"], terminal);
    let warning = "You are signed out of Abide, but id.example.com still accepts the old tokens. Sign out there too if others use this \
                   computer.";
    assert_eq!((outcome.code, outcome.out), (0, format!("{SIGNED_OUT}\u{1b}[33m{warning}\u{1b}[0m\n")));
}

const NOT_YET: &str = "id.example.com could not be notified yet. Abide will try again.\n";

#[test]
fn a_provider_that_cannot_be_told_does_not_keep_anybody_waiting_for_long() {
    let soon = Setting { told_within: Duration::from_millis(6), ..Setting::default() };
    // Asked three times, two milliseconds apart.
    let outcome = sign_out(&LOGOUT, &["pending"; 4], soon);
    assert_eq!((outcome.code, outcome.out), (0, format!("{SIGNED_OUT}{NOT_YET}")));
}

#[test]
fn no_wait_returns_at_once() {
    let words = ["logout", "-a", "work", "--no-wait"];
    let outcome = sign_out(&words, &["pending"], Setting::default());
    assert_eq!((outcome.code, outcome.out), (0, format!("{SIGNED_OUT}{NOT_YET}")));
}

#[test]
fn an_agent_that_stops_in_the_meantime_leaves_the_sign_out_done() {
    let agent = FakeAgent::new(vec![
        Step::Answer(post("/v1/sessions/work/logout", "{}"), answer("202 Accepted", &signed_out("pending"))),
        Step::Answer(get("/v1/sessions/work"), Vec::new()),
    ]);
    let outcome = abide(&agent, &LOGOUT);
    agent.finish();
    assert_eq!((outcome.code, outcome.out.as_str()), (0, format!("{SIGNED_OUT}{NOT_YET}").as_str()));
    assert_eq!(outcome.err, "");
}

#[test]
fn logout_as_json_is_the_session_once_the_provider_has_been_told() {
    let words = ["logout", "-a", "work", "--json"];
    let outcome = sign_out(&words, &["pending", "ended"], Setting::default());
    assert_eq!((outcome.code, outcome.out), (0, format!("{}\n", signed_out("ended"))));
    let words = ["logout", "-a", "work", "--json", "--no-wait"];
    let outcome = sign_out(&words, &["pending"], Setting::default());
    assert_eq!((outcome.code, outcome.out), (0, format!("{}\n", signed_out("pending"))));
}

#[test]
fn monitor_opens_the_tab_of_the_account_that_is_signed_in() {
    let agent = FakeAgent::new(vec![
        Step::Answer(get("/v1/sessions"), sessions(&[active("work"), status("demo", "signed_out", "")])),
        Step::Answer(post("/v1/sessions/work/monitor", "{}"), answer("202 Accepted", &active("work"))),
    ]);
    let outcome = abide(&agent, &["monitor"]);
    agent.finish();
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "Opening the browser tab that detects a logout at id.example.com. Leave it open.\n")
    );
}

#[test]
fn monitor_says_why_there_is_no_tab_to_open() {
    let why = "id.example.com offers no page that could be watched.";
    let refused = error("400 Bad Request", "invalid_request", why);
    let outcome = once(&["monitor", "-a", "work"], post("/v1/sessions/work/monitor", "{}"), refused);
    assert_eq!((outcome.code, outcome.err), (2, format!("abide: {why}\n")));
    assert_eq!(outcome.out, "");
}

#[test]
fn how_an_end_there_would_be_noticed_stands_under_the_provider() {
    let watched = |iframe: &str| {
        let signals = format!(
            r#","signals":[{{"signal":"iframe","state":"{iframe}","heard_at":null}},{{"signal":"refresh","state":"works","heard_at":1795549918}}]"#
        );
        let provider = r#""state":"active","evidence":"browser","checked_at":1795549918"#;
        status_lines(layered(provider, r#""state":"unknown","evidence":"nothing""#, &signals))[2..4]
            .join("\n")
    };
    let provider = "provider session active · confirmed 20 s ago in the browser · end time unknown";
    for (state, line) in [
        ("works", "logout detected by: browser tab, renewals"),
        (
            "blocked",
            "the browser hides the provider\u{2019}s cookie from Abide\u{2019}s tab; renewals still work",
        ),
        ("closed", "Abide\u{2019}s browser tab is closed; reopen it: abide monitor · renewals still work"),
        ("unclear", "the provider no longer says who is signed in there · renewals still work"),
        ("not_offered", "sign-in method unknown"),
    ] {
        assert_eq!(watched(state), format!("{provider}\n{line}"), "{state}");
    }
}

#[test]
fn a_session_that_has_ended_says_how_that_became_known_and_what_the_provider_does() {
    let there = r#""ended":"provider_logout","ended_by":"backchannel","provider_end":"ended""#;
    assert_eq!(
        status_lines(status("work", "ended", there)),
        ["work   signed out: the provider ended its session (it sent a logout notification)"]
    );
    assert_eq!(
        status_lines(signed_out("ended")),
        ["work   signed out: you signed out", "id.example.com no longer accepts this session."]
    );
    let evil = signed_out("local_only").replace("\"id.example.com\"", "\"id\\u001b[2J\"");
    assert_eq!(status_lines(evil)[1], "You are signed out of Abide only. id\u{fffd}[2J was not notified.");
}

#[test]
fn a_provider_without_a_sign_out_page_is_said_to_have_none() {
    let without = signed_out("ended").replace(r#""sign_out_page":null"#, r#""sign_out_page":"not_offered""#);
    let lines = status_lines(without);
    let page = " It has no sign-out page, so your browser may still be signed in there.";
    assert_eq!(lines[1], format!("id.example.com no longer accepts this session.{page}"));
}

/// A random port is not registered everywhere, and a browser may be missing.
#[test]
fn a_browser_that_does_not_come_back_from_the_sign_out_page_is_said() {
    for (page, sentence) in [
        ("open", "Your browser has not come back from its sign-out page."),
        (
            "not_opened",
            "Its sign-out page could not be opened, so your browser may still be signed in there.",
        ),
    ] {
        let page = format!(r#""sign_out_page":"{page}""#);
        let ended = signed_out("ended").replace(r#""sign_out_page":null"#, &page);
        let said = format!("id.example.com no longer accepts this session. {sentence}");
        assert_eq!(status_lines(ended.clone())[1], said);
        let agent = FakeAgent::new(vec![Step::Answer(
            post("/v1/sessions/work/logout", "{}"),
            answer("202 Accepted", &ended),
        )]);
        let outcome = abide(&agent, &LOGOUT);
        agent.finish();
        assert_eq!((outcome.code, outcome.out), (0, format!("{SIGNED_OUT}{said}\n")));
    }
}

/// The provider wants to see the user, and the session is kept until then.
#[test]
fn a_session_that_needs_a_sign_in_says_so_in_its_status() {
    let needed = active("work").replace("\"sign_in_needed\":false", "\"sign_in_needed\":true");
    let lines = status_lines(needed);
    assert!(lines[1].starts_with("sign in again \u{b7} 11 min 42 s left"), "{lines:?}");
}

#[test]
fn keep_says_what_is_left_now() {
    let kept = answer("202 Accepted", &active("work"));
    let outcome = once(&["keep", "-a", "work"], post("/v1/sessions/work/keep", "{}"), kept);
    assert_eq!(
        (outcome.code, outcome.out.as_str()),
        (0, "Session extended: alice@example.com at id.example.com, 11 min 42 s left.\n")
    );
}

/// The session is kept, but no token can be had: a script has to know.
#[test]
fn keep_does_not_say_that_all_is_well_while_a_sign_in_is_needed() {
    let more =
        r#""expires_in":702,"limit":"idle","sign_in_needed":true,"last_error":"The provider wants you.""#;
    let kept = || answer("202 Accepted", &status("work", "active", more));
    let asked = || post("/v1/sessions/work/keep", "{}");
    let outcome = once(&["keep", "-a", "work"], asked(), kept());
    assert_eq!((outcome.code, outcome.out.as_str()), (3, ""));
    assert!(
        outcome.err.contains("The provider wants you. Sign in again: `abide login --account work`."),
        "{outcome:?}"
    );
    let outcome = once(&["keep", "-a", "work", "--json"], asked(), kept());
    assert_eq!(outcome.code, 3);
    assert!(outcome.out.contains("\"sign_in_needed\":true"), "{outcome:?}");
}

/// The session is kept without a token, and waiting brings none.
#[test]
fn keep_says_that_no_token_can_be_had_unless_that_passes() {
    for (kind, code) in [("unusable_answer", 3), ("action_required", 3), ("this_computer", 3), ("passing", 0)]
    {
        let more = format!(
            r#""expires_in":702,"limit":"idle","access_token_expires_in":0,"last_error":"The answer is odd.","last_error_kind":"{kind}""#
        );
        let kept = answer("202 Accepted", &status("work", "active", &more));
        let outcome = once(&["keep", "-a", "work"], post("/v1/sessions/work/keep", "{}"), kept);
        assert_eq!(outcome.code, code, "{kind}: {outcome:?}");
        let said = outcome.err.contains("The answer is odd. Sign in again: `abide login --account work`.");
        assert_eq!(said, code == 3, "{kind}: {outcome:?}");
    }
}

#[test]
fn where_several_accounts_can_be_meant_it_is_asked_which() {
    for words in [&["logout"][..], &["keep"], &["login"]] {
        let two = sessions(&[active("work"), active("demo")]);
        let outcome = once(words, get("/v1/sessions"), two);
        assert_eq!(outcome.code, 2, "{words:?}");
        assert!(outcome.err.contains("--account with one of: work, demo"), "{}", outcome.err);
    }
}

/// The end that the provider declares moves only with a renewal, which takes a moment.
#[test]
fn keep_says_the_time_after_the_renewal() {
    let at = |left: u64| {
        status("work", "active", &format!(r#""expires_in":{left},"limit":"provider","renewable":true"#))
    };
    let step = |left: u64| Step::Answer(get("/v1/sessions/work"), answer("200 OK", &at(left)));
    let asked = || Step::Answer(post("/v1/sessions/work/keep", "{}"), answer("202 Accepted", &at(58)));
    let agent = FakeAgent::new(vec![asked(), step(58), step(1800)]);
    let outcome = abide(&agent, &["keep", "-a", "work"]);
    agent.finish();
    assert_eq!(outcome.code, 0);
    assert!(outcome.out.contains("30 min left"), "{}", outcome.out);
    let agent = FakeAgent::new(vec![asked(), step(58)]);
    let setting = Setting { told_within: std::time::Duration::from_millis(2), ..Setting::default() };
    let outcome = abide_with(&agent, &["keep", "-a", "work"], setting);
    agent.finish();
    assert!(outcome.out.contains("has not renewed") && outcome.out.contains("58 s left"), "{}", outcome.out);
}

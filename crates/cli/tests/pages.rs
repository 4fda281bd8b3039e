//! The texts of the command, one file for each page, so that a better sentence changes one file.
//! `INSTA_UPDATE=always cargo test -p abide-cli --test pages` writes them. The behaviour of the command is tested elsewhere,
//! by codes and structure.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::time::Duration;

use harness::*;

/// Compares a page with its file.
fn hold(name: &str, page: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, page));
}

/// A run of a command as a person sees it.
fn shown(agent: FakeAgent, words: &[&str]) -> String {
    let outcome = abide(&agent, words);
    let home = agent.home().to_string_lossy().into_owned();
    agent.finish();
    let page = format!(
        "$ abide {}   (exit code {})\n{}{}\n",
        words.join(" "),
        outcome.code,
        outcome.out,
        outcome.err
    );
    page.replace(&home, "/home/alice").replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn asked(words: &[&str], expected: Vec<u8>, answer: Vec<u8>) -> String {
    shown(FakeAgent::new(vec![Step::Answer(expected, answer)]), words)
}

fn joined(pages: impl IntoIterator<Item = String>) -> String {
    pages.into_iter().collect()
}

#[test]
fn help() {
    hold("help", &abide(&FakeAgent::absent(), &[]).out);
    for name in abide_cli::arguments::table::names().filter(|name| *name != "help") {
        let page = abide(&FakeAgent::absent(), &["help", name]);
        assert_eq!((page.code, page.err.as_str()), (0, ""));
        hold(&format!("help_{name}"), &page.out);
    }
}

#[test]
fn status_of_every_state() {
    let layers = format!(
        r#""layers":[{},{}],"signals":[{}]"#,
        layer(
            "provider",
            "id.example.com",
            r#""state":"active","evidence":"refresh","checked_at":1795549918,"ends_at":1795551738"#
        ),
        layer(
            "identity_provider",
            "Example Bank",
            r#""state":"unknown","evidence":"id_token","since":1795546338,"methods":["pwd","otp","mfa","2"]"#
        ),
        r#"{"signal":"iframe","state":"works","heard_at":null},{"signal":"refresh","state":"works","heard_at":null},{"signal":"userinfo","state":"waiting","heard_at":null},{"signal":"introspection","state":"failed","heard_at":null}"#,
    );
    let rest = r#""user":"alice@example.com","expires_in":702,"limit":"idle","lifetime":900,"access_token_expires_in":240,"renewable":true"#;
    let unknown = format!(
        r#""layers":[{},{}],"signals":[{}]"#,
        layer("provider", "id.example.com", r#""state":"unknown","evidence":"nothing""#),
        layer("identity_provider", "id.example.com", r#""state":"unknown","evidence":"nothing""#),
        r#"{"signal":"iframe","state":"blocked","heard_at":null},{"signal":"refresh","state":"works","heard_at":null}"#,
    );
    let closed = r#""signals":[{"signal":"iframe","state":"closed","heard_at":null},{"signal":"refresh","state":"works","heard_at":null}]"#;
    let all = format!(
        r#"{{"accounts":[{}],"questions":[{},{}],"warnings":["The keyring is not there."]}}"#,
        [
            status("new", "signed_out", ""),
            status("begun", "authorizing", ""),
            status("work", "active", &format!("{rest},{layers}")),
            status(
                "frozen",
                "active",
                &format!(r#"{rest},{unknown},"frozen":true,"advised_end_after":1740"#)
            ),
            status(
                "near",
                "expiring",
                &format!(r#""expires_in":58,"limit":"idle","lifetime":900,"renewable":true,{closed}"#)
            ),
            status(
                "last",
                "expiring",
                r#""expires_in":90,"limit":"absolute","lifetime":43200,"access_token_expires_in":0"#
            ),
            status(
                "left",
                "ended",
                r#""ended":"user_logout","ended_at":1795549938,"provider_end":"goes_on""#
            ),
            status(
                "idle",
                "ended",
                r#""ended":"idle_timeout","ended_at":1795549338,"provider_end":"unchecked""#
            ),
            status(
                "there",
                "ended",
                r#""ended":"provider_logout","ended_by":"backchannel","ended_at":1795549338"#
            ),
        ]
        .join(","),
        question("near", true),
        question("last", false),
    );
    hold("status", &asked(&["status"], get("/v1/sessions"), answer("200 OK", &all)));
}

#[test]
fn sessions_and_claims() {
    let kept = |more: &str| answer("202 Accepted", &status("work", "active", more));
    let keep = post("/v1/sessions/work/keep", "{}");
    let claims = r#"{"account":"work","issuer":"https://id.example.com","mapped":false,"read_at":1795549900,
        "claims":{"auth_time":1795879241,"email":"alice@example.com","groups":["staff","a,b"],"updated_at":1795549338}}"#;
    let none = |mapped: bool| {
        format!(
            r#"{{"account":"work","issuer":"https://id.example.com","mapped":{mapped},"read_at":null,"claims":{{}}}}"#
        )
    };
    let get_claims = || get("/v1/claims/work");
    let ended =
        status("work", "ended", r#""ended":"user_logout","ended_at":1795549938,"provider_end":"ended""#);
    hold(
        "session",
        &joined([
            asked(
                &["keep", "-a", "work"],
                keep.clone(),
                kept(r#""user":"alice","expires_in":900,"limit":"idle""#),
            ),
            asked(
                &["keep", "-a", "work"],
                keep,
                kept(r#""user":"alice","expires_in":90,"limit":"absolute","can_be_kept":false"#),
            ),
            asked(
                &["monitor", "-a", "work"],
                post("/v1/sessions/work/monitor", "{}"),
                kept(r#""expires_in":900"#),
            ),
            asked(
                &["logout", "-a", "work"],
                post("/v1/sessions/work/logout", "{}"),
                answer("202 Accepted", &ended),
            ),
            asked(&["claims", "-a", "work"], get_claims(), answer("200 OK", claims)),
            asked(&["claims", "-a", "work"], get_claims(), answer("200 OK", &none(false))),
            asked(&["claims", "-a", "work"], get_claims(), answer("200 OK", &none(true))),
        ]),
    );
}

#[test]
fn set_up() {
    let new = ["accounts", "add", "work", "--issuer", "https://x", "--register"];
    let request = post("/v1/accounts", r#"{"name":"work","issuer":"https://x","register":true}"#);
    let added = r#"{"name":"work","client_id":"d-1","registered":true,"preset":"google","preset_title":"Google","settings":["a = 1"],"notes":["Know this."]}"#;
    let removed = r#"{"name":"work","client_id":"d-1","still_registered":null}"#;
    let key = r#"{"name":"ci","key":"abide_hmac_key"}"#;
    let allow = post("/v1/clients", r#"{"name":"ci","plain":false,"program":null}"#);
    let gone = || b"HTTP/1.1 204 No Content\r\n\r\n".to_vec();
    hold(
        "set_up",
        &joined([
            asked(&["accounts"], get("/v1/accounts"), answer("200 OK", r#"{"accounts":[]}"#)),
            asked(&new, request, answer("201 Created", added)),
            asked(&["accounts", "remove", "work"], delete("/v1/accounts/work"), answer("200 OK", removed)),
            asked(&["clients"], get("/v1/clients"), answer("200 OK", r#"{"clients":[]}"#)),
            asked(&["clients", "allow", "ci"], allow, answer("201 Created", key)),
            asked(&["clients", "revoke", "ci"], delete("/v1/clients/ci"), gone()),
        ]),
    );
}

#[test]
fn what_the_command_says_when_it_fails() {
    let token = |bytes: &[u8]| asked(&["token"], get("/v1/token"), bytes.to_vec());
    let usage = |words: &[&str]| shown(FakeAgent::absent(), words);
    let silent = FakeAgent::new(vec![Step::Silence]);
    let patience = Duration::from_millis(50);
    let late = abide_with(&silent, &["token"], Setting { patience, ..Setting::default() });
    silent.finish();
    hold(
        "failures",
        &joined([
            usage(&["status"]),
            usage(&["tokne"]),
            usage(&["--account", "x"]),
            usage(&["token", "--nosuch"]),
            usage(&["token", "work"]),
            usage(&["token", "--account"]),
            usage(&["token", "--account="]),
            usage(&["token", "--min-validity", "soon"]),
            usage(&["token", "--activity", "some"]),
            usage(&["run"]),
            usage(&["curl"]),
            usage(&["accounts", "add"]),
            usage(&["accounts", "add", "x"]),
            usage(&["accounts", "add", "x", "--issuer", "https://y"]),
            usage(&["accounts", "add", "x", "--issuer", "http://y", "--client-id", "z"]),
            usage(&["accounts", "add", "x", "--issuer", "https://y", "--client-id", "z", "--register"]),
            usage(&["accounts", "remove", "x", "--register"]),
            usage(&["accounts", "remove"]),
            usage(&["clients", "allow"]),
            usage(&["clients", "allow", "x", "--program", "./nosuch"]),
            usage(&["demo", "--port", "70000"]),
            usage(&["config", "edit"]),
            token(b""),
            token(b"HTTP/1.1 200 OK\r\n\r\n{}"),
            token(b"\x16\x03\x01\x02\x00garbage"),
            token(b"HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{\"acc"),
            token(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"),
            token(b"HTTP/1.1 500 Oh\r\ncontent-length: 4\r\n\r\nnull"),
            late.err,
        ]),
    );
}

#[test]
fn audit() {
    use abide_audit::{Caller, CallerKind, Chain, Entry, Event, file_name};
    let at = 1_795_549_938_000;
    let mut chain = Chain::default();
    let mut lines = Vec::new();
    let mut add = |event: Event, more: &dyn Fn(&mut Entry)| {
        let mut entry = Entry::new(at, event);
        more(&mut entry);
        lines.push(chain.append(&entry));
    };
    add(Event::AgentStarted, &|entry| entry.name = Some("0.1.0".into()));
    add(Event::SessionBegan, &|entry| {
        entry.account = Some("work".into());
        entry.user = Some("alice@example.com".into());
    });
    add(Event::TokenServed, &|entry| {
        entry.account = Some("work".into());
        entry.caller = Some(Caller { name: Some("ci".into()), ..Caller::new(CallerKind::Client) });
        entry.audience = vec!["https://api.example.com".into()];
        entry.scope = Some("openid profile".into());
        (entry.times, entry.until) = (Some(41), Some(at + 200));
    });
    add(Event::TokenRefused, &|entry| {
        entry.caller =
            Some(Caller { program: Some("/usr/bin/curl".into()), ..Caller::new(CallerKind::Program) });
        entry.reason = Some("consent_required".into());
        entry.missing = Some(3);
    });
    add(Event::RecordResumed, &|entry| entry.lost_bytes = Some(40));
    let kept = |lines: &[Vec<u8>]| {
        let agent = FakeAgent::absent();
        let folder = agent.home().join("state/abide/audit");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(file_name(1)), lines.concat()).unwrap();
        agent
    };
    let mut changed = lines.clone();
    changed.remove(1);
    changed[3] = String::from_utf8(changed[3].clone()).unwrap().replace("40", "41").into_bytes();
    hold(
        "audit",
        &joined([
            shown(FakeAgent::absent(), &["audit"]),
            shown(kept(&lines), &["audit"]),
            shown(kept(&lines), &["audit", "verify"]),
            shown(kept(&changed), &["audit", "verify"]),
        ]),
    );
}

#[test]
fn doctor() {
    let health = format!(r#"{{"status":"ok","version":"{}"}}"#, env!("CARGO_PKG_VERSION"));
    let report = |skews: [&str; 2], mode: &str, presence: &str, activity: &str| {
        let account = |name: &str, skew: &str| {
            active(name).replace("\"clock_skew\":null", &format!("\"clock_skew\":{skew}"))
        };
        let settings = format!(r#"{{"activity":"{activity}","on_lock":"freeze"}}"#);
        let agent = FakeAgent::new(vec![
            Step::Answer(get("/health"), answer("200 OK", &health)),
            Step::Answer(get("/v1/config/check"), sound_configuration()),
            Step::Answer(get("/v1/vault"), answer("200 OK", &format!(r#"{{"mode":"{mode}"}}"#))),
            Step::Answer(
                get("/v1/sessions"),
                sessions(&[account("work", skews[0]), account("lab", skews[1])]),
            ),
            Step::Answer(get("/v1/proxies"), answer("200 OK", r#"{"proxies":[]}"#)),
            Step::Answer(get("/v1/presence"), answer("200 OK", presence)),
            Step::Answer(get("/v1/accounts/work/session"), answer("200 OK", &settings)),
            Step::Answer(get("/v1/accounts/lab/session"), answer("200 OK", &settings)),
        ]);
        std::fs::write(agent.runtime().join("endpoint.json"), r#"{"http":null,"pid":1}"#).unwrap();
        shown(agent, &["doctor"])
    };
    hold(
        "doctor",
        &joined([
            shown(FakeAgent::absent(), &["doctor"]),
            report(
                ["3", "0"],
                "keyring",
                r#"{"lock":["logind"],"sleep":["logind"],"input":"mutter","locked":false}"#,
                "both",
            ),
            report(["301", "-61"], "memory", r#"{"lock":[],"sleep":[],"input":null,"locked":false}"#, "both"),
            report(
                ["null", "null"],
                "passphrase",
                r#"{"lock":["logind"],"sleep":[],"input":null,"locked":true}"#,
                "requests",
            ),
        ]),
    );
}

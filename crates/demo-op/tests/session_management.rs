//! OpenID Connect Session Management 1.0: the session state, and the iframe that compares it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::process::{Command, Stdio};

use abide_demo_op::{Config, DemoOp, Endpoint};
use common::*;
use sha2::{Digest as _, Sha256};

const ORIGIN: &str = "http://127.0.0.1:49152";

/// The hash of section 4.2, computed here independently.
fn fits(session_state: &str, browser_state: &str) -> bool {
    let (hash, salt) = session_state.split_once('.').unwrap();
    let digest = Sha256::digest(format!("abide {ORIGIN} {browser_state} {salt}"));
    hash == digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
}

async fn session_state(browser: &mut Browser, changes: &[(&str, &str)]) -> String {
    browser.authorize(changes).await.redirected()["session_state"].clone()
}

#[tokio::test]
async fn every_authorization_response_has_a_session_state_of_its_own() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    let signed_out = session_state(&mut browser, &[("prompt", "none")]).await;
    assert!(fits(&signed_out, ""), "even an error without a session has one");
    assert!(fits(&session_state(&mut browser, &[("response_type", "token")]).await, ""));

    let page = browser.authorize(&[]).await;
    let signed_in = browser.fill(&page, "alice", "demo").await.redirected()["session_state"].clone();
    assert!(!browser.state().is_empty() && fits(&signed_in, &browser.state()));
    let silent = session_state(&mut browser, &[("prompt", "none")]).await;
    assert!(silent != signed_in && fits(&silent, &browser.state()), "salted anew");
    assert!(!silent.contains(' '));
    assert!(!fits(&signed_out, &browser.state()), "what was true before the sign-in is not any more");
}

#[tokio::test]
async fn a_sign_in_a_change_of_user_and_a_sign_out_change_the_browser_state() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    let mut seen = vec![browser.state()];
    browser.sign_in(&[]).await;
    seen.push(browser.state());
    browser.authorize(&[]).await;
    assert_eq!(seen.last(), Some(&browser.state()), "another client changes nothing");
    let page = browser.authorize(&[("prompt", "login")]).await;
    assert_eq!(seen.last(), Some(&browser.state()), "nor does a page that is only looked at");
    browser.fill(&page, "bob", "demo").await;
    seen.push(browser.state());
    browser.sign_in(&[("prompt", "login")]).await;
    seen.push(browser.state());
    let page = browser.open("/logout", &[]).await;
    browser.press(&page, "/logout", "sign-out").await;
    assert_eq!(browser.state(), "");
    let different: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(different.len(), 4);
}

#[tokio::test]
async fn an_end_that_the_browser_was_not_there_for_shows_when_it_is_back() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    browser.sign_in(&[]).await;
    provider.end_session("alice");
    assert_ne!(browser.state(), "");
    browser.open("/session/check", &[]).await;
    assert_eq!(browser.state(), "");
}

#[tokio::test]
async fn the_iframe_can_be_framed_by_pages_on_this_computer_only() {
    let (provider, _) = provider().await;
    let back = Back::new(&provider);
    let metadata = back.get("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["check_session_iframe"], format!("{}/session/check", provider.issuer()));
    let page = back.get("/session/check").await;
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-") && !policy.contains("unsafe"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors http://127.0.0.1:* http://localhost:*;"), "{policy}");
    assert_eq!(page.header("x-frame-options"), "");
    // Browsers run the script only if its digest is the one in the policy.
    use base64::Engine as _;
    let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(script(&page.body)));
    assert!(policy.contains(&format!("'sha256-{digest}'")));
    assert_eq!(provider.record().count(Endpoint::CheckSession), 1);
}

#[tokio::test]
async fn without_session_management_there_is_no_trace_of_it() {
    let config = Config { session_management: false, ..TestClock::new().config() };
    let provider = DemoOp::start(config).await.unwrap();
    let (mut browser, back) = (Browser::new(&provider), Back::new(&provider));
    browser.sign_in(&[]).await;
    assert_eq!(browser.state(), "");
    assert!(!browser.authorize(&[]).await.redirected().contains_key("session_state"));
    assert_eq!(back.get("/session/check").await.status, 404);
    let metadata = back.get("/.well-known/openid-configuration").await.json();
    assert!(metadata.get("check_session_iframe").is_none());
}

fn script(page: &str) -> &str {
    page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0
}

/// Runs the page's own script with node instead of a browser, sends it each message and returns its answers. `None` without
/// node.
fn answers(page: &str, cookies: &str, messages: &[(&str, &str)]) -> Option<Vec<String>> {
    let name = page.split_once("data-cookie=\"").unwrap().1.split_once('"').unwrap().0;
    let program = format!(
        "let listen; globalThis.document = {{ documentElement: {{ dataset: {{ cookie: {name:?} }} }}, \
         cookie: {cookies:?} }};
         globalThis.addEventListener = (_, listener) => {{ listen = listener; }};
         (new Function({script}))();
         (async () => {{
           for (const [data, origin] of {messages}) {{
             let said = 'nothing';
             const source = {{ postMessage: (text, to) => {{ said = to === origin ? text : 'to ' + to; }} }};
             await listen({{ data: data === 'NUMBER' ? 7 : data, origin, source }});
             console.log(said);
           }}
         }})();",
        script = serde_json::to_string(script(page)).unwrap(),
        messages = serde_json::to_string(messages).unwrap(),
    );
    let mut node = match Command::new("node").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() {
        Ok(node) => node,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => panic!("{error}"),
    };
    std::io::Write::write_all(&mut node.stdin.take().unwrap(), program.as_bytes()).unwrap();
    let output = node.wait_with_output().unwrap();
    assert!(output.status.success());
    Some(String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect())
}

#[tokio::test]
async fn the_script_says_unchanged_changed_or_error() {
    let (provider, _) = provider().await;
    let mut browser = Browser::new(&provider);
    browser.sign_in(&[]).await;
    let state = session_state(&mut browser, &[("prompt", "none")]).await;
    let page = browser.open("/session/check", &[]).await.body;
    let cookies = format!("other=1; abide-demo-state-{}={}; x=y", provider.port(), browser.state());
    let (good, other) = (format!("abide {state}"), format!("another {state}"));
    let messages = [
        (good.as_str(), ORIGIN),
        (&good, "http://127.0.0.1:49153"),
        (&good, "http://localhost:49152"),
        (&other, ORIGIN),
        ("abide wrong.salt", ORIGIN),
        (&good, "null"),
        ("abide", ORIGIN),
        ("", ORIGIN),
        (&state, ORIGIN),
        ("abide nosalt", ORIGIN),
        ("NUMBER", ORIGIN),
    ];
    let Some(said) = answers(&page, &cookies, &messages) else {
        // Without node, at least the order of the hashed values.
        let text = r#"clientId + " " + origin + " " + browserState() + " " + salt"#;
        assert!(page.contains(text));
        return;
    };
    let expected = [
        "unchanged",
        "changed",
        "changed",
        "changed",
        "changed",
        "nothing",
        "error",
        "error",
        "error",
        "error",
        "error",
    ];
    assert_eq!(said, expected);
    // After a sign-out, and if the browser hides the cookie, which looks the same to the script.
    assert_eq!(answers(&page, "", &messages[..1]).unwrap(), ["changed"]);
}

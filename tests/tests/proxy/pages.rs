//! Web pages that send requests through a proxy, in a real Chromium.

use abide_tests::app::{abide, abide_at_terminal};
use abide_tests::browser::{Browser, Page, site};
use abide_tests::login::sign_in;
use abide_tests::raw_http::Way;
use abide_tests::room::Room;
use abide_tests::tab::Tab as _;
use serde_json::Value;

use crate::proxy::proxied;
use crate::upstream::Upstream;

/// What a page gets: the status and the answer, or `blocked` by the browser.
async fn fetched(page: &Page<'_>, url: &str, options: &str) -> String {
    page.wait_for("h1").await;
    let script = format!(
        "fetch('{url}', {options}).then(async a => a.status + ' ' + await a.text(), () => 'blocked')"
    );
    page.evaluate(&script).await.as_str().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_the_user_allows_reaches_the_server_and_no_other_page_does() {
    let room = Room::with_keyring("proxy-pages").await;
    let upstream = Upstream::start().await;
    let (_provider, _app, port) = proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
    sign_in(&room).await;
    let browser = Browser::headless(&room).await;
    let site = site().await;
    let page = browser.open(&format!("http://localhost:{site}/")).await;
    let url = format!("http://127.0.0.1:{port}/things");

    let asked = fetched(&page, &url, "{}").await;
    assert!(asked.starts_with("401") && asked.contains("consent_required"), "{asked}");
    assert!(upstream.seen().is_empty(), "nothing reaches the server before the answer");
    let open = abide(&room, &["approve", "--json"]).await;
    let open: Value = serde_json::from_str(&open.stdout).unwrap();
    let question = &open["questions"][0];
    assert_eq!(question["program"], format!("http://localhost:{site}"), "{question}");
    let id = question["id"].to_string();
    let allowed = abide_at_terminal(&room, &["approve", &id, "--allow", "session"]).await;
    assert_eq!(allowed.code, 0, "{allowed:?}");

    assert_eq!(fetched(&page, &url, "{}").await, "200 hello");
    // The browser asks before this one.
    let json = "{method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}";
    assert_eq!(fetched(&page, &url, json).await, "200 hello");
    let seen = upstream.last(2);
    assert!(
        !seen.token().is_empty() && seen.header("origin").is_empty() && seen.header("referer").is_empty()
    );
    // The page reads the server's errors as well, and gets no cookie and no key.
    assert_eq!(fetched(&page, &url.replace("things", "missing"), "{}").await, "404 not here");
    for options in ["{credentials: 'include'}", "{headers: {'X-Abide-Key': 'abide_x'}}", "{method: 'PUT'}"] {
        assert_eq!(fetched(&page, &url, options).await, "blocked", "{options}");
    }

    // Another page, and a program that names the page.
    let other = browser.open(&format!("http://127.0.0.1:{site}/")).await;
    assert!(fetched(&other, &url, "{}").await.starts_with("401"));
    let (host, origin) = (format!("Host: 127.0.0.1:{port}"), format!("Origin: http://localhost:{site}"));
    let fetch = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"];
    let forged = [&[host.as_str(), origin.as_str()], &fetch[..]].concat();
    let answer = Way::Tcp(port).request("GET", "/things", &forged, "").await.unwrap();
    assert!(matches!(answer.status, 401 | 403), "{answer:?}");
    // Chromium sends the first of the blocked ones, and does not let the page read the answer.
    upstream.last(4);
}

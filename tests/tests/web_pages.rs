//! Pages of development servers on this computer, in a real Chromium: the user allows one origin in one browser.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn web_pages() {
    abide_tests::skipped("web_pages", "Abide finds the browser behind a connection only on Linux");
}

#[cfg(target_os = "linux")]
mod web_pages {
    use abide_tests::app::{App, abide, abide_at_terminal};
    use abide_tests::browser::{Browser, site};
    use abide_tests::firefox::Firefox;
    use abide_tests::login::signed_in;
    use abide_tests::raw_http::Way;
    use abide_tests::room::Room;
    use abide_tests::tab::Tab;
    use abide_tests::tool::found;
    use abide_tests::{eventually, free_port, http, s, skipped, workspace};
    use serde_json::Value;

    /// What a page gets from Abide: the status and the answer, or `blocked` by the browser.
    async fn asks(page: &impl Tab, app: &App<'_>, target: &str, options: &str) -> String {
        page.wait_for("h1").await;
        let url = format!("http://127.0.0.1:{}{target}", app.port());
        let fetched = format!(
            "fetch('{url}', {options}).then(async a => a.status + ' ' + await a.text(), () => 'blocked')"
        );
        page.evaluate(&fetched).await.as_str().unwrap_or_default().to_owned()
    }

    async fn questions(room: &Room) -> Vec<Value> {
        let listed = abide(room, &["approve", "--json"]).await;
        let open: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed:?}"));
        open["questions"].as_array().unwrap().clone()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_page_gets_a_token_once_its_origin_is_allowed() {
        let room = Room::with_keyring("pages-allowed").await;
        let (_provider, app) = signed_in(&room).await;
        let browser = Browser::headless(&room).await;
        let port = site().await;
        let page = browser.open(&format!("http://localhost:{port}/")).await;

        let refused = asks(&page, &app, "/v1/token", "{}").await;
        assert!(refused.starts_with("401") && refused.contains("\"no_display\""), "{refused}");
        let open = questions(&room).await;
        assert_eq!(open.len(), 1, "{open:?}");
        assert_eq!(open[0]["program"], format!("http://localhost:{port}"));
        assert_eq!(open[0]["spans"], serde_json::json!(["once", "session", "always"]));
        assert!(open[0]["path"].as_str().unwrap().contains("chrom"), "{:?}", open[0]);
        let id = open[0]["id"].to_string();
        let allowed = abide_at_terminal(&room, &["approve", &id, "--allow", "session"]).await;
        assert_eq!(allowed.code, 0, "{allowed:?}");

        let token = asks(&page, &app, "/v1/token?activity=none", "{}").await;
        assert!(token.starts_with("200") && token.contains("access_token"), "{token}");
        // A question of the browser before the request.
        let json = "{method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{\"www_authenticate\": \"Bearer\"}'}";
        let stronger = asks(&page, &app, "/v1/token", json).await;
        assert!(stronger.starts_with("400") && stronger.contains("invalid_request"), "{stronger}");
        // Nothing else, and nothing with a cookie or a header of its own.
        for target in ["/v1/sessions", "/v1/sessions/work", "/v1/clients", "/v1/vault"] {
            let other = asks(&page, &app, target, "{}").await;
            assert!(other.starts_with("403"), "{target}: {other}");
        }
        let json = "{method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}";
        for target in ["/v1/jobs", "/v1/aws/credentials"] {
            let other = asks(&page, &app, target, json).await;
            assert!(other.starts_with("403"), "{target}: {other}");
        }
        for options in [
            "{credentials: 'include'}",
            "{headers: {'X-Abide-Key': 'abide_x'}}",
            "{headers: {Authorization: 'Bearer abide_x'}}",
            "{method: 'DELETE'}",
            "{method: 'PUT'}",
        ] {
            let other = asks(&page, &app, "/v1/token", options).await;
            assert_eq!(other, "blocked", "{options}");
        }
        let opaque = asks(&page, &app, "/v1/token", "{mode: 'no-cors'}").await;
        assert!(opaque.starts_with("0 ") || opaque == "blocked", "{opaque}");

        // Another port, and another name of the same port, are other pages.
        for origin in [format!("http://localhost:{}", site().await), format!("http://127.0.0.1:{port}")] {
            let other = browser.open(&format!("{origin}/")).await;
            let refused = asks(&other, &app, "/v1/token", "{}").await;
            assert!(refused.starts_with("401"), "{origin}: {refused}");
            assert!(questions(&room).await.iter().any(|question| question["program"] == origin));
        }
    }

    /// The same in Firefox, whose requests have their own headers and which asks in its own way before it sends one.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_page_in_firefox_is_allowed_on_its_own() {
        const NAME: &str = "a_page_in_firefox_is_allowed_on_its_own";
        if let Some(reason) = Firefox::missing() {
            return skipped(NAME, reason);
        }
        let room = Room::with_keyring("pages-firefox").await;
        let (_provider, app) = signed_in(&room).await;
        let browser = Firefox::headless(&room).await;
        let port = site().await;
        let page = browser.open(&format!("http://localhost:{port}/")).await;
        let refused = asks(&page, &app, "/v1/token", "{}").await;
        assert!(refused.starts_with("401"), "{refused}");
        let open = questions(&room).await;
        assert_eq!(open[0]["program"], format!("http://localhost:{port}"), "{open:?}");
        assert!(open[0]["path"].as_str().unwrap().contains("firefox"), "{open:?}");
        let allowed =
            abide_at_terminal(&room, &["approve", &open[0]["id"].to_string(), "--allow", "session"]).await;
        assert_eq!(allowed.code, 0, "{allowed:?}");
        let token = asks(&page, &app, "/v1/token?activity=none", "{}").await;
        assert!(token.starts_with("200") && token.contains("access_token"), "{token}");
        let other = asks(&page, &app, "/v1/sessions", "{}").await;
        assert!(other.starts_with("403"), "{other}");
        let keyed = "{headers: {'X-Abide-Key': 'abide_x'}}";
        for options in ["{credentials: 'include'}", keyed, "{method: 'DELETE'}", "{method: 'PUT'}"] {
            assert_eq!(asks(&page, &app, "/v1/token", options).await, "blocked", "{options}");
        }
        let elsewhere = browser.open(&format!("http://127.0.0.1:{port}/")).await;
        assert!(asks(&elsewhere, &app, "/v1/token", "{}").await.starts_with("401"), "another origin");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn another_program_that_names_an_allowed_origin_is_another_caller() {
        let room = Room::with_keyring("pages-forged").await;
        let (_provider, app) = signed_in(&room).await;
        let browser = Browser::headless(&room).await;
        let port = site().await;
        let page = browser.open(&format!("http://localhost:{port}/")).await;
        asks(&page, &app, "/v1/token", "{}").await;
        let id = questions(&room).await[0]["id"].to_string();
        let allowed = abide_at_terminal(&room, &["approve", &id, "--allow", "always"]).await;
        assert_eq!(allowed.code, 0, "{allowed:?}");
        assert!(asks(&page, &app, "/v1/token", "{}").await.starts_with("200"));

        let (host, origin) =
            (format!("Host: 127.0.0.1:{}", app.port()), format!("Origin: http://localhost:{port}"));
        let forged = [
            host.as_str(),
            &origin,
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Dest: empty",
        ];
        let answer = Way::Tcp(app.port()).request("GET", "/v1/token", &forged, "").await.unwrap();
        assert!(!answer.body.contains("access_token"), "{}", answer.body);
        assert!(matches!(answer.status, 401 | 403), "{}: {}", answer.status, answer.body);
        for public in ["Origin: https://app.example.com", "Origin: null"] {
            let headers = [host.as_str(), public, forged[2], forged[3], forged[4]];
            let answer = Way::Tcp(app.port()).request("GET", "/v1/token", &headers, "").await.unwrap();
            assert_eq!(answer.status, 403, "{public}: {}", answer.body);
            assert!(answer.header("access-control-allow-origin").is_none(), "{public}");
        }
        let listed = abide(&room, &["clients", "--json"]).await;
        assert!(listed.stdout.contains(&format!("localhost-{port}")), "{listed:?}");
        let name = format!("localhost-{port}");
        assert_eq!(abide(&room, &["clients", "revoke", &name]).await.code, 0);
        assert!(asks(&page, &app, "/v1/token", "{}").await.starts_with("401"));
    }

    /// Chromium asks its user before a page from the internet may reach this computer.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_page_that_counts_as_public_needs_the_permission_of_the_browser() {
        let room = Room::with_keyring("pages-lna").await;
        let (_provider, app) = signed_in(&room).await;
        let port = site().await;
        let browser = Browser::headless_with_public(&room, port).await;
        let origin = format!("http://127.0.0.1:{port}");
        let page = browser.open(&format!("{origin}/")).await;
        assert_eq!(asks(&page, &app, "/v1/token", "{}").await, "blocked");
        assert!(questions(&room).await.is_empty());
        browser.answers_for_loopback(&origin, "granted").await;
        let asked = asks(&page, &app, "/v1/token", "{targetAddressSpace: 'loopback'}").await;
        assert!(asked.starts_with("401"), "{asked}");
    }

    /// The example of the documentation, word for word.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_documented_proxy_of_vite_gets_its_page_a_token_and_keeps_the_key() {
        let vite = workspace().join("ui/node_modules/vite/bin/vite.js");
        let Some(node) = found("node").filter(|_| vite.is_file()) else {
            return skipped("the proxy of Vite", "ui/node_modules is missing; `./x setup` installs it");
        };
        let guide = std::fs::read_to_string(workspace().join("docs/local-endpoint.md")).unwrap();
        let (_, example) = guide.split_once("In Vite (`vite.config.ts`)").unwrap();
        let (_, example) = example.split_once("```ts\n").unwrap();
        let (example, _) = example.split_once("```").unwrap();
        let room = Room::with_keyring("pages-vite").await;
        let (_provider, app) = signed_in(&room).await;
        let allowed = app.abide_at_terminal(&["clients", "allow", "dev", "--plain", "--json"]).await;
        let key: Value = serde_json::from_str(&allowed.stdout).unwrap_or_else(|_| panic!("{allowed:?}"));
        let key = key["key"].as_str().unwrap();
        let project = room.path("project");
        std::fs::create_dir(&project).unwrap();
        std::fs::write(project.join("vite.config.ts"), example).unwrap();
        std::fs::write(project.join("index.html"), "<!doctype html><title>A page</title><h1>A page</h1>")
            .unwrap();
        let port = free_port().to_string();
        let arguments = [vite.to_str().unwrap(), "--host", "127.0.0.1", "--strictPort", "--port", &port];
        let server = room.start_with(&node, &arguments, |command| {
            command.current_dir(&project).env("ABIDE_KEY", key);
        });
        let origin = format!("http://127.0.0.1:{port}");
        let get = async |path: &str| {
            let answer = http().get(format!("{origin}{path}")).send().await.ok()?;
            Some((answer.status().as_u16(), answer.text().await.unwrap()))
        };
        let page = eventually(&format!("Vite: {}", server.output()), s(60), || get("/")).await;
        assert!(page.0 == 200 && page.1.contains("<h1>A page</h1>"), "{page:?} {}", server.output());
        let browser = Browser::headless(&room).await;
        let tab = browser.open(&origin).await;
        tab.wait_for("h1").await;
        let fetched =
            "fetch('/access-token').then(async a => a.status + ' ' + await a.text(), () => 'blocked')";
        let answer = tab.evaluate(fetched).await.as_str().unwrap_or_default().to_owned();
        assert!(answer.starts_with("200") && answer.contains("\"access_token\""), "{answer}");
        for path in ["/", "/@vite/client", "/@vite/env", "/vite.config.ts"] {
            let (_, text) = get(path).await.unwrap();
            assert!(!text.contains(key), "{path} has the key");
        }
        assert!(!answer.contains(key) && !server.output().contains(key), "{}", server.output());
    }
}

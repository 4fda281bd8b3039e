//! The forwarding proxy, with a strict server behind it: tools that know nothing of Abide get the token added to their requests.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
#[path = "proxy/upstream.rs"]
mod upstream;

#[cfg(target_os = "linux")]
#[path = "proxy/clients.rs"]
mod clients;
#[cfg(target_os = "linux")]
#[path = "proxy/faults.rs"]
mod faults;
#[cfg(target_os = "linux")]
#[path = "proxy/pages.rs"]
mod pages;

#[cfg(not(target_os = "linux"))]
#[test]
fn proxy() {
    abide_tests::skipped("proxy", "Abide finds the program behind a connection only on Linux");
}

#[cfg(target_os = "linux")]
mod proxy {
    use std::path::Path;

    use abide_demo_op::{Config, DemoOp};
    use abide_tests::app::{App, Done, abide, abide_at_terminal, account_with, configure, one_account};
    use abide_tests::form::Visitor;
    use abide_tests::login::sign_in;
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::raw_http::{Answer, Way, read};
    use abide_tests::room::Room;
    use abide_tests::tool::{done, tool};
    use abide_tests::{eventually, s};
    use serde_json::Value;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use crate::upstream::Upstream;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    fn section(name: &str, upstream: &str, more: &str) -> String {
        format!(
            "\n[proxies.{name}]\nlisten = \"127.0.0.1:0\"\nupstream = \"{upstream}\"\naccount = \"work\"\n{more}\n"
        )
    }

    fn text(provider: &DemoOp, sections: &str) -> String {
        one_account(provider.issuer(), None, SESSION) + sections
    }

    /// A provider and an agent with a proxy `api`; its port.
    pub(crate) async fn proxied<'a>(room: &'a Room, upstream: &str, more: &str) -> (DemoOp, App<'a>, u16) {
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(room, &text(&provider, &section("api", upstream, more)));
        let app = App::headless(room).await;
        let port = port(room, "api").await;
        (provider, app, port)
    }

    async fn listed(room: &Room) -> Vec<Value> {
        let listed = abide(room, &["proxies", "--json"]).await;
        let list: Value = serde_json::from_str(&listed.stdout).unwrap_or_else(|_| panic!("{listed:?}"));
        list["proxies"].as_array().unwrap().clone()
    }

    /// The port of a proxy, once it is open.
    async fn port(room: &Room, name: &str) -> u16 {
        eventually(&format!("the proxy {name}"), s(10), || async {
            let proxies = listed(room).await;
            let proxy = proxies.iter().find(|proxy| proxy["name"] == name && proxy["listening"] == true)?;
            proxy["address"].as_str()?.rsplit(':').next()?.parse().ok()
        })
        .await
    }

    /// Plain HTTP by this test, which has a grant.
    async fn request(port: u16, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        let host = format!("Host: 127.0.0.1:{port}");
        let headers = [&[host.as_str()], headers].concat();
        Way::Tcp(port).request(method, target, &headers, body).await.expect("an answer")
    }

    pub(crate) async fn get(port: u16, target: &str) -> Answer {
        request(port, "GET", target, &[], "").await
    }

    pub(crate) async fn token(room: &Room) -> String {
        let done = abide(room, &["token", "--activity", "none"]).await;
        assert_eq!(done.code, 0, "{done:?}");
        done.stdout
    }

    async fn curl(room: &Room, port: u16, arguments: &[&str]) -> Done {
        let url = format!("http://127.0.0.1:{port}/things?a=b");
        done(tool(room, "curl", &[&["--silent", "--show-error", "--include", &url], arguments].concat()))
            .await
    }

    /// Lines of the record about tokens, the oldest first.
    async fn recorded(room: &Room) -> Vec<Value> {
        let shown = abide(room, &["audit", "show", "--last", "1000", "--json"]).await;
        let lines = shown.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter(|line| line["event"].as_str().unwrap_or_default().starts_with("token.")).collect()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn curl_reaches_the_server_only_if_the_user_is_signed_in_and_allows_it() {
        let room = Room::with_keyring("proxy-curl").await;
        let upstream = Upstream::start().await;
        let (_provider, _app, port) =
            proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;

        let out = curl(&room, port, &[]).await;
        assert!(out.stdout.starts_with("HTTP/1.1 401"), "{out:?}");
        assert!(
            out.stdout.contains("abide-error: login_required") && out.stdout.contains("abide login"),
            "{out:?}"
        );
        sign_in(&room).await;

        let asked = curl(&room, port, &[]).await;
        assert!(asked.stdout.contains("abide-error: consent_required"), "{asked:?}");
        assert!(upstream.seen().is_empty(), "nothing reaches the server before the answer");
        let open = abide(&room, &["approve", "--json"]).await;
        let open: Value = serde_json::from_str(&open.stdout).unwrap();
        let question = &open["questions"][0];
        assert_eq!(question["program"], "curl", "{question}");
        assert!(question["reason"].as_str().unwrap().contains("127.0.0.1"), "{question}");
        let id = question["id"].to_string();
        let denied = abide_at_terminal(&room, &["approve", &id, "--deny", "session"]).await;
        assert_eq!(denied.code, 0, "{denied:?}");
        let no = curl(&room, port, &[]).await;
        assert!(
            no.stdout.starts_with("HTTP/1.1 403") && no.stdout.contains("abide-error: access_denied"),
            "{no:?}"
        );
        assert!(upstream.seen().is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_server_gets_the_token_and_only_what_is_meant_for_it() {
        let room = Room::with_keyring("proxy-token").await;
        let upstream = Upstream::start().await;
        let (_provider, _app, port) =
            proxied(&room, &format!("http://127.0.0.1:{}/v1", upstream.port), "").await;
        sign_in(&room).await;
        let token = token(&room).await;

        let headers =
            ["Cookie: other=port", "X-Own: 1", "Connection: X-Own, close", "Accept: text/plain", "X-Kept: 2"];
        let answer = request(port, "POST", "/things?a=b%2Fc", &headers, "hello").await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "hello"), "{answer:?}");
        let seen = upstream.last(1);
        assert_eq!((seen.method.as_str(), seen.target.as_str()), ("POST", "/v1/things?a=b%2Fc"));
        assert_eq!(seen.header("authorization"), format!("Bearer {token}"));
        assert_eq!(seen.header("host"), format!("127.0.0.1:{}", upstream.port));
        assert_eq!((seen.body.as_ref(), seen.header("content-length")), (b"hello".as_ref(), "5"));
        assert_eq!((seen.header("accept"), seen.header("x-kept")), ("text/plain", "2"));
        for gone in ["cookie", "x-own", "connection"] {
            assert_eq!(seen.header(gone), "", "{gone}");
        }
        // Lines of this kind are held back for a moment.
        let line = eventually("the line of the record", s(10), || async {
            let of_this_test =
                |line: &Value| line["caller"]["program"].as_str().is_some_and(|at| at.contains("proxy"));
            recorded(&room).await.into_iter().find(of_this_test)
        })
        .await;
        assert_eq!((&line["event"], &line["account"]), (&"token.served".into(), &"work".into()), "{line}");

        // The answer of the server is passed on as it is, without what would repeat the token.
        let echoed = get(port, "/echo-headers").await;
        assert_eq!(echoed.status, 200);
        assert!(!format!("{echoed:?}").contains(&token), "{echoed:?}");
        assert!(echoed.header("set-cookie").is_none() && echoed.header("abide-error").is_none());
        let missing = get(port, "/missing").await;
        assert_eq!((missing.status, missing.body.as_str()), (404, "not here"));
        assert!(missing.header("abide-error").is_none());
        let moved = get(port, "/moved").await;
        assert_eq!((moved.status, moved.header("location")), (302, Some("https://elsewhere.example/")));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_could_send_the_token_elsewhere_is_refused() {
        let room = Room::with_keyring("proxy-refused").await;
        let upstream = Upstream::start().await;
        let (_provider, _app, port) =
            proxied(&room, &format!("http://127.0.0.1:{}/v1", upstream.port), "").await;
        sign_in(&room).await;
        let host = format!("Host: 127.0.0.1:{port}");
        let local = format!("http://127.0.0.1:{port}/");
        let own = [host.as_str()];
        for (method, target, headers, status, code) in [
            ("GET", "/", vec!["Host: api.example.com"], 403, "access_denied"),
            ("GET", "/", vec!["Host: evil.example:1", host.as_str()], 403, "access_denied"),
            ("GET", "/", vec![], 403, "access_denied"),
            ("GET", "http://evil.example/", own.to_vec(), 400, "invalid_request"),
            ("GET", local.as_str(), own.to_vec(), 400, "invalid_request"),
            ("GET", "/../admin", own.to_vec(), 400, "invalid_request"),
            ("GET", "/%2e%2e/admin", own.to_vec(), 400, "invalid_request"),
            ("TRACE", "/", own.to_vec(), 400, "invalid_request"),
            ("GET", "/", vec![own[0], "Authorization: Bearer other"], 400, "invalid_request"),
            ("GET", "/", vec![own[0], "Authorization: Basic eDp5"], 400, "invalid_request"),
            ("GET", "/", vec![own[0], "Origin: https://evil.example"], 403, "access_denied"),
            ("GET", "/", vec![own[0], "Sec-Fetch-Site: cross-site"], 403, "access_denied"),
            ("GET", "/", vec![own[0], "X-Abide-Key: abide_wrong"], 401, "consent_required"),
        ] {
            let answer = Way::Tcp(port).request(method, target, &headers, "").await.unwrap();
            assert_eq!(
                (answer.status, answer.error().as_str()),
                (status, code),
                "{method} {target} {headers:?}"
            );
            assert_eq!(answer.header("abide-error"), Some(code), "{method} {target}");
        }
        assert!(upstream.seen().is_empty(), "{:?}", upstream.seen());

        // The holder of a client key is known by it, and the key stays here.
        let made = abide_at_terminal(&room, &["clients", "allow", "ci", "--plain"]).await;
        let key =
            made.stdout.lines().find(|line| line.starts_with("abide_")).expect("a key").trim().to_owned();
        let answer = request(port, "GET", "/", &[&format!("X-Abide-Key: {key}")], "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(upstream.last(1).header("x-abide-key"), "");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_changed_configuration_opens_changes_and_closes_proxies() {
        let room = Room::with_keyring("proxy-reload").await;
        let (one, other) = (Upstream::start().await, Upstream::start().await);
        let to = |upstream: &Upstream| format!("http://127.0.0.1:{}", upstream.port);
        let (provider, _app, first) = proxied(&room, &to(&one), "").await;
        sign_in(&room).await;
        assert_eq!(get(first, "/").await.status, 200);

        configure(
            &room,
            &text(&provider, &(section("api", &to(&other), "") + &section("second", &to(&one), ""))),
        );
        assert_eq!(abide(&room, &["config", "reload"]).await.code, 0);
        let second = port(&room, "second").await;
        assert_eq!(get(second, "/").await.status, 200);
        let changed = eventually("the changed proxy", s(10), || async {
            let port = port(&room, "api").await;
            let answer =
                Way::Tcp(port).request("GET", "/", &[&format!("Host: 127.0.0.1:{port}")], "").await?;
            (answer.status == 200 && !other.seen().is_empty()).then_some(port)
        })
        .await;

        // A port that another program has is tried again, and shown everywhere until then.
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = taken.local_addr().unwrap();
        let held = section("api", &to(&one), "").replace("127.0.0.1:0", &at.to_string());
        configure(&room, &text(&provider, &held));
        abide(&room, &["config", "reload"]).await;
        let doctor = eventually("the problem", s(10), || async {
            let doctor = abide(&room, &["doctor"]).await;
            doctor.stdout.contains("is not open").then_some(doctor)
        })
        .await;
        assert!(doctor.code != 0 && doctor.stdout.contains(&at.to_string()), "{doctor:?}");
        let status = abide(&room, &["status"]).await;
        assert!(status.stdout.contains("is not open"), "{status:?}");
        for gone in [second, changed] {
            eventually("the closed proxy", s(5), || async {
                tokio::net::TcpStream::connect(("127.0.0.1", gone)).await.is_err().then_some(())
            })
            .await;
        }
        drop(taken);
        let again = eventually("the port", s(15), || async {
            listed(&room).await[0]["listening"].as_bool().unwrap().then_some(at.port())
        })
        .await;
        assert_eq!(get(again, "/").await.status, 200);
        let status = abide(&room, &["status"]).await;
        assert!(!status.stdout.contains("is not open"), "{status:?}");

        configure(&room, &text(&provider, ""));
        assert_eq!(abide(&room, &["config", "reload"]).await.code, 0);
        assert!(listed(&room).await.is_empty());
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_refused_token_is_renewed_once_and_the_request_repeated() {
        let room = Room::with_keyring("proxy-renewed").await;
        let upstream = Upstream::start().await;
        let (_provider, _app, port) =
            proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
        sign_in(&room).await;
        let first = token(&room).await;
        upstream.refuse(&first);
        let answer = request(port, "PUT", "/thing", &[], "hello").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.seen();
        assert_eq!(seen.len(), 2);
        assert_eq!((seen[0].token(), seen[0].body.as_ref()), (first.as_str(), b"hello".as_ref()));
        assert_eq!((seen[1].method.as_str(), seen[1].body.as_ref()), ("PUT", b"hello".as_ref()));
        let second = seen[1].token().to_owned();
        assert_ne!(second, first);
        assert_eq!(second, token(&room).await);

        // A new token that is refused too is not renewed again, and the answer is the server's.
        upstream.refuse_all();
        for count in [3, 4] {
            let answer = get(port, "/").await;
            assert_eq!((answer.status, answer.body.as_str()), (401, "refused"));
            assert!(answer.header("www-authenticate").unwrap().contains("invalid_token"));
            assert!(answer.header("abide-error").is_none());
            assert_eq!(upstream.last(count).token(), second);
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_body_that_is_too_large_is_sent_once_and_the_next_request_has_the_new_token() {
        let room = Room::with_keyring("proxy-large").await;
        let upstream = Upstream::start().await;
        let (_provider, _app, port) =
            proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
        sign_in(&room).await;
        let first = token(&room).await;
        upstream.refuse(&first);
        let large = "x".repeat((1 << 20) + 1);
        let answer = request(port, "POST", "/", &[], &large).await;
        assert_eq!((answer.status, answer.body.as_str()), (401, "refused"), "{answer:?}");
        assert_eq!(upstream.last(1).body.len(), large.len());
        let answer = request(port, "POST", "/", &[], &large).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_ne!(upstream.last(2).token(), first);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn events_arrive_one_by_one_and_trailers_at_the_end() {
        let room = Room::with_keyring("proxy-stream").await;
        let upstream = Upstream::start().await;
        let (_provider, _app, port) =
            proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
        sign_in(&room).await;

        let events = upstream.events();
        let mut stream = Way::Tcp(port).connect().await.unwrap();
        let head = format!("GET /events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut shown = String::new();
        for number in 1..=3 {
            events.send(format!("number {number}")).await.unwrap();
            let mut piece = [0_u8; 4096];
            while !shown.contains(&format!("data: number {number}")) {
                let count =
                    tokio::time::timeout(s(5), stream.read(&mut piece)).await.expect("the event").unwrap();
                assert!(count > 0, "{shown}");
                shown.push_str(&String::from_utf8_lossy(&piece[..count]));
            }
            assert!(!shown.contains(&format!("number {}", number + 1)));
        }
        drop(events);

        // In both directions.
        let mut stream = Way::Tcp(port).connect().await.unwrap();
        let sent = format!(
            "POST /trailers HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nTE: trailers\r\nTrailer: X-Own\r\n\
             Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n5\r\nhello\r\n0\r\nX-Own: 7\r\n\r\n"
        );
        stream.write_all(sent.as_bytes()).await.unwrap();
        let answer = read(&mut *stream, s(5)).await.unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.body.to_lowercase().contains("x-sum: 42"), "{answer:?}");
        let seen = upstream.last(2);
        assert_eq!(seen.body.as_ref(), b"hello");
        assert_eq!(seen.trailers.expect("trailers")["x-own"], "7");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_websocket_is_passed_on() {
        use futures_util::{SinkExt as _, StreamExt as _};
        use tokio_tungstenite::tungstenite::Message;

        let room = Room::with_keyring("proxy-websocket").await;
        let upstream = Upstream::start().await;
        let (_provider, _app, port) =
            proxied(&room, &format!("http://127.0.0.1:{}", upstream.port), "").await;
        sign_in(&room).await;
        let (mut socket, _) =
            tokio_tungstenite::connect_async(format!("ws://127.0.0.1:{port}/ws")).await.unwrap();
        for word in ["one", "two"] {
            socket.send(Message::text(word)).await.unwrap();
            let back = tokio::time::timeout(s(5), socket.next()).await.unwrap().unwrap().unwrap();
            assert_eq!(back.into_text().unwrap().as_str(), word);
        }
        assert!(!upstream.last(1).token().is_empty());
        socket.close(None).await.unwrap();
        // Another protocol is not switched to.
        let answer = request(port, "GET", "/", &["Connection: Upgrade", "Upgrade: h2c"], "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_with_http2_is_reached_over_tls_with_its_own_ca() {
        let room = Room::with_keyring("proxy-http2").await;
        let (upstream, pem) = Upstream::with_tls().await;
        let file = room.path("home/ca.pem");
        let at = format!("https://localhost:{}", upstream.port);
        let more = format!("ca_file = {:?}", file.display().to_string());
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &text(&provider, &(section("api", &at, &more) + &section("untrusted", &at, ""))));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        assert!(abide(&room, &["config", "check"]).await.stdout.contains("`proxies.api.ca_file`"));
        write(&file, &pem);
        let port_of = port(&room, "api").await;
        let answer = request(port_of, "POST", "/things", &["TE: trailers"], "hello").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last(1);
        assert_eq!((seen.version, seen.body.as_ref()), (http::Version::HTTP_2, b"hello".as_ref()));
        assert!(seen.header("authorization").starts_with("Bearer "));
        let refused = get(port(&room, "untrusted").await, "/").await;
        assert_eq!((refused.status, refused.header("abide-error")), (502, Some("upstream_unreachable")));
        assert!(refused.body.contains("certificate"), "{}", refused.body);
        upstream.last(1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_bound_token_is_sent_with_a_proof_and_with_the_nonce_that_the_server_wants() {
        let room = Room::with_keyring("proxy-bound").await;
        let provider = DemoOp::start(Config { require_dpop_nonce: true, ..Config::default() }).await.unwrap();
        // The provider itself is the server: it checks proofs strictly.
        let sections = section("api", provider.issuer(), "");
        let settings =
            "scopes = [\"openid\", \"profile\", \"email\", \"offline_access\"]\ndpop = \"required\"\n";
        configure(&room, &(account_with(provider.issuer(), settings, SESSION) + &sections));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let port = port(&room, "api").await;
        for _ in 0..2 {
            let answer = get(port, "/userinfo").await;
            assert_eq!(answer.status, 200, "{answer:?}");
            assert_eq!(answer.json()["email"], "alice@example.com");
            assert!(answer.header("dpop-nonce").is_none());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_that_wants_a_stronger_sign_in_gets_it_and_the_request_again() {
        let room = Room::with_keyring("proxy-step-up").await;
        let upstream = Upstream::start().await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let address = room.path("address");
        let script = format!("printf %s \"$1\" > {0}.new && mv {0}.new {0}", address.display());
        let browser = ["sh", "-c", &script, "browser"].map(str::to_owned);
        let sections = section("api", &format!("http://127.0.0.1:{}", upstream.port), "");
        configure(&room, &(one_account(provider.issuer(), Some(&browser), SESSION) + &sections));
        let _app = App::headless(&room).await;
        sign_in(&room).await;
        let port = port(&room, "api").await;
        let first = token(&room).await;
        upstream.challenge(
            "Bearer error=\"insufficient_user_authentication\", acr_values=\"urn:abide:demo:recent\"",
        );
        let asks = request(port, "POST", "/secret", &[], "hello");
        let signs = async {
            let url =
                eventually("the browser", s(10), || async { std::fs::read_to_string(&address).ok() }).await;
            Visitor::default().sign_in(&url, USER, PASSWORD).await
        };
        let (answer, landed) = tokio::join!(asks, signs);
        assert!(landed.body.contains("You are signed in"), "{}", landed.body);
        assert_eq!(answer.status, 200, "{answer:?}");
        let seen = upstream.last(2);
        assert_eq!((seen.method.as_str(), seen.body.as_ref()), ("POST", b"hello".as_ref()));
        assert_ne!(seen.token(), first);
        // A challenge that asks for no sign-in is the program's own matter.
        upstream.challenge("Bearer error=\"insufficient_scope\", scope=\"admin\"");
        let answer = get(port, "/secret").await;
        assert_eq!((answer.status, answer.body.as_str()), (401, "refused"));
        upstream.last(3);
    }

    fn write(file: &Path, text: &str) {
        std::fs::write(file, text).unwrap();
    }
}

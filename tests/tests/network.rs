//! Usual networks: proxies from the environment, IPv6, and a provider that asks for a pause.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_network() {
    abide_tests::skipped("network", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod network {
    use std::sync::{Arc, Mutex};
    use std::time::Instant;

    use abide_demo_op::{Client, Config, DemoOp};
    use abide_tests::app::{App, abide, account_with, configure, one_account};
    use abide_tests::login::{sign_in, sign_in_to};
    use abide_tests::room::Room;
    use abide_tests::witness::Witness;
    use abide_tests::{eventually, s};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    /// A name that does not resolve (RFC 6761, section 6.4).
    const FAR: &str = "https://id.example.invalid";

    /// A proxy that connects to no server, and the heads of its requests.
    async fn proxy() -> (u16, Arc<Mutex<Vec<String>>>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut head = Vec::new();
                while let (false, Ok(byte)) = (head.ends_with(b"\r\n\r\n"), socket.read_u8().await) {
                    head.push(byte);
                }
                kept.lock().unwrap().push(String::from_utf8(head).unwrap());
                let _ = socket.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n").await;
            }
        });
        (port, asked)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_proxy_of_the_environment_is_used_for_what_is_far_and_its_password_is_said_nowhere() {
        let mut room = Room::with_keyring("network-environment").await;
        let (port, asked) = proxy().await;
        room.set("HTTPS_PROXY", &format!("http://alice:canary-pw-7f3a@127.0.0.1:{port}"));
        room.set("HTTP_PROXY", &format!("http://127.0.0.1:{port}"));
        room.set("NO_PROXY", "spared.example.invalid");
        room.set("ABIDE_LOG", "trace");
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let far = |name: &str, issuer: &str, more: &str| {
            format!("[accounts.{name}]\nissuer = \"{issuer}\"\nclient_id = \"abide\"\n{more}")
        };
        let accounts = [
            one_account(provider.issuer(), None, SESSION),
            far("far", FAR, ""),
            far("spared", "https://spared.example.invalid", ""),
            far("direct", FAR, "proxy = \"none\"\n"),
        ];
        configure(&room, &accounts.join("\n"));
        let app = App::headless(&room).await;
        sign_in_to(&room, "work").await;
        assert_eq!(abide(&room, &["token", "--account", "work"]).await.code, 0);
        assert!(asked.lock().unwrap().is_empty(), "loopback is reached directly");

        let mut said = String::new();
        for name in ["spared", "direct", "far"] {
            let done = abide(&room, &["login", "--no-browser", "--account", name]).await;
            assert_eq!(done.code, 1, "{done:?}");
            said += &done.stderr;
            let wanted = usize::from(name == "far");
            assert_eq!(asked.lock().unwrap().len(), wanted, "{name}: {:?}", asked.lock().unwrap());
        }
        let head = asked.lock().unwrap()[0].to_ascii_lowercase();
        assert!(head.starts_with("connect id.example.invalid:443 http/1.1\r\n"), "{head}");
        assert!(head.contains("proxy-authorization: basic "), "{head}");
        said += &app.log();
        // Also in the form of the header.
        for secret in ["canary", "YWxpY2U6Y2FuYXJ5"] {
            assert!(!said.contains(secret), "{}", said.lines().find(|line| line.contains(secret)).unwrap());
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_browser_comes_back_over_ipv6_if_the_redirect_uri_does() {
        let room = Room::with_keyring("network-ipv6").await;
        let client = Client { redirect_uris: vec!["http://[::1]/callback".to_owned()], ..Client::default() };
        let config = Config { clients: vec![client], ..Config::default() };
        let provider = DemoOp::start(config).await.unwrap();
        let settings = "redirect_uri = \"http://[::1]/callback\"\n";
        configure(&room, &account_with(provider.issuer(), settings, SESSION));
        let _app = App::headless(&room).await;
        let page = sign_in(&room).await;
        assert_eq!(page.url.host_str(), Some("[::1]"), "{}", page.url);
        assert_eq!(abide(&room, &["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_provider_that_asks_for_patience_is_left_alone_for_as_long() {
        let room = Room::with_keyring("network-patience").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let witness = Witness::start().await;
        let configuration = witness.setting() + &one_account(provider.issuer(), None, SESSION);
        configure(&room, &configuration);
        let app = App::headless(&room).await;
        sign_in(&room).await;
        for status in
            ["503 Service Unavailable\nretry-after: 4\n\n", "429 Too Many Requests\nretry-after: 4\n\n"]
        {
            let before = witness.passed("/token");
            let tried = || async { (witness.passed("/token") > before).then_some(()) };
            witness.refuse_next(status);
            assert_eq!(abide(&room, &["keep"]).await.code, 0);
            eventually("the refusal", s(5), tried).await;
            let refused = Instant::now();
            eventually("another try", s(10), || async {
                (witness.passed("/token") > before + 1).then_some(())
            })
            .await;
            let waited = refused.elapsed();
            assert!(waited >= s(4) - std::time::Duration::from_millis(200), "{status}: {waited:?}");
            app.state("work", "active", s(5)).await;
            eventually("the trouble to be over", s(5), || async {
                app.session("work").await["last_error"].is_null().then_some(())
            })
            .await;
        }
    }
}

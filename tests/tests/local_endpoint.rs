//! The local endpoint from outside: web pages, tools, other users, and a hundred callers at once.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_local_endpoint() {
    abide_tests::skipped("local_endpoint", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod endpoint {
    use std::process::Stdio;
    use std::time::Instant;

    use abide_demo_op::{Config, DemoOp, Endpoint};
    use abide_tests::app::{App, abide, command, configure, one_account};
    use abide_tests::login::sign_in;
    use abide_tests::raw_http::{Answer, Way, read};
    use abide_tests::room::Room;
    use abide_tests::tool::{self, tool};
    use abide_tests::{copy_program, eventually, program, s, skipped};
    use rustix::process::Signal;
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    async fn provider(access_token_seconds: u64) -> DemoOp {
        let config = Config { access_token_lifetime: s(access_token_seconds), ..Config::default() };
        DemoOp::start(config).await.unwrap()
    }

    /// A room with an agent that is signed in, and a key for the client `bench`.
    async fn signed_in<'a>(room: &'a Room, provider: &DemoOp) -> (App<'a>, String) {
        configure(room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(room).await;
        sign_in(room).await;
        let allowed = app.abide_at_terminal(&["clients", "allow", "bench", "--plain", "--json"]).await;
        assert_eq!(allowed.code, 0, "{}", allowed.stderr);
        let answer: serde_json::Value = serde_json::from_str(&allowed.stdout).unwrap();
        let key = answer["key"].as_str().unwrap().to_owned();
        assert!(key.starts_with("abide_"));
        (app, key)
    }

    async fn ask(port: u16, target: &str, headers: &[&str]) -> Answer {
        Way::Tcp(port).request("GET", target, headers, "").await.expect("an answer")
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_web_page_gets_nothing_even_with_a_key() {
        let room = Room::with_keyring("endpoint-pages").await;
        let provider = provider(300).await;
        let (app, key) = signed_in(&room, &provider).await;
        let port = app.port();
        let (host, key) = (format!("Host: 127.0.0.1:{port}"), format!("Authorization: Bearer {key}"));
        let good = ask(port, "/v1/token", &[&host, &key]).await;
        assert_eq!(good.status, 200, "without a page around it, the key is good: {}", good.body);
        let token = good.json()["access_token"].as_str().unwrap().to_owned();

        let foreign = ask(port, "/v1/token", &[&host, "Origin: http://localhost:1"]).await;
        assert_eq!(foreign.status, 403);
        // The log is written by a thread of its own.
        eventually("the log to name it", s(5), || async {
            app.log().contains("origin=\"http://localhost:1\"").then_some(())
        })
        .await;

        let rebound = format!("Host: evil.example:{port}");
        let no_port = "Host: 127.0.0.1".to_owned();
        let own_origin = format!("Origin: http://127.0.0.1:{port}");
        let attacks: [&[&str]; 9] = [
            &[&rebound, &key],
            &[&no_port, &key],
            &["Host: localhost.evil.example", &key],
            &[&host, &rebound, &key],
            &[&host, &key, "Origin: https://evil.example"],
            &[&host, &key, "Origin: null"],
            &[&host, &key, &own_origin],
            &[&host, &key, "Sec-Fetch-Site: cross-site"],
            &[&host, &key, "Sec-Fetch-Site: same-site"],
        ];
        for headers in attacks {
            for target in ["/v1/token", "/access_token", "/v1/sessions", "/v1/sessions/work/events"] {
                let answer = ask(port, target, headers).await;
                assert!(matches!(answer.status, 400 | 403), "{headers:?} {target}: {}", answer.status);
                assert!(
                    !answer.body.contains(&token) && !answer.body.contains("alice"),
                    "{headers:?} {target}"
                );
                let shared = answer.headers.iter().any(|(name, _)| name.starts_with("access-control-"));
                assert!(!shared, "{headers:?}: no page may read this answer");
            }
        }
        let preflight = Way::Tcp(port)
            .request(
                "OPTIONS",
                "/v1/token",
                &[&host, "Origin: https://evil.example", "Access-Control-Request-Method: GET"],
                "",
            )
            .await
            .unwrap();
        assert!(preflight.status >= 400, "{}", preflight.status);
        assert!(preflight.header("access-control-allow-origin").is_none());
        assert!(!app.log().contains(&token));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn an_absolute_target_and_a_repeated_header_get_nothing() {
        let room = Room::with_keyring("endpoint-targets").await;
        let provider = provider(300).await;
        let (app, key) = signed_in(&room, &provider).await;
        let port = app.port();
        let (host, key) = (format!("Host: 127.0.0.1:{port}"), format!("Authorization: Bearer {key}"));
        let good = ask(port, "/v1/token", &[&host, &key]).await;
        let token = good.json()["access_token"].as_str().unwrap().to_owned();
        let refused = async |target: &str, headers: &[&str]| {
            let answer = ask(port, target, headers).await;
            assert!(answer.status >= 400, "{target} {headers:?}: {}", answer.status);
            assert!(!answer.body.contains(&token), "{target} {headers:?}");
        };
        for name in ["evil.example", "evil.example:80", "127.0.0.1", "user@evil.example"] {
            refused(&format!("http://{name}/v1/token"), &[&host, &key]).await;
        }
        let own = format!("Origin: http://127.0.0.1:{port}");
        refused("/v1/token", &[&host, &key, &own, "Origin: https://evil.example"]).await;
        refused("/v1/token", &[&host, &key, "Sec-Fetch-Site: none, cross-site"]).await;
        refused("/v1/token", &[&host, &key, "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"]).await;
        refused("/v1/token", &[&host, &host, &key]).await;
        refused("/v1/token", &[&host, &key, &key]).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_client_needs_its_key_and_keeps_it_until_it_is_revoked() {
        let room = Room::with_keyring("endpoint-keys").await;
        let provider = provider(300).await;
        let (app, key) = signed_in(&room, &provider).await;
        let port = app.port();
        let host = format!("Host: localhost:{port}");
        let bearer = format!("Authorization: Bearer {key}");
        let named = format!("X-Abide-Key: {key}");

        for headers in [&[host.as_str(), &bearer][..], &[&host, &named]] {
            for target in ["/v1/token", "/access_token?account=work"] {
                let answer = ask(port, target, headers).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
                let token = answer.json()["access_token"].as_str().unwrap().to_owned();
                let accepted = abide_tests::http()
                    .get(format!("{}/userinfo", provider.issuer()))
                    .bearer_auth(token)
                    .send()
                    .await
                    .unwrap();
                assert_eq!(accepted.status(), 200);
                assert_eq!(answer.header("cache-control"), Some("no-store"));
            }
        }
        let wrong = format!("{}x", &bearer[..bearer.len() - 1]);
        for headers in [&[host.as_str()][..], &[&host, &wrong], &[&host, "X-Abide-Key: x"]] {
            for target in ["/v1/token", "/v1/sessions"] {
                let answer = ask(port, target, headers).await;
                assert_eq!((answer.status, answer.error().as_str()), (401, "consent_required"), "{target}");
            }
        }
        let unreadable = ask(port, "/v1/token", &[&host, "Authorization: Basic YTpi"]).await;
        assert_eq!((unreadable.status, unreadable.error().as_str()), (401, "consent_required"));
        let kept = std::fs::read_dir(room.places().state).unwrap().flatten().any(|file| {
            String::from_utf8_lossy(&std::fs::read(file.path()).unwrap_or_default()).contains(&key)
        });
        assert!(!kept, "no file holds the key itself");

        assert_eq!(app.abide(&["clients", "revoke", "bench"]).await.code, 0);
        let answer = ask(port, "/v1/token", &[&host, &bearer]).await;
        assert_eq!((answer.status, answer.error().as_str()), (401, "consent_required"));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_client_reads_and_a_get_changes_nothing() {
        let room = Room::with_keyring("endpoint-get").await;
        let provider = provider(300).await;
        let (app, key) = signed_in(&room, &provider).await;
        let port = app.port();
        let host = format!("Host: 127.0.0.1:{port}");
        let key = format!("Authorization: Bearer {key}");
        let json = "Content-Type: application/json";
        for verb in ["logout", "login", "keep", "cancel"] {
            let target = format!("/v1/sessions/work/{verb}");
            for way in [Way::Tcp(port), app.socket()] {
                for method in ["GET", "HEAD", "PUT"] {
                    let answer = way.request(method, &target, &[&host, &key], "").await.unwrap();
                    assert!(matches!(answer.status, 400..=405), "{method} {target}: {}", answer.status);
                }
                let answer = way.request("POST", &target, &[&host, &key, json], "{}").await.unwrap();
                assert_eq!((answer.status, answer.error().as_str()), (403, "access_denied"), "{target}");
            }
        }
        for target in ["/v1/accounts", "/v1/clients", "/v1/quit", "/v1/show"] {
            let answer = Way::Tcp(port).request("POST", target, &[&host, &key, json], "{}").await.unwrap();
            assert_eq!(answer.status, 403, "{target}: {}", answer.body);
        }
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(provider.record().count(Endpoint::Revocation), 0);
        assert_eq!(provider.record().refreshes(), 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn long_and_slow_requests_do_not_last() {
        let room = Room::with_keyring("endpoint-limits").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        let port = app.port();
        let host = format!("Host: 127.0.0.1:{port}");
        let long = format!("X-Long: {}", "a".repeat(9 * 1024));
        for way in [Way::Tcp(port), app.socket()] {
            let answer = way.request("GET", "/health", &[&host, &long], "").await.expect("an answer");
            assert_eq!(answer.status, 431);

            let mut slow = way.connect().await.unwrap();
            slow.write_all(format!("GET /health HTTP/1.1\r\n{host}\r\n").as_bytes()).await.unwrap();
            let since = Instant::now();
            let answer = read(&mut *slow, s(20)).await;
            let waited = since.elapsed();
            assert!(waited > s(2) && waited < s(9), "closed after {waited:?}");
            assert!(answer.is_none_or(|answer| answer.status >= 400));
        }
        assert_eq!(ask(port, "/health", &[&host]).await.status, 200, "and everybody else is still answered");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_hundred_callers_at_the_moment_of_expiry_cause_one_refresh() {
        let room = Room::with_keyring("endpoint-hundred").await;
        let provider = provider(20).await;
        let (app, key) = signed_in(&room, &provider).await;
        let port = app.port();
        let old = app.abide(&["token", "--activity", "none"]).await.stdout;
        let before = provider.record().refreshes();
        // A token must be valid for ten seconds when it is handed out: with less time left, it counts as expired.
        eventually("the access token to run out", s(15), || async {
            app.session("work").await["access_token_expires_in"].as_u64().filter(|left| *left < 10)
        })
        .await;
        assert_eq!(provider.record().refreshes(), before, "no refresh without a request");
        let (host, key) = (format!("Host: 127.0.0.1:{port}"), format!("Authorization: Bearer {key}"));
        let callers: Vec<_> = (0..90)
            .map(|_| {
                let (host, key) = (host.clone(), key.clone());
                tokio::spawn(async move {
                    let answer = ask(port, "/v1/token", &[&host, &key]).await;
                    assert_eq!(answer.status, 200, "{}", answer.body);
                    answer.json()["access_token"].as_str().unwrap().to_owned()
                })
            })
            .collect();
        let commands = futures_util::future::join_all((0..10).map(|_| abide(&room, &["token"])));
        let mut tokens: Vec<String> = commands.await.into_iter().map(|done| done.stdout).collect();
        for caller in callers {
            tokens.push(caller.await.unwrap());
        }
        assert_eq!(tokens.len(), 100);
        assert!(
            tokens.iter().all(|token| *token == tokens[0] && !token.is_empty()),
            "everybody has the same"
        );
        assert_ne!(tokens[0], old, "and it is a new one");
        assert_eq!(provider.record().refreshes(), before + 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_command_says_with_its_exit_code_what_is_the_matter() {
        let room = Room::with_keyring("endpoint-codes").await;
        let provider = provider(300).await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        assert_eq!(abide(&room, &["token"]).await.code, 5, "no agent");
        let app = App::headless(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 3, "not signed in");
        assert_eq!(abide(&room, &["tokn"]).await.code, 2, "no such command");
        assert_eq!(abide(&room, &["token", "--account", "nobody"]).await.code, 2, "no such account");
        for command in ["token", "claims", "keep", "watch"] {
            let words = [command, "--account", "my account"];
            let unknown = abide(&room, &words).await;
            assert_eq!(unknown.code, 2, "{unknown:?}");
            assert!(unknown.stderr.contains("my account"), "as it was written: {unknown:?}");
            assert!(!unknown.stderr.contains('%'), "{unknown:?}");
        }
        sign_in(&room).await;
        let done = abide(&room, &["token"]).await;
        assert_eq!((done.code, done.stderr.as_str()), (0, ""));

        // The same program at another path has no grant.
        let (copy, other) = (room.path("home/copy"), room.path("home/abide"));
        let run =
            async |file: &std::path::Path, command: &str| tool::done(tool(&room, file, &[command])).await;
        for file in [&copy, &other] {
            copy_program(program("abide"), file);
            let refused = run(file, "token").await;
            assert_eq!((refused.code, refused.stdout.as_str()), (4, ""), "no grant");
        }
        let allow = async |file: &std::path::Path| {
            app.abide_at_terminal(&["clients", "allow", "copy", "--program", file.to_str().unwrap()]).await
        };
        assert_eq!(allow(&copy).await.code, 0);
        let granted = run(&copy, "token").await;
        assert_eq!(granted.code, 0, "{granted:?}");
        // The command of another installation gives tokens to every program that starts it. The answer names the right one.
        assert_eq!(allow(&other).await.code, 2, "it cannot be allowed for good");
        for command in ["token", "logout"] {
            let refused = run(&other, command).await;
            assert_eq!(refused.code, 4, "{refused:?}");
            assert!(refused.stderr.contains(program("abide").to_str().unwrap()), "{refused:?}");
        }

        assert_eq!(abide(&room, &["logout"]).await.code, 0);
        let done = abide(&room, &["token"]).await;
        assert_eq!((done.code, done.stdout.as_str()), (3, ""), "signed out");
        eventually("the revocation of both tokens", s(5), || async {
            (provider.record().count(Endpoint::Revocation) == 2).then_some(())
        })
        .await;
        app.quit().await;
        assert_eq!(abide(&room, &["status"]).await.code, 5, "the agent has ended");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_port_that_another_program_holds_is_said_loudly() {
        let room = Room::with_keyring("endpoint-taken").await;
        let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = other.local_addr().unwrap();
        let text = one_account("http://127.0.0.1:1", None, SESSION);
        configure(&room, &text.replace("port = 0", &format!("port = {}", address.port())));
        let mut app = App::headless(&room).await;
        assert_ne!(app.port(), address.port());
        let (user, address) = (rustix::process::geteuid().as_raw(), address.to_string());
        let told = app.snapshot().await["warnings"].to_string();
        assert!(told.contains(&address) && told.contains(&user.to_string()), "{told}");
        let file = room.places().endpoint_file();
        let bound: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        assert_eq!(bound["port_taken"], serde_json::json!({"address": address, "uid": user}));
        let doctor = app.abide(&["doctor"]).await;
        assert_eq!(doctor.code, 1, "{}", doctor.stdout);
        assert!(doctor.stdout.lines().any(|line| line.starts_with("fail  HTTP") && line.contains(&address)));

        // A file that a killed agent left is not valid: the lock that it names is free.
        app.kill();
        eventually("the agent to end", s(10), || async {
            (abide(&room, &["status"]).await.code == 5).then_some(())
        })
        .await;
        let lock = std::fs::File::open(bound["lock"].as_str().unwrap()).unwrap();
        lock.try_lock().expect("the lock is free");
        lock.unlock().unwrap();
        let doctor = abide(&room, &["doctor"]).await;
        assert!(doctor.stdout.lines().any(|line| line.starts_with("warn  HTTP")), "{}", doctor.stdout);

        // The next start removes it first, even one that does not get as far as listening.
        std::fs::write(room.places().state.join("clients.json"), "no JSON").unwrap();
        let refused = abide(&room, &["agent"]).await;
        assert_eq!(refused.code, 1, "{refused:?}");
        assert!(!file.exists(), "{}", std::fs::read_to_string(&file).unwrap());
    }

    /// `su`, `cron` and `ssh` may leave a session without the variable.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn without_a_runtime_folder_in_the_environment_the_agent_is_found() {
        let room = Room::with_keyring("endpoint-unset").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        let without = async |words: &[&str]| {
            let output = command(&room, words).env_remove("XDG_RUNTIME_DIR").output().await.unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        assert_eq!(without(&["status"]).await, (Some(0), String::new()));
        let (code, said) = without(&["agent"]).await;
        assert_eq!(code, Some(1), "{said}");
        for part in [app.process().to_string(), room.places().socket().display().to_string()] {
            assert!(said.contains("already running") && said.contains(&part), "{part}: {said}");
        }
        assert_eq!(app.abide(&["status"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn thousands_of_refused_requests_fill_no_log() {
        let room = Room::with_keyring("endpoint-log").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        let (port, before) = (app.port(), app.log().len());
        let target = format!("/{}", "a".repeat(6000));
        let asks = |host: &str, target: &str| {
            format!("GET {target} HTTP/1.1\r\nHost: {host}\r\nX-Abide-Key: abide_wrong\r\n\r\n")
        };
        let own = format!("127.0.0.1:{port}");
        // No key, a target that is too long to be written down, and another host, from four connections.
        let requests = [asks(&own, "/v1/token"), asks(&own, &target), asks("evil.example", &target)];
        let floods = (0..4).map(async |_| {
            let mut stream = Way::Tcp(port).connect().await.unwrap();
            for request in requests.iter().cycle().take(2_750) {
                stream.write_all(request.as_bytes()).await.unwrap();
                let answer = read(&mut *stream, s(20)).await.expect("an answer");
                assert!(matches!(answer.status, 401 | 403), "{}: {}", answer.status, answer.body);
            }
        });
        futures_util::future::join_all(floods).await;
        let written = app.log().len() - before;
        assert!(written > 0 && written < 16_000, "{written} bytes of log: {}", app.log());
    }

    /// A program that connects without waiting gets `EAGAIN` where the queue of the socket is full.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn hundreds_connect_to_the_socket_at_once_without_waiting() {
        use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
        const CALLERS: usize = 300;
        let most = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap();
        if most.trim().parse::<usize>().unwrap() < CALLERS {
            return skipped(
                "hundreds_connect_to_the_socket_at_once_without_waiting",
                "a queue is shorter here",
            );
        }
        let room = Room::with_keyring("endpoint-backlog").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        let address = SocketAddrUnix::new(room.places().socket()).unwrap();
        // It accepts nothing meanwhile.
        app.signal(Signal::STOP);
        let connected: Vec<_> = (0..CALLERS)
            .map(|_| {
                let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
                let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).unwrap();
                connect(&socket, &address).map(|()| socket)
            })
            .collect();
        app.signal(Signal::CONT);
        let refused: Vec<_> = connected.iter().filter_map(|result| result.as_ref().err()).collect();
        assert!(refused.is_empty(), "{} of {CALLERS}: {:?}", refused.len(), refused.first());
        assert_eq!(abide(&room, &["status"]).await.code, 0);
    }

    /// Streams of events last as long as they are read.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn three_hundred_streams_of_one_program_do_not_lock_the_owner_out() {
        let room = Room::with_keyring("endpoint-streams").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        let way = app.socket();
        let opened = (0..300).map(async |_| {
            let mut stream = way.connect().await.unwrap();
            let request = b"GET /v1/sessions/work/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
            // A connection that found no place was closed.
            let _ = stream.write_all(request).await;
            let mut status = [0; 12];
            let answered = tokio::time::timeout(s(30), stream.read_exact(&mut status)).await;
            let streams = answered.is_ok_and(|read| read.is_ok()) && status.ends_with(b"200");
            (streams, stream)
        });
        let opened = futures_util::future::join_all(opened).await;
        let streams = opened.iter().filter(|(streams, _)| *streams).count();
        assert!((1..=32).contains(&streams), "{streams} streams");
        // The owner's commands, and a stream of their own.
        let since = Instant::now();
        assert_eq!(abide(&room, &["status"]).await.code, 0);
        let mut watch = command(&room, &["watch", "--json"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(watch.stdout.take().unwrap());
        tokio::time::timeout(s(20), output.read_line(&mut line)).await.expect("an event").unwrap();
        assert!(line.contains("work"), "{line}");
        assert!(since.elapsed() < s(10), "{:?}", since.elapsed());
        drop(opened);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_socket_that_was_removed_is_there_again() {
        let room = Room::with_keyring("endpoint-removed").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        let places = room.places();
        let answers = || async { (abide(&room, &["status"]).await.code != 5).then_some(()) };
        std::fs::remove_file(places.socket()).unwrap();
        eventually("the socket to be there again", s(10), answers).await;
        // At once: the agent puts back what is removed one by one.
        let gone = room.path("gone");
        std::fs::rename(&places.runtime, &gone).unwrap();
        std::fs::remove_dir_all(&gone).unwrap();
        eventually("the folder to be there again, too", s(20), answers).await;
        assert!(places.endpoint_file().exists());
        let second = abide(&room, &["agent"]).await;
        assert_eq!(second.code, 1);
        for part in [app.process().to_string(), places.socket().display().to_string()] {
            assert!(second.stderr.contains(&part), "{part}: {}", second.stderr);
        }
    }

    /// The request is the earlier program's, and `abide` has not made the connection. The agent is stopped meanwhile, so that it
    /// looks at the process only after the change.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_program_that_connects_and_then_becomes_abide_is_not_abide() {
        const SCRIPT: &str = r#"
            use IO::Socket::UNIX;
            $^F = 255;
            my ($socket, $answer, $abide) = @ARGV;
            my $s = IO::Socket::UNIX->new(Peer => $socket) or die;
            syswrite $s, "GET /v1/clients HTTP/1.1\r\nHost: localhost\r\n\r\n";
            if (!fork) {
                sysread $s, my $read, 4096;
                open my $file, '>', "$answer.new" or die;
                print $file $read;
                close $file;
                rename "$answer.new", $answer;
                exit;
            }
            exec $abide, 'watch';
        "#;
        let room = Room::with_keyring("endpoint-exec").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        assert_eq!(app.abide(&["clients"]).await.code, 0, "the command itself may ask");
        let (socket, answer, abide) = (room.places().socket(), room.path("answer"), program("abide"));
        app.signal(Signal::STOP);
        let words = [&socket, &answer, &abide].map(|path| path.to_str().unwrap());
        let other = room.start("/usr/bin/perl", &[&["-e", SCRIPT][..], &words].concat());
        tokio::time::sleep(s(1)).await;
        app.signal(Signal::CONT);
        let said = eventually("an answer", s(10), || async { std::fs::read_to_string(&answer).ok() }).await;
        assert!(said.starts_with("HTTP/1.1 403"), "{said}");
        drop(other);
    }
}

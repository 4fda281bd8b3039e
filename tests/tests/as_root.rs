//! Tests that need root: they act as another user, and read the memory of a process that its own user may not read.
//! `./x test` runs this as root if root has started it, and everything else as an ordinary user.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
#[path = "secrets/needles.rs"]
mod needles;
#[cfg(target_os = "linux")]
#[path = "secrets/walk.rs"]
mod walk;

#[cfg(not(target_os = "linux"))]
#[test]
fn as_root() {
    abide_tests::skipped("as_root", "what is looked through is in /proc");
}

#[cfg(target_os = "linux")]
mod as_root {
    use std::collections::BTreeSet;
    use std::io::Write as _;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
    use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
    use std::process::Stdio;

    use abide_demo_op::{Config, DemoOp};
    use abide_tests::app::{App, abide, command, configure, one_account};
    use abide_tests::login::{Login, sign_in, sign_in_to, signed_in};
    use abide_tests::raw_http::Way;
    use abide_tests::room::Room;
    use abide_tests::{copy_program, eventually, program, s, skipped};

    use crate::needles::{Needles, Processes};
    use crate::walk::{Walk, contains};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const PASSPHRASE: &str = "correct horse battery staple";

    fn not_root(test: &str) -> bool {
        let ordinary = !rustix::process::geteuid().is_root();
        if ordinary {
            skipped(test, "it needs root: `./x test` runs it where root has started it");
        }
        ordinary
    }

    /// The writable memory of a process. Secrets are made while it runs.
    fn memory(process: u32, needles: &Needles) -> Vec<String> {
        let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).unwrap();
        let memory = std::fs::File::open(format!("/proc/{process}/mem")).unwrap();
        let mut found = Vec::new();
        for line in
            maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|access| access.starts_with("rw")))
        {
            let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
            let [start, end] = [start, end].map(|text| u64::from_str_radix(text, 16).unwrap());
            let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
            // A mapping may have disappeared a moment ago.
            if memory.read_exact_at(&mut bytes, start).is_ok() {
                found.extend(needles.within(&bytes).into_iter().map(|hit| format!("{hit} in {line}")));
            }
        }
        found
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn another_users_process_is_turned_away() {
        if not_root("another_users_process_is_turned_away") {
            return;
        }
        let room = Room::with_keyring("endpoint-uid").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let app = App::headless(&room).await;
        let socket = room.places().socket();
        let of_owner = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(of_owner(&socket), 0o600, "the socket is its owner's");
        assert_eq!(of_owner(socket.parent().unwrap()) & 0o077, 0, "and so is its folder");

        // Access is opened on purpose, so that only the check of the caller is left.
        let knock = room.path("run/knock");
        copy_program(env!("CARGO_BIN_EXE_abide-test-knock"), &knock);
        for path in
            [room.path(""), room.path("run"), socket.parent().unwrap().into(), socket.clone(), knock.clone()]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
        }
        let knocks_as = |user: &'static [&'static str]| {
            let mut command = tokio::process::Command::new("setpriv");
            command.args(user).arg("--").args([&knock, &socket]).kill_on_drop(true);
            async move {
                let output = tokio::time::timeout(s(20), command.output()).await.unwrap().unwrap();
                String::from_utf8_lossy(&output.stdout).into_owned()
            }
        };
        let own = knocks_as(&["--reuid=0"]).await;
        assert!(own.contains("connected") && own.contains("HTTP/1.1 200"), "this user is answered: {own}");
        let other = knocks_as(&["--reuid=65534", "--regid=65534", "--clear-groups"]).await;
        assert_eq!(other.trim(), "connected", "another one is not");
        eventually("a note of it in the log", s(5), || async {
            app.log().contains("another user").then_some(())
        })
        .await;
    }

    /// `sudo -E abide agent`: root with the folders of a user. What root would write there, the user could not read.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn root_with_the_environment_of_a_user_takes_nothing_over() {
        if not_root("root_with_the_environment_of_a_user_takes_nothing_over") {
            return;
        }
        let room = Room::without_keyring("root-sudo").await;
        configure(&room, "[vault]\nmode = \"memory\"\n");
        let folders = ["home", "run", "config", "state"].map(|name| room.path(name));
        let mut chown = tokio::process::Command::new("chown");
        let changed = chown.args(["-R", "65534:65534"]).args(&folders).status().await.unwrap();
        assert!(changed.success());
        for why in ["have to belong to you", "belongs to another user (uid 65534)"] {
            let refused = abide(&room, &["agent"]).await;
            assert_eq!((refused.code, refused.stdout.as_str()), (1, ""), "{refused:?}");
            assert!(refused.stderr.contains(why), "{refused:?}");
            // The second time without a file that could be refused.
            let _ = std::fs::remove_file(room.places().config_file());
        }
        let mut find = tokio::process::Command::new("find");
        let of_root = find.args(&folders).args(["-user", "0"]).output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&of_root.stdout), "", "root has written nothing there");
    }

    /// A home that two computers share: the vault has one owner.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn another_computer_with_the_same_home_learns_where_abide_runs() {
        if not_root("another_computer_with_the_same_home_learns_where_abide_runs") {
            return;
        }
        let room = Room::with_keyring("root-host").await;
        let (_provider, mut app) = signed_in(&room).await;
        let folder = room.path("tmp/run");
        std::fs::create_dir(&folder).unwrap();
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        let here = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
        let there = async |arguments: &[&str]| {
            let script = "echo another-computer >/proc/sys/kernel/hostname && exec \"$0\" \"$@\"";
            let mut command = tokio::process::Command::new("unshare");
            command.args(["--uts", "sh", "-c", script]).arg(program("abide")).args(arguments);
            let environment = room.environment().iter().map(|(key, value)| (key, value));
            command.env_clear().envs(environment).env("XDG_RUNTIME_DIR", &folder).stdin(Stdio::null());
            let output = tokio::time::timeout(s(20), command.kill_on_drop(true).output());
            let output = output.await.expect("an end").unwrap();
            (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
        };
        let where_it_is = format!("as process {} on {}", app.process(), here.trim());
        let (code, said) = there(&["agent"]).await;
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("already running") && said.contains(&where_it_is), "{said}");
        assert_eq!(abide(&room, &["token"]).await.code, 0, "nothing has changed where it runs");
        // Its socket does not answer there.
        app.kill();
        let (code, said) = there(&["status"]).await;
        assert_eq!(code, Some(5), "{said}");
        assert!(said.contains(&format!("started on {}", here.trim())), "{said}");
    }

    /// The loopback addresses at which a process listens on TCP, as the kernel lists them.
    fn listeners_of(process: u32) -> BTreeSet<SocketAddr> {
        let mut held = BTreeSet::new();
        for descriptor in std::fs::read_dir(format!("/proc/{process}/fd")).unwrap().flatten() {
            let target = std::fs::read_link(descriptor.path()).unwrap_or_default();
            let target = target.to_string_lossy();
            held.extend(
                target
                    .strip_prefix("socket:[")
                    .and_then(|number| number.strip_suffix(']'))
                    .map(str::to_owned),
            );
        }
        let mut found = BTreeSet::new();
        for (table, address) in
            [("tcp", IpAddr::from(Ipv4Addr::LOCALHOST)), ("tcp6", IpAddr::from(Ipv6Addr::LOCALHOST))]
        {
            let table = std::fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap();
            for line in table.lines().skip(1) {
                let fields: Vec<&str> = line.split_ascii_whitespace().collect();
                // proc_pid_net(5): the own address, the state (0A listens), the inode.
                if fields[3] == "0A" && held.contains(fields[9]) {
                    let port = fields[1].rsplit(':').next().unwrap();
                    found.insert(SocketAddr::new(address, u16::from_str_radix(port, 16).unwrap()));
                }
            }
        }
        found
    }

    /// All listeners that Abide ever has: the endpoint, notifications of a sign-out, a sign-in, a guarded port and its twin for IPv6,
    /// a forwarding proxy, the dialects of a run, and the page that watches the provider's session.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn another_users_connection_is_closed_on_every_listener() {
        if not_root("another_users_connection_is_closed_on_every_listener") {
            return;
        }
        let room = Room::with_keyring("listeners-uid").await;
        let demo = DemoOp::start(Config::default()).await.unwrap();
        let issuer = demo.issuer();
        let [logout, guarded] = [(); 2].map(|()| abide_tests::free_port());
        let mut text = one_account(issuer, None, SESSION);
        text += "[accounts.work.provider]\nwatch = [\"backchannel\"]\n";
        text += &format!("[accounts.other]\nissuer = \"{issuer}\"\nclient_id = \"abide\"\n");
        text += &format!("[accounts.guarded]\nissuer = \"{issuer}\"\nclient_id = \"abide\"\n");
        text +=
            &format!("redirect_uri = \"http://localhost:{guarded}/callback\"\nguard_redirect_port = true\n");
        text += &format!("[logout_listener]\nport = {logout}\n");
        text += "[proxies.here]\nlisten = \"127.0.0.1:0\"\nupstream = \"https://api.example.com\"\naccount = \"work\"\n";
        configure(&room, &text);
        let app = App::headless(&room).await;
        sign_in_to(&room, "work").await;
        let run = ["run", "--account", "work", "--dialect", "google", "--", "sleep", "300"];
        let mut run = command(&room, &run).spawn().unwrap();
        let login = Login::begin_for(&room, "other").await;
        let asked = url::Url::parse(&login.url).unwrap();
        let redirect = asked.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
        let callback = url::Url::parse(&redirect).unwrap().port().unwrap();
        let named = [app.port(), logout, guarded, callback].map(|port| (Ipv4Addr::LOCALHOST, port).into());
        let twin = (Ipv6Addr::LOCALHOST, guarded).into();
        // The proxy and the run have ports that the system chose.
        let all = eventually("all listeners", s(20), || async {
            let found = listeners_of(app.process());
            let known = named.iter().chain([&twin]).all(|address| found.contains(address));
            (known && found.len() >= 7).then_some(found)
        })
        .await;
        for address in all {
            let script = format!(
                "exec 3<>/dev/tcp/{}/{}; printf 'GET / HTTP/1.1\\r\\nHost: {address}\\r\\nConnection: close\\r\\n\\r\\n' \
                 >&3; cat <&3",
                address.ip(),
                address.port()
            );
            for (user, answered) in [("0", true), ("65534", false)] {
                let mut command = tokio::process::Command::new("setpriv");
                command
                    .args(["--reuid", user, "--clear-groups", "--", "bash", "-c", &script])
                    .kill_on_drop(true);
                let output = tokio::time::timeout(s(20), command.output()).await.unwrap().unwrap();
                let answer = String::from_utf8_lossy(&output.stdout);
                assert_eq!(answer.starts_with("HTTP/1.1"), answered, "{address}, uid {user}: {answer}");
            }
        }
        run.kill().await.unwrap();
    }

    /// The demo provider's port is known to all.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_demo_port_of_another_user_is_not_asked() {
        if not_root("the_demo_port_of_another_user_is_not_asked") {
            return;
        }
        const LISTENS: &str = "my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.1:47610', ReuseAddr => 1) or die; \
                               sleep 60";
        let room = Room::with_keyring("demo-port-uid").await;
        configure(&room, &one_account("http://127.0.0.1:47610", None, SESSION));
        let app = App::headless(&room).await;
        let perl = ["--", "/usr/bin/perl", "-MIO::Socket::INET", "-e", LISTENS];
        let other = [&["--reuid=65534", "--regid=65534", "--clear-groups"][..], &perl].concat();
        let impostor = room.start("setpriv", &other);
        eventually("the impostor", s(10), || async {
            std::net::TcpStream::connect(("127.0.0.1", 47610)).ok()
        })
        .await;
        let words = ["accounts", "add", "demo", "--issuer", "http://127.0.0.1:47610", "--register"];
        let done = app.abide(&words).await;
        assert!(done.code != 0 && done.stderr.contains("another user"), "{done:?}");
        assert_ne!(app.abide(&["login", "--no-browser", "--account", "work"]).await.code, 0);
        assert_eq!(app.session("work").await["last_error_code"], "provider_port_of_another_user");
        drop(impostor);
    }

    /// All of 127.0.0.0/8 is this computer.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_server_of_another_user_on_this_computer_gets_no_token() {
        if not_root("a_server_of_another_user_on_this_computer_gets_no_token") {
            return;
        }
        const LISTENS: &str = "my $s = IO::Socket::INET->new(Listen => 5, LocalAddr => '127.0.0.5:0') or die; \
                               $| = 1; print 'PORT ', $s->sockport, qq(\n); \
                               while (my $c = $s->accept) { print 'GOT ', <$c> }";
        let room = Room::with_keyring("upstream-uid").await;
        let perl = ["--", "/usr/bin/perl", "-MIO::Socket::INET", "-e", LISTENS];
        let other = [&["--reuid=65534", "--regid=65534", "--clear-groups"][..], &perl].concat();
        let stranger = room.start("setpriv", &other);
        let port: u16 = eventually("the stranger", s(10), || async {
            stranger.output().lines().find_map(|line| line.strip_prefix("PORT ")?.parse().ok())
        })
        .await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let proxy = format!(
            "\n[proxies.here]\nlisten = \"127.0.0.1:0\"\nupstream = \"http://127.0.0.5:{port}\"\naccount = \"work\"\n"
        );
        configure(&room, &(one_account(provider.issuer(), None, SESSION) + &proxy));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let listed = app.abide(&["proxies", "--json"]).await;
        let listed: serde_json::Value = serde_json::from_str(&listed.stdout).unwrap();
        let address = listed["proxies"][0]["address"].as_str().unwrap();
        let own = address.rsplit(':').next().unwrap().parse().unwrap();
        let host = format!("Host: 127.0.0.1:{own}");
        let answer = Way::Tcp(own).request("GET", "/", &[&host], "").await.unwrap();
        assert_eq!(answer.header("abide-error"), Some("upstream_unreachable"), "{answer:?}");
        assert!(answer.body.contains("another user"), "{answer:?}");
        assert!(!stranger.output().contains("GOT"), "{}", stranger.output());
    }

    /// Who makes a stick, an image or an `AppImage` chooses the owners of its files.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn files_of_root_on_a_stick_hide_no_program() {
        if not_root("files_of_root_on_a_stick_hide_no_program") {
            return;
        }
        let room = Room::with_keyring("root-stick").await;
        let (_provider, _app) = signed_in(&room).await;
        let stick = room.path("tmp/stick");
        std::fs::create_dir(&stick).unwrap();
        let at = stick.to_str().unwrap();
        let run = async |words: &[&str]| {
            let mut command = tokio::process::Command::new(words[0]);
            let environment = room.environment().iter().map(|(key, value)| (key, value));
            command.args(&words[1..]).env_clear().envs(environment).stdin(Stdio::null());
            command.output().await.unwrap()
        };
        let mounted = run(&["/bin/mount", "-t", "tmpfs", "-o", "nosuid,nodev,mode=755", "stick", at]).await;
        if !mounted.status.success() {
            return skipped("files_of_root_on_a_stick_hide_no_program", "nothing can be mounted here");
        }
        let copy = stick.join("timeout");
        copy_program("/usr/bin/timeout", &copy);
        let asked = run(&[copy.to_str().unwrap(), "20", program("abide").to_str().unwrap(), "token"]).await;
        let open = abide(&room, &["approve", "--json"]).await;
        let unmounted = run(&["/bin/umount", at]).await;
        assert!(unmounted.status.success(), "{unmounted:?}");
        assert!(!asked.status.success(), "{asked:?}");
        let open: serde_json::Value = serde_json::from_str(&open.stdout).unwrap();
        assert_eq!(open["questions"][0]["path"].as_str(), copy.to_str(), "{open}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_passphrase_is_in_no_argument_and_no_variable_of_the_agent() {
        if not_root("a_passphrase_is_in_no_argument_and_no_variable_of_the_agent") {
            return;
        }
        let room = Room::without_keyring("root-passphrase").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let account = one_account(provider.issuer(), None, SESSION);
        configure(&room, &format!("{account}\n[vault]\nmode = \"passphrase\"\n"));
        let mut agent = room.start_with(program("abide"), &["agent", "--passphrase-fd", "0"], |command| {
            command.stdin(Stdio::piped());
        });
        let mut input = agent.input().expect("its standard input");
        input.write_all(PASSPHRASE.as_bytes()).unwrap();
        drop(input);
        let app = App::answering(&room, agent).await;
        sign_in(&room).await;
        for file in ["cmdline", "environ"] {
            let content = std::fs::read(format!("/proc/{}/{file}", app.process())).unwrap();
            assert!(!contains(&content, b"battery"), "{file}");
            assert!(!content.is_empty(), "{file}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_secret_is_left_in_memory_after_the_sign_out() {
        if not_root("no_secret_is_left_in_memory_after_the_sign_out") {
            return;
        }
        let mut room = Room::with_keyring("root-secrets").await;
        let walk = Walk::prepare(&mut room).await;
        let processes = Processes::watch(&room);
        let app = App::headless(&room).await;
        let secrets = walk.everything(&room, &app, &processes).await;
        // Root also sees the environment of the agent itself.
        walk.nothing_outside(&room, &processes, &secrets);
        let held = Needles::new(&BTreeSet::from([walk.witness.access_token()]));
        assert!(!memory(app.process(), &held).is_empty(), "what is held is found");

        let secrets = walk.signs_out(&room).await;
        let needles = Needles::new(&secrets);
        let mut left = Vec::new();
        // The provider is notified, and the page in the browser is served for a minute.
        for _ in 0..90 {
            left = memory(app.process(), &needles);
            if left.is_empty() {
                break;
            }
            tokio::time::sleep(s(1)).await;
        }
        assert!(left.is_empty(), "{} in memory after the sign-out: {left:#?}", left.len());
        walk.nothing_outside(&room, &processes, &walk.witness.secrets());
    }
}

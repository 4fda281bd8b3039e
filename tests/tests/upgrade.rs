//! Another version is installed while a session is on.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn upgrade() {
    abide_tests::skipped("upgrade", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod upgrade {
    mod updates;

    use std::fs::File;
    use std::os::fd::AsRawFd as _;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::path::{Path, PathBuf};
    use std::process::Stdio;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::time::Instant;

    use abide_demo_op::{Config, DemoOp, Endpoint};
    use abide_tests::app::{App, Done, configure, one_account};
    use abide_tests::desktop::{Desktop, Look};
    use abide_tests::form::Visitor;
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::room::Room;
    use abide_tests::tool::{done, tool};
    use abide_tests::tray::Tray;
    use abide_tests::{copy_program, eventually, program, s};
    use serde_json::Value;
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
    use tokio::process::Child;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    /// Programs that are installed in a folder of the room.
    struct Installed<'a> {
        room: &'a Room,
        folder: PathBuf,
        provider: DemoOp,
    }

    impl<'a> Installed<'a> {
        async fn new(room: &'a Room, settings: &str, op: Config) -> Self {
            let folder = room.path("installed");
            std::fs::create_dir(&folder).unwrap();
            let provider = DemoOp::start(op).await.unwrap();
            let passphrase = room.path("passphrase");
            std::fs::write(&passphrase, "correct horse battery staple").unwrap();
            std::fs::set_permissions(&passphrase, std::fs::Permissions::from_mode(0o600)).unwrap();
            let account = one_account(provider.issuer(), None, SESSION);
            let vault = format!("mode = \"passphrase\"\npassphrase_file = \"{}\"", passphrase.display());
            configure(room, &format!("{settings}\n{account}\n[vault]\n{vault}\n"));
            let installed = Self { room, folder, provider };
            for name in ["abide", "abide-agent"] {
                installed.install(name, &program(name));
            }
            installed
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.join(name)
        }

        /// As a package manager does: the new file is written beside the old one and takes its name.
        fn install(&self, name: &str, from: &Path) {
            let new = self.path(&format!("{name}.new"));
            copy_program(from, &new);
            std::fs::rename(new, self.path(name)).unwrap();
        }

        fn install_script(&self, name: &str, text: &str) {
            let script = self.room.path("script");
            std::fs::write(&script, format!("#!/bin/sh\n{text}\n")).unwrap();
            std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
            self.install(name, &script);
        }

        async fn start(&self) -> App<'a> {
            App::answering(self.room, self.room.start(self.path("abide"), &["agent"])).await
        }

        async fn abide(&self, arguments: &[&str]) -> Done {
            done(tool(self.room, self.path("abide"), arguments)).await
        }

        async fn begin(&self) -> (Child, String) {
            let mut child = tool(self.room, self.path("abide"), &["login", "--no-browser"])
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut url = String::new();
            BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).await.unwrap();
            (child, url.trim().to_owned())
        }

        async fn sign_in(&self) {
            let (mut child, url) = self.begin().await;
            Visitor::default().sign_in(&url, USER, PASSWORD).await;
            assert!(child.wait().await.unwrap().success());
        }

        /// What the agent that runs has written about itself.
        fn endpoint(&self) -> Value {
            let text = std::fs::read(self.room.places().endpoint_file()).unwrap_or_default();
            serde_json::from_slice(&text).unwrap_or_default()
        }

        /// Waits until an agent has started after `before`, in the same process.
        async fn taken_over(&self, before: &Value) -> Value {
            eventually("the new program", s(30), || async {
                let now = self.endpoint();
                (now["started"].as_u64() > before["started"].as_u64()).then_some(now)
            })
            .await
        }
    }

    /// Sends one request after another over one connection, until an answer ends it.
    async fn keep_asking(port: u16) -> std::io::Result<()> {
        let mut stream = BufReader::new(tokio::net::TcpStream::connect(("127.0.0.1", port)).await?);
        let request = format!("GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
        loop {
            stream.write_all(request.as_bytes()).await?;
            let (mut length, mut ends) = (0, false);
            loop {
                let mut line = String::new();
                if stream.read_line(&mut line).await? == 0 {
                    return Err(std::io::ErrorKind::UnexpectedEof.into());
                }
                let line = line.trim().to_ascii_lowercase();
                if let Some(value) = line.strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                ends |= line == "connection: close";
                if line.is_empty() {
                    break;
                }
            }
            stream.read_exact(&mut vec![0; length]).await?;
            if ends {
                return Ok(());
            }
            tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_new_program_takes_over_and_neither_a_token_nor_the_session_is_missing_for_a_moment() {
        let room = Room::without_keyring("upgrade").await;
        // Each token is renewed after two seconds, and a refresh token that is used twice ends the session.
        let op = Config { access_token_lifetime: s(2), ..Config::default() };
        let proxy = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let proxies = format!(
            "[proxies.here]\nlisten = \"{proxy}\"\nupstream = \"http://127.0.0.1:9\"\naccount = \"work\"\n"
        );
        let installed = Installed::new(&room, &proxies, op).await;
        let app = installed.start().await;
        installed.sign_in().await;
        let user = app.session("work").await["user"].clone();
        let before = installed.endpoint();
        let sign_ins = installed.provider.record().count(Endpoint::Authorization);
        // Programs also ask at the port, where a connection that is refused would be an error.
        let port = app.port();
        let refused = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&refused);
        let connecting = tokio::spawn(async move {
            loop {
                for port in [port, proxy.port()] {
                    let connected = tokio::net::TcpStream::connect(("127.0.0.1", port)).await;
                    count.fetch_add(u32::from(connected.is_err()), Ordering::SeqCst);
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        });
        let broken = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&broken);
        let keeping = tokio::spawn(async move {
            loop {
                let answered = keep_asking(port).await;
                count.fetch_add(u32::from(answered.is_err()), Ordering::SeqCst);
            }
        });
        tokio::time::sleep(s(1)).await;
        installed.install("abide-agent", &program("abide-agent"));
        let began = Instant::now();
        let mut after = None;
        while began.elapsed() < s(60) && after.is_none_or(|after: Instant| after.elapsed() < s(1)) {
            let token = installed.abide(&["token"]).await;
            assert_eq!(token.code, 0, "{token:?} {}", app.log());
            if after.is_none() && installed.endpoint()["started"].as_u64() > before["started"].as_u64() {
                after = Some(Instant::now());
            }
        }
        assert!(after.is_some(), "{}", app.log());
        let now = installed.endpoint();
        assert_eq!((&now["pid"], &now["http"]), (&before["pid"], &before["http"]));
        connecting.abort();
        keeping.abort();
        assert_eq!(
            broken.load(Ordering::SeqCst),
            0,
            "requests over a connection that is kept were not answered"
        );
        assert_eq!(refused.load(Ordering::SeqCst), 0, "connections were refused");
        let session = app.session("work").await;
        assert_eq!((&session["state"], &session["user"]), (&Value::from("active"), &user));
        assert_eq!(app.snapshot().await["warnings"], serde_json::json!([]));
        let asked = installed.provider.record().count(Endpoint::Authorization);
        assert_eq!(asked, sign_ins, "no other sign-in");
        assert!(installed.provider.record().refreshes() > 1, "tokens were renewed before and after");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn it_is_the_new_file_that_runs_with_the_same_arguments_and_a_sign_in_is_waited_for() {
        let room = Room::without_keyring("upgrade-waits").await;
        let installed = Installed::new(&room, "", Config::default()).await;
        let app = installed.start().await;
        let before = installed.endpoint();
        let (mut login, url) = installed.begin().await;
        copy_program(program("abide-agent"), installed.path("abide-agent-2"));
        let (real, proof) = (installed.path("abide-agent-2"), room.path("proof"));
        installed.install_script(
            "abide-agent",
            &format!(
                "[ \"$1\" = --can-take-over ] || echo \"$$ $# $HOME\" >>'{}'\nexec '{}' \"$@\"",
                proof.display(),
                real.display()
            ),
        );
        tokio::time::sleep(s(5)).await;
        assert_eq!(installed.endpoint()["started"], before["started"], "a sign-in is under way");
        assert!(!proof.exists());
        Visitor::default().sign_in(&url, USER, PASSWORD).await;
        assert!(login.wait().await.unwrap().success());
        let now = installed.taken_over(&before).await;
        assert_eq!(now["pid"], before["pid"]);
        let proof = std::fs::read_to_string(proof).unwrap();
        assert_eq!(proof, format!("{} 0 {}\n", app.process(), room.path("home").display()));
        assert_eq!(app.state("work", "active", s(5)).await["signing_in"], false);
        let token = installed.abide(&["token"]).await;
        assert_eq!(token.code, 0, "{token:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_older_or_broken_does_not_take_over_and_what_is_switched_off_neither() {
        let room = Room::without_keyring("upgrade-refused").await;
        let installed = Installed::new(&room, "", Config::default()).await;
        let app = installed.start().await;
        installed.sign_in().await;
        let before = installed.endpoint();
        let warning = async |words: &str| {
            eventually(words, s(15), || async {
                let snapshot = app.snapshot().await;
                let warnings = snapshot["warnings"].as_array().cloned().unwrap_or_default();
                (warnings.len() == 1 && warnings[0].as_str()?.contains(words)).then_some(())
            })
            .await;
            assert_eq!(installed.endpoint()["started"], before["started"]);
            assert_eq!(installed.abide(&["token"]).await.code, 0, "the session is there");
        };
        // A version from before the question, and one that does not read the vault.
        installed.install_script("abide-agent", "exit 2");
        warning("older version").await;
        installed.install_script("abide-agent", "echo no library >&2; exit 127");
        warning("cannot be used").await;
        let config = room.places().config_file();
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, format!("restart_after_upgrade = false\n{text}")).unwrap();
        assert_eq!(installed.abide(&["config", "reload"]).await.code, 0);
        installed.install("abide-agent", &program("abide-agent"));
        warning("restart_after_upgrade").await;
        assert_eq!(installed.endpoint()["started"], before["started"]);
    }

    /// Waits for the only warning, which contains these words.
    async fn warning(app: &App<'_>, words: &str) {
        eventually(words, s(15), || async {
            let snapshot = app.snapshot().await;
            let warnings = snapshot["warnings"].as_array().cloned().unwrap_or_default();
            (warnings.len() == 1 && warnings[0].as_str()?.contains(words)).then_some(())
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_version_that_refuses_the_configuration_does_not_take_over_until_that_is_mended() {
        let room = Room::without_keyring("upgrade-refuses").await;
        let installed = Installed::new(&room, "", Config::default()).await;
        let app = installed.start().await;
        installed.sign_in().await;
        let before = installed.endpoint();
        // A later version with another idea of the configuration.
        copy_program(program("abide-agent"), installed.path("abide-agent-2"));
        let (real, folder) = (installed.path("abide-agent-2"), room.path("later"));
        std::fs::create_dir_all(folder.join("abide")).unwrap();
        let config = std::fs::read_to_string(room.places().config_file()).unwrap();
        let later = folder.join("abide/config.toml");
        std::fs::write(&later, format!("no_longer_known = true\n{config}")).unwrap();
        installed.install_script(
            "abide-agent",
            &format!(
                "[ \"$1\" != --can-take-over ] || export XDG_CONFIG_HOME='{}'\nexec '{}' \"$@\"",
                folder.display(),
                real.display()
            ),
        );
        warning(&app, "would not start").await;
        warning(&app, "no_longer_known").await;
        assert_eq!(installed.endpoint()["started"], before["started"]);
        assert_eq!(installed.abide(&["token"]).await.code, 0, "the session is there");
        std::fs::write(&later, config).unwrap();
        assert_eq!(installed.abide(&["config", "reload"]).await.code, 0);
        installed.taken_over(&before).await;
        assert_eq!(app.snapshot().await["warnings"], serde_json::json!([]));
    }

    /// What a version answers that is asked whether it would start.
    async fn answers(room: &Room, before: &[&str], lines: &str) -> Done {
        let agent = program("abide-agent");
        let lines = format!("{lines}\nexec '{}' --can-take-over 0", agent.display());
        let words: Vec<&str> = before.iter().copied().chain(["/bin/sh", "-c", &lines]).collect();
        done(tool(room, words[0], &words[1..])).await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_version_that_could_not_write_would_not_start() {
        let room = Room::without_keyring("upgrade-cannot-write").await;
        configure(&room, &one_account("http://127.0.0.1:1", None, SESSION));
        let would = answers(&room, &[], "").await;
        assert_eq!(would.code, 0, "{would:?}");
        // A file of the record that is no part of it, and that this user cannot open.
        let record = room.places().state.join("audit");
        let stray = record.join("999999999999.jsonl");
        std::fs::create_dir_all(&record).unwrap();
        std::fs::write(&stray, "x").unwrap();
        std::fs::set_permissions(&stray, std::fs::Permissions::from_mode(0o000)).unwrap();
        if File::open(&stray).is_err() {
            let would = answers(&room, &[], "").await;
            assert_eq!(would.code, 4, "{would:?}");
            assert!(would.stdout.contains("999999999999.jsonl"), "{would:?}");
        }
        std::fs::remove_file(&stray).unwrap();
        std::fs::remove_dir(&record).unwrap();
        std::fs::write(&record, "a file").unwrap();
        let would = answers(&room, &[], "").await;
        assert_eq!(would.code, 4, "{would:?}");
        std::fs::remove_file(&record).unwrap();
        // A runtime folder without room for another file.
        let runtime = room.places().runtime;
        std::fs::create_dir_all(&runtime).unwrap();
        let full = format!(
            "mount -t tmpfs -o mode=700,size=8k none '{0}' || exit 77\nhead -c 8192 /dev/zero >'{0}/full'",
            runtime.display()
        );
        let would = answers(&room, &["unshare", "-Urm"], &full).await;
        if matches!(would.code, 1 | 77) {
            return abide_tests::skipped(
                "a_version_that_could_not_write_would_not_start",
                would.stderr.trim(),
            );
        }
        assert_eq!(would.code, 4, "{would:?}");
        assert!(would.stdout.contains("No space left"), "{would:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn when_a_version_does_not_start_after_all_the_one_before_runs_again() {
        let room = Room::without_keyring("upgrade-returns").await;
        let installed = Installed::new(&room, "", Config::default()).await;
        let app = installed.start().await;
        installed.sign_in().await;
        let before = installed.endpoint();
        // As a version does that cannot start.
        let path = installed.path("abide-agent");
        installed.install_script(
            "abide-agent",
            &format!(
                "[ \"$1\" != --can-take-over ] || {{ echo 9.9.9; exit; }}\n\
                 ABIDE_RETURNED=\"$$\n{}\nthe moon is full.\"\nexport ABIDE_RETURNED\n\
                 exec /proc/self/fd/${{ABIDE_PREDECESSOR#*:}}",
                path.display()
            ),
        );
        let now = installed.taken_over(&before).await;
        assert_eq!(now["pid"], before["pid"]);
        warning(&app, "did not start: the moon is full.").await;
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(installed.abide(&["token"]).await.code, 0);
        installed.install("abide-agent", &program("abide-agent"));
        installed.taken_over(&now).await;
        assert_eq!(app.snapshot().await["warnings"], serde_json::json!([]));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_version_that_the_system_does_not_start_leaves_the_next_one_its_turn() {
        let room = Room::without_keyring("upgrade-not-started").await;
        let installed = Installed::new(&room, "", Config::default()).await;
        let app = installed.start().await;
        installed.sign_in().await;
        let before = installed.endpoint();
        // It answers, and cannot be started afterwards.
        installed.install_script(
            "abide-agent",
            "[ \"$1\" != --can-take-over ] || { chmod 644 \"$0\"; echo 9.9.9; }",
        );
        let now = installed.taken_over(&before).await;
        assert_eq!(now["pid"], before["pid"]);
        warning(&app, "did not start: Permission denied").await;
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(installed.abide(&["token"]).await.code, 0);
        installed.install("abide-agent", &program("abide-agent"));
        installed.taken_over(&now).await;
        assert_eq!(app.snapshot().await["warnings"], serde_json::json!([]));
        assert_eq!(installed.abide(&["token"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_command_that_was_started_before_belongs_to_the_versions_after_it() {
        let room = Room::without_keyring("upgrade-earlier").await;
        let installed = Installed::new(&room, "", Config::default()).await;
        let app = installed.start().await;
        installed.sign_in().await;
        copy_program(program("abide"), installed.path("other"));
        let other = File::open(installed.path("other")).unwrap();
        std::fs::remove_file(installed.path("other")).unwrap();
        // As a process asks that was started when this was the file of `abide`.
        let may = async |file: &File| {
            let file = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
            let (mut changes, mut asks) =
                (tool(&room, &file, &["config", "reload"]), tool(&room, &file, &["token"]));
            changes.arg0("abide");
            asks.arg0("abide");
            (done(changes).await.code, done(asks).await.code)
        };
        assert_ne!(may(&other).await.0, 0, "a copy");
        let mut earlier = Vec::new();
        for _ in 0..2 {
            earlier.push(File::open(installed.path("abide")).unwrap());
            let before = installed.endpoint();
            installed.install("abide", &program("abide"));
            for file in &earlier {
                assert_eq!(may(file).await, (0, 0), "before the agent is replaced too: {}", app.log());
            }
            installed.install("abide-agent", &program("abide-agent"));
            installed.taken_over(&before).await;
            for file in &earlier {
                assert_eq!(may(file).await, (0, 0), "{}", app.log());
            }
            assert_ne!(may(&other).await.0, 0, "a copy");
        }
        assert_eq!(installed.abide(&["config", "reload"]).await.code, 0);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_version_that_cannot_start_becomes_the_one_before() {
        let room = Room::without_keyring("upgrade-cannot-start").await;
        configure(&room, "no_longer_known = true\n");
        // Shows what it gets.
        let before = std::fs::canonicalize("/usr/bin/env").unwrap();
        let lines = format!(
            "exec 7<'{}'; ABIDE_PREDECESSOR=$$:7; export ABIDE_PREDECESSOR; exec '{}'",
            before.display(),
            program("abide-agent").display()
        );
        let started = done(tool(&room, "/bin/sh", &["-c", &lines])).await;
        assert_eq!(started.code, 0, "{started:?}");
        assert!(started.stdout.contains("ABIDE_RETURNED="), "{started:?}");
        assert!(started.stdout.contains("no_longer_known"), "{started:?}");
        assert!(!started.stdout.contains("ABIDE_PREDECESSOR="), "{started:?}");
    }

    /// What an earlier program has left is open before the program begins, and could be taken from a process that others can look into
    /// (`pidfd_getfd`).
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_program_is_closed_to_others_whatever_it_does() {
        let name = "a_program_is_closed_to_others_whatever_it_does";
        if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
            return abide_tests::skipped(name, "root sees every program");
        }
        let room = Room::without_keyring("upgrade-closed").await;
        let port = abide_tests::free_port().to_string();
        let running = room.start(program("abide-agent"), &["demo", port.as_str()]);
        eventually("the demo", s(15), || async { running.output().contains("running at").then_some(()) })
            .await;
        let descriptors = std::fs::read_dir(format!("/proc/{}/fd", running.id()));
        assert_eq!(descriptors.unwrap_err().kind(), std::io::ErrorKind::PermissionDenied);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_left_to_a_program_is_not_left_to_the_programs_that_it_starts() {
        let room = Room::without_keyring("upgrade-environment").await;
        let file = room.path("environment");
        let browser = format!(
            "browser = [\"/bin/sh\", \"-c\", \"env >'{0}.new'; mv '{0}.new' '{0}'\"]",
            file.display()
        );
        let installed = Installed::new(&room, &browser, Config::default()).await;
        let lines = format!(
            "for name in APPIMAGE APPIMAGE_OPTION LISTENERS PREDECESSOR RETURNED EARLIER; do export ABIDE_$name=left; done; exec '{}' agent",
            installed.path("abide").display()
        );
        let app = App::answering(&room, room.start("/bin/sh", &["-c", &lines])).await;
        let mut login = tool(&room, installed.path("abide"), &["login"]).spawn().unwrap();
        let environment =
            eventually("the browser", s(15), || async { std::fs::read_to_string(&file).ok() }).await;
        let left: Vec<&str> = environment.lines().filter(|line| line.ends_with("=left")).collect();
        assert_eq!(left, Vec::<&str>::new());
        login.kill().await.unwrap();
        drop(app);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_tray_application_makes_way_and_the_new_one_gets_the_link_of_a_second_start() {
        let desktop = Desktop::start("upgrade-desktop", Look::Light).await;
        let room = desktop.room();
        let installed = Installed::new(room, "", Config::default()).await;
        installed.install("abide-desktop", &program("abide-desktop"));
        let started = room.start::<&str>(installed.path("abide-desktop"), &[]);
        let app = App::answering(room, started).await;
        installed.sign_in().await;
        let before = installed.endpoint();
        installed.install("abide-desktop", &program("abide-desktop"));
        let now = installed.taken_over(&before).await;
        assert_eq!(now["pid"], before["pid"]);
        assert_eq!(app.session("work").await["state"], "active");
        Tray::of(app.process(), room.bus()).await;

        let link = "abide:add?issuer=https%3A%2F%2Fid.example.com&client_id=abide";
        let second = done(tool(room, installed.path("abide-desktop"), &[link])).await;
        assert_eq!(second.code, 0, "{second:?}");
        desktop.window("Abide", s(20)).await;
        let accounts = app.snapshot().await["accounts"].as_array().map(Vec::len);
        assert_eq!(accounts, Some(1), "nothing is added by a link");
        // Something may be half typed in an open window.
        installed.install("abide-desktop", &program("abide-desktop"));
        tokio::time::sleep(s(6)).await;
        assert_eq!(installed.endpoint()["started"], now["started"]);
    }
}

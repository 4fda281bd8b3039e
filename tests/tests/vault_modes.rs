//! The ways of storing sessions, and failures of a keyring or a disk.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_ways_of_keeping() {
    abide_tests::skipped("vault_modes", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod ways_of_keeping {
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};
    use std::process::Stdio;
    use std::time::Instant;

    use abide_demo_op::{Config, DemoOp, Outcome};
    use abide_tests::app::{App, abide, configure, one_account};
    use abide_tests::login::{sign_in, sign_in_to};
    use abide_tests::owned::Owned;
    use abide_tests::room::Room;
    use abide_tests::{eventually, program, s};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";
    const PASSPHRASE: &str = "correct horse battery staple";
    /// The password of the room's keyring.
    const KEYRING: &[u8] = b"the keyring of a test";

    async fn provider() -> DemoOp {
        DemoOp::start(Config::default()).await.unwrap()
    }

    /// One account, and this under `[vault]`.
    fn kept(room: &Room, provider: &DemoOp, vault: &str) {
        configure(room, &format!("{}\n[vault]\n{vault}\n", one_account(provider.issuer(), None, SESSION)));
    }

    fn private_file(room: &Room, name: &str, content: &str) -> PathBuf {
        let file = room.path(name);
        std::fs::write(&file, content).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
        file
    }

    /// The files in the folder of the vault, except those that every agent writes anew.
    fn vault_files(room: &Room) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<_> = std::fs::read_dir(room.places().state)
            .unwrap()
            .map(|file| file.unwrap())
            .map(|file| (file.file_name().into_string().unwrap(), file.path()))
            .filter(|(name, _)| name.starts_with("vault."))
            .map(|(name, path)| (name, std::fs::read(path).unwrap()))
            .collect();
        files.sort();
        files
    }

    /// The output of an agent that does not start.
    async fn refused(room: &Room) -> String {
        let done = tokio::time::timeout(s(50), abide(room, &["agent"])).await.expect("an end");
        assert_eq!(done.code, 1, "{done:?}");
        assert!(!done.stderr.contains("panicked"), "{done:?}");
        done.stderr
    }

    async fn line_of_doctor(app: &App<'_>) -> String {
        let page = app.abide(&["doctor"]).await.stdout;
        page.lines().find(|line| line.contains("  vault ")).unwrap_or_else(|| panic!("{page}")).to_owned()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn with_a_passphrase_the_session_outlives_a_crash_and_no_other_passphrase_opens_it() {
        let room = Room::without_keyring("vault-passphrase").await;
        let provider = provider().await;
        let file = private_file(&room, "passphrase", &format!("{PASSPHRASE}\n"));
        kept(&room, &provider, &format!("mode = \"passphrase\"\npassphrase_file = \"{}\"", file.display()));
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        assert_eq!(app.snapshot().await["warnings"], serde_json::json!([]), "nothing is the matter");
        assert!(line_of_doctor(&app).await.ends_with("sealed with a passphrase"));
        app.kill();
        drop(app);
        for (name, content) in vault_files(&room) {
            assert!(!content.windows(7).any(|window| window == b"battery"), "{name}");
        }

        let before = vault_files(&room);
        std::fs::write(&file, "correct horse battery stable\n").unwrap();
        let said = refused(&room).await;
        assert!(said.contains("not the passphrase") && !said.contains("stable"), "{said}");
        assert_eq!(vault_files(&room), before, "nothing was touched");

        std::fs::write(&file, PASSPHRASE).unwrap();
        let app = App::headless(&room).await;
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(app.abide(&["token"]).await.code, 0);
        drop(app);

        // A file that others can read is refused.
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let said = refused(&room).await;
        assert!(said.contains("Others can read") && said.contains("chmod 600"), "{said}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_passphrase_comes_through_a_descriptor_or_from_systemd_and_is_in_no_argument_and_no_variable() {
        let mut room = Room::without_keyring("vault-passphrase-ways").await;
        let provider = provider().await;
        kept(&room, &provider, "mode = \"passphrase\"");
        let said = refused(&room).await;
        assert!(said.contains("--passphrase-fd") && said.contains("passphrase_file"), "{said}");

        let through_a_pipe = |room: &Room| -> Owned {
            let mut agent =
                room.start_with(program("abide"), &["agent", "--passphrase-fd", "0"], |command| {
                    command.stdin(Stdio::piped());
                });
            let mut input = agent.input().expect("its standard input");
            input.write_all(PASSPHRASE.as_bytes()).unwrap();
            agent
        };
        let mut app = App::answering(&room, through_a_pipe(&room)).await;
        sign_in(&room).await;
        // Its user cannot read its environment: `as_root.rs` checks that.
        let arguments = std::fs::read(format!("/proc/{}/cmdline", app.process())).unwrap();
        assert!(!arguments.windows(7).any(|window| window == b"battery") && !arguments.is_empty());
        app.kill();
        drop(app);

        kept(&room, &provider, "mode = \"passphrase\"\npassphrase_credential = \"abide\"");
        let said = refused(&room).await;
        assert!(said.contains("CREDENTIALS_DIRECTORY"), "{said}");
        let credentials = room.path("credentials");
        std::fs::create_dir(&credentials).unwrap();
        std::fs::write(credentials.join("abide"), PASSPHRASE).unwrap();
        room.set("CREDENTIALS_DIRECTORY", credentials.to_str().unwrap());
        let app = App::headless(&room).await;
        assert_eq!(app.session("work").await["state"], "active", "it is the same vault");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn in_memory_nothing_reaches_disk_or_keyring_and_the_user_is_told() {
        let room = Room::with_keyring("vault-memory-wanted").await;
        let provider = provider().await;
        kept(&room, &provider, "mode = \"memory\"");
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        assert_eq!(app.abide(&["token"]).await.code, 0);
        let status = app.abide(&["status"]).await.stdout;
        assert!(status.contains("in memory only"), "{status}");
        assert!(line_of_doctor(&app).await.starts_with("warn"));
        assert_eq!(vault_files(&room), [("vault.lock".to_owned(), Vec::new())]);
        let entries = room.start("secret-tool", &["search", "--all", "service", "Abide"]);
        let entries = ended(entries).await;
        assert!(!entries.contains("label"), "{entries}");
        app.kill();
        drop(app);
        let app = App::headless(&room).await;
        assert_eq!(app.abide(&["token"]).await.code, 3);
    }

    async fn ended(program: Owned) -> String {
        let program = std::cell::RefCell::new(program);
        eventually("its end", s(10), || async { program.borrow_mut().ended() }).await;
        program.into_inner().output()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_keyring_that_is_wanted_and_not_there_is_an_error_that_names_the_other_ways() {
        let room = Room::without_keyring("vault-keyring-wanted").await;
        let provider = provider().await;
        kept(&room, &provider, "mode = \"keyring\"");
        let said = refused(&room).await;
        for word in ["No keyring", "\"passphrase\"", "\"memory\"", "[vault]"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        // Without a configured way, the agent runs and explains the choice.
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let status = app.abide(&["status"]).await.stdout;
        for word in ["in memory only", "\"passphrase\"", "[vault]"] {
            assert!(status.contains(word), "{word}: {status}");
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_keyring_that_hangs_is_given_up_after_half_a_minute() {
        let room = Room::without_keyring("vault-hanging").await;
        let provider = provider().await;
        kept(&room, &provider, "mode = \"keyring\"");
        // A program owns the keyring's name and never answers.
        let silent = room.new_connection().await.expect("a connection");
        silent.request_name("org.freedesktop.secrets").await.unwrap();
        let since = Instant::now();
        let said = refused(&room).await;
        let waited = since.elapsed();
        assert!(said.contains("did not answer within") && said.contains("\"memory\""), "{said}");
        assert!(waited > s(15) && waited < s(45), "{waited:?}");
    }

    /// The room's keyring, unlocked or locked.
    async fn keyring(room: &Room, unlocked: bool) -> Owned {
        let mut arguments = vec!["--components=secrets", "--foreground"];
        if unlocked {
            arguments.push("--unlock");
        }
        let mut keyring = room.start_with("gnome-keyring-daemon", &arguments, |command| {
            command.stdin(Stdio::piped());
        });
        let mut input = keyring.input().expect("its standard input");
        input.write_all(if unlocked { KEYRING } else { b"" }).unwrap();
        drop(input);
        room.bus_name("org.freedesktop.secrets").await;
        keyring
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_keyring_that_vanishes_or_is_locked_loses_nothing() {
        let room = Room::without_keyring("vault-vanishing").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let open = keyring(&room, true).await;
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        assert!(line_of_doctor(&app).await.contains("keyring"));

        drop(open);
        let before = provider.record().refreshes();
        assert_eq!(app.abide(&["keep"]).await.code, 0);
        eventually("a refresh", s(10), || async { (provider.record().refreshes() > before).then_some(()) })
            .await;
        assert_eq!(app.abide(&["token"]).await.code, 0, "the key is needed at the start only");
        app.kill();
        drop(app);

        let sealed = |room: &Room| {
            vault_files(room).into_iter().filter(|(name, _)| name != "vault.lock").collect::<Vec<_>>()
        };
        let before = sealed(&room);
        let locked = keyring(&room, false).await;
        let mut app = App::headless(&room).await;
        let status = app.abide(&["status"]).await.stdout;
        assert!(status.contains("locked or does not answer"), "{status}");
        assert_eq!(app.abide(&["token"]).await.code, 3);
        app.kill();
        drop(app);
        drop(locked);
        assert_eq!(sealed(&room), before, "it is not known that the key is lost, so nothing is thrown away");

        let _open = keyring(&room, true).await;
        let app = App::headless(&room).await;
        assert_eq!(app.session("work").await["state"], "active");
        assert_eq!(app.abide(&["token"]).await.code, 0);
    }

    /// Unlocks the running keyring without a dialog, as only gnome-keyring can.
    async fn unlock(room: &Room) {
        const COLLECTION: &str = "/org/freedesktop/secrets/aliases/default";
        let (service, path) = ("org.freedesktop.secrets", "/org/freedesktop/secrets");
        let plain = ("plain", zbus::zvariant::Value::from(""));
        let opened = room.bus().call_method(
            Some(service),
            path,
            Some("org.freedesktop.Secret.Service"),
            "OpenSession",
            &plain,
        );
        let opened = opened.await.unwrap();
        let body = opened.body();
        let (_, session): (zbus::zvariant::Value<'_>, zbus::zvariant::ObjectPath<'_>) =
            body.deserialize().unwrap();
        let collection = zbus::zvariant::ObjectPath::try_from(COLLECTION).unwrap();
        let asked = (collection, (session, Vec::<u8>::new(), KEYRING.to_vec(), "text/plain"));
        let interface = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface";
        let unlocked =
            room.bus().call_method(Some(service), path, Some(interface), "UnlockWithMasterPassword", &asked);
        unlocked.await.unwrap();
    }

    /// At many log-ins the keyring is unlocked after the programs have started.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_keyring_that_is_unlocked_later_is_used_without_a_restart() {
        let room = Room::without_keyring("vault-unlocked-later").await;
        let provider = provider().await;
        let home = format!("[accounts.home]\nissuer = \"{}\"\nclient_id = \"abide\"\n", provider.issuer());
        configure(&room, &format!("{}{home}", one_account(provider.issuer(), None, SESSION)));
        let open = keyring(&room, true).await;
        let mut app = App::headless(&room).await;
        sign_in_to(&room, "work").await;
        app.kill();
        drop(app);
        drop(open);

        let _keyring = keyring(&room, false).await;
        let mut app = App::headless(&room).await;
        assert_eq!(app.session("work").await["state"], "signed_out");
        assert!(line_of_doctor(&app).await.starts_with("warn"));
        sign_in_to(&room, "home").await;
        unlock(&room).await;
        eventually("the keyring to be used", s(40), || async {
            line_of_doctor(&app).await.contains("keyring").then_some(())
        })
        .await;
        assert_eq!(app.snapshot().await["warnings"], serde_json::json!([]), "nothing is the matter");
        for account in ["work", "home"] {
            assert_eq!(app.session(account).await["state"], "active", "{account}");
            assert_eq!(app.abide(&["token", "--account", account]).await.code, 0, "{account}");
        }
        app.kill();
        drop(app);
        let app = App::headless(&room).await;
        for account in ["work", "home"] {
            assert_eq!(app.session(account).await["state"], "active", "{account}");
            assert_eq!(app.abide(&["keep", "--account", account]).await.code, 0, "{account}");
        }
        let refused = provider.record().entries();
        let refused = refused.iter().filter(|entry| entry.is_refresh() && entry.outcome != Outcome::Ok);
        assert_eq!(refused.count(), 0, "no token was sent twice");
    }

    /// From now on no file of the process may become larger: as on a full disk, writes fail half-way.
    async fn full_disk(app: &App<'_>, room: &Room, most: &str) {
        let process = app.process().to_string();
        let limit = format!("--fsize={most}:unlimited");
        let said = ended(room.start("prlimit", &["--pid", &process, &limit])).await;
        assert_eq!(said, "");
    }

    fn largest(folder: &Path) -> u64 {
        std::fs::metadata(folder.join("vault.abide")).unwrap().len()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_disk_that_is_full_when_the_new_token_comes_does_not_cost_the_session() {
        let room = Room::with_keyring("vault-full").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let abide = program("abide");
        let words = ["-c", "trap '' XFSZ; exec \"$0\" agent", abide.to_str().unwrap()];
        let mut app = App::answering(&room, room.start("sh", &words)).await;
        sign_in(&room).await;
        // There is room for the journal, but not for the vault.
        let state = room.places().state;
        let journal = std::fs::metadata(state.join("vault.journal")).map_or(0, |file| file.len());
        let most = largest(&state) - 200;
        assert!(journal + 600 < most, "{journal} {most}");
        full_disk(&app, &room, &most.to_string()).await;
        let granted = || {
            let entries = provider.record().entries();
            entries.iter().filter(|entry| entry.is_refresh() && entry.outcome == Outcome::Ok).count()
        };
        let before = granted();
        assert_eq!(app.abide(&["keep"]).await.code, 0);
        let session = eventually("the trouble to be told", s(15), || async {
            Some(app.session("work").await).filter(|session| session["last_error_code"] == "vault_storage")
        })
        .await;
        assert_eq!(session["state"], "active", "{session}");
        assert!(session["last_error"].as_str().unwrap().contains("Free some space"), "{session}");
        assert!(granted() > before, "the provider has exchanged the token");

        full_disk(&app, &room, "unlimited").await;
        eventually("a refresh that is written down", s(60), || async {
            app.abide(&["keep"]).await;
            app.session("work").await["last_error_code"].is_null().then_some(())
        })
        .await;
        // The last `keep` may have begun another one: killed in the middle of it, the session would be lost (crash-safety.md).
        eventually("no refresh to be under way", s(20), || async {
            let before = granted();
            tokio::time::sleep(s(1)).await;
            (granted() == before).then_some(())
        })
        .await;
        let refused = provider.record().entries();
        let refused = refused.iter().filter(|entry| entry.is_refresh() && entry.outcome != Outcome::Ok);
        let refused: Vec<_> = refused.collect();
        assert!(refused.is_empty(), "no token was sent twice: {refused:?}");
        app.kill();
        drop(app);
        let app = App::headless(&room).await;
        assert_eq!(app.abide(&["token"]).await.code, 0);
    }
}

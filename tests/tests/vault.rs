//! The stored session: sealed, found again after a crash, gone after a sign-out.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn the_vault() {
    abide_tests::skipped("vault", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod vault {
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::{Path, PathBuf};

    use abide_demo_op::{Config, DemoOp, Endpoint, Outcome, fingerprint};
    use abide_tests::app::{App, abide, configure, one_account};
    use abide_tests::login::sign_in;
    use abide_tests::room::Room;
    use abide_tests::{eventually, s};

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    async fn provider() -> DemoOp {
        DemoOp::start(Config::default()).await.unwrap()
    }

    /// Every file below these folders.
    fn files(folders: &[&Path]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut open: Vec<PathBuf> = folders.iter().map(|folder| folder.to_path_buf()).collect();
        while let Some(folder) = open.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
                match entry.file_type() {
                    Ok(kind) if kind.is_dir() => open.push(entry.path()),
                    Ok(kind) if kind.is_file() => found.push(entry.path()),
                    _ => {}
                }
            }
        }
        found
    }

    /// Every sequence of characters in the room's files that could be a token.
    fn words_in_files(room: &Room) -> Vec<String> {
        let folders: Vec<PathBuf> = ["state", "config", "run", "cache", "data", "home", "logs", "tmp"]
            .map(|name| room.path(name))
            .to_vec();
        let folders: Vec<&Path> = folders.iter().map(PathBuf::as_path).collect();
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.~+/".contains(byte);
        files(&folders)
            .iter()
            .filter_map(|file| std::fs::read(file).ok())
            .flat_map(|bytes| {
                let words = bytes.split(|byte| !is_part(byte)).filter(|word| word.len() >= 16);
                words.map(|word| String::from_utf8_lossy(word).into_owned()).collect::<Vec<_>>()
            })
            .collect()
    }

    async fn keep(room: &Room, provider: &DemoOp) {
        let (before, token) = (provider.record().refreshes(), abide(room, &["token"]).await.stdout);
        assert_eq!(abide(room, &["keep"]).await.code, 0);
        eventually("a refresh", s(10), || async { (provider.record().refreshes() > before).then_some(()) })
            .await;
        // The new refresh token is on the disk before the new access token is handed out; before that a crash may lose it.
        eventually("the new token", s(10), || async {
            (abide(room, &["token"]).await.stdout != token).then_some(())
        })
        .await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_file_holds_a_token_and_a_crash_loses_none() {
        let room = Room::with_keyring("vault-sealed").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        keep(&room, &provider).await;
        let access_token = abide(&room, &["token"]).await.stdout;
        let words = words_in_files(&room);
        assert!(words.len() > 3, "there is something to look through");
        assert!(words.iter().all(|word| !word.contains(&access_token)), "no file holds the access token");
        let vault = files(&[&room.places().state]);
        assert!(!vault.is_empty(), "something is kept");
        for file in &vault {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o077, 0, "{}", file.display());
        }

        app.kill();
        drop(app);
        let app = App::headless(&room).await;
        assert_eq!(app.session("work").await["state"], "active", "signed in again without a question");
        assert_eq!(provider.record().count(Endpoint::Authorization), 1);

        // The provider knows the stored refresh token by its fingerprint, once it is used.
        let earlier = provider.record().refreshes();
        assert_eq!(abide(&room, &["token"]).await.code, 0, "what was at rest is good");
        let entries = provider.record().entries();
        let used = entries.iter().filter(|entry| entry.is_refresh()).nth(earlier).unwrap();
        let used = used.parameter("refresh_token");
        assert!(!used.is_empty());
        assert!(words.iter().all(|word| fingerprint(word) != used), "no file held the refresh token");
        keep(&room, &provider).await;
        assert_eq!(
            abide(&room, &["token"]).await.code,
            0,
            "the rotation of tokens continues after the crash"
        );
        keep(&room, &provider).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_sign_out_leaves_nothing_to_come_back_with() {
        let room = Room::with_keyring("vault-sign-out").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        assert_eq!(app.abide(&["logout"]).await.code, 0);
        provider
            .record()
            .wait_for(|entries| entries.iter().any(|entry| entry.endpoint == Endpoint::Revocation), s(5))
            .await
            .unwrap();
        app.kill();
        drop(app);
        let app = App::headless(&room).await;
        let state = app.session("work").await["state"].clone();
        assert!(state == "ended" || state == "signed_out", "{state}");
        assert_eq!(app.abide(&["token"]).await.code, 3);
        // The process that notified the provider tested once that the session has ended there.
        let granted = |entry: &&abide_demo_op::Entry| entry.is_refresh() && entry.outcome == Outcome::Ok;
        assert_eq!(provider.record().entries().iter().filter(granted).count(), 0, "nothing was left to use");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_session_of_another_client_is_set_aside_and_revoked() {
        let room = Room::with_keyring("vault-set-aside").await;
        let provider = provider().await;
        let config = one_account(provider.issuer(), None, SESSION);
        configure(&room, &config);
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        app.kill();
        drop(app);

        configure(&room, &config.replace("client_id = \"abide\"", "client_id = \"another\""));
        let app = App::headless(&room).await;
        let session = app.session("work").await;
        assert_eq!(
            (session["state"].as_str(), session["last_error_code"].as_str()),
            (Some("signed_out"), Some("session_set_aside"))
        );
        let accounts = app.abide(&["doctor"]).await.stdout;
        let accounts = accounts.lines().find(|line| line.contains("accounts")).unwrap().to_owned();
        assert!(accounts.contains("set it aside"), "{accounts}");
        let revoked = |entry: &abide_demo_op::Entry| {
            entry.endpoint == Endpoint::Revocation && entry.outcome == Outcome::Ok
        };
        provider.record().wait_for(|entries| entries.iter().any(revoked), s(10)).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn without_a_keyring_the_session_lives_in_memory_and_this_is_said() {
        let room = Room::without_keyring("vault-memory").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        assert_eq!(app.abide(&["token"]).await.code, 0);
        let warnings = app.snapshot().await["warnings"].to_string();
        assert!(warnings.contains("keyring"), "{warnings}");
        let token = app.abide(&["token"]).await.stdout;
        assert!(words_in_files(&room).iter().all(|word| !word.contains(&token)));
        app.kill();
        drop(app);
        let app = App::headless(&room).await;
        assert_eq!(app.abide(&["token"]).await.code, 3, "nothing was kept, not signed in");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn one_agent_has_the_vault() {
        let room = Room::with_keyring("vault-one").await;
        let provider = provider().await;
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let second =
            tokio::time::timeout(s(15), abide(&room, &["agent"])).await.expect("a second agent ends");
        assert!(!second.stderr.contains("panicked"), "{}", second.stderr);
        assert_eq!(app.session("work").await["state"], "signed_out", "the first still runs");
    }
}

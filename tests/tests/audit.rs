//! The record, and the configuration that is read again: as a person and an administrator see them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn audit() {
    abide_tests::skipped("audit", "the keyring of the tests is a Linux program");
}

#[cfg(target_os = "linux")]
mod audit {
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use abide_demo_op::{Config, DemoOp};
    use abide_tests::app::{App, abide, abide_at_terminal, configure, one_account};
    use abide_tests::login::{Login, sign_in, sign_in_to};
    use abide_tests::room::Room;
    use abide_tests::{eventually, s};
    use serde_json::Value;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    fn files(room: &Room) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(room.places().state.join("audit"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        files.sort();
        files
    }

    async fn recorded(room: &Room) -> Vec<Value> {
        let done = abide(room, &["audit", "show", "--last", "10000", "--json"]).await;
        assert_eq!(done.code, 0, "{done:?}");
        done.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    async fn verified(room: &Room) -> (i32, Value) {
        let done = abide(room, &["audit", "verify", "--json"]).await;
        (done.code, serde_json::from_str(&done.stdout).unwrap_or_default())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_sign_in_that_another_replaces_ends_and_is_no_fault() {
        let room = Room::with_keyring("audit-replaced").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        let first = Login::begin(&room).await;
        let second = Login::begin(&room).await;
        let replaced = first.end().await;
        assert!(replaced.code == 1 && replaced.stderr.contains("Another sign-in"), "{replaced:?}");
        assert_eq!(abide(&room, &["logout"]).await.code, 0);
        assert_ne!(second.end().await.code, 0);
        let log = app.log();
        assert!(!log.contains("the sign-in did not succeed"), "{log}");
        // Its end is in the record with what came before.
        app.quit().await;
        let _app = App::headless(&room).await;
        let lines = recorded(&room).await;
        let failed = lines.iter().filter(|line| line["event"] == "sign_in.failed");
        let reasons: Vec<&str> = failed.map(|line| line["reason"].as_str().unwrap()).collect();
        assert_eq!(reasons, ["replaced", "cancelled"], "{lines:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_decided_is_recorded_and_a_removed_end_is_found() {
        let room = Room::with_keyring("audit").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        assert_eq!(abide(&room, &["token"]).await.code, 3);
        sign_in(&room).await;
        let token = abide(&room, &["token"]).await.stdout;
        assert_eq!(abide(&room, &["token", "--scope", "openid"]).await.code, 0);
        assert_eq!(abide(&room, &["keep"]).await.code, 0);
        assert_eq!(abide_at_terminal(&room, &["clients", "allow", "ci"]).await.code, 0);
        assert_eq!(abide(&room, &["clients", "revoke", "ci"]).await.code, 0);
        // A program that nobody has allowed.
        let socket = room.places().socket();
        let curl = ["-sS", "--unix-socket", socket.to_str().unwrap(), "http://localhost/v1/token"];
        let refused = tokio::process::Command::new("curl").args(curl).output().await.unwrap();
        let refused = String::from_utf8(refused.stdout).unwrap();
        assert!(refused.contains("consent_required"), "{refused}");
        assert_eq!(abide(&room, &["logout"]).await.code, 0);
        let described = app.socket().request("GET", "/openapi.json", &["Host: localhost"], "").await.unwrap();
        assert_eq!((described.status, &described.json()["openapi"]), (200, &"3.1.0".into()));

        let (code, report) = verified(&room).await;
        assert!(code == 0 && report["sealed"] == report["last"], "{report}");
        let lines = recorded(&room).await;
        let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        let mut wanted = [
            "agent.started",
            "token.refused",
            "sign_in.begun",
            "session.began",
            "token.served",
            "token.served",
            "session.kept",
            "grant.given",
            "grant.revoked",
            "token.refused",
            "session.ended",
        ]
        .into_iter()
        .peekable();
        for event in &events {
            wanted.next_if(|next| next == event);
        }
        assert_eq!(wanted.next(), None, "in this order, among others: {events:?}");
        let served = lines.iter().find(|line| line["event"] == "token.served").unwrap();
        assert_eq!((&served["account"], &served["caller"]["kind"]), (&"work".into(), &"owner".into()));
        assert_eq!(served["token"].as_str().unwrap().len(), 32, "a fingerprint");
        let stranger = lines.iter().rfind(|line| line["event"] == "token.refused").unwrap();
        assert_eq!(
            (&stranger["reason"], &stranger["caller"]["kind"]),
            (&"consent_required".into(), &"program".into())
        );
        for file in files(&room) {
            assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
            assert!(!std::fs::read_to_string(file).unwrap().contains(&token));
        }
        app.quit().await;

        // The end is removed while Abide does not run. The seal in the vault outlives that, and the gap stays visible.
        let file = files(&room).pop().unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        let kept: Vec<&str> = text.split_inclusive('\n').collect();
        std::fs::write(&file, kept[..kept.len() - 2].concat()).unwrap();
        let _app = App::headless(&room).await;
        let (code, report) = verified(&room).await;
        let findings = report["findings"].to_string();
        assert!(
            code == 1 && findings.contains("lines_missing") && findings.contains("broken_at_start"),
            "{report}"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_crash_in_the_middle_looks_like_no_forgery() {
        let room = Room::with_keyring("audit-crash").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let mut app = App::headless(&room).await;
        sign_in(&room).await;
        for round in 0..3 {
            let load = async {
                while app.socket().request("GET", "/v1/token", &["Host: localhost"], "").await.is_some() {}
            };
            let _ = tokio::time::timeout(std::time::Duration::from_millis(700), load).await;
            app.kill();
            drop(app);
            let (code, report) = verified(&room).await;
            assert_eq!(code, 0, "round {round}: {report}");
            app = App::headless(&room).await;
            let (code, report) = verified(&room).await;
            assert_eq!(code, 0, "round {round}, after the start: {report}");
        }
        // Half a line, as a crash in the middle of a write leaves it.
        app.kill();
        drop(app);
        let file = files(&room).pop().unwrap();
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str("{\"n\":9");
        std::fs::write(&file, text).unwrap();
        assert_eq!(verified(&room).await.0, 0);
        let _app = App::headless(&room).await;
        let (code, report) = verified(&room).await;
        assert_eq!((code, &report["lost_bytes"]), (0, &6.into()), "{report}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_changed_configuration_is_taken_over_and_a_bad_one_changes_nothing() {
        let room = Room::with_keyring("reload").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let good = one_account(provider.issuer(), None, SESSION);
        configure(&room, &good);
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let session = || app.session("work");

        configure(&room, &good.replace("\"15m\"", "\"14m\""));
        eventually("the other idle time", s(2), || async {
            (session().await["lifetime"] == 840).then_some(())
        })
        .await;
        assert_eq!(session().await["state"], "active", "the session goes on");

        // A second account, and the file replaced as an editor does it.
        let file = room.places().config_file();
        let two =
            format!("{good}\n[accounts.lab]\nissuer = \"{}\"\nclient_id = \"abide\"\n", provider.issuer());
        let other = file.with_extension("new");
        std::fs::write(&other, &two).unwrap();
        std::fs::rename(&other, &file).unwrap();
        eventually("the second account", s(2), || async {
            (app.session("lab").await["state"] == "signed_out").then_some(())
        })
        .await;

        configure(
            &room,
            &two.replace("client_id = \"abide\"\n\n", "client_id = 7\n\n")
                .replace("[accounts.lab]", "[accounts.lab]\nnosuch = 1"),
        );
        eventually("a warning with the place", s(2), || async {
            let warnings = app.snapshot().await["warnings"].to_string();
            (warnings.contains("config.toml:") && warnings.contains("keeps the settings")).then_some(())
        })
        .await;
        assert_eq!(app.session("lab").await["state"], "signed_out", "the running settings stay");
        assert_eq!(session().await["lifetime"], 900);
        let refused = abide(&room, &["config", "reload"]).await;
        assert_ne!(refused.code, 0, "{refused:?}");

        configure(&room, &good);
        eventually("the account to go, and the warning too", s(4), || async {
            let snapshot = app.snapshot().await;
            let gone = snapshot["accounts"].as_array().unwrap().len() == 1;
            (gone && !snapshot["warnings"].to_string().contains("config.toml:")).then_some(())
        })
        .await;
        assert_eq!(session().await["state"], "active");
        let reloaded = abide(&room, &["config", "reload", "--json"]).await;
        assert_eq!(reloaded.code, 0, "{reloaded:?}");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_policy_holds_and_a_bad_one_starts_nothing() {
        let mut room = Room::with_keyring("policy").await;
        let policy = room.path("policy.toml");
        room.set("ABIDE_TEST_POLICY", policy.to_str().unwrap());
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let locked = "[locked.account.session]\nend_after = \"20m\"\n";
        let shipped = format!(
            "{locked}[default.accounts.shipped]\nissuer = \"{}\"\nclient_id = \"abide\"\n",
            provider.issuer()
        );
        std::fs::write(&policy, "[locked.account.session]\nend_after = 20\n").unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let refused = abide(&room, &["agent"]).await;
        assert!(refused.code != 0 && refused.stderr.contains("policy.toml:2:13"), "{refused:?}");

        std::fs::write(&policy, &shipped).unwrap();
        let app = App::headless(&room).await;
        assert_eq!(app.session("shipped").await["state"], "signed_out");
        sign_in_to(&room, "work").await;
        assert_eq!(app.session("work").await["lifetime"], 1200, "not what config.toml says");
        let checked = abide(&room, &["config", "check", "--json"]).await;
        assert!(
            checked.code == 0 && checked.stdout.contains("accounts.work.session.end_after"),
            "{checked:?}"
        );
        let refused = abide(&room, &["accounts", "remove", "shipped"]).await;
        assert!(refused.code != 0 && refused.stderr.contains("policy.toml"), "{refused:?}");

        std::fs::write(&policy, shipped.replace("20m", "25m")).unwrap();
        eventually("the changed policy", s(2), || async {
            (app.session("work").await["lifetime"] == 1500).then_some(())
        })
        .await;
        // A program that the user has allowed: the test itself, behind `abide`.
        assert_eq!(abide(&room, &["token", "--account", "work"]).await.code, 0);
        let this = std::env::current_exe().and_then(std::fs::canonicalize).unwrap();
        let forbids = format!("[[forbid]]\npath = \"{}\"\n", this.display());
        std::fs::write(&policy, shipped.replace("20m", "25m") + &forbids).unwrap();
        eventually("the program to be forbidden", s(2), || async {
            let refused = abide(&room, &["token", "--account", "work"]).await;
            (refused.code == 4 && refused.stderr.contains("administrator")).then_some(())
        })
        .await;
        std::fs::write(&policy, "locked = 7\n").unwrap();
        eventually("a warning", s(2), || async {
            app.snapshot().await["warnings"].to_string().contains("policy.toml:1:").then_some(())
        })
        .await;
        assert_eq!(app.session("work").await["lifetime"], 1500, "the policy that was read before holds");
    }
}

//! Secrets are only where they are used: every secret between Abide and a provider is searched for in the log, the files,
//! the arguments and the environment of every program. In memory: `as_root.rs`.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(target_os = "linux")]
#[path = "secrets/needles.rs"]
mod needles;
#[cfg(target_os = "linux")]
#[path = "secrets/walk.rs"]
mod walk;

#[cfg(not(target_os = "linux"))]
#[test]
fn the_secrets() {
    abide_tests::skipped("secrets", "what is looked through is in /proc");
}

#[cfg(target_os = "linux")]
mod secrets {
    use std::io::ErrorKind;

    use abide_tests::app::App;
    use abide_tests::room::Room;

    use crate::needles::Processes;
    use crate::walk::{Walk, contains};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_secret_is_anywhere_but_where_it_is_used() {
        let mut room = Room::with_keyring("secrets").await;
        let walk = Walk::prepare(&mut room).await;
        let processes = Processes::watch(&room);
        let app = App::headless(&room).await;
        let secrets = walk.everything(&room, &app, &processes).await;
        walk.nothing_outside(&room, &processes, &secrets);
        let recorded: String = std::fs::read_dir(room.places().state.join("audit"))
            .unwrap()
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
            .collect();
        assert!(recorded.contains("\"token.served\""), "the record was looked through");
        let started: Vec<_> = processes.all().into_iter().map(|(arguments, _)| arguments).collect();
        assert!(started.iter().any(|arguments| contains(arguments, b"printf")), "the browser was seen");

        // No core dump is written, and no other program of the same user can read the process.
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", app.process())).unwrap();
        let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
        assert!(core.split_whitespace().skip(4).take(2).all(|limit| limit == "0"), "{core}");
        if !rustix::process::geteuid().is_root() {
            for file in ["mem", "environ"] {
                let opened = std::fs::File::open(format!("/proc/{}/{file}", app.process()));
                assert_eq!(
                    opened.map_err(|error| error.kind()).err(),
                    Some(ErrorKind::PermissionDenied),
                    "{file}"
                );
            }
        }

        let secrets = walk.signs_out(&room).await;
        walk.nothing_outside(&room, &processes, &secrets);
    }
}

//! The client libraries in `clients/`, each with the tests of its own language, against a real agent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn client_libraries() {
    abide_tests::skipped("client_libraries", "the sign-in of the tests is made by Linux programs");
}

#[cfg(target_os = "linux")]
mod client_libraries {
    use std::path::Path;

    use abide_demo_op::DemoOp;
    use abide_tests::app::App;
    use abide_tests::login::signed_in;
    use abide_tests::room::Room;
    use abide_tests::tool::{done, installed, tool};
    use abide_tests::{program, skipped, workspace};
    use tokio::process::Command;

    /// A key for a client of this name.
    async fn key(app: &App<'_>, words: &[&str]) -> String {
        let words = [&["clients", "allow"], words].concat();
        let allowed = app.abide_at_terminal(&words).await;
        assert_eq!(allowed.code, 0, "{}", allowed.stderr);
        // A terminal shows the sentence about the key as well.
        allowed.stdout.lines().next().unwrap_or_default().trim().to_owned()
    }

    /// Runs the tests of one library, which find the agent and their keys in variables.
    async fn run(
        language: &str,
        room: &Room,
        provider: &DemoOp,
        app: &App<'_>,
        runtime: impl AsRef<Path>,
        arguments: &[&str],
    ) {
        let mut command = tool(room, runtime, arguments);
        command
            .env("ABIDE_TEST_ADDRESS", format!("http://127.0.0.1:{}", app.port()))
            .env("ABIDE_TEST_API", format!("{}/userinfo", provider.issuer()))
            .env("ABIDE_TEST_COMMAND", program("abide"))
            .env("ABIDE_TEST_KEY", key(app, &["signing"]).await)
            .env("ABIDE_TEST_PLAIN_KEY", key(app, &["plain", "--plain"]).await)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPATH", ".")
            .current_dir(workspace().join("clients").join(language));
        passes(command).await;
    }

    /// Runs tests, none of which may skip itself.
    async fn passes(command: Command) {
        let done = done(command).await;
        let shown = done.stdout + &done.stderr;
        assert_eq!(done.code, 0, "{shown}");
        assert!(
            ![
                "skipped=",
                "# SKIP",
                "Ran 0 tests",
                "# tests 0",
                "--- SKIP",
                "no tests to run",
                "running 0 tests"
            ]
            .iter()
            .any(|word| shown.contains(word)),
            "{shown}"
        );
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn python() {
        let Some(python) = installed("python") else {
            return skipped("python", "`./x setup` installs the packages where there is Python");
        };
        let room = Room::with_keyring("clients-python").await;
        let (provider, app) = signed_in(&room).await;
        run("python", &room, &provider, &app, python, &["-m", "unittest", "discover", "-s", "tests"]).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn go() {
        let tests = workspace().join("target/tools/client-go/tests");
        if !tests.is_file() {
            return skipped("go", "`./x setup` builds the tests where there is Go");
        }
        let room = Room::with_keyring("clients-go").await;
        let (provider, app) = signed_in(&room).await;
        run("go", &room, &provider, &app, tests, &["-test.v", "-test.timeout=50s"]).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn rust() {
        let programs = workspace().join("target/tools/client-rust");
        if !programs.join("abide-sources").is_file() {
            return skipped("rust", "`./x setup` builds the tests");
        }
        let room = Room::with_keyring("clients-rust").await;
        let (provider, app) = signed_in(&room).await;
        let mut vectors = tool(&room, programs.join("vectors"), &["--show-output"]);
        vectors.current_dir(workspace().join("clients/rust"));
        passes(vectors).await;
        run("rust", &room, &provider, &app, programs.join("agent"), &["--show-output"]).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn js() {
        let room = Room::with_keyring("clients-js").await;
        let (provider, app) = signed_in(&room).await;
        run("js", &room, &provider, &app, "node", &["--test", "--test-reporter=tap"]).await;
    }

    /// Packed for its registry and installed into an empty project, each library makes a call over the socket.
    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn packed_libraries_work_in_an_empty_project() {
        let room = Room::with_keyring("clients-packed").await;
        let (_provider, _app) = signed_in(&room).await;
        let tools = workspace().join("target/tools");
        for (language, runtime, file) in [
            ("go", None, "program"),
            ("rust", None, "program"),
            ("js", Some("node"), "user.js"),
            ("python", Some("python3"), "user.py"),
        ] {
            let folder = tools.join(format!("client-{language}/user"));
            let program = folder.join(file);
            if !program.is_file() {
                abide_tests::skipped(
                    "packed_libraries",
                    &format!("`./x setup` has not packed that for {language}"),
                );
                continue;
            }
            let mut command = match runtime {
                Some(runtime) => tool(&room, runtime, &[program.to_str().unwrap()]),
                None => tool(&room, &program, &[]),
            };
            command
                .current_dir(&folder)
                .env("PYTHONPATH", folder.join("packages"))
                .env("PYTHONDONTWRITEBYTECODE", "1");
            let done = done(command).await;
            assert_eq!((done.code, done.stdout.trim()), (0, "work active"), "{language}: {}", done.stderr);
        }
    }
}

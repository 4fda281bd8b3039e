//! The client libraries in `clients/`, each with the tests of its own language, against a real agent.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn client_libraries() {
    abide_tests::skipped("client_libraries", "the sign-in of the tests is made by Linux programs");
}

#[cfg(target_os = "linux")]
mod client_libraries {
    use std::process::Stdio;

    use abide_demo_op::{Config, DemoOp};
    use abide_tests::app::{App, configure, one_account};
    use abide_tests::login::sign_in;
    use abide_tests::room::Room;
    use abide_tests::{program, s, skipped, workspace};
    use tokio::process::Command;

    const SESSION: &str = "end_after = \"15m\"\nwarn_after = \"12m\"";

    /// A key for a client of this name.
    async fn key(app: &App<'_>, words: &[&str]) -> String {
        let words = [&["clients", "allow"], words].concat();
        let allowed = app.abide_at_terminal(&words).await;
        assert_eq!(allowed.code, 0, "{}", allowed.stderr);
        // A terminal shows the sentence about the key as well.
        allowed.stdout.lines().next().unwrap_or_default().trim().to_owned()
    }

    /// Runs the tests of one library, which find the agent and their keys in variables.
    async fn run(room: &Room, provider: &DemoOp, app: &App<'_>, runtime: &str, arguments: &[&str]) {
        let folder = workspace().join("clients");
        let mut command = Command::new(runtime);
        command.args(arguments).env_clear();
        command.envs(room.environment().iter().map(|(key, value)| (key, value)));
        command
            .env("ABIDE_TEST_ADDRESS", format!("http://127.0.0.1:{}", app.port()))
            .env("ABIDE_TEST_API", format!("{}/userinfo", provider.issuer()))
            .env("ABIDE_TEST_COMMAND", program("abide"))
            .env("ABIDE_TEST_KEY", key(app, &["signing"]).await)
            .env("ABIDE_TEST_PLAIN_KEY", key(app, &["plain", "--plain"]).await)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .env("PYTHONPATH", folder.join("python"))
            .current_dir(&folder)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(s(60), command.output()).await.expect("it ends").expect(runtime);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn python() {
        let environment = workspace().join("target/tools/sdks");
        if !environment.join("abide-requirements").is_file() {
            skipped("python", "`./x setup` installs the packages where there is Python");
            return;
        }
        let room = Room::with_keyring("clients-python").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        let python = environment.join("bin/python");
        let arguments = ["-m", "unittest", "discover", "-s", "python/tests"];
        run(&room, &provider, &app, python.to_str().unwrap(), &arguments).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn js() {
        let room = Room::with_keyring("clients-js").await;
        let provider = DemoOp::start(Config::default()).await.unwrap();
        configure(&room, &one_account(provider.issuer(), None, SESSION));
        let app = App::headless(&room).await;
        sign_in(&room).await;
        run(&room, &provider, &app, "node", &["--test", "js/tests/"]).await;
    }
}

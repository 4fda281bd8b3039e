//! The description of the local API, `GET /openapi.json`, tried against an agent by schemathesis: it makes requests that fit the
//! description and others that do not, and compares each answer with it. Its random requests (the phase `fuzzing`) are left out: they
//! differ from run to run.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[cfg(not(target_os = "linux"))]
#[test]
fn openapi() {
    abide_tests::skipped("openapi", "schemathesis is installed on Linux only");
}

#[cfg(target_os = "linux")]
mod openapi {
    use std::path::{Path, PathBuf};
    use std::process::Stdio;

    use abide_agent::{Agent, Options};
    use abide_demo_op::{Config, DemoOp};
    use abide_tests::form::Visitor;
    use abide_tests::providers::{PASSWORD, USER};
    use abide_tests::raw_http::Way;
    use abide_tests::{eventually, evidence, s, skipped, workspace};
    use abide_wire::paths::Places;
    use serde_json::{Value, json};
    use tokio::net::{TcpListener, UnixStream};

    /// The agent of a program with a window, which this test is.
    async fn start(folder: &Path, provider: &DemoOp) -> Agent {
        let config = format!(
            "[endpoint]\nport = 0\n[vault]\nmode = \"memory\"\n[accounts.work]\nissuer = \"{}\"\nclient_id = \"abide\"\n",
            provider.issuer()
        );
        let places = Places {
            config: folder.join(".config/abide"),
            state: folder.join(".local/state/abide"),
            runtime: folder.join("run"),
        };
        std::fs::create_dir_all(&places.config).unwrap();
        std::fs::write(places.config_file(), config).unwrap();
        let browser = Some(vec!["true".to_owned()]);
        let options = Options { places, browser, credentials: None, ..Options::of_this_user(true).unwrap() };
        Agent::start(options).await.unwrap()
    }

    async fn sign_in(socket: &Way) {
        let headers = ["Host: localhost", "Content-Type: application/json"];
        let body = json!({ "browser": false }).to_string();
        let begun = socket.request("POST", "/v1/sessions/work/login", &headers, &body).await.unwrap().json();
        let url = begun["authorization_url"].as_str().expect("an address").to_owned();
        Visitor::default().sign_in(&url, USER, PASSWORD).await;
        eventually("signed in", s(20), || async {
            let state = socket.request("GET", "/v1/sessions/work", &headers[..1], "").await?.json();
            (state["state"] == "active").then_some(())
        })
        .await;
    }

    /// A port whose connections go to the socket, where this program is known as Abide's own. schemathesis asks over TCP.
    async fn relay(socket: PathBuf) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let socket = socket.clone();
                tokio::spawn(async move {
                    if let Ok(mut agent) = UnixStream::connect(socket).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut agent).await;
                    }
                });
            }
        });
        port
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn schemathesis_finds_nothing() {
        let program = workspace().join("target/tools/checks/bin/st");
        if !program.is_file() {
            return skipped("schemathesis_finds_nothing", "`./x setup` installs it where there is Python");
        }
        let folder = tempfile::tempdir().unwrap();
        let provider = DemoOp::start(Config::default()).await.unwrap();
        let agent = start(folder.path(), &provider).await;
        let socket = folder.path().join("run/abide.sock");
        sign_in(&Way::Socket(socket.clone())).await;
        let port = relay(socket).await;
        let report = evidence("openapi").join("schemathesis.json");
        let running = tokio::process::Command::new(program)
            .arg("--config-file")
            .arg(workspace().join("tests/checks/schemathesis.toml"))
            .arg("run")
            .arg(format!("http://127.0.0.1:{port}/openapi.json"))
            .args(["--phases", "examples,coverage", "--seed", "1"])
            .args([
                "--max-time",
                "25",
                "--request-timeout",
                "15",
                "--header",
                "Host: localhost",
                "--header",
                "Connection: close",
                "--no-color",
            ])
            .args(["--continue-on-failure", "--report-json-path"])
            .arg(&report)
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let output =
            tokio::time::timeout(s(120), running.wait_with_output()).await.expect("in time").unwrap();
        let shown = String::from_utf8_lossy(&output.stdout);
        std::fs::write(report.with_extension("txt"), shown.as_bytes()).unwrap();
        assert!(output.status.success(), "{shown}{}", String::from_utf8_lossy(&output.stderr));
        let report: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
        assert!(report.is_object());
        agent.stop().await;
    }
}

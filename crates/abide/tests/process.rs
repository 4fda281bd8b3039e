//! The command as a process: what replaces it, what it leaves behind, and closed outputs.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../cli/tests/harness/agent.rs"]
mod agent;

use std::fs::OpenOptions;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use agent::*;

fn command(agent: &FakeAgent, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_abide"));
    command.args(words).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.envs(agent.environment()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn agent_with_a_token() -> FakeAgent {
    FakeAgent::new(vec![Step::Answer(get("/v1/token"), token_answer())])
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[test]
fn a_token_comes_out_of_the_process_and_nothing_else() {
    let agent = agent_with_a_token();
    let output = command(&agent, &["token"]).output().unwrap();
    agent.finish();
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), format!("{TOKEN}\n").as_str()));
    assert!(output.stderr.is_empty());
}

#[test]
fn run_becomes_the_program() {
    let agent = agent_with_a_token();
    let script = "echo $$; tr '\\0' ' ' </proc/$$/cmdline; echo; printenv ABIDE_TOKEN; exit 7";
    let child = command(&agent, &["run", "--", "sh", "-c", script]).spawn().unwrap();
    let process = child.id();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    agent.finish();
    assert_eq!(status.code(), Some(7), "{}", text(&stderr));
    let lines: Vec<&str> = text(&stdout).lines().collect();
    assert_eq!(lines[0], process.to_string(), "another process");
    assert!(!lines[1].contains(TOKEN) && lines[1].starts_with("sh -c"), "{}", lines[1]);
    assert_eq!(lines[2], TOKEN);
}

#[test]
fn a_program_that_is_run_meets_broken_pipes_as_it_always_does() {
    let agent = agent_with_a_token();
    let output = command(&agent, &["run", "sh", "-c", "kill -PIPE $$"]).output().unwrap();
    agent.finish();
    const SIGPIPE: i32 = 13;
    assert_eq!(output.status.signal(), Some(SIGPIPE));
}

#[test]
fn a_program_that_is_not_there_is_127() {
    let agent = agent_with_a_token();
    let output = command(&agent, &["run", "abide-no-such-program", "--json"]).output().unwrap();
    agent.finish();
    assert_eq!(output.status.code(), Some(127));
    assert_eq!(text(&output.stderr), "abide: The program `abide-no-such-program` does not exist.\n");
}

#[test]
fn a_reader_that_went_away_is_no_panic_and_a_full_disk_is_said() {
    let agent = agent_with_a_token();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command(&agent, &["token"]).stdout(writer).output().unwrap();
    agent.finish();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), ""));

    if cfg!(target_os = "linux") {
        let agent = agent_with_a_token();
        let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = command(&agent, &["token"]).stdout(full).output().unwrap();
        agent.finish();
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).starts_with("abide: The result could not be written:"));
    }
}

#[test]
fn without_an_agent_the_exit_code_is_5() {
    let agent = FakeAgent::absent();
    let output = command(&agent, &["token"]).output().unwrap();
    assert_eq!(output.status.code(), Some(5));
}

#[test]
fn the_configuration_is_checked_without_an_agent_too() {
    let agent = FakeAgent::absent();
    let folder = agent.home().join("config/abide");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("config.toml");
    let account = "[accounts.work]\nissuer = \"https://id.example.com\"\n";
    for (rest, code) in [("client_id = \"abide\"\n", 0), ("client_ID = \"abide\"\n", 1)] {
        std::fs::write(&file, format!("{account}{rest}")).unwrap();
        let output = command(&agent, &["config", "check"]).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        let place = if code == 0 { String::new() } else { format!("{}:3:1: error: ", file.display()) };
        assert!(text(&output.stdout).starts_with(&place), "{}", text(&output.stdout));
        let output = command(&agent, &["config", "check", "--json"]).output().unwrap();
        assert_eq!(output.status.code(), Some(code));
        assert!(text(&output.stdout).contains(&format!("\"ok\":{}", code == 0)), "{}", text(&output.stdout));
    }
}

/// Whether this process, and every program that it starts, ignores a signal: a shell sets that for background jobs.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap_or("0");
    u64::from_str_radix(ignored, 16).unwrap() >> (signal - 1) & 1 == 1
}

#[test]
fn ctrl_c_gives_the_sign_in_up_and_ends_as_the_signal_would() {
    const SIGINT: i32 = 2;
    const SIGTERM: i32 = 15;
    for signal in [SIGINT, SIGTERM].into_iter().filter(|signal| !is_ignored(*signal)) {
        let signed_out = session("signed_out");
        let begun =
            r#"{"account":"work","attempt":7,"authorization_url":"https://id.example.com/authorize"}"#;
        let agent = FakeAgent::new(vec![
            Step::Open(listen("/v1/sessions/work/events"), stream(&signed_out)),
            Step::Answer(
                post("/v1/sessions/work/login", r#"{"browser":false}"#),
                answer("202 Accepted", begun),
            ),
            Step::Answer(
                post("/v1/sessions/work/cancel", r#"{"attempt":7}"#),
                answer("202 Accepted", &signed_out),
            ),
        ]);
        let mut child = command(&agent, &["login", "--account", "work", "--no-browser"]).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        assert_eq!(address, "https://id.example.com/authorize\n");
        let sent =
            Command::new("kill").args([format!("-{signal}"), child.id().to_string()]).status().unwrap();
        assert!(sent.success());
        let until = Instant::now() + Duration::from_secs(20);
        while child.try_wait().unwrap().is_none() {
            assert!(Instant::now() < until, "it still runs after signal {signal}");
            std::thread::sleep(Duration::from_millis(5));
        }
        let Output { status, stderr, .. } = child.wait_with_output().unwrap();
        // The sign-in was cancelled, and there was no other request.
        agent.finish();
        assert_eq!(status.signal(), Some(signal), "{}", text(&stderr));
        assert!(text(&stderr).ends_with("\nThe sign-in was cancelled.\n"), "{}", text(&stderr));
    }
}

fn session(state: &str) -> String {
    format!(
        r#"{{"account":"work","issuer":"https://id.example.com","provider":"id.example.com","user":null,"state":"{state}","ended":null,"ended_at":null,"expires_in":null,"limit":null,"lifetime":null,"since":null,"at_most_until":null,"access_token_expires_in":null,"renewable":false,"frozen":false,"layers":[],"clock_skew":null,"advised_end_after":null,"last_error":null}}"#
    )
}

/// In a PID namespace the kernel answers that the agent has the number 0: a container or a sandbox with the socket.
#[cfg(target_os = "linux")]
#[test]
#[allow(clippy::print_stdout, reason = "how a test says that it was skipped")]
fn the_agent_is_known_from_another_pid_namespace() {
    let apart = ["--user", "--map-current-user", "--pid", "--fork"];
    if !Command::new("unshare").args(apart).arg("true").status().is_ok_and(|done| done.success()) {
        println!("skipped: the_agent_is_known_from_another_pid_namespace: this user can make no namespaces");
        return;
    }
    let agent = agent_with_a_token();
    let mut there = Command::new("unshare");
    there.args(apart).arg(env!("CARGO_BIN_EXE_abide")).arg("token").env_clear();
    there.env("PATH", std::env::var_os("PATH").unwrap()).envs(agent.environment());
    let output = there.output().unwrap();
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), ""));
    assert_eq!(text(&output.stdout), format!("{TOKEN}\n"));
    agent.finish();
}

/// The key is not shown again, and the agent is not asked for one.
#[test]
fn no_key_is_made_where_it_cannot_be_read() {
    let agent = FakeAgent::absent();
    for closed in ["exec \"$0\" clients allow ci >&-", "exec \"$0\" clients allow ci >/dev/null"] {
        let mut shell = Command::new("sh");
        shell.args(["-c", closed, env!("CARGO_BIN_EXE_abide")]).env_clear().envs(agent.environment());
        let output = shell.output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{closed}");
        assert!(text(&output.stderr).contains("ci was not allowed"), "{}", text(&output.stderr));
    }
}

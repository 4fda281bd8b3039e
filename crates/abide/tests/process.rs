//! The command as a process: what it becomes, what it leaves behind, and what happens when nobody reads.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../cli/tests/harness/agent.rs"]
mod agent;

use std::fs::OpenOptions;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};

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
    assert_eq!(text(&output.stderr), "abide: There is no program `abide-no-such-program`.\n");
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

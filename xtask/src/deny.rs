//! `cargo-deny`, in one version for everybody, under `target/tools`.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::Log;
use crate::{Result, cargo};

const VERSION: &str = "0.20.2";

fn program() -> PathBuf {
    cargo::root().join("target/tools/bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX))
}

/// Whether the wanted version is there.
pub(crate) fn installed() -> bool {
    let found = Command::new(program()).arg("--version").output();
    found
        .is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == format!("cargo-deny {VERSION}"))
}

/// The command that installs it. Without optimisation: it runs for seconds, and is built in a fraction of the time.
pub(crate) fn installation() -> Command {
    let mut command = if cfg!(unix) { Command::new("nice") } else { cargo::cargo([]) };
    if cfg!(unix) {
        command.args(["-n", "10"]).arg(cargo::cargo([]).get_program());
    }
    let tools = cargo::root().join("target/tools");
    command
        .args(["install", "--locked", "--debug", "--version", VERSION, "cargo-deny", "--root"])
        .arg(&tools)
        .arg("--target-dir")
        .arg(tools.join("build"))
        .env("CARGO_PROFILE_DEV_DEBUG", "false")
        .env("CARGO_TERM_COLOR", "never")
        .current_dir(cargo::root());
    command
}

/// Installs it when it is missing.
pub(crate) fn install(log: &mut Log) -> Result {
    if !installed() {
        log.command(installation())?;
        tidy();
    }
    Ok(())
}

/// Removes what was only needed for building it.
pub(crate) fn tidy() {
    let _ = std::fs::remove_dir_all(cargo::root().join("target/tools/build"));
}

/// Licenses, sources and banned crates. Advisories change without us and are checked daily instead, in the workflow.
pub(crate) fn check(log: &mut Log) -> Result {
    let mut command = Command::new(program());
    command
        .args(["--offline", "--all-features", "--color", "never", "check", "--hide-inclusion-graph"])
        .args(["bans", "licenses", "sources"])
        .current_dir(cargo::root());
    log.command(command)
}

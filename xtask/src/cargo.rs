//! The place of the workspace, and calls of cargo in it.

use std::path::PathBuf;
use std::process::Command;

use crate::Result;
use crate::steps::Log;
use crate::tests_user::TestsUser;

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    PathBuf::from(here).parent().map_or_else(PathBuf::new, Into::into)
}

/// The folder that cargo builds into.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that started this program, without colours, in the workspace.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root()).env("CARGO_TERM_COLOR", "never");
    // `cargo run` sets them for this package. Build scripts of others would take that for a change and run again.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

/// `cargo test`, as the user `user` if there is one.
pub(crate) fn test<const N: usize>(user: Option<&TestsUser>, arguments: [&str; N]) -> Command {
    let mut command = cargo([]);
    if let Some(user) = user {
        user.run_tests_of(&mut command);
    }
    command.arg("test").args(arguments);
    command
}

/// A built file, `debug` or `release`, with the suffix of programs on this system.
pub(crate) fn program(profile: &str, name: &str) -> PathBuf {
    target().join(profile).join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Builds the programs as they are shipped, with `more` arguments for cargo. On Linux the command is linked statically: a
/// program that starts in a millisecond would spend half of that on loading libraries.
pub(crate) fn programs(profile: &str, more: &[&str], log: &mut Log) -> Result {
    let release = (profile == "release").then_some("--release");
    let mut all = cargo(["build", "-p", "abide-desktop", "-p", "abide"]);
    all.args(release).args(more);
    log.command(all)?;
    if cfg!(target_os = "linux") {
        let mut command = cargo(["rustc", "-p", "abide", "--bin", "abide"]);
        command.args(release).args(["--", "-C", "target-feature=+crt-static"]);
        log.command(command)?;
    }
    Ok(())
}

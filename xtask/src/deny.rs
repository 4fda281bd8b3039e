//! `cargo-deny`.

use std::process::Command;

use crate::steps::Log;
use crate::tool::Tool;
use crate::{Result, cargo};

pub(crate) const TOOL: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

/// Checks licenses, sources and banned crates. Advisories change without our changes, so a workflow checks them daily
/// instead.
pub(crate) fn check(log: &mut Log) -> Result {
    // It reads the crates of every platform and feature, but a build fetches only those that it needs.
    log.command(cargo::cargo(["fetch", "--locked"]))?;
    let mut command = Command::new(TOOL.program());
    command
        .args(["--offline", "--all-features", "--color", "never", "check", "--hide-inclusion-graph"])
        .args(["bans", "licenses", "sources"])
        .current_dir(cargo::root());
    log.command(command)
}

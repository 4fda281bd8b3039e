//! `cargo-deny`.

use std::process::Command;

use crate::steps::Log;
use crate::tool::Tool;
use crate::{Result, cargo};

pub(crate) const TOOL: Tool = Tool { name: "cargo-deny", version: "0.20.2" };

/// Licenses, sources and banned crates. Advisories change without us and are checked daily instead, in the workflow.
pub(crate) fn check(log: &mut Log) -> Result {
    // It looks at the crates of every platform and feature, and a build fetches only those that it needs.
    log.command(cargo::cargo(["fetch", "--locked"]))?;
    let mut command = Command::new(TOOL.program());
    command
        .args(["--offline", "--all-features", "--color", "never", "check", "--hide-inclusion-graph"])
        .args(["bans", "licenses", "sources"])
        .current_dir(cargo::root());
    log.command(command)
}

//! Tools that take long to build: each in one fixed version, under `target/tools`.

use std::path::PathBuf;
use std::process::Command;

use crate::steps::Log;
use crate::{Result, cargo};

/// A program from crates.io.
pub(crate) struct Tool {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

impl Tool {
    pub(crate) fn program(&self) -> PathBuf {
        let file = format!("{}{}", self.name, std::env::consts::EXE_SUFFIX);
        cargo::root().join("target/tools/bin").join(file)
    }

    /// Whether this version is installed.
    pub(crate) fn installed(&self) -> bool {
        // Called as cargo calls it, because cargo-mutants prints its version only then.
        let command = self.name.trim_start_matches("cargo-");
        let found = Command::new(self.program()).args([command, "--version"]).output();
        let wanted = format!("{} {}", self.name, self.version);
        found.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == wanted)
    }

    /// The command that installs it. Without optimisation, which builds much faster.
    pub(crate) fn installation(&self) -> Command {
        let mut command = if cfg!(unix) { Command::new("nice") } else { cargo::cargo([]) };
        if cfg!(unix) {
            command.args(["-n", "10"]).arg(cargo::cargo([]).get_program());
        }
        let tools = cargo::root().join("target/tools");
        command
            .args(["install", "--locked", "--debug", "--version", self.version, self.name, "--root"])
            .arg(&tools)
            .arg("--target-dir")
            .arg(tools.join("build"))
            .env("CARGO_PROFILE_DEV_DEBUG", "false")
            .env("CARGO_TERM_COLOR", "never")
            .current_dir(cargo::root());
        command
    }

    /// Installs it when it is missing.
    pub(crate) fn install(&self, log: &mut Log) -> Result {
        if !self.installed() {
            log.command(self.installation())?;
            tidy();
        }
        Ok(())
    }
}

/// Removes files that were needed only for building.
pub(crate) fn tidy() {
    let _ = std::fs::remove_dir_all(cargo::root().join("target/tools/build"));
}

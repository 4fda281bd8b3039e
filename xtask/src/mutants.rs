//! `./x mutants`: whether the tests of the session notice when the session is wrong.

use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::tool::Tool;
use crate::{Result, cargo, steps};

const TOOL: Tool = Tool { name: "cargo-mutants", version: "25.3.1" };
/// Of the changes that compile, this many in a hundred have to be noticed.
const WANTED: u64 = 95;

/// Changes `crates/session` in every small way that cargo-mutants knows, and runs its tests on each.
pub(crate) fn mutants() -> Result<ExitCode> {
    let mut steps = steps::Steps::new()?;
    steps.step("cargo-mutants", |log| TOOL.install(log));
    if steps.code() != ExitCode::SUCCESS {
        return Ok(steps.code());
    }
    let output = cargo::root().join("target/mutants");
    let _ = std::fs::remove_dir_all(&output);
    // Exits with an error when a single one was missed, so the outcome is read and not the exit code. A few histories are
    // enough: what they would notice, they notice soon.
    Command::new(TOOL.program())
        .args(["mutants", "-p", "abide-session", "--timeout", "20", "--no-shuffle", "-o"])
        .arg(&output)
        .env("PROPTEST_CASES", "400")
        .current_dir(cargo::root())
        .status()?;
    let text = std::fs::read_to_string(output.join("mutants.out/outcomes.json"))?;
    let outcomes: Value = serde_json::from_str(&text)?;
    let count = |what: &str| outcomes[what].as_u64().unwrap_or(0);
    // A change that makes a test run for ever is noticed too.
    let noticed = count("caught") + count("timeout");
    let viable = noticed + count("missed");
    if viable == 0 {
        return Err("cargo-mutants has tried nothing".into());
    }
    println!("{noticed} of {viable} changes noticed: {:.1} %", noticed as f64 * 100.0 / viable as f64);
    print!("{}", std::fs::read_to_string(output.join("mutants.out/missed.txt")).unwrap_or_default());
    Ok(if noticed * 100 >= viable * WANTED { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

//! `./x mutants`: whether the tests of the pure rooms detect mistakes in them.

use std::process::{Command, ExitCode};

use serde_json::Value;

use crate::tool::Tool;
use crate::{Result, cargo, steps};

const TOOL: Tool = Tool { name: "cargo-mutants", version: "25.3.1" };
/// The percentage of the mutants that compile which must be detected, in each room.
const WANTED: u64 = 95;

/// Code that decides and does no I/O: a test of its package has to detect every small mistake.
struct Room {
    name: &'static str,
    package: &'static str,
    /// The files, as globs from the root of the repository; none for the whole package.
    files: &'static [&'static str],
}

/// The pure rooms. Grants, the agent's state and the policy are added here once they have tests of their own.
const ROOMS: &[Room] = &[Room { name: "session", package: "abide-session", files: &[] }];

/// Makes every mutant that cargo-mutants knows in each room, and runs the tests of its package on it.
pub(crate) fn mutants() -> Result<ExitCode> {
    let mut steps = steps::Steps::new()?;
    steps.step("cargo-mutants", |log| TOOL.install(log));
    if steps.code() != ExitCode::SUCCESS {
        return Ok(steps.code());
    }
    let mut code = ExitCode::SUCCESS;
    for room in ROOMS {
        if !room.is_held()? {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

impl Room {
    /// Prints the figure and the survivors. Returns whether enough mutants were detected.
    fn is_held(&self) -> Result<bool> {
        let output = cargo::root().join("target/mutants").join(self.name);
        let _ = std::fs::remove_dir_all(&output);
        std::fs::create_dir_all(&output)?;
        // cargo-mutants fails if a single one was missed, so its result files are read instead of the exit code. A few
        // histories are enough: what they detect, they detect soon.
        Command::new(TOOL.program())
            .args(["mutants", "-p", self.package, "--timeout", "60", "--no-shuffle"])
            .args(self.files.iter().flat_map(|glob| ["-f", glob]))
            .arg("-o")
            .arg(&output)
            .env("PROPTEST_CASES", "400")
            .current_dir(cargo::root())
            .status()?;
        let text = std::fs::read_to_string(output.join("mutants.out/outcomes.json"))?;
        let outcomes: Value = serde_json::from_str(&text)?;
        let count = |what: &str| outcomes[what].as_u64().unwrap_or(0);
        // A mutant that makes a test run forever counts as detected.
        let noticed = count("caught") + count("timeout");
        let viable = noticed + count("missed");
        if viable == 0 {
            return Err(format!("cargo-mutants has tried nothing in {}", self.name).into());
        }
        println!(
            "{}: {noticed} of {viable} changes noticed, {:.1} %",
            self.name,
            noticed as f64 * 100.0 / viable as f64
        );
        print!("{}", std::fs::read_to_string(output.join("mutants.out/missed.txt")).unwrap_or_default());
        Ok(noticed * 100 >= viable * WANTED)
    }
}

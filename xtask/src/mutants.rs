//! `./x mutants [ROOM...] [--shard K/N]`: whether the tests of the pure rooms detect mistakes in them.

use std::path::{Path, PathBuf};
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
    /// Arguments of the package's test programs; nothing for all tests.
    tests: &'static [&'static str],
    /// A test that is tried alone first, so that its own figure is known. The others then only get what it missed.
    first: Option<&'static str>,
    /// Whether the room is tried only when it is named.
    only_named: bool,
}

/// The pure rooms. Each mutant in crates/agent costs a build of that crate, so those rooms are tried one at a time.
const ROOMS: &[Room] = &[
    Room {
        name: "session",
        package: "abide-session",
        files: &[],
        tests: &[],
        first: Some("any_history"),
        only_named: false,
    },
    Room {
        name: "decision",
        package: "abide-decision",
        files: &[],
        tests: &[],
        first: None,
        only_named: false,
    },
    Room {
        name: "policy",
        package: "abide-agent",
        files: &["crates/agent/src/config/policy.rs"],
        tests: &["config::"],
        first: None,
        only_named: true,
    },
    Room {
        name: "state",
        package: "abide-agent",
        files: &["crates/agent/src/state/{resource_tokens,session_ref,signals,survival,tokens}.rs"],
        tests: &["--skip", "simulation"],
        first: None,
        only_named: true,
    },
];

/// Makes every mutant that cargo-mutants knows in each room, or in those that are named, and runs the tests of its package on it.
pub(crate) fn mutants(arguments: &[String]) -> Result<ExitCode> {
    // `--shard K/N` is for cargo-mutants: it tries one of N parts of the mutants.
    let options = arguments.iter().position(|argument| argument.starts_with("--")).unwrap_or(arguments.len());
    let (named, more) = arguments.split_at(options);
    let known = |name: &&String| ROOMS.iter().any(|room| room.name == **name);
    if let Some(unknown) = named.iter().find(|name| !known(name)) {
        return Err(format!("there is no room \"{unknown}\" in xtask/src/mutants.rs").into());
    }
    let mut steps = steps::Steps::new()?;
    steps.step("cargo-mutants", |log| TOOL.install(log));
    if steps.code() != ExitCode::SUCCESS {
        return Ok(steps.code());
    }
    let mut code = ExitCode::SUCCESS;
    let wanted = |room: &&Room| match named {
        [] => !room.only_named,
        named => named.iter().any(|name| room.name == name),
    };
    for room in ROOMS.iter().filter(wanted) {
        if !room.is_held(more)? {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}

/// How many mutants that compile were detected, and how many were not.
#[derive(Clone, Copy, Default)]
struct Counts {
    noticed: u64,
    /// Those of them that failed a test. The others made one run forever.
    caught: u64,
    missed: u64,
}

impl Counts {
    fn say(self, what: &str) {
        let viable = self.noticed + self.missed;
        let percent = self.noticed as f64 * 100.0 / viable.max(1) as f64;
        println!("{what}: {} of {viable} changes noticed, {percent:.1} %", self.noticed);
    }
}

impl Room {
    /// Prints the figures and the survivors. Returns whether enough mutants were detected.
    fn is_held(&self, more: &[String]) -> Result<bool> {
        let output = cargo::root().join("target/mutants").join(self.name);
        let _ = std::fs::remove_dir_all(&output);
        std::fs::create_dir_all(&output)?;
        let (mut alone, mut rest) = (Counts::default(), Vec::new());
        if let Some(test) = self.first {
            alone = self.run(&output, more, &[format!("-C=--test={test}")])?;
            alone.say(&format!("{}, {test} alone", self.name));
            rest = left(&output)?;
            if rest.is_empty() {
                return Ok(true);
            }
        }
        if !self.tests.is_empty() {
            // The second mark is for `cargo test`.
            rest.extend(["--", "--"].into_iter().chain(self.tests.iter().copied()).map(str::to_owned));
        }
        // The mutants that are left are named, so `more` has chosen them already.
        let others = self.run(&output, if self.first.is_some() { &[] } else { more }, &rest)?;
        let all = Counts { noticed: alone.caught + others.noticed, ..others };
        all.say(self.name);
        print!("{}", std::fs::read_to_string(results(&output).join("missed.txt")).unwrap_or_default());
        Ok(all.noticed * 100 >= (all.noticed + all.missed) * WANTED)
    }

    fn run(&self, output: &Path, more: &[String], last: &[String]) -> Result<Counts> {
        let _ = std::fs::remove_file(results(output).join("outcomes.json"));
        // cargo-mutants fails if a single one was missed, so its result files are read instead of the exit code. A few
        // histories are enough: what they detect, they detect soon.
        Command::new(TOOL.program())
            .args(["mutants", "-p", self.package, "--timeout", "60", "--no-shuffle"])
            .args(self.files.iter().flat_map(|glob| ["-f", glob]))
            .arg("-o")
            .arg(output)
            .args(more)
            .args(last)
            .env("PROPTEST_CASES", "400")
            .current_dir(cargo::root())
            .status()?;
        let text = std::fs::read_to_string(results(output).join("outcomes.json"))?;
        let outcomes: Value = serde_json::from_str(&text)?;
        let count = |what: &str| outcomes[what].as_u64().unwrap_or(0);
        let caught = count("caught");
        let found = Counts { noticed: caught + count("timeout"), caught, missed: count("missed") };
        if found.noticed + found.missed == 0 {
            return Err(format!("cargo-mutants has tried nothing in {}", self.name).into());
        }
        Ok(found)
    }
}

/// The mutants that no test has failed for, as options that choose them.
fn left(output: &Path) -> Result<Vec<String>> {
    let mut options = Vec::new();
    for file in ["missed.txt", "timeout.txt"] {
        for name in std::fs::read_to_string(results(output).join(file))?.lines() {
            let mut literal = String::new();
            for c in name.chars() {
                if r"\.+*?()|[]{}^$".contains(c) {
                    literal.push('\\');
                }
                literal.push(c);
            }
            options.extend(["-F".to_owned(), format!("^{literal}$")]);
        }
    }
    Ok(options)
}

fn results(output: &Path) -> PathBuf {
    output.join("mutants.out")
}

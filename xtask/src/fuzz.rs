//! `./x fuzz`: random input for every parser of untrusted input.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::tool::Tool;
use crate::{Result, cargo, steps};

const TOOL: Tool = Tool { name: "cargo-fuzz", version: "0.13.1" };
/// The time for each target, in seconds: with `--smoke`, and by default.
const SMOKE: u32 = 10;
const USUAL: u32 = 300;
/// The largest input, in bytes: more than any parser reads, except for a provider's documents, which are limited before they
/// are parsed.
const LONGEST: u32 = 32 * 1024;
/// The memory limit for one input, in MiB: for one allocation, and for all of them together with the program's own memory.
const ONE_ALLOCATION: u32 = 16;
const ALL_MEMORY: u32 = 512;
/// The time limit for one input, in seconds.
const TOO_LONG: u32 = 5;

const USAGE: &str =
    "./x fuzz --smoke, or ./x fuzz TARGET [SECONDS]; the targets are the folders of fuzz/corpus";

/// `--smoke`: every target for ten seconds. A name, and optionally a number of seconds: that target.
pub(crate) fn fuzz(arguments: &[String]) -> Result<ExitCode> {
    let all = targets()?;
    let (wanted, seconds) = match arguments {
        [smoke] if smoke == "--smoke" => (all, SMOKE),
        [name] if all.contains(name) => (vec![name.clone()], USUAL),
        [name, seconds] if all.contains(name) => (vec![name.clone()], seconds.parse()?),
        _ => return Err(format!("{USAGE}:\n  {}", all.join(" ")).into()),
    };
    let mut steps = steps::Steps::new()?;
    let built = steps.step("cargo-fuzz", |log| TOOL.install(log))
        && steps.step("targets", |log| log.command(cargo_fuzz("build")));
    if built {
        for target in wanted {
            steps.step(&format!("{target}, {seconds} s"), |log| log.command(run(&target, seconds)?));
        }
    }
    if steps.code() != ExitCode::SUCCESS {
        println!(
            "What was found is in target/fuzz/found. Keep it: copy it to fuzz/corpus/TARGET, correct what it shows."
        );
    }
    Ok(steps.code())
}

fn folder() -> PathBuf {
    cargo::root().join("fuzz")
}

fn targets() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder().join("corpus"))? {
        names.extend(entry?.file_name().into_string());
    }
    names.sort();
    Ok(names)
}

/// cargo-fuzz needs unstable options of the compiler, which are enabled here.
fn cargo_fuzz(command: &str) -> Command {
    let mut cargo_fuzz = Command::new(TOOL.program());
    cargo_fuzz
        .args(["fuzz", command, "--fuzz-dir"])
        .arg(folder())
        .arg("--target-dir")
        .arg(cargo::target().join("fuzz"))
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TERM_COLOR", "never")
        .current_dir(cargo::root());
    cargo_fuzz
}

/// New inputs of the run are stored below `target`; the kept corpus changes only by hand. The program is started directly:
/// cargo-fuzz would make cargo check everything again before each start.
fn run(target: &str, seconds: u32) -> Result<Command> {
    let place = cargo::target().join("fuzz");
    let made = |folder: PathBuf| std::fs::create_dir_all(&folder).map(|()| folder);
    let fresh = made(place.join("corpus").join(target))?;
    let found = made(place.join("found").join(target))?;
    let program = place.join(host()?).join("release").join(target);
    let mut command = Command::new(program);
    command.arg(fresh).arg(folder().join("corpus").join(target)).args([
        format!("-max_total_time={seconds}"),
        format!("-max_len={LONGEST}"),
        format!("-malloc_limit_mb={ONE_ALLOCATION}"),
        format!("-rss_limit_mb={ALL_MEMORY}"),
        format!("-timeout={TOO_LONG}"),
        format!("-artifact_prefix={}/", found.display()),
        "-print_final_stats=1".to_owned(),
    ]);
    Ok(command)
}

/// The target of cargo-fuzz, which is the folder's name.
fn host() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").current_dir(cargo::root()).output()?;
    let text = String::from_utf8(output.stdout)?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not say what it builds for")?.to_owned())
}

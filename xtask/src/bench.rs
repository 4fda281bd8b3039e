//! `./x bench`: builds the programs, runs the measurements, and updates the table in docs/performance.md.

use std::process::{Command, ExitCode, Stdio};

use crate::steps::Steps;
use crate::{Result, cargo, ui};

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- The figures below are written by ./x bench. -->\n";
const END: &str = "<!-- Here they end. -->\n";

/// `--dev` measures the programs of the dev profile, to work on the measurements; other words select parts. The page is
/// written only after a complete measurement.
pub(crate) fn bench(arguments: &[String]) -> Result<ExitCode> {
    let parts: Vec<&String> = arguments.iter().filter(|argument| *argument != "--dev").collect();
    if let Some(unknown) = parts.iter().find(|part| part.starts_with('-')) {
        return Err(format!("./x bench knows --dev and names of parts, but not {unknown}").into());
    }
    let profile = if parts.len() < arguments.len() { "debug" } else { "release" };
    let mut steps = Steps::new()?;
    let built = ui::prepare(&mut steps)
        && steps.step(&format!("programs ({profile})"), |log| {
            // Built as `./x dist` does, so that the shipped programs are measured.
            cargo::programs(profile, &["--bins"], log)
        })
        && steps.step("a Tauri tray that does nothing else", |log| {
            // Separately, so that its features of Tauri do not change Abide's.
            let example =
                ["build", "-p", "abide-desktop", "--example", "bare-tray", "--features", "bare-tray"];
            log.command(in_profile(cargo::cargo(example), profile))
        })
        && steps.step(&format!("what they are set beside ({profile})"), |log| {
            let mut command = cargo::cargo(["build", "-p", "xtask", "--features", "bench"]);
            command.args(
                ["nothing", "load", "crowd", "bare-server", "bare-proxy"]
                    .map(|name| format!("--bin=bench-{name}")),
            );
            log.command(in_profile(command, profile))
        })
        && steps.step("what measures them", |log| {
            log.command(cargo::cargo(["build", "-p", "abide-tests", "--bin", "abide-bench"]))
        });
    if !built {
        return Ok(steps.code());
    }
    let load = busy();
    if load.is_some_and(|load| load > 0.5) {
        println!("\nThis machine is busy. The ratios below may still be right; the times are not.\n");
    }
    let measured = Command::new(cargo::program("debug", "abide-bench"))
        .args(&parts)
        .env("ABIDE_TEST_PROGRAMS", cargo::target().join(profile))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()?;
    if !measured.status.success() {
        return Err(format!("The measurement did not come to its end: {}", measured.status).into());
    }
    let table = String::from_utf8(measured.stdout)?;
    println!("\n{table}");
    if profile == "release" && parts.is_empty() {
        keep(&format!("{}\n{table}", circumstances(load)))?;
        println!("Kept in {PAGE}.");
    }
    Ok(ExitCode::SUCCESS)
}

fn in_profile(mut command: Command, profile: &str) -> Command {
    if profile == "release" {
        command.arg("--release");
    }
    command
}

/// The average number of programs that wanted to run at the same time during the last minute, if the system reports it.
fn busy() -> Option<f64> {
    std::fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().next()?.parse().ok()
}

/// Time, place and method.
fn circumstances(load: Option<f64>) -> String {
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let value = |text: &str, name: &str, separator: char| {
        let line =
            text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(separator));
        line.unwrap_or("unknown").trim().trim_matches('"').to_owned()
    };
    let said = |program: &str, argument: &str| {
        let output = Command::new(program).arg(argument).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let load = load.map_or_else(String::new, |load| format!(" Load before the run: {load:.1}."));
    format!(
        "Measured on {} with `./x bench`: {}, {cores} {}, {}, Linux {}.{load}\n",
        said("date", "+%Y-%m-%d"),
        value(&read("/proc/cpuinfo"), "model name", ':'),
        if cores == 1 { "core" } else { "cores" },
        value(&read("/etc/os-release"), "PRETTY_NAME", '='),
        said("uname", "-r"),
    )
}

/// Replaces the text between the marks.
fn keep(text: &str) -> Result {
    let path = cargo::root().join(PAGE);
    let page = std::fs::read_to_string(&path)?;
    let Some((before, rest)) = page.split_once(BEGIN) else { return Err(unmarked()) };
    let Some((_, after)) = rest.split_once(END) else { return Err(unmarked()) };
    Ok(std::fs::write(&path, format!("{before}{BEGIN}\n{text}\n{END}{after}"))?)
}

fn unmarked() -> Box<dyn std::error::Error> {
    format!("{PAGE} has lost the two marks that the figures stand between").into()
}

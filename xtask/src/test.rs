//! `./x test`: runs every check and every test.

use std::process::{Command, ExitCode};
use std::thread::JoinHandle;

use crate::libtest::{Program, Reader, Tally};
use crate::steps::{Log, Steps};
use crate::tests_user::TestsUser;
use crate::{Result, attacks, cargo, clients, deny, dialects, dist, features, providers, signals, tool, ui};

/// Runs everything; with filters only the tests with those names.
pub(crate) fn test(filters: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::new()?;
    if filters.is_empty() { all(&mut steps) } else { some(&mut steps, filters) }?;
    Ok(steps.close())
}

fn all(steps: &mut Steps) -> Result {
    println!("Checks");
    let deny = Background::start();
    steps.step("formatting", |log| log.command(cargo::cargo(["fmt", "--all", "--check"])));
    steps.tests("rules of the repository", |log| {
        cargo_test(log, cargo::cargo(["test", "-p", "xtask", "--", "--show-output"]))
    });
    steps.step("ui: npm packages", |log| ui::npm_install("ui", log));
    for script in ["check", "test"] {
        if ui::has_script("ui", script).unwrap_or(true) {
            steps.step(&format!("ui: {script}"), |log| log.command(ui::npm("ui", &["run", script])));
        }
    }
    for program in PROGRAMS {
        steps.step(&format!("{program}: as the types of the boundary say"), |log| {
            log.command(types(program, &["--check"]))
        });
    }
    steps.step("command: manual pages and completions", |log| log.command(dist::manual()));
    // The application contains the pages, so they are built before it.
    steps.step("ui: build", ui::build);
    steps.step("ui: gallery", ui::gallery);
    steps.step("clippy", |log| {
        log.command(cargo::cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    steps.step("licenses and sources", |log| {
        deny.wait(log)?;
        deny::check(log)
    });

    println!("Tests");
    let Some(user) = tests_user(steps) else { return Ok(()) };
    let user = user.as_ref();
    providers::install(steps, user);
    clients::install(steps, user);
    // The running xtask is left out, because Windows does not replace a running program. Its tests are above.
    let built = steps.step("build", |log| {
        log.command(cargo::cargo(["build", "--workspace", "--exclude", "xtask", "--all-targets"]))
    });
    if built {
        signals::NOTES.forget();
        features::NOTES.forget();
        dialects::NOTES.forget();
        steps.tests("tests", |log| {
            let mut command = cargo::test(user, ["--workspace", "--exclude", "xtask", "--no-fail-fast"]);
            command.args(["--", "--show-output"]);
            let tally = cargo_test(log, command)?;
            attacks::keep(&tally)?;
            Ok(tally)
        });
        if cfg!(target_os = "linux") {
            steps.step("docs: table of signals", signals::check);
            steps.step("docs: table of providers", features::check);
            steps.step("docs: table of dialects", dialects::check);
            steps.step("docs: list of attacks", attacks::check);
        }
    } else {
        steps.step("tests", |_| Err("The tests were not run, because the build failed.".into()));
    }
    Ok(())
}

/// The user that the tests run as, if it is a different one. `None` if that user could not be created.
pub(crate) fn tests_user(steps: &mut Steps) -> Option<Option<TestsUser>> {
    let mut user = None;
    let ready = steps.step("an ordinary user for the tests", |log| {
        user = TestsUser::prepare(log)?;
        log.line(&format!("{user:?}"))
    });
    ready.then_some(user)
}

/// Words are names of tests. If one argument begins with `-`, all go to cargo unchanged.
fn some(steps: &mut Steps, filters: &[String]) -> Result {
    if !ui::prepare(steps) || !steps.step("ui: gallery", ui::gallery) {
        return Ok(());
    }
    let Some(user) = tests_user(steps) else { return Ok(()) };
    providers::install(steps, user.as_ref());
    clients::install(steps, user.as_ref());
    let mut command = cargo::test(user.as_ref(), ["--no-fail-fast"]);
    if filters.iter().any(|filter| filter.starts_with('-')) {
        command.args(filters);
    } else {
        // The tests start the built programs, so these have to be up to date.
        let bins = ["build", "--workspace", "--exclude", "xtask", "--all-targets"];
        if !steps.step("build", |log| log.command(cargo::cargo(bins))) {
            return Ok(());
        }
        command.args(["--workspace", "--exclude", "xtask", "--", "--show-output"]).args(filters);
    }
    steps.tests("tests", |log| match cargo_test(log, command)? {
        none if none == Tally::default() => {
            Err(format!("There is no test of that name: {}", filters.join(" ")).into())
        }
        tally => Ok(tally),
    });
    Ok(())
}

/// Runs `cargo test`, with one line for each test program, and the complete output of failures.
pub(crate) fn cargo_test(log: &mut Log, command: Command) -> Result<Tally> {
    let mut reader = Reader::default();
    let mut total = Tally::default();
    let mut programs = 0;
    let outcome = log.stream(command, |log, line| {
        if let Some(program) = reader.line(line) {
            programs += 1;
            finish(log, program, &mut total);
        }
    });
    if let Some(program) = reader.end() {
        programs += 1;
        finish(log, program, &mut total);
    }
    match outcome {
        // The failure is not a test's, so the output has to be shown.
        Err(problem) if total.failed == 0 => Err(problem),
        Ok(()) if programs == 0 => Err("cargo ran no test at all".into()),
        _ => Ok(total),
    }
}

fn finish(log: &mut Log, program: Program, total: &mut Tally) {
    let count = program.tally.passed + program.tally.failed + program.tally.skipped.len();
    if count > 0 {
        log.print(&format!("{:<36} {}", program.name, program.tally.words()));
    }
    if program.tally.failed > 0 {
        for line in program.failures() {
            log.print(&format!("    {line}"));
        }
    }
    total.add(program.tally);
}

/// What is made from the types of crates/wire: the window's types, and the description of the local API.
const PROGRAMS: [&str; 2] = ["wire-types", "openapi"];

fn types(program: &str, arguments: &[&str]) -> Command {
    let mut command =
        cargo::cargo(["run", "-q", "-p", "xtask", "--features", "types", "--bin", program, "--"]);
    command.args(arguments);
    command
}

/// `./x examples`: takes over the examples of the local API that the last `./x test` recorded.
pub(crate) fn write_examples() -> Result<ExitCode> {
    let (recorded, place) = ("target/acceptance/api/examples.json", "crates/agent/src/api/examples.json");
    std::fs::copy(recorded, place).map_err(|error| format!("{recorded}: {error}. Run ./x test first"))?;
    write_types()
}

/// `./x types`: writes the window's types.
pub(crate) fn write_types() -> Result<ExitCode> {
    for program in PROGRAMS {
        if !types(program, &[]).status()?.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Installs `cargo-deny` during the first steps, which wait for the network more than for a processor.
struct Background(Option<JoinHandle<std::io::Result<std::process::Output>>>);

impl Background {
    fn start() -> Self {
        Self((!deny::TOOL.installed()).then(|| std::thread::spawn(|| deny::TOOL.installation().output())))
    }

    fn wait(self, log: &mut Log) -> Result {
        let Some(thread) = self.0 else { return Ok(()) };
        let output = thread.join().map_err(|_| "the installation of cargo-deny ended unexpectedly")??;
        log.line(&String::from_utf8_lossy(&output.stderr))?;
        tool::tidy();
        if output.status.success() { Ok(()) } else { Err("cargo-deny could not be installed".into()) }
    }
}

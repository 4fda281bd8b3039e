//! Steps, one line each on the terminal, with the complete output in `target/x-logs/STEP.log`; and the count at the end.

use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::libtest::Tally;
use crate::{Result, cargo, process};

/// The longest time for a single step.
const LIMIT: Duration = Duration::from_secs(50 * 60);

/// The steps of one command, and their results.
pub(crate) struct Steps {
    tally: Tally,
    begun: Instant,
}

impl Steps {
    pub(crate) fn new() -> Result<Self> {
        std::fs::create_dir_all(cargo::root().join("target/x-logs"))?;
        Ok(Self { tally: Tally::default(), begun: Instant::now() })
    }

    /// Runs one step and counts it. A failed step prints its complete output; later steps still run.
    pub(crate) fn step(&mut self, name: &str, work: impl FnOnce(&mut Log) -> Result) -> bool {
        self.counted(name, |log| work(log).map(|()| None))
    }

    /// The same for a step that some machines cannot run: if it returns a reason, it counts as skipped.
    pub(crate) fn possible(
        &mut self,
        name: &str,
        work: impl FnOnce(&mut Log) -> Result<Option<String>>,
    ) -> bool {
        self.counted(name, |log| {
            let skipped = |reason| Tally { skipped: vec![(name.to_owned(), reason)], ..Tally::default() };
            Ok(work(log)?.map(skipped))
        })
    }

    /// The same for a step that consists of tests and has its own count.
    pub(crate) fn tests(&mut self, name: &str, work: impl FnOnce(&mut Log) -> Result<Tally>) -> bool {
        self.counted(name, |log| work(log).map(Some))
    }

    fn counted(&mut self, name: &str, work: impl FnOnce(&mut Log) -> Result<Option<Tally>>) -> bool {
        print!("  {name:<38} ");
        let _ = std::io::stdout().flush();
        let begun = Instant::now();
        let (outcome, log) = match Log::new(name) {
            Ok(mut log) => (work(&mut log), Some(log)),
            Err(problem) => (Err(problem), None),
        };
        // A step that printed its own lines has used up the line with its name.
        if log.as_ref().is_some_and(|log| log.printed) {
            print!("  {:<38} ", "");
        }
        let took = duration(begun.elapsed());
        match outcome {
            Ok(None) => {
                self.tally.passed += 1;
                println!("{:<24} {took:>10}", "ok");
                true
            }
            Ok(Some(tally)) => {
                println!("{:<24} {took:>10}", tally.words());
                let good = tally.failed == 0;
                self.tally.add(tally);
                good
            }
            Err(problem) => {
                self.tally.failed += 1;
                self.tally.failures.push(name.to_owned());
                println!("{:<24} {took:>10}", "FAILED");
                if let Some(log) = log {
                    log.show();
                }
                println!("\n{problem}\n");
                false
            }
        }
    }

    /// Whether all steps succeeded, for a command whose steps need no count.
    pub(crate) fn code(&self) -> ExitCode {
        if self.tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Prints the failed and skipped steps with reasons, and the last line.
    pub(crate) fn close(self) -> ExitCode {
        println!();
        for name in &self.tally.failures {
            println!("failed: {name}");
        }
        for (name, reason) in &self.tally.skipped {
            println!("skipped: {name}: {reason}");
        }
        println!("took {}; every step's output is in target/x-logs", duration(self.begun.elapsed()));
        println!(
            "{} passed, {} failed, {} skipped",
            self.tally.passed,
            self.tally.failed,
            self.tally.skipped.len()
        );
        self.code()
    }
}

/// The output of a step.
pub(crate) struct Log {
    path: PathBuf,
    file: File,
    name: String,
    printed: bool,
    /// Whether a person is watching, so that progress is shown.
    watched: bool,
}

impl Log {
    fn new(name: &str) -> Result<Self> {
        let plain: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
        let path = cargo::root().join("target/x-logs").join(format!("{plain}.log"));
        let watched = std::io::stdout().is_terminal();
        Ok(Self { file: File::create(&path)?, path, name: name.to_owned(), printed: false, watched })
    }

    /// Adds a line to the log only.
    pub(crate) fn line(&mut self, text: &str) -> Result {
        Ok(writeln!(self.file, "{text}")?)
    }

    /// Prints a line below the step's own on the terminal.
    pub(crate) fn print(&mut self, text: &str) {
        self.now("");
        if !self.printed {
            println!();
        }
        self.printed = true;
        println!("    {text}");
    }

    /// Shows the present activity at the end of the step's line, until the next.
    fn now(&self, doing: &str) {
        if self.watched && !self.printed {
            print!("\r\x1b[K  {:<38} {doing:.36}", self.name);
            let _ = std::io::stdout().flush();
        }
    }

    /// Runs a command to its end.
    pub(crate) fn command(&mut self, command: Command) -> Result {
        self.stream(command, |_, _| {})
    }

    /// Runs a command to its end, and passes each line of its output to `each`.
    pub(crate) fn stream(&mut self, command: Command, mut each: impl FnMut(&mut Self, &str)) -> Result {
        let words = words(&command);
        self.line(&format!("$ {words}"))?;
        let mut problem = Ok(());
        let status = process::stream(command, LIMIT, |line| {
            if let Err(error) = self.line(line) {
                problem = Err(error);
            }
            if ["Compiling ", "Checking ", "Downloaded "]
                .iter()
                .any(|word| line.trim_start().starts_with(word))
            {
                self.now(line.trim_start());
            }
            each(self, line);
        });
        self.now("");
        let status = status?;
        problem?;
        if status.success() { Ok(()) } else { Err(format!("{status}: {words}").into()) }
    }

    fn show(&self) {
        println!();
        match std::fs::read_to_string(&self.path) {
            Ok(text) => text.lines().for_each(|line| println!("    {line}")),
            Err(error) => println!("    ({}: {error})", self.path.display()),
        }
    }
}

/// The command as a person would type it, with its folder.
fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let mut words = program.to_string_lossy().into_owned();
    for argument in command.get_args() {
        words = words + " " + &argument.to_string_lossy();
    }
    match command.get_current_dir().and_then(|folder| folder.strip_prefix(cargo::root()).ok()) {
        Some(folder) if folder != Path::new("") => format!("{words}   (in {})", folder.display()),
        _ => words,
    }
}

fn duration(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds}.{} s", time.subsec_millis() / 100),
        seconds => format!("{} min {:02} s", seconds / 60, seconds % 60),
    }
}

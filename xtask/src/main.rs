//! The Rust part of `./x`: run, test, crash, dist, release, bench, mutants, fuzz, ui, types, examples, signals, hostile, attacks,
//! providers, dialects, pictures, look.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program is for")]

mod attacks;
mod bench;
mod cargo;
mod clients;
mod crash;
mod deny;
mod dialects;
mod dist;
#[cfg(test)]
mod documents;
mod features;
#[cfg(all(test, target_os = "linux"))]
mod first_run;
mod fuzz;
mod hostile;
mod libtest;
mod maven;
mod mutants;
mod packed;
mod page;
mod pictures;
mod process;
mod providers;
#[cfg(test)]
mod rooms;
#[cfg(test)]
mod rules;
mod run;
#[cfg(test)]
mod rust_source;
mod signals;
mod simulate;
mod steps;
mod test;
#[cfg(unix)]
mod tests_user;
#[cfg(not(unix))]
#[path = "tests_user/elsewhere.rs"]
mod tests_user;
mod tool;
mod ui;
#[cfg(test)]
mod workflows;

use std::process::ExitCode;

/// Any failure, as text for the person at the terminal.
type Result<T = ()> = std::result::Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let command = arguments.next().unwrap_or_default();
    let rest: Vec<String> = arguments.collect();
    let done =
        std::env::set_current_dir(cargo::root()).map_err(Into::into).and_then(|()| match command.as_str() {
            "run" => run::run(&rest),
            "test" => test::test(&rest),
            "dist" => dist::dist(&rest),
            "release" => dist::release(&rest),
            "bench" => bench::bench(&rest),
            "mutants" => mutants::mutants(&rest),
            "crash" => crash::crash(&rest),
            "simulate" => simulate::simulate(&rest),
            "fuzz" => fuzz::fuzz(&rest),
            "setup" => setup(),
            "ui" => ui::ui(&rest),
            "types" => test::write_types(),
            "examples" => test::write_examples(),
            "signals" => signals::write(),
            "hostile" => hostile::write(),
            "attacks" => attacks::write(),
            "providers" => features::write(),
            "dialects" => dialects::write(),
            "pictures" => pictures::pictures(),
            "look" => pictures::look(),
            other => Err(format!("xtask: there is no command \"{other}\"; `./x help` lists them").into()),
        });
    match done {
        Ok(code) => code,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// Fetches what the shell script could not: the crates and npm packages of the lock files, the providers of the tests, and
/// `cargo-deny`.
fn setup() -> Result<ExitCode> {
    let mut steps = steps::Steps::new()?;
    steps.step("crates", |log| log.command(cargo::cargo(["fetch", "--locked"])));
    steps.step("ui: npm packages", |log| ui::npm_install("ui", log));
    if let Some(user) = test::tests_user(&mut steps) {
        providers::install(&mut steps, user.as_ref());
        clients::install(&mut steps, user.as_ref());
    }
    steps.step("cargo-deny", |log| deny::TOOL.install(log));
    Ok(steps.code())
}

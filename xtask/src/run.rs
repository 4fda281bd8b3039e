//! `./x run`: builds the application and starts it.

use std::process::{Command, ExitCode};

use crate::steps::Steps;
use crate::{Result, cargo, ui};

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let mut steps = Steps::new()?;
    if !ui::prepare(&mut steps) {
        return Ok(steps.code());
    }
    // Cargo shows its own progress.
    let built = cargo::cargo(["build", "-p", "abide-desktop", "-p", "abide"])
        .env("CARGO_TERM_COLOR", "auto")
        .status()?;
    if !built.success() {
        return Ok(ExitCode::FAILURE);
    }
    let arguments = arguments.strip_prefix(&["--".to_owned()]).unwrap_or(arguments);
    let command = cargo::program("debug", "abide");
    let shown = command.strip_prefix(cargo::root()).unwrap_or(&command).display().to_string();
    let mut program = if display() {
        println!("\nAbide starts in the tray. Its command is {shown}; try `{shown} status`.\n");
        Command::new(cargo::program("debug", "abide-desktop"))
    } else {
        println!(
            "\nThere is no display here, so Abide starts as an agent without a window. Its command is {shown}:"
        );
        println!("in another terminal, try `{shown} status` or `{shown} login --no-browser`.\n");
        let mut agent = Command::new(&command);
        agent.arg("agent");
        agent
    };
    program.args(arguments);
    start(program)
}

fn display() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Replaces this process with the program, so that signals and the exit code are its own.
#[cfg(unix)]
fn start(mut program: Command) -> Result<ExitCode> {
    use std::os::unix::process::CommandExt;
    let name = program.get_program().to_string_lossy().into_owned();
    Err(format!("{name} could not be started: {}", program.exec()).into())
}

#[cfg(not(unix))]
fn start(mut program: Command) -> Result<ExitCode> {
    let code = program.status()?.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

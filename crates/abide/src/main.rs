//! The `abide` command. The agent without a desktop, the demo provider and the check of the configuration are in a second
//! program beside it, which replaces this process. So this file stays small enough to start in a millisecond.

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use abide_cli::Program;

fn main() -> ExitCode {
    ExitCode::from(abide_cli::main(std::env::args_os(), &run))
}

fn run(program: Program) -> Result<Vec<u8>, String> {
    let name = if cfg!(windows) { "abide-agent.exe" } else { "abide-agent" };
    let agent =
        std::env::current_exe().map(|this| this.with_file_name(name)).map_err(|error| error.to_string())?;
    let mut command = Command::new(&agent);
    match program {
        Program::Agent { passphrase_fd: None } => {}
        Program::Agent { passphrase_fd: Some(number) } => {
            command.args(["--passphrase-fd", &number.to_string()]);
        }
        Program::Demo { port } => {
            command.args(["demo", &port.to_string()]);
        }
        Program::CheckConfiguration { json } => {
            command.arg("check-config").args(json.then_some("--json"));
        }
        Program::ReadCheck => {
            command.args(["check-config", "--json"]).stdin(Stdio::null());
            return command.output().map(|done| done.stdout).map_err(|error| not_started(&agent, &error));
        }
        _ => return Err("This program is not part of this build.".to_owned()),
    }
    become_program(&mut command).map(|()| Vec::new()).map_err(|error| not_started(&agent, &error))
}

fn not_started(agent: &Path, error: &std::io::Error) -> String {
    format!(
        "{} cannot be started ({error}). It belongs beside the `abide` command: install Abide again.",
        agent.display()
    )
}

/// Returns only with an error.
#[cfg(unix)]
fn become_program(command: &mut Command) -> std::io::Result<()> {
    use std::os::unix::process::CommandExt as _;
    Err(command.exec())
}

#[cfg(not(unix))]
fn become_program(command: &mut Command) -> std::io::Result<()> {
    let status = command.status()?;
    // It has printed the error itself; only its code is passed on.
    std::process::exit(status.code().unwrap_or(1))
}

//! The `abide` command: a client of the agent's local endpoint.
//!
//! A tool's first request waits for `abide token`, so this crate is small and blocking: one connection, one write, one read;
//! no runtime, no thread, no TLS. [`run`] takes the arguments and its surroundings ([`Io`]), so that it can be tested
//! without a process.
//!
//! Exit codes: 0 done, 1 failed, 2 usage, 3 sign-in required, 4 consent required or denied, 5 the agent is not running.
//! `abide run` ends with the exit code of its program, 127 if there is no such program and 126 if it cannot be run.

pub mod arguments;
mod clock;
mod commands;
mod failure;
mod http;
mod io;
mod platform;
mod program;
mod terminal;
mod view;

use std::ffi::OsString;
use std::io::{self as streams, IsTerminal as _};
use std::time::Duration;

pub use abide_wire::terminal::plain;

pub use self::clock::Clock;
use self::failure::Failure;
pub use self::io::Io;
pub use self::platform::LastAct;
pub use self::program::{Program, RunProgram};

/// Runs one command with the process's own streams, environment and clocks. The arguments begin with the program's name:
/// under the names that tools look for, the command answers them. Returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, program: RunProgram<'_>) -> u8 {
    // Not locked: a started program may write from another thread.
    let (mut stdout, mut stderr) = (streams::stdout(), streams::stderr());
    let (out_is_terminal, err_is_terminal) = (stdout.is_terminal(), stderr.is_terminal());
    let environment = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let code = run(
        arguments::link::arguments(arguments.into_iter().collect()),
        &mut Io {
            input: &mut streams::BufReader::with_capacity(256, streams::stdin()),
            input_is_terminal: streams::stdin().is_terminal(),
            out: &mut stdout,
            err: &mut stderr,
            out_is_terminal,
            out_is_lost: platform::stdout_is_lost(),
            err_is_terminal,
            environment: &environment,
            user: platform::effective_user(),
            clock: Clock::of_the_system(platform::utc_offset),
            patience: Duration::from_secs(60),
            look_every: Duration::from_secs(2),
            ask_every: Duration::from_millis(100),
            told_within: Duration::from_secs(8),
            before_interruption: &platform::before_interruption,
            launch: &platform::become_program,
            program,
        },
    );
    platform::yield_to_interruption();
    code
}

/// Runs one command. The arguments come without the program's name. Returns the exit code.
pub fn run(arguments: impl IntoIterator<Item = OsString>, io: &mut Io<'_>) -> u8 {
    let mut json = false;
    let done = arguments::parse::parse(arguments.into_iter().collect(), &mut json)
        .and_then(|command| commands::run(command, json, io));
    match done {
        Ok(code) => code,
        // The reader of the output is gone.
        Err(Failure::Output(error)) if error.kind() == streams::ErrorKind::BrokenPipe => 1,
        // The user knows, and the last action has printed its result.
        Err(Failure::Interrupted) => Failure::Interrupted.exit_code(),
        Err(failure) => {
            let text = if json { failure.to_json() } else { failure.to_text() };
            // If the error cannot be printed, the exit code still shows it.
            let _ = io.err.write_all(text.as_bytes()).and_then(|()| io.err.flush());
            failure.exit_code()
        }
    }
}

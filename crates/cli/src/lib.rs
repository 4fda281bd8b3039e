//! The `abide` command: a client of the agent's local endpoint.
//!
//! `abide token` stands between a tool and its first request, so this crate is kept small and blocking: one connection,
//! one write, one read; no runtime, no thread, no TLS. [`run`] takes the arguments and everything else that it touches
//! ([`Io`]), so that it can be tested without a process.
//!
//! Exit codes: 0 done, 1 failed, 2 usage, 3 sign-in required, 4 consent required or denied, 5 the agent is not running.
//! `abide run` ends with the exit code of the program that it ran, 127 when there is no such program and 126 when it
//! cannot be run.

mod args;
mod commands;
mod failure;
mod help;
mod http;
mod layers;
mod platform;
mod signals;
mod style;
mod text;
mod token_request;

pub use abide_wire::terminal;

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use failure::Failure;

/// The two clocks that the command shows times with.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    /// The present time, Unix seconds.
    pub now: fn() -> u64,
    /// How far local time is ahead of UTC at a time (Unix seconds), in seconds.
    pub utc_offset: fn(u64) -> i32,
}

impl Clock {
    /// The system's clock and the user's time zone.
    #[must_use]
    pub fn of_the_system() -> Self {
        Self {
            now: || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            utc_offset: platform::utc_offset,
        }
    }
}

/// A program behind the command, which this crate does not know how to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Program {
    /// The agent without a desktop.
    Agent {
        /// The file descriptor that the passphrase of the vault is read from.
        passphrase_fd: Option<u32>,
    },
    /// The demo provider, on this port of 127.0.0.1.
    Demo {
        /// The port; 0 for any that is free.
        port: u16,
    },
    /// The check of the configuration file, by the agent's own reader.
    CheckConfiguration {
        /// Whether it writes JSON.
        json: bool,
    },
}

/// Runs a program behind the command to its end; otherwise a sentence says why it did not start.
pub type RunProgram<'a> = &'a dyn Fn(Program) -> Result<(), String>;

/// What is still done when the user breaks a command off. What it writes goes to standard error.
pub type LastAct = Box<dyn FnOnce(&mut dyn Write) + Send>;

/// Everything that a command touches.
pub struct Io<'a> {
    /// Where results go.
    pub out: &'a mut dyn Write,
    /// Where everything else that people read goes.
    pub err: &'a mut dyn Write,
    /// Whether `out` is a terminal.
    pub out_is_terminal: bool,
    /// Whether `err` is a terminal.
    pub err_is_terminal: bool,
    /// The environment.
    pub environment: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user whose agent is asked; on Unix the effective user id. A socket of anybody else is refused.
    pub user: u32,
    /// The clocks.
    pub clock: Clock,
    /// How long to wait for an answer. A refresh at the provider may be under way.
    pub patience: Duration,
    /// How often `abide watch` looks for accounts that were added.
    pub look_every: Duration,
    /// How often `abide logout` asks whether the provider has been told of the end.
    pub ask_every: Duration,
    /// For how long it asks.
    pub told_within: Duration,
    /// Arms this for the case that the user breaks the command off (Ctrl-C); the process ends after it.
    pub before_interruption: &'a dyn Fn(LastAct),
    /// Becomes the program (`abide run`), or runs it and returns its exit code.
    pub launch: &'a dyn Fn(&mut Command) -> io::Result<u8>,
    /// Runs `abide agent`, `abide demo` and what else is not part of this crate.
    pub program: RunProgram<'a>,
}

/// Runs one command with the process's own streams, environment and clocks. The arguments come without the program's
/// name. Returns the exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>, program: RunProgram<'_>) -> u8 {
    // Not locked: a program behind the command may write from another thread.
    let (mut stdout, mut stderr) = (io::stdout(), io::stderr());
    let (out_is_terminal, err_is_terminal) = (stdout.is_terminal(), stderr.is_terminal());
    let environment = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    let code = run(
        arguments,
        &mut Io {
            out: &mut stdout,
            err: &mut stderr,
            out_is_terminal,
            err_is_terminal,
            environment: &environment,
            user: platform::effective_user(),
            clock: Clock::of_the_system(),
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
    let done = args::parse(arguments.into_iter().collect(), &mut json)
        .and_then(|command| commands::run(command, json, io));
    match done {
        Ok(code) => code,
        // Whoever read has gone away: there is nobody to tell.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => 1,
        // They know, and the last act has said what became of it.
        Err(Failure::Interrupted) => Failure::Interrupted.exit_code(),
        Err(failure) => {
            let text = if json { failure.to_json() } else { failure.to_text() };
            // An error that cannot be written is still told by the exit code.
            let _ = io.err.write_all(text.as_bytes()).and_then(|()| io.err.flush());
            failure.exit_code()
        }
    }
}

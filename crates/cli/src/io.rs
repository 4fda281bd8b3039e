//! Everything that a command touches, so that it can be tested without a process.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::Command;
use std::time::Duration;

use abide_wire::paths::Places;
use abide_wire::terminal;

use crate::clock::Clock;
use crate::failure::{AnswerFault, Failure};
use crate::http::{Answer, Endpoint};
use crate::platform::LastAct;
use crate::program::RunProgram;
use crate::terminal::Style;

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

impl Io<'_> {
    pub(crate) fn places(&self) -> Result<Places, Failure> {
        Places::from_environment(self.environment).ok_or(Failure::NoHome)
    }

    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        Ok(Endpoint { socket: self.places()?.socket(), user: self.user, patience: self.patience })
    }

    pub(crate) fn style(&self) -> Style {
        Style::new(self.out_is_terminal, self.environment)
    }

    /// Writes a result, whole lines, at once.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).and_then(|()| self.out.flush()).map_err(Failure::Output)
    }

    pub(crate) fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Writes JSON that the agent answered.
    pub(crate) fn pass_on(&mut self, answer: &Answer) -> Result<(), Failure> {
        self.json_line(answer.body())
    }

    /// Writes JSON that the agent sent, on a line. It means what the agent wrote, and a terminal can show it.
    pub(crate) fn json_line(&mut self, json: &[u8]) -> Result<(), Failure> {
        serde_json::from_slice::<serde::de::IgnoredAny>(json).map_err(|_| AnswerFault::Content)?;
        let json = std::str::from_utf8(json.trim_ascii_end()).map_err(|_| AnswerFault::Content)?;
        let mut line = zeroize::Zeroizing::new(Vec::with_capacity(json.len() + 1));
        terminal::push_json(&mut line, json);
        line.push(b'\n');
        self.write(&line)
    }

    pub(crate) fn json(&mut self, value: &serde_json::Value) -> Result<(), Failure> {
        self.say(&format!("{}\n", terminal::json(&value.to_string())))
    }

    /// Tells people something that is not the result. Whether they hear it does not change the outcome.
    pub(crate) fn tell(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }
}

//! The surroundings of a command, so that it can be tested without a process.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, ErrorKind, Read as _, Write};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use abide_wire::paths::{OWNER, Places};
use abide_wire::terminal;

use crate::clock::Clock;
use crate::failure::{AnswerFault, Failure};
use crate::http::{Answer, Endpoint, Running};
use crate::platform::{self, LastAct};
use crate::program::RunProgram;
use crate::terminal::Style;

/// The surroundings of a command.
pub struct Io<'a> {
    /// What a person types.
    pub input: &'a mut dyn BufRead,
    /// Whether `input` is a terminal.
    pub input_is_terminal: bool,
    /// The output for results.
    pub out: &'a mut dyn Write,
    /// The output for other messages.
    pub err: &'a mut dyn Write,
    /// Whether `out` is a terminal.
    pub out_is_terminal: bool,
    /// Whether what is written to `out` is lost: it was closed, or is the null device.
    pub out_is_lost: bool,
    /// Whether `err` is a terminal.
    pub err_is_terminal: bool,
    /// The environment.
    pub environment: &'a dyn Fn(&str) -> Option<OsString>,
    /// The user whose agent is asked; on Unix the effective user ID. Sockets of other users are refused.
    pub user: u32,
    /// The clocks.
    pub clock: Clock,
    /// The longest wait for an answer. The agent may be refreshing tokens.
    pub patience: Duration,
    /// The pause after which `abide watch` looks for new accounts.
    pub look_every: Duration,
    /// The pause after which `abide logout` asks again whether the provider has been notified.
    pub ask_every: Duration,
    /// The time for which it asks.
    pub told_within: Duration,
    /// Sets an action for Ctrl-C; the process ends after it.
    pub before_interruption: &'a dyn Fn(LastAct),
    /// Replaces this process with the program (`abide run`), or runs it and returns its exit code.
    pub launch: &'a dyn Fn(&mut Command) -> io::Result<u8>,
    /// Runs `abide agent`, `abide demo` and others that are not part of this crate.
    pub program: RunProgram<'a>,
}

impl Io<'_> {
    pub(crate) fn places(&self) -> Result<Places, Failure> {
        Places::from_environment(self.environment).ok_or(Failure::NoHome)
    }

    pub(crate) fn endpoint(&self) -> Result<Endpoint, Failure> {
        let places = self.places()?;
        let socket = places.socket();
        // Under cron, su or ssh, the runtime folder is often not the one that the agent was started with.
        let absent =
            cfg!(unix) && socket.symlink_metadata().is_err_and(|error| error.kind() == ErrorKind::NotFound);
        let owner = if absent { Owner::read(&places) } else { None };
        let Some(owner) = owner.filter(|owner| owner.socket.is_absolute()) else {
            let (elsewhere, running) = (None, None);
            return Ok(Endpoint { socket, elsewhere, running, user: self.user, patience: self.patience });
        };
        // Only said if nothing answers there: a computer can get another name while Abide runs.
        let elsewhere = owner.host.filter(|host| platform::host_name().is_some_and(|here| here != *host));
        let running = Some(Running { process: owner.pid, lock: places.state.join(LOCK) });
        let socket = owner.socket;
        Ok(Endpoint { socket, elsewhere, running, user: self.user, patience: self.patience })
    }

    pub(crate) fn style(&self) -> Style {
        Style::new(self.out_is_terminal, self.environment)
    }

    /// Writes a result as whole lines at once.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.out.write_all(bytes).and_then(|()| self.out.flush()).map_err(Failure::Output)
    }

    pub(crate) fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.write(text.as_bytes())
    }

    /// Writes JSON from the agent.
    pub(crate) fn pass_on(&mut self, answer: &Answer) -> Result<(), Failure> {
        self.json_line(answer.body())
    }

    /// Writes JSON from the agent on one line, unchanged in meaning and safe for a terminal.
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

    /// Writes a message that is not the result. Errors are ignored.
    pub(crate) fn tell(&mut self, text: &str) {
        let _ = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }
}

/// The file in the folder of the state that a running agent has locked.
const LOCK: &str = "vault.lock";

/// What the agent has written down about itself.
#[derive(serde::Deserialize)]
struct Owner {
    host: Option<String>,
    pid: Option<u32>,
    socket: PathBuf,
}

impl Owner {
    fn read(places: &Places) -> Option<Self> {
        /// Paths are shorter.
        const MOST: u64 = 16 << 10;
        let mut text = Vec::new();
        File::open(places.state.join(OWNER)).ok()?.take(MOST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

//! Who asks: the program, script, terminal or agent that a request is made for.
//!
//! The operating system says which process is at the other end. `abide` and glue such as `sudo` or `sh -c` act for the program that has
//! started them, so the caller is the first ancestor that is neither.

mod lists;
mod script;

use std::path::Path;

use abide_wire::CallerKind;

use crate::platform::program::{Opened, Process, ProcessId, Program, Stamp, ends_here, only_root_writes};
use lists::{Class, class};
pub(crate) use script::Script;

/// A terminal: the session of processes that it controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Terminal {
    /// The process that leads the session.
    pub(crate) leader: ProcessId,
    /// The device.
    pub(crate) device: u64,
}

/// The program, script, terminal or agent that a request is made for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// What it is.
    pub(crate) kind: Kind,
    /// The process that acts.
    pub(crate) process: Option<ProcessId>,
    /// What it runs.
    pub(crate) program: Option<Program>,
    /// The name to show.
    pub(crate) name: String,
    /// The script of an interpreter.
    pub(crate) script: Option<Script>,
    /// The acting process and everything that it descends from, the nearest first.
    pub(crate) ancestry: Vec<ProcessId>,
    /// The terminal in which it runs.
    pub(crate) terminal: Option<Terminal>,
    /// The nearest ancestor that is a program of its own: an editor, a coding agent, a build.
    pub(crate) agent: Option<(ProcessId, String)>,
    /// Its arguments. Prove nothing.
    pub(crate) command: Option<String>,
    /// What started it, the nearest first. Proves nothing.
    pub(crate) started_by: Vec<String>,
    /// The SHA-256 of its file, where it was read.
    pub(crate) sha256: Option<String>,
    /// The SHA-256 of its script, where it was read.
    pub(crate) script_sha256: Option<String>,
    /// Whether only root can write to its file, and to every folder above it.
    pub(crate) only_root_writes: bool,
}

/// What a caller is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Abide itself, or on a system where ancestors are not looked at, its command.
    Own,
    /// A program whose file is known.
    Program,
    Interpreter,
    /// A person at a terminal.
    Terminal,
    Forwarder,
    /// Started by the system; what it belongs to is not known.
    Background,
    /// In a container: never a program of this machine.
    Contained,
    /// The holder of a client key.
    Key,
    /// It cannot be looked at.
    #[default]
    Unknown,
}

impl Kind {
    /// As it is shown.
    pub(crate) fn shown(self) -> CallerKind {
        match self {
            Self::Own | Self::Program | Self::Key => CallerKind::Program,
            Self::Interpreter => CallerKind::Interpreter,
            Self::Terminal => CallerKind::Terminal,
            Self::Forwarder => CallerKind::Forwarder,
            Self::Background => CallerKind::Background,
            Self::Contained | Self::Unknown => CallerKind::Unknown,
        }
    }
}

/// So many of what started a caller are shown.
const SHOWN: usize = 4;
/// So much of the arguments is shown, in characters.
const COMMAND: usize = 160;

impl Caller {
    /// The caller behind a process and its ancestors, the nearest first. `is_abide` knows Abide's own programs.
    pub(crate) fn of(lineage: &[Process], is_abide: impl Fn(&Program) -> bool) -> Self {
        let Some(first) = lineage.first() else { return Self::default() };
        if first.program.as_ref().is_some_and(|program| program.contained) {
            return Self { kind: Kind::Contained, name: first.label(), ..Self::default() };
        }
        let own = |process: &Process| process.program.as_ref().is_some_and(&is_abide);
        if own(first) && (ends_here() || first.id.number == std::process::id().cast_signed()) {
            return Self { kind: Kind::Own, name: first.label(), ..Self::default() };
        }
        let ancestry = |from: usize| lineage[from..].iter().map(|process| process.id).collect::<Vec<_>>();
        let acts = lineage.iter().position(|process| !own(process) && !is_glue(process));
        let index = match acts {
            Some(index) if class(&lineage[index].label()) != Class::Launcher => index,
            // The parent is gone, or the system has started it: what is left is what was passed over.
            _ => {
                let name = lineage.iter().find(|process| !own(process)).unwrap_or(first).label();
                let process = Some(first.id);
                return Self {
                    kind: Kind::Background,
                    name,
                    process,
                    ancestry: ancestry(0),
                    ..Self::default()
                };
            }
        };
        let index = first_of_run(lineage, index);
        let process = &lineage[index];
        let terminal = terminal(process, lineage);
        let kind = kind(process, terminal.is_some());
        let mut above =
            lineage[index + 1..].iter().take_while(|process| class(&process.label()) != Class::Launcher);
        let started_by = above.clone().map(Process::label).take(SHOWN).collect();
        let agent = above.find(|process| {
            process.program.is_some() && class(&process.label()) == Class::Program && !own(process)
        });
        Self {
            kind,
            process: Some(process.id),
            program: process.program.clone(),
            name: process.label(),
            script: (kind == Kind::Interpreter).then(|| script::of(process)).flatten(),
            ancestry: ancestry(index),
            terminal,
            agent: agent.map(|agent| (agent.id, agent.label())),
            command: command(process),
            started_by,
            only_root_writes: program_of_root(process),
            ..Self::default()
        }
    }

    /// The holder of the client key with this name.
    pub(crate) fn with_key(name: &str) -> Self {
        Self { kind: Kind::Key, name: name.to_owned(), ..Self::default() }
    }

    /// Its file as it is now, where it is a program that can be allowed for good.
    pub(crate) fn file(&self) -> Option<(&Program, Stamp)> {
        let program = self.program.as_ref().filter(|_| self.kind == Kind::Program)?;
        Some((program, program.stamp?))
    }

    /// Its file to be read: what is running, whatever has taken its place since.
    pub(crate) fn running_file(&self) -> Option<Opened> {
        let program = self.program.as_ref().filter(|program| !program.contained)?;
        let stamp = program.stamp?;
        let path = match self.process {
            Some(process) if cfg!(target_os = "linux") => format!("/proc/{}/exe", process.number).into(),
            _ => program.path.clone(),
        };
        Some(Opened { path, stamp })
    }

    /// As the record names it. Its arguments are left out: they may hold secrets.
    pub(crate) fn recorded(&self) -> abide_audit::Caller {
        abide_audit::Caller {
            program: self.program.as_ref().map(|program| program.path.to_string_lossy().into_owned()),
            sha256: self.sha256.clone(),
            started_by: self.started_by.first().cloned(),
            ..abide_audit::Caller::new(abide_audit::CallerKind::Program)
        }
    }

    /// Whether it descends from this process, or is it.
    pub(crate) fn descends_from(&self, process: ProcessId) -> bool {
        self.ancestry.contains(&process)
    }
}

/// A process that has forked without running another program is the same run: a subshell, a worker of a pool.
fn first_of_run(lineage: &[Process], mut index: usize) -> usize {
    while let (Some(process), Some(parent)) = (lineage.get(index), lineage.get(index + 1)) {
        let same = process.program.is_some()
            && process.program == parent.program
            && process.arguments == parent.arguments;
        if !same {
            break;
        }
        index += 1;
    }
    index
}

/// A program that only starts others. The name alone would let any program hide behind its parent: it counts for files of
/// root's, and for processes of root's.
fn is_glue(process: &Process) -> bool {
    let of_root = process.system_file || (process.program.is_none() && process.user == 0);
    match class(&process.label()) {
        Class::Glue => of_root,
        // `sh -c` is how programs run commands.
        Class::Shell => of_root && script::is_one_command(&process.arguments),
        _ => false,
    }
}

fn kind(process: &Process, at_terminal: bool) -> Kind {
    let Some(program) = &process.program else { return Kind::Unknown };
    if program.contained {
        return Kind::Contained;
    }
    match class(&program.name()) {
        Class::Forwarder => Kind::Forwarder,
        Class::Shell if at_terminal && script::is_interactive(&process.arguments) => Kind::Terminal,
        Class::Shell | Class::Interpreter | Class::Glue => Kind::Interpreter,
        Class::Launcher => Kind::Background,
        Class::Program | Class::Terminal => Kind::Program,
    }
}

fn program_of_root(process: &Process) -> bool {
    let program = process.program.as_ref().filter(|program| process.system_file && !program.replaced);
    program.is_some_and(|program| program.is(&program.path) && only_root_writes(&program.path))
}

fn terminal(process: &Process, lineage: &[Process]) -> Option<Terminal> {
    let leader = lineage.iter().find(|ancestor| ancestor.id.number == process.leader)?;
    (process.terminal != 0).then_some(Terminal { leader: leader.id, device: process.terminal })
}

fn command(process: &Process) -> Option<String> {
    let words: Vec<&str> = process.arguments.iter().skip(1).map(String::as_str).collect();
    let whole = format!("{} {}", process.label(), words.join(" "));
    (!words.is_empty()).then(|| in_one_line(&whole))
}

/// A program and its arguments as they are shown.
pub(crate) fn in_one_line(command: &str) -> String {
    let shown: String = command.chars().map(|c| if c.is_control() { ' ' } else { c }).take(COMMAND).collect();
    shown.trim_end().to_owned()
}

/// Why the program at a path is never allowed for good, and what to do instead; `None` where it can be.
pub(crate) fn never_for_good(path: &Path) -> Option<String> {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    let instead = "Run it: Abide asks you, and you can allow this script, this terminal or this run. Where nobody can be asked, \
                   give it a client key: `abide clients allow NAME` makes one.";
    if let Some(interpreter) = script::interpreter_of(path) {
        return Some(format!(
            "{name} is a script: the program that runs is {interpreter}, which also runs every other script. {instead}"
        ));
    }
    match class(&name) {
        Class::Interpreter | Class::Shell | Class::Glue => Some(format!(
            "{name} runs programs that others have written, so allowing it would allow all of them. {instead}"
        )),
        Class::Forwarder => Some(format!(
            "{name} passes on what other programs send, so allowing it would allow all of them. {instead}"
        )),
        Class::Launcher | Class::Terminal => Some(format!("{name} starts every program. {instead}")),
        Class::Program => None,
    }
}

/// Whether a person could have typed this: the command reads from its terminal, in front of it.
pub(crate) fn is_at_terminal(lineage: &[Process]) -> bool {
    lineage.first().is_some_and(|process| process.in_front)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

//! Who asks: the program, script, terminal or agent that a request is made for.
//!
//! The operating system says which process is at the other end. `abide` and glue such as `sudo` or `sh -c` act for the program that has
//! started them, so the caller is the first ancestor that is neither.

mod agent;
mod labels;
mod lists;
mod script;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};

use abide_wire::CallerKind;
use abide_wire::terminal::is_unsafe;

pub(crate) use abide_decision::{Facts, Kind, Terminal};

use crate::platform::program::{
    FileId, Opened, Process, ProcessId, Program, ends_here, name_of, only_root_writes, runs,
};
pub(crate) use labels::Labels;
use lists::{Class, class};

/// The program, script, terminal or agent that a request is made for: the facts that decide, and what only describes it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Caller {
    /// What decides.
    pub(crate) facts: Facts,
    /// The process that acts.
    pub(crate) process: Option<ProcessId>,
    /// The process that runs its program.
    pub(crate) runs_in: Option<ProcessId>,
    /// The nearest ancestor that is a program of its own: an editor, a coding agent, a build.
    pub(crate) agent: Option<(ProcessId, String)>,
    /// Whether it is a shell that runs what comes over its standard input or stands in its arguments, from anywhere.
    pub(crate) on_input: bool,
    /// Its arguments. Prove nothing.
    pub(crate) command: Option<String>,
    /// What started it, the nearest first. Proves nothing.
    pub(crate) started_by: Vec<String>,
}

impl Deref for Caller {
    type Target = Facts;

    fn deref(&self) -> &Facts {
        &self.facts
    }
}

impl DerefMut for Caller {
    fn deref_mut(&mut self) -> &mut Facts {
        &mut self.facts
    }
}

/// Whose share of something limited a caller takes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Share {
    /// A program by its file, with the script that it says it runs.
    Program(FileId, Option<PathBuf>),
    /// The person at a terminal.
    Terminal(Terminal),
    /// The `abide` command where its ancestors are not looked at, and the agent.
    Own,
    /// All that cannot be told apart.
    Others,
}

/// What a caller is, as it is shown.
pub(crate) fn shown(kind: Kind) -> CallerKind {
    match kind {
        Kind::Own | Kind::Program | Kind::Key | Kind::Page => CallerKind::Program,
        Kind::Interpreter => CallerKind::Interpreter,
        Kind::Terminal => CallerKind::Terminal,
        Kind::Forwarder => CallerKind::Forwarder,
        Kind::Background => CallerKind::Background,
        Kind::Contained | Kind::Unknown => CallerKind::Unknown,
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
            // Its process is for labels alone.
            return Self { process: Some(first.id), ..Self::named(Kind::Contained, first.label()) };
        }
        let own = |process: &Process| process.program.as_ref().is_some_and(&is_abide);
        if own(first) && (ends_here() || first.id.number == std::process::id().cast_signed()) {
            return Self::named(Kind::Own, first.label());
        }
        let acts = lineage.iter().position(|process| !own(process) && !is_glue(process));
        // `sh -c` with a command that a person has typed, or one from the net: it does not act for the prompt.
        let typed = acts.filter(|index| is_prompt(&lineage[*index])).and_then(|index| {
            let is_shell = |process: &Process| !own(process) && class(&process.label()) == Class::Shell;
            lineage[..index].iter().position(is_shell)
        });
        let acts = typed.or(acts);
        let index = match acts {
            Some(index) if !is_launcher(&lineage[index]) => index,
            _ => return Self::in_background(lineage, own),
        };
        let index = first_of_run(lineage, index);
        let process = &lineage[index];
        let terminal = terminal(process, lineage);
        let kind = kind(process, terminal.is_some());
        let above = &lineage[index + 1..];
        let launched = above.iter().position(is_launcher);
        let above = &above[..launched.unwrap_or(above.len())];
        let started_by = above.iter().map(Process::label).take(SHOWN).collect();
        let on_input = kind == Kind::Interpreter && (typed.is_some() || reads_its_script(process));
        let facts = Facts {
            kind,
            name: process.label(),
            program: process.program.clone(),
            only_root_writes: program_of_root(process),
            script: (kind == Kind::Interpreter).then(|| script::of(process)).flatten(),
            ancestry: ancestry(lineage, index),
            ancestry_cut: is_cut(lineage),
            terminal,
            ..Facts::default()
        };
        Self {
            facts,
            process: Some(process.id),
            runs_in: Some(process.id),
            agent: agent::of(above, own),
            command: command(process).or_else(|| on_input.then(|| on_standard_input(process))),
            on_input,
            started_by,
        }
    }

    /// The parent is gone, or the system has started it: what is left is what was passed over.
    fn in_background(lineage: &[Process], own: impl Fn(&Process) -> bool) -> Self {
        let Some(first) = lineage.first() else { return Self::default() };
        let left = lineage.iter().find(|process| !own(process)).unwrap_or(first);
        let facts = Facts {
            kind: Kind::Background,
            name: left.label(),
            program: left.program.clone(),
            ancestry: ancestry(lineage, 0),
            ancestry_cut: is_cut(lineage),
            ..Facts::default()
        };
        Self { facts, process: Some(first.id), runs_in: Some(left.id), ..Self::default() }
    }

    fn named(kind: Kind, name: String) -> Self {
        Self { facts: Facts { kind, name, ..Facts::default() }, ..Self::default() }
    }

    /// The holder of the client key with this name.
    pub(crate) fn with_key(name: &str) -> Self {
        Self::named(Kind::Key, name.to_owned())
    }

    /// A page of this origin, in the browser behind a process; `None` if that is no browser: an interpreter or a forwarder writes any
    /// origin, and only a program of its own can be allowed by its file.
    pub(crate) fn at_origin(origin: &str, browser: Self) -> Option<Self> {
        let kind = match browser.kind {
            Kind::Program => Kind::Page,
            Kind::Contained => Kind::Contained,
            _ => return None,
        };
        let facts = Facts {
            kind,
            name: origin.to_owned(),
            program: browser.facts.program,
            only_root_writes: browser.facts.only_root_writes,
            ..Facts::default()
        };
        let started_by = vec![browser.facts.name];
        Some(Self {
            facts,
            process: browser.process,
            runs_in: browser.runs_in,
            started_by,
            ..Self::default()
        })
    }

    /// Whose share of something limited it takes.
    pub(crate) fn share(&self) -> Share {
        match (self.kind, &self.program, self.terminal) {
            (Kind::Own, ..) => Share::Own,
            (Kind::Terminal, _, Some(terminal)) => Share::Terminal(terminal),
            // Its program is that of many others.
            (Kind::Background, ..) => Share::Others,
            (_, Some(program), _) => {
                Share::Program(program.id, self.script.as_ref().map(|script| script.path.clone()))
            }
            _ => Share::Others,
        }
    }

    /// Its file to be read: what is running, whatever has taken its place since.
    pub(crate) fn running_file(&self) -> Option<Opened> {
        let program = self.program.as_ref().filter(|program| !program.contained)?;
        let stamp = program.stamp?;
        let path = match self.runs_in {
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
}

/// A process and all that it descends from, as far as they were looked at.
fn ancestry(lineage: &[Process], from: usize) -> Vec<ProcessId> {
    lineage[from..].iter().map(|process| process.id).collect()
}

/// Whether more processes have started the last one, which were not looked at.
fn is_cut(lineage: &[Process]) -> bool {
    lineage.last().is_some_and(|last| last.ancestors_cut)
}

/// A process that has forked without running another program is the same run: a subshell, a worker of a pool. The same file with the
/// same arguments can be another run: `bash` that reads from a pipe, `python3 main.py` in another folder.
fn first_of_run(lineage: &[Process], mut index: usize) -> usize {
    while let (Some(process), Some(parent)) = (lineage.get(index), lineage.get(index + 1)) {
        let same = process.only_forked
            && process.program.is_some()
            && process.program == parent.program
            && process.known_arguments().is_some_and(|own| parent.known_arguments() == Some(own));
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
    let of_root = is_of_root(process);
    match class(&process.label()) {
        Class::Glue => of_root,
        // `sh -c` is how programs run commands.
        Class::Shell => of_root && process.known_arguments().is_some_and(script::is_one_command),
        _ => false,
    }
}

fn is_of_root(process: &Process) -> bool {
    process.system_file || (process.program.is_none() && process.user == 0)
}

/// A program that starts others for the system or the desktop. A program of the user's can have that name, so the file counts, too. A
/// launcher with rights of its own hides its file.
fn is_launcher(process: &Process) -> bool {
    class(&process.label()) == Class::Launcher && (is_of_root(process) || process.program.is_none())
}

fn kind(process: &Process, at_terminal: bool) -> Kind {
    let Some(program) = &process.program else { return Kind::Unknown };
    if program.contained {
        return Kind::Contained;
    }
    match class(&name_of(program)) {
        Class::Forwarder => Kind::Forwarder,
        Class::Shell if at_terminal && agent::is_person(process) => Kind::Terminal,
        Class::Shell | Class::Interpreter | Class::Glue | Class::Launcher => Kind::Interpreter,
        Class::Program | Class::Terminal => Kind::Program,
    }
}

/// Whether a shell reads what a person types.
fn is_prompt(process: &Process) -> bool {
    class(&process.label()) == Class::Shell && agent::is_person(process)
}

/// Whether a shell runs what comes over its standard input, and that is no terminal, or over another descriptor: `curl ... | bash`,
/// `bash <(curl ...)`.
fn reads_its_script(process: &Process) -> bool {
    let shell = class(&process.label()) == Class::Shell;
    let reads = |arguments: &[String]| {
        script::names_descriptor(arguments) || (!process.reads_terminal && script::reads_input(arguments))
    };
    shell && process.known_arguments().is_some_and(reads)
}

fn on_standard_input(process: &Process) -> String {
    format!("{}, with a script on its standard input", process.label())
}

fn program_of_root(process: &Process) -> bool {
    let program = process.program.as_ref().filter(|program| process.system_file && !program.replaced);
    program.is_some_and(|program| runs(program, &program.path) && only_root_writes(&program.path))
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
    let shown: String = command.chars().map(|c| if is_unsafe(c) { ' ' } else { c }).take(COMMAND).collect();
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
    lineage.first().is_some_and(|process| process.in_front) && !is_cut(lineage)
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;

//! What a program works for: the editor, the build or the coding agent that has started it.

use super::lists::{Class, arguments, class};
use super::script;
use crate::platform::program::{Process, ProcessId, name_of};

/// So much of the name of a script is shown, in characters.
const SHOWN: usize = 48;

/// The ancestor that *this agent* means, with the name to show. `above` are the ancestors of a caller, the nearest first.
///
/// That is the nearest program of its own. Below a prompt without such a program, it is what was typed there: a build or a coding agent
/// that an interpreter runs. An answer for it is about its process, and ends with it.
pub(super) fn of(above: &[Process], own: impl Fn(&Process) -> bool) -> Option<(ProcessId, String)> {
    let prompt = above.iter().position(is_prompt).unwrap_or(above.len());
    let (typed, rest) = above.split_at(prompt);
    let program = |process: &&Process| {
        process.program.is_some() && class(&process.label()) == Class::Program && !own(process)
    };
    let named = |process: &Process| (process.id, process.label());
    let interpreted = || typed.iter().rev().find_map(|process| Some((process.id, interpreted(process)?)));
    typed
        .iter()
        .find(program)
        .map(named)
        .or_else(interpreted)
        .or_else(|| rest.iter().find(program).map(named))
}

/// Whether a person types there.
fn is_prompt(process: &Process) -> bool {
    match class(&process.label()) {
        Class::Terminal => true,
        Class::Shell => is_person(process),
        _ => false,
    }
}

/// Whether a shell reads what is typed at its terminal. A program of the user's can have the name of a shell.
pub(super) fn is_person(process: &Process) -> bool {
    process.system_file
        && process.terminal != 0
        && process.reads_terminal
        && process.known_arguments().is_some_and(script::is_interactive)
}

/// The name of what an interpreter runs that was started at a terminal: `node with claude`, `make`.
fn interpreted(process: &Process) -> Option<String> {
    let program = process.program.as_ref().filter(|program| !program.contained)?;
    let name = name_of(program);
    if process.terminal == 0 || class(&name) != Class::Interpreter {
        return None;
    }
    if arguments(&name).is_none() {
        return Some(name);
    }
    let runs = match script::named(process) {
        Some(script) => script.file_name()?.to_string_lossy().into_owned(),
        None => title(process)?.to_owned(),
    };
    // A window manager that is a script.
    if class(&runs) == Class::Launcher {
        return None;
    }
    let runs: String = runs.chars().filter(|c| !abide_wire::terminal::is_unsafe(*c)).take(SHOWN).collect();
    Some(format!("{name} with {runs}"))
}

/// The name that a process has put in the place of its arguments (`process.title` of Node.js).
fn title(process: &Process) -> Option<&str> {
    let (first, rest) = process.known_arguments()?.split_first()?;
    let title = first.rsplit('/').next()?;
    let replaced = rest.iter().all(String::is_empty) && class(title) == Class::Program && !title.is_empty();
    replaced.then_some(title)
}

//! `abide doctor`: what keeps SDKs and tools from getting their tokens from Abide.

use std::path::{Path, PathBuf};

use abide_dialects::call::Program;
use abide_dialects::mcp::setup::{AGENTS, Agent, Entry};
use abide_dialects::program::PROGRAMS;
use abide_dialects::{DIALECTS, Kind, environment};

use super::check::{Check, Level};
use crate::commands::credential::configured;
use crate::commands::mcp::{is_abide, place, text_of};
use crate::commands::run::files_instead;
use crate::io::Io;

/// Servers without a link, links without servers, and other programs with the name of a link.
pub(super) fn programs(io: &Io<'_>) -> Vec<Check> {
    let Some(path) = (io.environment)("PATH") else { return Vec::new() };
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut checks = Vec::new();
    for program in PROGRAMS.iter().filter(|program| program.server.is_some()) {
        // An older agent knows fewer formats.
        let Ok(servers) = configured(io, program.format) else { continue };
        let Some(link) = program.link else { continue };
        let file = format!("{link}{}", std::env::consts::EXE_SUFFIX);
        let found = folders.iter().map(|folder| folder.join(&file)).find(|place| place.is_file());
        checks.extend(link_problem(program, link, !servers.is_empty(), found.as_deref()));
    }
    checks
}

fn link_problem(program: &Program, link: &str, named: bool, found: Option<&Path>) -> Option<Check> {
    let format = program.format;
    let detail = match found {
        Some(place) if is_abide(place) => {
            if named {
                return None;
            }
            format!(
                "{} is there, but gives no token: no server is named. Add [[dialects.{format}]] to the configuration",
                place.display()
            )
        }
        // Other tools with the same need take a command or a path.
        _ if !named || !needs_link(format) => return None,
        Some(place) => format!(
            "[[dialects.{format}]] is in the configuration, but `{link}` is another program: {}. Make a link to `abide` with that \
             name in a folder that comes before it in PATH",
            place.display()
        ),
        None => format!(
            "[[dialects.{format}]] is in the configuration, but the tool will not find Abide: make a link to `abide` with the name \
             `{link}` in a folder of PATH"
        ),
    };
    Some(Check::new("dialects", Level::Warning, detail))
}

/// Whether the tool looks for this name in `PATH` and takes nothing else.
fn needs_link(format: &str) -> bool {
    ["docker", "keyring"].contains(&format)
}

/// What SDKs would use instead of Abide. `abide run` hides it; without `abide run` it comes first.
pub(super) fn instead(io: &Io<'_>) -> Vec<Check> {
    let is_set = |name: &str| (io.environment)(name).is_some();
    let mut checks: Vec<Check> = Vec::new();
    for dialect in DIALECTS.iter().filter(|dialect| !matches!(dialect.kind, Kind::Program)) {
        let mut found: Vec<String> =
            environment::set_aside(&[dialect], is_set).into_iter().map(str::to_owned).collect();
        found.extend(files_instead(io, &[dialect]).into_iter().map(|(file, _)| file));
        if found.is_empty() {
            continue;
        }
        let detail = format!(
            "{}: the SDK uses {} instead of Abide. `abide run --dialect {}` hides it from the program",
            dialect.title,
            found.join(", "),
            dialect.name
        );
        checks.push(Check::new("dialects", Level::Ok, detail));
    }
    checks
}

/// The coding agents that reach MCP servers through Abide, and what keeps them from it.
pub(super) fn agents(io: &Io<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    for agent in &AGENTS {
        let Ok(path) = place(io, agent) else { continue };
        let Ok(text) = text_of(&path) else { continue };
        let is_ours = |server: &Entry| matches!(&server.args[..], [first, second, ..] if first == "mcp" && second == "connect");
        let servers: Vec<Entry> = agent.programs(&text).into_iter().filter(is_ours).collect();
        let missing = servers.iter().find(|server| !can_be_run(io, &server.command));
        checks.extend(missing.map(|server| not_run(agent, &path, server)));
        if missing.is_none() && !servers.is_empty() {
            let names: Vec<String> = servers.into_iter().map(|server| server.name).collect();
            let detail = format!("{}: through Abide to {}", agent.title, names.join(", "));
            checks.push(Check::new("MCP", Level::Ok, detail));
        }
    }
    checks
}

fn not_run(agent: &Agent, path: &Path, server: &Entry) -> Check {
    let detail = format!(
        "{}: {} runs `{}` for the MCP server {}, and there is no such program. Write the whole path of `abide` there",
        agent.title,
        path.display(),
        server.command,
        server.name
    );
    Check::new("MCP", Level::Warning, detail)
}

/// Whether a program is there: at its path, or in a folder of `PATH`.
fn can_be_run(io: &Io<'_>, command: &str) -> bool {
    if Path::new(command).components().count() > 1 {
        return Path::new(command).is_file();
    }
    let file = format!("{command}{}", std::env::consts::EXE_SUFFIX);
    let path = (io.environment)("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(&file).is_file() || folder.join(command).is_file())
}

//! `abide run`: starts a program that gets its tokens from Abide.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process;

use abide_dialects::{Dialect, Instead, Kind, by_name, environment};
use abide_wire::terminal::plain;
use abide_wire::{JobAnswer, JobRequest};

use super::aws;
use super::token::{fetch, warn_of_short_validity};
use crate::arguments::parse::Ways;
use crate::arguments::token_request::TokenRequest;
use crate::failure::Failure;
use crate::io::Io;

/// The variable for the token.
const TOKEN: &str = "ABIDE_TOKEN";
/// The variable that names the role at AWS.
const ROLE: &str = "AWS_ROLE_ARN";
/// The variable that names the file with the token.
const TOKEN_FILE: &str = "ABIDE_TOKEN_FILE";

/// Replaces this process with the program, so that the terminal, signals and the exit code are the program's own. What Abide hands
/// to it is bound to the process, which stays the same.
pub(super) fn run(
    io: &mut Io<'_>,
    request: &TokenRequest,
    ways: &Ways,
    program: OsString,
    arguments: Vec<OsString>,
) -> Result<u8, Failure> {
    let mut command = process::Command::new(&program);
    command.args(&arguments);
    let variable = token_variable(ways, "run")?;
    let needs_job = !ways.dialects.is_empty() || ways.token_file;
    // With a dialect, a token in the environment would only become old.
    if !needs_job || ways.variable.is_some() || request.challenge.is_some() {
        let (_answer, token) = fetch(io, request)?;
        warn_of_short_validity(io, request, &token);
        if !needs_job || ways.variable.is_some() {
            command.env(variable, token.access_token.expose());
        }
    }
    if needs_job {
        let words = std::iter::once(&program).chain(&arguments);
        let shown = words.map(|word| word.to_string_lossy().into_owned()).collect();
        begin_job(io, request, ways, shown, &mut command)?;
    }
    (io.launch)(&mut command).map_err(|source| Failure::Launch { program, source })
}

/// The name of the variable for the token.
pub(super) fn token_variable<'a>(ways: &'a Ways, command: &str) -> Result<&'a str, Failure> {
    let name = ways.variable.as_deref().unwrap_or(TOKEN);
    if name.contains(['=', '\0']) {
        let sentence = format!("`--env` needs the name of a variable, not `{}`.", plain(name));
        return Err(Failure::usage(sentence, command));
    }
    Ok(name)
}

/// Asks the agent for a job, and tells the program where its tokens are.
fn begin_job(
    io: &mut Io<'_>,
    request: &TokenRequest,
    ways: &Ways,
    shown: Vec<String>,
    command: &mut process::Command,
) -> Result<(), Failure> {
    let dialects = ways.dialects.iter().map(|name| known(name, "run")).collect::<Result<Vec<_>, _>>()?;
    for dialect in &dialects {
        if let [name, ..] = environment::missing(dialect, |name| (io.environment)(name).is_some())[..] {
            let sentence =
                format!("The dialect `{}` needs the variable {name}. Set it and try again.", dialect.name);
            return Err(Failure::usage(sentence, "run"));
        }
    }
    let token_file = ways.token_file || dialects.iter().any(|dialect| environment::needs_token_file(dialect));
    let aws = needs_role(&dialects).then(|| (io.environment)(ROLE)?.into_string().ok()).flatten();
    let aws = aws.map(|arn| aws::role(io, arn));
    let job = JobRequest { dialects: ways.dialects.clone(), command: shown, token_file, aws };
    let job = request.begin_job(&io.endpoint()?, &job)?;
    for name in environment::set_aside(&dialects, |name| (io.environment)(name).is_some()) {
        command.env_remove(name);
        io.tell(&format!(
            "abide: {name} is set. The SDK would use it instead of Abide, so the program does not get it.\n"
        ));
    }
    for (file, moved_by) in files_instead(io, &dialects) {
        command.env(moved_by, nothing(&job));
        io.tell(&format!(
            "abide: The SDK would use {file} instead of Abide. For this program, {moved_by} points elsewhere. The file does not change.\n"
        ));
    }
    if dialects.iter().any(|dialect| matches!(dialect.kind, Kind::Http(_))) {
        past_the_proxy(io, command);
    }
    let this = std::env::current_exe().unwrap_or_else(|_| "abide".into());
    for dialect in dialects {
        for (name, value) in environment::variables(dialect, Some(&job), &this.to_string_lossy()) {
            command.env(name, value.as_str());
        }
    }
    if let Some(file) = job.token_file.as_ref().filter(|_| ways.token_file) {
        command.env(TOKEN_FILE, file);
    }
    Ok(())
}

/// Lets SDKs reach the port of the run directly: a proxy would get its key, and answer in its place.
fn past_the_proxy(io: &Io<'_>, command: &mut process::Command) {
    for name in ["NO_PROXY", "no_proxy"] {
        let mut hosts = (io.environment)(name).unwrap_or_default();
        if !hosts.is_empty() {
            hosts.push(",");
        }
        hosts.push("127.0.0.1");
        command.env(name, hosts);
    }
}

/// A path of the job's own at which there is nothing.
fn nothing(job: &JobAnswer) -> PathBuf {
    Path::new(&job.key_file).with_file_name("nothing")
}

/// The dialect with this name.
pub(super) fn known(name: &str, command: &str) -> Result<&'static Dialect, Failure> {
    by_name(name).ok_or_else(|| {
        let sentence = format!("There is no dialect `{}`. `abide dialects` lists them.", plain(name));
        Failure::usage(sentence, command)
    })
}

fn needs_role(dialects: &[&Dialect]) -> bool {
    dialects.iter().any(|dialect| matches!(dialect.kind, Kind::Http(http) if http.needs_role))
}

/// Files that an SDK would use instead, with the variable that leads it elsewhere.
pub(super) fn files_instead(io: &Io<'_>, dialects: &[&Dialect]) -> Vec<(String, &'static str)> {
    let home = (io.environment)(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).unwrap_or_default();
    let in_home = |file: &str| Path::new(&home).join(file);
    let given = |variable: &str| (io.environment)(variable).map(PathBuf::from);
    let mut found = Vec::new();
    for instead in dialects.iter().flat_map(|dialect| dialect.instead) {
        let (path, moved_by) = match *instead {
            // The variable names the folder.
            Instead::File { file, moved_by } => {
                let name = Path::new(file).file_name().unwrap_or(OsStr::new(file));
                (given(moved_by).map_or_else(|| in_home(file), |folder| folder.join(name)), moved_by)
            }
            // The variable names the file.
            Instead::Section { file, moved_by, section, keys } => {
                let path = given(moved_by).unwrap_or_else(|| in_home(file));
                let text = std::fs::read_to_string(&path).unwrap_or_default();
                if !has_section(&text, section, keys) {
                    continue;
                }
                (path, moved_by)
            }
            Instead::Variable(_) => continue,
        };
        if path.is_file() && !found.iter().any(|(_, known)| *known == moved_by) {
            found.push((path.display().to_string(), moved_by));
        }
    }
    found
}

/// Whether an INI file has this section with one of these settings, or with any if none are named.
fn has_section(text: &str, section: &str, keys: &[&str]) -> bool {
    let begins = |line: &str| {
        let (name, _) = line.trim().strip_prefix('[')?.split_once(']')?;
        Some(name.trim() == section)
    };
    let mut inside = false;
    for line in text.lines() {
        if let Some(own) = begins(line) {
            inside = own;
            if own && keys.is_empty() {
                return true;
            }
        } else if inside {
            let key = line.split_once('=').map(|(key, _)| key.trim().to_ascii_lowercase());
            if key.is_some_and(|key| keys.contains(&key.as_str())) {
                return true;
            }
        }
    }
    false
}

//! `abide mcp add`: the lines that let a coding agent run `abide mcp connect`, shown, or written into its file.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use abide_dialects::mcp::setup::{Added, Agent, Entry, Place};
use abide_wire::terminal::plain;

use crate::arguments::mcp_server::McpServer;
use crate::failure::Failure;
use crate::io::Io;

/// The largest file that is changed, in bytes.
const LARGEST: u64 = 4 << 20;

pub(in crate::commands) fn add(io: &mut Io<'_>, server: &McpServer, json: bool) -> Result<(), Failure> {
    let agent = server.agent;
    let path = place(io, agent)?;
    let command = command(io, agent);
    let mut args = vec!["mcp".to_owned(), "connect".to_owned(), server.url.clone()];
    if let Some(account) = &server.account {
        args.extend(["--account".to_owned(), account.clone()]);
    }
    let entry = Entry { name: server.name.clone(), command, args };
    let lines = agent.alone(&entry);
    let written = server.write && write(agent, &path, &entry)?;
    let shown = path.display().to_string();
    if json {
        return io.json(&serde_json::json!({
            "agent": agent.name, "name": entry.name, "file": shown, "text": lines, "written": written,
        }));
    }
    let (name, title, shown) = (plain(&entry.name), agent.title, plain(&shown).into_owned());
    match (server.write, written) {
        (true, true) => io.say(&format!("Added {name} to {shown}. Start {title} again to use it.\n")),
        (true, false) => io.say(&format!("{name} is in {shown} already.\n")),
        (false, _) => {
            for line in lines.lines() {
                io.say(&format!("{}\n", plain(line)))?;
            }
            io.tell(&format!(
                "abide: Nothing is changed. Add this to {shown} for {title}, or repeat the command with --write.\n"
            ));
            Ok(())
        }
    }
}

/// How the file names this command. A file of a project is often shared with others, who have the command elsewhere: there it is
/// the name alone, if that leads here.
fn command(io: &Io<'_>, agent: &Agent) -> String {
    let this = this_command(io);
    match (agent.place, this.file_name()) {
        (Place::Project(_), Some(name)) if in_path(io, name.as_ref()) == Some(this.clone()) => {
            name.to_string_lossy().into_owned()
        }
        _ => this.to_string_lossy().into_owned(),
    }
}

/// The first program of this name in `PATH`.
fn in_path(io: &Io<'_>, name: &Path) -> Option<PathBuf> {
    let path = (io.environment)("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|folder| folder.join(name))
        .find(|place| place.is_absolute() && place.is_file())
}

/// The path of this command, for a file that stays: the one in `PATH` that leads here, because another version is installed under
/// the same name. The folder of an AppImage goes away, and the command in `PATH` leads to the next one.
fn this_command(io: &Io<'_>) -> PathBuf {
    let this = std::env::current_exe().unwrap_or_else(|_| "abide".into());
    let in_image = this.ancestors().nth(3).is_some_and(|folder| folder.join("AppRun").is_file());
    let file = format!("abide{}", std::env::consts::EXE_SUFFIX);
    match in_path(io, file.as_ref()) {
        Some(place) if in_image || is_abide(&place) => place,
        _ if in_image => PathBuf::from(&file),
        _ => this,
    }
}

/// Whether a file is this command, by a link or as a copy under another name.
pub(in crate::commands) fn is_abide(place: &Path) -> bool {
    let own = std::env::current_exe().and_then(std::fs::canonicalize);
    own.is_ok_and(|own| std::fs::canonicalize(place).is_ok_and(|place| place == own))
}

/// The file of a coding agent.
pub(in crate::commands) fn place(io: &Io<'_>, agent: &Agent) -> Result<PathBuf, Failure> {
    let absolute =
        |variable: &str| (io.environment)(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let home = || absolute(if cfg!(windows) { "USERPROFILE" } else { "HOME" }).ok_or(Failure::NoHome);
    match agent.place {
        Place::Home(below) => home().map(|home| home.join(below)),
        Place::Named(variable, below, file) => {
            let folder = absolute(variable).map_or_else(|| home().map(|home| home.join(below)), Ok);
            folder.map(|folder| folder.join(file))
        }
        Place::Project(below) => {
            let folder = std::env::current_dir();
            folder.map(|folder| folder.join(below)).map_err(|source| failed(Path::new("."), &source))
        }
    }
}

/// The text of such a file; empty if the file does not exist.
pub(in crate::commands) fn text_of(path: &Path) -> io::Result<String> {
    match std::fs::metadata(path) {
        Ok(file) if file.len() > LARGEST => Err(io::ErrorKind::FileTooLarge.into()),
        Ok(_) => std::fs::read_to_string(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// Adds a server to the file. Returns whether it was changed.
fn write(agent: &Agent, path: &Path, entry: &Entry) -> Result<bool, Failure> {
    let file = text_of(path).map_err(|source| failed(path, &source))?;
    match agent.added(&file, entry) {
        Ok(Added::Present) => Ok(false),
        Ok(Added::Text(text)) => {
            replace(path, &file, &text).map(|()| true).map_err(|source| failed(path, &source))
        }
        Err(why) => Err(Failure::NotAdded { path: path.to_owned(), why: why.to_string() }),
    }
}

fn failed(path: &Path, source: &io::Error) -> Failure {
    Failure::NotAdded { path: path.to_owned(), why: source.to_string() }
}

/// Replaces a file as a whole, with the permissions that it had, unless it is no longer as it was read. A symbolic link stays
/// one, also if it leads nowhere.
fn replace(path: &Path, before: &str, text: &str) -> io::Result<()> {
    let path = match std::fs::canonicalize(path) {
        Ok(real) => real,
        Err(error) if path.is_symlink() => return Err(error),
        Err(_) => path.to_owned(),
    };
    let folder = path.parent().ok_or(io::ErrorKind::InvalidInput)?;
    std::fs::create_dir_all(folder)?;
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let new = folder.join(name);
    let mut file = std::fs::File::create_new(&new)?;
    let written = (|| {
        if let Ok(old) = std::fs::metadata(&path) {
            file.set_permissions(old.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        if text_of(&path)? != before {
            return Err(io::Error::other("another program has just changed it; repeat the command"));
        }
        std::fs::rename(&new, &path)
    })();
    if written.is_err() {
        let _ = std::fs::remove_file(&new);
    }
    written
}

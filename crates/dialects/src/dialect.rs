//! A dialect as data.

use crate::exchange::Http;

/// One way in which tools ask for a token.
#[derive(Debug)]
pub struct Dialect {
    /// The name for `--dialect`.
    pub name: &'static str,
    /// The tools that use it, as a text for people.
    pub title: &'static str,
    /// How the token gets there.
    pub kind: Kind,
    /// The variables to set for the tool; for a program, those that `abide env` prints.
    pub sets: &'static [Variable],
    /// What the tool would use instead of Abide, if it exists.
    pub instead: &'static [Instead],
    /// What the token is for, if the user does not say it.
    pub target: Target,
    /// A command to copy.
    pub example: &'static str,
    /// The page in `docs/dialects`, without its ending.
    pub page: &'static str,
}

/// How a token gets to the tool.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The tool sends requests to a listener of the job.
    Http(&'static Http),
    /// The tool reads a file, which is renewed.
    File,
    /// The tool runs a program and reads what it writes.
    Program,
}

/// A variable of the environment.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it is set to.
    pub value: Value,
}

/// What a variable is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value {
    /// The address of the job's listener, with this path: `http://127.0.0.1:PORT/…`.
    Url(&'static str),
    /// `127.0.0.1:PORT`.
    HostAndPort,
    /// The key of the job.
    Key,
    /// The path of a file with the key of the job, without a line break.
    KeyFile,
    /// The path of a file with a token, which is renewed.
    TokenFile,
    /// The path of the `abide` command, with these arguments.
    Command(&'static str),
    /// What the user has set it to. Without it, the tool could not use the rest.
    Given,
    /// This text.
    Text(&'static str),
}

/// What a tool would use instead of Abide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instead {
    /// A variable. It is removed for the tool.
    Variable(&'static str),
    /// A section of a file below the home folder. `moved_by` is the variable with which the tool finds the file elsewhere.
    Section {
        /// The file, relative to the home folder.
        file: &'static str,
        /// The variable that names another file.
        moved_by: &'static str,
        /// The section, without its brackets.
        section: &'static str,
        /// The settings in it that are used instead; none for any.
        keys: &'static [&'static str],
    },
    /// A file below the home folder, if it exists. The tool is led to another folder, where it finds none.
    File {
        /// The file, relative to the home folder.
        file: &'static str,
        /// The variable that names another folder for it.
        moved_by: &'static str,
    },
}

/// What a token is for, if the user does not say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// The session's own token.
    Session,
    /// The resource that the tool names (RFC 8707).
    Resource,
    /// The scopes that the tool names.
    Scopes,
    /// The audience that the tool names.
    Audience,
}

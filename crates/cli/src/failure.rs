//! The errors of the command, with their messages and exit codes.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use abide_wire::{ErrorCode, text};
use serde::Deserialize;

use abide_wire::terminal::{self, plain};

/// An error in an answer that did arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AnswerFault {
    /// The connection closed before the first byte.
    #[error("the connection was closed without an answer")]
    Empty,
    /// The connection closed too early.
    #[error("it is incomplete")]
    Truncated,
    /// Not HTTP.
    #[error("it is not HTTP")]
    NotHttp,
    /// The head is longer than the limit.
    #[error("its head is too long")]
    HeadTooLong,
    /// Neither a length nor chunks, or both, or two lengths.
    #[error("its length is missing")]
    NoLength,
    /// The body is longer than the limit.
    #[error("it is larger than 1 MiB")]
    TooLarge,
    /// The chunks are not well formed.
    #[error("its chunks are damaged")]
    Chunk,
    /// The body is not the expected JSON.
    #[error("it has unexpected content")]
    Content,
    /// The token contains characters that are not allowed (RFC 6750 section 2.1).
    #[error("the token has characters that a header cannot carry")]
    Token,
    /// An error status without an error answer.
    #[error("status {0} without a reason")]
    Status(u16),
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments are wrong.
    #[error("{sentence}\n{hint}")]
    Usage { sentence: String, hint: String },
    /// There is no listener.
    #[error("Abide is not running. Start it from the menu, or run `abide agent`.")]
    NotRunning,
    /// There is no listener, and the last agent with these folders ran on another computer: two computers share a home.
    #[error(
        "Abide is not running on this computer. With these folders it was started on {0}. Use it there, or quit it there first."
    )]
    NotHere(String),
    /// An agent runs, and its socket is not there.
    #[error(
        "Abide runs{}, but its socket {} is not visible here. Give the sandbox or container access to that folder.",
        process.map(|number| format!(" as process {number}")).unwrap_or_default(),
        socket.display()
    )]
    Hidden { process: Option<u32>, socket: PathBuf },
    /// Not even a home directory is known.
    #[error("Abide cannot find its folders: set HOME or XDG_RUNTIME_DIR.")]
    NoHome,
    /// The socket is not the user's own.
    #[error("{} {problem}, so nothing was sent to it. Remove it if you did not expect that.", socket.display())]
    NotOurs { socket: PathBuf, problem: String },
    /// The agent refused the request.
    #[error("{description}")]
    Refused { code: Cow<'static, str>, description: String, exit: u8 },
    /// The agent's answer cannot be used.
    #[error("Abide\u{2019}s answer cannot be used: {0}. `abide doctor` shows what is running.")]
    Answer(#[from] AnswerFault),
    /// The agent did not answer in time.
    #[error("Abide did not answer within {}.", text::duration(.0.as_secs().max(1)))]
    Timeout(Duration),
    /// The connection failed.
    #[error("The connection to Abide failed: {0}.")]
    Transport(io::Error),
    /// The agent disappeared during a stream.
    #[error("Abide has stopped, or the account was removed.")]
    Stopped,
    /// A sign-in did not succeed.
    #[error("{sentence}")]
    SignIn { sentence: String, exit: u8 },
    /// The user cancelled the command.
    #[error("Cancelled.")]
    Interrupted,
    /// The key of a new client could not be written.
    #[error("{}", key_lost(name, *revoked, source))]
    KeyLost { name: String, revoked: bool, source: io::Error },
    /// The system does not let this program use the socket.
    #[error(
        "This program may not use {}: {source}. Abide may well be running. A sandbox or the permissions of the folder forbid it.",
        socket.display()
    )]
    Forbidden { socket: PathBuf, source: io::Error },
    /// The program of `abide run` could not be run.
    #[error("{}", unlaunched(program, source))]
    Launch { program: OsString, source: io::Error },
    /// The header could not be passed to curl.
    #[error("The token could not be passed to curl: {0}.")]
    Handover(io::Error),
    /// The token needs a proof for each request, which the tool cannot make.
    #[error("The tokens of this account are bound to a key (DPoP), and this tool cannot use such tokens.")]
    Bound,
    /// The request of a tool cannot be read.
    #[error("The request of the tool cannot be read: {0}.")]
    Input(io::Error),
    /// The agent or the demo provider did not start, or stopped early.
    #[error("{0}")]
    Program(String),
    /// A check of `abide doctor` failed; the report says which.
    #[error("Some checks failed.")]
    Unhealthy,
    /// The record cannot be read.
    #[error("The record cannot be read: {}: {source}.", path.display())]
    Audit { path: PathBuf, source: io::Error },
    /// The file of a coding agent cannot be changed.
    #[error("{} is as it was: {why}.", path.display())]
    NotAdded { path: PathBuf, why: String },
    /// The reader of the output is gone, or it cannot be written.
    #[error("The result could not be written: {0}.")]
    Output(io::Error),
}

fn key_lost(name: &str, revoked: bool, source: &io::Error) -> String {
    let name = plain(name);
    if revoked {
        format!(
            "The key could not be written ({source}), so {name} was not allowed. Correct that and try again."
        )
    } else {
        format!(
            "The key could not be written ({source}), and is lost: abide clients revoke {name}, then allow it again."
        )
    }
}

fn unlaunched(program: &OsString, source: &io::Error) -> String {
    let program = plain(&program.to_string_lossy()).into_owned();
    match source.kind() {
        io::ErrorKind::NotFound => format!("The program `{program}` does not exist."),
        io::ErrorKind::PermissionDenied => format!("You may not run `{program}`."),
        _ => format!("`{program}` cannot be run: {source}."),
    }
}

/// An error answer. The code stays a string, because an agent may be newer than this command.
#[derive(Deserialize)]
struct AnsweredError {
    error: String,
    error_description: String,
}

impl Failure {
    /// The failure for an answer with an error status.
    pub(crate) fn refused(status: u16, body: &[u8]) -> Self {
        let Ok(answered) = serde_json::from_slice::<AnsweredError>(body) else {
            return AnswerFault::Status(status).into();
        };
        let known: Option<ErrorCode> =
            serde_json::from_value(serde_json::Value::String(answered.error.clone())).ok();
        Self::Refused {
            code: known.map_or(Cow::Owned(answered.error), |code| Cow::Borrowed(code.as_str())),
            description: answered.error_description,
            exit: known.map_or(1, ErrorCode::exit_code),
        }
    }

    /// An error in the arguments of a command; the hint names that command's help page.
    pub(crate) fn usage(sentence: impl Into<String>, command: &str) -> Self {
        let hint = if command.is_empty() {
            "`abide help` lists the commands.".to_owned()
        } else {
            format!("`abide help {command}` shows how it is used.")
        };
        Self::Usage { sentence: sentence.into(), hint }
    }

    /// The stable code.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Usage { .. } => "usage",
            Self::NotRunning | Self::NotHere(_) | Self::Hidden { .. } => "agent_not_running",
            Self::NoHome => "no_home",
            Self::NotOurs { .. } => "endpoint_not_trusted",
            Self::Refused { code, .. } => code,
            Self::Answer(_) => "invalid_answer",
            Self::Timeout(_) => "timeout",
            Self::Transport(_) => "connection_failed",
            Self::Stopped => "agent_stopped",
            Self::SignIn { .. } => "sign_in_failed",
            Self::Interrupted => "interrupted",
            Self::Launch { .. } => "program_not_run",
            Self::KeyLost { .. } => "key_not_written",
            Self::Forbidden { .. } => "endpoint_forbidden",
            Self::Handover(_) => "token_not_passed",
            Self::Bound => "token_bound",
            Self::Input(_) => "input_failed",
            Self::Program(_) => "not_started",
            Self::Unhealthy => "unhealthy",
            Self::Audit { .. } => "audit_unreadable",
            Self::NotAdded { .. } => "not_added",
            Self::Output(_) => "output_failed",
        }
    }

    /// The exit code.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage { .. } => 2,
            Self::NotRunning | Self::NotHere(_) | Self::Hidden { .. } | Self::Stopped => 5,
            Self::Refused { exit, .. } | Self::SignIn { exit, .. } => *exit,
            // As the shells do, for SIGINT.
            Self::Interrupted => 130,
            // As env(1) and the shells do.
            Self::Launch { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            Self::Launch { .. } => 126,
            _ => 1,
        }
    }

    /// Whether no agent listens.
    pub(crate) fn is_not_running(&self) -> bool {
        matches!(self, Self::NotRunning | Self::NotHere(_) | Self::Hidden { .. })
    }

    /// For people, with the newline.
    pub(crate) fn to_text(&self) -> String {
        let mut text = String::from("abide: ");
        for (index, line) in self.to_string().lines().enumerate() {
            if index > 0 {
                text.push_str("       ");
            }
            text.push_str(&plain(line));
            text.push('\n');
        }
        text
    }

    /// As the local API writes errors, on one line.
    pub(crate) fn to_json(&self) -> String {
        let body = serde_json::json!({ "error": self.code(), "error_description": self.to_string().replace('\n', " ") });
        format!("{}\n", terminal::json(&body.to_string()))
    }
}

//! What decides about a caller: what the operating system proves of it.

use std::path::PathBuf;

/// What stays the same of a file under every name: device and inode.
pub type FileId = (u64, u64);

/// A file as it is now. Two that are equal have the same content: only the system can set the time of a change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stamp {
    /// Device.
    pub device: u64,
    /// Inode.
    pub inode: u64,
    /// Length in bytes.
    pub size: u64,
    /// The time of the last change of content or rights: seconds and nanoseconds.
    pub changed: (i64, i64),
}

/// A running program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where its file was, for texts.
    pub path: PathBuf,
    /// Its file.
    pub id: FileId,
    /// The file as it is now; `None` where the system does not tell.
    pub stamp: Option<Stamp>,
    /// Whether the file has no name any more: another one has taken its place, or it was removed.
    pub replaced: bool,
    /// Whether it sees other files, users or processes than this program does, as in a container: its path can mean another
    /// file there.
    pub contained: bool,
}

/// A process. The start time tells it from a later one with the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ProcessId {
    /// Its number.
    pub number: i32,
    /// When it started, in ticks since boot.
    pub started: u64,
}

/// A terminal: the session of processes that it controls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Terminal {
    /// The process that leads the session.
    pub leader: ProcessId,
    /// The device.
    pub device: u64,
}

/// A script: a file in the arguments of an interpreter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// Where it is.
    pub path: PathBuf,
    /// The file as it is now.
    pub stamp: Stamp,
}

/// What a caller is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Abide itself, or on a system where ancestors are not looked at, its command.
    Own,
    /// A program whose file is known.
    Program,
    /// A program that runs what others have written.
    Interpreter,
    /// A person at a terminal.
    Terminal,
    /// A program that passes on what others send.
    Forwarder,
    /// Started by the system; what it belongs to is not known.
    Background,
    /// In a container: never a program of this machine.
    Contained,
    /// The holder of a client key.
    Key,
    /// A web page, in the browser that is its program.
    Page,
    /// It cannot be looked at.
    #[default]
    Unknown,
}

/// What is known of a caller and decides about it.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// The name of a client key, or the origin of a page. Otherwise a name to show, which decides nothing.
    pub name: String,
    /// What it runs.
    pub program: Option<Program>,
    /// The SHA-256 of its file, where it was read.
    pub sha256: Option<String>,
    /// Whether only root can write to its file, and to every folder above it.
    pub only_root_writes: bool,
    /// The script of an interpreter.
    pub script: Option<Script>,
    /// The SHA-256 of its script, where it was read.
    pub script_sha256: Option<String>,
    /// The acting process and everything that it descends from, the nearest first.
    pub ancestry: Vec<ProcessId>,
    /// Whether it descends from more processes, which were not looked at.
    pub ancestry_cut: bool,
    /// The terminal in which it runs.
    pub terminal: Option<Terminal>,
}

impl Facts {
    /// Its file as it is now, where it is a program that can be allowed for good.
    #[must_use]
    pub fn file(&self) -> Option<(&Program, Stamp)> {
        let program = self.program.as_ref().filter(|_| self.kind == Kind::Program)?;
        Some((program, program.stamp?))
    }

    /// The file of the browser that shows the page, where the page can be allowed in it.
    #[must_use]
    pub fn browser(&self) -> Option<(&Program, Stamp)> {
        let program = self.program.as_ref().filter(|_| self.kind == Kind::Page)?;
        (!program.contained && !program.replaced).then_some((program, program.stamp?))
    }

    /// Whether it is a process itself. The holder of a key is not, and a page is not the browser that shows it.
    pub(crate) fn is_a_process(&self) -> bool {
        !matches!(self.kind, Kind::Key | Kind::Page)
    }

    /// Whether it descends from this process, or is it.
    #[must_use]
    pub fn descends_from(&self, process: ProcessId) -> bool {
        self.ancestry.contains(&process)
    }
}

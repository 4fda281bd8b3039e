//! macOS and Windows: the system tells the path of an executable, and the path leads to the file. Neither has a way for a
//! user to see other files under the same path. What started a process is not looked at there.

use std::path::Path;
use std::time::Duration;

use super::{Process, ProcessId, Program, Surroundings, file_id, name_of, stamp};
use crate::platform::system::program_of;

/// How often Abide checks whether a process has ended.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// A process that has connected.
#[derive(Debug)]
pub(crate) struct Connected {
    process: i32,
}

impl Connected {
    /// The process at the other end.
    pub(crate) fn of<S>(_connection: &S, process: i32) -> Option<Self> {
        Some(Self { process })
    }

    /// Not known there, so each connection stands for itself.
    #[cfg(unix)]
    pub(crate) fn has_connected<S>(&self, _connection: &S, _process: i32) -> bool {
        false
    }

    /// The process. When it started is not known there.
    pub(crate) fn id(&self) -> Option<ProcessId> {
        self.program().map(|_| ProcessId { number: self.process, started: 0 })
    }

    /// Not known there.
    pub(crate) fn has_opened<S>(&self, _connection: &S) -> bool {
        true
    }

    /// Returns once the process has ended.
    pub(crate) async fn ended(&self) {
        while program_of(self.process).is_some() {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Its program.
    pub(crate) fn program(&self) -> Option<Program> {
        let path = program_of(self.process)?;
        let id = file_id(&path)?;
        let stamp = stamp(&path);
        Some(Program { path, id, stamp, replaced: false, contained: false })
    }

    /// The process alone: its ancestors are not looked at.
    pub(crate) fn lineage(&self) -> Vec<Process> {
        let program = self.program();
        let name = program.as_ref().map(name_of).unwrap_or_default();
        vec![Process {
            id: ProcessId { number: self.process, started: 0 },
            user: 0,
            name,
            program,
            system_file: false,
            only_forked: false,
            arguments: Vec::new(),
            arguments_cut: false,
            folder: None,
            leader: 0,
            terminal: 0,
            reads_terminal: true,
            in_front: true,
            ancestors_cut: false,
        }]
    }
}

/// Not looked at there.
pub(crate) fn surroundings(_: ProcessId, _: impl Fn(&str) -> bool) -> Option<Surroundings> {
    None
}

/// Not read there.
pub(crate) fn text(_: &Path) -> Option<String> {
    None
}

/// Not found there: who holds a socket is not looked for.
pub(crate) fn holder(_: u32, _: Option<i32>) -> Vec<Process> {
    Vec::new()
}

/// Not known there: descendants are not looked at.
pub(crate) fn holds(_: ProcessId, _: u32) -> bool {
    true
}

/// Not known there: the port of a run stays its own.
pub(crate) fn is_left(_: ProcessId, _: &str) -> bool {
    true
}

/// An earlier version is known by its path there, which leads to the present one.
pub(super) fn is_earlier(_: &Program) -> bool {
    false
}

/// Whether the lineage of a process ends with it, because its ancestors are not looked at.
pub(crate) const fn ends_here() -> bool {
    true
}

/// Not known there.
pub(crate) fn is_running(_: ProcessId) -> bool {
    true
}

/// The file of this program.
pub(super) fn this_file(path: &Path) -> &Path {
    path
}

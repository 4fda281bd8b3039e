//! What is known of a process.

use std::path::PathBuf;

use super::{ProcessId, Program, name_of};

/// A process as it was a moment ago.
#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) id: ProcessId,
    /// The user that it runs as.
    pub(crate) user: u32,
    /// The name that it gives itself. Proves nothing.
    pub(crate) name: String,
    /// Its executable; `None` where the system does not tell.
    pub(crate) program: Option<Program>,
    /// Whether root owns the executable and only root can write to it.
    pub(crate) system_file: bool,
    /// Whether it has run no other program since its parent has forked it.
    pub(crate) only_forked: bool,
    /// Its arguments, from its own name on. Prove nothing. To be shown: [`Self::known_arguments`] are all of them.
    pub(crate) arguments: Vec<String>,
    /// Whether there are more, and the last one here may be a part.
    pub(crate) arguments_cut: bool,
    /// Where relative paths of its arguments begin.
    pub(crate) folder: Option<PathBuf>,
    /// The process that leads its session.
    pub(crate) leader: i32,
    /// The terminal that controls its session; 0 without one.
    pub(crate) terminal: u64,
    /// Whether its standard input is that terminal.
    pub(crate) reads_terminal: bool,
    /// Whether it is in the foreground of that terminal and reads from it.
    pub(crate) in_front: bool,
    /// Whether it has ancestors that were not looked at, because there are too many, or because they change all the time.
    pub(crate) ancestors_cut: bool,
}

/// What surrounds a process.
#[derive(Clone, Debug, Default)]
pub(crate) struct Surroundings {
    /// Its control groups, as `/proc/PID/cgroup` has them (cgroups(7)).
    pub(crate) cgroups: String,
    /// What Flatpak writes into the sandbox of an app.
    pub(crate) flatpak: Option<String>,
    /// Which of the variables that were asked for it was started with: names only, because values can be secrets.
    pub(crate) variables: Vec<String>,
}

impl Process {
    /// Its arguments, if all of them were read: what is concluded from a part may be wrong.
    pub(crate) fn known_arguments(&self) -> Option<&[String]> {
        (!self.arguments_cut).then_some(&self.arguments)
    }

    /// The name of its executable, or else the one that it gives itself.
    pub(crate) fn label(&self) -> String {
        self.program.as_ref().map_or_else(|| self.name.clone(), name_of)
    }
}

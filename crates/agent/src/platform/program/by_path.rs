//! macOS and Windows: the system tells the path of an executable, and the path leads to the file. Neither has a way for a
//! user to see other files under the same path.

use std::path::Path;

use super::{Program, file_id};
use crate::platform::system::program_of;

/// The program of a process.
pub(crate) fn of_peer<S>(_connection: &S, process: i32) -> Option<Program> {
    let path = program_of(process)?;
    let id = file_id(&path)?;
    Some(Program { path, id, contained: false })
}

/// The file of this program.
pub(super) fn this_file(path: &Path) -> &Path {
    path
}

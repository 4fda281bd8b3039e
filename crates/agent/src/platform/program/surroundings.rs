//! Linux: what surrounds a process. Every program of the user can make it up, so it is good for labels only.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::{ProcessId, is_running};

/// So much of the environment is read, in bytes.
const ENVIRONMENT: u64 = 256 * 1024;
/// So much of any other file is read, in bytes.
const FILE: u64 = 64 * 1024;

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

/// Looks around a process. `wanted` says which variables matter. The files of a sandbox can be served by the program itself, so
/// a read can take forever.
pub(crate) fn surroundings(process: ProcessId, wanted: impl Fn(&str) -> bool) -> Option<Surroundings> {
    let of = |name: &str| format!("/proc/{}/{name}", process.number);
    let found = Surroundings {
        cgroups: text(Path::new(&of("cgroup"))).unwrap_or_default(),
        flatpak: text(Path::new(&of("root/.flatpak-info"))),
        variables: variables(&of("environ"), wanted),
    };
    // The process ID still belongs to the same process.
    is_running(process).then_some(found)
}

/// The text of a file, as far as it is read. Follows no link of another file system: a label is not worth that.
pub(crate) fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    regular(path)?.take(FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Opens a file, and nothing that could wait for another program.
fn regular(path: &Path) -> Option<File> {
    use rustix::fs::{FileType, Mode, OFlags};
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = rustix::fs::open(path, flags, Mode::empty()).ok()?;
    let kind = FileType::from_raw_mode(rustix::fs::fstat(&file).ok()?.st_mode);
    (kind == FileType::RegularFile).then(|| File::from(file))
}

fn variables(path: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let mut bytes = Zeroizing::new(Vec::new());
    let Some(file) = regular(Path::new(path)) else { return Vec::new() };
    if file.take(ENVIRONMENT).read_to_end(&mut bytes).is_err() {
        return Vec::new();
    }
    let names = bytes.split(|byte| *byte == 0).filter_map(|line| line.split(|byte| *byte == b'=').next());
    names
        .filter_map(|name| std::str::from_utf8(name).ok())
        .filter(|name| wanted(name))
        .map(str::to_owned)
        .collect()
}

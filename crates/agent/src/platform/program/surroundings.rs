//! Linux: what surrounds a process. Every program of the user can make it up, so it is good for labels only.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::{ProcessId, Surroundings, is_running};
use crate::platform::file::open_at_once;

/// So much of the environment is read, in bytes.
const ENVIRONMENT: u64 = 256 * 1024;
/// So much of any other file is read, in bytes.
const FILE: u64 = 64 * 1024;

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

/// The text of a file, as far as it is read.
pub(crate) fn text(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    regular(path)?.take(FILE).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Opens a file, and nothing that could wait for another program.
fn regular(path: &Path) -> Option<File> {
    let file = open_at_once(path).ok()?;
    file.metadata().ok()?.is_file().then_some(file)
}

/// Whether a process was started with this text in one of its variables, and no further digit behind it: an address with its port.
pub(super) fn was_given(process: i32, text: &str) -> bool {
    let Some(bytes) = environment(&format!("/proc/{process}/environ")) else { return false };
    let mut windows = bytes.windows(text.len()).enumerate();
    windows.any(|(at, window)| {
        window == text.as_bytes() && !bytes.get(at + text.len()).is_some_and(u8::is_ascii_digit)
    })
}

fn environment(path: &str) -> Option<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::new());
    regular(Path::new(path))?.take(ENVIRONMENT).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

fn variables(path: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let Some(bytes) = environment(path) else { return Vec::new() };
    let names = bytes.split(|byte| *byte == 0).filter_map(|line| line.split(|byte| *byte == b'=').next());
    names
        .filter_map(|name| std::str::from_utf8(name).ok())
        .filter(|name| wanted(name))
        .map(str::to_owned)
        .collect()
}

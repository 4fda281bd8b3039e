//! Functions that differ between the platforms, with the same names on each.
//!
//! - `begin() -> Result<(), String>`: called first; the error explains why there is no desktop.
//! - `alarm(title, text)`: a message that waits until it is closed; main thread.
//! - `copy(text)`: puts text on the clipboard; main thread.
//! - `panel() -> (Palette, u32)`: the colours that are visible on the panel, and the icon's size in pixels.
//! - `clock(unix) -> String`: a time of day as the user's locale writes it.

#[cfg(target_os = "linux")]
pub(crate) mod appearance;
#[cfg(target_os = "linux")]
pub(crate) mod bus;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod imp;
#[cfg(windows)]
#[path = "windows.rs"]
mod imp;

use std::io::Write as _;

#[cfg(windows)]
pub(crate) use imp::wide;
pub(crate) use imp::{alarm, begin, clock, copy, panel};

/// Prints one line for a program that has asked.
pub(crate) fn answer(line: &str) -> bool {
    writeln!(std::io::stdout(), "{line}").is_ok()
}

/// Prints one line for the person who started the program in a terminal.
pub(crate) fn say(line: &str) {
    // The terminal may be closed, which changes nothing.
    let _ = writeln!(std::io::stderr(), "abide-desktop: {line}");
}

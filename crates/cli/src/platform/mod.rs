//! What differs between the systems: how the agent is reached, who owns its end, the time zone, how one program becomes
//! another, and how one is broken off. The only module with `unsafe` code.

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{
    Stream, become_program, before_interruption, connect, effective_user, pass_header, utc_offset,
    wait_forever,
};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{
    Stream, become_program, before_interruption, connect, effective_user, pass_header, utc_offset,
    wait_forever,
};

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Whether the user has broken the program off, and the process is about to end for that reason.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Called by what [`before_interruption`] starts, before anything else.
fn interrupted() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// Leaves the end of the process to the interruption, if there is one: whoever has started it sees that, and not an exit
/// code that was quicker.
pub(crate) fn yield_to_interruption() {
    if INTERRUPTED.load(Ordering::SeqCst) {
        // Far longer than the last act takes.
        thread::sleep(Duration::from_secs(10));
    }
}

/// What is still done when the user breaks a command off. What it writes goes to standard error.
pub type LastAct = Box<dyn FnOnce(&mut dyn Write) + Send>;

//! The differences between systems: the connection to the agent and its owner, the time zone, replacing this process, and
//! interruption. The only module with `unsafe` code.

mod changes;
#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub(crate) use unix::{
    HangUp, Stream, become_program, before_interruption, connect, effective_user, hang_up, host_name,
    pass_header, stdout_is_lost, utc_offset, wait_forever,
};

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::{
    HangUp, Stream, become_program, before_interruption, connect, effective_user, hang_up, host_name,
    pass_header, stdout_is_lost, utc_offset, wait_forever,
};

pub(crate) use changes::Changes;

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

/// Whether the user has interrupted the program, and the process is about to end because of that.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Called first by the action of [`before_interruption`].
fn interrupted() {
    INTERRUPTED.store(true, Ordering::SeqCst);
}

/// Lets an interruption end the process, if there is one, so that the parent sees that instead of an earlier exit code.
pub(crate) fn yield_to_interruption() {
    if INTERRUPTED.load(Ordering::SeqCst) {
        // Far longer than the last action takes.
        thread::sleep(Duration::from_secs(10));
    }
}

/// An action when the user interrupts a command. It writes to standard error.
pub type LastAct = Box<dyn FnOnce(&mut dyn Write) + Send>;

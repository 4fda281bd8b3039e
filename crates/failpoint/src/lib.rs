//! Places at which a test ends the agent as a crash does.
//!
//! Each boundary between the agent and the disk or the provider that a refresh crosses has a name in [`ALL`] and a call of
//! [`reached`], behind the feature `failpoints` of the crate. Released programs are built without it, and then contain
//! neither this crate nor the calls.
//!
//! A test sets the variable [`FOLDER`] to a folder. There, [`TRACE`] gets one line for every place that is passed, and
//! [`ARMED`] names the place at which the process ends: a name, a space, and how often it has to be passed from now on.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The variable with the folder of the test. Without it nothing happens.
pub const FOLDER: &str = "ABIDE_FAILPOINTS";
/// The file in that folder that names the place to end at.
pub const ARMED: &str = "armed";
/// The file in that folder that lists the passed places, in order.
pub const TRACE: &str = "trace";

/// All places. A test checks that each of them is reached.
pub const ALL: &[&str] = &[
    // crates/agent: the refresh as a whole.
    "refresh.wanted",
    "refresh.connected",
    "refresh.noted",
    "refresh.answered",
    "refresh.durable",
    "refresh.served",
    // crates/oidc: the provider.
    "http.sending",
    "http.status",
    "http.body",
    // crates/vault: what is written, and each step of it.
    "vault.begin",
    "vault.put",
    "vault.update",
    "disk.opened",
    "disk.appended",
    "disk.flushed",
    "disk.created",
    "disk.written",
    "disk.saved",
    "disk.linked",
    "disk.kept",
    "disk.unlinked",
    "disk.replaced",
    "disk.done",
];

/// The number of passes of each place since the test armed one.
struct Passed {
    armed: String,
    times: BTreeMap<&'static str, u32>,
}

static PASSED: Mutex<Passed> = Mutex::new(Passed { armed: String::new(), times: BTreeMap::new() });

/// Notes that the process has come this far, and ends it (SIGKILL) if the test wants that.
///
/// # Panics
///
/// For a name that is not in [`ALL`], and if the folder of the test cannot be written, because the test would be blind then.
#[allow(clippy::expect_used, reason = "only tests run this")]
pub fn reached(name: &'static str) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    assert!(ALL.contains(&name), "{name} is not a failpoint");
    let folder = Path::new(&folder);
    // One at a time, so that the trace is in the order of what happened.
    let mut passed = PASSED.lock().unwrap_or_else(PoisonError::into_inner);
    let trace = OpenOptions::new().append(true).create(true).open(folder.join(TRACE));
    trace.and_then(|mut trace| writeln!(trace, "{name}")).expect("write the trace of the fail points");
    let armed = fs::read_to_string(folder.join(ARMED)).unwrap_or_default();
    if passed.armed != armed {
        *passed = Passed { armed: armed.clone(), times: BTreeMap::new() };
    }
    let times = passed.times.entry(name).or_default();
    *times += 1;
    if armed == format!("{name} {times}") {
        end();
    }
}

/// Ends as after a power failure: nothing is flushed or reported, and no other thread continues.
fn end() -> ! {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

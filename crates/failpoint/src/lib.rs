//! Places at which a test ends the agent as a crash does.
//!
//! Each boundary between us and the disk, or us and the provider, that a refresh crosses has a name in [`ALL`] and a call
//! of [`reached`] at that place, behind the feature `failpoints` of the crate. Programs that are handed out are built
//! without it: then neither this crate nor the calls are in them.
//!
//! A test names a folder in the variable [`FOLDER`]. There, [`TRACE`] gets one line for every place that is passed, and
//! [`ARMED`] says at which the process is to end: a name, a space, and how often it has to be passed from now on.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// The variable that names the folder of the test; without it nothing happens.
pub const FOLDER: &str = "ABIDE_FAILPOINTS";
/// The file in that folder that says where to end.
pub const ARMED: &str = "armed";
/// The file in that folder that says what was passed, in order.
pub const TRACE: &str = "trace";

/// Every place there is. One that is not in this list does not exist, and a test holds that each of them is reached.
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

/// How often each place was passed since the test armed one.
struct Passed {
    armed: String,
    times: BTreeMap<&'static str, u32>,
}

static PASSED: Mutex<Passed> = Mutex::new(Passed { armed: String::new(), times: BTreeMap::new() });

/// Says that the process has come this far, and ends it (SIGKILL) if that is what the test wants.
///
/// # Panics
///
/// For a name that is not in [`ALL`], and when the folder of the test cannot be written: a test that cannot see what
/// happens is none.
#[allow(clippy::expect_used, reason = "only tests run this")]
pub fn reached(name: &'static str) {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    assert!(ALL.contains(&name), "{name} is no place at which a test may end the agent");
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

/// As a power failure would: nothing is flushed, nothing is told, no other thread does anything more.
fn end() -> ! {
    #[cfg(unix)]
    let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
    std::process::abort()
}

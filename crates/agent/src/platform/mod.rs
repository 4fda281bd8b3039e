//! What only the operating system knows: time that counts while it sleeps, which boot this is, and who is at the other
//! end of the socket. The only place of this crate where `unsafe` may stand.

#[cfg(target_os = "linux")]
pub(crate) mod changes;
pub(crate) mod clock;
pub(crate) mod environment;
#[cfg(windows)]
pub(crate) mod event_log;
pub(crate) mod file;
pub(crate) mod handover;
#[cfg(unix)]
pub(crate) mod hangup;
pub(crate) mod installed;
mod local_time;
pub(crate) mod log;
pub(crate) mod managed;
#[cfg(unix)]
pub(crate) mod occupant;
pub(crate) mod predecessor;
pub(crate) mod program;
pub(crate) mod tcp_peer;

#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod system;
#[cfg(target_os = "macos")]
#[path = "macos.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

pub(crate) use local_time::utc_offset;
pub(crate) use system::{Alarm, FolderWatch, boot_id, boot_time, harden, host_name, show_program};

#[cfg(unix)]
pub(crate) use system::keep_from_children;

/// Closes this program to the other programs of its user, as far as the system can. The first thing that a program does: what an earlier
/// program has left to this process is open from the beginning.
pub fn close_to_others() {
    harden();
}

/// Whether the user's keyring is unlocked; `None` without an answer. Does not ask the user for a password, as reading a key would.
#[cfg(target_os = "linux")]
pub(crate) async fn keyring_is_unlocked() -> Option<bool> {
    const PATIENCE: std::time::Duration = std::time::Duration::from_secs(5);
    let asked = async {
        let bus = zbus::Connection::session().await.ok()?;
        let (service, collection) = ("org.freedesktop.secrets", "/org/freedesktop/secrets/aliases/default");
        let (properties, locked) =
            ("org.freedesktop.DBus.Properties", ("org.freedesktop.Secret.Collection", "Locked"));
        let answer =
            bus.call_method(Some(service), collection, Some(properties), "Get", &locked).await.ok()?;
        let body = answer.body();
        let locked: zbus::zvariant::Value<'_> = body.deserialize().ok()?;
        bool::try_from(locked).ok().map(|locked| !locked)
    };
    tokio::time::timeout(PATIENCE, asked).await.ok().flatten()
}

#[cfg(not(target_os = "linux"))]
pub(crate) async fn keyring_is_unlocked() -> Option<bool> {
    None
}

/// Descriptors for as many connections as may wait for an answer.
#[cfg(unix)]
const DESCRIPTORS: u64 = 65_536;

/// How many descriptors this process may have; `None` without a limit.
pub(crate) fn descriptors() -> Option<u64> {
    #[cfg(unix)]
    {
        rustix::process::getrlimit(rustix::process::Resource::Nofile).current
    }
    #[cfg(not(unix))]
    {
        None
    }
}

/// Asks for more descriptors than a program usually starts with, as far as its user may have them.
#[cfg(unix)]
fn more_descriptors() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.map_or(DESCRIPTORS, |maximum| maximum.min(DESCRIPTORS));
    if limit.current.is_some_and(|current| current < wanted) {
        limit.current = Some(wanted);
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "there are only as many descriptors as usual");
        }
    }
}

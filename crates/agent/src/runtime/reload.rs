//! Reads configuration and policy again when they have changed: on Linux when a file is written or replaced (inotify), elsewhere within a
//! minute. Not on SIGHUP, which ends an agent whose terminal closes.

use std::path::PathBuf;
use std::time::Duration;

use crate::agent::Agent;
use crate::config::LONGEST_FILE;
#[cfg(target_os = "linux")]
use crate::platform::changes::Changes;
use crate::platform::file;
#[cfg(not(target_os = "linux"))]
use crate::platform::managed;

/// For how long a file that was written stays untouched before it is read: an editor may open it more than once.
#[cfg(target_os = "linux")]
const QUIET: Duration = Duration::from_millis(300);
/// The same for a file that was removed or emptied: the new one may be on its way.
#[cfg(target_os = "linux")]
const GONE: Duration = Duration::from_millis(1200);

/// For how long a change waits at most because a file is being written. A program that never stops must not keep a change of the
/// administrator's policy from being read; half a file changes nothing.
#[cfg(target_os = "linux")]
const LONGEST: Duration = Duration::from_secs(3);

/// The pause between two looks at the files where changes are not reported: a user has a limited number of watches.
#[cfg(target_os = "linux")]
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How long a disk may take for the files.
const SLOWEST: Duration = Duration::from_secs(5);

/// The pause between two looks at the files and at the values of an administrator. A difference counts at the second look.
#[cfg(not(target_os = "linux"))]
const INTERVAL: Duration = Duration::from_secs(30);

/// What is in the files, and what an administrator has set elsewhere.
#[cfg(not(target_os = "linux"))]
async fn all(agent: &Agent) -> (Content, Option<String>) {
    let managed = tokio::task::spawn_blocking(|| format!("{:?}", managed::read()));
    let managed = tokio::time::timeout(SLOWEST, managed).await.ok().and_then(Result::ok);
    (content(&agent.config_files()).await, managed)
}

/// Reads them again whenever something in them differs, until it is aborted.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn when_changed(agent: Agent) {
    let mut known = all(&agent).await;
    let mut seen = known.clone();
    loop {
        tokio::time::sleep(INTERVAL).await;
        let now = all(&agent).await;
        // The same twice in a row: no program is writing it.
        if now != known && now == seen {
            known = now.clone();
            reload(&agent).await;
        }
        seen = now;
    }
}

async fn reload(agent: &Agent) {
    match agent.reload().await {
        Ok(()) => tracing::info!("the configuration was read again"),
        Err(error) => tracing::warn!(code = error.code, "the configuration has changed and cannot be used"),
    }
}

/// What is in each of the files; `None` if that cannot be read in time.
type Content = Option<Vec<Option<Vec<u8>>>>;

/// The content of the files; `None` for one that is not there, is empty, or cannot be read. Read away from the event loop.
async fn content(paths: &[PathBuf]) -> Content {
    let paths = paths.to_vec();
    let read = tokio::task::spawn_blocking(move || {
        let content = |path: &PathBuf| {
            file::read(path, LONGEST_FILE).ok().filter(|content| !content.trim_ascii().is_empty())
        };
        paths.iter().map(content).collect::<Vec<_>>()
    });
    tokio::time::timeout(SLOWEST, read).await.ok()?.ok()
}

/// Whether a file that was there is not there now.
#[cfg(target_os = "linux")]
fn has_gone(before: &Content, now: &Content) -> bool {
    let mut both = before.iter().flatten().zip(now.iter().flatten());
    both.any(|(before, now)| before.is_some() && now.is_none())
}

/// After a change: waits until the files are not touched for a while. A file that is being written is waited for, but not for long.
///
/// # Errors
///
/// Where changes can no longer be seen.
#[cfg(target_os = "linux")]
async fn quieten(changes: &mut Changes) -> std::io::Result<()> {
    let until = tokio::time::Instant::now() + LONGEST;
    loop {
        let pause = if changes.is_being_written() { LONGEST } else { QUIET };
        match tokio::time::timeout_at(until.min(tokio::time::Instant::now() + pause), changes.next()).await {
            Ok(changed) => changed?,
            Err(_) => return Ok(()),
        }
    }
}

/// Reads the files again whenever one has changed, until it is aborted.
#[cfg(target_os = "linux")]
pub(crate) async fn when_changed(agent: Agent) {
    let paths = agent.config_files();
    let mut known = content(&paths).await;
    loop {
        match Changes::aside(&paths).await {
            Ok(mut changes) => watch(&agent, &paths, &mut known, &mut changes).await,
            Err(error) => {
                tracing::warn!(%error, "the configuration cannot be watched; it is read every half minute")
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
        let now = content(&paths).await;
        if now != known {
            known = now;
            reload(&agent).await;
        }
    }
}

/// Reads the configuration after each change. Returns when changes can no longer be seen.
#[cfg(target_os = "linux")]
async fn watch(agent: &Agent, paths: &[PathBuf], known: &mut Content, changes: &mut Changes) {
    while changes.next().await.is_ok() && quieten(changes).await.is_ok() {
        // A link may lead to another folder now. Watched before it is read, so that no change falls between.
        if let Err(error) = changes.follow(paths).await {
            tracing::warn!(%error, "a folder of the configuration cannot be watched");
        }
        let mut now = content(paths).await;
        if has_gone(known, &now) {
            if tokio::time::timeout(GONE, changes.next()).await.is_ok() {
                let _ = quieten(changes).await;
            }
            now = content(paths).await;
        }
        if now.is_none() || now != *known {
            *known = now;
            reload(agent).await;
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::Write as _;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_program_that_never_stops_writing_keeps_no_other_change_back() {
        let folder = tempfile::tempdir().unwrap();
        let [config, policy] = ["config.toml", "policy.toml"].map(|name| folder.path().join(name));
        std::fs::write(&config, "").unwrap();
        let mut changes = Changes::aside(&[config.clone(), policy.clone()]).await.unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, written) = (stop.clone(), config.clone());
        let writer = std::thread::spawn(move || {
            let mut file = std::fs::File::options().append(true).open(written).unwrap();
            while !stopped.load(Ordering::Relaxed) {
                file.write_all(b"#\n").unwrap();
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        tokio::time::sleep(Duration::from_millis(200)).await;
        std::fs::write(&policy, "[[forbid]]\n").unwrap();
        let seen = async {
            changes.next().await.unwrap();
            quieten(&mut changes).await.unwrap();
        };
        let seen = tokio::time::timeout(Duration::from_secs(10), seen).await;
        stop.store(true, Ordering::Relaxed);
        writer.join().unwrap();
        assert!(seen.is_ok(), "the change of the policy");
    }
}

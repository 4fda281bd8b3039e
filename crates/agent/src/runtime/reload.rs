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

/// Reads the files again whenever one has changed, until it is aborted.
#[cfg(target_os = "linux")]
pub(crate) async fn when_changed(agent: Agent) {
    let paths = agent.config_files();
    let mut known = content(&paths).await;
    let mut changes = match Changes::of(&paths) {
        Ok(changes) => changes,
        Err(error) => {
            tracing::warn!(%error, "changes of the configuration are read after `abide config reload` only");
            return;
        }
    };
    loop {
        if changes.next().await.is_err() {
            return;
        }
        while tokio::time::timeout(QUIET, changes.next()).await.is_ok() {}
        if changes.is_being_written() {
            continue;
        }
        // A link may lead to another folder now. Watched before it is read, so that no change falls between.
        if let Err(error) = changes.follow(&paths) {
            tracing::warn!(%error, "a folder of the configuration cannot be watched");
        }
        let mut now = content(&paths).await;
        if has_gone(&known, &now) {
            if tokio::time::timeout(GONE, changes.next()).await.is_ok() {
                while tokio::time::timeout(QUIET, changes.next()).await.is_ok() {}
            }
            if changes.is_being_written() {
                continue;
            }
            now = content(&paths).await;
        }
        if now.is_none() || now != known {
            known = now;
            reload(&agent).await;
        }
    }
}

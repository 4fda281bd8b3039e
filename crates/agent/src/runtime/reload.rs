//! Reads configuration and policy again when a file is written or replaced, on Linux (inotify). Elsewhere `abide config reload` does it:
//! no system call reports it without another library. Not on SIGHUP, which ends an agent whose terminal closes.

#[cfg(target_os = "linux")]
use std::path::PathBuf;
#[cfg(target_os = "linux")]
use std::time::Duration;

use crate::agent::Agent;
#[cfg(target_os = "linux")]
use crate::config::LONGEST_FILE;
#[cfg(target_os = "linux")]
use crate::platform::{changes::Changes, file};

/// For how long a file that was written stays untouched before it is read: an editor may open it more than once.
#[cfg(target_os = "linux")]
const QUIET: Duration = Duration::from_millis(300);
/// The same for a file that was removed or emptied: the new one may be on its way.
#[cfg(target_os = "linux")]
const GONE: Duration = Duration::from_millis(1200);

/// How long a disk may take for the files.
#[cfg(target_os = "linux")]
const SLOWEST: Duration = Duration::from_secs(5);

/// Reads the file again whenever it has changed, until it is aborted.
#[cfg(not(target_os = "linux"))]
pub(crate) async fn when_changed(_: Agent) {}

#[cfg(target_os = "linux")]
async fn reload(agent: &Agent) {
    match agent.reload().await {
        Ok(()) => tracing::info!("the configuration was read again"),
        Err(error) => tracing::warn!(code = error.code, "the configuration has changed and cannot be used"),
    }
}

/// What is in each of the files; `None` if that cannot be read in time.
#[cfg(target_os = "linux")]
type Content = Option<Vec<Option<Vec<u8>>>>;

/// The content of the files; `None` for one that is not there, is empty, or cannot be read. Read away from the event loop.
#[cfg(target_os = "linux")]
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

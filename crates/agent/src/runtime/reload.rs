//! Reads configuration and policy again when a file is written or replaced, on Linux (inotify). Elsewhere `abide config reload` does it:
//! no system call reports it without another library. Not on SIGHUP, which ends an agent whose terminal closes.

#[cfg(target_os = "linux")]
use std::time::Duration;

use crate::agent::Agent;
#[cfg(target_os = "linux")]
use crate::platform::changes::Changes;

/// For how long a file that was written stays untouched before it is read: an editor may write it in pieces.
#[cfg(target_os = "linux")]
const QUIET: Duration = Duration::from_millis(300);
/// The same for a file that was removed or emptied: the new one may be on its way.
#[cfg(target_os = "linux")]
const GONE: Duration = Duration::from_millis(1200);

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

/// Reads the files again whenever one has changed, until it is aborted.
#[cfg(target_os = "linux")]
pub(crate) async fn when_changed(agent: Agent) {
    let paths = agent.config_files();
    let content = || paths.iter().map(|path| std::fs::read(path).unwrap_or_default()).collect::<Vec<_>>();
    let is_gone = |before: &[Vec<u8>], now: &[Vec<u8>]| {
        before
            .iter()
            .zip(now)
            .any(|(before, now)| now.trim_ascii().is_empty() && !before.trim_ascii().is_empty())
    };
    let mut known = content();
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
        // A link may lead to another folder now. Watched before it is read, so that no change falls between.
        if let Ok(again) = Changes::of(&paths) {
            changes = again;
        }
        let mut now = content();
        if is_gone(&known, &now) {
            tokio::time::sleep(GONE).await;
            now = content();
        }
        if now != known {
            known = now;
            reload(&agent).await;
        }
    }
}

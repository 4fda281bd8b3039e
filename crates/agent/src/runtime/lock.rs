//! Holds the lock of the vault: its file can be removed while the agent runs, and would then keep no second agent away.

use std::time::Duration;

use abide_vault::VaultError;

use crate::agent::Agent;
use crate::persistence::vault::StoreError;
use crate::platform::{FolderWatch, clock};

/// The pause before another agent is looked for again. Its end changes nothing in the folder.
const PAUSE: Duration = Duration::from_secs(10);

const SECOND: &str = "A second Abide uses the sessions of this one, because the file vault.lock was removed. Quit one of the two: \
                      they can end each other\u{2019}s sessions.";

/// Makes the lock again whenever it is missing, until it is dropped.
pub(crate) async fn keep(agent: Agent) {
    let store = agent.0.store.clone();
    let folder = store.options.places.state.clone();
    let mut is_alone = true;
    loop {
        // From before the look on, so that nothing is missed.
        let mut watch = FolderWatch::new(&folder);
        let held = store.vault.hold_lock().await;
        let was_alone = std::mem::replace(&mut is_alone, true);
        match held {
            Ok(true) => tracing::warn!("vault.lock was removed, and is there again"),
            Ok(false) => {}
            Err(StoreError::Vault(VaultError::InUse { .. })) => {
                is_alone = false;
                if was_alone {
                    tracing::error!("{SECOND}");
                    store.warning(SECOND.to_owned());
                }
            }
            Err(error) => tracing::debug!(%error, "vault.lock cannot be made again"),
        }
        if is_alone {
            if !was_alone {
                store.end_warning(SECOND);
            }
            watch.changed().await;
        } else {
            let _ = clock::timeout(PAUSE, watch.changed()).await;
        }
    }
}

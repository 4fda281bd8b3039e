//! What is done about newer versions of Abide.

use abide_audit::Event;
use abide_wire::UpdateMode;
use abide_wire::window::WindowError;

use super::{Agent, refused};
use crate::config::edit::ConfigFile;

impl Agent {
    /// Changes what is done about newer versions, in the configuration file and at once.
    ///
    /// # Errors
    ///
    /// `locked_by_policy`, and what can be wrong with the file. Nothing has changed then.
    pub async fn change_updates(&self, mode: UpdateMode) -> Result<(), WindowError> {
        let store = &self.0.store;
        let _one = store.adding.lock().await;
        let file = ConfigFile::read_aside(&store.options).await.map_err(refused)?;
        let config = file.change_updates(mode).map_err(refused)?;
        store.audit.event(Event::SettingsChanged, |_| {});
        if store.updates.obey(&config) {
            store.show();
        }
        Ok(())
    }
}

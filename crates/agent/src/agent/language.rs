//! The language of everything that is shown to people.

use abide_audit::Event;
use abide_wire::Language;
use abide_wire::window::WindowError;

use super::{Agent, refused};
use crate::config::edit::ConfigFile;

impl Agent {
    /// Changes the language, in the configuration file and at once; `None` is that of the system.
    ///
    /// # Errors
    ///
    /// `locked_by_policy`, and what can be wrong with the file. Nothing has changed then.
    pub async fn change_language(&self, language: Option<Language>) -> Result<(), WindowError> {
        let store = &self.0.store;
        let _one = store.adding.lock().await;
        let file = ConfigFile::read_aside(&store.options).await.map_err(refused)?;
        let config = file.change_language(language).map_err(refused)?;
        store.audit.event(Event::SettingsChanged, |_| {});
        if store.spoken.obey(&config) {
            store.show();
        }
        Ok(())
    }
}

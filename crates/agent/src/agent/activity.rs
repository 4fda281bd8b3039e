//! The record of what was decided, for the window.

use std::path::{Path, PathBuf};

use abide_audit::Seal;
use abide_wire::activity::{ActivityDay, ActivityPage, ActivityQuery, RecordExport, RecordReport};
use abide_wire::window::WindowError;

use super::Agent;
use crate::audit::{Reader, Titles};
use crate::state::account::Account;

impl Agent {
    /// Lines of the record, the newest first, some at a time.
    ///
    /// # Errors
    ///
    /// `record_unreadable`.
    pub async fn activity(&self, query: ActivityQuery) -> Result<ActivityPage, WindowError> {
        let titles = self.titles();
        self.read_record(move |reader, _| reader.page(&query, &titles)).await
    }

    /// The counts of the day that begins at `from` and ends before `to`, Unix milliseconds.
    ///
    /// # Errors
    ///
    /// `record_unreadable`.
    pub async fn activity_day(&self, from: u64, to: u64) -> Result<ActivityDay, WindowError> {
        self.read_record(move |reader, _| reader.day(from, to)).await
    }

    /// Whether the record is as Abide wrote it.
    ///
    /// # Errors
    ///
    /// `record_unreadable`.
    pub async fn verify_record(&self) -> Result<RecordReport, WindowError> {
        self.read_record(|reader, seal| reader.verify(seal)).await
    }

    /// Copies the record into a new file in this folder, as JSON lines. Only this user can read the file.
    ///
    /// # Errors
    ///
    /// `record_unreadable`, also where the file cannot be written.
    pub async fn export_record(&self, folder: PathBuf) -> Result<RecordExport, WindowError> {
        self.read_record(move |reader, _| reader.export_to(&folder)).await
    }

    fn titles(&self) -> Titles {
        let core = self.0.store.core();
        let titled = |account: &Account| Some((account.name.clone(), account.config.label.clone()?));
        core.accounts.iter().filter_map(titled).collect()
    }

    /// Reads the record outside the event loop, once everything decided so far is on the disk.
    async fn read_record<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Reader, Seal) -> std::io::Result<T> + Send + 'static,
    ) -> Result<T, WindowError> {
        let failed = |path: &Path, error: &dyn std::fmt::Display| {
            WindowError::new("record_unreadable", format!("{} cannot be used: {error}", path.display()))
        };
        let audit = self.audit();
        let folder = audit.folder().to_owned();
        let Some(status) = audit.settle().await else {
            return Err(failed(&folder, &"the record is not open. Restart Abide."));
        };
        let seal = Seal { first: status.first, last: status.last };
        let reader = Reader::new(folder.clone());
        match tokio::task::spawn_blocking(move || work(&reader, seal)).await {
            Ok(done) => done.map_err(|error| failed(&folder, &error)),
            Err(error) => Err(failed(&folder, &error)),
        }
    }
}

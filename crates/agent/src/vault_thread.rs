//! The vault lives on a thread of its own: its calls block, on the disk and on the keyring.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;

use abide_vault::{
    Changes, KeyStore, KeyStoreError, Keyring, MemoryOnly, News, Vault, VaultError, Zeroizing,
};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce(&mut Vault) + Send>;

/// A handle on the thread; the vault closes when the last one is dropped.
#[derive(Clone)]
pub(crate) struct VaultThread {
    jobs: mpsc::Sender<Job>,
}

/// The vault is gone: its thread has ended. Cannot happen while a handle is there, unless it panicked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error("The vault has closed. Restart Abide.")]
    Closed,
}

impl StoreError {
    /// A stable name, in snake case.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Vault(error) => error.code(),
            Self::Closed => "vault_closed",
        }
    }
}

/// What was found when the vault was opened.
pub(crate) struct Found {
    pub(crate) vault: VaultThread,
    pub(crate) records: Vec<(String, Zeroizing<Vec<u8>>)>,
    pub(crate) remarks: Vec<String>,
}

/// How long the keyring may take. A locked one asks the user for its password meanwhile.
const KEYRING_PATIENCE: Duration = Duration::from_secs(30);

impl VaultThread {
    /// Opens the vault in `folder`. Where there is no keyring, sessions are kept in memory only and a remark says so.
    pub(crate) async fn open(folder: PathBuf) -> Result<Found, StoreError> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (opened, result) = oneshot::channel();
        let thread = std::thread::Builder::new().name("vault".to_owned());
        let body = move || {
            let (mut vault, remarks) = match open(&folder) {
                Ok(found) => found,
                Err(error) => {
                    let _ = opened.send(Err(error));
                    return;
                }
            };
            let names: Vec<String> = vault.names().map(str::to_owned).collect();
            let records = names
                .into_iter()
                .filter_map(|name| {
                    vault.record(&name).map(|content| (name.clone(), Zeroizing::new(content.to_vec())))
                })
                .collect();
            if opened.send(Ok((records, remarks))).is_err() {
                return;
            }
            while let Ok(job) = queue.recv() {
                job(&mut vault);
            }
        };
        thread.spawn(body).map_err(|_| StoreError::Closed)?;
        let (records, remarks) = result.await.map_err(|_| StoreError::Closed)??;
        Ok(Found { vault: Self { jobs }, records, remarks })
    }

    /// Puts the work into the queue before it returns, so that the order of calls is the order of writes whatever
    /// becomes of the futures.
    fn run<T, W>(&self, work: W) -> impl Future<Output = Result<T, StoreError>> + Send + use<T, W>
    where
        T: Send + 'static,
        W: FnOnce(&mut Vault) -> Result<T, VaultError> + Send + 'static,
    {
        let (done, result) = oneshot::channel();
        let job: Job = Box::new(move |vault| {
            let _ = done.send(work(vault));
        });
        let queued = self.jobs.send(job).map_err(|_| StoreError::Closed);
        async move {
            queued?;
            Ok(result.await.map_err(|_| StoreError::Closed)??)
        }
    }

    /// Durable when the future is done. Commits a rotation that has begun.
    pub(crate) fn put(
        &self,
        name: &str,
        content: Zeroizing<Vec<u8>>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let name = name.to_owned();
        self.run(move |vault| vault.put(&name, content))
    }

    /// Durable when the future is done. Leaves a rotation as it is.
    pub(crate) fn update(
        &self,
        name: &str,
        content: Zeroizing<Vec<u8>>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let name = name.to_owned();
        self.run(move |vault| vault.change(Changes::new().update(&name, content)))
    }

    /// A record as it is now.
    pub(crate) fn read(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<Option<Zeroizing<Vec<u8>>>, StoreError>> + Send + use<> {
        let name = name.to_owned();
        self.run(move |vault| Ok(vault.record(&name).map(|content| Zeroizing::new(content.to_vec()))))
    }

    /// Gone from the disk when the future is done.
    pub(crate) fn remove(&self, name: &str) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let name = name.to_owned();
        self.run(move |vault| vault.remove(&name))
    }

    /// Takes one record out and another one in, together. Done on the disk when the future is done.
    pub(crate) fn part(
        &self,
        out: &str,
        name: &str,
        content: Option<Zeroizing<Vec<u8>>>,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let (out, name) = (out.to_owned(), name.to_owned());
        self.run(move |vault| {
            let changes = Changes::new().remove(&out);
            vault.change(match content {
                Some(content) => changes.put(&name, content),
                None => changes,
            })
        })
    }

    /// Writes down that a refresh token is about to be sent.
    pub(crate) fn begin_rotation(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let name = name.to_owned();
        self.run(move |vault| vault.begin_rotation(&name))
    }

    /// Writes down that it was not used up.
    pub(crate) fn abandon_rotation(
        &self,
        name: &str,
    ) -> impl Future<Output = Result<(), StoreError>> + Send + use<> {
        let name = name.to_owned();
        self.run(move |vault| vault.abandon_rotation(&name))
    }

    /// Returns when everything before has been done.
    pub(crate) async fn settle(&self) {
        let _ = self.run(|_| Ok(())).await;
    }
}

fn open(folder: &Path) -> Result<(Vault, Vec<String>), StoreError> {
    let keyring = Keyring::new("Abide", "vault", KEYRING_PATIENCE);
    match Vault::open(folder, &keyring) {
        Ok(opened) => Ok((opened.vault, opened.news.iter().map(remark).collect())),
        Err(VaultError::Keys(error)) => {
            tracing::warn!(code = "vault_locked", %error, "no keyring, sessions are kept in memory");
            memory_only(folder, &MemoryOnly, &error)
        }
        Err(error) => Err(error.into()),
    }
}

/// Works without a keyring: nothing reaches the disk, and the user is told.
fn memory_only(
    folder: &Path,
    keys: &dyn KeyStore,
    error: &KeyStoreError,
) -> Result<(Vault, Vec<String>), StoreError> {
    let opened = Vault::open(folder, keys)?;
    let why = match error {
        KeyStoreError::Unavailable(_) | KeyStoreError::NotKept => "There is no keyring in this login",
        _ => "Your keyring is locked or does not answer",
    };
    let remark = format!(
        "{why}, so Abide keeps sessions in memory only: you sign in again after a restart. The log says more."
    );
    Ok((opened.vault, vec![remark]))
}

fn remark(news: &News) -> String {
    news.to_string()
}

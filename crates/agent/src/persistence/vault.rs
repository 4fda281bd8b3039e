//! The vault lives on a thread of its own: its calls block, on the disk and on the keyring.

use std::path::PathBuf;
use std::sync::{Arc, mpsc};

use abide_vault::{Changes, Moved, Vault, VaultError, Zeroizing};
use abide_wire::VaultMode;
use tokio::sync::oneshot;

use crate::persistence::options::{Keeping, Kept, OpenError, keyring};

/// Work on the vault, or an answer to the waiting caller that the vault cannot be used.
pub(crate) type Job = Box<dyn FnOnce(Result<&mut Vault, VaultError>) + Send>;

/// A handle on the thread; the vault closes when the last one is dropped.
#[derive(Clone)]
pub(crate) struct VaultThread {
    /// Takes a job and returns at once; false if the vault has closed.
    queue: Arc<dyn Fn(Job) -> bool + Send + Sync>,
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
    pub(crate) mode: VaultMode,
    pub(crate) warnings: Vec<String>,
    /// The warning that ends if the keyring can be used later.
    pub(crate) until_unlocked: Option<String>,
    /// The records with a refresh token that an earlier process was sending when it ended: it may be spent.
    pub(crate) interrupted: Vec<String>,
}

/// Why there is no vault.
pub(crate) enum NotOpen {
    Refused(OpenError),
    /// There is no thread for it.
    NoThread,
}

impl VaultThread {
    /// Opens the vault in `folder`, in the way that is wanted.
    pub(crate) async fn open(folder: PathBuf, keeping: Keeping) -> Result<Found, NotOpen> {
        let (jobs, queue) = mpsc::channel::<Job>();
        let (opened, result) = oneshot::channel();
        let thread = std::thread::Builder::new().name("vault".to_owned());
        let body = move || {
            let Kept { mut vault, mode, warnings, until_unlocked } = match keeping.open(&folder) {
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
            let interrupted = vault.interrupted().map(str::to_owned).collect();
            if opened.send(Ok((records, mode, warnings, until_unlocked, interrupted))).is_err() {
                return;
            }
            while let Ok(job) = queue.recv() {
                job(Ok(&mut vault));
            }
        };
        thread.spawn(body).map_err(|_| NotOpen::NoThread)?;
        let (records, mode, warnings, until_unlocked, interrupted) =
            result.await.map_err(|_| NotOpen::NoThread)?.map_err(NotOpen::Refused)?;
        let vault = Self::new(move |job| jobs.send(job).is_ok());
        Ok(Found { vault, records, mode, warnings, until_unlocked, interrupted })
    }

    /// A handle on whatever does the jobs of this queue, one after the other.
    pub(crate) fn new(queue: impl Fn(Job) -> bool + Send + Sync + 'static) -> Self {
        Self { queue: Arc::new(queue) }
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
            let _ = done.send(vault.and_then(work));
        });
        let queued = (self.queue)(job);
        async move {
            if !queued {
                return Err(StoreError::Closed);
            }
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

    /// The same, without an answer. The work is done once the record is durable, and not at all if it could not be written.
    pub(crate) fn update_then(
        &self,
        name: &str,
        content: Zeroizing<Vec<u8>>,
        work: impl FnOnce() + Send + 'static,
    ) {
        let name = name.to_owned();
        drop(self.run(move |vault| {
            vault.change(Changes::new().update(&name, content))?;
            work();
            Ok(())
        }));
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

    /// Makes the lock of the vault again if it was removed. Returns whether that was so.
    pub(crate) fn hold_lock(&self) -> impl Future<Output = Result<bool, StoreError>> + Send + use<> {
        self.run(Vault::hold_lock)
    }

    /// Makes the vault durable with the key in the keyring, which can be used by now.
    pub(crate) fn move_in(
        &self,
        folder: PathBuf,
    ) -> impl Future<Output = Result<Moved, StoreError>> + Send + use<> {
        self.run(move |vault| vault.move_in(&folder, &keyring()))
    }

    /// Returns when everything before has been done.
    pub(crate) async fn settle(&self) {
        let _ = self.run(|_| Ok(())).await;
    }
}

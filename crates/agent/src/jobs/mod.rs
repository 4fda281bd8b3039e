//! Jobs: programs that were started with `abide run`, with everything that they start. A job has a key and a folder for its files;
//! both end with it.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use abide_dialects::Dialect;
use abide_dialects::exchange::IsKey;
use abide_oidc::TokenTarget;
use abide_wire::{AwsCredentials, AwsRole, ErrorAnswer, JobKey, TokenAnswer};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use crate::identity::Caller;
use crate::platform::file;
use crate::platform::program::{Connected, ProcessId, is_ours};
use crate::tokens::TokenParams;

/// The most jobs at a time.
const MOST: usize = 64;
/// The most tokens of one job that are waited for at a time.
const MOST_ASKED: usize = 16;

/// The jobs that run.
pub(crate) struct Jobs {
    /// Holds the folders of the jobs.
    folder: PathBuf,
    next: AtomicU64,
    /// One place for each job that may run.
    places: Arc<Semaphore>,
    running: Mutex<HashMap<u64, AbortHandle>>,
}

/// A program that was started with `abide run`.
pub(crate) struct Job {
    pub(crate) id: u64,
    /// Its first process.
    pub(crate) process: ProcessId,
    pub(crate) connected: Arc<Connected>,
    /// The token that it gets, if the tool does not say what it is for.
    pub(crate) params: TokenParams,
    pub(crate) dialects: Vec<&'static Dialect>,
    /// The port of its listener.
    pub(crate) port: u16,
    pub(crate) key: JobKey,
    pub(crate) folder: Folder,
    /// The role at AWS that it gets credentials of, and the credentials.
    pub(crate) role: Option<Role>,
    asked: Mutex<Vec<(TokenTarget, Waiting)>>,
    /// Its place among the jobs, free again when it ends.
    _place: OwnedSemaphorePermit,
}

/// A role at AWS, with the credentials that are handed out until they would soon end.
pub(crate) struct Role {
    pub(crate) asked: AwsRole,
    pub(crate) credentials: tokio::sync::Mutex<AwsCredentials>,
}

/// The state of a request for a token.
pub(crate) type Waiting = watch::Receiver<Option<Result<TokenAnswer, ErrorAnswer>>>;

/// What a request for a token has to do.
pub(crate) enum Asking {
    /// Wait: another request asks for the same token.
    Joins(Waiting),
    /// Obtain the token: this request is the first one.
    First(watch::Sender<Option<Result<TokenAnswer, ErrorAnswer>>>, Waiting),
    /// Fail: too many others wait.
    Full,
}

/// What a new job is made of.
pub(crate) struct NewJob {
    pub(crate) process: ProcessId,
    pub(crate) connected: Arc<Connected>,
    pub(crate) params: TokenParams,
    pub(crate) dialects: Vec<&'static Dialect>,
    pub(crate) port: u16,
    pub(crate) role: Option<Role>,
}

impl Jobs {
    /// Removes the files of an agent that was killed. This agent holds the lock of the vault, so no other one uses the folder.
    pub(crate) fn new(runtime: &Path) -> Self {
        let folder = runtime.join("jobs");
        let _ = std::fs::remove_dir_all(&folder);
        let places = Arc::new(Semaphore::new(MOST));
        Self { folder, next: AtomicU64::new(1), places, running: Mutex::default() }
    }

    /// A new job with its key and its folder; `None` if too many run.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers, or the folder cannot be made.
    pub(crate) fn create(&self, new: NewJob) -> io::Result<Option<Job>> {
        let Ok(place) = self.places.clone().try_acquire_owned() else { return Ok(None) };
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let key = random_key()?;
        // A random name: a program that outlives the agent must not find the token of a later job where its own was.
        let folder = Folder::create(self.folder.join(random_key()?.expose()))?;
        file::write(&folder.key_file(), key.expose().as_bytes())?;
        let NewJob { process, connected, params, dialects, port, role } = new;
        let asked = Mutex::default();
        let job =
            Job { id, process, connected, params, dialects, port, key, folder, role, asked, _place: place };
        Ok(Some(job))
    }

    /// Keeps the task of a job, so that the job ends with the agent.
    pub(crate) fn keep(&self, id: u64, task: AbortHandle) {
        let mut running = self.running();
        running.retain(|_, task| !task.is_finished());
        running.insert(id, task);
    }

    /// Ends all jobs.
    pub(crate) fn end_all(&self) {
        for (_, task) in self.running().drain() {
            task.abort();
        }
        let _ = std::fs::remove_dir_all(&self.folder);
    }

    fn running(&self) -> MutexGuard<'_, HashMap<u64, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Job {
    /// The caller: the program that the job's process runs now.
    pub(crate) fn caller(&self) -> Caller {
        let mut caller = Caller::of(&self.connected.lineage(), is_ours);
        // A program that only starts others, such as `env`, is not the caller. The job is still its process.
        if !caller.ancestry.contains(&self.process) {
            caller.ancestry.insert(0, self.process);
        }
        caller
    }

    /// Joins a request for the same token, or is the first one.
    pub(crate) fn ask(&self, target: &TokenTarget) -> Asking {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        // A request with an answer has ended: the next one is decided again.
        asked.retain(|(_, waiting)| waiting.borrow().is_none() && waiting.has_changed().is_ok());
        if let Some((_, waiting)) = asked.iter().find(|(known, _)| known == target) {
            return Asking::Joins(waiting.clone());
        }
        if asked.len() >= MOST_ASKED {
            return Asking::Full;
        }
        let (sender, waiting) = watch::channel(None);
        asked.push((target.clone(), waiting.clone()));
        Asking::First(sender, waiting)
    }
}

impl IsKey for Job {
    fn is_key(&self, text: &str) -> bool {
        self.key.expose().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

/// The folder of a job, which is removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    fn create(path: PathBuf) -> io::Result<Self> {
        file::runtime_folder(&path).map_err(io::Error::other)?;
        Ok(Self(path))
    }

    /// Holds the key of the job.
    pub(crate) fn key_file(&self) -> PathBuf {
        self.0.join("key")
    }

    /// Holds a token.
    pub(crate) fn token_file(&self) -> PathBuf {
        self.0.join("token")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// 256 random bits.
fn random_key() -> io::Result<JobKey> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *bytes).map_err(|_| io::Error::other("the system has no random numbers"))?;
    Ok(JobKey::new(BASE64_URL_SAFE_NO_PAD.encode(*bytes)))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_job_has_its_place_from_its_beginning_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let (socket, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        let this = std::process::id().cast_signed();
        let connected = Arc::new(Connected::of(&socket, this).unwrap());
        let process = connected.id().unwrap();
        let jobs = Jobs::new(folder.path());
        let create = || {
            let (params, connected) = (TokenParams::of_session("work"), connected.clone());
            let new = NewJob { process, connected, params, dialects: Vec::new(), port: 1, role: None };
            jobs.create(new).unwrap()
        };
        let mut running: Vec<Job> = (0..MOST).map(|_| create().unwrap()).collect();
        assert!(create().is_none(), "one too many");
        running.pop();
        assert!(create().is_some(), "the place of one that has ended");
    }
}

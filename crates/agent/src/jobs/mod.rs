//! Jobs: programs that were started with `abide run`, with everything that they start. A job has a key and a folder for its files;
//! both end with it.

use std::collections::{HashMap, VecDeque};
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
use tokio::sync::watch;
use tokio::task::AbortHandle;
use zeroize::Zeroizing;

use crate::identity::{Caller, Share};
use crate::platform::file;
use crate::platform::program::{Connected, ProcessId, is_ours_or_starts_us};
use crate::tokens::TokenParams;

/// The most jobs at a time, and the most of one program.
const MOST: usize = 64;
const SHARE: usize = 16;
/// The last places are for programs that have no job yet.
const LAST: usize = 16;
/// So many ports of jobs that have ended are kept from others. The oldest goes first.
const MOST_ENDED: usize = 64;
/// The most tokens of one job that are waited for at a time.
const MOST_ASKED: usize = 16;

/// The jobs that run.
pub(crate) struct Jobs {
    /// Holds the folders of the jobs.
    folder: PathBuf,
    next: AtomicU64,
    places: Arc<Places>,
    running: Mutex<HashMap<u64, AbortHandle>>,
    /// Those that have ended and keep their port.
    ended: Mutex<VecDeque<u64>>,
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
    _place: Place,
}

/// How many jobs run, and whose.
#[derive(Default)]
struct Places(Mutex<HashMap<Share, usize>>);

/// The place of one job among all, free again when this is dropped.
pub(crate) struct Place {
    share: Share,
    places: Arc<Places>,
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
    pub(crate) place: Place,
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
        Self {
            folder,
            next: AtomicU64::new(1),
            places: Arc::default(),
            running: Mutex::default(),
            ended: Mutex::default(),
        }
    }

    /// A place for a job of a program; `None` if too many run.
    pub(crate) fn place(&self, share: Share) -> Option<Place> {
        let mut taken = self.places.taken();
        let own = taken.get(&share).copied().unwrap_or_default();
        let all: usize = taken.values().sum();
        // Behind the command there, all programs are the same.
        let (own_most, most) = match (&share, own) {
            (Share::Own, _) => (MOST, MOST),
            (_, 0) => (SHARE, MOST),
            (..) => (SHARE, MOST - LAST),
        };
        if own >= own_most || all >= most {
            return None;
        }
        taken.insert(share.clone(), own + 1);
        Some(Place { share, places: self.places.clone() })
    }

    /// A new job with its key and its folder.
    ///
    /// # Errors
    ///
    /// When the system has no random numbers, or the folder cannot be made.
    pub(crate) fn create(&self, new: NewJob) -> io::Result<Job> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let key = random_key()?;
        // A random name: a program that outlives the agent must not find the token of a later job where its own was.
        let folder = Folder::create(self.folder.join(random_key()?.expose()))?;
        file::write(&folder.key_file(), key.expose().as_bytes())?;
        let NewJob { place, process, connected, params, dialects, port, role } = new;
        let asked = Mutex::default();
        Ok(Job { id, process, connected, params, dialects, port, key, folder, role, asked, _place: place })
    }

    /// Keeps the task of a job, so that the job ends with the agent.
    pub(crate) fn keep(&self, id: u64, task: AbortHandle) {
        let mut running = self.running();
        running.retain(|_, task| !task.is_finished());
        running.insert(id, task);
    }

    /// A job has ended. Its port stays as long as its task.
    pub(crate) fn has_ended(&self, id: u64) {
        let oldest = {
            let mut ended = self.ended.lock().unwrap_or_else(PoisonError::into_inner);
            let mut running = self.running();
            running.retain(|_, task| !task.is_finished());
            ended.retain(|id| running.contains_key(id));
            ended.push_back(id);
            let oldest = (ended.len() > MOST_ENDED).then(|| ended.pop_front()).flatten();
            oldest.and_then(|oldest| running.remove(&oldest))
        };
        if let Some(task) = oldest {
            task.abort();
        }
    }

    /// Whether a program runs that was started as a job, or a process is left that knows the port of one.
    pub(crate) fn are_running(&self) -> bool {
        !self.places.taken().is_empty() || self.running().values().any(|task| !task.is_finished())
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

impl Places {
    fn taken(&self) -> MutexGuard<'_, HashMap<Share, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken();
        let left = taken.get(&self.share).copied().unwrap_or_default().saturating_sub(1);
        if left == 0 {
            taken.remove(&self.share);
        } else {
            taken.insert(self.share.clone(), left);
        }
    }
}

impl Job {
    /// The caller: the program that the job's process runs now.
    pub(crate) fn caller(&self) -> Caller {
        let mut caller = Caller::of(&self.connected.lineage(), is_ours_or_starts_us);
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn one_program_leaves_places_for_the_jobs_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Jobs::new(folder.path());
        let program = |inode| Share::Program((1, inode), None);
        let mut greedy: Vec<Place> = std::iter::from_fn(|| jobs.place(program(1))).take(100).collect();
        assert_eq!(greedy.len(), SHARE);
        assert!(jobs.place(program(2)).is_some(), "another program");
        greedy.pop();
        assert!(jobs.place(program(1)).is_some(), "the place of one that has ended");
    }

    #[test]
    fn the_last_places_are_for_programs_without_a_job_and_no_more_jobs_run_than_that() {
        let folder = tempfile::tempdir().unwrap();
        let jobs = Jobs::new(folder.path());
        let program = |inode| Share::Program((1, inode), None);
        let of_some = (0..5).flat_map(|inode| {
            std::iter::from_fn({
                let jobs = &jobs;
                move || jobs.place(program(inode))
            })
        });
        let taken: Vec<Place> = of_some.take(100).collect();
        assert_eq!(taken.len(), MOST - LAST + 1 + 1, "the fourth and fifth program have one each");
        let rest: Vec<Place> = (10..100).filter_map(|inode| jobs.place(program(inode))).collect();
        assert_eq!(taken.len() + rest.len(), MOST);
    }
}

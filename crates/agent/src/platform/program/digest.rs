//! The SHA-256 of programs and scripts, read once for each state of a file.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{Stamp, stamp_of};
use crate::platform::file::open_at_once;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 30;
/// The longest script, in bytes.
const LONGEST_SCRIPT: u64 = 16 << 20;
/// So many files are remembered.
const MOST: usize = 512;
/// How much is read at a time, in bytes.
const PIECE: usize = 64 * 1024;

/// A file to be read, and the state that it has to be in.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// The file. On Linux a link in `/proc`, which leads to what is really running.
    pub(crate) path: PathBuf,
    /// How it was when it was looked at.
    pub(crate) stamp: Stamp,
}

/// So many files of one device are read at a time. A file system that does not answer holds up no other.
const TURNS: usize = 2;
/// The longest time for one file, with the wait for its turn.
const LONGEST_TIME: Duration = Duration::from_secs(20);

/// What is known of files.
#[derive(Clone, Default)]
pub(crate) struct Digests {
    known: Arc<Mutex<HashMap<Stamp, String>>>,
    /// The turns of each device.
    turns: Arc<Mutex<HashMap<u64, Arc<Semaphore>>>>,
}

impl Digests {
    /// The digest in hexadecimal digits; `None` for a file that is gone, has changed meanwhile, is too long, or cannot be read in
    /// time. Reads away from the event loop.
    pub(crate) async fn of(&self, file: Opened) -> Option<String> {
        if let Some(known) = self.known(&file.stamp) {
            return Some(known);
        }
        let (stamp, digests) = (file.stamp, self.clone());
        let look = move || digests.known(&file.stamp).or_else(|| read(&file));
        let digest = self.in_turn(stamp.device, LONGEST_TIME, look).await??;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(stamp, digest.clone());
        Some(digest)
    }

    /// The same for a script, read each time: a program that has mapped it can change it, and its stamp stays. At most 16 MiB.
    pub(crate) async fn of_script(&self, file: Opened) -> Option<String> {
        if file.stamp.size > LONGEST_SCRIPT {
            return None;
        }
        self.in_turn(file.stamp.device, LONGEST_TIME, move || read(&file)).await?
    }

    /// Works with a device when it is its turn; `None` if that takes too long. Work that hangs keeps its turn.
    async fn in_turn<T: Send + 'static>(
        &self,
        device: u64,
        longest: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let turns = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            turns.retain(|_, turns| turns.available_permits() < TURNS || Arc::strong_count(turns) > 1);
            turns.entry(device).or_insert_with(|| Arc::new(Semaphore::new(TURNS))).clone()
        };
        let done = async {
            let turn = turns.acquire_owned().await.ok()?;
            let work = move || {
                let done = work();
                drop(turn);
                done
            };
            tokio::task::spawn_blocking(work).await.ok()
        };
        tokio::time::timeout(longest, done).await.ok()?
    }

    fn known(&self, stamp: &Stamp) -> Option<String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(stamp).cloned()
    }
}

fn read(file: &Opened) -> Option<String> {
    let mut open = open_at_once(&file.path).ok()?;
    let is_the_same = |open: &File| {
        let stamp = open.metadata().ok().map(|metadata| stamp_of(&metadata));
        stamp.is_some_and(|stamp| same(&stamp, &file.stamp))
    };
    if file.stamp.size > LONGEST || !is_the_same(&open) {
        return None;
    }
    let (mut digest, mut piece) = (Sha256::new(), vec![0; PIECE]);
    loop {
        match open.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => digest.update(&piece[..length]),
            Err(_) => return None,
        }
    }
    if !is_the_same(&open) {
        return None;
    }
    let digest = digest.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    });
    Some(digest)
}

/// On Windows a stamp that was read from an open file has no number of the file.
fn same(open: &Stamp, wanted: &Stamp) -> bool {
    if cfg!(windows) { open.size == wanted.size && open.changed == wanted.changed } else { open == wanted }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn a_file_is_read_in_the_state_in_which_it_was_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tool");
        std::fs::write(&path, "abc").unwrap();
        let stamp = super::super::stamp(&path).unwrap();
        let digests = Digests::default();
        let digest = digests.of(Opened { path: path.clone(), stamp }).await.unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        std::fs::write(&path, "abcd").unwrap();
        let other = Digests::default();
        assert_eq!(other.of(Opened { path: path.clone(), stamp }).await, None, "it has changed");
        let now = super::super::stamp(&path).unwrap();
        assert_ne!(digests.of(Opened { path, stamp: now }).await.unwrap(), digest);
    }

    #[tokio::test]
    async fn a_device_that_does_not_answer_holds_up_no_other() {
        let digests = Digests::default();
        let short = Duration::from_millis(100);
        let (release, hangs) = std::sync::mpsc::channel::<()>();
        let hangs = Arc::new(Mutex::new(hangs));
        for _ in 0..3 {
            let hangs = hangs.clone();
            let work = move || hangs.lock().unwrap().recv().is_ok();
            assert_eq!(digests.in_turn(1, short, work).await, None);
        }
        assert_eq!(digests.in_turn(2, Duration::from_secs(10), || true).await, Some(true));
        drop(release);
        assert_eq!(
            digests.in_turn(1, Duration::from_secs(10), || true).await,
            Some(true),
            "it answers again"
        );
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tool");
        std::fs::write(&path, "abc").unwrap();
        let stamp = super::super::stamp(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let digests = Digests::default();
        let found = digests.of(Opened { path: path.clone(), stamp });
        let found = tokio::time::timeout(std::time::Duration::from_secs(2), found).await;
        // Whatever waits for a writer is let go, so that the test ends.
        let _ = std::fs::OpenOptions::new().read(true).write(true).open(&path);
        assert_eq!(found.unwrap(), None);
    }
}

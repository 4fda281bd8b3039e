//! The SHA-256 of programs and scripts, read once for each state of a file.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use super::{Stamp, stamp_of};

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1 << 30;
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

/// What is known of files.
#[derive(Clone)]
pub(crate) struct Digests {
    known: Arc<Mutex<HashMap<Stamp, String>>>,
    /// One file is read at a time.
    turn: Arc<Semaphore>,
}

impl Default for Digests {
    fn default() -> Self {
        Self { known: Arc::default(), turn: Arc::new(Semaphore::new(1)) }
    }
}

impl Digests {
    /// The digest in hexadecimal digits; `None` for a file that is gone, has changed meanwhile, or is too long. Reads away
    /// from the event loop.
    pub(crate) async fn of(&self, file: Opened) -> Option<String> {
        if let Some(known) = self.known(&file.stamp) {
            return Some(known);
        }
        let _turn = self.turn.acquire().await.ok()?;
        if let Some(known) = self.known(&file.stamp) {
            return Some(known);
        }
        let stamp = file.stamp;
        let digest = tokio::task::spawn_blocking(move || read(&file)).await.ok()??;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(stamp, digest.clone());
        Some(digest)
    }

    fn known(&self, stamp: &Stamp) -> Option<String> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(stamp).cloned()
    }
}

fn read(file: &Opened) -> Option<String> {
    let mut open = File::open(&file.path).ok()?;
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
}

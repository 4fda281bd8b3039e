//! The files of the record: where it is taken up, how lines are added, when a new file begins.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use abide_audit::{Chain, Entry, Event, Line, file_name, in_order};

use super::queue::{Status, now};
use crate::platform::file::{FolderError, private_folder};

/// Lines are shorter than this: so much of a file's end holds the last one.
const TAIL: u64 = 256 << 10;

/// Why the record cannot be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AuditError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("{} cannot be used: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("The system has no room for another thread.")]
    NoThread,
    #[error("The system gives no random numbers right now.")]
    NoRandomness,
}

/// The open record.
pub(super) struct Files {
    folder: PathBuf,
    file: Option<File>,
    /// The bytes of whole lines in the file that is open.
    size: u64,
    /// The number of the first line of each file, in order.
    firsts: Vec<u64>,
    pub(super) chain: Chain,
}

/// The end of a file.
struct Tail {
    /// The last line, if it is whole.
    last: Option<Line>,
    /// Bytes behind the last newline.
    half: u64,
    /// Bytes before that.
    size: u64,
}

impl Files {
    /// Takes up the record. Also returns what there is to record about its end.
    pub(super) fn open(folder: &Path, seal: Option<Status>) -> Result<(Self, Option<Entry>), AuditError> {
        let firsts = firsts_in(folder)?;
        let sealed = seal.map_or(Chain::default(), |seal| seal.last);
        let (Some(&oldest), Some(&newest)) = (firsts.first(), firsts.last()) else {
            let files = Self { folder: folder.to_owned(), file: None, size: 0, firsts, chain: sealed };
            return Ok((files, broken_if(sealed.n > 0)));
        };
        let path = folder.join(file_name(newest));
        let mut file = open(&path, true).map_err(failed(&path))?;
        let tail = tail(&mut file).map_err(failed(&path))?;
        let found = tail.last.as_ref().map(|line| Chain { n: line.n, hash: line.hash });
        let as_sealed = found
            .is_some_and(|found| found.n > sealed.n || (found.n == sealed.n && found.hash == sealed.hash));
        if tail.half > 0 {
            cut(&path, tail.size).map_err(failed(&path))?;
        }
        // Where the end cannot be relied on, the numbers go on behind everything that was ever there: the gap stays visible.
        let behind = Chain { n: sealed.n.max(found.map_or(newest, |found| found.n)), hash: sealed.hash };
        let chain = found.filter(|_| as_sealed).unwrap_or(behind);
        let files = Self { folder: folder.to_owned(), file: Some(file), size: tail.size, firsts, chain };
        let half = (tail.half > 0).then(|| {
            let mut entry = Entry::new(now(), Event::RecordResumed);
            entry.lost_bytes = Some(tail.half);
            entry
        });
        // The first line that was kept moves on only when the vault knows it, so an older file that is not there was removed.
        let as_kept = seal.is_none_or(|seal| seal.first == 0 || oldest <= seal.first);
        // A file whose only line was never finished has no last line, and nothing is missing.
        let unfinished = found.is_none() && tail.size == 0 && newest == sealed.n + 1;
        if unfinished {
            return Ok((Self { chain: sealed, ..files }, broken_if(!as_kept).or(half)));
        }
        Ok((files, broken_if(!as_sealed || !as_kept).or(half)))
    }

    /// Where the record has got to.
    pub(super) fn status(&self, sealed: u64) -> Status {
        let first = self.firsts.first().copied().unwrap_or(self.chain.n + 1);
        Status { first, last: self.chain, sealed }
    }

    /// Adds lines, and returns them. Durable when it returns; otherwise nothing was added.
    pub(super) fn append(&mut self, entries: &[Entry]) -> io::Result<Vec<u8>> {
        let mut chain = self.chain;
        let lines = entries.iter().fold(Vec::new(), |mut lines, entry| {
            lines.extend_from_slice(&chain.append(entry));
            lines
        });
        let written = self.add(&lines);
        match written {
            Ok(()) => {
                self.size += lines.len() as u64;
                self.chain = chain;
                Ok(lines)
            }
            Err(error) => {
                // What was written of it goes again, so that the next line begins a line.
                if let Some(first) = self.firsts.last().filter(|_| self.file.is_some() && !self.is_away()) {
                    let _ = cut(&self.folder.join(file_name(*first)), self.size);
                }
                Err(error)
            }
        }
    }

    fn add(&mut self, lines: &[u8]) -> io::Result<()> {
        if self.file.is_none() {
            let first = self.chain.n + 1;
            let path = self.folder.join(file_name(first));
            clear_way(&path)?;
            self.file = Some(open(&path, true)?);
            self.size = 0;
            self.firsts.push(first);
        }
        let Some(file) = &mut self.file else { return Ok(()) };
        file.write_all(lines)?;
        file.sync_data()?;
        // Removed while it was written: the lines are nowhere.
        if self.is_away() { Err(io::ErrorKind::NotFound.into()) } else { Ok(()) }
    }

    /// Whether the file that is open has not what was written to it: it was removed, has another one in its place, or was emptied or
    /// written to by another program.
    pub(super) fn has_gone(&self) -> bool {
        let as_written = |file: &File| file.metadata().is_ok_and(|found| found.len() == self.size);
        self.is_away() || self.file.as_ref().is_some_and(|file| !as_written(file))
    }

    /// Whether the file that is open was removed, or has another one in its place. Lines that are added to it would be lost.
    fn is_away(&self) -> bool {
        let (Some(file), Some(first)) = (&self.file, self.firsts.last()) else { return false };
        !is_at(file, &self.folder.join(file_name(*first)))
    }

    /// Has the next line begin a new file, in a new folder if that is needed. The numbers continue, so the lines that have gone
    /// are missed.
    pub(super) fn begin_anew(&mut self) -> Result<(), AuditError> {
        private_folder(&self.folder)?;
        self.file = None;
        Ok(())
    }

    /// Whether the next line belongs into a new file.
    pub(super) fn is_full(&self, limit: u64) -> bool {
        self.file.is_some() && self.size >= limit
    }

    /// Has the next line begin a new file. Returns the files that are too many then, oldest first.
    pub(super) fn rotate(&mut self, keep: usize) -> Vec<u64> {
        self.file = None;
        let too_many = (self.firsts.len() + 1).saturating_sub(keep.max(2));
        self.firsts.drain(..too_many.min(self.firsts.len())).collect()
    }

    /// Where a file is.
    pub(super) fn path(&self, first: u64) -> PathBuf {
        self.folder.join(file_name(first))
    }
}

/// Whether the record in a folder could be taken up. Changes nothing in it.
pub(super) fn check(folder: &Path) -> Result<(), AuditError> {
    match firsts_in(folder)?.last() {
        Some(newest) => {
            let path = folder.join(file_name(*newest));
            open(&path, false).map(drop).map_err(failed(&path))
        }
        None => Ok(()),
    }
}

/// The number of the first line of each file, in order. Makes the folder if there is none.
fn firsts_in(folder: &Path) -> Result<Vec<u64>, AuditError> {
    private_folder(folder)?;
    let entries = std::fs::read_dir(folder).map_err(failed(folder))?;
    let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|found| found.is_file());
    let found = in_order(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_file));
    Ok(found.into_iter().map(|(first, _)| first).collect())
}

fn failed(path: &Path) -> impl FnOnce(io::Error) -> AuditError {
    let path = path.to_owned();
    move |error| AuditError::File { path, error }
}

/// Whether a path still leads to a file that is open.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let (Ok(open), Ok(found)) = (file.metadata(), path.symlink_metadata()) else { return false };
    open.nlink() > 0 && (open.dev(), open.ino()) == (found.dev(), found.ino())
}

#[cfg(not(unix))]
fn is_at(_: &File, path: &Path) -> bool {
    path.exists()
}

fn broken_if(broken: bool) -> Option<Entry> {
    broken.then(|| Entry::new(now(), Event::RecordBroken))
}

/// Anything else than a file in its place is refused and not waited for, such as a pipe.
fn open(path: &Path, create: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(create);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
        options.mode(0o600).custom_flags(flags.bits().cast_signed());
    }
    let file = options.open(path)?;
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
}

/// Removes what is in the place of a new file and is no file, such as a pipe.
fn clear_way(path: &Path) -> io::Result<()> {
    match path.symlink_metadata() {
        Ok(found) if !found.is_file() && !found.is_dir() => std::fs::remove_file(path),
        _ => Ok(()),
    }
}

/// Removes everything behind the first bytes. A file that is open to append cannot do that on Windows.
fn cut(path: &Path, size: u64) -> io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(size)
}

fn tail(file: &mut File) -> io::Result<Tail> {
    let length = file.seek(SeekFrom::End(0))?;
    let from = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let half = (bytes.len() - whole) as u64;
    let lines = &bytes[..whole.saturating_sub(1)];
    let start = lines.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let last = Line::read(&lines[start..]).ok();
    Ok(Tail { last, half, size: length - half })
}

//! Where the log goes: to standard error, by a thread of its own. A pipe that is not read, a terminal that is stopped, a disk
//! that is full decide nothing: lines that cannot be written are counted and left out.

use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How many lines may wait for a slow reader.
const WAITING: usize = 4096;
/// How long the end of the program waits for them.
const FLUSH: Duration = Duration::from_millis(500);

static LOG: OnceLock<Log> = OnceLock::new();

enum Entry {
    Line(Vec<u8>),
    /// Answered once everything before it is written.
    Flush(SyncSender<()>),
}

struct Log {
    entries: SyncSender<Entry>,
    lost: &'static AtomicU64,
}

/// The lines that were left out since the last one that was written.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Starts to write the log as `ABIDE_LOG` says; warnings without it. A second call does nothing.
pub(crate) fn start() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("ABIDE_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let _ = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(Lines)
        // A file, or the journal, is read without a terminal's colours.
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        // A line that cannot be written is not reported to the same place.
        .log_internal_errors(false)
        .try_init();
}

/// Waits until the lines so far are written, half a second at most.
pub(crate) fn flush() {
    let Some(log) = LOG.get() else { return };
    let (sender, written) = sync_channel(1);
    if log.entries.try_send(Entry::Flush(sender)).is_ok() {
        let _: Result<(), RecvTimeoutError> = written.recv_timeout(FLUSH);
    }
}

fn log() -> Option<&'static Log> {
    if let Some(log) = LOG.get() {
        return Some(log);
    }
    let (entries, receiver) = sync_channel(WAITING);
    let spawned = std::thread::Builder::new()
        .name("log".to_owned())
        .spawn(move || write(&receiver, &mut io::stderr(), &LOST));
    spawned.ok()?;
    Some(LOG.get_or_init(|| Log { entries, lost: &LOST }))
}

fn write(entries: &Receiver<Entry>, to: &mut impl Write, lost: &AtomicU64) {
    while let Ok(entry) = entries.recv() {
        match entry {
            Entry::Line(line) => {
                let missing = lost.swap(0, Ordering::Relaxed);
                if missing > 0 {
                    let _ =
                        writeln!(to, "{missing} lines of the log were left out: they could not be written");
                }
                if to.write_all(&line).is_err() {
                    lost.fetch_add(1, Ordering::Relaxed);
                }
            }
            Entry::Flush(done) => {
                let _ = to.flush();
                let _ = done.send(());
            }
        }
    }
}

/// Makes a writer for each line.
struct Lines;

impl MakeWriter<'_> for Lines {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(Vec::with_capacity(256))
    }
}

/// One line, sent when it is complete. It never fails and never blocks.
struct Line(Vec<u8>);

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.0);
        if let Some(log) = log()
            && !line.is_empty()
            && log.entries.try_send(Entry::Line(line)).is_err()
        {
            log.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    struct Broken(usize, Vec<u8>);

    impl Write for Broken {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 > 0 {
                self.0 -= 1;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_broken_pipe_loses_lines_and_says_how_many() {
        let (sender, receiver) = sync_channel(8);
        for line in ["one\n", "two\n", "three\n"] {
            sender.send(Entry::Line(line.as_bytes().to_vec())).unwrap();
        }
        drop(sender);
        let lost = AtomicU64::new(0);
        let mut broken = Broken(2, Vec::new());
        write(&receiver, &mut broken, &lost);
        let written = String::from_utf8(broken.1).unwrap();
        assert!(written.ends_with("three\n") && !written.contains("one\n"), "{written}");
    }
}

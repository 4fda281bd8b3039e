//! `abide audit`: the record of what was decided. Reads the files; asks the agent only where the record ends.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use abide_audit::{Chain, FOLDER, Hash, Line, Report, Seal, Verifier, in_order, ocsf, raw_lines, whole};
use abide_wire::AuditStatus;

use crate::failure::{AnswerFault, Failure};
use crate::io::Io;
use crate::platform;
use crate::view::audit as view;

/// How many lines `follow` shows first.
const BEFORE: usize = 10;

/// The files of the record, in order, each with the number of its first line.
fn files(io: &Io<'_>) -> Result<(PathBuf, Vec<(u64, PathBuf)>), Failure> {
    let folder = io.places()?.state.join(FOLDER);
    let files = listed(&folder)?;
    Ok((folder, files))
}

fn listed(folder: &Path) -> Result<Vec<(u64, PathBuf)>, Failure> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(unreadable(folder))?,
    };
    Ok(in_order(entries.filter_map(|entry| Some(entry.ok()?.path()))))
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> Failure {
    let path = path.to_owned();
    move |source| Failure::Audit { path, source }
}

/// The whole lines of a file that are lines of the record, and of the account if one is named.
fn lines<'a>(content: &'a [u8], account: Option<&'a str>) -> impl Iterator<Item = (&'a [u8], Line)> {
    raw_lines(content).filter_map(move |raw| {
        let line = Line::read(raw).ok()?;
        let wanted = account.is_none_or(|account| line.entry.account.as_deref() == Some(account));
        wanted.then_some((raw, line))
    })
}

fn print(io: &mut Io<'_>, raw: &[u8], line: &Line, json: bool) -> Result<(), Failure> {
    if json {
        return io.json_line(raw);
    }
    let text = view::line(line, io.clock, io.style());
    io.say(&text)
}

/// Shows the last lines.
pub(super) fn show(io: &mut Io<'_>, last: usize, account: Option<&str>, json: bool) -> Result<(), Failure> {
    let (_, files) = files(io)?;
    let shown = print_last(io, &files, None, last, account, json)?;
    if shown == 0 && !json {
        io.tell("Nothing is recorded yet.\n");
    }
    Ok(())
}

/// Shows the last lines, of the newest file only those in its first `until` bytes, if given. Returns how many there are.
fn print_last(
    io: &mut Io<'_>,
    files: &[(u64, PathBuf)],
    until: Option<(u64, usize)>,
    last: usize,
    account: Option<&str>,
    json: bool,
) -> Result<usize, Failure> {
    let mut found: Vec<(Vec<u8>, Line)> = Vec::new();
    for (first, path) in files.iter().rev() {
        let mut content = read(path)?;
        if let Some((newest, length)) = until
            && newest == *first
        {
            content.truncate(length);
        }
        let earlier: Vec<_> = lines(&content, account).map(|(raw, line)| (raw.to_vec(), line)).collect();
        let wanted = earlier.len().saturating_sub(last.saturating_sub(found.len()));
        drop(found.splice(..0, earlier.into_iter().skip(wanted)));
        if found.len() >= last {
            break;
        }
    }
    for (raw, line) in &found {
        print(io, raw, line, json)?;
    }
    Ok(found.len())
}

/// A file; empty if it has been removed meanwhile.
fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        content => content.map_err(unreadable(path)),
    }
}

/// Shows new lines as they come, until the reader is gone.
pub(super) fn follow(io: &mut Io<'_>, account: Option<&str>, json: bool) -> Result<(), Failure> {
    match follow_on(io, account, json) {
        // The reader has seen enough: that is how this ends.
        Err(Failure::Output(error)) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

fn follow_on(io: &mut Io<'_>, account: Option<&str>, json: bool) -> Result<(), Failure> {
    let (folder, files) = files(io)?;
    let mut changes = platform::Changes::of(&folder, io.look_every).map_err(unreadable(&folder))?;
    let mut place = match files.last() {
        Some((first, path)) => (*first, whole(&read(path)?).len()),
        None => (0, 0),
    };
    print_last(io, &files, Some(place), BEFORE, account, json)?;
    loop {
        let newest = place.0;
        for (first, path) in listed(&folder)?.into_iter().filter(|(first, _)| *first >= newest) {
            let from = if first == place.0 { place.1 } else { 0 };
            let content = read_from(&path, from as u64)?;
            let content = whole(&content);
            for (raw, line) in lines(content, account) {
                print(io, raw, &line, json)?;
            }
            place = (first, from + content.len());
        }
        changes.wait().map_err(unreadable(&folder))?;
    }
}

fn read_from(path: &Path, from: u64) -> Result<Vec<u8>, Failure> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|mut file| {
            file.seek(SeekFrom::Start(from))?;
            file.read_to_end(&mut content)
        })
        .map_err(unreadable(path))?;
    Ok(content)
}

/// Where the record ends, as the running agent knows it; `None` without one.
fn seal(io: &Io<'_>) -> Result<Option<Seal>, Failure> {
    let status: AuditStatus = match io.endpoint()?.call("GET", "/v1/audit") {
        Err(failure) if failure.is_not_running() => return Ok(None),
        answer => answer?.json()?,
    };
    let hash = Hash::read(&status.hash).ok_or(AnswerFault::Content)?;
    Ok(Some(Seal { first: status.first, last: Chain { n: status.last, hash } }))
}

/// Checks that the record is as it was written; the exit code is 1 if it is not.
pub(super) fn verify(io: &mut Io<'_>, json: bool) -> Result<u8, Failure> {
    let seal = seal(io)?;
    let (_, files) = files(io)?;
    let mut verifier = Verifier::new(seal);
    for (first, path) in &files {
        verifier.file(*first, &fs::read(path).map_err(unreadable(path))?);
    }
    let report: Report = verifier.finish();
    if json {
        io.json(&serde_json::to_value(&report).map_err(|_| AnswerFault::Content)?)?;
    } else {
        io.say(&view::report(&report))?;
    }
    Ok(u8::from(!report.ok))
}

/// Prints everything that is recorded; the exit code is 1 if a line cannot be read.
pub(super) fn export(io: &mut Io<'_>, as_ocsf: bool) -> Result<u8, Failure> {
    let (_, files) = files(io)?;
    let mut unread = 0_usize;
    for (_, path) in files {
        let content = read(&path)?;
        unread += raw_lines(&content).count();
        for (raw, line) in lines(&content, None) {
            unread -= 1;
            if as_ocsf {
                io.json(&ocsf(&line, env!("CARGO_PKG_VERSION")))?;
            } else {
                io.json_line(raw)?;
            }
        }
    }
    if unread > 0 {
        let lines = if unread == 1 { "line was" } else { "lines were" };
        io.tell(&format!(
            "{unread} {lines} left out: changed since Abide wrote the record. Run: abide audit verify\n"
        ));
    }
    Ok(u8::from(unread > 0))
}

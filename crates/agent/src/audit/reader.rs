//! Reading the record for views: the newest lines first, some at a time. The files are read as they are on the disk; a line that is not
//! as Abide wrote it is counted and left out.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Read as _, Write};
use std::path::{Path, PathBuf};

use abide_audit::{Event, Line, Report, Seal, Verifier, in_order, raw_lines};
use abide_wire::activity::{
    ActivityDay, ActivityHour, ActivityKind, ActivityPage, ActivityQuery, RecordExport, RecordReport,
};

use super::lines::{kind_of, report, shown};

/// The most lines in one answer.
const PAGE: usize = 100;
/// The most lines that are read for one answer, so that a search through a year answers soon.
const LOOKED_AT: usize = 20_000;
const HOUR: u64 = 60 * 60 * 1000;
const DAY: u64 = 24 * HOUR;
/// The most copies of the record in one folder.
const MOST_COPIES: u32 = 999;
/// The most hours of a day, when a clock is set back.
const HOURS: u64 = 25;

/// The titles of the accounts that have one. The record has their names.
pub(crate) type Titles = BTreeMap<String, String>;

/// Reads the record in one folder.
pub(crate) struct Reader {
    folder: PathBuf,
}

impl Reader {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Some lines, the newest first. An account is found by its name and by its title.
    pub(crate) fn page(&self, query: &ActivityQuery, titles: &Titles) -> io::Result<ActivityPage> {
        page(&self.folder, query, titles)
    }

    /// The counts of a day that begins at `from` and ends before `to`, Unix milliseconds.
    pub(crate) fn day(&self, from: u64, to: u64) -> io::Result<ActivityDay> {
        day(&self.folder, from, to)
    }

    /// Whether everything is as Abide wrote it.
    pub(crate) fn verify(&self, seal: Seal) -> io::Result<RecordReport> {
        verify(&self.folder, seal).map(|found| report(&found))
    }

    /// Copies everything into a new file in a folder of the user.
    pub(crate) fn export_to(&self, folder: &Path) -> io::Result<RecordExport> {
        let (path, mut file) = new_file(folder)?;
        let (lines, unread) = export(&self.folder, &mut file)?;
        file.sync_all()?;
        Ok(RecordExport { file: path.to_string_lossy().into_owned(), lines, unread })
    }
}

/// Creates a new file that only this user can read. Never overwrites a file.
fn new_file(folder: &Path) -> io::Result<(PathBuf, File)> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    for number in 1..=MOST_COPIES {
        let name = if number == 1 {
            "abide-record.jsonl".to_owned()
        } else {
            format!("abide-record-{number}.jsonl")
        };
        let path = folder.join(name);
        match options.open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            file => return file.map(|file| (path, file)),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, "there are too many copies of the record. Remove some."))
}

/// The files of the record, the oldest first, each with the number of its first line.
fn files(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    Ok(in_order(entries.filter_map(|entry| Some(entry.ok()?.path()))))
}

/// A file; empty if it has been removed meanwhile.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        content => content,
    }
}

/// The number that follows `name` in a line. Abide writes `n` and `time` first, so that lines which are not wanted need not be parsed.
fn number(line: &[u8], name: &[u8]) -> Option<u64> {
    let at = line.windows(name.len()).take(64).position(|part| part == name)? + name.len();
    let digits = line[at..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&line[at..at + digits]).ok()?.parse().ok()
}

fn time(line: &[u8]) -> Option<u64> {
    number(line, b"\"time\":")
}

/// The time of a file's first line.
fn first_time(path: &Path) -> Option<u64> {
    let mut head = Vec::new();
    File::open(path).ok()?.take(256).read_to_end(&mut head).ok()?;
    time(&head)
}

/// Whether a file begins so long before `from` that the ones before it cannot matter, even if a clock was set back by some hours.
fn is_enough(path: &Path, from: Option<u64>) -> bool {
    from.is_some_and(|from| first_time(path).is_some_and(|first| first + DAY < from))
}

fn within(query: &ActivityQuery, line: &[u8]) -> bool {
    // A line without a number is judged when it is parsed.
    let before = query.before.is_none_or(|before| number(line, b"\"n\":").is_none_or(|n| n < before));
    before
        && time(line)
            .is_none_or(|at| query.from.is_none_or(|from| at >= from) && query.to.is_none_or(|to| at < to))
}

fn page(folder: &Path, query: &ActivityQuery, titles: &Titles) -> io::Result<ActivityPage> {
    let words: Vec<String> = query.text.split_whitespace().map(str::to_lowercase).collect();
    let mut page = ActivityPage::default();
    let mut looked_at = 0;
    for (first, path) in files(folder)?.iter().rev() {
        if query.before.is_some_and(|before| *first >= before) {
            continue;
        }
        let content = read(path)?;
        for raw in raw_lines(&content).rev().filter(|raw| within(query, raw)) {
            if page.lines.len() == PAGE || looked_at == LOOKED_AT {
                page.next = number(raw, b"\"n\":").map(|n| n + 1);
                return Ok(page);
            }
            looked_at += 1;
            let Ok(line) = Line::read(raw) else {
                page.unread += 1;
                continue;
            };
            page.reached = Some(line.entry.time);
            if is_wanted(&line, query, &words, titles) {
                page.lines.push(shown(&line));
            }
        }
        if is_enough(path, query.from) {
            break;
        }
    }
    Ok(page)
}

fn is_wanted(line: &Line, query: &ActivityQuery, words: &[String], titles: &Titles) -> bool {
    let entry = &line.entry;
    let kind = query.kinds.is_empty() || query.kinds.contains(&kind_of(entry.event));
    let account = query.account.is_none() || query.account == entry.account;
    kind && account && (words.is_empty() || has(line, words, titles))
}

fn has(line: &Line, words: &[String], titles: &Titles) -> bool {
    let shown = shown(line);
    let title = shown.account.as_ref().and_then(|account| titles.get(account));
    let caller = shown.caller.iter().flat_map(|caller| [&caller.name, &caller.program]);
    let texts = [&shown.account, &shown.user, &shown.scope, &shown.reason, &shown.name];
    let mut all: Vec<&str> = texts.into_iter().chain(caller).flatten().map(String::as_str).collect();
    all.push(&shown.event);
    all.extend(title.map(String::as_str));
    all.extend(shown.audience.iter().map(String::as_str));
    let all = all.join("\n").to_lowercase();
    words.iter().all(|word| all.contains(word))
}

fn day(folder: &Path, from: u64, to: u64) -> io::Result<ActivityDay> {
    let files = files(folder)?;
    let hours = to.saturating_sub(from).div_ceil(HOUR).clamp(1, HOURS);
    let mut counts = vec![ActivityHour::default(); usize::try_from(hours).unwrap_or(1)];
    let query = ActivityQuery { from: Some(from), to: Some(to), ..ActivityQuery::default() };
    for (_, path) in files.iter().rev() {
        let content = read(path)?;
        for line in
            raw_lines(&content).filter(|raw| within(&query, raw)).filter_map(|raw| Line::read(raw).ok())
        {
            let hour = usize::try_from(line.entry.time.saturating_sub(from) / HOUR).unwrap_or(usize::MAX);
            if let Some(hour) = counts.get_mut(hour) {
                count(hour, line.entry.event, line.entry.times.unwrap_or(1));
            }
        }
        if is_enough(path, Some(from)) {
            break;
        }
    }
    Ok(ActivityDay { hours: counts, oldest: files.first().and_then(|(_, path)| first_time(path)) })
}

fn count(hour: &mut ActivityHour, event: Event, times: u64) {
    let counted = match (kind_of(event), event) {
        (ActivityKind::Tokens, _) => &mut hour.served,
        (ActivityKind::Refusals, _) => &mut hour.refused,
        (_, Event::SessionRefreshed) => &mut hour.renewed,
        (_, Event::SessionBegan) => &mut hour.began,
        (_, Event::SessionEnded) => &mut hour.ended,
        _ => return,
    };
    *counted = counted.saturating_add(times);
}

/// Reads everything and checks that it is as Abide wrote it.
fn verify(folder: &Path, seal: Seal) -> io::Result<Report> {
    let mut verifier = Verifier::new(Some(seal));
    for (first, path) in files(folder)? {
        verifier.file(first, &fs::read(path)?);
    }
    Ok(verifier.finish())
}

/// Copies every line that is as Abide wrote it. Returns how many, and how many were left out.
fn export(folder: &Path, into: &mut impl Write) -> io::Result<(u64, u64)> {
    let mut into = BufWriter::new(into);
    let (mut lines, mut unread) = (0, 0);
    for (_, path) in files(folder)? {
        for raw in raw_lines(&read(&path)?) {
            if Line::read(raw).is_ok() {
                into.write_all(raw)?;
                into.write_all(b"\n")?;
                lines += 1;
            } else {
                unread += 1;
            }
        }
    }
    into.flush()?;
    Ok((lines, unread))
}

#[cfg(test)]
mod tests;

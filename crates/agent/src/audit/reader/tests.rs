#![allow(clippy::unwrap_used)]
use abide_audit::{Caller, CallerKind, Chain, Entry, FOLDER, file_name};

use super::*;

/// Noon of 2 January 2026.
const NOON: u64 = 1_767_355_200_000;

struct Record {
    folder: tempfile::TempDir,
    chain: Chain,
}

impl Record {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), chain: Chain::default() }
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file with these entries.
    fn file(&mut self, entries: &[Entry]) {
        let path = self.folder().join(file_name(self.chain.n + 1));
        let lines: Vec<u8> = entries.iter().flat_map(|entry| self.chain.append(entry)).collect();
        fs::write(path, lines).unwrap();
    }
}

fn token(time: u64, program: &str, account: &str) -> Entry {
    let mut entry = Entry::new(time, Event::TokenServed);
    entry.account = Some(account.to_owned());
    entry.audience = vec!["https://api.example.com".to_owned()];
    entry.token = Some("fingerprint".to_owned());
    entry.caller = Some(Caller { program: Some(program.to_owned()), ..Caller::new(CallerKind::Program) });
    entry
}

fn numbers(page: &ActivityPage) -> Vec<u64> {
    page.lines.iter().map(|line| line.n).collect()
}

fn all() -> ActivityQuery {
    ActivityQuery::default()
}

#[test]
fn the_newest_lines_come_first_over_all_files() {
    let mut record = Record::new();
    record.file(&[token(NOON, "/usr/bin/curl", "work"), token(NOON + 1, "/usr/bin/git", "work")]);
    record.file(&[Entry::new(NOON + 2, Event::SessionEnded)]);
    let page = page(record.folder(), &all(), &Titles::new()).unwrap();
    assert_eq!((numbers(&page), page.next, page.unread), (vec![3, 2, 1], None, 0));
    assert_eq!((page.lines[0].event.as_str(), page.lines[0].kind), ("session.ended", ActivityKind::Sessions));
    let caller = page.lines[2].caller.clone().unwrap();
    assert_eq!((caller.kind.as_str(), caller.program.as_deref()), ("program", Some("/usr/bin/curl")));
    assert!(!serde_json::to_string(&page).unwrap().contains("fingerprint"));
}

#[test]
fn a_long_record_comes_in_pages_without_a_gap() {
    let mut record = Record::new();
    for file in 0..3_u64 {
        let lines: Vec<Entry> =
            (0..90).map(|line| token(NOON + file * 90 + line, "/usr/bin/curl", "work")).collect();
        record.file(&lines);
    }
    let mut query = all();
    let mut seen = Vec::new();
    loop {
        let page = page(record.folder(), &query, &Titles::new()).unwrap();
        assert!(page.lines.len() <= PAGE);
        seen.extend(numbers(&page));
        query.before = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(seen, (1..=270).rev().collect::<Vec<u64>>());
}

#[test]
fn lines_are_found_by_kind_account_words_and_time() {
    let mut record = Record::new();
    let mut refused = token(NOON + 1, "/opt/Claude/claude", "home");
    refused.event = Event::TokenRefused;
    record.file(&[token(NOON, "/usr/bin/curl", "work"), refused, token(NOON + DAY, "/usr/bin/curl", "work")]);
    let found = |query: ActivityQuery| numbers(&page(record.folder(), &query, &Titles::new()).unwrap());
    assert_eq!(found(ActivityQuery { kinds: vec![ActivityKind::Refusals], ..all() }), [2]);
    assert_eq!(found(ActivityQuery { account: Some("work".to_owned()), ..all() }), [3, 1]);
    assert_eq!(found(ActivityQuery { text: "claude API.example".to_owned(), ..all() }), [2]);
    // Not the names of fields, only what they say.
    assert_eq!(found(ActivityQuery { text: "audience".to_owned(), ..all() }), [0; 0]);
    assert_eq!(found(ActivityQuery { from: Some(NOON + 1), to: Some(NOON + DAY), ..all() }), [2]);
}

#[test]
fn an_account_is_found_by_its_title_too() {
    let mut record = Record::new();
    record.file(&[token(NOON, "/usr/bin/curl", "work"), token(NOON + 1, "/usr/bin/curl", "home")]);
    let titles = Titles::from([("work".to_owned(), "Example & Sons".to_owned())]);
    let found = |text: &str| {
        let query = ActivityQuery { text: text.to_owned(), ..all() };
        numbers(&page(record.folder(), &query, &titles).unwrap())
    };
    assert_eq!((found("example & sons"), found("work curl")), (vec![1], vec![1]));
}

#[test]
fn a_line_that_was_changed_is_counted_and_not_shown() {
    let mut record = Record::new();
    record.file(&[token(NOON, "/usr/bin/curl", "work"), token(NOON + 1, "/usr/bin/git", "work")]);
    let path = record.folder().join(file_name(1));
    let changed = fs::read_to_string(&path).unwrap().replacen("curl", "wget", 1);
    fs::write(&path, format!("{changed}{{\"n\":3,\"half")).unwrap();
    let page = page(record.folder(), &all(), &Titles::new()).unwrap();
    assert_eq!((numbers(&page), page.unread), (vec![2], 1));
    let mut copy = Vec::new();
    assert_eq!(export(record.folder(), &mut copy).unwrap(), (1, 1));
    assert!(String::from_utf8(copy).unwrap().starts_with("{\"n\":2,"));
    let seal = Seal { first: 1, last: record.chain };
    assert!(!verify(record.folder(), seal).unwrap().ok);
}

#[test]
fn a_day_is_counted_by_hours() {
    let mut record = Record::new();
    let mut many = token(NOON + HOUR, "/usr/bin/curl", "work");
    many.times = Some(40);
    record.file(&[
        token(NOON - 13 * HOUR, "/usr/bin/curl", "work"),
        token(NOON, "/usr/bin/curl", "work"),
        many,
        Entry::new(NOON + HOUR, Event::SessionRefreshed),
        Entry::new(NOON + HOUR, Event::SessionEnded),
        token(NOON + 12 * HOUR, "/usr/bin/curl", "work"),
    ]);
    let day = day(record.folder(), NOON - 12 * HOUR, NOON + 12 * HOUR).unwrap();
    assert_eq!((day.hours.len(), day.oldest), (24, Some(NOON - 13 * HOUR)));
    assert_eq!(day.hours[12].served, 1);
    let one = ActivityHour { served: 40, renewed: 1, ended: 1, ..ActivityHour::default() };
    assert_eq!(day.hours[13], one);
    assert_eq!(day.hours.iter().map(|hour| hour.served).sum::<u64>(), 41);
}

#[test]
fn nothing_recorded_is_an_empty_page() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join(FOLDER);
    assert_eq!(page(&nowhere, &all(), &Titles::new()).unwrap(), ActivityPage::default());
    assert_eq!(day(&nowhere, 0, DAY).unwrap().oldest, None);
}

#[test]
fn a_year_of_requests_is_searched_in_bounded_steps() {
    let mut record = Record::new();
    let lines: Vec<Entry> =
        (0..LOOKED_AT as u64 + 10).map(|line| token(NOON + line, "/usr/bin/curl", "work")).collect();
    record.file(&lines);
    let query = ActivityQuery { text: "nothing like it".to_owned(), ..all() };
    let first = page(record.folder(), &query, &Titles::new()).unwrap();
    assert_eq!((first.lines.len(), first.next), (0, Some(11)));
    let rest = page(record.folder(), &ActivityQuery { before: first.next, ..query }, &Titles::new()).unwrap();
    assert_eq!((rest.next, rest.reached), (None, Some(NOON)));
}

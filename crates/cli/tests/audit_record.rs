//! `abide audit`: the files are read, and what was done to them is found.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod harness;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use abide_audit::{Caller, CallerKind, Chain, Entry, Event, file_name};
use harness::*;

const AT: u64 = 1_795_549_938_000;

fn folder(agent: &FakeAgent) -> PathBuf {
    agent.home().join("state/abide/audit")
}

fn served(account: &str) -> Entry {
    let mut entry = Entry::new(AT, Event::TokenServed);
    entry.account = Some(account.to_owned());
    entry.caller = Some(Caller { name: Some("ci".to_owned()), ..Caller::new(CallerKind::Client) });
    entry.audience = vec!["https://api.example.com".to_owned()];
    entry.scope = Some("openid \u{1b}[31m".to_owned());
    entry
}

/// Writes two files of three lines each, and returns the end.
fn recorded(agent: &FakeAgent) -> Chain {
    fs::create_dir_all(folder(agent)).unwrap();
    let mut chain = Chain::default();
    for _ in 0..2 {
        let name = file_name(chain.n + 1);
        let lines: Vec<u8> =
            ["work", "lab", "work"].iter().flat_map(|account| chain.append(&served(account))).collect();
        fs::write(folder(agent).join(name), lines).unwrap();
    }
    chain
}

fn status(last: Chain) -> Vec<u8> {
    answer(
        "200 OK",
        &format!(
            r#"{{"folder":"/x","first":1,"last":{},"hash":"{}","sealed":0,"trouble":null}}"#,
            last.n, last.hash
        ),
    )
}

/// What `verify` finds after a change, with a running agent that knows the end.
fn verified(change: impl FnOnce(&PathBuf)) -> Outcome {
    let prepared = FakeAgent::absent();
    let end = recorded(&prepared);
    change(&folder(&prepared));
    let agent = FakeAgent::new(vec![Step::Answer(get("/v1/audit"), status(end))]);
    fs::create_dir_all(agent.home().join("state/abide")).unwrap();
    fs::rename(folder(&prepared), folder(&agent)).unwrap();
    let outcome = abide(&agent, &["audit", "verify", "--json"]);
    agent.finish();
    outcome
}

fn rewrite(folder: &std::path::Path, first: u64, change: impl FnOnce(Vec<String>) -> Vec<String>) {
    let path = folder.join(file_name(first));
    let text = fs::read_to_string(&path).unwrap();
    fs::write(path, change(text.lines().map(|line| format!("{line}\n")).collect()).concat()).unwrap();
}

#[test]
fn the_last_lines_are_shown_and_nothing_in_them_commands_the_terminal() {
    let agent = FakeAgent::absent();
    recorded(&agent);
    let outcome = abide(&agent, &["audit", "show", "--last", "4", "--account", "work"]);
    assert_eq!((outcome.code, outcome.out.lines().count()), (0, 4), "{outcome:?}");
    assert!(!outcome.out.contains('\u{1b}'));
    let outcome = abide(&agent, &["audit", "--last", "2", "--json"]);
    let lines: Vec<serde_json::Value> =
        outcome.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["n"].as_u64().unwrap()).collect::<Vec<_>>(), [5, 6]);
}

#[test]
fn an_unchanged_record_fits() {
    let outcome = verified(|_| {});
    let report: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((outcome.code, &report["ok"], &report["sealed"]), (0, &true.into(), &6.into()), "{outcome:?}");
}

#[test]
fn what_was_done_to_the_record_is_found() {
    type Change = fn(&PathBuf);
    let changes: [(&str, Change); 6] = [
        ("line_changed", |folder| {
            rewrite(folder, 1, |lines| lines.iter().map(|line| line.replace("lab", "bal")).collect());
        }),
        ("lines_missing", |folder| {
            rewrite(folder, 1, |mut lines| {
                lines.remove(1);
                lines
            });
        }),
        ("lines_missing", |folder| {
            rewrite(folder, 4, |mut lines| {
                lines.pop();
                lines
            });
        }),
        ("out_of_order", |folder| {
            rewrite(folder, 4, |mut lines| {
                lines.swap(0, 1);
                lines
            });
        }),
        ("not_linked", |folder| {
            let mut other = Chain::default();
            let lines: Vec<u8> = (0..3).flat_map(|_| other.append(&served("other"))).collect();
            fs::write(folder.join(file_name(1)), lines).unwrap();
        }),
        ("lines_missing", |folder| fs::remove_file(folder.join(file_name(4))).unwrap()),
    ];
    for (code, change) in changes {
        let outcome = verified(change);
        let report: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
        let found = report["findings"].as_array().unwrap().iter().any(|finding| finding["code"] == code);
        assert!(outcome.code == 1 && found, "{code}: {outcome:?}");
    }
}

#[test]
fn without_an_agent_the_end_is_not_compared() {
    let agent = FakeAgent::absent();
    recorded(&agent);
    let outcome = abide(&agent, &["audit", "verify", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&outcome.out).unwrap();
    assert_eq!((outcome.code, &report["sealed"]), (0, &serde_json::Value::Null));
}

#[test]
fn an_export_has_every_line_and_says_what_it_left_out() {
    let agent = FakeAgent::absent();
    recorded(&agent);
    let whole = abide(&agent, &["audit", "export"]);
    assert_eq!((whole.code, whole.out.lines().count()), (0, 6), "{whole:?}");
    let events = abide(&agent, &["audit", "export", "--format", "ocsf"]);
    for line in events.out.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!((&event["class_uid"], &event["type_uid"]), (&3003.into(), &300_301.into()));
        assert_eq!((&event["time"], &event["status_id"]), (&AT.into(), &1.into()));
    }
    rewrite(&folder(&agent), 1, |lines| lines.iter().map(|line| line.replace("lab", "bal")).collect());
    let partly = abide(&agent, &["audit", "export"]);
    assert_eq!((partly.code, partly.out.lines().count()), (1, 5));
    assert!(!partly.err.is_empty());
}

#[test]
fn new_lines_are_shown_as_they_come_also_those_of_a_new_file() {
    /// Takes so many lines, then nobody reads.
    struct Reader(usize, Vec<u8>);
    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.0 -= 1;
            self.1.extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let agent = FakeAgent::absent();
    let mut chain = recorded(&agent);
    let folder = folder(&agent);
    let writer = thread::spawn(move || {
        for _ in 0..3 {
            thread::sleep(Duration::from_millis(100));
            let name = file_name(chain.n + 1);
            fs::write(folder.join(name), chain.append(&served("work"))).unwrap();
        }
    });
    let mut reader = Reader(8, Vec::new());
    let (code, _) = run_with(&agent, &["audit", "follow", "--json"], Setting::default(), &mut reader);
    writer.join().unwrap();
    let text = String::from_utf8(reader.1).unwrap();
    let numbers: Vec<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["n"].as_u64().unwrap())
        .collect();
    assert_eq!((code, numbers), (0, (1..=8).collect()));
}

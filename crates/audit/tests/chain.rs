//! Whatever is done to the record afterwards is found.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use abide_audit::{Chain, Entry, Event, Finding, Line, Report, Seal, Verifier, file_name, first_of};
use proptest::prelude::*;

fn entry(number: u64) -> Entry {
    let mut entry = Entry::new(1_795_549_938_000 + number, Event::TokenServed);
    entry.account = Some(format!("account \"{number}\"\n"));
    entry.audience = vec!["https://api.example.com/,\"hash\":\"".to_owned()];
    entry
}

/// Files of so many lines, and the end.
fn written(files: &[u64]) -> (Vec<(u64, Vec<u8>)>, Chain) {
    let mut chain = Chain::default();
    let mut all = Vec::new();
    for lines in files {
        let first = chain.n + 1;
        let content = (0..*lines).flat_map(|_| chain.append(&entry(chain.n))).collect();
        all.push((first, content));
    }
    (all, chain)
}

fn verified(files: &[(u64, Vec<u8>)], seal: Option<Seal>) -> Report {
    let mut verifier = Verifier::new(seal);
    for (first, content) in files {
        verifier.file(*first, content);
    }
    verifier.finish()
}

fn lines(content: &[u8]) -> Vec<Vec<u8>> {
    content.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

#[test]
fn a_record_as_it_was_written_fits() {
    let (files, end) = written(&[3, 1, 4]);
    let report = verified(&files, Some(Seal { first: 1, last: end }));
    assert!(report.ok, "{report:?}");
    assert_eq!((report.lines, report.first, report.last, report.sealed), (8, 1, 8, Some(8)));
}

#[test]
fn a_line_can_be_checked_by_its_documented_rule() {
    use sha2::Digest as _;
    let mut chain = Chain::default();
    chain.append(&entry(0));
    let before = chain.hash.to_string();
    let line = String::from_utf8(chain.append(&entry(1))).unwrap();
    let (content, hash) = line.trim_end().rsplit_once(",\"hash\":\"").unwrap();
    let digest: String = sha2::Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hash, format!("{digest}\"}}"));
    assert!(content.ends_with(&format!(",\"prev\":\"{before}\"")), "{content}");
    assert!(line.starts_with("{\"n\":2,\"time\":1795549938001,\"event\":\"token.served\""), "{line}");
}

#[test]
fn a_line_is_ascii_so_that_no_copy_of_it_differs() {
    let mut odd = entry(1);
    odd.account = Some("J\u{f6}rg\u{9b}31m\u{202e}\u{2028}\u{e0041}\u{7f}".to_owned());
    let line = Chain::default().append(&odd);
    let (newline, line) = line.split_last().unwrap();
    assert_eq!(*newline, b'\n');
    assert!(line.iter().all(|byte| (0x20..0x7f).contains(byte)), "{}", String::from_utf8_lossy(line));
    assert_eq!(Line::read(line).unwrap().entry, odd);
}

#[test]
fn a_removed_tail_is_found_by_the_seal() {
    let (mut files, end) = written(&[5]);
    let kept: Vec<u8> = lines(&files[0].1)[..3].concat();
    files[0].1 = kept;
    assert!(verified(&files, None).ok, "the chain alone cannot know");
    let report = verified(&files, Some(Seal { first: 1, last: end }));
    assert_eq!(report.findings, [Finding::LinesMissing { from: 4, to: 5 }]);
}

#[test]
fn a_removed_first_file_is_found_unless_it_was_let_go() {
    let (files, end) = written(&[2, 2]);
    let rest = &files[1..];
    assert_eq!(
        verified(rest, Some(Seal { first: 1, last: end })).findings,
        [Finding::LinesMissing { from: 1, to: 2 }]
    );
    assert!(verified(rest, Some(Seal { first: 3, last: end })).ok);
}

#[test]
fn a_swapped_pair_is_found() {
    let (mut files, _) = written(&[5]);
    let mut all = lines(&files[0].1);
    all.swap(1, 2);
    files[0].1 = all.concat();
    let findings = verified(&files, None).findings;
    assert!(findings.contains(&Finding::OutOfOrder { n: 2 }), "{findings:?}");
}

#[test]
fn a_file_from_another_record_is_found() {
    let (mut files, end) = written(&[2, 2, 2]);
    let mut other = Chain::default();
    (0..2).for_each(|n| {
        other.append(&entry(n + 100));
    });
    files[1].1 = (0..2).flat_map(|n| other.append(&entry(n))).collect();
    let findings = verified(&files, Some(Seal { first: 1, last: end })).findings;
    assert!(findings.contains(&Finding::NotLinked { n: 3 }), "{findings:?}");
    assert!(findings.contains(&Finding::NotLinked { n: 5 }), "{findings:?}");
}

#[test]
fn a_rewritten_record_is_found_by_the_seal() {
    let (_, end) = written(&[3]);
    let mut other = Chain::default();
    let content = (0..3).flat_map(|n| other.append(&entry(n + 7))).collect();
    let report = verified(&[(1, content)], Some(Seal { first: 1, last: end }));
    assert_eq!(report.findings, [Finding::NotAsSealed { n: 3 }]);
}

#[test]
fn half_a_line_at_the_end_is_no_forgery() {
    let (mut files, end) = written(&[3]);
    let half = &Chain { ..end }.append(&entry(9))[..40];
    files[0].1.extend_from_slice(half);
    let report = verified(&files, Some(Seal { first: 1, last: end }));
    assert!(report.ok, "{report:?}");
    assert_eq!(report.lost_bytes, 40);
}

#[test]
fn a_record_from_a_newer_abide_can_be_read() {
    let mut chain = Chain::default();
    let line = String::from_utf8(chain.append(&entry(0))).unwrap();
    // Another event needs another hash: what is tested is that reading does not stop at the name.
    let changed = line.replace("token.served", "token.blessed");
    assert!(matches!(
        Line::read(changed.trim_end().as_bytes()),
        Err(abide_audit::NotALine::Changed { n: 1 })
    ));
}

#[test]
fn files_are_named_by_their_first_line() {
    assert_eq!(first_of(&file_name(17)), Some(17));
    for name in ["17.jsonl", "000000000000.jsonl", "+00000000017.jsonl", "000000000017.json", "notes.txt"] {
        assert_eq!(first_of(name), None, "{name}");
    }
}

#[test]
fn a_line_keeps_no_text_without_bounds() {
    let mut long = entry(1);
    long.scope = Some("\u{e4}".repeat(100_000));
    long.audience = vec!["x".repeat(100_000); 1000];
    long.bound();
    assert!(Chain::default().append(&long).len() < 8192);
}

proptest! {
    #[test]
    fn every_changed_byte_is_found(at in any::<prop::sample::Index>(), by in 1u8..=255, split in 1u64..6) {
        let (mut files, end) = written(&[split, 6 - split + 1]);
        let total: usize = files.iter().map(|(_, content)| content.len()).sum();
        let mut at = at.index(total);
        for (_, content) in &mut files {
            if at < content.len() {
                content[at] ^= by;
                break;
            }
            at -= content.len();
        }
        let report = verified(&files, Some(Seal { first: 1, last: end }));
        prop_assert!(!report.ok, "{report:?}");
    }

    #[test]
    fn every_removed_or_doubled_line_is_found(at in 0usize..7, doubled: bool) {
        let (mut files, end) = written(&[7]);
        let mut all = lines(&files[0].1);
        if doubled {
            let line = all[at].clone();
            all.insert(at, line);
        } else {
            all.remove(at);
        }
        files[0].1 = all.concat();
        let report = verified(&files, Some(Seal { first: 1, last: end }));
        prop_assert!(!report.ok, "{report:?}");
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400), keep in 0usize..400) {
        let (files, end) = written(&[2]);
        let mut content = files[0].1.clone();
        content.truncate(keep);
        content.extend_from_slice(&bytes);
        let _ = verified(&[(1, content)], Some(Seal { first: 1, last: end }));
    }
}

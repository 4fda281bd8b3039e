//! After any damage, the vault opens with exactly the content of one generation, or empty, and keeps the unreadable files.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::fs;

use abide_vault::{News, Reason, Vault, VaultError};
use common::{Shelf, bytes, open, open_alone, open_with_news, text};

/// A vault with two generations, and the bytes of each.
fn two_generations(keys: &Shelf) -> (Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let mut vault = open(folder.path(), keys);
    vault.put("session/work", bytes("refresh-1")).unwrap();
    vault.put("session/work", bytes("refresh-2")).unwrap();
    drop(vault);
    let read = |name| fs::read(folder.path().join(name)).unwrap();
    (read("vault.abide"), read("vault.abide.1"))
}

/// Opens a vault whose newest file is `altered`; with the previous generation beside it, and without.
fn judge(keys: &Shelf, altered: &[u8], previous: &[u8], what: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::write(path("vault.abide"), altered).unwrap();
    fs::write(path("vault.abide.1"), previous).unwrap();
    let (vault, news) = open_with_news(folder.path(), keys);
    let aside = path("vault.abide.damaged-1");
    let set_aside = News::SetAside { path: aside.clone(), reason: Reason::Damaged };
    assert_eq!(news, [set_aside.clone(), News::RecoveredPreviousGeneration], "{what}");
    assert_eq!(text(&vault, "session/work").as_deref(), Some("refresh-1"), "{what}");
    assert_eq!(vault.names().count(), 1, "{what}");
    assert_eq!(fs::read(&aside).unwrap(), altered, "{what}");
    drop(vault);

    fs::remove_file(&aside).unwrap();
    fs::remove_file(path("vault.abide.1")).unwrap();
    fs::write(path("vault.abide"), altered).unwrap();
    let (vault, news) = open_with_news(folder.path(), keys);
    assert_eq!(news, [set_aside, News::StartedEmpty], "{what}");
    assert_eq!(vault.names().count(), 0, "{what}");
    assert_eq!(fs::read(&aside).unwrap(), altered, "{what}");
}

#[test]
fn a_file_cut_at_any_length() {
    let keys = Shelf::default();
    let (current, previous) = two_generations(&keys);
    for length in 0..current.len() {
        judge(&keys, &current[..length], &previous, &format!("cut at {length}"));
    }
}

#[test]
fn a_bit_flipped_in_any_byte() {
    let keys = Shelf::default();
    let (current, previous) = two_generations(&keys);
    for at in 0..current.len() {
        let mut altered = current.clone();
        altered[at] ^= 1 << (at % 8);
        judge(&keys, &altered, &previous, &format!("byte {at}"));
    }
}

#[test]
fn foreign_files_zeros_and_trailing_bytes() {
    let keys = Shelf::default();
    let (current, previous) = two_generations(&keys);
    judge(&keys, &vec![0; current.len()], &previous, "zeros");
    judge(&keys, b"{\"refresh_token\": \"not ours\"}", &previous, "a foreign file");
    judge(&keys, &[current.as_slice(), b"\n"].concat(), &previous, "a byte more");
}

#[test]
fn a_file_far_too_large_is_damage() {
    let keys = Shelf::default();
    let (_, previous) = two_generations(&keys);
    let folder = tempfile::tempdir().unwrap();
    fs::File::create(folder.path().join("vault.abide")).unwrap().set_len(65 << 20).unwrap();
    fs::write(folder.path().join("vault.abide.1"), previous).unwrap();
    let (vault, news) = open_with_news(folder.path(), &keys);
    assert!(matches!(news[..], [News::SetAside { .. }, News::RecoveredPreviousGeneration]), "{news:?}");
    assert_eq!(text(&vault, "session/work").as_deref(), Some("refresh-1"));
}

#[test]
fn a_missing_newest_file_is_told() {
    let keys = Shelf::default();
    let (_, previous) = two_generations(&keys);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("vault.abide.1"), previous).unwrap();
    let (mut vault, news) = open_with_news(folder.path(), &keys);
    assert_eq!(news, [News::RecoveredPreviousGeneration]);
    vault.put("session/work", bytes("refresh-3")).unwrap();
    drop(vault);
    assert_eq!(text(&open(folder.path(), &keys), "session/work").as_deref(), Some("refresh-3"));
}

#[test]
fn after_a_recovery_there_are_two_good_generations_again() {
    let keys = Shelf::default();
    let (current, previous) = two_generations(&keys);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("vault.abide"), &current[1..]).unwrap();
    fs::write(folder.path().join("vault.abide.1"), previous).unwrap();
    let (mut vault, _) = open_with_news(folder.path(), &keys);
    vault.put("session/work", bytes("refresh-3")).unwrap();
    drop(vault);
    let alone = |name: &str| text(&open_alone(&folder.path().join(name), &keys), "session/work").unwrap();
    assert_eq!((alone("vault.abide"), alone("vault.abide.1")), ("refresh-3".into(), "refresh-1".into()));
    assert_eq!(text(&open(folder.path(), &keys), "session/work").as_deref(), Some("refresh-3"));
}

#[test]
fn what_was_set_aside_is_never_overwritten() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    for round in 1..=3u8 {
        fs::write(folder.path().join("vault.abide"), [round; 100]).unwrap();
        fs::write(folder.path().join("vault.abide.1"), [round + 100; 100]).unwrap();
        drop(open_with_news(folder.path(), &keys));
    }
    for (n, byte) in [(1, 1), (2, 101), (3, 2), (4, 102), (5, 3), (6, 103u8)] {
        assert_eq!(fs::read(folder.path().join(format!("vault.abide.damaged-{n}"))).unwrap(), [byte; 100]);
    }
}

#[test]
fn a_vault_of_a_newer_version_is_left_alone() {
    let (folder, keys) = (tempfile::tempdir().unwrap(), Shelf::default());
    let mut vault = open(folder.path(), &keys);
    vault.put("a", bytes("1")).unwrap();
    vault.put("a", bytes("2")).unwrap();
    drop(vault);
    let file = folder.path().join("vault.abide");
    common::make_newer(&file);
    let before = fs::read(&file).unwrap();
    let error = Vault::open(folder.path(), &keys).unwrap_err();
    assert!(matches!(error, VaultError::Newer { version: 9, .. }), "{error:?}");
    assert_eq!(error.code(), "vault_newer");
    assert_eq!(fs::read(&file).unwrap(), before);
    assert!(!folder.path().join("vault.abide.damaged-1").exists());
}
